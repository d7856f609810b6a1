"""The lines that make a hook manager, or a hook of the project's own, call our hook.

The lines are in committed files, so they must do nothing in a clone without our hook. A wrong line would fail
everybody's commits, so the file is read first, and only a result that the manager can read is advised.
"""

from __future__ import annotations

import importlib
import json
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

from aidevcontainer.hook import insertion, managers, shell_hook
from aidevcontainer.hook.entry import PROGRAM
from aidevcontainer.hook.file import NAME
from aidevcontainer.hook.insertion import UnfitError
from aidevcontainer.util import files

# Git's own folder of hooks, even where core.hooksPath is set.
_CALL = f'hook=$(git rev-parse --git-common-dir)/hooks/{PROGRAM}; [ ! -x "$hook" ] || "$hook"'
_SHELL = f'{_CALL} "$@"\n'
_ID = "aidevcontainer"
_RUN = f"sh -c '{_CALL} \"$@\"' sh {{0}}"
_COMMAND = f"{_ID}:\n  run: {_RUN}\n"
_JOB = f"- name: {_ID}\n  run: {_RUN}\n"
_REPO = f"""\
- repo: local
  hooks:
    - id: {_ID}
      name: {_ID}
      language: system
      entry: sh -c '{_CALL} "$PRE_COMMIT_FROM_REF" "$PRE_COMMIT_TO_REF" "$PRE_COMMIT_CHECKOUT_TYPE"'
      stages: [{NAME}]
      always_run: true
      pass_filenames: false
      verbose: true
"""


class ManagerLines(NamedTuple):
    """Lines for a manager: `text` belongs at `where` in `file`, a path in the repository.

    `after` is a command to run then, or empty. `problem`: why no lines fit, or empty.
    """

    manager: str
    file: str
    text: str
    where: str
    after: str = ""
    problem: str = ""

    def present(self, root: Path) -> bool:
        """Returns whether the file already calls our hook, outside of comments."""
        try:
            text = _read(root / self.file)
        except OSError:
            return False
        calls = [line for line in text.splitlines() if PROGRAM in line]
        called = any(not line.lstrip().startswith(("#", "//")) for line in calls)
        return called and (self.manager == managers.GIT or _is_readable(self.file, text))


def lines(name: str, root: Path, folder: Path) -> ManagerLines:
    """Returns the lines for a manager, or without a known one those for the hook in `folder`."""
    file, after = _file(name, root, folder)
    try:
        old = _read(root / file)
        new = _amended(name, root, file, old)
    except (UnfitError, OSError) as error:
        problem = (
            f"No line fits into {file}: {error}. Fix the file, or have it call {PROGRAM} in git's hooks."
        )
        return ManagerLines(name, file, "", "", after, problem)
    text, where = _difference(old, new, file)
    if name == managers.PRE_COMMIT and not old and file.endswith((".yaml", ".yml")):
        text, where = textwrap.indent(_REPO, "  "), f"below `repos:` in a new file {file}"
    return ManagerLines(name, file, text, where, after)


def _file(name: str, root: Path, folder: Path) -> tuple[str, str]:
    """Returns the file to change, and the command to run afterwards."""
    if name == managers.HUSKY:
        own = folder.parent if folder.name == "_" else folder
        inside = root in own.parents and ".husky" in own.parts
        return str((own if inside else root / ".husky").relative_to(root) / NAME), ""
    if name == managers.LEFTHOOK:
        return managers.first(root, managers.LEFTHOOK_FILES) or managers.LEFTHOOK_FILES[0], "lefthook install"
    if name == managers.PRE_COMMIT:
        file = managers.first(root, managers.PRE_COMMIT_FILES) or managers.PRE_COMMIT_FILES[0]
        program = "prek" if file == "prek.toml" else "pre-commit"
        return file, f"{program} install --hook-type {NAME}"
    if name == managers.SIMPLE:
        return managers.simple_file(root) or "package.json", "npx simple-git-hooks"
    hook = folder / NAME
    file = str(hook.relative_to(root) if root in hook.parents else hook)
    return file, "" if hook.exists() else f"chmod +x {file}"


