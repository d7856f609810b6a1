"""What the agent sees of git, for every way in which a directory can belong to a repository."""

from __future__ import annotations

import json
import os
import shutil
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from aidevcontainer.git import identity, layout, mount_file, mounts, protection
from aidevcontainer.git.hook_files import Hooks
from aidevcontainer.git.mount import Mount
from aidevcontainer.util.errors import Problem
from tests.support.template import Repository

pytestmark = pytest.mark.usefixtures("own_git")

GUARDED = (
    *("hooks", "worktrees", "modules", "config", "config.worktree", "commondir"),
    *("info", "objects/info", "refs/replace"),
)
PINNED = ("objects", "refs")


def mounted(root: Path) -> dict[str, tuple[str, bool]]:
    """Return source and whether it is writable, by target."""
    found = mounts.prepare(str(root))
    assert found.remark == ""
    return {each.target: (each.source, each.writable) for each in found.mounts}


def expect_guarded(found: dict[str, tuple[str, bool]], git: Path, at: str) -> None:
    assert found[at] == (str(git), True)
    for name in PINNED:
        assert found[f"{at}/{name}"] == (str(git / name), True)
    for name in GUARDED:
        assert found[f"{at}/{name}"] == (str(git / name), False)
        assert (git / name).exists()


def test_plain_checkout(checkout: Repository) -> None:
    """X-S1: writable but for what leads the host's git to programs, which is made where it is missing."""
    found = mounted(checkout.path)
    expect_guarded(found, checkout.path / ".git", "/workspace/.git")
    assert len(found) == 1 + len(PINNED) + len(GUARDED)
    assert (checkout.path / ".git/commondir").read_text() == "./.\n"


def test_everyday_git_of_the_host_goes_on(checkout: Repository, tmp_path: Path) -> None:
    """X-S1: what was made means nothing to git."""
    mounted(checkout.path)
    for command in (
        "worktree add ../linked",
        "-C ../linked status",
        "worktree prune",
        "config a.b c",
        "gc --quiet",
        "branch other",
        "branch -d other",
        "stash list",
        "fsck",
        f"clone --quiet . {tmp_path}/clone",
        f"clone --quiet --shared . {tmp_path}/shared",
        "worktree remove ../linked",
    ):
        checkout.git(*command.split())
    assert checkout.git("status", "--short") == ""
    assert checkout.git("rev-parse", "--is-bare-repository") == "false"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("linked", [False, True])
def test_removal_leaves_everything_as_it_was(checkout: Repository, linked: bool) -> None:
    """X-L3: byte for byte, in the worktree's part and in the common one."""
    root = checkout.path
    if linked:
        checkout.git("worktree", "add", "../linked")
        root = root.parent / "linked"
    before = tree(checkout.path / ".git")
    mounted(root)
    assert tree(checkout.path / ".git") != before
    mounts.remove(str(root))
    assert tree(checkout.path / ".git") == before


def test_removal_spares_another_worktree(checkout: Repository) -> None:
    """X-L1, X-L3: what both stand on stays while the other one still has a container."""
    checkout.git("worktree", "add", "../linked")
    linked = checkout.path.parent / "linked"
    for root in (checkout.path, linked):
        (root / ".aidevcontainer").mkdir(exist_ok=True)
        mount_file.write(str(root), mounts.prepare(str(root)).mounts)
    mounts.remove(str(linked))
    assert (checkout.path / ".git/commondir").exists()


def test_configuration_is_left_alone(checkout: Repository) -> None:
    """X-S1: only what is missing is made."""
    before = (checkout.path / ".git/config").read_text()
    mounted(checkout.path)
    assert (checkout.path / ".git/config").read_text() == before


def expect_linked(checkout: Repository, root: Path, common: Path) -> None:
    found = mounted(root)
    own, at = common / "worktrees" / root.name, f"/workspace.git/worktrees/{root.name}"
    expect_guarded(found, common, "/workspace.git")
    assert found[at] == (str(own), True)
    for name in ("commondir", "config.worktree", "modules", "info"):
        assert found[f"{at}/{name}"] == (str(own / name), False)
    assert content(found, f"{at}/gitdir") == "/workspace/.git\n"
    assert content(found, "/workspace/.git") == f"gitdir: {at}\n"
    # Nothing else of the main checkout.
    outside = [source for source, _ in found.values() if not Path(source).is_relative_to(root)]
    assert all(Path(source).is_relative_to(common) for source in outside)
    assert checkout.git("-C", str(root), "status", "--short", "--", "file") == ""


