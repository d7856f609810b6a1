"""Fixtures of the tests that need an engine. README.md beside this file lists them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from . import authority, claude_screens, hostuser, internet, scaffold
from .client import Client
from .hostuser import HostUser
from .internet import Internet
from .model import Model
from .project import SIGNED_IN, Project

BASE_IMAGE = "docker.io/library/alpine:3.24"


class NewProject(Protocol):
    """Scaffolds a project that is removed after the test."""

    def __call__(
        self,
        name: str = "app",
        *,
        user: HostUser | None = None,
        data: Mapping[str, object] | None = None,
        up: bool = False,
    ) -> Project: ...


@pytest.fixture(scope="session")
def workspace() -> Iterator[Path]:
    """A folder that every user of the machine may enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="aidevcontainer-test-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def release(workspace: Path) -> Path:
    """The working tree as a release of the template."""
    return scaffold.template_copy(workspace / "template")


@pytest.fixture(scope="session", name="internet")
def internet_fixture(engine: object) -> Iterator[Internet]:  # noqa: ARG001 -- needs it running
    """The tests' internet, for as long as they run."""
    started = internet.start(os.environ.get("ALPINE_IMAGE", BASE_IMAGE), authority.load_or_create())
    yield started
    started.stop()


@pytest.fixture(scope="session")
def model(internet: Internet) -> Model:
    """The scripted model."""
    return Model(internet.servers["model"])


@pytest.fixture(scope="session")
def client(engine: object, workspace: Path) -> Iterator[Client]:  # noqa: ARG001 -- needs it running
    """The engine's client, where every user of the machine may run it."""
    found = Client(workspace, os.environ)
    yield found
    found.close()


@pytest.fixture(scope="session")
def host_user(workspace: Path, client: Client) -> HostUser:
    """The ordinary user that shared projects belong to."""
    people = hostuser.everybody()
    uid, gid = (1000, 1000) if (1000, 1000) in people else people[0]
    return hostuser.create(uid, gid, workspace, client)


@pytest.fixture(params=hostuser.everybody(), ids=lambda ids: f"{ids[0]}:{ids[1]}")
def host_ids(request: pytest.FixtureRequest, workspace: Path, client: Client) -> HostUser:
    """Several users, one after the other."""
    uid, gid = request.param
    return hostuser.create(uid, gid, workspace, client)


@pytest.fixture(scope="session")
def project(workspace: Path, release: Path, internet: Internet, host_user: HostUser) -> Iterator[Project]:
    """A project that is up. Shared by many tests: none may stop it or change its files for good."""
    ready = scaffold.repository(workspace / scaffold.unique("shared"), host_user)
    scaffold.scaffold(ready, release)
    scaffold.join(ready, internet)
    scaffold.commit(ready, "Add the container")
    with ready.remove_at_end():
        ready.up()
        yield ready


@pytest.fixture(scope="session")
def at_prompt(project: Project, model: Model) -> Project:  # noqa: ARG001 -- the model must be there
    """The shared project, past the questions of a first start: with `SIGNED_IN` it shows the prompt."""
    with project.session(env=SIGNED_IN) as terminal:
        claude_screens.reach_prompt(terminal)
        claude_screens.leave(terminal)
    return project


@pytest.fixture
def new_project(
    workspace: Path, release: Path, internet: Internet, host_user: HostUser
) -> Iterator[NewProject]:
    """A factory of projects of one's own; the image is shared with equal ones."""
    with ExitStack() as stack:

        def create(
            name: str = "app",
            *,
            user: HostUser | None = None,
            data: Mapping[str, object] | None = None,
            up: bool = False,
        ) -> Project:
            folder = name if "/" in name else scaffold.unique(name)
            made = scaffold.repository(workspace / folder, user or host_user)
            scaffold.scaffold(made, release, data)
            scaffold.join(made, internet)
            stack.enter_context(made.remove_at_end())
            if up:
                made.up()
            return made

        yield create
