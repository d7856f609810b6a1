"""Hosts that a repository's files name or imply."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

import pytest
import yaml

from aidevcontainer.firewall import suggest
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.firewall.host_files import HOST_FILES
from aidevcontainer.project.paths import Project
from tests.support.allowlist import lists
from tests.support.firewall_list import sentences
from tests.support.scaffold import ROOT

__all__ = ["lists"]


def offered(lists: Lists) -> dict[str, str]:
    project = Project(str(Path(lists.folder).parent))
    return {each.entry: each.file for each in suggest.collect(project).hosts}


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
        "git.corp.dev:22": ".gitmodules",
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
    assert {each.bundle for each in HOST_FILES} - {""} <= keys


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
    assert json.loads(json.dumps([each._asdict() for each in suggest.collect(project).hosts]))


NAMED = {
    each["file"]: each
    for each in yaml.safe_load((Path(__file__).parent / "host_files.yml").read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("name", NAMED)
def test_files_of_every_tool_are_read(tmp_path: Path, name: str) -> None:
    """X-F6: registries, indexes, mirrors and images count; home pages, comments and half names do not."""
    (tmp_path / ".aidevcontainer").mkdir()
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(NAMED[name]["text"])
    assert {each for each in found(tmp_path) if "corp" in each} == set(NAMED[name]["hosts"])


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("uv.toml", "pypi.org"),
        ("bun.lockb", "registry.npmjs.org"),
        ("pixi.lock", "conda.anaconda.org"),
        ("a/pubspec.yaml", "pub.dev"),
        (".mvn/jvm.config", "repo.maven.apache.org"),
    ],
)
def test_files_imply_their_service(tmp_path: Path, name: str, service: str) -> None:
    """X-F6: a lock file without an address of its own still needs the tool's usual registry."""
    (tmp_path / ".aidevcontainer").mkdir()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("")
    assert service in found(tmp_path)


def found(root: Path) -> set[str]:
    return {each.entry for each in suggest.collect(Project(str(root))).hosts}


_SIZE = 1_000_000
HOSTILE = {
    "tags": b"<repository>" * (_SIZE // 12),
    "open tags with text": b"<repository><url>https://x" * (_SIZE // 26),
    "nested": b"<a>" * (_SIZE // 3),
    "attributes": b"<a " + b"".join(b'a%d="https://a.b" ' % each for each in range(_SIZE // 20)) + b"/>",
    "entities": b'<!DOCTYPE a [<!ENTITY a "'
    + b"https://a.corp.dev" * 9
    + b'">'
    + b"".join(b'<!ENTITY a%d "%s">' % (each, b"&a%d;" % (each - 1) * 9) for each in range(1, 12))
    + b"]><a>&a11;</a>",
    "words": b"curl " * (_SIZE // 5),
    "keys": b"registry=" * (_SIZE // 9),
    "schemes": b"https://" * (_SIZE // 8),
    "half names": (b"https://" + b"a-" * 120) * (_SIZE // 248),
    "labels": b"https://" + b"a." * (_SIZE // 2),
    "users": (b"https://" + b"a" * 250) * (_SIZE // 258),
    "one letter": b"a" * _SIZE,
    "digits": b"1." * (_SIZE // 2),
    "spaces": b" " * _SIZE,
    "lines": b"\n" * _SIZE,
    "FROM": b"FROM --a " * (_SIZE // 9),
    "FROM and spaces": b"FROM" + b" " * _SIZE,
    "quotes": b"\"'" * (_SIZE // 2),
    "comments": b" #" * (_SIZE // 2),
    "zeros": bytes(_SIZE),
    "no text": b"\xff\xfe" * (_SIZE // 2),
    "many hosts": b"".join(b'url = "https://h%d.corp.dev"\n' % each for each in range(_SIZE // 30)),
}
_READ_AS = ("pom.xml", "Dockerfile", "package-lock.json", "build.gradle", ".npmrc", "requirements.txt")


@pytest.mark.parametrize("content", HOSTILE)
def test_no_content_keeps_the_search_busy(tmp_path: Path, content: str) -> None:
    """X-F6: the time grows with the size alone, in every format; four times the size tells."""
    times = []
    for part in (_SIZE // 4, _SIZE):
        root = tmp_path / str(part)
        (root / ".aidevcontainer").mkdir(parents=True)
        for name in _READ_AS:
            (root / name).write_bytes(HOSTILE[content][:part])
        start = time.process_time()
        suggest.collect(Project(str(root)))
        times.append(time.process_time() - start)
    # 4 if linear, 16 if quadratic. What takes no time at all is not measured.
    assert times[1] < 9 * max(times[0], 0.1), times


def test_a_repository_too_large_to_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """X-F6: bytes, time, files and hosts have limits, and what one of them left out is said."""
    (tmp_path / ".aidevcontainer").mkdir()
    (tmp_path / "uv.toml").write_text("".join(f"url = 'https://h{each}.corp.dev'\n" for each in range(400)))
    (tmp_path / "a").mkdir()
    (tmp_path / "a/pip.conf").write_text("index-url = https://deep.corp.dev\n")
    project = Project(str(tmp_path))
    assert "403 hosts" in "".join(suggest.collect(project).left_out)
    limits = {
        "_MOST_BYTES": (100, "uv.toml is large"),
        "_MOST_BYTES_IN_ALL": (100, "ended at uv.toml"),
        "_MOST_SECONDS": (-1, "ended at"),
        "_MOST_FILES": (1, "first 1 files"),
    }
    for name, (value, said) in limits.items():
        with monkeypatch.context() as changed:
            changed.setattr(suggest, name, value)
            assert said in "".join(suggest.collect(project).left_out), name


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "loop", "socket"])
def test_only_plain_files_are_read(tmp_path: Path, kind: str) -> None:
    """X-F6: anything but a plain file neither blocks nor ends the search."""
    (tmp_path / ".aidevcontainer").mkdir()
    path = tmp_path / "pom.xml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind(os.path.relpath(path))
    else:
        path.symlink_to("/dev/zero" if kind == "device" else "pom.xml")
    (tmp_path / "uv.toml").write_text("url = 'https://one.corp.dev'\n")
    assert "one.corp.dev" in found(tmp_path)
