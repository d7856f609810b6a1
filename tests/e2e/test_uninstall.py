"""`container uninstall` on a real engine: nothing of the project stays there, nor in its repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import scaffold
from tests.support.docker import docker, inspect
from tests.support.hostuser import HostUser
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.terminal import Terminal
from tests.support.wait import until

pytestmark = pytest.mark.engine

HOOK = ".git/hooks/post-checkout"
OWN_HOOK = b"#!/bin/sh\n# \xe9 and no line's end\nexit 0"
# One more network, since the tests' internet is not the project's to remove.
NETWORKS = """\
networks:
  default:
    external: true
    name: {name}
  own:
    internal: true
services:
  firewall:
    networks: [default, own]
"""


class Seen(NamedTuple):
    """What a repository looks like to a person, and to git on the next checkout."""

    status: str
    git: set[str]
    hook: tuple[bytes, int]


class Leaving(NamedTuple):
    """A project that is up, and what its repository looked like before the template came."""

    project: Project
    before: Seen


def seen(project: Project) -> Seen:
    """Look at what must not change."""
    status = project.run("git", "status", "--porcelain", "--ignored").checked().out
    folder, hook = project.path / ".git", project.path / HOOK
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    return Seen(status, names, (hook.read_bytes(), hook.stat().st_mode))


@pytest.fixture
def leaving(workspace: Path, release: Path, internet: Internet, host_user: HostUser) -> Iterator[Leaving]:
    """A project that was started, with an image, a network and a hook of its own; it is in no commit."""
    project = scaffold.repository(workspace / scaffold.unique("leaving"), host_user)
    project.write(".gitignore", "build/\n")
    scaffold.commit(project, "Ignore builds")
    project.write("build/output", "made")
    project.write("notes.txt", "in no commit")
    project.write(HOOK, "").write_bytes(OWN_HOOK)
    (project.path / HOOK).chmod(0o711)
    project.user.own(project.path)
    before = seen(project)
    scaffold.scaffold(project, release)
    scaffold.join(project, internet)
    project.write(".aidevcontainer/docker-compose.override.yml", NETWORKS.format(name=internet.network))
    script = ".aidevcontainer/scripts/healthcheck.sh"
    project.write(script, f"{project.read(script)}# {project.path.name}\n")
    with project.remove_at_end():
        project.helper("hook", "install").checked()
        project.up()
        yield Leaving(project, before)


def belongings(name: str) -> list[str]:
    """Return what the engine has of a project."""
    label = f"label=com.docker.compose.project={name}"
    questions = ("container ls --all {{.Names}}", "network ls {{.Name}}", "volume ls {{.Name}}")
    found: list[str] = []
    for *question, form in map(str.split, questions):
        found += docker(*question, "--filter", label, "--format", form).out.split()
    return sorted(found)


def removes(project: Project) -> list[tuple[str, str]]:
    """Return what an uninstall would remove, as kind and name."""
    done = project.helper("container", "uninstall", "--dry-run", "--json").checked()
    return [(row["kind"], row["name"]) for row in json.loads(done.out)["removes"]]


def agree(terminal: Terminal) -> str:
    """Say yes to everything and return what was on the screen at the first question."""
    shown = terminal.wait_for(r"Remove all of this\?")
    terminal.send("y")
    terminal.wait_for(r"uncommitted files permanently\?")
    terminal.send("y")
    assert terminal.wait(60) == 0, terminal.screen()
    return shown


def test_nothing_stays(leaving: Leaving, project: Project) -> None:
    """X-L3: sessions are told of first; then no trace on the engine, in the repository or in its git.

    The image goes only once no other container is made of it.
    """
    ours = leaving.project
    name, firewall = ours.claude.removesuffix("-claude-1"), ours.firewall
    there = belongings(name)
    parts = ("-claude-1", "-firewall-1", "_bridge", "_config", "_limits", "_own", "_state")
    assert there == [f"{name}{part}" for part in parts]
    image = inspect(ours.claude)["Config"]["Image"]
    # Else it would have the label of the project that built the image, as images made by Compose do.
    other = docker("create", "--label", "com.docker.compose.project=other", image).out.strip()
    assert ("image", image) not in removes(ours)
    docker("rm", other)
    remembered = ours.user.home / ".cache/aidevcontainer/ready" / firewall
    assert remembered.exists()
    with ours.terminal(".aidevcontainer/container", "shell", "--", "sleep", "72345") as session:
        until(lambda: any("sleep 72345" in line for line in ours.processes()), ours.processes)
        with ours.terminal(".aidevcontainer/container", "uninstall", rows=60) as terminal:
            shown = agree(terminal)
        assert session.ends(20)
    assert shown.startswith("aidevcontainer: This ends 1 open session")
    assert shown.index("sleep 72345") < shown.index("To be removed")
    for each in (*there, image, "the git hook of this clone", ".aidevcontainer/", ".copier-answers.yml"):
        assert each in shown
    assert belongings(name) == []
    assert docker("image", "inspect", image, check=False).code != 0
    # What others use is still there, and works.
    assert project.inside("claude", "--version").code == 0
    assert not remembered.exists()
    assert seen(ours) == leaving.before
