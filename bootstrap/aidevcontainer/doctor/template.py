"""Checks the project against its template: the record, changed files, newer versions."""

from __future__ import annotations

import os
from collections.abc import Iterator

from aidevcontainer.doctor import drift, pristine
from aidevcontainer.doctor.context import Context, quoted
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.project import record
from aidevcontainer.project.record import Record
from aidevcontainer.updates import news
from aidevcontainer.util.errors import Problem

AREA = Area("template")

_UPDATE = "./.aidevcontainer/update"


@AREA.check(
    "record",
    "the project records its template, version and answers",
    "Without them an update cannot tell your changes from the template's.",
)
def _record(context: Context) -> Iterator[Remark]:
    try:
        recorded = record.read(context.root)
    except Problem as problem:
        what, _, fix = str(problem).partition(". ")
        yield warning(f"{what.rstrip('.')}.", fix)
        return
    yield ok(f"{recorded.source}, version {recorded.version}")


@AREA.check(
    "source",
    "the answers file names the template that wrote .aidevcontainer/",
    "The agent can write the answers file, and an update from another address would bring code from there.",
)
def _source(context: Context) -> Iterator[Remark]:
    recorded = _recorded(context)
    original = record.project(context.root).get("template")
    if original is None:
        raise SkippedError("project.json does not name the template")
    if not record.confirmed(context.root, recorded):
        yield error(
            f"{recorded.file} names the template {recorded.source}, but .aidevcontainer/ is from {original}.",
            f"git checkout -- {recorded.file}   (if the template moved: "
            f"{quoted(_UPDATE, '--source', recorded.source)})",
        )


@AREA.check(
    "unchanged",
    "the files that protect you equal the template's",
    "A change of scripts, Compose file or commands, by hand, branch or merge, can open any hole.",
    seconds=pristine.SECONDS,
)
def _unchanged(context: Context) -> Iterator[Remark]:
    recorded = _trusted(context)
    try:
        folder = pristine.folder(context, recorded)
    except SkippedError as reason:
        yield note(
            f"The files were not compared: {reason}.",
            f"Check that you can reach the template: {quoted('git', 'ls-remote', recorded.source)}",
        )
        return
    found = [_drifted(each, folder, recorded, context.root) for each in drift.compare(folder, context.root)]
    yield from found or [ok(f"all equal {recorded.version} of {recorded.source}")]


@AREA.check(
    "behind",
    "this project has the template's newest version",
    "Newer versions fix security problems and follow changes of Claude Code.",
    seconds=30,
)
def _behind(context: Context) -> Iterator[Remark]:
    recorded = _trusted(context)
    try:
        if not context.variables.get(news.SWITCH) and not news.is_fresh(context.root):
            news.refresh(context.root)
    except Problem as problem:
        raise SkippedError(str(problem).partition(". ")[0]) from None
    known = news.remembered(context.root)
    if known is None:
        raise SkippedError(f"{news.SWITCH} is set, and no earlier answer is in the cache")
    yield (
        note(f"The template: {known.sentence()}.", _UPDATE)
        if known.newest
        else ok(f"{recorded.version} is the newest")
    )


def _recorded(context: Context) -> Record:
    try:
        return record.read(context.root)
    except Problem as problem:
        raise SkippedError(str(problem).partition(". ")[0]) from None


def _trusted(context: Context) -> Record:
    recorded = _recorded(context)
    if not record.confirmed(context.root, recorded):
        raise SkippedError("the template's address is not confirmed")
    return recorded


def _drifted(found: drift.Drift, folder: str, recorded: Record, root: str) -> Remark:
    original, path = os.path.join(folder, found.path), os.path.join(root, found.path)
    if not os.path.isfile(original):
        return warning(
            f"{found.path} {found.what} ({recorded.version}).",
            f"Look at it. If it is not yours: {quoted('rm', path)}",
        )
    what = f"{found.path} {found.what}" + (" from" if found.what == "differs" else ", unlike in")
    return warning(f"{what} {recorded.version} of the template.", _restore(original, path))


def _restore(original: str, path: str) -> str:
    steps = [quoted("cp", "-p", original, path)]
    if os.path.islink(path):
        # cp would write into the link's target.
        steps.insert(0, quoted("rm", path))
    if not os.path.isdir(os.path.dirname(path)):
        steps.insert(0, quoted("mkdir", "-p", os.path.dirname(path)))
    return " && ".join(steps)
