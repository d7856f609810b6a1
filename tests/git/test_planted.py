"""Repositories of the agent's in the work tree: found, named, and not spoken of for ever."""

from __future__ import annotations

import errno
import os
import pty
import select
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from aidevcontainer.git import inspection, notices, planted, tree_search
from aidevcontainer.project.paths import Project
from tests.support.deep_tree import dug
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
        # Exact names only: each of these begins like a harmless one.
        ("gc.recentObjectsHook", "x"),
        ("gc.x.auto", "x"),
        ("pull.twohead", "x/../payload"),
        ("pack.newHook", "x"),
        ("branch.newHook", "x"),
        ("core.worktreeHook", "x"),
        ("user.x.name", "x"),
        # The value decides.
        ("branch.main.remote", "ext::x"),
        ("branch.main.pushRemote", "-x"),
        ("remote.pushDefault", "ext::x"),
        ("remote.origin.pushurl", "payload://x"),
        ("remote.origin.url", "ssh://-oProxyCommand=x/y"),
        ("submodule.x.url", "ext::sh -c x://y"),
        ("submodule.x.update", "!x"),
        ("extensions.refStorage", "files:///tmp/x"),
        ("core.hooksPath", "hooks"),
        ("core.fsmonitor", "true"),
    ],
)
def test_a_setting_that_may_name_a_program_is_told(project: Project, setting: str, value: str) -> None:
    """X-S1: also one that nobody here has heard of; only what is known to be harmless passes."""
    git(Path(project.root), "init", "-q", "sub")
    git(Path(project.root, "sub"), "config", setting, value)
    (found,) = planted.find(project.root)
    assert found.path == "sub/.git"
    assert [reason.lower() for reason in found.reasons] == [setting.lower()]
    assert "sub/.git would make your git run programs" in found.sentence()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("gc.auto", "0"),
        ("remote.origin.url", "https://[::1]:8080/x.git"),
        ("remote.origin.url", "../other"),
        ("remote.origin.url", "git@example.com:a/b.git"),
        ("remote.origin.gh-resolved", "base"),
        ("branch.a.b.vscode-merge-base", "origin/main"),
        ("submodule.x.update", "checkout"),
        ("submodule.x.update", "none"),
        ("extensions.refStorage", "reftable"),
        ("core.hooksPath", "/dev/null"),
        ("commit.gpgSign", "false"),
    ],
)
def test_a_setting_that_tools_write_is_not_told(project: Project, setting: str, value: str) -> None:
    """X-S1: what clones, submodules and editors leave in a repository names no program."""
    git(Path(project.root), "init", "-q", "sub")
    with (Path(project.root) / "sub/.git/config").open("a") as file:
        section, _, key = setting.rpartition(".")
        head, _, name = section.partition(".")
        file.write(f'[{head} "{name}"]\n\t{key} = {value}\n' if name else f"[{head}]\n\t{key} = {value}\n")
    assert planted.find(project.root) == []


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
    """X-S1: links in circles, a .git that leads nowhere; a configuration that cannot be read is told."""
    root = Path(project.root)
    (root / "loop").symlink_to(root)
    for name, content in (
        ("nowhere", "gitdir: /nonexistent\n"),
        ("self", "gitdir: .git\n"),
        ("noise", "\0\xff"),
        ("zero", "gitdir: \0\n"),
        ("hidden", "gitdir: x\0y\n"),
    ):
        (root / name).mkdir()
        (root / name / ".git").write_text(content)
    git(root, "init", "-q", "broken")
    (root / "broken/.git/config").write_text("[[[\n")
    git(root, "init", "-q", "pipe")
    (root / "pipe/.git/config").unlink()
    os.mkfifo(root / "pipe/.git/config")
    git(root, "init", "-q", "large")
    (root / "large/.git/config").write_text("#" * (1 << 20) + "\n[core]\n\tfsmonitor = x\n")
    found = {plant.path: plant for plant in planted.find(project.root)}
    assert set(found) == {"broken/.git", "pipe/.git", "large/.git"}
    assert all("could make your git run programs" in plant.sentence() for plant in found.values())


