"""What Copier and its git raise during an update, as sentences."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from copier.errors import CopierError, UnsafeTemplateError, UserMessageError
from plumbum import ProcessExecutionError

from aidevcontainer.engine import diagnosis
from aidevcontainer.project.record import Record
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem

_TEMPLATE_GONE = (
    "Check the address (another one: --source) and your network; for a private template, that git may read "
    "it: git ls-remote {0}"
)


class Request(NamedTuple):
    """What to update to. An empty `version` is the newest; `ask` is all, new (questions) or nothing."""

    version: str
    data: dict[str, str]
    ask: str


@contextlib.contextmanager
def explained(answers: Record, request: Request) -> Iterator[None]:
    """Turn what Copier and its git raise into sentences."""
    try:
        yield
    except KeyboardInterrupt:
        # Copier's own kind is a CopierError too.
        raise
    except UnsafeTemplateError as error:
        raise Problem(
            f"The template's new version wants to run programs on your machine ({_features(error)}), and "
            "this command never lets it. Look at what they are; if you agree: copier update --trust"
        ) from error
    except UserMessageError as error:
        raise Problem(_known(str(error), answers, request)) from error
    except ProcessExecutionError as error:
        reason = diagnosis.last_line(str(error.stderr))
        raise Problem(
            f"The template at {answers.source} cannot be read: "
            f"{reason}\n{_TEMPLATE_GONE.format(answers.source)}"
        ) from error
    except (CopierError, ValueError, TypeError) as error:
        raise Problem(_known(str(error), answers, request), _code(str(error), request)) from error


def _known(text: str, answers: Record, request: Request) -> str:
    if "downgrading" in text:
        return (
            f"This project has {answers.version}, which is newer than {request.version or 'the newest tag'}, "
            "and Copier cannot merge backwards. To go back, take the files from git's history: git log "
            f"--oneline -- {answers.file}"
        )
    if "Unknown revision" in text:
        return _unknown(text, answers, request)
    if "git-tracked templates" in text or "must be a directory" in text:
        return (
            f"{answers.source} is no git repository, and versions are git's tags. Give the template's own: "
            "./.aidevcontainer/update --source ADDRESS"
        )
    if "version from last update" in text:
        return (
            f"The recorded version, {answers.version} (line _commit of {answers.file}), is no version that "
            "can be compared. Write the tag there that this project was made from, and commit it."
        )
    if "version from template" in text:
        return f"{request.version} is no version of the template. All: git ls-remote --tags {answers.source}"
    return f"Copier could not update: {text.strip()}"


def _unknown(text: str, answers: Record, request: Request) -> str:
    if request.version and repr(request.version) in text:
        return f"The template has no version {request.version}. All: git ls-remote --tags {answers.source}"
    return (
        f"The template at {answers.source} no longer has the version that this project was made from, "
        f"{answers.version}, so there is nothing to compare with. Take the new version over your files, and "
        "look at every change with git diff: copier recopy"
    )


def _code(text: str, request: Request) -> int:
    given = re.search(r"|".join(map(re.escape, request.data)) or r"(?!)", text)
    return WRONG_USAGE if given or ("Unknown revision" in text and request.version) else FAILED


def _features(error: UnsafeTemplateError) -> str:
    found = re.search(r"unsafe feature\w*: ([\w, ]+)", str(error))
    return found.group(1) if found else "tasks"
