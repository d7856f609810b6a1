"""Checks the project's files: complete, executable, owned by the agent's user, without conflict markers."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator

from aidevcontainer.doctor import drift
from aidevcontainer.doctor.context import Context, quoted
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.git import tree_search
from aidevcontainer.project import ids, manifest
from aidevcontainer.project.manifest import Entry, Owner
from aidevcontainer.util import conflict_markers
from aidevcontainer.util.errors import Problem

AREA = Area("files")

# One file each for the folders that git drops once they are empty.
_IN_FOLDERS = ("scripts/entrypoint.sh", "ca/README.md")
_UP = "./.aidevcontainer/container up"
# A walk stops at either of them. A sample is enough, and a monorepo would take minutes.
_MOST_FILES, _MOST_SECONDS = 50_000, 5.0
_MOST_BYTES = 1_000_000


@AREA.check(
    "complete",
    "all files that a start needs exist",
    "Without them the image cannot be built or the containers cannot start.",
)
def _complete(context: Context) -> Iterator[Remark]:
    missing = [name for name in _needed() if not os.path.isfile(context.path(*name.split("/")))]
    yield from _wrong("Missing", missing, "git", "checkout", "--")
    yield from _settings(context)


@AREA.check(
    "moved",
    "this directory has not moved since the last start",
    "Containers are named after the path, so a moved or copied project gets new ones, without its sign-in.",
)
def _moved(context: Context) -> Iterator[Remark]:
    recorded = context.values.get("AIDEVCONTAINER_WORKSPACE", context.root)
    if recorded != context.root:
        name = context.values.get("COMPOSE_PROJECT_NAME", "NAME")
        yield note(
            f"At the last start this directory was {recorded}. The next start makes new containers.",
            f"If that directory is gone, remove its containers: docker compose -p {name} down",
        )


@AREA.check(
    "case",
    "the file system distinguishes upper and lower case",
    "A read-only mount covers one spelling: as .git/CONFIG, the agent may write a file that git follows.",
)
def _case(context: Context) -> Iterator[Remark]:
    upper = os.path.join(context.root, manifest.FOLDER.upper())
    if os.path.exists(upper) and os.path.samefile(context.folder, upper):
        # Only a note: every Mac is set up like this.
        yield note(
            "This directory's file system does not distinguish upper and lower case.",
            "Put the repository on a case-sensitive volume: on macOS, make one of the type "
            "APFS (Case-sensitive) in Disk Utility; in WSL, use your Linux home instead of /mnt/c.",
        )


@AREA.check(
    "ids",
    "the agent has your user and group id",
    "With other ids you cannot edit the agent's files, and the agent cannot edit yours.",
)
def _ids(context: Context) -> Iterator[Remark]:
    uid, gid = _detect(context)
    if uid is None:
        yield error(str(gid).split(". ")[0] + ".", str(gid).rsplit(": ", 1)[-1])
    elif os.getuid() not in (0, uid):
        yield note(
            f"The agent works as {uid}:{gid}, but you are {os.getuid()}:{os.getgid()}.",
            f"To work as yourself: CLAUDE_UID={os.getuid()} CLAUDE_GID={os.getgid()} {_UP}",
        )
    else:
        yield ok(f"the agent works as {uid}:{gid}")


@AREA.check(
    "owner",
    "the project's files belong to the agent's user id (a sample of them)",
    "The agent can neither change nor delete files of another user, and builds inside fail.",
)
def _owner(context: Context) -> Iterator[Remark]:
    uid, gid = _detect(context)
    if uid is None:
        raise SkippedError("the agent's ids are unknown")
    if os.uname().sysname != "Linux":
        raise SkippedError("on this system, the engine shows every file as the agent's")
    looked, foreign = _foreign(context.root, uid)
    if foreign:
        yield warning(
            f"{len(foreign)} of {looked} files do not belong to user id {uid}, such as {foreign[0]}.",
            f"sudo chown -R {uid}:{gid} {quoted(_common(foreign, context.root))}",
        )
    else:
        yield ok(f"{looked} files checked, all of user id {uid}")


@AREA.check(
    "executable",
    "commands and scripts are executable",
    "Otherwise they fail with 'permission denied', also in the containers.",
)
def _executable(context: Context) -> Iterator[Remark]:
    lost = [name for name in _scripts(context) if not _mode(context.path(name)) & stat.S_IXUSR]
    yield from _wrong("Not executable", lost, "chmod", "+x")


@AREA.check(
    "line-endings",
    "scripts and lists have Unix line endings",
    "A shell treats the carriage return as part of a command, which is then 'not found'.",
)
def _line_endings(context: Context) -> Iterator[Remark]:
    wrong = [name for name in _texts(context) if b"\r\n" in _content(context.path(name))]
    # Not sed, whose -i and \r differ on macOS.
    yield from _wrong("With carriage returns", wrong, "perl", "-pi", "-e", "s/\\r$//")


@AREA.check(
    "merged",
    "no update or merge left conflict markers or .rej files",
    "Conflict markers break scripts, and the firewall refuses a list with them.",
)
def _merged(context: Context) -> Iterator[Remark]:
    for path in _own_files(context):
        name = os.path.relpath(path, context.root)
        if path.endswith(".rej"):
            yield warning(
                f"{name} has lines that an update could not merge.",
                f"Merge them by hand, then: {quoted('rm', name)}",
            )
        elif conflict_markers.there(_content(path)):
            yield error(
                f"{name} has conflict markers (<<<<<<<, >>>>>>>).",
                f"Resolve the conflict, then: {quoted('git', 'add', name)}",
            )


def _files() -> list[Entry]:
    """Returns the scaffold's entries that are files of the template or the project."""
    owners = (Owner.TEMPLATE, Owner.PROJECT)
    return [each for each in manifest.ENTRIES if each.owner in owners and not each.name.endswith("/")]


