"""The catalogue of attacks: what an agent may try to get out, or in, and the proof that it fails."""
