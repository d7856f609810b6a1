"""What a project records of the template it was made from."""

from __future__ import annotations

import json
import os
import re
import stat
from typing import Any, NamedTuple

import yaml

from bootstrap.problem import Problem

ANSWERS = ".copier-answers.yml"
# A question that no other template has.
_MARK = "allowed_bundles"
_MOST_BYTES = 100_000
# An option or a trick of git's is none of them.
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+!-]*")


class Record(NamedTuple):
    """The answers file (relative to the root), the address as recorded, the version, and the answers."""

    file: str
    source: str
    version: str
    answers: dict[str, Any]


def read(root: str) -> Record:
    """Return the record of the project at `root`. Raises Problem where it is missing, damaged or foreign."""
    name = os.path.basename(str(project(root).get("answers_file") or ANSWERS))
    found = _answers(root, name)
    source, version = found.get("_src_path"), str(found.get("_commit"))
    if not source or not _VERSION.fullmatch(version):
        raise Problem(
            f"{name} does not say which template and version this project has. "
            f"Bring these lines back: git log -p -- {name}"
        )
    answers = {key: value for key, value in found.items() if not key.startswith("_")}
    return Record(name, str(source), version, answers)


def version(root: str) -> str:
    """Return the recorded version, or nothing where there is none that can be read. Never raises."""
    try:
        return read(root).version
    except (Problem, OSError):
        return ""


def confirmed(root: str, record: Record) -> bool:
    """Tell whether the address is the one that the template itself wrote into `.aidevcontainer/`.

    The answers file is the agent's to write. What it says must not lead the host to an address of its choice.
    """
    return project(root).get("template") == record.source


def address(root: str, record: Record) -> str:
    """Return the template's address as git takes it, from any directory."""
    for short, long in (("gh:", "https://github.com/"), ("gl:", "https://gitlab.com/")):
        if record.source.startswith(short):
            return f"{long}{record.source[len(short) :]}"
    source = record.source[4:] if record.source.startswith("git+") else record.source
    if re.match(r"[a-z+]+://|[^/]+@[^/]+:", source):
        return source
    return os.path.normpath(os.path.join(root, os.path.expanduser(source)))


def project(root: str) -> dict[str, Any]:
    """Return what the template wrote for programs, or nothing where that is damaged."""
    try:
        with open(os.path.join(root, ".aidevcontainer", "project.json"), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _answers(root: str, name: str) -> dict[str, Any]:
    try:
        found = _parsed(os.path.join(root, name))
    except OSError:
        raise Problem(
            f"{name} is missing: it holds your answers and the version. Bring it back: git checkout -- {name}"
        ) from None
    except (ValueError, yaml.YAMLError):
        raise Problem(f"{name} is no valid YAML. Bring it back: git checkout -- {name}") from None
    if not isinstance(found, dict) or _MARK not in found:
        raise Problem(f"{name} holds the answers to another template. Bring ours back: git log -- {name}")
    return found


def _parsed(path: str) -> Any:  # noqa: ANN401 -- YAML
    # The file is the agent's to write: a pipe would keep the reader waiting, and a few lines of references
    # to references can stand for more than any memory holds.
    state = os.lstat(path)
    if not stat.S_ISREG(state.st_mode) or state.st_size > _MOST_BYTES:
        raise ValueError("no file of answers")
    with open(path, encoding="utf-8") as file:
        text = file.read(_MOST_BYTES)
    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
        raise ValueError("references")
    return yaml.safe_load(text)
