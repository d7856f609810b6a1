"""A template that moved: `update --source` once, and every later run takes it from there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aidevcontainer.project import helpers_pin
from tests.support.template import ANSWERS, FOLDER, Repository, answers_of
from tests.support.updating import replace, update

RECORD, PIN = f"{FOLDER}/project.json", f"{FOLDER}/{helpers_pin.FILE}"


@pytest.fixture
def moved(trimmed: Repository, tmp_path: Path) -> Repository:
    """The same release at another address."""
    return trimmed.clone(tmp_path / 'it\'s "the new" plåce')


def address(moved: Repository, way: str) -> str:
    """Returns one of several ways to write the same address."""
    return {
        "path": str(moved.path),
        "relative": f"../{moved.path.name}",
        "url": f"git+{moved.path.as_uri()}",
    }[way]


def follows(project: Repository, source: str) -> None:
    """Looks at all three places that name the template, and at the next run."""
    assert answers_of(project)["_src_path"] == source
    assert json.loads(project.read(RECORD))["template"] == source
    pin = helpers_pin.parse(project.read(PIN))
    assert pin.address == helpers_pin.address(source, str(project.path))
    project.commit("Update")
    again = update(project, "--yes")
    assert (again.code, "No changes" in again.out) == (0, True), again


@pytest.mark.parametrize("way", ["path", "relative", "url"])
@pytest.mark.parametrize("newer", [False, True])
def test_the_new_address_is_recorded_everywhere(
    project: Repository, moved: Repository, way: str, newer: bool
) -> None:
    """U-3, X-S1: with a newer version there or the same one; the next run needs no --source."""
    if newer:
        moved.write(f"template/{FOLDER}/scripts/new.sh", "#!/bin/sh\n")
        moved.commit("Add a script", "v99.0.0")
    source = address(moved, way)
    done = update(project, "--yes", "--source", source)
    assert (done.code, "CONFLICT" in done.all) == (0, False), done
    assert (project.path / FOLDER / "scripts/new.sh").exists() == newer
    follows(project, source)


def test_a_record_that_an_earlier_update_left_behind_is_healed(
    project: Repository, moved: Repository
) -> None:
    """U-3: the command that the refusal names is enough, though the version stays the same."""
    replace(
        project, ANSWERS, f"_src_path: {answers_of(project)['_src_path']}", f"_src_path: ../{moved.path.name}"
    )
    project.commit("Half an update")
    refusal = update(project, "--yes")
    assert (refusal.code, "update --source" in refusal.all) == (1, True)
    assert update(project, "--yes", "--source", f"../{moved.path.name}").code == 0
    follows(project, f"../{moved.path.name}")


def test_a_pin_of_ones_own_is_no_obstacle(project: Repository, moved: Repository) -> None:
    """U-3: the helpers stay those that the person chose; the address moves all the same."""
    project.write(PIN, "aidevcontainer==1.2.3\n")
    project.commit("Pin a release")
    assert update(project, "--yes", "--source", str(moved.path)).code == 0
    assert project.read(PIN) == "aidevcontainer==1.2.3\n"
    assert json.loads(project.read(RECORD))["template"] == str(moved.path)
