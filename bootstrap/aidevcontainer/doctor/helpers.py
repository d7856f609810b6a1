"""The helpers themselves: which code runs on this machine, and who decides that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

from aidevcontainer.doctor.context import Context
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, ok
from aidevcontainer.project import helpers_pin, record
from aidevcontainer.project.helpers_pin import HelpersPin
from aidevcontainer.util import files

AREA = Area("helpers")

_RESTORE = "git checkout -- .aidevcontainer/requirements.txt"


@AREA.check(
    "pin",
    "requirements.txt pins the helpers to one commit of this project's template",
    "It decides which code runs on your machine: an edit, by a branch or a merge, can bring in anything.",
)
def _pin(context: Context) -> Iterator[Remark]:
    try:
        pin = _read(context)
    except (OSError, ValueError) as reason:
        yield error(_sentence(reason), _RESTORE)
        return
    template = record.project(context.root).get("template")
    if not isinstance(template, str):
        raise SkippedError("project.json does not name the template")
    if pin.address != helpers_pin.address(template, context.root):
        yield error(f"The helpers come from {pin.address}, but the template is {template}.", _RESTORE)
    else:
        yield ok(f"{pin.address}, commit {pin.commit[:12]}")


@AREA.check(
    "installed",
    "the helpers that run are the pinned ones",
    "Other code than the template's runs on your machine, or an old version of it.",
)
def _installed(context: Context) -> Iterator[Remark]:
    try:
        pin = _read(context)
    except (OSError, ValueError):
        raise SkippedError("the pin cannot be read") from None
    commit = _installed_commit()
    if commit != pin.commit:
        yield error(
            f"Commit {commit[:12]} of the helpers runs, but {pin.commit[:12]} is pinned.",
            "rm -r ~/.cache/aidevcontainer/helpers, then run any command: it installs the pinned ones",
        )


def _read(context: Context) -> HelpersPin:
    content = files.read(context.path(helpers_pin.FILE))
    if content is None:
        raise ValueError(f"{helpers_pin.FILE} is missing.")
    return helpers_pin.parse(content.decode("utf-8", "replace"))


def _sentence(reason: OSError | ValueError) -> str:
    if isinstance(reason, OSError):
        return f"{helpers_pin.FILE} cannot be read ({reason.strerror})."
    return str(reason)


def _installed_commit() -> str:
    """Returns the commit that pip or uv recorded (PEP 610). Raises SkippedError where they did not."""
    try:
        recorded = json.loads(distribution("aidevcontainer").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        recorded = {}
    commit = str(recorded.get("vcs_info", {}).get("commit_id", ""))
    if not commit:
        raise SkippedError("this installation does not record its commit")
    return commit
