"""The files of a repository that name hosts, and which of the hosts in them a tool contacts."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from aidevcontainer.firewall import mentions
from aidevcontainer.firewall.mentions import Mention

_ANY = r".*"
_FETCHES = r"\b(?:curl|wget|ADD|clone|index-url|registry|registry-url|url|image|repository)\b"
_GRADLE = r"(?:\burl|\bsetUrl|\bmaven)\W{1,8}(?:uri\W{1,8})?$"
_RUBY = r"\b(?:source|git|remote)\b\W{0,6}$"
_MAVEN = r".*(?:[rR]epository|mirror)/url"


class HostFile(NamedTuple):
    """Files with a name like `pattern` (in lower case), and the bundle that they imply.

    A host in them counts if `keys` matches its whole key, or `before` the line before it, or if it is an
    image's registry and `images` is true. `comment` as in `mentions`; `xml` tells that the file is XML.
    """

    pattern: str
    bundle: str = ""
    keys: str = ""
    before: str = ""
    images: bool = False
    comment: str = "#"

    def applies(self, file: str) -> bool:
        """Returns whether a path in the repository is one of these files."""
        path = file.lower().replace(os.sep, "/")
        name = path.rpartition("/")[2]
        if "/" not in self.pattern:
            return fnmatch.fnmatchcase(name, self.pattern)
        return fnmatch.fnmatchcase(path, self.pattern) or fnmatch.fnmatchcase(path, f"*/{self.pattern}")

    def is_read(self) -> bool:
        """Returns whether the content matters, not only that the file is there."""
        return bool(self.keys or self.before or self.images)

    def hosts(self, data: bytes) -> Iterator[Mention]:
        """Yields the hosts that count in a file's content."""
        keys, before = re.compile(self.keys or "(?!)"), re.compile(self.before or "(?!)")
        for each in self._mentions(data):
            is_named = keys.fullmatch(each.key) or before.search(each.before)
            if self.images if each.is_image else is_named:
                yield each

    def _mentions(self, data: bytes) -> Iterator[Mention]:
        if self.comment == "<!--":
            return mentions.in_xml(data)
        return mentions.in_text(data.decode("utf-8", "replace"), self.comment)


HOST_FILES = (
    HostFile("package.json", "npm"),
    HostFile("package-lock.json", "npm", keys="resolved", comment=""),
    HostFile("npm-shrinkwrap.json", "npm", keys="resolved", comment=""),
    HostFile("yarn.lock", "npm", before=r"\bresolved\s+\"$"),
    HostFile("pnpm-lock.yaml", "npm", keys="tarball"),
    HostFile("bun.lock", "npm", keys=_ANY, comment="//"),
    HostFile("bun.lockb", "npm"),
    HostFile("bunfig.toml", "npm", keys="registry|url"),
    HostFile(".npmrc", keys="registry", comment=";"),
    HostFile(".yarnrc*", before=r"(?i)registry(?:Server)?[\"']?:?\s{0,9}[\"']?$"),
    HostFile("deno.json*", "deno", keys=_ANY, comment="//"),
    HostFile("deno.lock", "deno", keys=_ANY, comment=""),
    HostFile("requirements*.txt", "pypi", keys=_ANY),
    HostFile(
        "pyproject.toml", "pypi", keys=r"(?:default-|extra-)?index(?:-urls?)?|url|git|find-links|channels"
    ),
    HostFile("setup.py", "pypi"),
    HostFile("pipfile*", "pypi", keys="url|git"),
    HostFile("poetry.lock", "pypi", keys="url"),
    HostFile("uv.toml", "pypi", keys=_ANY),
    HostFile("uv.lock", "pypi", keys="registry|url|git"),
    HostFile("pip.conf", keys="(?:extra-)?index-url|find-links", comment=";"),
    HostFile("environment.y*ml", "conda", keys=_ANY),
    HostFile("pixi.toml", "conda", keys=r"channels?|(?:extra-)?index-urls?|find-links|url|git"),
    HostFile("pixi.lock", "conda", keys=_ANY),
    HostFile("cargo.toml", "crates", keys="git|registry-index"),
    HostFile("cargo.lock", "crates", keys="source"),
    HostFile(".cargo/config*", keys=_ANY),
    HostFile("go.mod", "go"),
    HostFile("gemfile", "rubygems", before=_RUBY),
    HostFile("gemfile.lock", "rubygems", keys="remote"),
    HostFile("pom.xml", "maven", keys=_MAVEN, comment="<!--"),
    HostFile("*settings.xml", keys=_MAVEN, comment="<!--"),
    HostFile(".mvn/*.config", "maven", keys=_ANY),
    HostFile("maven-wrapper.properties", "maven", keys="distributionUrl|wrapperUrl"),
    HostFile("build.gradle*", "maven", before=_GRADLE, comment="//"),
    HostFile("settings.gradle*", "maven", before=_GRADLE, comment="//"),
    HostFile("gradle-wrapper.properties", "maven", keys="distributionUrl"),
    HostFile("*.csproj", "nuget"),
    HostFile("nuget.config", keys=r".*/add/value", comment="<!--"),
    HostFile("composer.json", "packagist", keys="url", comment=""),
    HostFile("composer.lock", "packagist"),
    HostFile("mix.exs", "hex"),
    HostFile("pubspec.yaml", "pub", keys="hosted|url|git"),
    HostFile("pubspec.lock", "pub", keys="url"),
    HostFile("*.tf", "terraform"),
    HostFile("playwright.config.*", "playwright"),
    HostFile(".gitmodules", keys="url", comment=";"),
    HostFile("*dockerfile*", before=_FETCHES, images=True),
    HostFile("containerfile*", before=_FETCHES, images=True),
    HostFile("*compose*.y*ml", images=True),
    HostFile(".github/workflows/*.y*ml", before=_FETCHES, images=True),
    HostFile("action.y*ml", before=_FETCHES, images=True),
    HostFile(".gitlab-ci.yml", before=_FETCHES, images=True),
    HostFile("jenkinsfile", before=_FETCHES, images=True, comment="//"),
    HostFile(".pre-commit-config.yaml", keys="repo"),
)
