"""`.aidevcontainer/firewall`: a person on the host sees and decides which hosts the agent may reach."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from plumbum import cli

from aidevcontainer.cli.group import Command, CommandGroup
from aidevcontainer.cli.parser import carry_out
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.firewall import advice, log, policy, selftest, status, suggest, watch
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.firewall.control import Firewall
from aidevcontainer.firewall.watch import WatchOptions
from aidevcontainer.project.paths import Project
from aidevcontainer.util import durations, table
from aidevcontainer.util.console import Console
from aidevcontainer.util.printable import answer, printable

_HELP = """\
Usage: ./.aidevcontainer/firewall [-q] COMMAND [--help]

See and decide which hosts the agent may reach. These commands work only on the host.

Commands:
{commands}

  -q, --quiet  print only warnings and errors; --verbose shows the commands that run

Examples:
  ./.aidevcontainer/firewall watch                        decide about each refusal as it happens
  ./.aidevcontainer/firewall log --follow                 only show each refusal as it happens
  ./.aidevcontainer/firewall allow                        choose from recently refused hosts
  ./.aidevcontainer/firewall allow --for 30m example.com  for 30 minutes
  ./.aidevcontainer/firewall allow example.com            permanently, in allowed-domains.local.txt
  ./.aidevcontainer/firewall allow --project example.com  for the whole team, in allowed-domains.txt
"""
_SUGGESTED = (
    "The allowlist has not changed. To add a host that you trust: ./.aidevcontainer/firewall allow HOST"
)


class FirewallCommand(CommandGroup):
    """See and decide which hosts the agent may reach."""

    PROGNAME = "firewall"
    HELP = _HELP


class FirewallSubcommand(Command):
    """A subcommand that works with the firewall."""

    def with_firewall(self, work: Callable[[Firewall, Console], int]) -> int:
        """Runs a command's work with the firewall. Failures become sentences."""
        return self.carry_out(lambda docker, console: work(Firewall(docker), console))


@FirewallCommand.subcommand("status")
class FirewallStatus(FirewallSubcommand):
    """Show the policy in force: since when, how many entries, and its proof."""

    as_json = cli.Flag("--json", help="print JSON")

    def main(self) -> int:
        """Prints the status."""
        return self.with_firewall(lambda firewall, _: status.show(firewall, self.as_json))


@FirewallCommand.subcommand("log")
class FirewallLog(Command):
    """Show refused lookups and connections, or what passed."""

    allowed = cli.Flag("--allowed", help="show the connections that passed instead")
    summary = cli.Flag("--summary", excludes=["--allowed", "--follow"], help="one row for each host")
    follow = cli.Flag(["-f", "--follow"], help="continue until Ctrl+C")
    as_json = cli.Flag("--json", help="print one JSON object per line")
    since = cli.SwitchAttr(
        "--since", str, default="", argname="TIME", help="only the last 90s, 10m, 2h or 1d"
    )

    def main(self) -> int:
        """Prints the refusals."""
        return self.carry_out(lambda docker, _: self._show(docker))

    def _show(self, docker: Docker) -> int:
        span = durations.seconds(self.since) if self.since else None
        if self.allowed or self.summary:
            return self._show_passed(docker, span)
        if self.follow:
            return log.follow(docker, span, self.as_json)
        return log.show(Firewall(docker), span, self.as_json)

    def _show_passed(self, docker: Docker, span: int | None) -> int:
        from aidevcontainer.firewall import passed  # not needed for refusals

        if self.follow:
            return passed.follow(docker, span, self.as_json)
        show = passed.summarize if self.summary else passed.show
        return show(Firewall(docker), span, self.as_json)


