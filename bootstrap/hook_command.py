"""`.aidevcontainer/hook`: the git hook of this clone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

from plumbum import cli

from bootstrap.command_group import CommandGroup
from bootstrap.console import Console
from bootstrap.githook import GitHook, locate
from bootstrap.guard import guarded
from bootstrap.project import of_scaffold

_HELP = """\
Usage: ./.aidevcontainer/hook COMMAND

After `git checkout` and `git switch`, the hook starts this project's containers again if they were
stopped, in the background. It reads nothing of the branch. Git installs no hook by itself, so each
clone decides for itself; linked worktrees share the clone's hooks.

Commands:
{commands}
"""


class HookCommand(CommandGroup):
    """Install the git hook, or take it away."""

    PROGNAME = "hook"
    HELP = _HELP


@HookCommand.subcommand("install")
class Install(cli.Application):
    """Put the hook where git looks for it. One that is there already is kept and still runs."""

    def main(self) -> int:
        """Install."""
        return _carry_out(_install)


@HookCommand.subcommand("uninstall")
class Uninstall(cli.Application):
    """Take the hook away, and put a kept one back as it was."""

    def main(self) -> int:
        """Uninstall."""
        return _carry_out(_uninstall)


@HookCommand.subcommand("status")
class Status(cli.Application):
    """Say whether the hook is installed."""

    def main(self) -> int:
        """Print one sentence."""
        return _carry_out(_status)


def main(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    return HookCommand.carry_out(arguments)


def _carry_out(work: Callable[[GitHook, Console], None]) -> int:
    console = Console()

    def located() -> int:
        work(locate(Path(of_scaffold(__file__).root)), console)
        return 0

    return guarded(console, located)


def _install(hook: GitHook, console: Console) -> None:
    hook.install()
    kept = (
        f" The hook that was there is kept in {hook.kept.name} and runs first." if hook.kept.exists() else ""
    )
    console.say(f"The hook is installed in {hook.file}.{kept}")


def _uninstall(hook: GitHook, console: Console) -> None:
    kept = hook.kept.exists()
    if not hook.uninstall():
        console.say("The hook is not installed, so nothing was changed.")
        return
    console.say("The hook is gone." + (" The one that was there before is back." if kept else ""))


def _status(hook: GitHook, _: Console) -> None:
    if not hook.installed():
        answer = "The hook is not installed. To install it: ./.aidevcontainer/hook install"
    elif not hook.current():
        answer = "The hook is installed, in another version. To renew it: ./.aidevcontainer/hook install"
    else:
        answer = f"The hook is installed in {hook.file}."
    sys.stdout.write(answer + "\n")
