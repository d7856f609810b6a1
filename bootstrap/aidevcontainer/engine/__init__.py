"""The container engine: its socket, the docker command line, images, volumes and the state of containers.

The only package that talks to an engine; all packages to its right use it.
"""
