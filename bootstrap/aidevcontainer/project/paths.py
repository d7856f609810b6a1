"""A scaffolded project: where it is, what its `.env` records, and where its directories are inside.

On the way of every session, so it imports nothing that costs time.
"""

from __future__ import annotations

import os

from aidevcontainer.project import env_file

WORKSPACE = "/workspace"


class Recorded:
    """The settings in a project's `.env` as they were read. Later changes of the file do not show here."""

    def __init__(self, values: dict[str, str], root: str) -> None:
        self._values = values
        # A copied or moved directory brings its `.env` along, and in it the name of other containers.
        here = self.value("AIDEVCONTAINER_WORKSPACE") == root
        self.name = self.value("COMPOSE_PROJECT_NAME") if here else ""
        self.waits_for_switch = bool(self.value("AIDEVCONTAINER_WAITING"))

    def value(self, name: str) -> str:
        """Returns the value of a setting, empty where it is not recorded."""
        return self._values.get(name, "")


class Project:
    """The repository that an `.aidevcontainer/` directory belongs to. `root` is its real, absolute path."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self.folder = os.path.join(self.root, ".aidevcontainer")
        self.env_file = os.path.join(self.folder, ".env")

    def recorded(self) -> Recorded:
        """Returns what `.env` records now, nothing where there is no such file. Raises OSError."""
        return Recorded(env_file.read(self.env_file), self.root)

    def recorded_name(self) -> str | None:
        """Returns the Compose project name, or None when none is recorded for this very place."""
        return self.recorded().name or None

    def waits_for_switch(self) -> bool:
        """Returns whether the containers change to a newer image once the last session ends."""
        return self.recorded().waits_for_switch

    def name(self) -> str:
        """Returns the Compose project name, also of a project that was never started."""
        recorded = self.recorded_name()
        if recorded:
            return recorded
        # hashlib takes longer to load than a quick command may, and is needed once.
        from aidevcontainer.project import names

        return names.project_name(self.root)

    def inside(self, directory: str) -> str:
        """Returns a host directory's place in the container, `/workspace` for one outside the project."""
        real = os.path.realpath(directory)
        if real == self.root:
            return WORKSPACE
        prefix = self.root.rstrip("/") + "/"
        return f"{WORKSPACE}/{real[len(prefix) :]}" if real.startswith(prefix) else WORKSPACE


def working_directory() -> str:
    """Returns the caller's directory, or `/` if that directory was deleted."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return "/"