def _amended(name: str, root: Path, file: str, text: str) -> str:
    """Returns the file's text with the call of our hook. Raises UnfitError."""
    if file.endswith(".toml"):
        return _with_table(name, text)
    if name == managers.LEFTHOOK:
        return _with_command(text)
    if name == managers.PRE_COMMIT:
        # Older versions had a list alone.
        return insertion.insert(text, () if text.lstrip().startswith("- ") else ("repos",), _REPO)
    if name == managers.SIMPLE:
        return _with_simple_hook(file, text)
    if name == managers.HUSKY or (root / file).exists():
        return shell_hook.with_line(text, _SHELL)
    return f"#!/bin/sh\n{_SHELL}"


def _with_command(text: str) -> str:
    hook = _mapping(insertion.load(text)).get(NAME)
    if isinstance(hook, dict) and "jobs" in hook and "commands" not in hook:
        return insertion.insert(text, (NAME, "jobs"), _JOB)
    return insertion.insert(text, (NAME, "commands"), _COMMAND)


def _with_table(name: str, text: str) -> str:
    """Returns a TOML text with a table at its end, where a table always ends the one before."""
    if name == managers.LEFTHOOK:
        table = f"[{NAME}.commands.{_ID}]\nrun = {json.dumps(_RUN)}\n"
    else:
        hook = insertion.load(_REPO)[0]["hooks"][0]
        fields = ", ".join(f"{key} = {json.dumps(value)}" for key, value in hook.items())
        table = f'[[repos]]\nrepo = "local"\nhooks = [{{ {fields} }}]\n'
    result = f"{text}\n{table}" if text and not text.endswith("\n") else text + table
    _require_toml(result)
    return result


def _require_toml(text: str) -> None:
    try:
        tomllib = importlib.import_module("tomllib")
    except ModuleNotFoundError:
        return  # Python 3.10 reads no TOML
    try:
        tomllib.loads(text)
    except ValueError as error:
        raise UnfitError(f"with a table at its end it is not valid TOML ({error})") from None


def _with_simple_hook(file: str, text: str) -> str:
    if not file.endswith(".json"):
        raise UnfitError(
            f"it is a program. Add to its object: {json.dumps(NAME)}: {json.dumps(_SHELL.strip())}"
        )
    path = (managers.SIMPLE,) if file == "package.json" else ()
    there = _mapping(_mapping(insertion.load(text)).get(managers.SIMPLE) if path else insertion.load(text))
    if NAME in there:
        # Theirs last, since its exit code is the hook's.
        return insertion.replace(text, (*path, NAME), f"{_SHELL.strip()}; {there[NAME]}")
    return insertion.insert(text, path, json.dumps({NAME: _SHELL.strip()}))


def _difference(old: str, new: str, file: str) -> tuple[str, str]:
    """Returns the new lines, and the place where they belong."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    start = _common(before, after)
    rest = _common(before[start:][::-1], after[start:][::-1])
    end = len(before) - rest
    text = "".join(after[start : len(after) - rest])
    if start == len(before):
        return text, f"at the end of {file}"
    if start == end:
        return text, f"after line {start} of {file}" if start else f"at the start of {file}"
    if before[start:end] == [before[-1]] and text.startswith(f"{before[-1]}\n"):
        # The last line has no line break yet.
        return text[len(before[-1]) :], f"at the end of {file}"
    lines = f"line {end}" if end == start + 1 else f"lines {start + 1} to {end}"
    return text, f"in place of {lines} of {file}"


def _common(one: list[str], other: list[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next(
        (index for index, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other))
    )


def _is_readable(file: str, text: str) -> bool:
    if not file.endswith((".yml", ".yaml", ".json")):
        return True
    try:
        insertion.load(text)
    except UnfitError:
        return False
    return True


def _mapping(found: Any) -> dict[str, Any]:  # noqa: ANN401 -- whatever the file contains
    return found if isinstance(found, dict) else {}


def _read(path: Path) -> str:
    return files.read_text(str(path), insertion.MOST_BYTES)