def content(found: dict[str, tuple[str, bool]], target: str) -> str:
    source, writable = found[target]
    assert not writable
    return Path(source).read_text()


def test_linked_worktree(checkout: Repository) -> None:
    """X-L1, X-S1: the common directory, writable where git needs it, and its own part."""
    checkout.git("worktree", "add", "../linked")
    checkout.git("worktree", "add", "../other")
    expect_linked(checkout, checkout.path.parent / "linked", checkout.path / ".git")


def test_linked_worktree_with_relative_paths(checkout: Repository) -> None:
    """X-L1: as git 2.48 writes them on demand."""
    checkout.git("worktree", "add", "../linked")
    linked = checkout.path.parent / "linked"
    (linked / ".git").write_text("gitdir: ../main/.git/worktrees/linked\n")
    (checkout.path / ".git/worktrees/linked/gitdir").write_text("../../../../linked/.git\n")
    expect_linked(checkout, linked, checkout.path / ".git")


def test_worktree_of_a_bare_repository(checkout: Repository) -> None:
    """X-L1: there is no main checkout."""
    bare = checkout.path.parent / "repo.git"
    checkout.git("clone", "--quiet", "--bare", ".", str(bare))
    checkout.git("-C", str(bare), "worktree", "add", "../linked")
    expect_linked(checkout, checkout.path.parent / "linked", bare)


@pytest.mark.parametrize("place", [".worktrees/x", ".claude/worktrees/x"])
def test_worktree_among_the_projects_files(checkout: Repository, place: str) -> None:
    """X-S1: the host runs git and helpers there too, so neither can be changed, nor the folders swapped."""
    checkout.git("worktree", "add", place)
    (checkout.path / place / ".aidevcontainer").mkdir()
    found = mounted(checkout.path)
    for name in (".git", ".aidevcontainer"):
        assert found[f"/workspace/{place}/{name}"] == (str(checkout.path / place / name), False)
    for folder in (place, *map(str, Path(place).parents[:-1])):
        assert found[f"/workspace/{folder}"] == (str(checkout.path / folder), True)
    assert checkout.git("-C", place, "status", "--short") == ""


def test_worktree_in_a_worktree(checkout: Repository) -> None:
    """X-S1: the project may be a linked worktree itself."""
    checkout.git("worktree", "add", "../linked")
    checkout.git("-C", "../linked", "worktree", "add", "x/inner")
    linked = checkout.path.parent / "linked"
    assert mounted(linked)["/workspace/x/inner/.git"] == (str(linked / "x/inner/.git"), False)
    assert not [target for target in mounted(checkout.path) if "inner" in target]


def test_worktree_of_a_submodule(superproject: Repository) -> None:
    """X-S1: its git directory knows it, and the one of the superproject does not."""
    superproject.git("-C", "libs/sub", "worktree", "add", "../../other")
    assert not mounted(superproject.path)["/workspace/other/.git"][1]


def test_what_hooks_run_in_a_worktree_among_the_files(checkout: Repository) -> None:
    """X-S1: git takes a relative core.hooksPath from each worktree, and a hook its manager's file."""
    checkout.write("lefthook.yml", "x\n")
    checkout.write("tools/hooks/pre-commit", "#!/bin/sh\n# lefthook\n")
    checkout.commit("hooks")
    checkout.git("worktree", "add", ".worktrees/x")
    checkout.git("config", "core.hooksPath", "tools/hooks")
    found = mounted(checkout.path)
    for name in ("tools/hooks", "lefthook.yml"):
        assert not found[f"/workspace/.worktrees/x/{name}"][1]
    assert found["/workspace/.worktrees/x/tools"][1]


@pytest.mark.parametrize("folder", ["tools/hooks", ".git/hooks", ".aidevcontainer"])
def test_worktree_in_what_is_read_only_opens_nothing(checkout: Repository, folder: str) -> None:
    """X-S1: a writable mount in a folder of hooks would be a hole in it."""
    checkout.git("worktree", "add", f"{folder}/x")
    checkout.git("config", "core.hooksPath", str(checkout.path / folder))
    assert [target for target in mounted(checkout.path) if f"{folder}/x" in target] == []


