"""Errors of Copier and of its git during an update, as sentences."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from copier.errors import CopierError, UnsafeTemplateError, UserMessageError
from plumbum import ProcessExecutionError

from aidevcontainer.engine import diagnosis
from aidevcontainer.project.record import Record
from aidevcontainer.updates.request import UpdateRequest
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem


@contextlib.contextmanager
def explained(answers: Record, request: UpdateRequest) -> Iterator[None]:
    """Turns every error of Copier and its git into a Problem."""
    try:
        yield
    except KeyboardInterrupt:
        # Copier's own kind is a CopierError too.
        raise
    except UnsafeTemplateError as error:
        raise Problem(
            f"The template's new version wants to run programs on your machine ({_features(error)}). This "
            "command never allows that. Read what they do; if you agree: copier update --trust"
        ) from error
    except UserMessageError as error:
        raise Problem(_sentence(str(error), answers, request)) from error
    except ProcessExecutionError as error:
        raise Problem(_unreadable(answers.source, str(error.stderr))) from error
    except (CopierError, ValueError, TypeError) as error:
        raise Problem(_sentence(str(error), answers, request), _code(str(error), request)) from error


def _unreadable(source: str, said: str) -> str:
    return (
        f"The template at {source} cannot be read: {diagnosis.last_line(said)}\n"
        "Check your network and the address (to give another one: --source), and for a private template "
        f"that git can read it: git ls-remote {source}"
    )


def _sentence(text: str, answers: Record, request: UpdateRequest) -> str:
    if "downgrading" in text:
        return (
            f"This project has {answers.version}, which is newer than {request.version or 'the newest tag'}, "
            "and Copier cannot merge backwards. To go back, restore the files from git's history: git log "
            f"--oneline -- {answers.file}"
        )
    if "Unknown revision" in text:
        return _unknown_version(text, answers, request)
    if "git-tracked templates" in text or "must be a directory" in text:
        return (
            f"{answers.source} is not a git repository, and the template's versions are git tags. Give the "
            "template's own address: ./.aidevcontainer/update --source ADDRESS"
        )
    if "version from last update" in text:
        return (
            f"The recorded version, {answers.version} (line _commit of {answers.file}), cannot be compared "
            "with others. Write the tag there that this project was made from, and commit it."
        )
    if "version from template" in text:
        return (
            f"{request.version} is not a version of the template. To list all: git ls-remote --tags "
            f"{answers.source}"
        )
    return f"Copier could not update: {text.strip()}"


def _unknown_version(text: str, answers: Record, request: UpdateRequest) -> str:
    if request.version and repr(request.version) in text:
        return (
            f"The template has no version {request.version}. To list all: git ls-remote --tags "
            f"{answers.source}"
        )
    return (
        f"The template at {answers.source} no longer has the version that this project was made from, "
        f"{answers.version}, so there is nothing to compare with. Write the new version over your files, and "
        "check every change with git diff: copier recopy"
    )


def _code(text: str, request: UpdateRequest) -> int:
    given = re.search(r"|".join(map(re.escape, request.data)) or r"(?!)", text)
    return WRONG_USAGE if given or ("Unknown revision" in text and request.version) else FAILED


def _features(error: UnsafeTemplateError) -> str:
    found = re.search(r"unsafe feature\w*: ([\w, ]+)", str(error))
    return found.group(1) if found else "tasks"
