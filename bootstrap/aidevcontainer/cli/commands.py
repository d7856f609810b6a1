"""The commands in `.aidevcontainer/`, apart from `claude`: which module runs which."""

from __future__ import annotations

# On the way of the quick commands, for which this would cost a millisecond.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from aidevcontainer.project.paths import Project

NAMES = ("claude", "container", "firewall", "hook", "update")


def run(project: Project, command: str, arguments: list[str]) -> int:
    """Runs a command for a project and returns its exit code."""
    if command == "firewall":
        from aidevcontainer.cli import firewall_fast

        code = firewall_fast.run(project, arguments)
        if code is not None:
            return code
    return int(_module(command).main(project, arguments))


def _module(command: str) -> Any:  # noqa: ANN401 -- a module with main(project, arguments)
    from importlib import import_module

    return import_module(f"aidevcontainer.cli.{command}")
