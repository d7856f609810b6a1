"""What every command of the helpers shares: its help with examples, and errors that are sentences.

plumbum prints errors and the whole help on standard output, where a script expects an answer.
"""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Callable
from typing import Any, ClassVar

from plumbum import cli
from plumbum.cli.switches import SwitchError, SwitchInfo, UnknownSwitch

from aidevcontainer.cli.examples import EXAMPLES
from aidevcontainer.project.paths import Project
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import WRONG_USAGE, Problem
from aidevcontainer.util.guard import guarded

_META = "Meta-switches"
_SHOWN = {"help", "quiet"}


class CommandLine(cli.Application):
    """A command. The first line of its docstring is its summary; examples are found by its whole name."""

    # The project whose launcher started this process. plumbum makes the objects, so nothing can be passed in.
    current_project: ClassVar[Project]

    # How a person calls it; empty for the commands of a project.
    CALL = ""

    quiet = cli.Flag(["-q", "--quiet"], help="say only what went wrong", group=_META)

    def console(self) -> Console:
        """Return the console that this command's own switches, and those before its name, ask for."""
        return Console(self._asked("quiet"), self._asked("as_json"))

    def _asked(self, switch: str) -> bool:
        at: CommandLine | None = self
        while at is not None and not getattr(at, switch, False):
            at = at.parent
        return at is not None

    @cli.switch(["-h", "--help"], overridable=True, group=_META)
    def help(self) -> None:
        """show this text"""
        sys.stdout.write(self.help_text())

    def call(self) -> str:
        """Returns the command as a person types it."""
        return self.CALL or f"./.aidevcontainer/{self.PROGNAME}"

    def help_text(self) -> str:
        """Return usage, summary, switches and examples."""
        name, call = str(self.PROGNAME), self.call()
        parts = [f"Usage: {call}{self._usage()}", summary(type(self)), self._switch_table()]
        shown = [(f"{call} {words}".rstrip(), what) for words, what in EXAMPLES.get(name, ())]
        if shown:
            parts.append("Examples:\n" + table(shown))
        return "\n\n".join(parts) + "\n"

    def _usage(self) -> str:
        names = list(inspect.signature(self.main).parameters.values())
        words = [
            f"[{each.name.upper()}]" + ("..." if each.kind == each.VAR_POSITIONAL else "") for each in names
        ]
        return "".join(f" {word}" for word in ["[OPTIONS]", *words])

    def _switch_table(self) -> str:
        return table([(_spelling(each), each.help or "") for each in switches(self)])

    def _parse_args(self, argv: list[str]) -> Any:  # noqa: ANN401 - plumbum's
        return self._told(lambda: super(CommandLine, self)._parse_args(argv))

    def _validate_args(self, swfuncs: Any, tailargs: Any) -> Any:  # noqa: ANN401 - plumbum's
        return self._told(lambda: super(CommandLine, self)._validate_args(swfuncs, tailargs))

    def _told(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - what plumbum returns
        try:
            return work()
        except SwitchError as error:
            # Asking for help is one of plumbum's errors as well, without a text.
            if not str(error):
                raise
            hint = self._hint(error)
            raise Problem(
                f"{str(error).rstrip('.')}.{hint} Its help: {self.call()} --help",
                WRONG_USAGE,
            ) from None

    def _hint(self, error: SwitchError) -> str:
        if not isinstance(error, UnknownSwitch):
            return ""
        names = [f"--{name}" for each in switches(self) for name in each.names if len(name) > 1]
        close = difflib.get_close_matches(str(error).split()[-1], names, n=1)
        return f" Did you mean {close[0]}?" if close else ""


def carry_out(command: type[CommandLine], project: Project, arguments: list[str]) -> int:
    """Runs a command line for a project and returns its exit code; failures become sentences."""
    CommandLine.current_project = project
    return run(command, arguments)


def run(command: type[CommandLine], arguments: list[str]) -> int:
    """Runs a command line that needs no project and returns its exit code; failures become sentences."""
    # A wrong word is found before any switch is set.
    console = Console(as_json="--json" in arguments)
    return guarded(console, lambda: int(command.run([str(command.PROGNAME), *arguments], exit=False)[1] or 0))


def switches(command: cli.Application) -> list[SwitchInfo]:
    """Return the switches that are meant to be used: of plumbum's own only the one that people look for."""
    found = [each for each in command._switches_by_func.values() if _usable(command, each)]
    return sorted(found, key=lambda each: each.group == _META)


def _usable(command: cli.Application, info: SwitchInfo) -> bool:
    bound = any(command._switches_by_name.get(name) is info for name in info.names)
    return bound and (info.group != _META or bool(_SHOWN.intersection(info.names)))


def summary(command: type[cli.Application]) -> str:
    """Return the first line of a command's docstring."""
    return (command.__doc__ or "").splitlines()[0]


def table(rows: list[tuple[str, str]]) -> str:
    """Return two columns, indented."""
    width = max(len(left) for left, _ in rows)
    return "\n".join(f"  {left:<{width}}  {right}".rstrip() for left, right in rows)


def _spelling(info: SwitchInfo) -> str:
    names = sorted(info.names, key=len)
    spelt = ", ".join(("-" if len(name) == 1 else "--") + name for name in names)
    return f"{spelt} {info.argname}" if info.argtype else spelt
