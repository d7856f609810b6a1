"""Whether the template has newer versions: remembered for a day, and found out where nobody waits for it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from aidevcontainer.git import runner
from aidevcontainer.git.runner import Git
from aidevcontainer.project import record as template_record
from aidevcontainer.project.record import Record
from aidevcontainer.util import cache, light_json, versions
from aidevcontainer.util.errors import Problem

SWITCH = "AIDEVCONTAINER_NO_UPDATE_CHECK"
_DAY = 86_400  # seconds
_PATIENCE = 20  # seconds
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from aidevcontainer.updates import news; news.refresh(sys.argv[2])"
)


class News(NamedTuple):
    """How a project's version stands to the template's. `behind` counts releases, 0 where only commits tell.

    `newest` is empty where there is nothing newer.
    """

    version: str
    newest: str
    behind: int

    def sentence(self) -> str:
        """Return it for a person; empty where there is nothing newer."""
        if not self.newest:
            return ""
        count = {0: "newer commits are there", 1: "1 version behind"}.get(self.behind)
        return f"{count or f'{self.behind} versions behind'} ({self.version}, newest {self.newest})"


def remembered(root: str) -> News | None:
    """Return the news as of the last look at the template, or None. Never waits, never raises."""
    try:
        record = template_record.read(root)
    except Problem:
        return None
    found = light_json.fields_of(_file(template_record.address(root, record)))
    return judge(record, found) if found.get("head") else None


def judge(record: Record, found: dict[str, Any]) -> News:
    """Compare a record with the template's references: `tags` (names) and `head` (a commit)."""
    tags, head = [str(tag) for tag in found.get("tags") or []], str(found.get("head"))
    newer = versions.newer(tags, record.version)
    if newer:
        return News(record.version, newer[-1], len(newer))
    released = any(versions.parse(tag) for tag in tags)
    commit = record.version.rpartition("-g")[2]
    newest = "" if released or head.startswith(commit) else head[:7]
    return News(record.version, newest, 0)


def look_behind(root: str, caller: dict[str, str]) -> None:
    """Have a process of its own look at the template, once a day at most. Never waits, never raises.

    Not where the caller said no, and not where nobody will read it: in CI and without a terminal.
    """
    if caller.get(SWITCH) or caller.get("CI") or not sys.stderr.isatty():
        return
    try:
        record = template_record.read(root)
        path = _file(template_record.address(root, record))
        if not template_record.confirmed(root, record) or _age(path) < _DAY:
            return
        # First, so that a second caller does not do the same, and a failure is not tried again at once.
        _save(path, light_json.fields_of(path))
        _detach(root)
    except (Problem, OSError):
        return


def refresh(root: str) -> dict[str, Any]:
    """Ask the template for its versions now and remember them. Raises Problem."""
    record = template_record.read(root)
    if not template_record.confirmed(root, record):
        raise Problem(
            f"The template's address in {record.file} is not the one this project was made from. "
            f"Bring it back: git checkout -- {record.file}"
        )
    source = template_record.address(root, record)
    found = _references(source)
    _save(_file(source), found)
    return found


def is_fresh(root: str) -> bool:
    """Tell whether what is remembered is less than a day old. Raises Problem."""
    path = _file(template_record.address(root, template_record.read(root)))
    return _age(path) < _DAY and bool(light_json.fields_of(path).get("head"))


def _references(source: str) -> dict[str, Any]:
    # In no repository: the project's own configuration could send git elsewhere.
    git = Git(Path("/"), variables=runner.unattended(os.environ), timeout=_PATIENCE)
    try:
        done = git.run("ls-remote", "--", source, "HEAD", "refs/tags/*")
    except runner.TimedOutError:
        raise Problem(f"The template at {source} does not answer. Check the network.") from None
    if done.code:
        lines = done.err.strip().splitlines() or ["git does not say why"]
        raise Problem(f"The template at {source} cannot be asked ({lines[0]}). Check: git ls-remote {source}")
    return _parsed(done.text)


def _parsed(listed: str) -> dict[str, Any]:
    pairs = [line.split("\t", 1) for line in listed.splitlines() if "\t" in line]
    names = [name for _, name in pairs if name.startswith("refs/tags/") and not name.endswith("^{}")]
    head = next((commit for commit, name in pairs if name == "HEAD"), "")
    return {"head": head, "tags": [name[len("refs/tags/") :] for name in names]}


def _detach(root: str) -> None:
    folder = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-I", "-c", _START, folder, root]
    null = subprocess.DEVNULL
    subprocess.Popen(command, cwd="/", stdin=null, stdout=null, stderr=null, start_new_session=True)


def _file(source: str) -> str:
    return cache.path("template", f"{hashlib.sha256(os.fsencode(source)).hexdigest()[:16]}.json")


def _age(path: str) -> float:
    try:
        return time.time() - os.stat(path).st_mtime
    except OSError:
        return float("inf")


def _save(path: str, found: dict[str, Any]) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(found, file)
    os.replace(temporary, path)
