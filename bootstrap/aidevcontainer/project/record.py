"""The record that a project keeps of its template: address, version and answers."""

from __future__ import annotations

import os
import re
import stat
from typing import Any, NamedTuple

import yaml

from aidevcontainer.util import conflict_markers, light_json
from aidevcontainer.util.errors import Problem

ANSWERS = ".copier-answers.yml"
# No other template asks this question.
_MARK = "allowed_bundles"
_MOST_BYTES = 100_000
# Excludes options and special syntax of git.
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+!-]*")


class Record(NamedTuple):
    """The answers file (relative to the root), the address as recorded, the version, and the answers."""

    file: str
    source: str
    version: str
    answers: dict[str, Any]


def read(root: str) -> Record:
    """Returns the record of the project at `root`.

    Raises Problem if it is missing, damaged or the record of another template.
    """
    name = _recorded_name(root)
    return of(name, _answers(root, name))


def of(name: str, values: dict[str, Any]) -> Record:
    """Returns the record in an answers file called `name`. Raises Problem for missing lines."""
    source, version = (str(values.get(key) or "") for key in ("_src_path", "_commit"))
    lines = {"_src_path": bool(source), "_commit": bool(_VERSION.fullmatch(version))}
    missing = [line for line, there in lines.items() if not there]
    if missing:
        raise Problem(
            f"{name} does not contain {' and '.join(missing)}, so its version of the template is unknown. "
            f"Restore these lines from git's history: git log -p -- {name}"
        )
    answers = {key: value for key, value in values.items() if not str(key).startswith("_")}
    return Record(name, source, version, answers)


def version(root: str) -> str:
    """Returns the recorded version, empty where it cannot be read. Never raises."""
    try:
        return read(root).version
    except (Problem, OSError):
        return ""


def confirmed(root: str, record: Record) -> bool:
    """Returns whether the address is the one that the template itself wrote into `.aidevcontainer/`.

    The agent can write the answers file. It must not lead the host to an address of the agent's choice.
    """
    return project(root).get("template") == record.source


def address(root: str, record: Record) -> str:
    """Returns the template's address in a form that git accepts in any directory."""
    for short, long in (("gh:", "https://github.com/"), ("gl:", "https://gitlab.com/")):
        if record.source.startswith(short):
            return f"{long}{record.source[len(short) :]}"
    source = record.source[4:] if record.source.startswith("git+") else record.source
    if re.match(r"[a-z+]+://|[^/]+@[^/]+:", source):
        return source
    return os.path.normpath(os.path.join(root, os.path.expanduser(source)))


def project(root: str) -> dict[str, Any]:
    """Returns the fields of `project.json`, which the template wrote for programs; none if it is damaged."""
    return light_json.fields_of(os.path.join(root, ".aidevcontainer", "project.json"))


def _recorded_name(root: str) -> str:
    name = str(project(root).get("answers_file") or ANSWERS)
    # The file comes with the branch, and this name is opened and printed.
    return name if re.fullmatch(r"[A-Za-z0-9_.-]+", name) else ANSWERS


def _answers(root: str, name: str) -> dict[str, Any]:
    try:
        found = _parsed(os.path.join(root, name), name)
    except OSError:
        raise Problem(
            f"{name} is missing. It contains this project's answers and its version. Restore it: "
            f"git checkout HEAD -- {name}"
        ) from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f", line {line + 1}," if line is not None else ""
        raise Problem(
            f"{name}{where} is not valid YAML, so the answers cannot be read. Restore it: "
            f"git checkout HEAD -- {name}"
        ) from None
    if not isinstance(found, dict) or _MARK not in found:
        other = found.get("_src_path", "unknown") if isinstance(found, dict) else "unknown"
        raise Problem(
            f"{name} contains the answers for another Copier template ({other}), not for this one. "
            "Restore it from git's history, or answer again into a separate file: "
            f"copier copy -a .copier-answers.aidevcontainer.yml ADDRESS {root}"
        )
    return found


def _parsed(path: str, name: str) -> Any:  # noqa: ANN401 -- YAML
    # The agent can write the file: a pipe would keep the reader waiting, and a few lines of references to
    # references can expand to more than memory holds.
    state = os.lstat(path)
    if not stat.S_ISREG(state.st_mode) or state.st_size > _MOST_BYTES:
        raise ValueError("not an answers file")
    with open(path, "rb") as file:
        content = file.read(_MOST_BYTES)
    if conflict_markers.there(content):
        raise Problem(
            f"{name} contains conflict markers of a merge (<<<<<<<). Keep the lines that you want, remove "
            f"the markers, and commit it: git commit -m 'Resolve {name}' {name}"
        )
    text = content.decode()
    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
        raise ValueError("references")
    return yaml.safe_load(text)
