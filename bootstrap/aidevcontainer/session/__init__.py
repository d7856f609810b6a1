"""Opens a session: a fast way into running containers, and a slow way that starts them first.

launch.py calls `fast` for `claude`, cli/container.py for `container shell`.
"""
