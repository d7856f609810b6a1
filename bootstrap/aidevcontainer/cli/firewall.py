"""`.aidevcontainer/firewall`: what the agent may reach, decided and seen by a person on the host."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from plumbum import cli

from aidevcontainer.cli.group import Command, CommandGroup
from aidevcontainer.cli.parser import carry_out
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.firewall import advice, log, policy, selftest, status, suggest
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.firewall.control import Firewall
from aidevcontainer.project.paths import Project
from aidevcontainer.util import durations
from aidevcontainer.util.console import Console
from aidevcontainer.util.printable import printable

_HELP = """\
Usage: ./.aidevcontainer/firewall [-q] COMMAND [--help]

What the agent may reach, and what was refused. Only from outside the container.

Commands:
{commands}

  -q, --quiet  say only what went wrong

Examples:
  ./.aidevcontainer/firewall log --follow                 what is refused, while it happens
  ./.aidevcontainer/firewall allow                        choose from what was just refused
  ./.aidevcontainer/firewall allow --for 30m example.com  until then; --once: for this run
  ./.aidevcontainer/firewall allow example.com            for good, in allowed-domains.local.txt
"""


_SUGGESTED = """\
Nothing was added. What you trust: ./.aidevcontainer/firewall allow HOST"""


class FirewallCommand(CommandGroup):
    """Decide and see what the agent may reach."""

    PROGNAME = "firewall"
    HELP = _HELP


class _Command(Command):
    """What the commands share that work with the firewall."""

    def with_firewall(self, work: Callable[[Firewall, Console], int]) -> int:
        """Do a command's work with the firewall at hand; failures become sentences."""
        return self.carry_out(lambda docker, console: work(Firewall(docker), console))


@FirewallCommand.subcommand("status")
class Status(_Command):
    """Show what is in force, since when, and how it was proved."""

    as_json = cli.Flag("--json", help="for a program")

    def main(self) -> int:
        """Print it."""
        return self.with_firewall(lambda firewall, _: status.show(firewall, self.as_json))


@FirewallCommand.subcommand("log")
class Log(Command):
    """Show what was refused: names that are not listed, connections elsewhere."""

    follow = cli.Flag(["-f", "--follow"], help="go on until Ctrl+C")
    as_json = cli.Flag("--json", help="one object per line, for a program")
    since = cli.SwitchAttr("--since", str, default="", argname="TIME", help="of the last 90s, 10m, 2h, 1d")

    def main(self) -> int:
        """Print it."""
        return self.carry_out(lambda docker, _: self._show(docker))

    def _show(self, docker: Docker) -> int:
        span = durations.seconds(self.since) if self.since else None
        if self.follow:
            return log.follow(docker, span, self.as_json)
        return log.show(Firewall(docker), span, self.as_json)


@FirewallCommand.subcommand("allow")
class Allow(_Command):
    """Let hosts through; without a host, choose from what was just refused."""

    span = cli.SwitchAttr("--for", str, default="", argname="TIME", help="end by itself: 90s, 30m, 2h, 1d")
    once = cli.Flag("--once", excludes=["--for"], help="for this run, until the container is made anew")

    def main(self, *hosts: str) -> int:
        """Allow them and put that into force."""
        return self.with_firewall(lambda firewall, console: self._allow(firewall, console, list(hosts)))

    def _allow(self, firewall: Firewall, console: Console, hosts: list[str]) -> int:
        seconds = 0 if self.once else durations.seconds(self.span) if self.span else None
        lists = Lists(firewall.docker.project)
        if not hosts:
            return policy.choose(firewall, lists, console, seconds)
        return policy.allow(firewall, lists, console, hosts, seconds)


@FirewallCommand.subcommand("deny")
class Deny(_Command):
    """Take hosts off the list of this machine, and end what was allowed for a time."""

    project = cli.Flag("--project", help="in allowed-domains.txt as well: the line becomes a comment")

    def main(self, *hosts: str) -> int:
        """Deny them and put that into force; their open connections are cut."""
        return self.with_firewall(lambda firewall, console: self._deny(firewall, console, list(hosts)))

    def _deny(self, firewall: Firewall, console: Console, hosts: list[str]) -> int:
        lists = Lists(firewall.docker.project)
        return policy.deny(firewall, lists, console, hosts, self.project)


@FirewallCommand.subcommand("reload")
class Reload(_Command):
    """Put the lists into force as they are now, and say what that changed."""

    def main(self) -> int:
        """Reload. A list with errors changes nothing."""
        return self.with_firewall(policy.reload)


@FirewallCommand.subcommand("test")
class Test(Command):
    """Attack the firewall that runs, from inside, in a few seconds."""

    as_json = cli.Flag("--json", help="for a program")

    def main(self) -> int:
        """Print what became of each attack; exit code 1 when one got through."""
        return self.carry_out(lambda docker, _: selftest.run(docker, self.as_json))


@FirewallCommand.subcommand("suggest")
class Suggest(Command):
    """Offer hosts that this repository's files name or imply. Adds none."""

    as_json = cli.Flag("--json", help="for a program")

    def main(self) -> int:
        """Print them."""
        return self.without_docker(lambda console: _suggest(self.current_project, self.as_json, console))


def main(project: Project, arguments: list[str]) -> int:
    """Runs the command line and returns its exit code."""
    return carry_out(FirewallCommand, project, arguments)


def _suggest(project: Project, as_json: bool, console: Console) -> int:
    found = suggest.collect(project)
    if as_json:
        sys.stdout.write(json.dumps([each._asdict() for each in found], indent=2) + "\n")
        return 0
    for each in found:
        sys.stdout.write(f"{each.entry:<40} {printable(each.file)}: {each.reason}\n")
    for sentence in advice.of_entries([each.entry for each in found]):
        console.warn(sentence)
    console.say(_SUGGESTED if found else "Nothing to suggest: what the repository names is listed already.")
    return 0
