"""The files as the template wrote them: the recorded version, rendered from the recorded answers, cached."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from aidevcontainer.doctor.context import Context
from aidevcontainer.doctor.finding import SkippedError
from aidevcontainer.engine import diagnosis
from aidevcontainer.git import runner
from aidevcontainer.project import record as template_record
from aidevcontainer.project.record import Record
from aidevcontainer.util import cache

SECONDS = 120.0
_KEPT = 5  # renders


def folder(context: Context, record: Record) -> str:
    """Return the folder of the render. Raises SkippedError where it cannot be had."""
    home = cache.path("pristine")
    path = os.path.join(home, _key(context.root, record))
    if not os.path.isdir(path):
        os.makedirs(home, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home, prefix="draft-") as draft:
            target = os.path.join(draft, "render")
            _render(context, record, target)
            _publish(target, path)
        _forget(home)
    return path


def _key(root: str, record: Record) -> str:
    # Another directory can have another template under the same relative address.
    material = json.dumps([template_record.address(root, record), *record], sort_keys=True, default=str)
    return hashlib.sha256(material.encode()).hexdigest()[:16]


def _render(context: Context, record: Record, target: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        answers = _write(os.path.join(folder, "answers.yml"), record.answers)
        # A person's own settings for Copier may trust templates, and give other answers.
        environment = {
            **runner.unattended(context.variables),
            "COPIER_SETTINGS_PATH": _write(os.path.join(folder, "settings.yml"), {}),
        }
        options = ("--quiet", "--defaults", "--vcs-ref", record.version, "--data-file", answers)
        places = ("--answers-file", record.file, "--", record.source, target)
        # Without --trust, so that nothing of the template is run.
        command = [sys.executable, "-I", "-m", "copier", "copy", *options, *places]
        done = _run(command, context.root, environment)
    if done.returncode:
        raise SkippedError(
            f"version {record.version} cannot be rendered ({diagnosis.last_line(done.stderr)})"
        )


def _run(command: list[str], root: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            # A relative address is relative to the project.
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS - 10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SkippedError("the template does not answer") from None


def _write(path: str, content: dict[str, Any]) -> str:
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump(content, file)
    return path


def _publish(target: str, path: str) -> None:
    try:
        os.rename(target, path)
    except OSError:
        # Another doctor was faster.
        if not os.path.isdir(path):
            raise


def _forget(home: str) -> None:
    found = sorted(Path(home).iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in [path for path in found if not path.name.startswith("draft-")][_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
