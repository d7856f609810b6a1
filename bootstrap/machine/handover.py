"""A repository that belongs to root, given to the user who works in it: the agent never runs as root."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from aidevcontainer.git import runner
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem
from machine import owner
from machine.asking import Asking
from machine.options import PROGRAM
from machine.owner import Ids

# A wrong path, or a repository of /etc, must not give one of the system's folders away: neither one that
# people's folders lie in, nor anything in those of the second list.
_PARENTS = frozenset(
    Path("/", name) for name in ("", "home", "media", "mnt", "opt", "root", "srv", "tmp", "var")
)
_SYSTEM = tuple(
    Path("/", name)
    for name in (
        *("bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "proc", "run", "sbin", "sys", "usr"),
        *("var/lib", "var/log", "var/cache", "var/spool", "System", "Library", "Applications"),
    )
)


def settle(repository: Path, environment: Mapping[str, str], ask: Asking, console: Console) -> Ids:
    """Returns the ids that the agent will have, and offers root to give them the repository that is root's.

    Raises Problem where the agent would have to run as root: before anything is written, with exit code 2
    where nobody can be asked.
    """
    found = owner.of_repository(repository, environment)
    wanted = found or owner.usual(environment)
    if not _is_open(repository, environment):
        return wanted
    if _belongs_to_the_system(repository):
        return found or _refuse_system(repository)
    if not ask.possible():
        return found or _refuse(repository, wanted, WRONG_USAGE)
    if not ask(_offer(repository, wanted)):
        return found or _refuse(repository, wanted, FAILED)
    _hand_over(repository, wanted, console)
    return wanted


def give(path: Path, ids: Ids) -> None:
    """Gives a file, or a folder with everything in it, to a user. Only root can, and only root has to.

    Follows no link and stays on the file system that the path is on.
    """
    if os.getuid() != 0:
        return
    if path.is_dir() and not path.is_symlink():
        _give_content(path, ids)
    # At the end, so that a run after an interrupted one begins again.
    os.lchown(path, *ids)


def _give_content(top: Path, ids: Ids) -> None:
    device = top.stat().st_dev
    # By open folders: a path could lead elsewhere by the time it is used.
    for _, folders, files, folder in os.fwalk(top):
        folders[:] = [name for name in folders if _give_entry(name, folder, device, ids)]
        for name in files:
            _give_entry(name, folder, device, ids)


def _give_entry(name: str, folder: int, device: int, ids: Ids) -> bool:
    with suppress(FileNotFoundError):
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        # A hard link may be a file of root's that lies elsewhere as well.
        linked = stat.S_ISREG(found.st_mode) and found.st_nlink > 1
        if found.st_dev == device and not linked:
            os.chown(name, *ids, dir_fd=folder, follow_symlinks=False)
            return True
    return False


def _is_open(repository: Path, environment: Mapping[str, str]) -> bool:
    """Returns whether root works in a repository of root's and did not choose both ids."""
    chosen = len(owner.given(environment)) == len(Ids._fields)
    return os.getuid() == 0 and repository.stat().st_uid == 0 and not chosen


def _belongs_to_the_system(path: Path) -> bool:
    home = Path.home().resolve()
    inside = any(folder == path or folder in path.parents for folder in _SYSTEM)
    return inside or path in _PARENTS or path == home or path in home.parents


def _hand_over(repository: Path, ids: Ids, console: Console) -> None:
    give(repository, ids)
    console.say(f"{repository} now belongs to {ids.uid}:{ids.gid}, with everything in it.")
    if _is_refused_by_git(repository):
        _trust(repository, console)


def _is_refused_by_git(repository: Path) -> bool:
    """Returns whether root's git refuses the repository only because it belongs to another user."""
    question = ("rev-parse", "--git-dir")
    trusting = runner.Git(repository, {"safe.directory": "*"}, as_owner=False)
    return _roots_git(repository).ask(*question) is None and trusting.ask(*question) is not None


def _trust(repository: Path, console: Console) -> None:
    command = ("config", "--global", "--add", "safe.directory", str(repository))
    if _can_configure() and _roots_git(repository).ask(*command) is not None:
        console.say(
            f"Root's git keeps working there: added {repository} to safe.directory in root's settings."
        )
    else:
        console.warn(f"Root's git refuses {repository} now. To allow it: {shlex.join(['git', *command])}")


def _roots_git(repository: Path) -> runner.Git:
    return runner.Git(repository, as_owner=False)


def _can_configure() -> bool:
    """Returns whether git's global settings are root's own file, which git replaces, whatever it is."""
    named = os.environ.get("GIT_CONFIG_GLOBAL")
    if named is not None:
        return Path(named).is_file()
    home = Path.home()
    return home.is_dir() and home.stat().st_uid == os.getuid()


def _offer(repository: Path, ids: Ids) -> str:
    return (
        f"{repository} belongs to root, and the agent never runs as root. "
        f"It can be given to user {ids.uid}:{ids.gid}, with everything in it."
    )


def _refuse(repository: Path, ids: Ids, code: int) -> NoReturn:
    place = shlex.quote(str(repository))
    raise Problem(
        f"You are root, {repository} belongs to root, and the agent never runs as root. Nothing was written. "
        "Give the repository to its user and run this again, or add --yes, which does the same:\n"
        f"  chown -R {ids.uid}:{ids.gid} {place}\n"
        "Or leave the files as they are, and choose the agent's ids:\n"
        f"  CLAUDE_UID={ids.uid} CLAUDE_GID={ids.gid} {PROGRAM} {place}",
        code,
    )


def _refuse_system(repository: Path) -> NoReturn:
    raise Problem(
        f"{repository} belongs to root and to the system, and the agent never runs as root. Nothing was "
        f"written. Name a repository that has a folder of its own: {PROGRAM} PATH",
        WRONG_USAGE,
    )
