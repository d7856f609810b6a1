"""The services that a project's Compose files add: started with the containers, named when they are down."""

from __future__ import annotations

from typing import NamedTuple

from aidevcontainer.engine import diagnosis
from aidevcontainer.engine.compose_model import ComposeModel
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util.console import Console

_LABELS = '{{.Label "com.docker.compose.service"}}\t{{.State}}\t{{.Status}}'
_UP = "./.aidevcontainer/container up"


class _State(NamedTuple):
    service: str
    word: str
    sentence: str

    @property
    def is_well(self) -> bool:
        # A service that does one job ends by itself.
        return self.word == "running" or self.sentence.startswith("Exited (0)")


def start(docker: Docker, console: Console, model: ComposeModel) -> list[str]:
    """Starts the added services that no profile leaves out; returns sentences about those that failed."""
    names = model.own_services
    if not names:
        return []
    console.say(f"Starting {', '.join(names)}.")
    if docker.run("compose", "up", "--detach", *names).code == 0:
        return []
    # Compose gives up at the first that fails, for example at an image that cannot be fetched.
    return [sentence for name in names if (sentence := _failure(docker, name))]


def down(docker: Docker, project_name: str, model: ComposeModel) -> list[str]:
    """Returns sentences about the added services that should run and do not."""
    names = model.own_services
    if not names:
        return []
    found = _states(docker, project_name)
    return [
        f"{name} {_words(found.get(name, []))}: {_UP}"
        for name in names
        if not any(each.is_well for each in found.get(name, []))
    ]


def _failure(docker: Docker, name: str) -> str:
    result = docker.run("compose", "up", "--detach", name)
    return diagnosis.explain(f"start {name}", result.err + result.out) if result.code else ""


def _states(docker: Docker, project_name: str) -> dict[str, list[_State]]:
    mine = f"label=com.docker.compose.project={project_name}"
    result = docker.run("ps", "--all", "--filter", mine, "--format", _LABELS)
    found: dict[str, list[_State]] = {}
    for line in result.out.splitlines():
        parts = line.split("\t")
        if len(parts) == len(_State._fields):
            found.setdefault(parts[0], []).append(_State(*parts))
    return found


def _words(found: list[_State]) -> str:
    return f"is down ({found[0].sentence or found[0].word})" if found else "was not created"
