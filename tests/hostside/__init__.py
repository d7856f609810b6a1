"""Stand-ins for the machine around the helpers: an engine's socket, a docker client, a project."""
