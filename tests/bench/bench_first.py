"""From a repository without anything to Claude's first screen: a machine's first project, and the second.

Against a plain image with Node and Claude Code's npm package, which has no firewall. Copier, the helpers'
Python packages and the base image are there already. The builds' caches stay, as after any build.
`python3 tests --bench first`
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import scaffold
from tests.support.claude_screens import FIRST_SCREEN
from tests.support.docker import docker, inspect
from tests.support.hostuser import HostUser
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.run import run
from tests.support.template import git_environment

from .plain import PlainImage, unbuilt
from .report import Report
from .turns import Rounds

__all__ = ["unbuilt"]

pytestmark = pytest.mark.engine

OURS, PLAIN = "copier copy, ./.aidevcontainer/claude", "docker build, docker run"
SECOND = {OURS: OURS, PLAIN: "docker run"}
PATIENCE = 300  # s
NOTE = "ours is behind a firewall that has proved itself; docker run has none"
# The volume with unpacked programs is the machine's; under a digest of its own a program is unpacked anew.
DIGEST = "cut -c 1-12"


@dataclass(frozen=True)
class Place:
    """Where people's repositories are, and what they copy from."""

    folder: Path
    release: Path
    user: HostUser
    internet: Internet

    def repository(self) -> Project:
        """Make a repository without anything of ours."""
        return scaffold.repository(self.folder / scaffold.unique("first"), self.user)

    def copy(self, project: Project) -> None:
        """Copy the template on the command line."""
        answer = f"more_domains={scaffold.ANSWERS['more_domains']}"
        line = [
            sys.executable,
            "-m",
            "copier",
            "copy",
            "--defaults",
            "--data",
            answer,
            str(self.release),
            ".",
        ]
        run(line, cwd=project.path, env=git_environment()).checked()
        project.user.own(project.path)
        scaffold.join(project, self.internet)


@pytest.fixture(scope="module")
def place(workspace: Path, release: Path, host_user: HostUser, internet: Internet) -> Place:
    """Everything that is there before the clock starts."""
    return Place(workspace, release, host_user, internet)


def make_cold(project: Project) -> None:
    """Change what every layer is built from, and the name that the program is unpacked under."""
    project.write(".aidevcontainer/ca/README.md", f"# {secrets.token_hex(8)}\n")
    name = ".aidevcontainer/scripts/fetch-claude.sh"
    text = project.read(name)
    assert DIGEST in text
    first = 13 + secrets.randbelow(100)
    (project.path / name).write_text(text.replace(DIGEST, f"cut -c {first}-{first + 11}"), encoding="utf-8")


@contextmanager
def removed(project: Project, *, cold: bool) -> Iterator[None]:
    """Take away what the project made, and what it made for the machine if it was the first."""
    with project.remove_at_end():
        yield
        if cold:
            unpacked = project.inside("readlink", "/usr/local/bin/claude", check=True).out.strip()
            project.in_firewall("rm", "-rf", str(Path(unpacked).parent), check=True)
            image = inspect(project.claude)["Image"]
    if cold:
        docker("image", "rm", "--force", image)


def ours(place: Place, *, cold: bool) -> float:
    """Return the seconds until the first screen."""
    project = place.repository()
    with removed(project, cold=cold):
        started = time.monotonic()
        place.copy(project)
        if cold:
            make_cold(project)
        with project.session() as terminal:
            terminal.wait_for(FIRST_SCREEN, PATIENCE)
            return time.monotonic() - started


def theirs(place: Place, image: PlainImage, *, cold: bool) -> float:
    """Return the seconds until the first screen."""
    project = place.repository()
    started = time.monotonic()
    if cold:
        image.build()
    with image.session(project) as terminal:
        terminal.wait_for(FIRST_SCREEN, PATIENCE)
        return time.monotonic() - started


def test_first_and_second_project(
    place: Place,
    project: Project,  # noqa: ARG001 -- its image is the one that the second project finds
    unbuilt: PlainImage,
    report: Report,
    rounds: Rounds,
) -> None:
    """U-1, X-L1: cold, and with what the first project left for all."""
    for title, cold, usual, names in (
        ("The first project of a machine", True, 1, {OURS: OURS, PLAIN: PLAIN}),
        ("The second project", False, 3, SECOND),
    ):
        took: dict[str, list[float]] = {name: [] for name in names.values()}
        for _ in range(rounds(usual)):
            took[names[PLAIN]].append(theirs(place, unbuilt, cold=cold))
            took[names[OURS]].append(ours(place, cold=cold))
        report.compare(f"{title}, to Claude's first screen", "s", took, names[PLAIN], note=NOTE)
