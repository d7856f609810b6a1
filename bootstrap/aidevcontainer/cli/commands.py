"""The commands in `.aidevcontainer/`, and the module of this package that runs each."""

from __future__ import annotations

# The quick commands pass here, and typing would cost them a millisecond.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from aidevcontainer.cli.parser import CommandLine
    from aidevcontainer.project.paths import Project

# Claude parses its own arguments.
WITH_SWITCHES = ("container", "firewall", "hook", "update")
NAMES = ("claude", *WITH_SWITCHES)


def run(project: Project, command: str, arguments: list[str]) -> int:
    """Runs a command other than `claude` for a project and returns its exit code."""
    if command == "firewall":
        from aidevcontainer.cli import firewall_fast

        code = firewall_fast.run(project, arguments)
        if code is not None:
            return code
    return int(_module(command).main(project, arguments))


def command_line(command: str) -> type[CommandLine]:
    """Returns the class that parses a command's switches."""
    found: type[CommandLine] = getattr(_module(command), f"{command.capitalize()}Command")
    return found


def _module(command: str) -> Any:  # noqa: ANN401 -- a module with main(project, arguments)
    from importlib import import_module

    return import_module(f"aidevcontainer.cli.{command}")
