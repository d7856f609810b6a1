"""A project's files as they would be if its template had always been at another address.

Copier renders the recorded version from the new address too, sees no change there, and so keeps the old one.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from aidevcontainer.project import helpers_pin
from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.project.record import Record
from aidevcontainer.updates.file_changes import File

_PROJECT, _PIN = f"{FOLDER}/project.json", f"{FOLDER}/{helpers_pin.FILE}"
_ANSWER = re.compile(r"(?m)^_src_path:.*\n(?:[ \t]+.*\n)*")
_TEMPLATE = re.compile(r'("template":\s*)"(?:[^"\\]|\\.)*"')


def files(found: dict[str, File], answers: Record, root: Path) -> dict[str, File]:
    """Returns the files of the project at `root` with the address in `answers` wherever they name one."""
    moved = dict(found)
    for name in (answers.file, _PROJECT, _PIN):
        if name in found and not found[name].link:
            text = found[name].content.decode("utf-8", "surrogateescape")
            content = _moved(name, text, answers, root).encode("utf-8", "surrogateescape")
            moved[name] = found[name]._replace(content=content)
    return moved


def _moved(name: str, text: str, answers: Record, root: Path) -> str:
    if name == _PROJECT:
        return _TEMPLATE.sub(lambda match: match[1] + json.dumps(answers.source), text)
    if name == _PIN:
        return _with_address(text, helpers_pin.address(answers.source, str(root)))
    if yaml.safe_load(text)["_src_path"] == answers.source:
        return text
    line = yaml.safe_dump({"_src_path": answers.source}, allow_unicode=True)
    return _ANSWER.sub(lambda _: line, text)


def _with_address(text: str, address: str) -> str:
    try:
        pin = helpers_pin.parse(text)
    except ValueError:
        return text  # a person's own line, which a merge keeps or shows
    return text.replace(f"{pin.address}@{pin.commit}", f"{address}@{pin.commit}")
