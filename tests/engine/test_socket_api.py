"""Where the engine is: the same answer as docker's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aidevcontainer.engine import socket_api
from aidevcontainer.engine.socket_api import Engine, UnreachableError
from tests.hostside.engine import FakeEngine, OneAnswer, container


@pytest.fixture
def configuration(tmp_path: Path) -> dict[str, str]:
    """Docker's configuration with the contexts `desktop` (a socket) and `far` (SSH)."""
    for name, host in (
        ("desktop", "unix:///home/me/.docker/run/docker.sock"),
        ("far", "ssh://me@example.invalid"),
    ):
        folder = tmp_path / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
        folder.mkdir(parents=True)
        (folder / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))
    return {"DOCKER_CONFIG": str(tmp_path)}


@pytest.fixture
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeEngine]:
    """An engine on a socket."""
    engine = FakeEngine(tmp_path_factory.mktemp("e") / "s")
    yield engine
    engine.close()


def current(configuration: dict[str, str], name: str) -> None:
    (Path(configuration["DOCKER_CONFIG"]) / "config.json").write_text(json.dumps({"currentContext": name}))


def test_default_socket(configuration: dict[str, str]) -> None:
    """U-4: nothing set, nothing configured."""
    assert socket_api.connect(configuration).path == "/var/run/docker.sock"


def test_current_context(configuration: dict[str, str]) -> None:
    """U-4: Docker Desktop, Colima and rootless engines are contexts."""
    current(configuration, "desktop")
    assert socket_api.connect(configuration).path == "/home/me/.docker/run/docker.sock"


def test_variables_win(configuration: dict[str, str]) -> None:
    """U-4: DOCKER_HOST before DOCKER_CONTEXT before the configuration, as docker does it."""
    current(configuration, "far")
    assert socket_api.connect({**configuration, "DOCKER_CONTEXT": "desktop"}).path.endswith("run/docker.sock")
    both = {**configuration, "DOCKER_CONTEXT": "desktop", "DOCKER_HOST": "unix:///x.sock"}
    assert socket_api.connect(both).path == "/x.sock"
    assert socket_api.connect({**configuration, "DOCKER_CONTEXT": "default"}).path == "/var/run/docker.sock"


@pytest.mark.parametrize("name", ["far", "deleted"])
def test_engine_elsewhere_is_not_asked(configuration: dict[str, str], name: str) -> None:
    """U-4: SSH and TCP engines, and contexts that are gone, are left to docker."""
    current(configuration, name)
    with pytest.raises(UnreachableError):
        socket_api.connect(configuration)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"currentContext": null}'])
def test_odd_configuration_is_no_configuration(tmp_path: Path, text: str) -> None:
    """U-4: a broken file of docker's is docker's to complain about."""
    (tmp_path / "config.json").write_text(text)
    assert socket_api.connect({"DOCKER_CONFIG": str(tmp_path)}).path == "/var/run/docker.sock"


def test_container_and_none(fake: FakeEngine, tmp_path: Path) -> None:
    """X-P1: what the engine says, and that it says nothing."""
    fake.containers["a"] = container("1", tmp_path, health="healthy")
    asked = Engine(str(fake.path))
    found = asked.container("a")
    assert found
    assert (found.id, found.running, found.healthy) == ("1", True, True)
    assert asked.container("b") is None
    assert asked.api_version == (1, 45)


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n{}", b"nonsense", b"HTTP/1.0 500 X\r\n\r\n{}"],
)
def test_odd_answer_is_no_answer(tmp_path: Path, answer: bytes) -> None:
    """X-P1: what cannot be understood is left to the long way."""
    with OneAnswer(tmp_path / "s", answer) as server, pytest.raises(UnreachableError):
        Engine(server.path).container("a")


@pytest.mark.parametrize(
    ("environment", "text", "found"),
    [
        ({}, '{"docker_host": "unix:///p.sock", "path": "/p/bin"}', True),
        ({"DOCKER_HOST": "unix:///mine"}, '{"docker_host": "unix:///p.sock"}', False),
        ({"DOCKER_CONTEXT": "mine"}, '{"docker_host": "unix:///p.sock"}', False),
        ({}, "{}", False),
    ],
)
def test_private_engine_only_where_there_is_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], text: str, found: bool
) -> None:
    """U-4: an engine that the user chose is never passed over."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(socket_api, "DEFAULT_SOCKET", str(tmp_path / "none"))
    (tmp_path / "aidevcontainer" / "engine").mkdir(parents=True)
    (tmp_path / "aidevcontainer" / "engine" / "env.json").write_text(text)
    asked = socket_api.private_engine({"PATH": "/bin", "DOCKER_CONFIG": str(tmp_path), **environment})
    assert asked == ({"DOCKER_HOST": "unix:///p.sock", "PATH": "/p/bin:/bin"} if found else {})


def test_default_socket_comes_before_the_private_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U-4: a machine that got an engine later uses that one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "docker.sock").touch()
    monkeypatch.setattr(socket_api, "DEFAULT_SOCKET", str(tmp_path / "docker.sock"))
    (tmp_path / "aidevcontainer" / "engine").mkdir(parents=True)
    (tmp_path / "aidevcontainer" / "engine" / "env.json").write_text('{"docker_host": "unix:///p.sock"}')
    assert socket_api.private_engine({"DOCKER_CONFIG": str(tmp_path)}) == {}
