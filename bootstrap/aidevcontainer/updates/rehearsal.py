"""An update by Copier in a repository of its own, so that it can be looked at before it touches anything.

The project's files of the template are copied into a temporary repository, where Copier merges. This is as
fast in a huge project as in a small one, and an interruption costs nothing.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import copier
import yaml
from plumbum import local

from aidevcontainer.git import runner
from aidevcontainer.git.runner import Git
from aidevcontainer.project import record
from aidevcontainer.project.record import Record
from aidevcontainer.updates import copier_errors, file_changes
from aidevcontainer.updates.copier_errors import Request
from aidevcontainer.updates.file_changes import Change, File
from aidevcontainer.util.errors import WRONG_USAGE, Problem

# What a person's own configuration of git would change in the temporary repositories, Copier's own included.
_PLAIN = {
    "core.excludesFile": os.devnull,
    "core.attributesFile": os.devnull,
    "core.hooksPath": os.devnull,
    "core.autocrlf": "false",
    "core.fsmonitor": "false",
    "commit.gpgSign": "false",
    "init.templateDir": "",
}
_IDENTITY = ("-c", "user.name=aidevcontainer", "-c", "user.email=aidevcontainer@localhost")


class Outcome(NamedTuple):
    """What an update does: changes by file, the index's entries (`mode id stage`) of conflicts, and answers.

    `blobs` has the content of every id; `kept` are files that the template dropped and somebody changed.
    """

    changes: list[Change]
    kept: list[str]
    conflicts: dict[str, list[str]]
    blobs: dict[str, bytes]
    before: Record
    after: Record

    @property
    def questions(self) -> list[str]:
        """The names of questions that are new."""
        return [name for name in self.after.answers if name not in self.before.answers]


def update(root: Path, tracked: list[str], answers: Record, request: Request) -> Outcome:
    """Return what an update would do to the `tracked` files of the project at `root`. Raises Problem."""
    with _temporary(root) as copy:
        files = {name: file for name in tracked for file in [file_changes.read(root / name)] if file}
        git = _repository(copy, {**files, answers.file: _at_source(files[answers.file], answers)})
        with copier_errors.explained(answers, request), _quiet(request.ask != "nothing"):
            _run(root, copy, answers, request)
        after = file_changes.read_all(copy)
        conflicts = _conflicts(git)
        blobs = {
            each.split()[1]: _blob(git, each.split()[1]) for lines in conflicts.values() for each in lines
        }
        changes = file_changes.compare(files, after)
        kept = _edited(root, answers, changes)
    new = yaml.safe_load(after[answers.file].content)
    changes = [change for change in changes if change.path not in kept]
    return Outcome(changes, kept, conflicts, blobs, answers, record.of(answers.file, new))


def pristine(root: Path, answers: Record) -> dict[str, File]:
    """Return all files as the project's recorded version makes them from its answers. Raises Problem."""
    request = Request(answers.version, {}, "nothing")
    with _temporary(root) as copy, copier_errors.explained(answers, request), _quiet(False), _directory(root):
        copier.run_copy(
            answers.source,
            copy,
            answers.answers,
            answers_file=answers.file,
            vcs_ref=answers.version,
            defaults=True,
            overwrite=True,
            quiet=True,
            unsafe=False,
            settings=copier.Settings(),
        )
        return file_changes.read_all(copy)


def _edited(root: Path, answers: Record, changes: list[Change]) -> list[str]:
    """Return which deleted files the project had changed, since Copier deletes them even so."""
    deleted = [change for change in changes if change.after is None]
    original = pristine(root, answers) if deleted else {}
    return [change.path for change in deleted if change.before != original.get(change.path)]


def _at_source(file: File, answers: Record) -> File:
    if yaml.safe_load(file.content)["_src_path"] == answers.source:
        return file
    line = yaml.safe_dump({"_src_path": answers.source}, allow_unicode=True).encode()
    content = re.sub(rb"(?m)^_src_path:.*\n(?:[ \t]+.*\n)*", lambda _: line, file.content)
    return file._replace(content=content)


@contextlib.contextmanager
def _temporary(root: Path) -> Iterator[Path]:
    with TemporaryDirectory(prefix="aidevcontainer-update-") as folder:
        # The same name, since a default answer may be made of it.
        copy = Path(folder).resolve() / (root.name or "project")
        copy.mkdir()
        yield copy


def _repository(folder: Path, files: dict[str, File]) -> Git:
    for name, file in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.link:
            place.symlink_to(os.fsdecode(file.content))
        else:
            place.write_bytes(file.content)
            place.chmod(0o755 if file.executable else 0o644)
    git = Git(folder, _PLAIN)
    git.check("make a temporary repository", "init", "--quiet")
    git.check("fill a temporary repository", "add", "--all", "--force")
    git.check("fill a temporary repository", *_IDENTITY, "commit", "--quiet", "--allow-empty", "-m", "Before")
    return git


def _run(root: Path, copy: Path, answers: Record, request: Request) -> None:
    # A relative address is relative to the project.
    with _directory(root):
        copier.run_update(
            copy,
            dict(request.data),
            answers_file=answers.file,
            vcs_ref=request.version or None,
            defaults=request.ask == "nothing",
            skip_answered=request.ask == "new",
            overwrite=True,
            quiet=True,
            unsafe=False,
            settings=copier.Settings(),
        )


@contextlib.contextmanager
def _directory(folder: Path) -> Iterator[None]:
    with local.cwd(folder):
        yield


@contextlib.contextmanager
def _quiet(interactive: bool) -> Iterator[None]:
    """Let Copier speak only where it asks questions, and git ask nothing where nobody answers."""
    variables = runner.environment(_PLAIN)
    if not os.isatty(0):
        variables["GIT_TERMINAL_PROMPT"] = "0"
    with contextlib.ExitStack() as stack:
        stack.enter_context(local.env())
        local.env.clear()
        local.env.update(variables)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        if not interactive:
            stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        yield


def _conflicts(git: Git) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in git.names("list conflicts", "ls-files", "--unmerged", "-z"):
        state, _, name = entry.partition("\t")
        found.setdefault(name, []).append(state)
    return found


def _blob(git: Git, identity: str) -> bytes:
    return git.check("read its own temporary repository", "cat-file", "blob", identity)


def options(values: list[str]) -> dict[str, str]:
    """Return answers given as `NAME=VALUE`. Raises Problem for any other form."""
    wrong = [value for value in values if not re.match(r"\w+=", value)]
    if wrong:
        raise Problem(f"--data takes NAME=VALUE, and '{wrong[0]}' is not of that form.", WRONG_USAGE)
    return {name: value for name, _, value in (each.partition("=") for each in values)}
