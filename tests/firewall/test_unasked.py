"""Hosts that a person never wants to be asked about."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aidevcontainer.firewall import unasked
from aidevcontainer.firewall.unasked import UnaskedHosts
from aidevcontainer.project.paths import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "a").mkdir()
    return Project(str(tmp_path / "a"))


def test_host_stays_until_it_is_taken_back(project: Project) -> None:
    """X-F11: two watches at once lose nothing, and each project has hosts of its own."""
    one, two = UnaskedHosts(project), UnaskedHosts(project)
    one.add("a.example.net")
    two.add("b.example.net")
    later = UnaskedHosts(project)
    assert "a.example.net" in later
    assert "b.example.net" in later
    assert "a.example.net" not in UnaskedHosts(Project(str(Path(project.root).parent)))
    assert later.clear() == ["a.example.net", "b.example.net"]
    assert "a.example.net" not in later
    assert "a.example.net" not in UnaskedHosts(project)


def test_nothing_is_in_the_repository(project: Project) -> None:
    """X-F11: the agent can write there."""
    UnaskedHosts(project).add("a.example.net")
    assert list(Path(project.root).iterdir()) == []


def test_damaged_file_names_no_host(project: Project) -> None:
    """X-F11: what it names is printed."""
    UnaskedHosts(project).add("a.example.net")
    (file,) = Path(os.environ["XDG_CACHE_HOME"]).rglob("never-asked/*")
    file.write_bytes(b"\xff\n\x1b[2J\nb.example.net\n\n")
    assert UnaskedHosts(project).clear() == ["b.example.net"]


def test_uninstall_forgets(project: Project) -> None:
    """X-L3: also where there is nothing."""
    unasked.forget(project)
    UnaskedHosts(project).add("a.example.net")
    unasked.forget(project)
    assert "a.example.net" not in UnaskedHosts(project)
