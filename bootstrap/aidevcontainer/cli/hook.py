"""`.aidevcontainer/hook`: the git hook of this clone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from plumbum import cli

from aidevcontainer.cli.group import CommandGroup
from aidevcontainer.cli.parser import CommandLine, carry_out
from aidevcontainer.hook import lines as managers_lines
from aidevcontainer.hook import managers
from aidevcontainer.hook.lines import ManagerLines
from aidevcontainer.hook.manage import GitHook, locate
from aidevcontainer.project.paths import Project
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem
from aidevcontainer.util.guard import guarded
from aidevcontainer.util.printable import answer

_HELP = """\
Usage: ./.aidevcontainer/hook [-q] COMMAND [--help]

After `git checkout` and `git switch`, the hook starts this project's stopped containers in the
background. It reads nothing of the branch. Git does not install hooks by itself, so you choose for
each clone. Linked worktrees share the hooks of their clone.

Commands:
{commands}

  -q, --quiet  print only warnings and errors; --verbose shows the commands that run

Examples:
  ./.aidevcontainer/hook install              an earlier hook is kept and still runs
  ./.aidevcontainer/hook lines husky          the lines to add if husky manages the hooks
  AIDEVCONTAINER_HOOK=0 git switch main       switch once without the hook
"""
_IN_ENTRY = "The hook is installed as an entry of this clone's git configuration (hook.aidevcontainer)."
_INSTALL = "./.aidevcontainer/hook install"
_LFS = (
    "git-lfs installs no hooks while it finds this one. To have both: ./.aidevcontainer/hook uninstall && "
    f"git lfs install --local && {_INSTALL}"
)


class HookCommand(CommandGroup):
    """Install or remove the git hook."""

    PROGNAME = "hook"
    HELP = _HELP


class HookSubcommand(CommandLine):
    """A subcommand that works with the clone's hook."""

    def carry_out(self, work: Callable[[GitHook, Console], int]) -> int:
        """Runs a command's work with the clone's hook. Failures become sentences."""
        console = self.console()
        return guarded(console, lambda: work(locate(Path(self.current_project.root)), console))


@HookCommand.subcommand("install")
class HookInstall(HookSubcommand):
    """Install the hook. An earlier hook is kept and still runs."""

    def main(self) -> int:
        """Installs the hook."""
        return self.carry_out(_install)


@HookCommand.subcommand("uninstall")
class HookUninstall(HookSubcommand):
    """Remove the hook, and restore an earlier one."""

    def main(self) -> int:
        """Removes the hook."""
        return self.carry_out(_uninstall)


@HookCommand.subcommand("status")
class HookStatus(HookSubcommand):
    """Show whether the hook is installed."""

    as_json = cli.Flag("--json", help="print JSON")

    def main(self) -> int:
        """Prints the status."""
        return self.carry_out(lambda hook, _: _status(hook, self.as_json))


@HookCommand.subcommand("lines")
class HookLines(HookSubcommand):
    """Print the lines that make a hook manager or git itself call the hook."""

    def main(self, manager: str = "") -> int:
        """Prints a manager's lines, by default those of the one in use, and writes the hook's program."""
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
        said += f" The earlier hook is kept in {hook.file.kept.name} and runs first."
    if hook.blocks_lfs():
        said += f" {_LFS}"
    if hook.shared():
        said += " Every repository that shares this folder runs it. It acts only where .aidevcontainer/ is."
    return said


def _ask_for_lines(hook: GitHook, console: Console) -> int:
    where = hook.places.folder
    if hook.places.root in where.parents:
        where = where.relative_to(hook.places.root)
    console.fail(
        f"The hook cannot be installed in {where}, where git looks for this repository's hooks: a branch can "
        "change that folder, its manager would remove the hook, or the hook there would fail under another "
        "name. The hook's program is ready. "
        "To have git run it, do this:"
    )
    _tell(hook.lines, console.warn)
    if hook.shared():
        console.warn("Or use git's own folder of hooks: git config --unset core.hooksPath")
    return FAILED


def _tell(lines: ManagerLines, say: Callable[[str], None]) -> None:
    """Prints a manager's lines to standard output, and says where they belong. Raises Problem."""
    if lines.problem:
        raise Problem(lines.problem)
    verb = "Put this" if lines.where.startswith("in place") else "Add this"
    say(f"{verb} {lines.where}:")
    answer(lines.text)
    if lines.after:
        say(f"Then: {lines.after}")


def _uninstall(hook: GitHook, console: Console) -> int:
    kept = hook.file.kept.exists()
    lines = hook.lines if hook.lines.present(hook.places.root) else None
    if not hook.uninstall():
        console.say("The hook is not installed, so nothing changed.")
        return 0
    console.say("The hook is removed." + (" The earlier hook is back." if kept else ""))
    if lines:
        console.say(
            f"The lines in {lines.file} do nothing without the hook. Remove them if no clone needs them."
        )
    return 0


def _status(hook: GitHook, as_json: bool) -> int:
    if as_json:
        found = {"installed": hook.installed(), "current": hook.current(), "way": hook.way()}
        sys.stdout.write(json.dumps({**found, "manager": hook.manager}, indent=2) + "\n")
    else:
        answer(_state(hook) + "\n")
    return 0


def _state(hook: GitHook) -> str:
    if hook.installed():
        outdated = f"The hook is installed in another version. To update it: {_INSTALL}"
        return _installed(hook) if hook.current() else outdated
    if hook.file.moved():
        return hook.file.moved()
    if hook.entry.program.exists():
        return f"The hook needs lines in {hook.lines.file}. To see them: ./.aidevcontainer/hook lines"
    return f"The hook is not installed. To install it: {_INSTALL}"


def _lines(hook: GitHook, console: Console, manager: str) -> int:
    if manager not in ("", *managers.NAMES):
        names = ", ".join(managers.NAMES)
        raise Problem(f"'{manager}' is not a known hook manager. Known ones: {names}.", WRONG_USAGE)
    places = hook.places
    wanted = managers_lines.lines(manager or hook.manager, places.root, places.folder)
    hook.entry.place()
    if wanted.present(places.root):
        console.say(f"{wanted.file} calls the hook already, so it needs no lines.")
    else:
        _tell(wanted, console.say)
    return 0
