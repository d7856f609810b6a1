"""A project's containers from start to uninstall, with the settings they run on."""
