"""The parts behind `python3 bootstrap`: its options, whose ids, where the template comes from, yes or no."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from aidevcontainer.lifecycle import scaffold
from aidevcontainer.updates import origin
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import WRONG_USAGE, Problem
from machine import asking, cgroups, options, owner, pythons
from tests.support.template import Repository


def test_everything_after_two_dashes_is_claudes() -> None:
    parsed = options.parse(["there", "--yes", "--data", "a=b=c", "--", "-p", "--yes", "--"])
    assert (parsed.path, parsed.answers, parsed.yes, parsed.defaults) == ("there", ["a=b=c"], True, False)
    assert parsed.claude == ["-p", "--yes", "--"]


@pytest.mark.parametrize(
    "arguments",
    [[], ["one", "two"], ["there", "--data", "nothing"], ["there", "--defalts"], ["there", "--stop-engine"]],
)
def test_wrong_usage_is_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        options.parse(arguments)
    assert caught.value.code == WRONG_USAGE
    assert "usage: python3 bootstrap PATH" in capsys.readouterr().err


def test_an_ordinary_user_keeps_the_own_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """US-005.2: also in somebody else's repository."""
    monkeypatch.setattr(os, "getuid", lambda: 1001)
    monkeypatch.setattr(os, "getgid", lambda: 1002)
    assert owner.of_repository(tmp_path, {}) == (1001, 1002)


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "upstream")
    made.write("copier.yml", "{}\n")
    made.commit("Start", tag="v1.2.0")
    return made


@pytest.fixture
def clone(upstream: Repository, tmp_path: Path) -> Repository:
    upstream.git("clone", "--quiet", str(upstream.path), str(tmp_path / "clone"))
    return Repository(tmp_path / "clone")


def test_a_published_clone_is_recorded_by_its_address(clone: Repository) -> None:
    """U-3: every user of a project reaches what it records, and no password is recorded."""
    clone.git("remote", "set-url", "origin", "https://user:secret@git.example.com/tool.git")
    found = origin.of_clone(clone.path)
    assert found.address == "https://git.example.com/tool.git"
    assert found.shared
    assert found.version == "v1.2.0"
    assert f"url.{clone.path}.insteadOf" in found.environment.values(), "and yet no network is needed"


@pytest.mark.parametrize("remote", ["ssh://git@git.example.com/tool.git", "git@git.example.com:tool.git"])
def test_ssh_addresses_are_addresses(clone: Repository, remote: str) -> None:
    clone.git("remote", "set-url", "origin", remote)
    assert origin.of_clone(clone.path).address == remote


def test_what_is_not_published_is_recorded_by_its_path(clone: Repository) -> None:
    clone.git("remote", "set-url", "origin", "https://git.example.com/tool.git")
    clone.commit("Not pushed")
    found = origin.of_clone(clone.path)
    assert found.address == str(clone.path)
    assert not found.shared
    assert found.version.startswith("v1.2.0-1-g")


def test_a_local_remote_is_no_address(clone: Repository) -> None:
    assert origin.of_clone(clone.path).address == str(clone.path)


def test_changes_that_are_not_committed_are_noticed(clone: Repository) -> None:
    assert not origin.is_dirty(clone.path)
    clone.write("copier.yml", "changed: true\n")
    assert origin.is_dirty(clone.path)


def test_a_download_without_git_cannot_be_updated_from(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="is not a git clone"):
        origin.of_clone(tmp_path)


@pytest.mark.parametrize("name", [".copier-answers.yml", ".copier-answers.aidevcontainer.yml"])
def test_a_scaffold_is_recognised(tmp_path: Path, name: str) -> None:
    (tmp_path / ".aidevcontainer").mkdir()
    (tmp_path / name).write_text("_commit: v1.0.0\n_src_path: /there\nallowed_bundles: []\n")
    assert scaffold.find(tmp_path) is None
    (tmp_path / ".aidevcontainer/claude").touch()
    assert scaffold.find(tmp_path) == (tmp_path / name, "/there", "v1.0.0")


@pytest.mark.parametrize("text", ["_src_path: gh:other/template\n", "- a list\n", "{broken", ""])
def test_other_answers_are_no_scaffold(tmp_path: Path, text: str) -> None:
    (tmp_path / ".aidevcontainer").mkdir()
    (tmp_path / ".aidevcontainer/claude").touch()
    (tmp_path / ".copier-answers.yml").write_text(text)
    assert scaffold.find(tmp_path) is None


def test_yes_is_said_in_advance(capsys: pytest.CaptureFixture[str]) -> None:
    assert asking.Asking(Console(), True)("It would do this.")
    assert "It would do this." in capsys.readouterr().err


def test_nobody_there_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(Problem, match="run this again with --yes"):
        asking.Asking(Console(), False)("It would do this.")


class Typed(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "agreed"), [("y\n", True), (" Yes \n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_only_a_yes_is_a_yes(monkeypatch: pytest.MonkeyPatch, typed: str, agreed: bool) -> None:
    monkeypatch.setattr(sys, "stdin", Typed(typed))
    monkeypatch.setattr(sys, "stderr", Typed())
    assert asking.Asking(Console(), False)("It would do this.") is agreed


def python(path: Path, code: int) -> None:
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)


def test_the_first_python_that_is_new_enough(tmp_path: Path) -> None:
    python(tmp_path / "python3.13", 127)
    python(tmp_path / "python3.12", 0)
    python(tmp_path / "python3", 0)
    assert pythons.find(str(tmp_path)) == str(tmp_path / "python3.12")


def test_no_python_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python(tmp_path / "python3", 1)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pythons, "NEEDED", (99, 0))
    with pytest.raises(Problem, match=r"need Python 99\.0 or newer"):
        pythons.ensure("script", [])


def group(root: Path, **files: str) -> Path:
    """Make what the kernel shows of a group of processes."""
    for name, text in {"procs": "7\n12\n", "controllers": "cpu memory pids\n", **files}.items():
        (root / f"cgroup.{name}").write_text(text)
    return root


def test_a_containers_own_group_makes_room_for_an_engine(tmp_path: Path) -> None:
    """With cgroup v2, only a group without processes may hand limits on."""
    cgroups.make_room(group(tmp_path, type="domain\n", subtree_control=""))
    assert set((tmp_path / "init/cgroup.procs").read_text().split()) == {"7", "12"}
    assert (tmp_path / "cgroup.subtree_control").read_text().split() == ["+cpu", "+memory", "+pids"]


@pytest.mark.parametrize("files", [{}, {"type": "domain\n", "procs": ""}])
def test_other_machines_groups_are_left_alone(tmp_path: Path, files: dict[str, str]) -> None:
    """A machine's own root has no type, and a container with a manager no process there; nor has v1."""
    cgroups.make_room(group(tmp_path, **files))
    cgroups.make_room(tmp_path / "elsewhere")
    assert not (tmp_path / "init").exists()
    assert not (tmp_path / "cgroup.subtree_control").exists()