def test_worktree_that_is_gone_is_passed_over(checkout: Repository) -> None:
    """X-L1: git itself calls it prunable."""
    for place in ("gone", "emptied"):
        checkout.git("worktree", "add", f".worktrees/{place}")
        shutil.rmtree(checkout.path / ".worktrees" / place)
    (checkout.path / ".worktrees/emptied").mkdir()
    (checkout.path / ".git/worktrees/gone/gitdir").unlink()
    assert not [target for target in mounted(checkout.path) if ".worktrees" in target]


@pytest.mark.parametrize("link", [".worktrees", ".worktrees/x/.git", ".worktrees/x/.aidevcontainer"])
def test_link_in_a_worktrees_place_is_named(checkout: Repository, link: str) -> None:
    """X-S1: it neither leads a mount elsewhere nor keeps the worktree from being protected."""
    checkout.git("worktree", "add", ".worktrees/x")
    (checkout.path / ".worktrees/x/.aidevcontainer").mkdir()
    (checkout.path / link).rename(checkout.path.parent / "aside")
    (checkout.path / link).symlink_to(checkout.path.parent / "aside")
    with pytest.raises(Problem, match="symbolic link"):
        mounts.prepare(str(checkout.path))


@pytest.fixture
def bare(checkout: Repository) -> Path:
    """A bare repository that holds its worktrees."""
    made = checkout.path.parent / "repo.git"
    checkout.git("clone", "--quiet", "--bare", ".", str(made))
    for place in ("main", "main/in", "side/other"):
        checkout.git("-C", str(made), "worktree", "add", place)
    return made


@pytest.mark.parametrize("project", ["main", "main/in", "side/other"])
def test_worktrees_in_a_bare_repository(checkout: Repository, bare: Path, project: str) -> None:
    """X-S1: they lie in the common directory, where neither the project nor a sibling can be written."""
    expect_linked(checkout, bare / project, bare)
    found = mounted(bare / project)
    for place in ("main", "side/other"):
        assert found[f"/workspace.git/{place}"] == (str(bare / place), False)
        assert found[f"/workspace.git/{place}/.git"] == (str(bare / place / ".git"), False)
    assert found["/workspace.git/side"] == (str(bare / "side"), True)
    writable = [target for target, (_, open_) in found.items() if open_]
    assert not [target for target in writable if target.startswith("/workspace.git/main/")]


def test_siblings_in_a_bare_repository_for_a_project_elsewhere(checkout: Repository, bare: Path) -> None:
    """X-S1: the project lies outside; a worktree that is gone is passed over."""
    checkout.git("-C", str(bare), "worktree", "add", "../linked")
    shutil.rmtree(bare / "side")
    found = mounted(bare.parent / "linked")
    assert not found["/workspace.git/main"][1]
    assert not [target for target in found if "side" in target]


def test_work_in_a_bare_repositorys_worktree_loses_nothing(checkout: Repository, bare: Path) -> None:
    """X-L1, X-S1: a new file is no reason to start a container anew; a sibling that was replaced is."""
    root, sibling = bare / "main", bare / "side/other"
    mount_file.write(str(root), mounts.prepare(str(root)).mounts)
    started = moment_after(root)
    for place in (root, sibling):
        (place / "new").touch()
    assert not protection.lost(str(root), started)
    checkout.git("-C", str(bare), "worktree", "remove", "--force", str(sibling))
    assert protection.lost(str(root), started)
    checkout.git("-C", str(bare), "worktree", "add", str(sibling), "other")
    assert protection.lost(str(root), started)


def test_worktree_among_the_files_comes_and_goes(checkout: Repository) -> None:
    """X-L1, X-S1: what its helpers write, and its end, start nothing anew; what takes its place does."""
    place = checkout.path / ".worktrees/x"
    checkout.write(".aidevcontainer/claude", "x")
    checkout.commit()
    checkout.git("worktree", "add", str(place))
    root = str(checkout.path.resolve())
    mount_file.write(root, mounts.prepare(root).mounts)
    started = moment_after(checkout.path)
    (place / ".aidevcontainer/.planted.json").touch()
    assert not protection.lost(root, started)
    shutil.rmtree(place)
    assert not protection.lost(root, started)
    (place / ".aidevcontainer").mkdir(parents=True)
    (place / ".git").write_text("gitdir: elsewhere\n")
    assert protection.lost(root, started)


