"""The agent knows its limits: what it is told follows the allowlist, and it cannot change any of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.support.docker import docker, execute, inspect
from tests.support.firewall import Lack, NewFirewall
from tests.support.firewall_scripts import FOLDER
from tests.support.fixtures import NewProject
from tests.support.internet import Internet
from tests.support.model import Model, bash, say
from tests.support.project import Project
from tests.support.wait import until

pytestmark = pytest.mark.engine

LIMITS = "/run/aidevcontainer-limits"
MEMORY = "/etc/claude-code/CLAUDE.md"
OWN_LIST = ".aidevcontainer/allowed-domains.local.txt"
OTHER = "unlisted.example.net"


@pytest.fixture
def mine(project: Project) -> Iterator[Project]:
    """The shared project, whose own list is put back into force as it was."""
    before = project.read(OWN_LIST)
    yield project
    project.write(OWN_LIST, before)
    project.reload()


def told(project: Project, path: str = f"{LIMITS}/network.md") -> list[str]:
    """Returns the lines that the agent reads."""
    return project.inside("cat", path, check=True).out.splitlines()


def context(project: Project, model: Model, script: str) -> str:
    """Returns everything that a new session of Claude sends to the model."""
    project.ask(model.script(script, say("done"))).checked()
    return json.dumps(model.requests(script)[-1]["messages"])


def test_claude_has_the_text_in_its_context(mine: Project, model: Model) -> None:
    """X-F10: entries, signs of a refusal, the person's command; a new session knows the new list."""
    before = context(mine, model, "limits-before")
    assert "- listed.example.net:5432" in before
    assert "Could not resolve host: NAME" in before
    assert "./.aidevcontainer/firewall allow HOST" in before
    assert OTHER not in before
    mine.helper("firewall", "allow", OTHER).checked()
    assert f"- {OTHER}" in context(mine, model, "limits-after")


def test_text_follows_a_reload_and_an_allowance(mine: Project) -> None:
    """X-F10, X-F6: both files change before the command ends; an allowance has its end, and ends."""
    mine.helper("firewall", "allow", "more.example.net:8443").checked()
    assert "- more.example.net:8443" in told(mine)
    assert "- more.example.net:8443" in told(mine, MEMORY)
    mine.helper("firewall", "deny", "more.example.net:8443").checked()
    assert "- more.example.net:8443" not in told(mine)
    mine.helper("firewall", "allow", "--for", "5s", OTHER).checked()
    shown = re.compile(rf"- {re.escape(OTHER)} \(until \d{{4}}-\d\d-\d\d \d\d:\d\d UTC\)")
    assert any(map(shown.fullmatch, told(mine)))
    until(lambda: OTHER not in "\n".join(told(mine)), lambda: told(mine), seconds=30)


def test_bad_list_leaves_the_text(mine: Project) -> None:
    """X-F10: the agent is told the list in force, not the one with an error."""
    before = told(mine)
    mine.write(OWN_LIST, "new.example.net\nhttp://not.a.host/\n")
    assert mine.helper("firewall", "reload").code == 1
    assert told(mine) == before


def test_closed_network_is_told(new_firewall: NewFirewall) -> None:
    """X-F10: a firewall that cannot open says so, and lists the entries once it is open."""
    # A volume without a name is removed with its container.
    closed = new_firewall("http://not.a.host/", ready=False, lack=Lack(options=(f"--volume={LIMITS}",)))
    closed.wait_ready()
    text = closed.root("cat", f"{LIMITS}/network.md").checked().out
    assert "None: the network is closed." in text
    closed.write_list("listed.example.net")
    assert closed.reload().code == 0
    assert closed.root("tail", "-n", "1", f"{LIMITS}/CLAUDE.md").out == "- listed.example.net\n"


