"""Newer versions of the template: looked up in the background, and remembered for a day."""

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
from aidevcontainer.project import record
from aidevcontainer.project.record import Record
from aidevcontainer.util import cache, files, light_json, versions
from aidevcontainer.util.errors import Problem

SWITCH = "AIDEVCONTAINER_NO_UPDATE_CHECK"
_DAY = 86_400  # seconds
_PATIENCE = 20  # seconds
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from aidevcontainer.updates import news; news.refresh(sys.argv[2])"
)


class News(NamedTuple):
    """A project's version, and the template's `newest`: empty where there is nothing newer.

    `behind` counts releases, and is 0 where the template has only commits.
    """

    version: str
    newest: str
    behind: int

    def sentence(self) -> str:
        """Returns the news for a person; empty where there is nothing newer."""
        if not self.newest:
            return ""
        count = {0: "newer commits exist", 1: "1 version behind"}.get(self.behind)
        return f"{count or f'{self.behind} versions behind'} ({self.version}, newest {self.newest})"


def remembered(root: str) -> News | None:
    """Returns the news as of the last look at the template, or None. Never waits, never raises."""
    try:
        recorded = record.read(root)
    except Problem:
        return None
    found = light_json.fields_of(_file(record.address(root, recorded)))
    return judge(recorded, found) if found.get("head") else None


def judge(recorded: Record, found: dict[str, Any]) -> News:
    """Compares a record with the template's references: `tags` (names) and `head` (a commit)."""
    tags, head = [str(tag) for tag in found.get("tags") or []], str(found.get("head"))
    newer = versions.newer(tags, recorded.version)
    if newer:
        return News(recorded.version, newer[-1], len(newer))
    released = any(versions.parse(tag) for tag in tags)
    commit = recorded.version.rpartition("-g")[2]
    newest = "" if released or head.startswith(commit) else head[:7]
    return News(recorded.version, newest, 0)


def look_in_background(root: str, caller: dict[str, str]) -> None:
    """Starts a process that looks at the template, once a day at most. Never waits, never raises.

    Does nothing where the caller opted out, and in CI and without a terminal, where the news has no reader.
    """
    if caller.get(SWITCH) or caller.get("CI") or not sys.stderr.isatty():
        return
    try:
        recorded = record.read(root)
        path = _file(record.address(root, recorded))
        if not record.confirmed(root, recorded) or _age(path) < _DAY:
            return
        # First, so that a second caller does not look as well, and a failure is not tried again at once.
        _save(path, light_json.fields_of(path))
        _detach(root)
    except (Problem, OSError):
        return


def refresh(root: str) -> dict[str, Any]:
    """Asks the template for its versions now and remembers them. Raises Problem."""
    recorded = record.read(root)
    if not record.confirmed(root, recorded):
        raise Problem(
            f"The template's address in {recorded.file} is not the one that this project was made from. "
            f"Restore it: git checkout -- {recorded.file}"
        )
    source = record.address(root, recorded)
    found = _references(source)
    _save(_file(source), found)
    return found


def is_fresh(root: str) -> bool:
    """Returns whether the remembered news is less than a day old. Raises Problem."""
    path = _file(record.address(root, record.read(root)))
    return _age(path) < _DAY and bool(light_json.fields_of(path).get("head"))


def _references(source: str) -> dict[str, Any]:
    # Outside any repository: the project's own configuration could send git elsewhere.
    git = Git(Path("/"), variables=runner.unattended(os.environ), timeout=_PATIENCE)
    try:
        done = git.run("ls-remote", "--", source, "HEAD", "refs/tags/*")
    except runner.TimedOutError:
        raise Problem(f"The template at {source} does not answer. Check the network.") from None
    if done.code:
        lines = done.err.strip().splitlines() or ["git gives no reason"]
        raise Problem(
            f"The template at {source} cannot be asked ({lines[0]}). Try it yourself: git ls-remote {source}"
        )
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
    files.write(path, json.dumps(found))
