"""A scaffolded project on disk: its paths, `.env`, names, ids, certificates and the files it consists of.

All packages but `util` get paths and names from here.
"""
