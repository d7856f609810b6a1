"""The Compose project name: readable, and different for every directory of the machine."""

from __future__ import annotations

import hashlib
import os
import re

_MOST = 40  # characters of the directory


def project_name(root: str) -> str:
    """Returns the name for a real path: the directory's slug and 8 hex digits of the path's SHA-256."""
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:8]
    return f"{slug(os.path.basename(root))}-{digest}"


def slug(text: str) -> str:
    """Returns a text as Compose allows it in a name: a-z, 0-9 and hyphens; `project` when nothing is left."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain[:_MOST].rstrip("-") or "project"
