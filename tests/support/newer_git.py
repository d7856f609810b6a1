"""The newest git that Debian has, unpacked beside the machine's own: what older releases do not know is
tested with it.

Nothing is installed. The program is linked against the C library of its own suite, so its copy is told
where that is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aidevcontainer.util import cache
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.lock import held
from machine import apt, sources

_SUITE = "sid"
_PACKAGES = ("git", "libc6", "libpcre2-8-0", "zlib1g")


class NewerGit:
    """An unpacked git. `version` is what it says of itself: `(2, 55)`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        said = subprocess.run(
            [root / "usr/bin/git", "version"], capture_output=True, text=True, check=True
        ).stdout.split()[2]
        self.version = tuple(map(int, said.split(".")[:2]))

    def environment(self, path: str) -> dict[str, str]:
        """Return the variables that put it in front of everything on the search path *path*."""
        return {
            "PATH": f"{self._root / 'usr/bin'}{os.pathsep}{path}",
            "GIT_EXEC_PATH": str(self._root / "usr/lib/git-core"),
            "GIT_TEMPLATE_DIR": str(self._root / "usr/share/git-core/templates"),
        }


@pytest.fixture(scope="session")
def newer_git() -> NewerGit:
    """The newest git of Debian; skips where it cannot be had."""
    folder = Path(cache.path("test-git"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with held("test-git", lambda: None):
            if not (folder / "root").exists():
                _unpack(folder)
        return NewerGit(folder / "root")
    except (Problem, OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"no newer git than the machine's: {error}")


def _unpack(folder: Path) -> None:
    debian = sources.detect("The newer git is")
    draft = folder / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    for suite, packages in ((debian.suite, ("patchelf",)), (_SUITE, _PACKAGES)):
        archive = apt.archive(debian, suite, folder)
        for deb in archive.download(packages):
            apt.extract(deb, draft)
        shutil.rmtree(archive.home)
    places = draft / "usr/lib" / debian.triplet
    loader = next(places.glob("ld-linux*.so.*")).name
    for program in ("usr/bin/git", "usr/lib/git-core/git"):
        _relink(draft / "usr/bin/patchelf", draft / program, folder / "root/usr/lib" / debian.triplet, loader)
    draft.rename(folder / "root")


def _relink(patchelf: Path, program: Path, libraries: Path, loader: str) -> None:
    places = ["--set-interpreter", str(libraries / loader), "--force-rpath", "--set-rpath", str(libraries)]
    subprocess.run([patchelf, *places, program], check=True, capture_output=True)
