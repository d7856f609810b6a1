"""The quick way of the firewall's commands that are waited for: over the engine's socket."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostside.engine import FakeEngine
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import TEMPLATE, FakeProject, Finished, Machine
from tests.hostside.start import RELOAD_ANSWER
from tests.support import journals

__all__ = ["machine", "project"]

SAID = json.dumps(RELOAD_ANSWER).encode() + b"\n"


class ExecEngine(FakeEngine):
    """Runs every command with the same outcome, and writes down which."""

    code, out, err = 0, SAID, b""
    breaks = False

    def __init__(self, path: Path) -> None:
        self.commands: list[list[str]] = []
        super().__init__(path)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(2)
        head, _, body = connection.recv(65536, socket.MSG_PEEK).partition(b"\r\n\r\n")
        target = head.split(b" ")[1].decode()
        if head.startswith(b"GET /containers"):
            super()._answer(connection)
            return
        connection.recv(65536)
        if self.breaks:
            return
        if target.endswith("/exec"):
            self.commands.append(json.loads(body)["Cmd"])
        connection.sendall(b"HTTP/1.0 %d X\r\n\r\n" % (201 if target.endswith("/exec") else 200))
        connection.sendall(self._body(target))

    def _body(self, target: str) -> bytes:
        if target.endswith("/start"):
            parts = ((1, self.out), (2, self.err))
            return b"".join(bytes([n, 0, 0, 0]) + len(text).to_bytes(4, "big") + text for n, text in parts)
        return json.dumps({"Id": "e1"} if target.endswith("/exec") else {"ExitCode": self.code}).encode()


@pytest.fixture
def answering(
    machine: Machine, project: FakeProject, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ExecEngine]:
    """An engine with the project's containers; there is no docker and no environment with packages."""
    found = ExecEngine(tmp_path_factory.mktemp("e") / "s")
    machine.environment["DOCKER_HOST"] = found.host
    project.record()
    project.mark_long_way()
    found.run(project.name, project.root)
    yield found
    found.close()


def firewall(project: FakeProject, *arguments: str) -> Finished:
    return project.machine.run(project.folder / "firewall", *arguments, cwd=project.root)


def test_reload(answering: ExecEngine, project: FakeProject) -> None:
    """X-F5: one command in the firewall's container, and what it changed."""
    done = firewall(project, "reload")
    assert (done.code, done.out) == (0, "")
    assert done.err == "Allowed: new.example.net (3 entries in force)\n"
    assert answering.commands == [["/usr/local/lib/aidevcontainer/init-firewall.sh", "--at-once", "--json"]]


def test_allow(answering: ExecEngine, project: FakeProject) -> None:
    """X-F6: written, then put into force."""
    assert firewall(project, "allow", "new.example.net").code == 0
    assert (project.folder / "allowed-domains.local.txt").read_text() == "new.example.net\n"
    assert len(answering.commands) == 1


def test_deny(answering: ExecEngine, project: FakeProject) -> None:
    """X-F6: the line goes, and one command in the firewall's container does the rest."""
    own = project.folder / "allowed-domains.local.txt"
    own.write_text("old.example.net\nkept.example.net\n")
    changed = {"allowed": [], "no_longer_allowed": ["old.example.net"]}
    answering.out = json.dumps({**RELOAD_ANSWER, **changed}).encode()
    done = firewall(project, "deny", "old.example.net")
    assert (done.code, own.read_text()) == (0, "kept.example.net\n")
    assert done.err == "No longer allowed: old.example.net (3 entries in force)\n"
    temporary = "/usr/local/lib/aidevcontainer/firewall/temporary.sh"
    assert answering.commands == [[temporary, "--json", "deny", "changed", "old.example.net"]]


STATUS = b'{"state": "ready", "entries": 3, "revision": 7, "source": "file", "warnings": []}'


def test_status(answering: ExecEngine, project: FakeProject) -> None:
    """X-F6: in words, and what is allowed for a time is asked for as well."""
    answering.out = STATUS
    done = firewall(project, "status")
    assert (done.code, done.err) == (0, "")
    assert "in force: unlisted hosts are refused" in done.out
    assert [command[-1] for command in answering.commands] == ["show", "/run/aidevcontainer/status.json"]


