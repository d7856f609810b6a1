"""Other scaffolds in the project's tree: the agent can only read them, and later ones are named."""

from __future__ import annotations

import shutil
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from aidevcontainer.git import mount_file, mounts, notices, planted, protection, scaffolds
from aidevcontainer.git.tree_search import Limits
from aidevcontainer.project.paths import Project
from tests.support.template import Repository

pytestmark = pytest.mark.usefixtures("own_git")

FILES = ("launch.sh", "claude", "allowed-domains.txt", "scripts/entrypoint.sh")


@pytest.fixture
def monorepo(tmp_path: Path) -> Repository:
    """A repository with a scaffold at its top, one of a package, and one of a nested clone."""
    made = Repository.create(tmp_path.resolve() / "mono")
    scaffold(made.path, "own")
    scaffold(made.path / "packages/app")
    made.write(".gitignore", "vendor/\n")
    made.commit("first")
    made.git("init", "--quiet", "vendor/lib")
    scaffold(made.path / "vendor/lib")
    return made


def scaffold(place: Path, content: str = "x") -> Path:
    """Write a scaffold, as far as this is concerned, and the answers beside it."""
    for name in FILES:
        path = place / ".aidevcontainer" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content} {name}\n")
    (place / ".copier-answers.yml").write_text("_commit: 1\n")
    return place / ".aidevcontainer"


def start(root: Path) -> mounts.Mounts:
    """Prepare a start, and write what the container gets."""
    found = mounts.prepare(str(root))
    mount_file.write(str(root), found.mounts)
    return found


def mounted(root: Path) -> dict[str, bool]:
    """Return whether each mount is writable, by its path below the workspace."""
    return {
        each.target.removeprefix("/workspace/"): each.writable for each in mounts.prepare(str(root)).mounts
    }


def moment() -> str:
    """Return the present as the engine writes it, with some distance to both sides."""
    time.sleep(0.02)
    now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    time.sleep(0.02)
    return now


@pytest.mark.parametrize("git", [True, False])
def test_inner_scaffolds_are_read_only(monorepo: Repository, git: bool) -> None:
    """X-S1: with the answers beside them; the folders above them cannot be renamed."""
    if not git:
        shutil.rmtree(monorepo.path / ".git")
    found = mounted(monorepo.path)
    for place in ("packages/app", "vendor/lib"):
        assert found[f"{place}/.aidevcontainer"] is False
        assert found[f"{place}/.copier-answers.yml"] is False
        assert found[place] is found[place.partition("/")[0]] is True
    assert ".aidevcontainer" not in found


def test_what_cannot_be_mounted_ends_no_start(monorepo: Repository) -> None:
    """X-S1: the agent can make links; the template of a scaffold is a folder to work in."""
    root = monorepo.path
    (root / "linked").mkdir()
    (root / "linked/.aidevcontainer").symlink_to(root / "packages/app/.aidevcontainer")
    (root / "behind").symlink_to(root / "packages")
    (root / "file").mkdir()
    (root / "file/.aidevcontainer").write_text("x")
    scaffold(root / "template")
    (root / "template/.aidevcontainer/docker-compose.yml.jinja").touch()
    (root / "packages/app/.copier-answers.yml").unlink()
    (root / "packages/app/.copier-answers.yml").symlink_to("/etc/passwd")
    found = mounted(root)
    inner = [name for name in found if "aidevcontainer" in name]
    assert inner == ["packages/app/.aidevcontainer", "vendor/lib/.aidevcontainer"]
    assert "packages/app/.copier-answers.yml" not in found


