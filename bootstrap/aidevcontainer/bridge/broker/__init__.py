"""The bridge's broker and client, which run in containers, and the code that the host shares with them.

The image has a copy of this folder and of two modules of `util/` (see `bridge/staging.py`), so a switch of
branches does not change the broker. Modules here import only those and the standard library.
"""
