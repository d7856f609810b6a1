"""The files of the project: complete, runnable, the right person's, and without traces of a merge."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator

from aidevcontainer.doctor.context import Context, quoted
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.project import ids, manifest
from aidevcontainer.util import conflict_markers
from aidevcontainer.util.errors import Problem

AREA = Area("files")

_NEEDED = (
    "Dockerfile",
    "docker-compose.yml",
    "claude.pin",
    "packages.txt",
    "scripts/entrypoint.sh",
    "ca/README.md",
    "requirements.txt",
    "install.sh",
    "launch.sh",
)
_CODE = ("scripts/",)
_LISTS = ("allowed-domains.txt", "packages.txt", "claude.pin", "Dockerfile")
_TEXTS = (
    "claude",
    "container",
    "firewall",
    "hook",
    "update",
    *_LISTS,
    "launch.sh",
    "install.sh",
    "requirements.txt",
)
_UP = "./.aidevcontainer/container up"
# A walk ends at either of them: a sample is enough to know, and a monorepo would take minutes.
_MOST_FILES, _MOST_SECONDS = 50_000, 5.0
_MOST_BYTES = 1_000_000


@AREA.check(
    "complete",
    "the files that a start needs are there",
    "Without them the image cannot be built or the containers cannot start.",
)
def _complete(context: Context) -> Iterator[Remark]:
    missing = [name for name in _NEEDED if not os.path.isfile(context.path(*name.split("/")))]
    yield from _wrong("Missing", missing, "git", "checkout", "--")
    yield from _settings(context)


@AREA.check(
    "moved",
    "this directory is still where it was at the last start",
    "Containers are named after the path, so a moved or copied project starts anew, without its sign-in.",
)
def _moved(context: Context) -> Iterator[Remark]:
    recorded = context.values.get("AIDEVCONTAINER_WORKSPACE", context.root)
    if recorded != context.root:
        name = context.values.get("COMPOSE_PROJECT_NAME", "NAME")
        yield note(
            f"At the last start this directory was {recorded}; the next start makes new containers.",
            f"If nothing is there any more, remove its containers: docker compose -p {name} down",
        )


@AREA.check(
    "case",
    "the file system tells upper case from lower case",
    "A read-only mount covers one spelling: as .git/CONFIG, the agent may reach a file that your git obeys.",
)
def _case(context: Context) -> Iterator[Remark]:
    upper = os.path.join(context.root, manifest.FOLDER.upper())
    if os.path.exists(upper) and os.path.samefile(context.folder, upper):
        # A note: it is how a Mac comes, and no container differs by it from the next.
        yield note(
            "This directory's file system does not tell upper case from lower case.",
            "Put the repository on a case-sensitive volume: on macOS, one that Disk Utility makes as "
            "APFS (Case-sensitive); in WSL, a folder below your Linux home instead of /mnt/c.",
        )


@AREA.check(
    "ids",
    "the agent has ids of its own, which are those of the caller",
    "The agent's files carry them; with wrong ones you cannot edit what it wrote, nor it what you wrote.",
)
def _ids(context: Context) -> Iterator[Remark]:
    uid, gid = _detect(context)
    if uid is None:
        yield error(str(gid).split(". ")[0] + ".", str(gid).rsplit(": ", 1)[-1])
    elif os.getuid() not in (0, uid):
        yield note(
            f"The agent works as {uid}:{gid}, and you are {os.getuid()}:{os.getgid()}.",
            f"To work as yourself: CLAUDE_UID={os.getuid()} CLAUDE_GID={os.getgid()} {_UP}",
        )
    else:
        yield ok(f"the agent works as {uid}:{gid}")


@AREA.check(
    "owner",
    "files of the working tree belong to the agent's user id (a sample of them)",
    "The agent can neither change nor delete what is somebody else's, and builds inside fail half-way.",
)
def _owner(context: Context) -> Iterator[Remark]:
    uid, gid = _detect(context)
    if uid is None:
        raise SkippedError("the agent's ids are not known")
    if os.uname().sysname != "Linux":
        raise SkippedError("on this system, the engine shows every file as the agent's own")
    looked, foreign = _foreign(context.root, uid)
    if foreign:
        yield warning(
            f"{len(foreign)} of {looked} files do not belong to user id {uid}, such as {foreign[0]}.",
            f"sudo chown -R {uid}:{gid} {quoted(_common(foreign, context.root))}",
        )
    else:
        yield ok(f"{looked} files looked at, all of user id {uid}")


@AREA.check(
    "executable",
    "the helpers and scripts are executable",
    "A script without its bit is refused with 'permission denied', inside as well.",
)
def _executable(context: Context) -> Iterator[Remark]:
    lost = [name for name in _scripts(context) if not _mode(context.path(name)) & stat.S_IXUSR]
    yield from _wrong("Not executable", lost, "chmod", "+x")


@AREA.check(
    "line-endings",
    "scripts and lists have Unix line endings",
    "A shell in the container takes the carriage return for a part of the command: 'not found'.",
)
def _line_endings(context: Context) -> Iterator[Remark]:
    wrong = [name for name in _texts(context) if b"\r\n" in _content(context.path(name))]
    # sed's -i and \r are GNU's, and macOS has another.
    yield from _wrong("With carriage returns", wrong, "perl", "-pi", "-e", "s/\\r$//")


@AREA.check(
    "merged",
    "no update or merge left conflict markers or .rej files",
    "A file with markers is two versions at once: scripts fail, and a list with markers is refused.",
)
def _merged(context: Context) -> Iterator[Remark]:
    for path in _own_files(context):
        name = os.path.relpath(path, context.root)
        if path.endswith(".rej"):
            yield warning(
                f"{name}: an update could not put in these lines.",
                f"Put in by hand what it shows, then: {quoted('rm', name)}",
            )
        elif conflict_markers.there(_content(path)):
            yield error(
                f"{name} has conflict markers (<<<<<<<, >>>>>>>).",
                f"Decide which lines stay, take the markers out, then: {quoted('git', 'add', name)}",
            )


def _wrong(what: str, names: list[str], *fix: str) -> Iterator[Remark]:
    files = [f"{manifest.FOLDER}/{name}" for name in names]
    if files:
        yield error(f"{what}: {', '.join(files)}.", quoted(*fix, *files))


def _settings(context: Context) -> Iterator[Remark]:
    path = context.project.env_file
    if os.path.lexists(path) and not os.path.isfile(path):
        yield error(".aidevcontainer/.env is no file.", quoted("mv", path, f"{path}.before"))
    elif os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):
        yield error(
            ".aidevcontainer/.env is not yours to read and write.",
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
    for folder, folders, names in os.walk(root):
        yield from (os.path.join(folder, name) for name in (*folders, *names))


def _owner_of(path: str) -> int | None:
    try:
        return os.lstat(path).st_uid
    except OSError:
        return None


def _common(paths: list[str], root: str) -> str:
    # Not above the project, and not more of it than need be.
    return os.path.commonpath(paths) if root not in paths else root


def _own_files(context: Context) -> Iterator[str]:
    for folder, folders, names in os.walk(context.folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (os.path.join(folder, name) for name in sorted(names))
    for name in sorted(os.listdir(context.root)):
        if name.startswith(".copier-answers"):
            yield os.path.join(context.root, name)


def _scripts(context: Context) -> list[str]:
    names = (name for name in _names(context) if "/" not in name or name.startswith(_CODE))
    return [name for name in names if _content(context.path(name))[:2] == b"#!"]


def _texts(context: Context) -> list[str]:
    return [name for name in _names(context) if name in _TEXTS or name.startswith(_CODE)]


def _names(context: Context) -> list[str]:
    return [os.path.relpath(path, context.folder) for path in _own_files(context)]


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode
    except OSError:
        return 0


def _content(path: str) -> bytes:
    # Whatever else it is, a pipe for instance, would keep the reader waiting.
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return b""
        with open(path, "rb") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return b""
