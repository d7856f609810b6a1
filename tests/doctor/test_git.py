"""What `container doctor` says of git on the host."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.hostside.doctor import engine_says, problem, problems, skipped
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import REPOSITORY, FakeProject, Machine
from tests.hostside.start import both_run

__all__ = ["machine", "project"]

CHECKS = ("git.repository", "git.ignored", "git.hook")


@pytest.fixture
def versioned(project: FakeProject) -> FakeProject:
    """A project in a git repository."""
    git(project.root, "init", "--quiet")
    return project


def git(root: Path, *arguments: str) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "-C", str(root), *arguments], check=True, env=environment)


def wish_for_hook(project: FakeProject) -> None:
    (project.folder / "project.json").write_text(json.dumps({"git_hook": True}))


def test_sound_repository_has_no_findings(versioned: FakeProject) -> None:
    """X-L2: silence where nothing is wrong."""
    for name in CHECKS:
        assert problems(name, versioned) == []


def test_without_git_only_that_is_said(project: FakeProject, machine: Machine) -> None:
    """X-L2: a directory without git is served too."""
    machine.environment["PATH"] = str(machine.bin)
    assert problem("git.repository", project).what == "git is not installed on this machine."
    assert skipped("git.ignored", project) == "git is not installed"


def test_without_a_repository_only_that_is_said(project: FakeProject) -> None:
    """X-L2: a note, since all but updates works."""
    found = problem("git.repository", project)
    assert (found.level, found.fix) == ("note", "git init")
    assert skipped("git.hook", project) == "there is no git repository"


@pytest.mark.parametrize("rule", [".aidevcontainer/", ".*"])
def test_ignored_folder_is_a_warning_with_the_rule(versioned: FakeProject, rule: str) -> None:
    """U-3, X-L2: also when it is committed already, since new files of an update would be lost."""
    git(versioned.root, "add", ".")
    (versioned.root / ".gitignore").write_text(f"# mine\n{rule}\n")
    found = problem("git.ignored", versioned)
    assert found.level == "warning"
    assert f".gitignore:2:{rule}" in found.what
    (versioned.root / ".gitignore").unlink()
    assert problems("git.ignored", versioned) == []


def test_wanted_hook_is_asked_for_until_it_is_there(versioned: FakeProject) -> None:
    """U-2, X-L2: missing, old, not executable."""
    wish_for_hook(versioned)
    found = problem("git.hook", versioned)
    assert (found.level, found.fix) == ("note", "./.aidevcontainer/hook install")
    hook = versioned.root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes((REPOSITORY / "hooks/post-checkout").read_bytes())
    hook.chmod(0o644)
    assert "not executable" in problem("git.hook", versioned).what
    hook.chmod(0o755)
    assert problems("git.hook", versioned) == []
    hook.write_text("#!/bin/sh\n# aidevcontainer post-checkout hook, as it was\n")
    assert "of another version" in problem("git.hook", versioned).what


def test_configuration_that_lost_its_protection(versioned: FakeProject, machine: Machine) -> None:
    """X-S1, X-L2: host's git rewrote it, and the read-only mount is gone."""
    machine.install_docker()
    engine_says(machine)
    both_run(versioned)
    assert problems("git.protection", versioned) == []
    (versioned.folder / "git-mounts.local.yml").write_text(
        '{"services": {"claude": {"volumes": ['
        '{"source": "/x", "target": "/workspace/.git/config", "read_only": true}]}}}'
    )
    machine.answer("mountinfo", out="1 2 0:1 / /workspace rw\n2 3 0:1 / /workspace/.aidevcontainer ro\n")
    found = problem("git.protection", versioned)
    assert found.level == "error"
    assert "/workspace/.git/config" in found.what
    assert found.fix.endswith("./.aidevcontainer/container restart")


def test_repository_that_an_agent_planted(versioned: FakeProject) -> None:
    """X-S1, X-L2: named with what it would run; an ordinary clone is none."""
    inner = versioned.root / "vendor/lib"
    inner.mkdir(parents=True)
    git(inner, "init", "--quiet")
    assert problems("git.planted", versioned) == []
    git(inner, "config", "core.fsmonitor", "./run-me")
    found = problem("git.planted", versioned)
    assert found.level == "warning"
    assert "vendor/lib/.git" in found.what
    assert "core.fsmonitor" in found.what


def test_hostile_repository_runs_nothing(versioned: FakeProject, tmp_path: Path) -> None:
    """X-S1, X-L2: the doctor comes to look, also where an agent prepared a program for git to run."""
    trap, trace = tmp_path / "trap", tmp_path / "trace"
    trap.write_text(f"#!/bin/sh\ntouch '{trace}'\n")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external"):
        git(versioned.root, "config", name, str(trap))
    for name in CHECKS:
        assert problems(name, versioned) == []
    assert not trace.exists()