def _needed() -> list[str]:
    # The build reads every file of the image. The project's other files may be missing: they have defaults.
    template = [each for each in _files() if each.security and (each.owner is Owner.TEMPLATE or each.image)]
    return [*(each.name for each in template), *_IN_FOLDERS]


def _wrong(what: str, names: list[str], *fix: str) -> Iterator[Remark]:
    files = [f"{manifest.FOLDER}/{name}" for name in names]
    if files:
        yield error(f"{what}: {', '.join(files)}.", quoted(*fix, *files))


def _settings(context: Context) -> Iterator[Remark]:
    path = context.project.env_file
    if os.path.lexists(path) and not os.path.isfile(path):
        yield error(".aidevcontainer/.env is not a file.", quoted("mv", path, f"{path}.before"))
    elif os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):
        yield error(
            "You cannot read and write .aidevcontainer/.env.",
            f'sudo chown "$(id -u):$(id -g)" {quoted(path)}',
        )


def _detect(context: Context) -> tuple[int | None, int | str]:
    try:
        return ids.detect(context.variables, context.values, context.root)
    except Problem as problem:
        return None, str(problem)


def _foreign(root: str, uid: int) -> tuple[int, list[str]]:
    looked, foreign, end = 0, [], time.monotonic() + _MOST_SECONDS
    for path in _walk(root):
        looked += 1
        if _owner_of(path) not in (uid, None):
            foreign.append(path)
        if looked >= _MOST_FILES or time.monotonic() > end:
            break
    return looked, foreign


def _walk(root: str) -> Iterator[str]:
    yield root
    for folder in tree_search.folders(root):
        yield from (os.path.join(folder.path, name) for name in (*folder.folders, *folder.others))


def _owner_of(path: str) -> int | None:
    try:
        return os.lstat(path).st_uid
    except OSError:
        return None


def _common(paths: list[str], root: str) -> str:
    # As little as possible, and nothing outside the project.
    return os.path.commonpath(paths) if root not in paths else root


def _own_files(context: Context) -> Iterator[str]:
    for folder, folders, names in os.walk(context.folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (os.path.join(folder, name) for name in sorted(names))
    for name in sorted(os.listdir(context.root)):
        if name.startswith(".copier-answers"):
            yield os.path.join(context.root, name)


def _scripts(context: Context) -> list[str]:
    names = (name for name in _names(context) if "/" not in name or name.startswith(drift.RUN))
    return [name for name in names if _content(context.path(name))[:2] == b"#!"]


def _texts(context: Context) -> list[str]:
    texts = {each.name for each in _files() if each.security}
    return [name for name in _names(context) if name in texts or name.startswith(drift.RUN)]


def _names(context: Context) -> list[str]:
    return [os.path.relpath(path, context.folder) for path in _own_files(context)]


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode
    except OSError:
        return 0


def _content(path: str) -> bytes:
    # Reading a pipe would never end.
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return b""
        with open(path, "rb") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return b""
