"""What a maintainer's release checks and makes, and the forge's workflow."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.run import Finished, run
from tests.support.scaffold import ROOT
from tests.support.template import Repository, git_environment
from tests.support.updating import pin

PIN = "template/.aidevcontainer/claude.pin"
LOG = "# Changelog\n\n## Unreleased\n\n### Added\n\n- Something.\n\n## 0.9.0 - 2026-01-01\n\n- Old.\n"


@pytest.fixture
def clone(tmp_path: Path) -> Repository:
    """What the script needs of this project, in a repository whose gate takes notes."""
    made = Repository.create(tmp_path / "clone")
    (made.path / ".ci").mkdir()
    shutil.copy2(ROOT / ".ci/release.py", made.path / ".ci/release.py")
    made.write(".gitignore", "__pycache__/\n/gate\n")
    made.write(".ci/run", "#!/bin/sh\necho ran >>gate\n")
    (made.path / ".ci/run").chmod(0o755)
    made.write("CHANGELOG.md", LOG)
    made.write(PIN, pin("2.0.9"))
    made.commit("Start", "v0.9.0")
    made.git("tag", "v0.10.0rc1")
    made.git("tag", "not-a-version")
    return made


def release(clone: Repository, *arguments: str) -> Finished:
    command = [sys.executable, str(clone.path / ".ci/release.py"), *arguments]
    environment = {**git_environment(), "PYTHONPATH": str(ROOT / "bootstrap")}
    return run(command, cwd=clone.path, env=environment)


def state(clone: Repository) -> tuple[str, str, bool]:
    return clone.git("rev-parse", "HEAD"), clone.git("tag"), (clone.path / "gate").exists()


def test_release_is_an_annotated_tag_with_a_dated_changelog(clone: Repository) -> None:
    """U-3: `copier update` follows tags; nothing is pushed, the commands are said."""
    done = release(clone, "0.10.0").checked()
    assert (clone.path / "gate").read_text() == "ran\n"
    assert clone.git("cat-file", "-t", "v0.10.0") == "tag"
    assert clone.git("rev-parse", "v0.10.0^{commit}") == clone.git("rev-parse", "HEAD")
    assert re.search(
        r"## Unreleased\n\n## 0\.10\.0 - \d{4}-\d\d-\d\d\n\n### Added", clone.read("CHANGELOG.md")
    )
    assert "git push origin v0.10.0" in done.out
    assert clone.changes() == []
    assert "nothing under '## Unreleased'" in release(clone, "0.11.0").err


def test_dry_run_changes_nothing(clone: Repository) -> None:
    """U-3: to look before."""
    before = state(clone)
    assert "ready for v1.0.0" in release(clone, "1.0.0", "--dry-run").checked().out
    assert state(clone) == before


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ("0.9.0", "is not newer than the last release, 0.10.0rc1"),
        ("0.10.0b3", "is not newer than the last release, 0.10.0rc1"),
        ("v1.0.0", "is no version of the form"),
        ("1.0", "is no version of the form"),
        ("1.0.0\n", "is no version of the form"),
    ],
)
def test_versions_that_are_none(clone: Repository, version: str, sentence: str) -> None:
    """U-3: a tag that Copier would not follow, or would take for an older one."""
    before = state(clone)
    done = release(clone, version)
    assert done.code == 2
    assert sentence in done.err
    assert state(clone) == before


def test_what_is_not_ready_stops_it(clone: Repository) -> None:
    """U-3: another branch, work that is not committed, a pin without a digest, a gate that is not green."""
    clone.git("switch", "--quiet", "--create", "other")
    assert "this is other: git switch main" in release(clone, "1.0.0").err
    clone.git("switch", "--quiet", "main")
    clone.write("half-done", "x")
    assert "not committed:\n?? half-done" in release(clone, "1.0.0").err
    clone.write(PIN, pin("2.0.9").replace("arm64", "arm65"))
    clone.commit()
    assert f"{PIN} is not a version with a sha512" in release(clone, "1.0.0").err
    clone.write(PIN, pin("2.0.9"))
    clone.write(".ci/run", "#!/bin/sh\nexit 1\n")
    clone.commit()
    before = state(clone)
    done = release(clone, "1.0.0")
    assert done.code == 1
    assert "The gate is not green" in done.err
    assert state(clone) == before


def workflow() -> dict[Any, Any]:
    found = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_the_forge_runs_the_gate_on_linux_and_the_rest_on_macos() -> None:
    """The forge runs what a person runs, with rights to read only, and no action that can move under it."""
    found = workflow()
    # YAML 1.1 reads the bare word as a boolean.
    assert set(found[True]) == {"push", "pull_request"}
    assert found["permissions"] == {"contents": "read"}
    commands = {name: [step.get("run", "") for step in job["steps"]] for name, job in found["jobs"].items()}
    assert commands["linux"][-1] == ".ci/run"
    assert commands["macos"][-1] == "python3 tests --no-engine"
    used = [step["uses"] for job in found["jobs"].values() for step in job["steps"] if "uses" in step]
    assert [name for name in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name)] == []
    assert all("timeout-minutes" in job for job in found["jobs"].values())
