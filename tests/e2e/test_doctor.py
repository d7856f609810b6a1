"""`container doctor` on a real engine: things are broken, found, and mended by the fix that it names."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.docker import docker
from tests.support.fixtures import NewProject
from tests.support.project import Project

pytestmark = pytest.mark.engine

Found = dict[str, dict[str, Any]]


def doctor(project: Project, settings: Path) -> Found:
    """Return what is wrong by its check, the last of each; notes are nothing wrong."""
    done = project.helper("container", "doctor", "--json", env={"GIT_CONFIG_GLOBAL": str(settings)})
    report = json.loads(done.out)
    wrong = {each["id"]: each for each in report["findings"] if each["level"] in ("warning", "error")}
    assert done.code == int(bool(wrong)), done.err
    assert not [each for each in report["findings"] if "This check failed" in each["what"]]
    return wrong


def mend(project: Project, finding: dict[str, Any]) -> None:
    """Do what a fix says, as its user, or as root where it says sudo."""
    command = finding["fix"].split(", then: ")[-1]
    if command.startswith("sudo "):
        subprocess.run(command[5:], shell=True, check=True, cwd=project.path)  # noqa: S602
    else:
        project.run("sh", "-c", command, timeout=120).checked()


def break_files(project: Project) -> list[str]:
    """Break what is on the disk in several ways; return the checks that have to notice."""
    project.write(".gitignore", ".aidevcontainer/\n")
    project.write(".aidevcontainer/Dockerfile.rej", "@@ -1 +1 @@\n")
    script = project.scaffold / "scripts/healthcheck.sh"
    script.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    broken = ["git.ignored", "files.merged", "template.unchanged"]
    if os.getuid() == 0:
        (project.path / "made by root").touch()
        broken.append("files.owner")
    return broken


def stop_resolver(project: Project) -> None:
    """Let the resolver live and be silent: nobody who only looks at processes notices."""
    project.in_firewall("sh", "-c", "kill -STOP $(cat /run/aidevcontainer/main.pid)", check=True)


def test_everything_broken_is_found_and_mended(new_project: NewProject, workspace: Path) -> None:
    """X-L2: files, owner, drift, resolver, namespace: each with a fix that does it."""
    project = new_project("doctor", up=True)
    # The template of these tests belongs to whoever runs them, which git takes for a trap.
    settings = workspace / "doctor.gitconfig"
    settings.write_text("[safe]\n\tdirectory = *\n")
    assert doctor(project, settings) == {}

    broken = break_files(project)
    found = doctor(project, settings)
    assert sorted(found) == sorted(broken)
    (project.path / ".gitignore").unlink()
    for finding in found.values():
        mend(project, finding)

    stop_resolver(project)
    found = doctor(project, settings)
    assert "firewall.resolver" in found
    assert not set(broken) & set(found)
    mend(project, found["firewall.resolver"])

    docker("restart", "--time", "1", project.firewall)
    project.wait_ready()
    found = doctor(project, settings)
    assert list(found) == ["containers.namespace"]
    mend(project, found["containers.namespace"])
    assert doctor(project, settings) == {}
