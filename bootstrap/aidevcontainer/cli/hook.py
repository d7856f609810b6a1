"""`.aidevcontainer/hook`: the git hook of this clone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from plumbum import cli

from aidevcontainer.cli.group import CommandGroup
from aidevcontainer.cli.parser import CommandLine, carry_out
from aidevcontainer.hook import managers
from aidevcontainer.hook.manage import GitHook, locate
from aidevcontainer.project.paths import Project
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem
from aidevcontainer.util.guard import guarded

_HELP = """\
Usage: ./.aidevcontainer/hook [-q] COMMAND [--help]

After `git checkout` and `git switch`, the hook starts this project's containers again if they were
stopped, in the background. It reads nothing of the branch. Git installs no hook by itself, so each
clone decides for itself; linked worktrees share the clone's hooks.

Commands:
{commands}

  -q, --quiet  say only what went wrong

Examples:
  ./.aidevcontainer/hook install              an earlier hook is kept and still runs
  ./.aidevcontainer/hook lines husky          what to add where husky manages the hooks
  AIDEVCONTAINER_HOOK=0 git switch main       once without it
"""
_IN_ENTRY = "The hook is installed as an entry of this clone's git configuration (hook.aidevcontainer)."
_INSTALL = "./.aidevcontainer/hook install"


class HookCommand(CommandGroup):
    """Install the git hook, or take it away."""

    PROGNAME = "hook"
    HELP = _HELP


class _Command(CommandLine):
    """What all commands share."""

    def carry_out(self, work: Callable[[GitHook, Console], int]) -> int:
        """Do a command's work with the clone's hook at hand; failures become sentences."""
        console = self.console()
        return guarded(console, lambda: work(locate(Path(self.current_project.root)), console))


@HookCommand.subcommand("install")
class Install(_Command):
    """Have git run the hook. One that is there already is kept and still runs."""

    def main(self) -> int:
        """Install."""
        return self.carry_out(_install)


@HookCommand.subcommand("uninstall")
class Uninstall(_Command):
    """Take the hook away, and put a kept one back as it was."""

    def main(self) -> int:
        """Uninstall."""
        return self.carry_out(_uninstall)


@HookCommand.subcommand("status")
class Status(_Command):
    """Say whether the hook is installed."""

    as_json = cli.Flag("--json", help="for a program")

    def main(self) -> int:
        """Print one sentence."""
        return self.carry_out(lambda hook, _: _status(hook, self.as_json))


@HookCommand.subcommand("lines")
class Lines(_Command):
    """Print what makes a manager of hooks call ours: husky, lefthook, pre-commit, or git itself."""

    def main(self, manager: str = "") -> int:
        """Print a manager's lines, by default of the one that is found; put the program in place."""
        return self.carry_out(lambda hook, console: _lines(hook, console, manager))


def main(project: Project, arguments: list[str]) -> int:
    """Runs the command line and returns its exit code."""
    return carry_out(HookCommand, project, arguments)


def _install(hook: GitHook, console: Console) -> int:
    hook.install()
    way = hook.way()
    if way == "lines" and not hook.installed():
        return _ask_for_lines(hook, console)
    console.say(_installed(hook))
    return 0


def _installed(hook: GitHook) -> str:
    way = hook.way()
    if way == "lines":
        return f"The hook is installed: {hook.lines.file} calls it."
    if way == "entry":
        return _IN_ENTRY
    said = f"The hook is installed in {hook.file.file}."
    if hook.file.kept.exists():
        said += f" The hook that was there is kept in {hook.file.kept.name} and runs first."
    if hook.shared():
        said += " Git runs it in every repository that shares this folder; it acts where .aidevcontainer/ is."
    return said


def _ask_for_lines(hook: GitHook, console: Console) -> int:
    where = hook.places.folder
    if hook.places.root in where.parents:
        where = where.relative_to(hook.places.root)
    console.fail(
        f"Git takes this repository's hooks from {where}, where ours cannot go: any branch can change that "
        "folder, or what is there would not work beside it. Its program is in place, and git runs it once "
        f"this is at the end of {hook.lines.file}:"
    )
    sys.stdout.write(hook.lines.text)
    if hook.lines.after:
        console.warn(f"Then: {hook.lines.after}")
    console.warn("Or use git's own folder of hooks again: git config --unset core.hooksPath")
    return FAILED


def _uninstall(hook: GitHook, console: Console) -> int:
    kept = hook.file.kept.exists()
    lines = hook.lines if hook.lines.present(hook.places.root) else None
    if not hook.uninstall():
        console.say("The hook is not installed, so nothing was changed.")
        return 0
    console.say("The hook is gone." + (" The one that was there before is back." if kept else ""))
    if lines:
        console.say(f"The lines in {lines.file} do nothing without it; remove them where nobody needs them.")
    return 0


def _status(hook: GitHook, as_json: bool) -> int:
    if as_json:
        found = {"installed": hook.installed(), "current": hook.current(), "way": hook.way()}
        sys.stdout.write(json.dumps({**found, "manager": hook.manager}, indent=2) + "\n")
    else:
        sys.stdout.write(_state(hook) + "\n")
    return 0


def _state(hook: GitHook) -> str:
    if hook.installed():
        again = f"The hook is installed, in another version. To renew it: {_INSTALL}"
        return _installed(hook) if hook.current() else again
    if hook.file.moved():
        return hook.file.moved()
    if hook.entry.program.exists():
        return f"The hook waits for lines in {hook.lines.file}: ./.aidevcontainer/hook lines"
    return f"The hook is not installed. To install it: {_INSTALL}"


def _lines(hook: GitHook, console: Console, manager: str) -> int:
    if manager not in ("", *managers.NAMES):
        names = ", ".join(managers.NAMES)
        raise Problem(f"There are no lines for '{manager}', only for {names}.", WRONG_USAGE)
    places = hook.places
    wanted = managers.lines(manager or hook.manager, places.root, places.folder)
    hook.entry.place()
    console.say(f"At the end of {wanted.file}:")
    sys.stdout.write(wanted.text)
    if wanted.after:
        console.say(f"Then: {wanted.after}")
    return 0
