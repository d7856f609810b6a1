"""`.aidevcontainer/container list`: prints all projects of this machine."""

from __future__ import annotations

import json
import time

from plumbum import cli

from aidevcontainer.cli.group import Command
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.lifecycle import projects
from aidevcontainer.util.printable import answer


class ListCommand(Command):
    """List all projects on this machine, including those whose directory is gone."""

    as_json = cli.Flag("--json", help="print JSON")

    def main(self) -> int:
        """Prints a table."""
        return self.carry_out(lambda docker, _: _list(docker, self.as_json))


def _list(docker: Docker, as_json: bool) -> int:
    found = projects.collect(docker, time.time())
    shown = json.dumps([each._asdict() for each in found], indent=2) if as_json else projects.describe(found)
    answer(shown + "\n")
    return 0
