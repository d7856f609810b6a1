"""The caller's time zone by its IANA name, so that an agent's clock shows the caller's time."""

from __future__ import annotations

import os

_FOLDER = "zoneinfo/"


def name(environment: dict[str, str], root: str = "/") -> str:
    """Returns a name such as `Europe/Berlin`, or an empty string where the machine does not tell.

    `TZ` wins over `/etc/localtime`, a link on most systems, and that over Debian's `/etc/timezone`.
    """
    given = environment.get("TZ", "").lstrip(":")
    if given:
        return _after_folder(given)
    return _from_link(os.path.join(root, "etc/localtime")) or _from_file(os.path.join(root, "etc/timezone"))


def _after_folder(path: str) -> str:
    zone = path.rpartition(_FOLDER)[2]
    return zone[len("posix/") :] if zone.startswith("posix/") else zone


def _from_link(path: str) -> str:
    try:
        target = os.readlink(path)
    except OSError:
        return ""
    return _after_folder(target) if _FOLDER in target else ""


def _from_file(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.readline().strip()
    except (OSError, ValueError):
        return ""