def test_status_for_programs(answering: ExecEngine, project: FakeProject) -> None:
    """X-F6: the same as JSON, a failure as well."""
    answering.out = STATUS.replace(b"ready", b"closed")
    done = firewall(project, "status", "--json")
    assert (done.code, json.loads(done.out)["state"]) == (1, "closed")
    answering.code, answering.out, answering.err = 1, b"", b"firewall: no.\n"
    done = firewall(project, "status", "--json")
    assert (done.code, json.loads(done.out)) == (1, {"error": "no."})


def test_log(answering: ExecEngine, project: FakeProject) -> None:
    """X-F6: what was refused, in words and for programs; also where that is nothing."""
    answering.out = journals.refused({"count": 2, "names": ["evil.example.net"]}).encode()
    assert "2x  evil.example.net (not on the list)" in firewall(project, "log").out
    assert json.loads(firewall(project, "log", "--json").out)["name"] == "evil.example.net"
    answering.out = journals.answer().encode()
    assert firewall(project, "log").out == "The firewall refused nothing.\n"
    assert firewall(project, "log", "--json").out == ""


def test_what_is_no_entry_is_not_written(answering: ExecEngine, project: FakeProject) -> None:
    """X-F6: the linter's sentence, and the firewall hears nothing of it."""
    shutil.copytree(TEMPLATE / "scripts" / "firewall", project.folder / "scripts" / "firewall")
    done = firewall(project, "allow", "https://a.example.net/x")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("aidevcontainer: 'https://a.example.net/x' is a URL: write only the host")
    assert not (project.folder / "allowed-domains.local.txt").exists()
    assert answering.commands == []


def test_bad_list(answering: ExecEngine, project: FakeProject) -> None:
    """X-F5: the linter's sentences and exit code 1."""
    answering.code, answering.out, answering.err = 1, b"", b"firewall: allowed-domains.txt line 3: no.\n"
    done = firewall(project, "reload")
    assert (done.code, done.err) == (1, "aidevcontainer: allowed-domains.txt line 3: no.\n")


def test_engine_that_goes_away(answering: ExecEngine, project: FakeProject) -> None:
    """X-F5: a sentence, and where to look."""
    answering.breaks = True
    done = firewall(project, "reload")
    assert done.code == 1
    assert "stopped answering" in done.err
    assert "firewall status" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        *(["allow", "--once", "a.example.net"], ["deny", "--project", "a.example.net"]),
        *(["log", "--follow"], ["log", "--since", "1h"], ["status", "x"]),
        *(["allow"], ["deny"], ["reload", "x"]),
    ],
)
def test_what_is_not_plain_takes_the_long_way(
    answering: ExecEngine, project: FakeProject, arguments: list[str]
) -> None:
    """X-F5: options and questions need the packages."""
    assert firewall(project, *arguments) == (77, "", "")
    assert answering.commands == []


@pytest.mark.parametrize(
    "arguments", [["reload"], ["allow", "a.example.net"], ["deny", "a.example.net"], ["status"]]
)
def test_nothing_that_runs_takes_the_long_way(
    answering: ExecEngine, project: FakeProject, arguments: list[str]
) -> None:
    """X-F5: as does an engine behind anything but a socket."""
    answering.containers.clear()
    assert firewall(project, *arguments).code == 77
    project.machine.environment["DOCKER_HOST"] = "tcp://192.0.2.1:2375"
    assert firewall(project, *arguments).code == 77


@pytest.mark.usefixtures("answering")
def test_env_file_that_cannot_be_read_takes_the_long_way(project: FakeProject) -> None:
    """U-4: which says what is wrong; the short one has no guard."""
    (project.folder / ".env").unlink()
    (project.folder / ".env").mkdir()
    assert firewall(project, "reload").code == 77
    assert project.machine.run(project.folder / "claude", cwd=project.root).code == 77


def test_entries_of_two_at_once_are_all_kept(project: FakeProject) -> None:
    """X-F5: each reads, changes and replaces the list, one after the other."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from aidevcontainer.firewall.allowlist import Lists; "
        "from aidevcontainer.project.paths import Project; "
        "[Lists(Project(sys.argv[2])).add([f'{sys.argv[3]}{n}.example.net']) for n in range(40)]"
    )
    line = [sys.executable, "-c", script, str(project.folder), str(project.root)]
    both = [subprocess.Popen([*line, name]) for name in ("a", "b")]
    assert [each.wait() for each in both] == [0, 0]
    kept = (project.folder / "allowed-domains.local.txt").read_text().split()
    assert sorted(kept) == sorted(f"{name}{n}.example.net" for name in "ab" for n in range(40))
