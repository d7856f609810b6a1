"""A project's containers from the first start to uninstall, with the settings that they run on.

cli/ calls these modules for `container` and `init`, session/slow.py for a session that starts them first.
"""
