"""Hosts that a repository's files name or imply. None is added, because a branch must not open a way out."""

from __future__ import annotations

import fnmatch
import functools
import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from aidevcontainer.firewall import entry
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.project.paths import Project

_BUNDLES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "bundles.yml")
_SKIPPED = {
    *("node_modules", "vendor", "dist", "build", "target", "venv", "__pycache__", "site-packages"),
    *(".git", ".hg", ".venv", ".tox", ".aidevcontainer"),
}
_DEEPEST = 5  # directory levels below the repository
_MOST_FILES = 20000
_MOST_BYTES = 4_000_000
_URL = r"(?:[a-z+]+\+)?(?:https?|git|ssh)://(?:[^/@\s\"']*@)?"
_HOST = r"([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}(?::[0-9]{1,5})?)"
_ANY_URL = _URL + _HOST
_FETCHED = r"(?m)^.*?\b(?:curl|wget|ADD|clone|index-url|registry|url|image|repository)\b.*?" + _ANY_URL
# Docker treats the first part of an image name as a registry if it contains a dot.
_FROM = r"(?mi)^\s*(?:FROM|image:)\s+(?:--\S+\s+)*[\"']?" + _HOST + r"/"
# Names for examples and for local networks.
_RESERVED = re.compile(r"(^|\.)(example(\.(com|net|org))?|localhost|local|invalid|test)$")


class SuggestedHost(NamedTuple):
    """An entry, the file that names or implies it, and why: a service's title, or `named in the file`."""

    entry: str
    file: str
    reason: str


class _Source(NamedTuple):
    """Files with a name like `pattern`, the bundle that they imply, and patterns of the hosts in them."""

    pattern: str
    bundle: str
    hosts: tuple[str, ...]


_SOURCES = (
    _Source("package.json", "npm", ()),
    _Source("package-lock.json", "npm", (r'"resolved":\s*"' + _ANY_URL,)),
    _Source("npm-shrinkwrap.json", "npm", (r'"resolved":\s*"' + _ANY_URL,)),
    _Source("yarn.lock", "npm", (r'resolved\s+"' + _ANY_URL,)),
    _Source("pnpm-lock.yaml", "npm", (r"tarball:\s*" + _ANY_URL,)),
    _Source(".npmrc", "", (r"(?m)^[^#;\n]*registry\s*=\s*" + _ANY_URL,)),
    _Source(".yarnrc*", "", (r"(?i)registry(?:Server)?:?\s+\"?" + _ANY_URL,)),
    _Source("deno.json*", "deno", ()),
    _Source("requirements*.txt", "pypi", (r"(?m)^[^#\n]*" + _ANY_URL,)),
    _Source("pyproject.toml", "pypi", (r"(?m)^\s*(?:index-)?url\s*=\s*\"" + _ANY_URL,)),
    _Source("setup.py", "pypi", ()),
    _Source("Pipfile*", "pypi", (r"url\"?\s*[:=]\s*\"" + _ANY_URL,)),
    _Source("poetry.lock", "pypi", (r"(?m)^url\s*=\s*\"" + _ANY_URL,)),
    _Source("uv.lock", "pypi", (r"(?:registry|url|git)\s*=\s*\"" + _ANY_URL,)),
    _Source("pip.conf", "", (r"(?m)^[^#\n]*index-url\s*=\s*" + _ANY_URL,)),
    _Source("environment.y*ml", "conda", ()),
    _Source("Cargo.toml", "crates", (r"git\s*=\s*\"" + _ANY_URL,)),
    _Source("Cargo.lock", "crates", (r"source\s*=\s*\"" + _ANY_URL,)),
    _Source(".cargo/config*", "", (r"(?m)^[^#\n]*=\s*\"" + _ANY_URL,)),
    _Source("go.mod", "go", ()),
    _Source("Gemfile", "rubygems", (r"(?m)^[^#\n]*(?:source|git:)\s*\(?[\"']" + _ANY_URL,)),
    _Source("Gemfile.lock", "rubygems", (r"remote:\s*" + _ANY_URL,)),
    _Source("pom.xml", "maven", (r"(?s)<(?:pluginR|r)epository>.*?<url>\s*" + _ANY_URL,)),
    _Source("build.gradle*", "maven", (r"(?m)^[^/\n]*url\W+(?:uri\W+)?" + _ANY_URL,)),
    _Source("settings.gradle*", "maven", (r"(?m)^[^/\n]*url\W+(?:uri\W+)?" + _ANY_URL,)),
    _Source("gradle-wrapper.properties", "maven", (r"distributionUrl=https?\\?://" + _HOST,)),
    _Source("*.csproj", "nuget", ()),
    _Source("nuget.config", "", (r"(?i)<add[^>]*value=\"" + _ANY_URL,)),
    _Source("composer.json", "packagist", (r'"url":\s*"' + _ANY_URL,)),
    _Source("composer.lock", "packagist", ()),
    _Source("mix.exs", "hex", ()),
    _Source("*.tf", "terraform", ()),
    _Source("playwright.config.*", "playwright", ()),
    _Source(".gitmodules", "", (r"url\s*=\s*" + _ANY_URL, r"url\s*=\s*git@" + _HOST + ":")),
    _Source("*Dockerfile*", "", (_FROM, _FETCHED)),
    _Source(".github/workflows/*.y*ml", "", (_FROM, _FETCHED)),
    _Source(".gitlab-ci.yml", "", (_FROM, _FETCHED)),
    _Source("Jenkinsfile", "", (_FETCHED,)),
)


def collect(project: Project) -> list[SuggestedHost]:
    """Returns the entries that are not allowed yet, each one once, in the order of the files."""
    lists = Lists(project)
    found: dict[str, SuggestedHost] = {}
    for file in _files(project.root):
        for suggestion in _of_file(project.root, file):
            found.setdefault(suggestion.entry, suggestion)
    return [each for each in found.values() if not lists.allows(each.entry)]


def _of_file(root: str, file: str) -> Iterator[SuggestedHost]:
    for source in _SOURCES:
        if not fnmatch.fnmatch(file if "/" in source.pattern else os.path.basename(file), source.pattern):
            continue
        bundle = _bundles().get(source.bundle)
        for host in bundle["hosts"] if bundle else ():
            yield SuggestedHost(host, file, str(bundle["title"]) if bundle else "")
        text = _read(os.path.join(root, file)) if source.hosts else ""
        for pattern in source.hosts:
            for match in re.finditer(pattern, text):
                host = _entry(match[1])
                if host:
                    yield SuggestedHost(host, file, "named in the file")


def _entry(text: str) -> str:
    host, _, port = text.partition(":")
    found = entry.opening(host, port or "443")
    return "" if found is None or _RESERVED.search(found.host) else str(found)


@functools.lru_cache(maxsize=1)
def _bundles() -> dict[str, dict[str, Any]]:
    with open(_BUNDLES, encoding="utf-8") as file:
        return {each["key"]: each for each in yaml.safe_load(file)}


def _files(root: str) -> Iterator[str]:
    count = 0
    for folder, folders, names in os.walk(root):
        below = os.path.relpath(folder, root)
        depth = 0 if below == "." else below.count(os.sep) + 1
        folders[:] = sorted(name for name in folders if name not in _SKIPPED) if depth < _DEEPEST else []
        for name in sorted(names):
            count += 1
            if count > _MOST_FILES:
                return
            yield name if below == "." else os.path.join(below, name)


def _read(path: str) -> str:
    try:
        # Reading a pipe or a device in the tree would block or never end.
        if not os.path.isfile(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return ""
