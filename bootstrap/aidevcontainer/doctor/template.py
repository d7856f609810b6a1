"""The template: what this project records of it, how files differ from what it wrote, what is newer."""

from __future__ import annotations

import os
from collections.abc import Iterator

from aidevcontainer.doctor import drift, pristine
from aidevcontainer.doctor.context import Context, quoted
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.project import record as template_record
from aidevcontainer.project.record import Record
from aidevcontainer.updates import news as template_news
from aidevcontainer.util.errors import Problem

AREA = Area("template")

_UPDATE = "./.aidevcontainer/update"


@AREA.check(
    "record",
    "the project records its template, version and answers, and they are ours",
    "Without them no update can tell your changes from the template's.",
)
def _record(context: Context) -> Iterator[Remark]:
    try:
        record = template_record.read(context.root)
    except Problem as problem:
        what, _, fix = str(problem).partition(". ")
        yield warning(f"{what.rstrip('.')}.", fix)
        return
    yield ok(f"{record.source}, version {record.version}")


@AREA.check(
    "source",
    "the answers file names the template that wrote .aidevcontainer/",
    "The answers file is the agent's to write: an update from another address would bring code from there.",
)
def _source(context: Context) -> Iterator[Remark]:
    record = _recorded(context)
    original = template_record.project(context.root).get("template")
    if original is None:
        raise SkippedError("project.json does not tell it")
    if not template_record.confirmed(context.root, record):
        yield error(
            f"{record.file} names {record.source} as the template; .aidevcontainer/ came from {original}.",
            f"git checkout -- {record.file}   (or, where you moved it: the new address in project.json too)",
        )


@AREA.check(
    "unchanged",
    "the files that protect you are as the template wrote them",
    "A change in scripts, Compose file or helpers, by hand, by a branch or by a merge, can open any door.",
    seconds=pristine.SECONDS,
)
def _unchanged(context: Context) -> Iterator[Remark]:
    record = _trusted(context)
    try:
        folder = pristine.folder(context, record)
    except SkippedError as reason:
        yield note(
            f"The files were not compared: {reason}.", f"Can you reach it? git ls-remote {record.source}"
        )
        return
    found = [_drifted(each, folder, record, context.root) for each in drift.compare(folder, context.root)]
    yield from found or [ok(f"all as in {record.version} of {record.source}")]


@AREA.check(
    "behind",
    "this project has the template's newest version",
    "Newer versions close holes and follow what Claude needs.",
    seconds=30,
)
def _behind(context: Context) -> Iterator[Remark]:
    record = _trusted(context)
    try:
        if not context.variables.get(template_news.SWITCH) and not template_news.is_fresh(context.root):
            template_news.refresh(context.root)
    except Problem as problem:
        raise SkippedError(str(problem).partition(". ")[0]) from None
    news = template_news.remembered(context.root)
    if news is None:
        raise SkippedError(f"{template_news.SWITCH} is set, and nothing is remembered")
    yield (
        note(f"The template: {news.sentence()}.", _UPDATE)
        if news.newest
        else ok(f"{record.version} is the newest")
    )


def _recorded(context: Context) -> Record:
    try:
        return template_record.read(context.root)
    except Problem as problem:
        raise SkippedError(str(problem).partition(". ")[0]) from None


def _trusted(context: Context) -> Record:
    record = _recorded(context)
    if not template_record.confirmed(context.root, record):
        raise SkippedError("the template's address is not certain")
    return record


def _drifted(found: drift.Drift, folder: str, record: Record, root: str) -> Remark:
    original, path = os.path.join(folder, found.path), os.path.join(root, found.path)
    if not os.path.isfile(original):
        return warning(
            f"{found.path} {found.what} ({record.version}).",
            f"Look at it; if it is not yours: {quoted('rm', path)}",
        )
    what = f"{found.path} {found.what}" + (" from" if found.what == "differs" else ", unlike in")
    return warning(f"{what} {record.version} of the template.", _restore(original, path))


def _restore(original: str, path: str) -> str:
    steps = [quoted("cp", "-p", original, path)]
    if os.path.islink(path):
        # cp would write to where it leads.
        steps.insert(0, quoted("rm", path))
    if not os.path.isdir(os.path.dirname(path)):
        steps.insert(0, quoted("mkdir", "-p", os.path.dirname(path)))
    return " && ".join(steps)
