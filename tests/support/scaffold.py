"""Repositories for the tests: a small one with git, and the template of the working tree copied into it."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import copier

from aidevcontainer.project import certificates

from .hostuser import HostUser
from .internet import Internet
from .project import Project
from .run import run

ROOT = Path(__file__).resolve().parents[2]
ANSWERS: Mapping[str, object] = {
    "more_domains": "listed.example.net *.wild.example.net listed.example.net:5432"
}
NETWORK = """\
networks:
  default:
    external: true
    name: {name}
"""


def template_copy(target: Path) -> Path:
    """Copy the working tree, with what is not committed yet, into a git repository with one tag."""
    listed = _git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        source, copy = ROOT / name, target / name
        if os.path.lexists(source):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
    for command in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["commit", "--quiet", "-m", "Release"],
        ["tag", "v1.0.0"],
    ):
        _git(target, *command)
    return target


def _git(folder: Path, *arguments: str) -> str:
    # Whoever owns the clone, and whatever the person's own configuration signs, ignores or runs.
    options = ("-c", "safe.directory=*", "-c", "user.name=Test", "-c", "user.email=test@example.com")
    quiet = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return run(["git", *options, *arguments], cwd=folder, env=quiet).checked().out


def repository(path: Path, user: HostUser) -> Project:
    """Make a git repository with one commit at *path*."""
    path.mkdir(parents=True)
    user.own(path)
    project = Project(path, user)
    project.write("README.md", "# A project\n")
    project.write("src/app.py", 'GREETING = "hello"\n')
    commit(project, "Start")
    return project


def commit(project: Project, message: str) -> None:
    """Commit everything, in a repository that is made if there is none."""
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", message]):
        project.run("git", *command).checked()


def scaffold(project: Project, template: Path, data: Mapping[str, object] | None = None) -> None:
    """Copy the template into *project*, as its user would, with *data* over the tests' usual answers."""
    answers = {**ANSWERS, **(data or {})}
    copier.run_copy(str(template), project.path, answers, defaults=True, quiet=True, unsafe=False)
    project.user.own(project.path)


def join(project: Project, internet: Internet) -> None:
    """Put the project on the tests' internet and make it trust that internet's authority."""
    project.write(".aidevcontainer/docker-compose.override.yml", NETWORK.format(name=internet.network))
    project.write(".aidevcontainer/ca/test.crt", internet.ca_pem.decode())


def trust_host(project: Project) -> None:
    """Do by hand what the helpers do: hand the machine's own authorities to the image."""
    certificates.sync(str(project.scaffold / "ca"), dict(os.environ))
    project.user.own(project.scaffold / "ca")


def unique(name: str) -> str:
    """Return *name* with a suffix, since plain Compose names a project after its folder."""
    return f"{name}-{secrets.token_hex(3)}"
