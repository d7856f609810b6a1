"""How the image installs packages: the reason of a failure, and only that one."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from tests.support.run import Finished, run
from tests.support.scaffold import ROOT

SCRIPT = ROOT / "template/.aidevcontainer/scripts/install-packages.sh"
_MISSING = "ERROR: unable to select packages:\n  nodejs (no such package):\n    required by: world[nodejs]\n"
_STAND_IN = f"{_MISSING}ERROR: this image is a stand-in for Alpine and has only these packages: bash git\n"
_OFFLINE, _UNTRUSTED = "cannot be downloaded", "certificate is not trusted"
_INDEX = "WARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v3.24/main"
REASONS = {
    "name": (_MISSING, "Alpine has no such package"),
    "stand-in": (_STAND_IN, "a stand-in for Alpine with few packages"),
    "offline": (f"{_INDEX}: temporary error (try again later)\n{_MISSING}", _OFFLINE),
    "offline, apk 3": (
        f"{_INDEX}: DNS: transient error (try again later)\n{_MISSING}",
        "cannot be downloaded",
    ),
    "refused": (f"{_INDEX}: could not connect to server\n{_MISSING}", _OFFLINE),
    "mirror": (f"{_INDEX}: HTTP 404: Not Found\n{_MISSING}", _OFFLINE),
    "certificate": (
        f"{_INDEX}: TLS: server certificate not trusted\n{_MISSING}",
        _UNTRUSTED,
    ),
    "certificate of old": (
        f"139:error:1416F086:SSL routines:certificate verify failed\n{_INDEX}: Permission denied\n{_MISSING}",
        _UNTRUSTED,
    ),
    "other": ("ERROR: Unable to lock database: Read-only file system\n", "The reason is above"),
}


def install(folder: Path, said: str, code: int) -> Finished:
    apk = folder / "apk"
    apk.write_text(f'#!/bin/sh\necho installing "$@"\nprintf %s {shlex.quote(said)} >&2\nexit {code}\n')
    apk.chmod(0o755)
    return run(
        ["sh", str(SCRIPT), "nodejs"],
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
        timeout=20,
    )


@pytest.mark.parametrize("name", REASONS)
def test_the_right_reason_alone(tmp_path: Path, name: str) -> None:
    """Issue 15.18: apk's own words, and behind them one reason with its remedy."""
    said, reason = REASONS[name]
    done = install(tmp_path, said, 3)
    assert done.code == 1
    assert done.err.startswith(said)
    (ours,) = (line for line in done.err.splitlines() if line.startswith("aidevcontainer: "))
    assert ours.startswith("aidevcontainer: Cannot install these Alpine packages: nodejs. ")
    assert {each for _, each in REASONS.values() if each in ours} == {reason}


def test_warnings_of_a_success_stay(tmp_path: Path) -> None:
    """X-L1: they are in the build's log."""
    done = install(tmp_path, "WARNING: opening cache: No such file\n", 0)
    assert (done.code, done.out) == (0, "installing add --no-cache nodejs\n")
    assert done.err == "WARNING: opening cache: No such file\n"
