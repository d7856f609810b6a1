"""What makes the host's git show something else than there is: named, whatever form git keeps it in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aidevcontainer.git import notices, planted
from aidevcontainer.project.paths import Project
from tests.support.template import Repository

pytestmark = pytest.mark.usefixtures("own_git")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with two commits, and a scaffold as far as this is concerned."""
    made = Repository.create(tmp_path.resolve() / "app")
    for number in range(2):
        made.write("Makefile", f"all: {number}\n")
        made.write("src/ä b.txt", f"{number}\n")
        made.commit(str(number))
    (made.path / ".aidevcontainer").mkdir()
    return made


def named(made: Repository) -> dict[str, tuple[str, ...]]:
    """Return the reasons of what is found, by path."""
    return {plant.path: plant.reasons for plant in planted.find(str(made.path))}


def test_an_ordinary_repository_conceals_nothing(repository: Repository) -> None:
    """X-S1: changed, new and removed files, a stash, a merge, a worktree."""
    repository.write("Makefile", "all: changed\n")
    repository.git("stash")
    repository.write("new", "x\n")
    repository.git("add", "--intent-to-add", "new")
    (repository.path / "src/ä b.txt").unlink()
    repository.git("worktree", "add", "--quiet", "../linked")
    repository.git("gc", "--quiet")
    assert named(repository) == {}


@pytest.mark.parametrize("packed", [False, True])
def test_replaced_commits(repository: Repository, packed: bool) -> None:
    """X-S1: loose or in packed-refs, also where the folder of loose ones is empty."""
    commit = repository.git("rev-parse", "HEAD")
    repository.git("replace", "HEAD", "HEAD~1")
    if packed:
        repository.git("pack-refs", "--all")
        assert not (repository.path / ".git/refs/replace" / commit).exists()
    assert named(repository) == {"refs/replace": (f"refs/replace/{commit}",)}


def test_replaced_commits_in_the_newest_format(repository: Repository) -> None:
    """X-S1: git answers, so the form in which it keeps references plays no part."""
    (repository.path / ".git/packed-refs").write_text(
        f"# pack-refs with: sorted\n{repository.git('rev-parse', 'HEAD~1')} refs/replace/{'a' * 40}\n"
    )
    (sentence,) = (plant.sentence() for plant in planted.find(str(repository.path)))
    assert "makes your git show other commits than it pushes" in sentence
    assert "git replace --delete" in sentence


@pytest.mark.parametrize(
    ("flag", "tag"),
    [
        ("--assume-unchanged", "h"),
        ("--skip-worktree", "S"),
        ("--split-index", "h"),
        ("--index-version=4", "h"),
    ],
)
def test_flags_of_the_index(repository: Repository, flag: str, tag: str) -> None:
    """X-S1: each of the two flags, in every form of the index."""
    if tag == "h" and flag != "--assume-unchanged":
        repository.git("update-index", flag.partition("=")[0], *flag.partition("=")[2:])
        flag = "--assume-unchanged"
    repository.git("update-index", flag, "Makefile", "src/ä b.txt")
    repository.write("Makefile", "all: evil\n")
    assert repository.git("status", "--porcelain", "--", "Makefile") == ""
    assert named(repository) == {".git/index": ("Makefile", "src/ä b.txt")}
    (plant,) = planted.find(str(repository.path))
    assert flag.replace("--", "--no-") in plant.advice


def test_sparse_checkout_is_nobodys_business(repository: Repository) -> None:
    """X-S1: there git has the flag at each file that is not there; one that is there may be changed."""
    repository.git("sparse-checkout", "set", "src")
    repository.git("update-index", "--skip-worktree", "src/ä b.txt")
    # Git itself shows the file again, unless this says otherwise.
    repository.git("config", "sparse.expectFilesOutsideOfPatterns", "true")
    assert named(repository) == {".git/index": ("src/ä b.txt",)}
    repository.git("update-index", "--no-skip-worktree", "src/ä b.txt")
    assert named(repository) == {}


def test_history_that_ends_early(repository: Repository, tmp_path: Path) -> None:
    """X-S1: also seen from a linked worktree; a clone that was shallow at the start is the user's choice."""
    commit = repository.git("rev-parse", "HEAD")
    repository.git("worktree", "add", "--quiet", "../linked")
    (repository.path / ".git/shallow").write_text(f"{commit}\n")
    assert named(repository) == {".git/shallow": (commit,)}
    assert [plant.path for plant in planted.find(str(tmp_path.resolve() / "linked"))] == [".git/shallow"]
    (repository.path / ".git/shallow").write_text("")
    assert named(repository) == {}


