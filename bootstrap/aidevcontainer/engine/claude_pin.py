"""`claude.pin`: the version of Claude Code in the image, with the digests of npm's packages."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from aidevcontainer.project.paths import Project
from aidevcontainer.util import conflict_markers
from aidevcontainer.util.errors import Problem

ARCHITECTURES = ("x64", "arm64")
# Safe in a URL and in a file's name as well.
_VERSION = re.compile(
    r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(-[0-9A-Za-z.-]{1,40})?", re.ASCII
)
_DIGEST = re.compile(r"[0-9a-f]{128}")
_COMMENT = (
    "# Claude Code as published on npm: @anthropic-ai/claude-code-linux-<arch>-musl. "
    "Digests are of the tarballs.\n"
)


class Pin(NamedTuple):
    """A version, and sha512 in hex by architecture."""

    version: str
    digests: dict[str, str]

    def text(self) -> str:
        """Returns the file's content."""
        rows = [f"version {self.version}", *(f"{name} {self.digests[name]}" for name in ARCHITECTURES)]
        return _COMMENT + "\n".join(rows) + "\n"


def path(project: Project) -> str:
    """Returns the path of a project's pin."""
    return os.path.join(project.folder, "claude.pin")


def is_version(text: str) -> bool:
    """Returns whether a text is a version as npm writes it: three numbers, maybe with a pre-release."""
    return bool(_VERSION.fullmatch(text))


def parse(content: bytes) -> Pin | None:
    """Returns the pin in a file, None unless the pin is complete and the file contains nothing else."""
    try:
        lines = [line.split() for line in content.decode("ascii").splitlines()]
    except UnicodeDecodeError:
        return None
    pairs = [line for line in lines if line and not line[0].startswith("#")]
    found = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
    if len(found) != len(pairs) or set(found) != {"version", *ARCHITECTURES}:
        return None
    digests = {name: found[name] for name in ARCHITECTURES}
    if not is_version(found["version"]) or not all(map(is_digest, digests.values())):
        return None
    return Pin(found["version"], digests)


def is_digest(text: str) -> bool:
    """Returns whether a text is a sha512 in hex."""
    return bool(_DIGEST.fullmatch(text))


def read(project: Project) -> Pin:
    """Returns a project's pin. Raises Problem if it is missing or not complete."""
    require_merged(project)
    try:
        with open(path(project), "rb") as file:
            found = parse(file.read())
    except OSError:
        found = None
    if found is None:
        raise Problem(
            ".aidevcontainer/claude.pin is not complete: it needs a version and a sha512 for x64 and arm64. "
            "Restore it: git checkout HEAD -- .aidevcontainer/claude.pin"
        )
    return found


def require_merged(project: Project) -> None:
    """Raises Problem if the pin contains conflict markers: a build cannot choose between two versions."""
    try:
        with open(path(project), "rb") as file:
            content = file.read()
    except OSError:
        return
    if conflict_markers.there(content):
        raise Problem(
            ".aidevcontainer/claude.pin contains the conflict markers of a merge (<<<<<<<), so nothing was "
            "built. Keep the three lines of one side, most likely those with the newer version, and delete "
            "the rest; or pin the newest version: ./.aidevcontainer/container upgrade"
        )


def newer(one: Pin, other: Pin) -> Pin | None:
    """Returns the pin with the newer version, None if two pins of one version have different digests."""
    if one.version == other.version:
        return one if one == other else None
    return max(one, other, key=lambda pin: order(pin.version))


def order(version: str) -> tuple[tuple[int, ...], bool, list[tuple[bool, int, str]]]:
    """Returns a key that sorts versions as semantic versioning does.

    npm's versions need not follow PEP 440, which takes 2.1.0-1 for a later release and rejects 2.1.0-next.1.
    """
    numbers, _, preview = version.partition("-")
    words = [(not word.isdigit(), int(word) if word.isdigit() else 0, word) for word in preview.split(".")]
    return tuple(int(number) for number in numbers.split(".")), not preview, words
