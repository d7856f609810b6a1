"""Finds containers that can write the files from which the host's git and helpers run programs."""

from __future__ import annotations

import os
from typing import Any

from aidevcontainer.git import layout

# The agent container has them read-only. The mounts of the project's own containers are the project's choice.
_PROTECTED = (".git/hooks", ".git/config", ".aidevcontainer")
_PROTECTED_OF_A_LINK = (".git", ".aidevcontainer")
SENTENCE = (
    "{0} can write {1} of this repository, so the agent can change programs that your machine runs. Mount "
    "them in that service a second time, read-only (./.git:/…/.git:ro)."
)


def sentences(container: str, details: dict[str, Any], root: str) -> list[str]:
    """Returns a sentence where a container, as the engine describes it, can write a protected file."""
    # A tmpfs has no source, and a volume's source is outside of the repository.
    mounts = [each for each in details.get("Mounts") or [] if each.get("Destination")]
    protected = _PROTECTED if os.path.isdir(os.path.join(root, ".git")) else _PROTECTED_OF_A_LINK
    found = [name for name in protected if _writable(mounts, f"{root}/{name}")]
    return [SENTENCE.format(container, ", ".join(found))] if found else []


def covering(mounts: list[dict[str, Any]], place: str) -> dict[str, Any] | None:
    """Returns the mount that holds a path of a container, None where that is the container's own file."""
    found = [each for each in mounts if _holds(str(each.get("Destination", "")), place)]
    return max(found, key=lambda each: len(each["Destination"]), default=None)


def _writable(mounts: list[dict[str, Any]], path: str) -> bool:
    return any(
        each is covering(mounts, _place(each, path))
        for each in mounts
        if each.get("RW") and each.get("Source") and _holds(_source(each), path)
    )


def _place(mount: dict[str, Any], path: str) -> str:
    rest = path[len(_source(mount).rstrip("/")) :]
    return str(mount["Destination"]).rstrip("/") + rest


def _source(mount: dict[str, Any]) -> str:
    # Docker Desktop's engine runs in a virtual machine and has the host's folders below /host_mnt.
    return str(mount.get("Source", "")).removeprefix("/host_mnt") or "/"


def _holds(folder: str, path: str) -> bool:
    return bool(folder) and layout.within(f"{path}/", folder)