def test_notes(repository: Repository) -> None:
    """X-S1: whatever their reference is called."""
    repository.git("notes", "add", "-m", "reviewed")
    repository.git("notes", "--ref=ci", "add", "-m", "passed")
    assert named(repository) == {"refs/notes": ("refs/notes/ci", "refs/notes/commits")}


def forge(made: Repository, name: str, content: str) -> None:
    """Change a file and put its new times into the index, with the old content."""
    old = made.git("rev-parse", f"HEAD:{name}")
    attributes = made.path.parent / "attributes"
    attributes.write_text("* filter=forge\n")
    made.write(name, content)
    clean = f"filter.forge.clean=cat >/dev/null; git cat-file blob {old}"
    made.git("-c", f"core.attributesFile={attributes}", "-c", clean, "add", name)
    # Otherwise git compares the content, since the index is as young as the file.
    os.utime(made.path / ".git/index", (2_000_000_000, 2_000_000_000))
    assert made.git("status", "--porcelain", "--", name) == ""


def test_times_that_do_not_fit_the_content(repository: Repository) -> None:
    """X-S1: git compares no content where times and size are those in the index."""
    forge(repository, "Makefile", "all: evil\n")
    repository.write("src/ä b.txt", "an ordinary change\n")
    assert named(repository) == {".git/index": ("Makefile",)}
    (plant,) = planted.find(str(repository.path))
    assert plant.advice.endswith('rm "$(git rev-parse --git-path index)" && git reset')
    (repository.path / ".git/index").unlink()
    repository.git("reset", "--quiet")
    assert named(repository) == {}


def test_files_that_git_converts_are_no_finding(repository: Repository) -> None:
    """X-S1: line ends, keywords and filters make the stored content another one."""
    repository.write("lines", "a\r\nb\r\n")
    repository.write("keyword", "$Id$\n")
    repository.write("filtered", "x\n")
    repository.write(".gitattributes", "lines text\nkeyword ident\nfiltered filter=x\n")
    repository.git("config", "filter.x.clean", "tr x y")
    repository.git("config", "filter.x.smudge", "tr y x")
    repository.git("config", "filter.x.required", "true")
    repository.commit("converted")
    (repository.path / "keyword").unlink()
    repository.git("checkout", "--", "keyword")
    assert repository.git("status", "--porcelain") == ""
    assert named(repository) == {}


def test_submodules(repository: Repository, tmp_path: Path) -> None:
    """X-S1: the host looks at their changes too."""
    library = Repository.create(tmp_path / "library")
    library.write("lib.c", "1\n")
    library.commit("first")
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", str(library.path), "libs/a")
    assert named(repository) == {}
    repository.git("-C", "libs/a", "update-index", "--assume-unchanged", "lib.c")
    assert named(repository) == {"libs/a: .git/index": ("lib.c",)}


def test_the_look_runs_no_program(repository: Repository, tmp_path: Path) -> None:
    """X-S1: the user's own settings may lead to files that the agent can write."""
    trap = repository.path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    trap.chmod(0o755)
    for setting in ("core.fsmonitor", "filter.x.clean", "diff.external", "core.pager", "core.editor"):
        repository.git("config", setting, str(trap))
    repository.write(".gitattributes", "* filter=x\n")
    (tmp_path / "ran").unlink(missing_ok=True)
    repository.write("Makefile", "all: 7\n")
    planted.find(str(repository.path))
    assert not (tmp_path / "ran").exists()


def test_what_git_cannot_read_is_told(repository: Repository) -> None:
    """X-S1: an index that git rejects, and one that was dismissed and then changed."""
    (repository.path / ".git/index").write_bytes(b"noise")
    assert list(named(repository)) == [".git"]


def test_dismissed_until_it_changes(repository: Repository) -> None:
    """X-S1: what was there before the first start is the user's own."""
    project = Project(str(repository.path))
    repository.git("update-index", "--assume-unchanged", "Makefile")
    notices.begin(project)
    assert notices.look(project) == []
    repository.git("update-index", "--assume-unchanged", "src/ä b.txt")
    assert len(notices.look(project)) == 1
    notices.acknowledge(project)
    assert notices.look(project) == []
