"""What of a repository the bridge's containers can write although the machine obeys it."""

from __future__ import annotations

import os
from typing import Any

# What the agent's own container may only read. In the project's containers mounts are the project's.
_OBEYED = (".git/hooks", ".git/config", ".aidevcontainer")
_OBEYED_OF_A_LINK = (".git", ".aidevcontainer")
SENTENCE = (
    "{0} can write {1} of this repository, which your machine obeys, and so can the agent by such a command. "
    "Mount them a second time in that service, read-only (./.git:/…/.git:ro)."
)


def sentences(container: str, details: dict[str, Any], root: str) -> list[str]:
    """Return a sentence where a container, as the engine describes it, can write what the agent may not."""
    # A tmpfs has no source, and a volume none that is the repository's.
    mounts = [each for each in details.get("Mounts") or [] if each.get("Destination")]
    obeyed = _OBEYED if os.path.isdir(os.path.join(root, ".git")) else _OBEYED_OF_A_LINK
    found = [name for name in obeyed if _writable(mounts, f"{root}/{name}")]
    return [SENTENCE.format(container, ", ".join(found))] if found else []


def covering(mounts: list[dict[str, Any]], place: str) -> dict[str, Any] | None:
    """Return the mount that a place in a container lies on, None where it is the container's own."""
    found = [each for each in mounts if _within(place, str(each.get("Destination", "")))]
    return max(found, key=lambda each: len(each["Destination"]), default=None)


def _writable(mounts: list[dict[str, Any]], path: str) -> bool:
    return any(
        each is covering(mounts, _place(each, path))
        for each in mounts
        if each.get("RW") and each.get("Source") and _within(path, _source(each))
    )


def _place(mount: dict[str, Any], path: str) -> str:
    rest = path[len(_source(mount).rstrip("/")) :]
    return str(mount["Destination"]).rstrip("/") + rest


def _source(mount: dict[str, Any]) -> str:
    # An engine in a machine of its own sees the host's folders below one of its own.
    return str(mount.get("Source", "")).removeprefix("/host_mnt") or "/"


def _within(path: str, folder: str) -> bool:
    return bool(folder) and f"{path}/".startswith(f"{folder.rstrip('/')}/")
