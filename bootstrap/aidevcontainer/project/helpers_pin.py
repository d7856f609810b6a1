"""The pin of the helpers in `requirements.txt`: the address and the commit that pip installs them from.

bootstrap/questions/source.jinja writes it, launch.sh finds the installation by it, pip obeys the whole file.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple
from urllib.parse import quote

FILE = "requirements.txt"
_PIN = re.compile(r"aidevcontainer @ (git\+[A-Za-z0-9@:/._+=%~-]+)@([0-9a-f]{40}|[0-9a-f]{64})")
# pip decodes the file as a comment in it says, and what looks like a comment could then be a requirement.
_HARMLESS = re.compile(r"\s*(#(?!.*coding[:=])[ -~]*)?")
_SHORTCUTS = (("gh:", "git+https://github.com/"), ("gl:", "git+https://gitlab.com/"))


class HelpersPin(NamedTuple):
    """Where the helpers come from: an address as pip spells it, and a commit."""

    address: str
    commit: str


def parse(text: str) -> HelpersPin:
    """Returns the pin in the text of the file.

    Raises ValueError with a sentence that names the line where pip would install anything else.
    """
    lines = [line for line in text.splitlines() if not _HARMLESS.fullmatch(line)]
    found = [_PIN.fullmatch(line) for line in lines]
    strange = [line for line, match in zip(lines, found, strict=True) if match is None]
    if strange:
        raise ValueError(f"{FILE} asks for more than a pinned commit of the helpers: '{strange[0].strip()}'.")
    if len(found) != 1 or found[0] is None:
        raise ValueError(f"{FILE} has {len(found)} pins of the helpers instead of one.")
    return HelpersPin(found[0][1], found[0][2])


def address(template: str, root: str) -> str:
    """Returns the template's recorded address as pip spells it; a path is relative to the project's root."""
    source = template.removeprefix("git+")
    for short, long in _SHORTCUTS:
        if source.startswith(short):
            return long + source[len(short) :].lstrip("/")
    if source.startswith("file://"):
        return f"git+file://localhost{source[len('file://') :].removeprefix('localhost')}"
    if re.match(r"[a-z]+://", source):
        return f"git+{source}"
    if re.match(r"[^/]+@[^/:]+:", source):
        host, _, path = source.partition(":")
        return f"git+ssh://{host}/{path.lstrip('/')}"
    path = os.path.realpath(os.path.join(root, os.path.expanduser(source)))
    return f"git+file://localhost{quote(path)}"
