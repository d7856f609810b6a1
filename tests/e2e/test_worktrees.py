"""Git in the agent's container where its directory is shared: worktrees and submodules, on a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import scaffold
from tests.support.docker import docker
from tests.support.hostuser import HostUser
from tests.support.internet import Internet
from tests.support.project import Project

pytestmark = pytest.mark.engine

# Whose commits they are is not what these tests are about.
IDENTITY = (
    "export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@e"
)

EVERYDAY = f"""
set -eu
{IDENTITY}
cd /workspace
git status --short
echo agent >>README.md && git commit --quiet --all --message 'By the agent'
git branch side && git branch --delete side
echo more >>README.md && git stash --quiet && git stash pop --quiet && git checkout --quiet README.md
git checkout --quiet -b topic HEAD~1 && echo t >topic && git add topic && git commit --quiet --message Topic
git rebase --quiet - && git checkout --quiet - && git cherry-pick topic
git clone --quiet --bare . /tmp/remote.git && git fetch --quiet /tmp/remote.git topic
git tag v1 && git gc --quiet && git worktree prune && git fsck --no-progress
git log --format=%s
"""

# What must fail, in the container's own git directory; each would lead the host's git to a program.
PLANTS = (
    "echo /workspace >$COMMON/commondir",
    "rm -f $COMMON/commondir",
    "mv $COMMON/commondir $COMMON/x",
    "echo '[core] fsmonitor=x' >>$COMMON/config",
    "git config core.fsmonitor x",
    "echo '[core] fsmonitor=x' >>$COMMON/config.worktree",
    "touch $COMMON/hooks/post-checkout",
    "mv $COMMON/hooks $COMMON/x",
    "mkdir -p $COMMON/worktrees/evil",
    "mkdir -p $COMMON/modules/evil",
    "echo x >$OWN/commondir",
    "echo x >$OWN/gitdir",
    "echo x >$OWN/config.worktree",
    "rm -rf $COMMON/worktrees/two/HEAD",
    "echo x >$COMMON/worktrees/two/commondir",
    "rm -f /workspace/.git",
    "mv /workspace/.git /workspace/x",
)


class Family(NamedTuple):
    """One repository: its main checkout, and two linked worktrees that are up at once."""

    main: Project
    one: Project
    two: Project


def own_folder(path: Path, user: HostUser) -> Path:
    """Make a folder in which this user may make others."""
    path.mkdir()
    user.own(path)
    return path


@pytest.fixture(scope="module")
def family(workspace: Path, release: Path, internet: Internet, host_user: HostUser) -> Iterator[Family]:
    """Both worktrees are older than what git renews by itself and than what it prunes."""
    folder = own_folder(workspace / scaffold.unique("family"), host_user)
    main = scaffold.repository(folder / "main", host_user)
    scaffold.scaffold(main, release)
    scaffold.join(main, internet)
    scaffold.commit(main, "Add the container")
    with ExitStack() as stack:
        found = []
        for name in ("one", "two"):
            main.run("git", "worktree", "add", "--quiet", f"../{name}").checked()
            own = f".git/worktrees/{name}"
            main.run("touch", "--date=2020-01-01", f"{own}/gitdir", f"{own}/index").checked()
            found.append(stack.enter_context(Project(folder / name, host_user).remove_at_end()))
        for each in found:
            each.up()
        yield Family(main, *found)


def test_each_worktree_has_its_own_container_and_both_share_an_image(family: Family) -> None:
    """X-L1: several worktrees at once."""
    assert family.one.claude != family.two.claude
    images = {docker("inspect", "--format", "{{.Image}}", each.claude).out for each in family[1:]}
    assert len(images) == 1


def test_everyday_git_works_and_the_host_sees_it(family: Family) -> None:
    """X-L1: what the agent commits is there for the host, whose worktrees are as they were."""
    before = family.main.run("git", "worktree", "list").checked().out.splitlines()
    done = family.one.inside("sh", "-c", EVERYDAY, timeout=60)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-4:-2] == ["Topic", "By the agent"]
    assert family.one.run("git", "status", "--short").checked().out == ""
    assert family.one.run("git", "log", "-2", "--format=%s").checked().out == "Topic\nBy the agent\n"
    after = family.main.run("git", "worktree", "list", "--porcelain").checked().out
    assert "prunable" not in after
    assert "locked" not in after
    assert [line.split()[0] for line in before] == [
        line.split()[1] for line in after.splitlines() if line.startswith("worktree ")
    ]
    for each in (family.main, family.two):
        assert each.run("git", "status", "--short").checked().out == ""
    assert family.main.run("git", "fsck", "--no-progress").code == 0


def test_nothing_can_be_planted(family: Family) -> None:
    """X-S1: in the common directory, in another worktree's part, in its own."""
    own = "COMMON=/workspace.git OWN=/workspace.git/worktrees/one"
    for plant in PLANTS:
        assert family.one.inside("sh", "-c", f"export {own}; {plant}").code != 0, plant
    assert family.main.run("git", "status", "--short").checked().out == ""
    assert family.two.run("git", "status", "--short").checked().out == ""