@FirewallCommand.subcommand("watch")
class FirewallWatch(Command):
    """Show each refusal as it happens, and ask you about the host."""

    as_json = cli.Flag("--json", help="print one JSON object per refusal, and ask nothing")
    notify = cli.Flag("--notify", help="also send a desktop notification")
    ask_again = cli.Flag("--ask-again", help="forget which hosts you never want to be asked about")

    def main(self) -> int:
        """Shows refusals and takes answers until Ctrl+C."""
        options = WatchOptions(bool(self.as_json), bool(self.notify), bool(self.ask_again))
        return self.carry_out(lambda docker, console: watch.run(docker, options, console))


@FirewallCommand.subcommand("allow")
class FirewallAllow(FirewallSubcommand):
    """Allow hosts. Without a host, choose from recently refused ones."""

    span = cli.SwitchAttr("--for", str, default="", argname="TIME", help="only for 90s, 30m, 2h or 1d")
    once = cli.Flag("--once", excludes=["--for"], help="only until the firewall's container ends")
    project = cli.Flag(
        "--project", excludes=["--for", "--once"], help="for the whole team, in allowed-domains.txt"
    )

    def main(self, *hosts: str) -> int:
        """Allows hosts and puts that into force."""
        return self.with_firewall(lambda firewall, console: self._allow(firewall, console, list(hosts)))

    def _allow(self, firewall: Firewall, console: Console, hosts: list[str]) -> int:
        seconds = 0 if self.once else durations.seconds(self.span) if self.span else None
        lists = Lists(firewall.docker.project)
        if not hosts:
            return policy.choose(firewall, lists, console, seconds, self.project)
        return policy.allow(firewall, lists, console, hosts, seconds, self.project)


@FirewallCommand.subcommand("deny")
class FirewallDeny(FirewallSubcommand):
    """Remove hosts from your own list, and end temporary allowances."""

    project = cli.Flag("--project", help="also turn the line in allowed-domains.txt into a comment")

    def main(self, *hosts: str) -> int:
        """Denies hosts, puts that into force, and cuts their open connections."""
        return self.with_firewall(lambda firewall, console: self._deny(firewall, console, list(hosts)))

    def _deny(self, firewall: Firewall, console: Console, hosts: list[str]) -> int:
        lists = Lists(firewall.docker.project)
        return policy.deny(firewall, lists, console, hosts, self.project)


@FirewallCommand.subcommand("reload")
class FirewallReload(FirewallSubcommand):
    """Put the allowlist into force, and show what that changed."""

    def main(self) -> int:
        """Reloads. A list with errors changes nothing."""
        return self.with_firewall(policy.reload)


@FirewallCommand.subcommand("test")
class FirewallTest(Command):
    """Attack the running firewall from inside, in a few seconds."""

    as_json = cli.Flag("--json", help="print JSON")

    def main(self) -> int:
        """Prints the result of each attack. The exit code is 1 if one passed."""
        return self.carry_out(lambda docker, _: selftest.run(docker, self.as_json))


@FirewallCommand.subcommand("suggest")
class FirewallSuggest(Command):
    """Suggest hosts that this repository's files name or imply. Adds none."""

    as_json = cli.Flag("--json", help="print JSON")

    def main(self) -> int:
        """Prints the suggestions."""
        return self.without_docker(lambda console: _suggest(self.current_project, self.as_json, console))


def main(project: Project, arguments: list[str]) -> int:
    """Runs the command line and returns its exit code."""
    return carry_out(FirewallCommand, project, arguments)


def _suggest(project: Project, as_json: bool, console: Console) -> int:
    found = suggest.collect(project)
    for sentence in found.left_out:
        console.warn(sentence)
    if as_json:
        sys.stdout.write(json.dumps([each._asdict() for each in found.hosts], indent=2) + "\n")
        return 0
    rows = [(each.entry, f"{printable(each.file)}: {each.reason}") for each in found.hosts]
    answer("".join(f"{line}\n" for line in table.lines(rows)))
    for sentence in advice.of_entries([each.entry for each in found.hosts]):
        console.warn(sentence)
    console.say(
        _SUGGESTED
        if found.hosts
        else "There is nothing to suggest: all hosts that the repository names are allowed."
    )
    return 0
