"""What a person does otherwise: a plain image with Node and Claude Code's npm package, and `docker run`."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from aidevcontainer.project import certificates
from tests.support.docker import docker
from tests.support.image_sizes import MEGABYTE, SCAFFOLD, base, size
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.terminal import Terminal

HERE = Path(__file__).parent
# What plain_image.sh asks Alpine for, which the stand-in has in its base.
PACKAGES = ("ca-certificates", "curl", "git")
REGISTRY = "https://registry.npmjs.org"


@dataclass(frozen=True)
class PlainImage:
    """`context` is what it is built from; `network` is where its sessions find Claude's service."""

    name: str
    context: Path
    network: str

    def build(self) -> None:
        """Build it from nothing but its base."""
        arguments = {
            "BASE": base(),
            "REGISTRY": os.environ.get("NPM_REGISTRY", REGISTRY),
            "VERSION": pinned(),
        }
        options = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        options += [f"--build-arg={name}" for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")]
        file = str(self.context / "plain.Dockerfile")
        docker("build", "--no-cache", "-t", self.name, "-f", file, *options, str(self.context), timeout=900)

    @contextmanager
    def session(self, project: Project) -> Iterator[Terminal]:
        """Open Claude in a container of its own, on a project's files, as its user."""
        name = f"{self.name}-{secrets.token_hex(4)}"
        place = ("--name", name, "--network", self.network, f"--user={project.user.uid}:{project.user.gid}")
        mount = f"--volume={project.path}:/workspace"
        try:
            with project.terminal("docker", "run", "-it", *place, mount, self.name) as terminal:
                yield terminal
        finally:
            docker("rm", "--force", name, check=False)

    def megabytes(self) -> float:
        """Return its size."""
        return size(self.name, PACKAGES) / MEGABYTE


def pinned() -> str:
    """Return the version of Claude Code that our own image has."""
    words = [line.split() for line in (SCAFFOLD / "claude.pin").read_text(encoding="utf-8").splitlines()]
    return next(pair[1] for pair in words if pair[0] == "version")


@pytest.fixture(scope="session")
def unbuilt(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlainImage]:
    """What the plain image is built from. What was built of it is removed at the end."""
    context = tmp_path_factory.mktemp("plain")
    (context / "ca").mkdir()
    certificates.sync(str(context / "ca"), dict(os.environ))
    (context / "ca" / "test.crt").write_bytes(internet.ca_pem)
    for name in ("plain.Dockerfile", "plain_image.sh"):
        shutil.copy(HERE / name, context)
    image = PlainImage(f"aidevcontainer-bench-plain-{secrets.token_hex(4)}", context, internet.network)
    yield image
    docker("image", "rm", "--force", image.name, check=False)


@pytest.fixture(scope="session")
def plain(unbuilt: PlainImage) -> PlainImage:
    """The plain image, built in this run."""
    unbuilt.build()
    return unbuilt
