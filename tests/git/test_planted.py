"""Repositories of the agent's in the work tree: found, named, and not spoken of for ever."""

from __future__ import annotations

import os
import pty
import select
import subprocess
from pathlib import Path

import pytest

from aidevcontainer.git import notices, planted
from aidevcontainer.project.paths import Project
from tests.support.run import run
from tests.support.template import git_environment


def git(place: Path, *arguments: str) -> None:
    run(["git", "-C", str(place), *arguments], env=git_environment()).checked()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with a scaffold, as far as this is concerned."""
    root = tmp_path / "app"
    (root / ".aidevcontainer").mkdir(parents=True)
    git(root, "init", "-q")
    git(root, "config", "core.fsmonitor", "mine")
    return Project(str(root))


@pytest.fixture
def evil(project: Project) -> Path:
    """A repository in it that names a program."""
    place = Path(project.root, "deep/evil")
    place.mkdir(parents=True)
    git(place, "init", "-q")
    git(place, "config", "core.fsmonitor", "/tmp/evil")
    return place


def test_ordinary_clones_are_nobodys_business(project: Project, tmp_path: Path) -> None:
    """X-S1: agents clone and submodules are cloned; what names no program is not spoken of."""
    git(tmp_path, "init", "-q", "-b", "main", "library")
    git(tmp_path / "library", "commit", "-q", "--allow-empty", "-m", "x")
    root = Path(project.root)
    git(root, "clone", "-q", str(tmp_path / "library"), "vendor/library")
    git(root, "clone", "-q", "--bare", str(tmp_path / "library"), "vendor/bare.git")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", str(tmp_path / "library"), "sub")
    git(root / "sub", "checkout", "-q", "-b", "topic", "--track", "origin/main")
    assert planted.find(project.root) == []


@pytest.mark.parametrize("strategy", ["ort", "x/../payload"])
def test_strategies_that_are_not_gits_own(project: Project, strategy: str) -> None:
    """X-S1: a rebase and cherry-picks that wait, whose strategy may be a program of the work tree."""
    git_folder = Path(project.root, ".git")
    (git_folder / "rebase-merge").mkdir()
    (git_folder / "rebase-merge/strategy").write_text(f"{strategy}\n")
    (git_folder / "sequencer").mkdir()
    (git_folder / "sequencer/opts").write_text(f"[options]\n\tedit = true\n\tstrategy = {strategy}\n")
    expected = [] if strategy == "ort" else [".git/rebase-merge", ".git/sequencer"]
    assert [finding.path for finding in planted.find(project.root)] == expected


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("core.sshCommand", "x"),
        ("include.path", "x"),
        ("filter.x.clean", "x"),
        ("alias.st", "!x"),
        ("remote.origin.url", "ext::x"),
        ("remote.origin.uploadpack", "x"),
        ("credential.helper", "x"),
        ("something.new", "x"),
    ],
)
def test_a_setting_that_may_name_a_program_is_told(project: Project, setting: str, value: str) -> None:
    """X-S1: also one that nobody here has heard of; only what is known to be harmless passes."""
    git(Path(project.root), "init", "-q", "sub")
    git(Path(project.root, "sub"), "config", setting, value)
    (found,) = planted.find(project.root)
    assert (found.path, found.reasons) == ("sub/.git", (setting.lower(),))
    assert "sub/.git would make your git run programs" in found.sentence()


def test_spelling_hides_nothing(project: Project, evil: Path) -> None:
    """X-S1: git finds `.GIT` where a file system does not tell case; elsewhere it may hold another one."""
    root = Path(project.root)
    (evil / ".git").rename(evil / ".GIT")
    git(root, "init", "-q", "--bare", "spread")
    git(root / "spread", "config", "core.fsmonitor", "/tmp/other")
    (root / "spread/HEAD").rename(root / "spread/head")
    git(evil / ".GIT", "init", "-q", "inner")
    git(evil / ".GIT/inner", "config", "core.fsmonitor", "/tmp/inner")
    found = [finding.path for finding in planted.find(project.root)]
    assert found == ["deep/evil/.GIT", "deep/evil/.GIT/inner/.git", "spread"]


def test_names_cannot_steer_the_terminal(project: Project) -> None:
    """X-S1: the path is the agent's choice."""
    git(Path(project.root), "init", "-q", "sub\x1b[2J")
    git(Path(project.root, "sub\x1b[2J"), "config", "core.fsmonitor", "x")
    (found,) = planted.find(project.root)
    assert "\x1b" not in found.sentence()


