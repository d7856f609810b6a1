"""`container doctor`: what is wrong with this machine, this project and its containers, and what mends it."""
