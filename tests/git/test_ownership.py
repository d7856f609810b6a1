"""Whose the files are that the helpers make for a project while root runs them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from aidevcontainer.bridge import staging
from aidevcontainer.git import mount_file, mounts, notices, runner
from aidevcontainer.hook import manage
from aidevcontainer.project import certificates, env_file
from aidevcontainer.project.paths import Project
from tests.support.template import git_environment

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root works in other people's repositories")
UID, GID = 1234, 5678


@pytest.fixture
def worktree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A linked worktree with a submodule, of a repository with one, all of it another user's."""
    settings = tmp_path / "gitconfig"
    settings.write_text('[safe]\n  directory = *\n[protocol "file"]\n  allow = always\n')
    for name, value in {**git_environment(), "GIT_CONFIG_GLOBAL": str(settings)}.items():
        monkeypatch.setenv(name, value)
    main, one = tmp_path / "home/main", tmp_path / "home/one"
    for folder in (tmp_path / "inner", main):
        folder.mkdir(parents=True)
        git(folder, "init", "--quiet")
        git(folder, "commit", "--quiet", "--allow-empty", "--message", "Start")
    git(main, "submodule", "--quiet", "add", str(tmp_path / "inner"), "libs/inner")
    git(main, "commit", "--quiet", "--message", "Add a submodule")
    git(main, "worktree", "add", "--quiet", str(one))
    git(one, "submodule", "--quiet", "update", "--init")
    for root in (main, one):
        (root / ".aidevcontainer/scripts").mkdir(parents=True)
    # What git makes as it likes, and the helpers therefore make first.
    for name in ("hooks", "modules"):
        subprocess.run(["rm", "-rf", str(main / ".git" / name)], check=name == "hooks")
    subprocess.run(["chown", "-R", f"{UID}:{GID}", str(main.parent)], check=True)
    return one


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def strangers(folder: Path) -> list[str]:
    found = [folder, *folder.rglob("*")]
    return [str(path) for path in found if (path.lstat().st_uid, path.lstat().st_gid) != (UID, GID)]


def test_everything_made_for_a_project_is_its_owners(worktree: Path, tmp_path: Path) -> None:
    """US-005.2: else git is dead in a linked worktree, and a person cannot remove what root left there."""
    authority = tmp_path / "company.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----\nMAoGCCqGSM49BAMC\n-----END CERTIFICATE-----\n")
    for root in (worktree, worktree.parent / "main"):
        project = Project(str(root))
        mount_file.write(str(root), mounts.prepare(str(root)).mounts)
        env_file.update(project.env_file, {"A": "1"}, ("A",))
        notices.begin(project)
        assert certificates.sync(str(root / ".aidevcontainer/ca"), {"NODE_EXTRA_CA_CERTS": str(authority)})[0]
        staging.stage(project, wanted=True)
        manage.locate(root).install()
        made = {path.name for path in (root / ".aidevcontainer").iterdir()}
        assert made >= {".env", ".planted.json", "git-mounts.local.yml", "ca", "scripts"}
    assert list((worktree / ".aidevcontainer/git-links").iterdir())
    assert (worktree.parent / "main/.git/worktrees/one/config.worktree").is_file()
    assert strangers(worktree.parent) == []


def test_links_that_root_kept_are_handed_over(worktree: Path) -> None:
    """US-005.2: the next start heals what earlier versions left to root."""
    mounts.prepare(str(worktree))
    links = worktree / ".aidevcontainer/git-links"
    for path in (links, *links.iterdir()):
        os.chown(path, 0, 0)
    mounts.prepare(str(worktree))
    assert strangers(links) == []


def test_looking_leaves_no_index_of_roots(worktree: Path) -> None:
    """US-005.2: git refreshes what it knows of files whose times have changed."""
    main = worktree.parent / "main"
    (main / ".gitmodules").touch()
    assert runner.Git(main).ask("status", "--short", "--ignore-submodules") is not None
    assert strangers(main / ".git") == []
