"""A scaffolded project on disk: its paths, `.env`, names, ids, certificates and the files it consists of.

Every other package asks here where things are and what they are called.
"""
