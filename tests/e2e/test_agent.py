"""The real agent at work behind the firewall, told what to do by a scripted model."""

from __future__ import annotations

import pytest

from tests.support.docker import docker
from tests.support.fixtures import NewProject
from tests.support.internet import Internet
from tests.support.model import Model, bash, edit, read, say, write
from tests.support.project import API_KEY, Project

pytestmark = pytest.mark.engine


def test_answer_comes_through_the_firewall(project: Project, model: Model) -> None:
    """U-4, X-S2: `claude -p` reaches the model, with the caller's key, from the firewall's address."""
    answered = project.ask(model.script("answer", say("forty-two"))).checked()
    assert answered.out == "forty-two\n"
    request = model.requests("answer")[-1]
    assert request["headers"]["x-api-key"] == API_KEY
    own = docker("exec", project.firewall, "ip", "-o", "addr", "show", "scope", "global").out
    assert f"{request['peer']}/" in own


def test_agent_writes_and_edits_files(project: Project, model: Model) -> None:
    """U-4, M-4: the agent creates a file, edits one that was there, and works with git."""
    project.write("greeting.txt", "hello world\n")
    turns = (
        bash("mkdir -p made/here && echo shell >made/here/by-shell.txt"),
        write("/workspace/made/by-tool.txt", "first\nsecond\n"),
        read("/workspace/greeting.txt"),
        edit("/workspace/greeting.txt", "world", "container"),
        bash("git diff --no-index /dev/null greeting.txt; git status --porcelain --untracked-files=all"),
    )
    project.ask(model.script("work", *turns, say("done"))).checked()
    assert project.read("made/here/by-shell.txt") == "shell\n"
    assert project.read("made/by-tool.txt") == "first\nsecond\n"
    assert project.read("greeting.txt") == "hello container\n"
    assert "+hello container" in model.results("work")[-1]
    assert "?? made/by-tool.txt" in model.results("work")[-1]


# Pages for people, other companies' or staging services, and MCP servers that a person adds.
_NOT_NEEDED = {
    "anthropic.com",
    "www.anthropic.com",
    "docs.anthropic.com",
    "code.claude.com",
    "support.anthropic.com",
    "support.claude.com",
    "status.anthropic.com",
    "status.claude.com",
    "api-staging.anthropic.com",
    "preview.claude.ai",
    "microsoft365.mcp.claude.com",
    "slack.mcp.claude.com",
}


def test_the_programs_own_hosts_are_allowed_by_default(project: Project) -> None:
    """US-003.2: the hosts of its makers that the pinned program contains, less those above."""
    pattern = r"https://(?:[a-z0-9-]+\.)*(?:anthropic\.com|claude\.(?:ai|com)|claudeusercontent\.com)\b"
    found = project.inside(
        "sh", "-c", f"rg -aoN '{pattern}' \"$(readlink -f /usr/local/bin/claude)\" | sort -u"
    )
    named = {each.removeprefix("https://") for each in found.checked().out.split()}
    assert "api.anthropic.com" in named
    listed = project.inside(
        "cat", "/usr/local/lib/aidevcontainer/default-domains.txt", check=True
    ).out.split()
    assert named - set(listed) <= _NOT_NEEDED


def test_agent_reaches_listed_hosts_only(project: Project, model: Model, internet: Internet) -> None:
    """M-3, US-003.5: what works outside the firewall is refused to the agent, and nothing of it arrives."""
    unlisted = internet.servers["unlisted"]
    attempts = {
        "by name": "curl -sS -m 10 https://example.com/by-name",
        "without encryption": "curl -sS -m 10 http://evil.example.com/plain",
        "by address": f"curl -skS -m 10 https://{unlisted.address}/by-address",
        "with a resolver of one's own": f"curl -sS -m 10 --resolve example.com:443:{unlisted.address} https://example.com/",
        "another port": f"nc -w 10 {unlisted.address} 5432 </dev/null",
    }
    for attempt in attempts.values():
        assert "hello" in internet.probe("sh", "-c", attempt.replace("-skS", "-sk")).out
    unlisted.forget()
    listed = bash("curl -sS https://listed.example.net/allowed")
    tries = [bash(f"{attempt}; echo exit code $?") for attempt in attempts.values()]
    project.ask(model.script("escape", listed, *tries, say("I could not reach it."))).checked()
    allowed, *refused = model.results("escape")
    assert "hello from listed" in allowed
    for result in refused:
        assert "hello" not in result
        assert "exit code 0" not in result
    assert unlisted.seen() == []


