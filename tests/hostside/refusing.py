"""A docker client whose firewall refuses what a test says, and remembers what it was told to allow."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from tests.hostside.machine import FakeProject
from tests.hostside.start import RELOAD_ANSWER
from tests.support import journals
from tests.support.wait import until

_SCRIPT = """#!/bin/sh
case "$*" in
  "exec -i "*)
    while read -r _; do
      [ ! -e "$0.ended" ] || exit 1
      : >"$0.asked"
      cat "$0.refused"
    done ;;
  *journals.sh*) cat "$0.refused" ;;
  *temporary.sh*) echo "$*" >>"$0.told" && cat "$0.answer" ;;
esac
"""


class RefusingFirewall:
    """The firewall of a project that runs."""

    def __init__(self, project: FakeProject) -> None:
        self.project = project
        self._rows: list[Mapping[str, object]] = []
        self._docker = project.machine.bin / "docker"
        self._docker.write_text(_SCRIPT)
        self._docker.chmod(0o755)
        self._file("answer").write_text(json.dumps(RELOAD_ANSWER))
        self._file("told").touch()
        self.refuse()
        project.record()

    def refuse(self, *rows: Mapping[str, object]) -> None:
        """Adds refusals; without a protocol, lookups."""
        now = {"time": int(time.time())}
        self._rows += [{**now, **row} for row in rows]
        draft = self._file("new")
        draft.write_text(journals.refused(*self._rows))
        draft.replace(self._file("refused"))

    def lookups(self, *names: str) -> None:
        """Refuses lookups."""
        self.refuse(*({"names": [name]} for name in names))

    def await_question(self) -> None:
        """Waits until a watch asks for news."""
        asked = self._file("asked")
        asked.unlink(missing_ok=True)
        until(asked.exists, lambda: "nobody asked")

    def end(self) -> None:
        """Ends the container."""
        self._file("ended").touch()

    def fails(self) -> None:
        """Has the firewall give no answer to what it is told."""
        self._file("answer").write_text("")

    def told(self) -> list[str]:
        """Returns what the firewall was told: `add SECONDS ENTRY`, or `deny listed ENTRY`."""
        lines = self._file("told").read_text().splitlines()
        return [line.partition("temporary.sh --json ")[2] for line in lines]

    def _file(self, name: str) -> Path:
        return self._docker.with_name(f"docker.{name}")
