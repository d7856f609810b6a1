"""Hosts that a repository's files name or imply."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from aidevcontainer.firewall import suggest
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.project.paths import Project
from tests.support.allowlist import lists
from tests.support.firewall_list import sentences
from tests.support.scaffold import ROOT

__all__ = ["lists"]


def offered(lists: Lists) -> dict[str, str]:
    project = Project(str(Path(lists.folder).parent))
    return {each.entry: each.file for each in suggest.collect(project)}


def test_hosts_that_files_name_are_offered_with_the_file(lists: Lists) -> None:
    """X-F6: lock files, registries in configuration, requirements, Dockerfiles, CI files, submodules."""
    found = {entry: file for entry, file in offered(lists).items() if "corp" in entry}
    assert found == {
        "npm.corp.dev": "web/package-lock.json",
        "packages.corp.dev:8443": ".npmrc",
        "pypi.corp.dev": "requirements.txt",
        "registry.corp.dev": "Dockerfile",
        "get.corp.dev": "Dockerfile",
        "ci.corp.dev": ".github/workflows/ci.yml",
        "git.corp.dev": ".gitmodules",
    }


def test_a_manifest_implies_its_service_less_what_is_listed(lists: Lists) -> None:
    """X-F6: by the same list that the questions offer."""
    found = offered(lists)
    assert found["registry.npmjs.org"] == "web/package-lock.json"
    assert found["files.pythonhosted.org"] == "requirements.txt"
    assert {"pypi.org", "listed.corp.dev", "static.crates.io"}.isdisjoint(found)


def test_every_manifest_belongs_to_a_bundle() -> None:
    """X-F6: a bundle that was renamed is not silently forgotten."""
    keys = {
        each["key"]
        for each in yaml.safe_load((ROOT / "bootstrap/aidevcontainer/firewall/bundles.yml").read_text())
    }
    assert {source.bundle for source in suggest._SOURCES} - {""} <= keys


def test_nothing_is_added_and_nothing_strange_is_read(lists: Lists, tmp_path: Path) -> None:
    """X-F6: what the agent put into the tree cannot make the helper hang, fail or write."""
    (tmp_path / "package.json").mkdir()
    (tmp_path / "pip.conf").symlink_to("/dev/zero")
    (tmp_path / "uv.lock").write_bytes(b'\xff\xfe registry = "https://x\x00.corp.dev"')
    before = (tmp_path / ".aidevcontainer/allowed-domains.txt").read_text()
    offered(lists)
    assert (tmp_path / ".aidevcontainer/allowed-domains.txt").read_text() == before
    assert sorted(path.name for path in (tmp_path / ".aidevcontainer").iterdir()) == ["allowed-domains.txt"]


def test_what_is_suggested_is_an_entry(lists: Lists) -> None:
    """X-F6: the firewall's linter takes every one."""
    assert sentences("\n".join(offered(lists))) == ""


def test_suggestions_for_programs(lists: Lists) -> None:
    """X-F6: plain data."""
    project = Project(str(Path(lists.folder).parent))
    assert json.loads(json.dumps([each._asdict() for each in suggest.collect(project)]))
