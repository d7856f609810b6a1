"""One server of the tests' internet. It runs in a container, on Python's standard library alone."""
