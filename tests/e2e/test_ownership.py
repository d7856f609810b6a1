"""Whose files they are: what the agent writes belongs to the host's user, whatever that user's ids."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support import hostuser, scaffold
from tests.support.client import Client
from tests.support.fixtures import NewProject
from tests.support.hostuser import HostUser
from tests.support.internet import Internet
from tests.support.model import Model, bash, edit, read, say, write
from tests.support.project import Project
from tests.support.run import run

pytestmark = pytest.mark.engine

AGENT = "-c user.name=Agent -c user.email=agent@example.com"


def test_agents_files_belong_to_the_host_user(
    new_project: NewProject, host_ids: HostUser, model: Model
) -> None:
    """US-005.2, US-005.3, FR-7, M-4: what the agent writes carries the host's ids; the host edits it on."""
    project = new_project("owned", user=host_ids, up=True)
    project.write("existing.txt", "written on the host\n")
    turns = (
        write("/workspace/new/by-tool.txt", "new\n"),
        read("/workspace/existing.txt"),
        edit("/workspace/existing.txt", "on the host", "by the agent"),
        bash("mkdir -p deep/er && echo x >deep/er/by-shell.txt && id -u && id -g"),
        bash(f"git add -A new && git {AGENT} commit -qm 'By the agent' && git log -1"),
    )
    name = f"owner-{host_ids.uid}-{host_ids.gid}"
    project.ask(model.script(name, *turns, say("done"))).checked()
    assert model.results(name)[3].split() == [str(host_ids.uid), str(host_ids.gid)]
    assert "By the agent" in model.results(name)[4]
    strangers = f"find . ! -uid {host_ids.uid} -o ! -gid {host_ids.gid}"
    assert project.run("sh", "-c", strangers).checked().out == ""
    assert project.read("existing.txt") == "written by the agent\n"
    project.run(
        "sh", "-c", "echo more >>new/by-tool.txt && rm -r deep && git commit -qam 'By the host'"
    ).checked()
    assert len(project.run("git", "log", "--format=%an").checked().out.splitlines()) == 3


def test_nothing_of_this_machine_is_committed(new_project: NewProject, host_ids: HostUser) -> None:
    """US-005.2: after a first start git sees nothing new; no id or path of this machine is in it."""
    project = new_project("clean", user=host_ids)
    project.run("git", "add", "--all").checked()
    project.run("git", "commit", "-qm", "Add the container").checked()
    project.up()
    assert project.run("git", "status", "--porcelain", "--untracked-files=all").checked().out == ""
    committed = project.run("git", "grep", "-lE", rf"\b{host_ids.uid}:{host_ids.gid}\b|{project.path}").out
    assert committed == ""


@pytest.fixture
def roots_helpers(workspace: Path, client: Client, host_user: HostUser) -> HostUser:
    """Root, who runs the helpers for the user of a repository."""
    root = hostuser.create(0, 0, workspace, client)
    # Buildx writes beside its plugins, and must not do that as root in the user's folder.
    plugins = host_user.home / ".docker/cli-plugins"
    if plugins.is_dir():
        shutil.copytree(plugins, root.home / ".docker/cli-plugins", dirs_exist_ok=True)
    own = {"HOME": str(root.home), "DOCKER_CONFIG": str(root.home / ".docker")}
    ids = {"CLAUDE_UID": str(host_user.uid), "CLAUDE_GID": str(host_user.gid)}
    return root._replace(environment={**host_user.environment, **own, **ids})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root works in other people's repositories")
def test_root_starts_a_users_worktree_with_a_submodule(
    workspace: Path, release: Path, internet: Internet, host_user: HostUser, roots_helpers: HostUser
) -> None:
    """US-005.2: all files stay the user's, and git works inside, for the user and for root."""
    folder = workspace / scaffold.unique("by-root")
    inner = scaffold.repository(folder / "inner", host_user)
    main = scaffold.repository(folder / "main", host_user)
    host_user.own(folder)
    scaffold.scaffold(main, release)
    scaffold.join(main, internet)
    allowed = ("-c", "protocol.file.allow=always")
    main.run("git", *allowed, "submodule", "--quiet", "add", str(inner.path), "libs/inner").checked()
    scaffold.commit(main, "Add the container")
    main.run("git", "worktree", "add", "--quiet", "../one").checked()
    main.run("git", "-C", "../one", *allowed, "submodule", "--quiet", "update", "--init").checked()
    work = f"git status --short && echo x >>README.md && git {AGENT} commit -qam By && git log -1 --format=%s"
    for path in (main.path, folder / "one"):
        with Project(path, roots_helpers).remove_at_end() as project:
            project.up()
            for place in ("/workspace/libs/inner", "/workspace"):
                done = project.inside("sh", "-c", f"cd {place} && {work}")
                assert (done.code, done.out.splitlines()[-1]) == (0, "By"), done.err
            assert project.helper("container", "status").code == 0
            assert strangers(folder, host_user) == ""
            for user in (host_user, roots_helpers):
                log = Project(path, user).run("git", "log", "-1", "--format=%s").checked()
                assert log.out == "By\n"
                # A refreshed index would belong to root: git wrote it, not the product.
                status = Project(path, user).run("git", "--no-optional-locks", "status", "--short")
                assert status.checked().out == ""


def strangers(folder: Path, user: HostUser) -> str:
    """Returns what below a folder belongs to anybody else."""
    return (
        run(["find", str(folder), "!", "-uid", str(user.uid), "-o", "!", "-gid", str(user.gid)]).checked().out
    )