def test_git_that_keeps_its_objects_in_order_loses_nothing(checkout: Repository) -> None:
    """X-L1, X-S1: it writes into its folders `info`, which restarts no container; other folders count."""
    root = str(checkout.path)
    (checkout.path / ".aidevcontainer").mkdir()
    mount_file.write(root, mounts.prepare(root).mounts)
    started = moment_after(checkout.path)
    checkout.git("repack", "-adq")
    checkout.git("commit-graph", "write", "--reachable")
    (checkout.path / ".git/info/attributes").touch()
    assert not protection.lost(root, started)
    (checkout.path / ".git/refs/replace").rmdir()
    assert protection.lost(root, started)


def moment_after(root: Path) -> str:
    """Return a time after all that was done so far and before all that comes, as the engine writes it."""
    time.sleep(0.02)
    (root / "marker").touch()
    changed = (root / "marker").stat().st_ctime_ns
    time.sleep(0.02)
    return f"{datetime.fromtimestamp(changed // 10**9, timezone.utc):%Y-%m-%dT%H:%M:%S}.{changed % 10**9:09}Z"


def test_git_takes_the_generated_link_for_fresh(checkout: Repository) -> None:
    """X-L1: else git inside would rewrite the host's `gitdir` a day later, or fail at it."""
    checkout.git("worktree", "add", "../linked")
    found = mounted(checkout.path.parent / "linked")
    source, _ = found["/workspace.git/worktrees/linked/gitdir"]
    assert Path(source).stat().st_mtime > 4_000_000_000


@pytest.fixture
def superproject(checkout: Repository, tmp_path: Path) -> Repository:
    """A project with a submodule two folders down."""
    made = Repository.create(tmp_path.resolve() / "super")
    added = ("submodule", "--quiet", "add", str(checkout.path), "libs/sub")
    made.git("-c", "protocol.file.allow=always", *added)
    made.commit("submodule")
    return made


def test_superproject(superproject: Repository) -> None:
    """X-S1: submodules are guarded as well, no new one can be made, and their folders cannot be swapped."""
    found = mounted(superproject.path)
    module = ".git/modules/libs/sub"
    expect_guarded(found, superproject.path / module, f"/workspace/{module}")
    assert not found["/workspace/.git/modules"][1]
    assert content(found, "/workspace/libs/sub/.git") == f"gitdir: /workspace/{module}\n"
    for folder in ("libs", "libs/sub"):
        assert found[f"/workspace/{folder}"] == (str(superproject.path / folder), True)
    assert superproject.git("status", "--short", "--untracked-files=no") == ""


def test_project_that_is_a_submodule(superproject: Repository) -> None:
    """X-L1, X-S1: its git directory and nothing else of the superproject."""
    found = mounted(superproject.path / "libs/sub")
    expect_guarded(found, superproject.path / ".git/modules/libs/sub", "/workspace.git")
    assert content(found, "/workspace/.git") == "gitdir: /workspace.git\n"
    assert len(found) == 2 + len(PINNED) + len(GUARDED)
    assert superproject.git("-C", "libs/sub", "status", "--short", "--untracked-files=no") == ""


def test_git_directory_among_the_projects_files(checkout: Repository) -> None:
    """X-S1: `.git` is a file that leads to it, and stays what it is; no folder on the way can be swapped."""
    store = checkout.path / "store/it.git"
    store.parent.mkdir()
    (checkout.path / ".git").rename(store)
    (checkout.path / ".git").write_text("gitdir: store/it.git\n")
    found = mounted(checkout.path)
    expect_guarded(found, store, "/workspace/store/it.git")
    assert found["/workspace/store"] == (str(store.parent), True)
    assert content(found, "/workspace/.git") == "gitdir: /workspace/store/it.git\n"


@pytest.mark.parametrize(("setting", "read_only"), [(".husky/_", ".husky"), ("tools/hooks", "tools/hooks")])
def test_hooks_among_the_projects_files(checkout: Repository, setting: str, read_only: str) -> None:
    """X-S1: core.hooksPath; husky's scripts lie beside the folder that git knows."""
    checkout.git("config", "core.hooksPath", setting)
    found = mounted(checkout.path)
    assert found[f"/workspace/{read_only}"] == (str(checkout.path / read_only), False)
    assert found.get("/workspace/tools", ("", True))[1]
    assert checkout.git("status", "--short") == ""