@pytest.mark.parametrize(("depth", "expected"), [(1200, "core.fsmonitor"), (3000, "File name too long")])
def test_depth_hides_nothing_and_ends_nothing(project: Project, depth: int, expected: str) -> None:
    """X-S1: deeper than Python may recurse, and deeper than a path can be long: that is told instead."""
    notices.begin(project)
    with dug(Path(project.root), depth) as last:
        if depth < 2000:  # git itself goes no deeper
            bare(last / "evil")
        (sentence,) = notices.look_at_end(project)
    assert expected in sentence
    assert len(sentence) < 600


def test_a_search_that_stopped_is_told(project: Project, evil: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """X-S1: at its limits, and at an error that nobody thought of, with what was found until then."""
    for limits in (tree_search.Limits(5, 60), tree_search.Limits(1000, 0)):
        (found,) = planted.find(project.root, limits=limits)
        assert (found.path, found.reasons[0][:16]) == (".", "it stopped after")
    for number in range(20):
        git(Path(project.root), "clone", "-q", "--bare", str(evil), f"z{number}")
        git(Path(project.root, f"z{number}"), "config", "core.pager", "x")
    monkeypatch.setattr(planted, "_MOST", 10)
    some = planted.find(project.root)
    assert (some[0].reasons, len(some)) == (("it stopped after 10 findings",), 11)
    assert notices.look_at_end(project)[-1] == "6 more findings of this kind."
    monkeypatch.setattr(planted, "_MOST", 1000)


def test_an_error_ends_no_session_in_silence(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """X-S1: one that nobody thought of, since the agent decides what is searched."""

    def fail(git: str) -> None:
        raise RecursionError(git)

    git(Path(project.root), "init", "-q", "sub")
    monkeypatch.setattr(inspection, "settings_and_hooks", fail)
    (sentence,) = notices.look_at_end(project)
    assert "RecursionError" in sentence


def test_closed_folders_are_told(project: Project, evil: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """X-S1: git enters a folder and runs a hook that nobody may list."""
    (evil / ".git/config").unlink()
    closed = [evil / ".git/hooks"]
    for name in ("listdir", "scandir"):
        monkeypatch.setattr(os, name, _refusing(closed, getattr(os, name)))
    found = {plant.path: plant.reasons for plant in planted.find(project.root)}
    assert found == {
        "deep/evil/.git": ("hooks: Permission denied",),
        "deep/evil/.git/hooks": ("Permission denied",),
    }
    closed.append(evil.parent)
    assert [plant.path for plant in planted.find(project.root)] == ["deep"]


def _refusing(closed: list[Path], read: Callable[[str], object]) -> Callable[[str], object]:
    """Root may read everything, so the refusal of the system is acted."""

    def refuse(path: str) -> object:
        if Path(path) in closed:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return read(path)

    return refuse


def bare(place: Path) -> None:
    """Make a git directory that names a program."""
    place.parent.mkdir(parents=True, exist_ok=True)
    git(place.parent, "init", "-q", "--bare", place.name)
    git(place, "config", "core.fsmonitor", "x")


def test_a_repository_is_what_git_takes_for_one(project: Project) -> None:
    """X-S1: what git accepts for HEAD, objects and refs, and what it reads in a `.git`."""
    root = Path(project.root)
    for name in ("objects-file", "head-link", "head-large", "linked", "none"):
        bare(root / name)
    (root / "objects-file/objects/info").rmdir()
    (root / "objects-file/objects/pack").rmdir()
    (root / "objects-file/objects").rmdir()
    (root / "objects-file/objects").touch(0o755)
    (root / "head-link/HEAD").unlink()
    (root / "head-link/HEAD").symlink_to("refs/heads/nowhere")
    (root / "head-large/HEAD").write_text("ref: \t refs/heads/x\n" + "x" * (2 << 20))
    (root / "linked/refs").rename(root / "elsewhere")
    (root / "linked/refs").symlink_to(root / "elsewhere")
    # An ordinary folder with names like these.
    (root / "none/HEAD").write_text("Table of contents\n")
    bare(root / "pair/hidden ")
    git(root / "pair", "init", "-q", "--bare", "hidden")
    (root / "pair/work").mkdir()
    (root / "pair/work/.git").write_text("gitdir: ../hidden \n\r\n")
    (root / "pair/zero").mkdir()
    (root / "pair/zero/.git").write_text("gitdir: ../hidden \0/../hidden\n")
    git(root, "init", "-q", "clean")
    bare(root / "clean/.git/inner")
    bare(root / ".git/own")
    found = {plant.path for plant in planted.find(project.root)}
    assert found == {
        *("objects-file", "head-link", "head-large", "linked", "clean/.git/inner", ".git/own"),
        "pair/hidden ",
    }


@pytest.mark.parametrize("file", ["config", "config.worktree"])
@pytest.mark.parametrize(
    ("place", "own"),
    [
        ("..", True),
        ("../../vendor/", True),
        ("{root}/vendor", True),
        ("../../vendor/self", True),
        ("../..", False),
        ("../../.", False),
        ("{root}", False),
        ("{root}/", False),
        ("../up", False),
        ("../inner/..//..", False),
        ("../../other", False),
        ("../inner", False),
        ("../../gone", True),
        ("", False),
    ],
)
def test_a_work_tree_must_lead_back(project: Project, file: str, place: str, own: bool) -> None:
    """X-S1: git takes the files there for the repository's, and `git stash` in it overwrites them."""
    root = Path(project.root)
    git(root, "init", "-q", "vendor")
    git(root, "init", "-q", "other")
    (root / "vendor/inner").mkdir()
    (root / "vendor/up").symlink_to("..")
    (root / "vendor/self").symlink_to(".")
    value = place.format(root=root)
    git(root, "config", "--file", f"vendor/.git/{file}", "core.worktree", value)
    found = planted.find(project.root)
    assert [plant.path for plant in found] == ([] if own else ["vendor/.git"])
    if found:
        assert "would make your git write to files that are not its own" in found[0].sentence()


def test_a_link_in_the_place_of_git_can_be_replaced(tmp_path: Path) -> None:
    """X-S1: no mount holds it, so what is there later is not taken for the user's own."""
    root = tmp_path / "app"
    (root / ".aidevcontainer").mkdir(parents=True)
    git(tmp_path, "init", "-q", "--separate-git-dir", "real.git", "other")
    git(tmp_path / "other", "config", "core.pager", "mine")
    (root / ".git").symlink_to(tmp_path / "real.git")
    project = Project(str(root))
    notices.begin(project)
    assert notices.look(project) == []
    (root / ".git").unlink()
    git(root, "init", "-q")
    git(root, "config", "core.fsmonitor", "x")
    assert [sentence[:4] for sentence in notices.look(project)] == [".git"]


def test_protected_repositories_are_left_alone(project: Project, tmp_path: Path) -> None:
    """X-S1: a submodule's configuration is read-only, as a worktree's is; a rebase that waits is not."""
    git(tmp_path, "init", "-q", "library")
    git(tmp_path / "library", "commit", "-q", "--allow-empty", "-m", "x")
    root = Path(project.root)
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", str(tmp_path / "library"), "sub")
    git(root, "commit", "-q", "-m", "x")
    git(root, "worktree", "add", "-q", "linked")
    git(root / "sub", "config", "core.pager", "mine")
    assert planted.find(project.root) == []
    (root / ".git/modules/sub/rebase-merge").mkdir()
    (root / ".git/modules/sub/rebase-merge/git-rebase-todo").write_text("exec x\n")
    bare(root / ".git/modules/sub/evil")
    found = [plant.path for plant in planted.find(project.root)]
    assert found == [".git/modules/sub/evil", ".git/modules/sub/rebase-merge"]


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
        "found = lambda *_: [notices.look(Project(sys.argv[2]))]\n"
        "watcher.start(Engine(), '/bin/true', {}, 'c', 't', found)\n"
    )
    place = str(Path(notices.__file__).parents[2])
    subprocess.run(["python3", "-c", script, place, project.root], stderr=theirs, check=True, timeout=20)
    assert select.select([ours], [], [], 20)[0]
    assert b"deep/evil" in os.read(ours, 4096)
