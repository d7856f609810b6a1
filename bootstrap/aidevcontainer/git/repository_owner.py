"""The user as whom git runs while root runs the helpers: the owner of the repository.

Root's git refuses another user's repository. Where root trusts it, git would run the programs of that user's
configuration as root, and leave files that the user can neither change nor remove.
"""

from __future__ import annotations

import functools
import os
import pwd
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from aidevcontainer.util import files


class User(NamedTuple):
    """An ordinary user: ids, further groups, the home folder, and the name, which may be empty."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str
    name: str

    def process(self) -> dict[str, Any]:
        """Returns the arguments with which `subprocess` starts a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": self.groups}

    def variables(self, caller: dict[str, str]) -> dict[str, str]:
        """Returns root's variables with this user's home, so that git reads this user's settings."""
        kept = {name: value for name, value in caller.items() if name != "XDG_CONFIG_HOME"}
        return {**kept, "HOME": self.home, **({"USER": self.name, "LOGNAME": self.name} if self.name else {})}


def of(folder: Path) -> User | None:
    """Returns the owner of the repository around a folder; None if that is root or the caller is not root."""
    if os.geteuid() != 0:
        return None
    try:
        found = os.stat(_top(folder) / ".git" if within_repository(folder) else folder)
    except OSError:
        return None
    return _user(found.st_uid, found.st_gid) if found.st_uid else None


def within_repository(folder: Path) -> bool:
    """Returns whether a folder, or one above it, has a `.git`, also one that git does not understand."""
    return os.path.lexists(_top(folder) / ".git")


@functools.cache
def reaches(user: User, program: str, folder: Path, variables: tuple[tuple[str, str], ...]) -> bool:
    """Returns whether this user's git can work in a folder, which may lie in a folder of root's alone."""
    question = [program, "-C", str(folder), "config", "--get", "aidevcontainer.unset"]
    try:
        done = subprocess.run(
            question, cwd="/", env=dict(variables), capture_output=True, check=False, **user.process()
        )
    except OSError:
        return False  # root in a container or a namespace without the right to be somebody else
    # The code for a setting that is not set. Git ends with another one where it cannot read something.
    return done.returncode == 1


def hand_over(folder: Path) -> None:
    """Gives what root's git left in the repository around a folder to the owner. Raises OSError."""
    files.give_all(str(_top(folder) / ".git"))


def _top(folder: Path) -> Path:
    places = (folder, *folder.absolute().parents)
    return next((place for place in places if os.path.lexists(place / ".git")), folder)


def _user(uid: int, gid: int) -> User:
    try:
        known = pwd.getpwuid(uid)
    except KeyError:
        return User(uid, gid, (), "/", "")
    groups = tuple(os.getgrouplist(known.pw_name, gid))
    return User(uid, gid, groups, known.pw_dir, known.pw_name)
