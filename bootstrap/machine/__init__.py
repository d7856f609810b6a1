"""Sets up bare machines: a private engine, a stand-in base image, the helpers of a clone.

Only `python3 bootstrap` and the tests use it. Projects never get it, and the package never imports it.
"""
