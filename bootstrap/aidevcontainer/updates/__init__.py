"""What `update` does: checks, a rehearsal in a copy, a report, the change. Also looks for newer versions."""
