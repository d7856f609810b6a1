"""What projects take of a disk: what they share, what each has of its own.

`python3 tests --bench disk`
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import scaffold
from tests.support.docker import docker, inspect
from tests.support.fixtures import NewProject
from tests.support.image_sizes import MEGABYTE, chosen, size
from tests.support.project import Project

from .conftest import quick
from .plain import PlainImage, plain, unbuilt
from .report import Report, Row

__all__ = ["plain", "unbuilt"]

pytestmark = pytest.mark.engine

COUNTS, FEW = (1, 5, 20), (1, 5)
PROGRAMS = "/opt/claude"
STATE = ("/var/lib/aidevcontainer", "/home/claude/.claude")
NOTE = "what plain containers write is not counted"


@pytest.fixture
def projects(
    new_project: NewProject, workspace: Path, request: pytest.FixtureRequest
) -> Iterator[list[Project]]:
    """As many as the largest count, all up: clones of one repository, as far as the helpers can tell."""
    first = new_project("disk")
    copies = [workspace / scaffold.unique("disk") for _ in range(max(FEW if quick(request) else COUNTS) - 1)]
    for path in copies:
        shutil.copytree(first.path, path, symlinks=True)
        first.user.own(path)
    with ExitStack() as stack:
        found = [first, *(Project(path, first.user) for path in copies)]
        for each in found:
            each.up()
            stack.enter_context(each.remove_at_end())
        yield found


def shared(projects: Sequence[Project]) -> float:
    """Return the MB of images and of unpacked programs, each counted once however many use it."""
    agents = [inspect(project.claude) for project in projects]
    images = {agent["Image"] for agent in agents}
    volumes = {
        mount["Name"]: project
        for project, agent in zip(projects, agents, strict=False)
        for mount in agent["Mounts"]
        if mount["Destination"] == PROGRAMS
    }
    programs = [
        project.inside("stat", "-Lc", "%s", "/usr/local/bin/claude", check=True)
        for project in volumes.values()
    ]
    whole = sum(size(image, chosen()) for image in images) + sum(int(program.out) for program in programs)
    return whole / MEGABYTE


def own(project: Project) -> float:
    """Return the MB of one project: layers that its containers write, its volumes, its files of ours."""
    form = ("inspect", "--size", "--format", "{{.SizeRw}}", project.claude, project.firewall)
    written = sum(map(int, docker(*form).out.split()))
    kept = sum(
        int(line.split()[0]) * 1024
        for line in project.in_firewall("du", "-sk", *STATE, check=True).out.splitlines()
    )
    files = sum(path.lstat().st_size for path in project.scaffold.rglob("*") if not path.is_dir())
    return (written + kept + files) / MEGABYTE


def test_disk_for_projects(
    projects: list[Project], plain: PlainImage, report: Report, request: pytest.FixtureRequest
) -> None:
    """X-L1: one image and one unpacked program for all, and little for each; against one plain image."""
    section = "Disk: what projects take"
    each = [own(project) for project in projects]
    report.add(section, Row("what all share", "MB", [shared(projects)]))
    report.add(section, Row("what each has of its own", "MB", each))
    for count in FEW if quick(request) else COUNTS:
        name = "1 project" if count == 1 else f"{count} projects"
        whole = shared(projects[:count]) + sum(each[:count])
        took = {name: [whole], "plain image, for all of them": [plain.megabytes()]}
        report.compare(f"Disk: {name}", "MB", took, "plain image, for all of them", note=NOTE)