def test_own_repository_is_left_alone(project: Project) -> None:
    """X-S1: the project's own configuration is protected, and what it names is the user's choice."""
    assert planted.find(project.root) == []
    assert [found.path for found in planted.find(project.root, with_root=True)] == [".git"]


def test_search_survives_what_an_agent_can_make(project: Project) -> None:
    """X-S1: links in circles, a .git that leads nowhere, a configuration that is none, a pipe."""
    root = Path(project.root)
    (root / "loop").symlink_to(root)
    for name, content in (
        ("nowhere", "gitdir: /nonexistent\n"),
        ("self", "gitdir: .git\n"),
        ("noise", "\0\xff"),
    ):
        (root / name).mkdir()
        (root / name / ".git").write_text(content)
    git(root, "init", "-q", "broken")
    (root / "broken/.git/config").write_text("[[[\n")
    git(root, "init", "-q", "pipe")
    (root / "pipe/.git/config").unlink()
    os.mkfifo(root / "pipe/.git/config")
    assert planted.find(project.root) == []


def test_first_look_takes_what_is_there_for_the_users_own(project: Project, evil: Path) -> None:
    """X-S1: before an agent has worked here nothing is the agent's; a change of it afterwards may be."""
    notices.begin(project)
    assert notices.look(project) == []
    git(evil, "config", "core.pager", "x")
    assert len(notices.look(project)) == 1


def test_told_until_a_person_has_looked(project: Project, request: pytest.FixtureRequest) -> None:
    """X-S1: every start says it, until `container status` has shown it."""
    notices.begin(project)
    assert notices.waiting(project) == []
    request.getfixturevalue("evil")
    notices.look(project)
    notices.begin(project)
    first, last = notices.waiting(project)
    assert "deep/evil" in first
    assert "./.aidevcontainer/container status" in last
    notices.acknowledge(project)
    assert notices.look(project) == notices.waiting(project) == []


def test_repository_where_there_was_none(tmp_path: Path) -> None:
    """X-S1: a directory without git gets one in the agent's time: that is told, also by the next start."""
    root = tmp_path / "app"
    (root / ".aidevcontainer").mkdir(parents=True)
    project = Project(str(root))
    notices.begin(project)
    git(root, "init", "-q")
    git(root, "config", "core.fsmonitor", "x")
    notices.begin(project)
    assert notices.waiting(project)[0].startswith(".git would")


def test_watcher_tells_it_at_the_sessions_end(project: Project, evil: Path) -> None:  # noqa: ARG001
    """X-S1: on the terminal that the session had, when its client has ended."""
    ours, theirs = pty.openpty()
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from aidevcontainer.git import notices\nfrom aidevcontainer.session import watcher\n"
        "from aidevcontainer.project.paths import Project\n"
        "class Engine:\n"
        "    def container(self, name): return None\n"
        "watcher.start(Engine(), '/bin/true', {}, 'c', 't', lambda: notices.look(Project(sys.argv[2])))\n"
    )
    place = str(Path(notices.__file__).parents[2])
    subprocess.run(["python3", "-c", script, place, project.root], stderr=theirs, check=True, timeout=20)
    assert select.select([ours], [], [], 20)[0]
    assert b"deep/evil" in os.read(ours, 4096)
