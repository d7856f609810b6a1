"""What a project records of the template it was made from."""

from __future__ import annotations

import os
import re
import stat
from typing import Any, NamedTuple

import yaml

from aidevcontainer.util import conflict_markers, light_json
from aidevcontainer.util.errors import Problem

ANSWERS = ".copier-answers.yml"
# The question that no other template has.
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
    name = _recorded_name(root)
    return of(name, _answers(root, name))


def of(name: str, values: dict[str, Any]) -> Record:
    """Return the record that an answers file called `name` holds. Raises Problem for missing lines."""
    source, version = (str(values.get(key) or "") for key in ("_src_path", "_commit"))
    lines = {"_src_path": bool(source), "_commit": bool(_VERSION.fullmatch(version))}
    missing = [line for line, there in lines.items() if not there]
    if missing:
        raise Problem(
            f"{name} does not say {' and '.join(missing)}, so nobody knows what to compare with. Bring the "
            f"lines back: git log -p -- {name}"
        )
    answers = {key: value for key, value in values.items() if not str(key).startswith("_")}
    return Record(name, source, version, answers)


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
    return light_json.fields_of(os.path.join(root, ".aidevcontainer", "project.json"))


def _recorded_name(root: str) -> str:
    name = str(project(root).get("answers_file") or ANSWERS)
    # The file is the branch's, and this name is opened and printed.
    return name if re.fullmatch(r"[A-Za-z0-9_.-]+", name) else ANSWERS


def _answers(root: str, name: str) -> dict[str, Any]:
    try:
        found = _parsed(os.path.join(root, name), name)
    except OSError:
        raise Problem(
            f"{name} is missing: it holds this project's answers and the version that it has. Bring it "
            f"back: git checkout HEAD -- {name}"
        ) from None
    except (ValueError, yaml.YAMLError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f", line {line + 1}," if line is not None else ""
        raise Problem(
            f"{name}{where} is no valid YAML, so the answers cannot be read. Bring it back: "
            f"git checkout HEAD -- {name}"
        ) from None
    if not isinstance(found, dict) or _MARK not in found:
        other = found.get("_src_path", "unknown") if isinstance(found, dict) else "unknown"
        raise Problem(
            f"{name} holds the answers to another Copier template ({other}), so this project's own are lost. "
            "Bring them back from git's history, or answer anew into a file of its own: "
            f"copier copy -a .copier-answers.aidevcontainer.yml ADDRESS {root}"
        )
    return found


def _parsed(path: str, name: str) -> Any:  # noqa: ANN401 -- YAML
    # The file is the agent's to write: a pipe would keep the reader waiting, and a few lines of references
    # to references can stand for more than any memory holds.
    state = os.lstat(path)
    if not stat.S_ISREG(state.st_mode) or state.st_size > _MOST_BYTES:
        raise ValueError("no file of answers")
    with open(path, "rb") as file:
        content = file.read(_MOST_BYTES)
    if conflict_markers.there(content):
        raise Problem(
            f"{name} has conflict markers of a merge (<<<<<<<). Decide which lines stay, take the markers "
            f"out, and commit it: git commit -m 'Resolve {name}' {name}"
        )
    text = content.decode()
    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
        raise ValueError("references")
    return yaml.safe_load(text)
