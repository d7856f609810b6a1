"""Whose git runs while root runs the helpers, and whose the files are that it leaves."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aidevcontainer.git import repository_owner, runner
from aidevcontainer.git.runner import Git
from aidevcontainer.hook import manage
from aidevcontainer.project.record import Record
from aidevcontainer.updates import apply
from aidevcontainer.updates.file_changes import Change, File
from aidevcontainer.updates.rehearsal import UpdateOutcome
from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem
from tests.support.template import git_environment

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root works in other people's repositories")
UID, GID = 1234, 5678
ID = "a" * 40
TRUST = "GIT_CONFIG_GLOBAL"


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that everybody reaches, unlike those of pytest."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of root's, whose git trusts everything."""
    settings = tmp_path / "gitconfig"
    settings.write_text("[safe]\n  directory = *\n")
    monkeypatch.setenv(TRUST, str(settings))
    tmp_path.chmod(0o700)
    return tmp_path


@pytest.fixture(params=["reachable", "unreachable"])
def repository(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another user's repository with a commit, in either folder."""
    return theirs(request.getfixturevalue(request.param), monkeypatch)


def theirs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes another user's repository with a commit, and sets the tests' variables for git."""
    for name, value in {**git_environment(), **{k: v for k, v in os.environ.items() if k == TRUST}}.items():
        monkeypatch.setenv(name, value)
    root = folder / "repository"
    (root / "below").mkdir(parents=True)
    for command in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", "Start"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    shutil.rmtree(root / ".git/hooks")
    subprocess.run(["chown", "-R", f"{UID}:{GID}", str(root)], check=True)
    return root


def strangers(folder: Path) -> list[str]:
    found = [folder, *folder.rglob("*")]
    return [str(path) for path in found if (path.lstat().st_uid, path.lstat().st_gid) != (UID, GID)]


def conflict(content: str) -> UpdateOutcome:
    """Returns an update that changes a file, and leaves a conflict and a link."""
    marked = File(f"<<<<<<<\n{content}=======\n>>>>>>>\n".encode())
    changes = [Change("below/new/file", None, marked), Change("link", None, File(b"below", link=True))]
    record = Record(".copier-answers.yml", "/template", "v1", {})
    states = {"below/new/file": [f"100644 {ID} 2"]}
    return UpdateOutcome(changes, [], states, {ID: content.encode()}, record, record)


def test_everything_that_git_writes_is_the_owners(repository: Path) -> None:
    """US-005.2: the hook's entry in the configuration, a conflict's versions and index, files and links."""
    hook = manage.locate(repository)
    hook.entry.install()
    assert hook.entry.current()
    apply.apply(repository, conflict("theirs\n"))
    assert Git(repository).names("list", "ls-files", "--unmerged", "-z")
    assert (repository / "link").is_symlink()
    assert strangers(repository) == []
    assert hook.uninstall()
    assert strangers(repository) == []


@pytest.mark.parametrize("below", [".", "below"])
def test_git_runs_as_the_owner_with_the_owners_settings(
    reachable: Path, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """US-005.2: programs of that user's configuration then run as that user, too."""
    repository = theirs(reachable, monkeypatch)
    (reachable / "bin").mkdir()
    program = reachable / "bin/git"
    program.write_text(
        '#!/bin/sh\n[ "$3" = config ] && exit 1\necho $(id -u) $(id -g) "$HOME$XDG_CONFIG_HOME"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/root/.config")
    assert runner.output(repository / below, "status") == f"{UID} {GID} /"
    shown = Git(repository, as_owner=False).run("status").text.split()
    assert shown[:2] == ["0", "0"]


def test_a_file_that_root_replaces_keeps_its_owner(tmp_path: Path) -> None:
    """US-005.2: also in a folder of root's, where a new file stays root's."""
    old, new = tmp_path / "allowed-domains.txt", tmp_path / "new"
    old.touch()
    os.chown(old, UID, GID)
    for path in (old, new):
        files.write(str(path), "api.example.com\n")
    assert (old.stat().st_uid, old.stat().st_gid) == (UID, GID)
    assert new.stat().st_uid == 0
    os.chown(tmp_path, UID, GID)
    files.write(str(new), "healed\n")
    assert (new.stat().st_uid, new.stat().st_gid) == (UID, GID)


def test_a_repository_of_two_owners_is_refused_with_gits_reason(
    reachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X-L3: neither of the two may work there, and nobody guesses."""
    repository = theirs(reachable, monkeypatch)
    os.chown(repository, 4321, 4321)
    assert repository_owner.of(repository) is not None
    with pytest.raises(Problem, match=r"safe\.directory"):
        manage.locate(repository)