def test_there_is_an_end_to_the_mounts(monorepo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """X-S1: those of the last start come first, whatever the agent added; the rest is spoken of."""
    start(monorepo.path)
    monkeypatch.setattr(scaffolds, "_MOST", 3)
    for number in range(5):
        scaffold(monorepo.path / f"a{number}")
    found = mounts.prepare(str(monorepo.path))
    inner = [each.target for each in found.mounts if each.target.endswith("/.aidevcontainer")]
    assert len(inner) == 3
    assert {"/workspace/packages/app/.aidevcontainer", "/workspace/vendor/lib/.aidevcontainer"} < set(inner)
    assert "too large" in found.remark
    monkeypatch.setattr(scaffolds, "_MOST", 100)
    monkeypatch.setattr(scaffolds, "_LIMITS", Limits(2, 60))
    assert len(scaffolds.find(str(monorepo.path)).paths) >= 2
    assert "too large" in mounts.prepare(str(monorepo.path)).remark


def test_new_ones_are_told_when_they_are_protected(monorepo: Repository) -> None:
    """X-S1: the first start takes what is there for the user's own."""
    assert start(monorepo.path).remark == ""
    scaffold(monorepo.path / "new\x1b[2J")
    remark = start(monorepo.path).remark
    assert "new?[2J/.aidevcontainer" in remark
    assert start(monorepo.path).remark == ""


def test_replaced_scaffold_loses_its_mount(monorepo: Repository) -> None:
    """X-S1: git removes the folder with a branch; what the helpers write there is nothing."""
    root, inner = monorepo.path, monorepo.path / "packages/app/.aidevcontainer"
    start(root)
    started = moment()
    (inner / ".env").write_text("x\n")
    (inner / ".planted.json").write_text("{}\n")
    assert not protection.lost(str(root), started)
    inner.rename(root / "aside")
    assert protection.lost(str(root), started)
    # The answers beside it stay as they are.
    shutil.copytree(root / "aside", inner)
    assert protection.lost(str(root), started)


def later(root: Path) -> dict[str, str]:
    """Return the findings' sentences by path."""
    return {plant.path: plant.sentence() for plant in planted.find(str(root))}


def test_scaffold_that_comes_later_is_named(monorepo: Repository) -> None:
    """X-S1: the agent could write it; what is read-only, or a copy of such a one, is fine."""
    root = monorepo.path
    scaffold(root / "early")
    assert later(root) == {}, "no agent has worked here yet"
    start(root)
    notices.begin(Project(str(root)))
    assert later(root) == {}
    shutil.copytree(root / ".aidevcontainer", root / "copy/.aidevcontainer")
    monorepo.git("worktree", "add", "--quiet", "tree")
    assert later(root) == {}
    scaffold(root / "late", "other")
    (root / "copy/.aidevcontainer/claude").write_text("changed\n")
    (root / "added").mkdir()
    shutil.copytree(root / ".aidevcontainer", root / "added/.aidevcontainer")
    (root / "added/.aidevcontainer/docker-compose.override.yml").write_text("services: {}\n")
    (root / "linked").mkdir()
    (root / "linked/.aidevcontainer").symlink_to(root / ".aidevcontainer")
    found = later(root)
    names = {f"{name}/.aidevcontainer" for name in ("late", "copy", "added", "linked")}
    assert set(found) == names
    assert all("the agent could write" in sentence and "restart" in sentence for sentence in found.values())


def test_a_change_after_the_look_is_told_again(monorepo: Repository) -> None:
    """X-S1: also of the mode alone; once it is read-only there is nothing to say."""
    root, project = monorepo.path, Project(str(monorepo.path))
    start(root)
    notices.begin(project)
    late = scaffold(root / "late", "other")
    assert len(notices.look(project)) == 1
    notices.acknowledge(project)
    assert notices.look(project) == []
    (late / "claude").chmod(0o755)
    assert len(notices.look(project)) == 1
    start(root)
    assert notices.look(project) == []


def test_a_repository_above_a_scaffold_is_named(monorepo: Repository) -> None:
    """X-S1: `git stash` in it would write what the agent cannot; a clone with a scaffold is fine."""
    root = monorepo.path
    start(root)
    assert later(root) == {}
    monorepo.git("init", "--quiet", "packages")
    (sentence,) = later(root).values()
    assert "packages/.git would make your git write to files that are not its own" in sentence
    assert "packages/app/.aidevcontainer" in sentence


def test_project_inside_another_repository(monorepo: Repository) -> None:
    """X-S1: hooks of the repository around it may lie among the project's files."""
    outer, inner = monorepo.path, monorepo.path / "packages/app"
    monorepo.git("config", "core.hooksPath", "packages/app/tools/hooks")
    found = mounted(inner)
    assert found["tools/hooks"] is False
    assert found["tools"] is True
    monorepo.git("config", "core.hooksPath", "tools/hooks")
    assert mounted(inner) == {".copier-answers.yml": False}
    assert mounted(outer)["tools/hooks"] is False
    # Also of a repository that is one itself, or whose git is somewhere else.
    monorepo.git("config", "core.hooksPath", "vendor/lib/hooks")
    assert mounted(outer / "vendor/lib")["hooks"] is False
    (outer / ".git").rename(outer.parent / "elsewhere.git")
    (outer / ".git").symlink_to(outer.parent / "elsewhere.git")
    assert "hooks" not in mounted(outer / "vendor/lib")
