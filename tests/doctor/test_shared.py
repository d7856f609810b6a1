"""What `container doctor` says of what a machine's containers share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aidevcontainer.doctor import shared
from tests.hostside.doctor import problem, problems, skipped
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject

__all__ = ["machine", "project"]

COUNT, MOST = "sys/net/netfilter/nf_conntrack_count", "sys/net/netfilter/nf_conntrack_max"
INSTANCES = "sys/fs/inotify/max_user_instances"


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kernel that reports nothing yet."""
    folder = tmp_path / "proc"
    folder.mkdir()
    monkeypatch.setattr(shared, "_PROC", str(folder))
    return folder


def report(proc: Path, **values: int) -> None:
    """Have the kernel report numbers."""
    for name, value in {COUNT: values["count"], MOST: values["most"]}.items():
        (proc / name).parent.mkdir(parents=True, exist_ok=True)
        (proc / name).write_text(f"{value}\n")


def hold(proc: Path, most: int, *instances: int) -> None:
    """Have processes hold inotify instances, and other files."""
    (proc / INSTANCES).parent.mkdir(parents=True)
    (proc / INSTANCES).write_text(f"{most}\n")
    for number, count in enumerate(instances, 100):
        folder = proc / str(number) / "fd"
        folder.mkdir(parents=True)
        for each in range(count):
            (folder / str(each)).symlink_to("anon_inode:inotify")
        (folder / "900").symlink_to("/dev/null")


@pytest.mark.parametrize(
    ("count", "most", "words"),
    [
        (60_000, 65_536, "60000 of at most 65536 connections"),
        (250_000, 262_144, "250000 of at most 262144 connections"),
        (10, 65_536, "An agent can take"),
        (10, 262_144, ""),
    ],
)
def test_table_of_connections(project: FakeProject, proc: Path, count: int, most: int, words: str) -> None:
    """X-L2: what is nearly full, and what one agent could fill although the firewall limits it."""
    report(proc, count=count, most=most)
    found = problems("shared.connections", project)
    assert [words in each.what and "nf_conntrack_max=" in each.fix for each in found] == (
        [True] if words else []
    )


@pytest.mark.parametrize(
    ("most", "instances", "words"),
    [
        (128, (60, 50), "110 of your 128 inotify instances are in use"),
        (1024, (900,), "900 of your 1024 inotify instances are in use"),
        (128, (3,), "the agent could take all of them"),
        (1024, (3,), ""),
    ],
)
def test_inotify_instances(
    project: FakeProject, proc: Path, most: int, instances: tuple[int, ...], words: str
) -> None:
    """X-L2: the agent has the person's user id, so it shares them."""
    (project.root / ".aidevcontainer/.env").write_text(f"CLAUDE_UID={os.getuid()}\n")
    hold(proc, most, *instances)
    found = problems("shared.inotify", project)
    assert [words in each.what and "max_user_instances=" in each.fix for each in found] == (
        [True] if words else []
    )


def test_instances_of_other_users_do_not_count(project: FakeProject, proc: Path) -> None:
    """X-L2: the limit is one user's."""
    (project.root / ".aidevcontainer/.env").write_text(f"CLAUDE_UID={os.getuid() + 1}\n")
    hold(proc, 128, 120)
    assert problem("shared.inotify", project).level == "note"


def test_machine_that_does_not_report_is_passed_over(project: FakeProject, proc: Path) -> None:
    """X-L2: as on macOS."""
    assert not any(proc.iterdir())
    for name in ("shared.connections", "shared.inotify"):
        assert skipped(name, project) == "this machine does not report it"
