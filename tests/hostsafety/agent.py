"""The agent's side: a shell in the agent's container, and what every plant may refer to."""

from __future__ import annotations

from pathlib import Path

from .layouts import Layout
from .shell import Shell

_WORKSPACE = Path("/workspace")
# W the project, G git's folder, C the common one, as they are seen in there.
_PRELUDE = """
W=/workspace
G=$(git -C $W rev-parse --absolute-git-dir 2>/dev/null) || G=$W/.git
C=$(git -C $W rev-parse --path-format=absolute --git-common-dir 2>/dev/null) || C=$G
export W G C
"""
PAYLOAD = 'printf \'#!/bin/sh\\ntouch %s\\n\' "$CANARY" >"$W/payload"; chmod +x "$W/payload"\n'


def shell(container: str) -> Shell:
    """Open a shell in the agent's container."""
    opened = Shell(["docker", "exec", "--interactive", container, "sh"])
    opened.say(_PRELUDE)
    return opened


def plant(opened: Shell, script: str, layout: Layout) -> str:
    """Run a script in there and return all it said."""
    return opened.run(PAYLOAD + script, _WORKSPACE, _names(layout), seconds=20)


def on_host(layout: Layout) -> dict[str, Path]:
    """Return all names as they are on the host, for a plant where nothing protects."""
    return {"W": layout.root, "G": layout.git, "C": layout.common, **_names(layout)}


def _names(layout: Layout) -> dict[str, Path]:
    return {"HOST": layout.root, "P": layout.root / "payload", "CANARY": layout.canary}