def test_hooks_are_found_in_another_users_repository(
    checkout: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X-S1: as root git is silent about a repository that is not root's, and the owner's git obeys it."""
    checkout.git("config", "core.hooksPath", ".husky")
    checkout.git("config", "user.name", "Owner")
    checkout.git("config", "user.email", "owner@example.com")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert not mounted(checkout.path)["/workspace/.husky"][1]
    assert identity.read(str(checkout.path)) == ("Owner", "owner@example.com")


def test_what_an_installed_hook_obeys(checkout: Repository) -> None:
    """X-S1: a hook manager's file names programs, but only where its hook is installed."""
    checkout.write(".pre-commit-config.yaml", "repos: []\n")
    assert "/workspace/.pre-commit-config.yaml" not in mounted(checkout.path)
    (checkout.path / ".git/hooks/pre-commit").write_text("#!/bin/sh\n# by pre-commit\n")
    assert not mounted(checkout.path)["/workspace/.pre-commit-config.yaml"][1]


def test_answers_cannot_name_another_template(checkout: Repository) -> None:
    """X-S1: the host's next `copier update` obeys them."""
    checkout.write(".copier-answers.yml", "_src_path: x\n")
    assert not mounted(checkout.path)["/workspace/.copier-answers.yml"][1]


def test_without_git_nothing_appears(tmp_path: Path) -> None:
    """U-1: a directory that is no repository is served too, and stays none."""
    assert mounted(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_believed_only_when_the_other_side_leads_back(checkout: Repository, tmp_path: Path) -> None:
    """X-S1: the agent may have written the file, to be shown what lies there the next time."""
    checkout.git("worktree", "add", "../linked")
    for target in (checkout.path / ".git/worktrees/linked", checkout.path / ".git", tmp_path):
        planted = tmp_path.resolve() / f"planted-{target.name}"
        planted.mkdir()
        (planted / ".git").write_text(f"gitdir: {target}\n")
        found, remark, _ = mounts.prepare(str(planted))
        assert found == [Mount(str(planted / ".git"), "/workspace/.git")]
        assert "does not work inside" in remark


def test_moved_worktree_is_told_the_command(checkout: Repository) -> None:
    """X-L1: git itself knows the way back."""
    checkout.git("worktree", "add", "../linked")
    moved = (checkout.path.parent / "linked").rename(checkout.path.parent / "moved")
    assert "git worktree repair" in mounts.prepare(str(moved)).remark


@pytest.mark.parametrize("name", ["hooks", "config.worktree", "modules"])
def test_no_symbolic_link_decides_what_is_mounted(checkout: Repository, tmp_path: Path, name: str) -> None:
    """X-S1: the engine would follow it to anywhere on the host."""
    part = checkout.path / ".git" / name
    if part.is_dir():
        part.rename(checkout.path / ".git/aside")
    (tmp_path / "secret").mkdir()
    part.symlink_to(tmp_path / "secret")
    with pytest.raises(Problem, match="symbolic link"):
        mounts.prepare(str(checkout.path))


def test_planted_commondir_is_named(checkout: Repository) -> None:
    """X-S1: git would take hooks and configuration from there."""
    (checkout.path / ".git/commondir").write_text("../evil\n")
    with pytest.raises(Problem, match=r"\.\./evil"):
        mounts.prepare(str(checkout.path))


def test_compose_file_is_written_only_when_it_changes(checkout: Repository) -> None:
    """X-L1: places inside are relative to it; a dollar sign is not Compose's."""
    (checkout.path / ".aidevcontainer").mkdir()
    root, path = str(checkout.path), checkout.path / ".aidevcontainer" / mount_file.FILE
    found = [Mount(f"{root}/a$b", "/workspace/a$b"), Mount("/o", "/p", writable=True)]
    assert not mount_file.changed(root, found)
    mount_file.write(root, found)
    volumes = json.loads(path.read_text())["services"]["claude"]["volumes"]
    assert [(each["source"], each["target"], each["read_only"]) for each in volumes] == [
        ("./../a$$b", "/workspace/a$$b", True),
        ("/o", "/p", False),
    ]
    before = path.stat().st_ino
    mount_file.write(root, found)
    assert path.stat().st_ino == before
    assert mount_file.changed(root, found[:1])


def test_a_pipe_in_place_of_a_file_does_not_block(tmp_path: Path) -> None:
    """The agent can make one where the helpers look for a `.git` file; nobody writes into it."""
    os.mkfifo(tmp_path / "post-checkout")
    assert layout.read(str(tmp_path / "post-checkout")) == ""
    assert Hooks(str(tmp_path), [str(tmp_path)], []).managed() == []