def test_agent_cannot_change_what_the_host_obeys(project: Project, model: Model) -> None:
    """X-S1: `.aidevcontainer/`, git's hooks and its configuration stay as they are, whatever it tries."""
    before = guarded_files(project)
    turns = (
        bash("echo example.com >>.aidevcontainer/allowed-domains.txt; echo $?"),
        write("/workspace/.aidevcontainer/allowed-domains.local.txt", "example.com\n"),
        bash("mv .aidevcontainer aside; rm -rf .aidevcontainer; ln -sfn /tmp .aidevcontainer"),
        write("/workspace/.git/hooks/post-checkout", "#!/bin/sh\nid >/tmp/owned\n"),
        bash("echo '[core] hooksPath = /tmp' >>.git/config; echo id >.git/hooks/pre-commit"),
        bash("git config core.hooksPath /tmp; git config alias.status '!id'"),
        bash("mv .git aside; mv .git/hooks .git/aside; mv .git/config .git/aside"),
        bash("rm -rf .git/hooks .git/config"),
        bash("chmod u+w .git/config; cp .git/config .git/c; mv -f .git/c .git/config"),
        bash("mount -o remount,rw /workspace/.aidevcontainer; umount /workspace/.git/hooks"),
    )
    project.ask(model.script("takeover", *turns, say("done"))).checked()
    assert guarded_files(project) == before
    project.run("git", "fsck").checked()


def test_agent_cannot_make_hooks_that_were_absent(new_project: NewProject, model: Model) -> None:
    """X-S1: where a repository has no folder for hooks the agent cannot make one that the host would obey."""
    project = new_project("hookless")
    project.run("rm", "-rf", ".git/hooks").checked()
    project.up()
    project.ask(
        model.script("hookless", bash("mkdir -p .git/hooks; echo id >.git/hooks/pre-commit"))
    ).checked()
    assert project.run("ls", ".git/hooks").out == ""


def test_agent_sees_no_capability_and_gains_none(project: Project) -> None:
    """X-S1, U-5: not root, no capability in any set, no way to new ones."""
    status = project.inside("cat", "/proc/self/status", check=True).out
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert {fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert fields["NoNewPrivs"] == "1"
    assert set(fields["Uid"].split()) == {str(project.user.uid)}
    assert set(fields["Gid"].split()) == {str(project.user.gid)}
    assert project.inside("su", "-c", "id").code != 0


def test_key_is_in_the_session_and_nowhere_else(project: Project, model: Model) -> None:
    """X-S2: the key reaches the session; no image, container, Compose file or other file has it."""
    key = "sk-ant-api03-" + "only-in-this-session" * 3
    listing = bash("cat /proc/[0-9]*/cmdline | tr '\\0' ' '; sleep 1")
    project.ask(model.script("key", listing, say("done")), ANTHROPIC_API_KEY=key).checked()
    assert model.requests("key")[-1]["headers"]["x-api-key"] == key
    assert "sleep infinity" in model.results("key")[0]
    assert key not in model.results("key")[0]
    image = project.compose("config", "--images").out.split()[0]
    described = docker("inspect", project.claude, project.firewall, image).out
    described += docker("history", "--no-trunc", image).out + project.compose("config").out
    assert key not in described
    assert project.run("grep", "-rlF", key, ".").out == ""


def test_key_is_on_no_command_line(project: Project) -> None:
    """X-S2: while a session runs, nobody who lists the host's processes sees the key."""
    key = "sk-ant-api03-" + "never-an-argument" * 3
    with project.session(env={"ANTHROPIC_API_KEY": key}) as terminal:
        terminal.wait_for(r"\w+")
        listed = project.run("ps", "-ww", "-eo", "args").checked().out
    assert "docker exec" in listed
    assert key not in listed


def guarded_files(project: Project) -> str:
    """Return names, modes and contents of everything that the agent must not change."""
    places = ".aidevcontainer .git/hooks .git/config"
    listing = f"find {places} -type f -exec sha256sum {{}} + | sort; ls -lR {places}"
    return project.run("sh", "-c", listing).checked().out
