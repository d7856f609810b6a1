"""What a machine may lack: an engine, a base image.

Used by `python3 bootstrap` and the tests; projects never get it.
"""
