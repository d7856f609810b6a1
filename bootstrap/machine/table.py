"""Reads the table of the stand-in's packages, standin/packages.ini."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parent / "standin" / "packages.ini"


class Package(NamedTuple):
    """One Alpine package: `programs` maps paths in the image to names of Debian's programs."""

    name: str
    debian: tuple[str, ...]
    programs: dict[str, str]
    folders: tuple[str, ...]
    account: tuple[str, ...]


def load(triplet: str, path: Path = TABLE) -> list[Package]:
    """Returns all packages. `triplet` is Debian's name of the architecture, such as x86_64-linux-gnu."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(path.read_text(encoding="utf-8"))
    return [_package(parser[name], triplet) for name in parser.sections()]


def _package(section: configparser.SectionProxy, triplet: str) -> Package:
    programs = dict(_program(entry) for entry in section.get("programs", "").split())
    folders = tuple(folder.format(triplet=triplet) for folder in section.get("folders", "").split())
    account = tuple(section["account"].split(":")) if "account" in section else ()
    return Package(section.name, tuple(section["debian"].split()), programs, folders, account)


def _program(entry: str) -> tuple[str, str]:
    path, _, name = entry.partition("=")
    return path, name or path.rsplit("/", 1)[1]
