"""The bridge between the agent's container and a project's own: what runs inside, and what both sides share.

The image carries a copy of this folder and of nothing else of bootstrap/, so that no switch of branches
changes what the broker executes: modules here import only each other and the standard library.
"""
