"""A scaffolded project: where it is, and where its directories are inside the container.

On the way of every session, so it imports nothing that costs time.
"""

from __future__ import annotations

import os

from aidevcontainer.project import env_file as envfile

WORKSPACE = "/workspace"


class Project:
    """The repository that an `.aidevcontainer/` directory belongs to. `root` is its real, absolute path."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self.folder = os.path.join(self.root, ".aidevcontainer")
        self.env_file = os.path.join(self.folder, ".env")

    def recorded_name(self) -> str | None:
        """Return the Compose project name, or None when none is recorded for this very place.

        A copied or moved directory brings its `.env` along, and in it the name of other containers.
        """
        values = envfile.read(self.env_file)
        if values.get("AIDEVCONTAINER_WORKSPACE") != self.root:
            return None
        return values.get("COMPOSE_PROJECT_NAME") or None

    def waits_for_switch(self) -> bool:
        """Tell whether a newer image is to be taken into use as soon as no session runs."""
        return bool(envfile.read(self.env_file).get("AIDEVCONTAINER_WAITING"))

    def name(self) -> str:
        """Return the Compose project name, also of a project that was never started."""
        recorded = self.recorded_name()
        if recorded:
            return recorded
        # Costs more than a quick command may, and is needed once.
        from aidevcontainer.project import names

        return names.project_name(self.root)

    def inside(self, directory: str) -> str:
        """Return a host directory's place in the container: `/workspace` for all outside the project."""
        real = os.path.realpath(directory)
        if real == self.root:
            return WORKSPACE
        prefix = self.root.rstrip("/") + "/"
        return f"{WORKSPACE}/{real[len(prefix) :]}" if real.startswith(prefix) else WORKSPACE


def working_directory() -> str:
    """Return the caller's directory, or `/` when it was deleted under the caller's feet."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return "/"
