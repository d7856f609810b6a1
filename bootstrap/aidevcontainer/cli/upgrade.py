"""`.aidevcontainer/container upgrade`: moves Claude Code to another version."""

from __future__ import annotations

import json
import sys

from plumbum import cli

from aidevcontainer.cli.group import Command
from aidevcontainer.engine import npm_registry
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.lifecycle import upgrade
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import WRONG_USAGE, Problem


class UpgradeCommand(Command):
    """Move Claude Code to its newest version, or to VERSION. Sessions keep running."""

    back = cli.Flag("--back", help="to the version before the last upgrade on this machine")
    as_json = cli.Flag("--json", help="print the result as JSON")

    def main(self, version: str = "") -> int:
        """Looks the version up, pins it with its digests, builds, and switches when no session runs."""
        return self.carry_out(lambda docker, console: self._upgrade(docker, console, version))

    def _upgrade(self, docker: Docker, console: Console, version: str) -> int:
        if self.back and version:
            raise Problem("--back chooses the version itself, so it takes no other.", WRONG_USAGE)
        if self.back:
            outcome = upgrade.back(docker, console)
        else:
            outcome = upgrade.to_version(docker, console, version or npm_registry.LATEST)
        if self.as_json:
            sys.stdout.write(json.dumps(outcome.as_json(), indent=2) + "\n")
        return 0