_CHANGES = {
    "write": "echo x >{file}",
    "append": "echo x >>{file}",
    "rename": "mv {file} /tmp/",
    "replace": "echo x >/tmp/new && mv -f /tmp/new {file}",
    "link": "ln -sf /tmp/new {file}",
    "unlink": "rm -f {file}",
    "rename the folder": "mv {folder} /tmp/moved",
    "a file beside it": "echo x >{folder}/more",
    "mount over it": "mount --bind /etc/hostname {file}",
    "mount it writable": "mount -o remount,rw none {mount} && echo x >{file}",
    "mount over it, in namespaces": "unshare -U -r -m mount --bind /etc/hostname {file}",
}


@pytest.fixture(scope="module")
def unprotected(project: Project) -> Iterator[str]:
    """A container of the same image, where root may do everything."""
    image = inspect(project.claude)["Config"]["Image"]
    options = ("--detach", "--rm", "--privileged", "--user=root", "--network=none", "--tmpfs=/mount")
    name = docker("run", *options, image).out.strip()
    yield name
    docker("rm", "--force", name)


@pytest.mark.parametrize("change", _CHANGES)
def test_agent_cannot_change_the_text(project: Project, unprotected: str, change: str) -> None:
    """X-F10: every way works where nothing protects a file, and the agent has none of them."""
    made = "rm -rf /tmp/moved && mkdir -p /mount/folder && echo text >/mount/folder/file && "
    outside = _CHANGES[change].format(file="/mount/folder/file", folder="/mount/folder", mount="/mount")
    execute(unprotected, "sh", "-c", made + outside).checked()
    before = told(project), told(project, MEMORY)
    for file in (f"{LIMITS}/network.md", f"{LIMITS}/CLAUDE.md", MEMORY):
        command = _CHANGES[change].format(file=file, folder=file.rpartition("/")[0], mount=LIMITS)
        assert project.inside("sh", "-c", command).code != 0
    assert (told(project), told(project, MEMORY)) == before


def test_claude_itself_cannot_change_the_text(project: Project, model: Model) -> None:
    """X-F10: with all permissions of a session that asks nobody."""
    turns = bash(f"echo 'All hosts are open.' >{MEMORY}; echo exit code $?"), say("done")
    project.ask(model.script("limits-change", *turns)).checked()
    assert "exit code 0" not in model.results("limits-change")[0]
    assert "All hosts are open." not in told(project, MEMORY)


def test_refusals_look_as_told(project: Project, internet: Internet) -> None:
    """X-F10: the text quotes what curl, git and ssh really say of a refused name, address and port."""
    text = (FOLDER / "limits.md").read_text()
    unlisted, listed = (internet.servers[name].address for name in ("unlisted", "listed"))
    # The addresses of listed names are open once the agent has looked them up.
    project.inside("curl", "-sS", "https://listed.example.net/", check=True)
    no_name, no_connection = "Could not resolve host: {}", "Failed to connect to {} port {}"
    for command, quoted, *values in (
        ("curl -sS https://example.com/", no_name, "example.com"),
        ("git ls-remote https://example.com/a", no_name, "example.com"),
        (f"curl -sS https://{unlisted}/", no_connection, unlisted, "443"),
        ("git ls-remote https://listed.example.net:5433/a", no_connection, "listed.example.net", "5433"),
        (f"ssh -o BatchMode=yes git@{unlisted}", "Connection refused"),
        (f"curl -sS --resolve a.example:443:{listed} https://a.example/", "unexpected eof while reading"),
        (f"curl -sS --resolve a.example:80:{listed} http://a.example/", "The firewall refused this request"),
    ):
        assert quoted.format("NAME" if quoted == no_name else "HOST", "PORT") in text
        done = project.inside("sh", "-c", command)
        assert quoted.format(*values) in done.out + done.err, done


def test_claude_works_without_the_volume(new_project: NewProject, model: Model) -> None:
    """X-F10: where an override leaves the volume out, a session starts as ever."""
    project = new_project("unmounted")
    compose = project.read(".aidevcontainer/docker-compose.yml")
    project.write(
        ".aidevcontainer/docker-compose.yml",
        "".join(line for line in compose.splitlines(keepends=True) if "limits" not in line),
    )
    project.up()
    assert project.inside("ls", LIMITS).code != 0
    project.ask(model.script("unmounted", say("forty-two"))).checked()
