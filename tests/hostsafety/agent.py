"""The agent's side: one shell in the agent's container that carries out plant after plant."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from types import TracebackType

from .layouts import Layout

_MARK = "== the plant is done =="
# What every plant may refer to: W the project, G git's folder, C the common one, as they are seen in there.
_PRELUDE = """
W=/workspace
G=$(git -C $W rev-parse --absolute-git-dir 2>/dev/null) || G=$W/.git
C=$(git -C $W rev-parse --path-format=absolute --git-common-dir 2>/dev/null) || C=$G
export W G C
cd $W
"""
PAYLOAD = 'printf \'#!/bin/sh\\ntouch %s\\n\' "$CANARY" >"$W/payload"; chmod +x "$W/payload"\n'


class Agent:
    """A shell that stays open, since starting one costs more than a plant."""

    def __init__(self, container: str) -> None:
        self._process = subprocess.Popen(
            ["docker", "exec", "--interactive", container, "sh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._say(_PRELUDE)

    def __enter__(self) -> Agent:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._process.communicate(timeout=20)

    def plant(self, script: str, layout: Layout) -> str:
        """Run a script in there and return all it said."""
        names = {"HOST": layout.root, "P": layout.root / "payload", "CANARY": layout.canary}
        variables = " ".join(f"{name}='{path}'" for name, path in names.items())
        encoded = base64.b64encode((PAYLOAD + script).encode()).decode()
        self._say(
            f'(cd $W; {variables} timeout 20 sh -c "$(echo {encoded} | base64 -d)" </dev/null 2>&1; '
            f'echo "(exit code $?)"); echo; echo "{_MARK}"\n'
        )
        return self._heard()

    def _say(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def _heard(self) -> str:
        assert self._process.stdout is not None
        lines: list[str] = []
        for line in self._process.stdout:
            if line.strip() == _MARK:
                return "".join(lines)
            lines.append(line)
        raise AssertionError(f"the agent's shell ended: {''.join(lines)}")


def on_host(layout: Layout) -> dict[str, str]:
    """Return the same names as they are on the host, for a plant where nothing protects."""
    paths: dict[str, Path] = {
        "W": layout.root,
        "G": layout.git,
        "C": layout.common,
        "HOST": layout.root,
        "P": layout.root / "payload",
        "CANARY": layout.canary,
    }
    return {name: str(path) for name, path in paths.items()}
