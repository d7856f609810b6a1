"""The container engine: its socket, the docker command line, images, volumes, and the state of containers."""
