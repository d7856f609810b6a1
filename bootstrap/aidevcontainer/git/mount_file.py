"""The Compose file with a project's mounts, which docker-compose.yml extends."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from aidevcontainer.git import layout
from aidevcontainer.git.mount import Mount
from aidevcontainer.util import files

# Below .aidevcontainer/. Git ignores it.
FILE = "git-mounts.local.yml"


def write(root: str, mounts: list[Mount], watched: Iterable[str] = ()) -> None:
    """Writes the file for Compose, unless it has the same content already."""
    path = os.path.join(root, ".aidevcontainer", FILE)
    # Compose ignores a field with such a name.
    document = {**_document(root, mounts), "x-watched": list(watched)}
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    if layout.read(path) != text.rstrip("\n"):
        files.write(path, text)


def changed(root: str, mounts: list[Mount]) -> bool:
    """Returns whether the file for Compose exists and has other mounts."""
    path = os.path.join(root, ".aidevcontainer", FILE)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return bool(json.load(file)["services"] != _document(root, mounts)["services"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _document(root: str, mounts: list[Mount]) -> dict[str, Any]:
    return {"services": {"claude": {"volumes": [_volume(root, mount) for mount in mounts]}}}


def _volume(root: str, mount: Mount) -> dict[str, Any]:
    # Relative where possible: Compose fails at a path that is not valid text.
    source = mount.source
    if layout.within(source, root):
        source = "./" + os.path.relpath(source, os.path.join(root, ".aidevcontainer"))
    return {
        "type": "bind",
        "source": source.replace("$", "$$"),
        "target": mount.target.replace("$", "$$"),
        "read_only": not mount.writable,
        # Otherwise the engine would create a missing source, as root.
        "bind": {"create_host_path": False},
    }
