"""What is written for Compose."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from aidevcontainer.lifecycle import settings
from aidevcontainer.project import names
from aidevcontainer.project.paths import Project
from aidevcontainer.util.errors import Problem


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project of user 1000."""
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(os, "getgid", lambda: 1001)
    (tmp_path / ".aidevcontainer").mkdir()
    return Project(str(tmp_path))


def record(place: Project, text: str) -> None:
    Path(place.env_file).write_text(text)


def test_machine_is_described(place: Project) -> None:
    """US-005.2, X-L1: ids and name are this machine's and this directory's."""
    found = settings.collect(place, {}).variables
    assert found == {
        "COMPOSE_PROJECT_NAME": names.project_name(place.root),
        "CLAUDE_UID": "1000",
        "CLAUDE_GID": "1001",
        "AIDEVCONTAINER_WORKSPACE": place.root,
        "AIDEVCONTAINER_SHARED": "true",
        "AIDEVCONTAINER_BINARIES": "aidevcontainer-claude",
        "AIDEVCONTAINER_GIT_MOUNTS": "git-mounts.local.yml",
    }
    assert set(found) < set(settings.MANAGED)


def test_options_are_remembered(place: Project) -> None:
    """X-N1: a mirror or proxy given once holds for later starts too; given anew, it changes."""
    record(place, f"ALPINE_IMAGE=old\nNPM_REGISTRY=kept\nAIDEVCONTAINER_WORKSPACE={place.root}\n")
    caller = {"ALPINE_IMAGE": "new", "https_proxy": "http://proxy:3128"}
    found = settings.collect(place, caller).variables
    assert found["ALPINE_IMAGE"] == "new"
    assert found["NPM_REGISTRY"] == "kept"
    assert found["HTTPS_PROXY"] == "http://proxy:3128"


@pytest.mark.parametrize("name", [*settings.OPTIONS, "CLAUDE_UID", "CLAUDE_GID"])
def test_every_option_can_be_forgotten(place: Project, name: str) -> None:
    """`NAME= container up` brings the default back, now and for later starts."""
    record(place, f"{name}=7\nAIDEVCONTAINER_WORKSPACE={place.root}\n")
    assert settings.collect(place, {}).variables[name] == "7"
    spellings = {name, name.lower()} if "PROXY" in name else {name}
    for spelling in spellings:
        assert settings.collect(place, {spelling: ""}).variables.get(name) in (None, "1000", "1001")
    settings.collect(place, {name: ""}).write(place)
    assert settings.collect(place, {}).variables.get(name) in (None, "1000", "1001")


def test_one_spelling_of_a_proxy_is_enough(place: Project) -> None:
    """X-N1: an empty one beside it means nothing."""
    for caller in ({"HTTPS_PROXY": "", "https_proxy": "x"}, {"HTTPS_PROXY": "x", "https_proxy": ""}):
        assert settings.collect(place, caller).variables["HTTPS_PROXY"] == "x"


def test_password_of_a_proxy_is_not_written_down(place: Project) -> None:
    """X-S2, X-N1: the agent reads `.env`; builds have it from the caller's environment."""
    record(place, f"NPM_REGISTRY=https://me:secret@npm.example\nAIDEVCONTAINER_WORKSPACE={place.root}\n")
    caller = {"https_proxy": "http://me:secret@proxy:3128", "NO_PROXY": "a@b,localhost"}
    found = settings.collect(place, caller).variables
    assert "secret" not in str(found)
    assert found["NO_PROXY"] == "a@b,localhost"
    assert settings.proxies(caller)["HTTPS_PROXY"] == "http://me:secret@proxy:3128"


def test_stranger_in_the_environment_stays_out(place: Project) -> None:
    """X-S2: credentials are for a session, never for a file."""
    found = settings.collect(place, {"ANTHROPIC_API_KEY": "secret", "HOME": "/home/me"}).variables
    assert not {"ANTHROPIC_API_KEY", "HOME"} & set(found)


def test_ids_of_a_copied_directory_are_not_taken_over(place: Project) -> None:
    """US-005.2: `.env` that came along from elsewhere names another user."""
    record(place, "CLAUDE_UID=501\nCLAUDE_GID=20\nAIDEVCONTAINER_WORKSPACE=/Users/me/app\n")
    assert settings.collect(place, {}).variables["CLAUDE_UID"] == "1000"


def test_ids_written_by_hand_hold(place: Project) -> None:
    """US-005.1: the Compose file tells people to put them there."""
    record(place, "CLAUDE_UID=501\nCLAUDE_GID=20\n")
    found = settings.collect(place, {}).variables
    assert (found["CLAUDE_UID"], found["CLAUDE_GID"]) == ("501", "20")


def test_value_that_the_file_cannot_carry(place: Project) -> None:
    """U-4: a line break, where a variable was pasted: a sentence with its name."""
    with pytest.raises(Problem, match="NO_PROXY has a line break"):
        settings.collect(place, {"NO_PROXY": "a\nb"})
    with pytest.raises(Problem, match="This repository's path has a line break"):
        settings.collect(Project("/home/me/a\nb"), {})


def test_settings_are_frozen(place: Project) -> None:
    """U-4: a step that changes a value makes new settings, so no other step sees it change."""
    found = settings.collect(place, {})
    changed = found.with_({settings.WAITING: "true"})
    assert settings.WAITING not in found.variables
    assert changed.variables == {**found.variables, settings.WAITING: "true"}
    assert changed.without(settings.WAITING) == found
    found.variables["CLAUDE_UID"] = "0"
    assert found.variables["CLAUDE_UID"] == "1000"
    with pytest.raises(dataclasses.FrozenInstanceError):
        found._pairs = ()  # type: ignore[misc]


def test_settings_are_written_beside_a_persons_own_lines(place: Project) -> None:
    """US-005.2: managed names that are not among them go, other lines stay."""
    record(place, "MINE=1\nAIDEVCONTAINER_WAITING=true\n")
    settings.collect(place, {}).write(place)
    text = Path(place.env_file).read_text()
    assert text.startswith("MINE=1\n")
    assert "AIDEVCONTAINER_WAITING" not in text
    assert f"COMPOSE_PROJECT_NAME={names.project_name(place.root)}\n" in text
