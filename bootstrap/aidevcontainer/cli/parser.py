"""The base of every command: help with examples, and errors that are sentences.

plumbum itself prints errors and the whole help on standard output, where a script expects an answer.
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
from aidevcontainer.util import table, trace
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import WRONG_USAGE, Problem
from aidevcontainer.util.guard import guarded

_META = "Meta-switches"
_SHOWN = {"help", "quiet", "verbose"}


class CommandLine(cli.Application):
    """A command. The first line of its docstring is its summary; its whole name leads to its examples."""

    # The project whose launcher started this process. plumbum makes the objects, so nothing can be passed in.
    current_project: ClassVar[Project]

    # The folder that a person types in front of the name; empty for a program on the PATH.
    FOLDER: ClassVar[str] = "./.aidevcontainer/"

    quiet = cli.Flag(["-q", "--quiet"], help="print only warnings and errors", group=_META)

    def console(self) -> Console:
        """Returns the console that this command's own switches, and those before its name, ask for."""
        return Console(self._asked("quiet"), self._asked("as_json"))

    def _asked(self, switch: str) -> bool:
        at: CommandLine | None = self
        while at is not None and not getattr(at, switch, False):
            at = at.parent
        return at is not None

    @cli.switch("--verbose", group=_META)
    def verbose(self) -> None:
        """show the commands that it runs"""
        trace.enable()

    @cli.switch(["-h", "--help"], overridable=True, group=_META)
    def help(self) -> None:
        """show this text"""
        sys.stdout.write(self.help_text())

    def typed(self) -> str:
        """Returns the command as a person types it."""
        return f"{self.FOLDER}{self.PROGNAME}"

    def help_text(self) -> str:
        """Returns usage, summary, switches and examples."""
        parts = [f"Usage: {self.typed()}{self._usage()}", summary(type(self)), self._switch_table()]
        examples = EXAMPLES.get(str(self.PROGNAME), ())
        if examples:
            rows = [(f"{self.typed()} {words}".rstrip(), what) for words, what in examples]
            parts.append("Examples:\n" + table.text(rows, indent=2))
        return "\n\n".join(parts) + "\n"

    def _usage(self) -> str:
        words = map(_placeholder, inspect.signature(self.main).parameters.values())
        return "".join(f" {word}" for word in ["[OPTIONS]", *words])

    def _switch_table(self) -> str:
        return table.text([(_spelling(each), each.help or "") for each in switches(self)], indent=2)

    def _get_prog_version(self) -> str:
        from aidevcontainer.updates import origin

        return origin.package_version()

    def _parse_args(self, argv: list[str]) -> Any:  # noqa: ANN401 - plumbum's
        return self._told(lambda: super(CommandLine, self)._parse_args(argv))

    def _validate_args(self, swfuncs: Any, tailargs: Any) -> Any:  # noqa: ANN401 - plumbum's
        return self._told(lambda: super(CommandLine, self)._validate_args(swfuncs, tailargs))

    def _told(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - what plumbum returns
        try:
            return work()
        except SwitchError as error:
            # A request for help is one of plumbum's errors as well, without a text.
            if not str(error):
                raise
            hint = self._hint(error)
            raise Problem(
                f"{str(error).rstrip('.')}.{hint} Help: {self.typed()} --help",
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
    # plumbum reports a wrong word before it sets any switch.
    console = Console(as_json="--json" in arguments)
    return guarded(console, lambda: int(command.run([str(command.PROGNAME), *arguments], exit=False)[1] or 0))


def switches(command: cli.Application) -> list[SwitchInfo]:
    """Returns the switches that people use, which leaves out most of plumbum's own."""
    found = [each for each in command._switches_by_func.values() if _usable(command, each)]
    return sorted(found, key=lambda each: each.group == _META)


def _usable(command: cli.Application, info: SwitchInfo) -> bool:
    bound = any(command._switches_by_name.get(name) is info for name in info.names)
    return bound and (info.group != _META or bool(_SHOWN.intersection(info.names)))


def summary(command: type[cli.Application]) -> str:
    """Returns the first line of a command's docstring."""
    return (command.__doc__ or "").splitlines()[0]


def _placeholder(parameter: inspect.Parameter) -> str:
    name = parameter.name.upper()
    if parameter.kind == parameter.VAR_POSITIONAL:
        return f"[{name}]..."
    return name if parameter.default is parameter.empty else f"[{name}]"


def _spelling(info: SwitchInfo) -> str:
    names = sorted(info.names, key=len)
    spelt = ", ".join(("-" if len(name) == 1 else "--") + name for name in names)
    return f"{spelt} {info.argname}" if info.argtype else spelt
