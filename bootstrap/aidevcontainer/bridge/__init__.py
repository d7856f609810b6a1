"""The bridge's host side: reads bridge.yaml, starts the broker and hands it the declared commands.

Called by `lifecycle` at a start and by `container bridge`. What runs inside is in `broker/`.
"""
