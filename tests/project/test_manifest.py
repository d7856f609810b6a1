"""The table of the scaffold's files, against a fresh scaffold and against what says parts of it elsewhere."""

from __future__ import annotations

import re

import pytest
import yaml

from aidevcontainer.project import manifest
from aidevcontainer.project.manifest import ENTRIES, FOLDER, Owner
from tests.support.scaffold import ROOT
from tests.support.template import Scaffold

TEMPLATE = ROOT / "template" / FOLDER
IMAGE = "./.aidevcontainer/container up"


def written(scaffold: Scaffold) -> list[str]:
    folder = scaffold.project.path / FOLDER
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def test_every_file_of_a_scaffold_has_an_entry(scaffold: Scaffold) -> None:
    """X-H1, X-L3: a new file of the template must not be taken for the user's."""
    assert [name for name in written(scaffold) if manifest.entry(f"{FOLDER}/{name}") is manifest.OTHER] == []


def test_every_entry_has_a_file(scaffold: Scaffold) -> None:
    """X-H1: the table names nothing that is gone."""
    names = written(scaffold)
    expected = [each for each in ENTRIES if each.owner is not Owner.MACHINE]
    assert [each.name for each in expected if not any(manifest.covers(each, name) for name in names)] == []


def test_entries_do_not_repeat() -> None:
    names = [each.name for each in ENTRIES]
    assert len(names) == len(set(names))


def test_files_of_a_person_are_never_written_again() -> None:
    """U-3: what copier.yml keeps out of every update."""
    configuration = yaml.safe_load(re.sub(r"!include \S+", "''", (ROOT / "copier.yml").read_text()))
    kept = [name.removeprefix(f"{FOLDER}/") for name in configuration["_skip_if_exists"]]
    assert kept == list(manifest.owned_by(Owner.PERSON))


def test_files_of_a_machine_are_ignored_by_git() -> None:
    """US-005.2: and the one file of a person that is for this machine alone."""
    lines = (TEMPLATE / ".gitignore.jinja").read_text().splitlines()
    ignored = {line for line in lines if line and line[0] not in "#{"}
    machine = set(manifest.owned_by(Owner.MACHINE))
    assert ignored == machine | {manifest.MACHINE_CERTIFICATES, "allowed-domains.local.txt"}


def test_files_of_the_image_are_what_its_build_may_read() -> None:
    """X-H1: the engine's list of what it sends to a build, and the helpers' of what names an image."""
    lines = (TEMPLATE / ".dockerignore").read_text().splitlines()
    sent = {line[1:].partition("/")[0] for line in lines if line.startswith("!")}
    assert sent | {"Dockerfile", ".dockerignore"} == set(manifest.image_sources())


@pytest.mark.parametrize("name", manifest.image_sources())
def test_a_change_of_the_image_needs_a_build(name: str) -> None:
    """U-3: what a build reads and what an update takes for such a file are one."""
    path = (
        f"{FOLDER}/{name}" if (TEMPLATE / name).is_file() or name == "packages.txt" else f"{FOLDER}/{name}/x"
    )
    assert manifest.entry(path).afterwards == IMAGE
    assert manifest.entry(path).security


def test_the_most_exact_entry_counts() -> None:
    assert manifest.entry(f"{FOLDER}/scripts/bridge/install.sh").owner is Owner.MACHINE
    assert manifest.entry(f"{FOLDER}/scripts/bin/git").owner is Owner.TEMPLATE
    assert manifest.entry("scripts/bin/git") is manifest.OTHER
