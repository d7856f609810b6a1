"""The Compose project name: readable, and different for every directory of the machine."""

from __future__ import annotations

import hashlib
import os
import re

_LONGEST = 40


def project_name(root: str) -> str:
    """Return the name for a real path: the directory's slug and 8 hex digits of the path's SHA-256."""
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:8]
    return f"{slug(os.path.basename(root))}-{digest}"


def slug(text: str) -> str:
    """Return what Compose takes as a name: lower case, digits, hyphens; `project` when nothing is left."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain[:_LONGEST].rstrip("-") or "project"
