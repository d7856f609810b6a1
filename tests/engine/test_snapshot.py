"""Both containers at one moment: each question that a start, a status or an upgrade asks about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aidevcontainer.engine import snapshot
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.engine.socket_api import Container
from aidevcontainer.project.paths import Project
from tests.hostside.engine import FakeEngine, container

ROOT = Path("/home/me/work")
EARLY, LATE = "2026-01-02T03:04:05.6Z", "2026-01-02T03:04:05.61Z"


def agent(status: str = "running", started: str = LATE, firewall: str = "f", sessions: int = 0) -> Container:
    found = container("c", ROOT, network=f"container:{firewall}", started=started)
    found["State"]["Status"] = status
    found["ExecIDs"] = [str(number) for number in range(sessions)] or None
    return Container(json.dumps(found).encode())


def firewall(status: str = "running", started: str = EARLY) -> Container:
    found = container("f", ROOT, health="healthy", started=started)
    found["State"]["Status"] = status
    return Container(json.dumps(found).encode())


@pytest.fixture
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeEngine]:
    """An engine on a socket."""
    engine = FakeEngine(tmp_path_factory.mktemp("e") / "s")
    yield engine
    engine.close()


def test_a_running_pair() -> None:
    """U-4: sessions of this project can open, and of no other."""
    seen = Snapshot(agent(sessions=2), firewall())
    assert seen.exists and seen.runs and seen.shares_namespace and not seen.is_stale
    assert seen.sessions == ("0", "1")
    assert seen.can_open(str(ROOT))
    assert not seen.can_open("/home/me/other")
    assert seen.image == "aidevcontainer:0123456789abcdef"


def test_nothing_was_created() -> None:
    """U-4: every question has an answer, also before the first start."""
    seen = Snapshot(None, None)
    assert not any((seen.exists, seen.runs, seen.shares_namespace, seen.is_stale, seen.can_open(str(ROOT))))
    assert (seen.sessions, seen.image, seen.label("aidevcontainer.claude")) == ((), "", "")


@pytest.mark.parametrize(
    ("seen", "agent_runs", "firewall_runs", "stale"),
    [
        (Snapshot(agent("exited", sessions=1), firewall()), False, True, False),
        (Snapshot(agent("paused", sessions=1), firewall()), False, True, False),
        (Snapshot(agent(), firewall("exited")), True, False, False),
        (Snapshot(None, firewall()), False, True, False),
        (Snapshot(agent(), None), True, False, False),
        # Restarted, and created again.
        (Snapshot(agent(started=EARLY), firewall(started=LATE)), True, True, True),
        (Snapshot(agent(firewall="older"), firewall()), True, True, True),
        (Snapshot(agent("exited", firewall="older"), firewall()), False, True, False),
    ],
)
def test_no_session_opens(seen: Snapshot, agent_runs: bool, firewall_runs: bool, stale: bool) -> None:
    """U-4: half a pair, and a pair whose namespace is dead."""
    assert (seen.agent_runs, seen.firewall_runs, seen.is_stale) == (agent_runs, firewall_runs, stale)
    assert not seen.can_open(str(ROOT))
    assert seen.exists
    if not agent_runs:
        assert seen.sessions == ()


def test_one_question_for_each_container(fake: FakeEngine, tmp_path: Path) -> None:
    """X-P1: the engine is asked twice, and never again for what the snapshot has."""
    (tmp_path / "docker").touch(0o755)
    docker = Docker(Project(str(tmp_path)), {"PATH": str(tmp_path), "DOCKER_HOST": fake.host})
    fake.run("p", tmp_path)
    seen = snapshot.take(docker, "p")
    assert seen.can_open(str(tmp_path))
    assert seen.sessions == ()
    assert fake.requests == [
        "GET /containers/p-claude-1/json HTTP/1.0",
        "GET /containers/p-firewall-1/json HTTP/1.0",
    ]
    assert snapshot.take(docker, "other") == Snapshot(None, None)
