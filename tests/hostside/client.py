"""A docker client that takes notes and answers as told. In sh, since it is called a thousand times."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import NamedTuple

# Fields of a note end in NUL: number of arguments, these, directory, process, input, environment, end.
_SCRIPT = """#!/bin/sh
PATH={path}
input=
case "$*" in "exec -i "*) input=$(cat && echo .) && input=${{input%.}} ;; esac
{{
  printf '%s\\0' "$#" "$@" "$PWD" "$$" "$input"
  cat "/proc/$$/environ" 2>/dev/null || env -0
  printf 'end\\0'
}} >"${{0%/*}}/call.$$"
answer() {{ # exit code, output, error output, seconds, file to make
  printf '%s' "$2"
  printf '%s' "$3" >&2
  # A child that sleeps would hold the client's descriptors after the client was killed.
  [ "$4" = 0 ] || [ "$5" ] || exec sleep "$4"
  [ -z "$5" ] || {{ sleep "$4"; : >"$5"; }}
  exit "$1"
}}
{rules}
"""


class Call(NamedTuple):
    """One call of the client."""

    arguments: list[str]
    environment: dict[str, str]
    cwd: str
    pid: int
    input: str


class FakeClient:
    """The client in a directory; it is not there until it is installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rules: list[str] = []
        self._installed = False

    def install(self) -> None:
        """Put it in place."""
        self._installed = True
        self._write()

    def answer(self, match: str, reply: list[str], once: str) -> None:
        """Add a rule, asked before the older ones; `once` limits it to when a file is there."""
        condition = f"[ -e {shlex.quote(once or '/')} ]"
        pattern = f"*{shlex.quote(match)}*"
        self._rules.insert(0, f'case "$*" in {pattern}) {condition} && answer {shlex.join(reply)} ;; esac')
        if self._installed:
            self._write()

    def calls(self) -> list[Call]:
        """Return all calls that are noted completely, in their order."""
        notes = sorted(
            self.folder.glob("call.*"), key=lambda path: (path.stat().st_mtime_ns, int(path.suffix[1:]))
        )
        texts = [path.read_bytes().decode() for path in notes]
        return [_call(text.split("\0")) for text in texts if text.endswith("\0end\0")]

    def _write(self) -> None:
        # Replaced in one step: one that runs goes on reading its own file.
        path = self.folder / "docker.new"
        path.write_text(_SCRIPT.format(path=os.defpath, rules="\n".join([*self._rules, "exit 0"])))
        path.chmod(0o755)
        path.replace(self.folder / "docker")


def _call(fields: list[str]) -> Call:
    count = int(fields[0])
    cwd, pid, given = fields[count + 1 : count + 4]
    environment = dict(field.split("=", 1) for field in fields[count + 4 : -2])
    return Call(fields[1 : count + 1], environment, cwd, int(pid), given)