def test_only_the_git_directory_of_the_main_checkout_is_there(family: Family) -> None:
    """X-S1: none of its files, and no path of the host's."""
    assert family.one.inside("ls", str(family.main.path)).code != 0
    assert family.one.inside("cat", "/workspace/.git").out == "gitdir: /workspace.git/worktrees/one\n"


@pytest.fixture(scope="module")
def superproject(
    workspace: Path, release: Path, internet: Internet, host_user: HostUser
) -> Iterator[Project]:
    """A project that is up, with a submodule two folders down that is a scaffolded project itself."""
    folder = workspace / scaffold.unique("modules")
    inner = scaffold.repository(folder / "inner", host_user)
    scaffold.scaffold(inner, release)
    scaffold.join(inner, internet)
    scaffold.commit(inner, "Add the container")
    outer = scaffold.repository(folder / "outer", host_user)
    scaffold.scaffold(outer, release)
    scaffold.join(outer, internet)
    allowed = ("-c", "protocol.file.allow=always")
    outer.run("git", *allowed, "submodule", "--quiet", "add", str(inner.path), "libs/inner").checked()
    scaffold.commit(outer, "Add the container")
    with outer.remove_at_end():
        outer.up()
        yield outer


def test_submodule_works_inside_and_cannot_be_turned_against_the_host(superproject: Project) -> None:
    """X-L1, X-S1: commits in a submodule; its configuration, hooks and folder stay the host's."""
    work = (
        "cd /workspace/libs/inner && echo agent >>README.md && git commit -qam I && git -C /workspace status"
    )
    done = superproject.inside("sh", "-c", f"{IDENTITY}; {work}")
    assert done.code == 0, done.err
    assert "new commits" in superproject.run("git", "status").checked().out
    module = "/workspace/.git/modules/libs/inner"
    for plant in (
        f"echo '[core] fsmonitor=x' >>{module}/config",
        f"touch {module}/hooks/post-checkout",
        f"echo x >{module}/commondir",
        "mkdir /workspace/.git/modules/evil",
        "rm -f /workspace/libs/inner/.git",
    ):
        assert superproject.inside("sh", "-c", plant).code != 0, plant
    # Mount points cannot be renamed. Trying it with `mv` would copy what is in them, and delete the original.
    mounted = superproject.inside("cut", "-d ", "-f5", "/proc/self/mountinfo").out.split()
    assert {"/workspace/libs", "/workspace/libs/inner", module} <= set(mounted)


def test_project_that_is_a_submodule(superproject: Project) -> None:
    """X-L1: git works in its own container, and the superproject sees what was committed."""
    with Project(superproject.path / "libs/inner", superproject.user).remove_at_end() as inner:
        inner.up()
        work = "git status --short && echo own >>README.md && git commit -qam Own && git log -1 --format=%s"
        done = inner.inside("sh", "-c", f"{IDENTITY}; {work}")
        assert (done.code, done.out) == (0, "Own\n"), done.err
        assert inner.run("git", "log", "-1", "--format=%s").checked().out == "Own\n"
        assert inner.run("git", "status", "--short").checked().out == ""
        assert inner.inside("sh", "-c", "echo x >/workspace.git/config").code != 0
