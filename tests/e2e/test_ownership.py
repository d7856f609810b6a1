"""Whose files they are: what the agent writes belongs to the host's user, whatever that user's ids."""

from __future__ import annotations

import pytest

from tests.support.fixtures import NewProject
from tests.support.hostuser import HostUser
from tests.support.model import Model, bash, edit, read, say, write

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
