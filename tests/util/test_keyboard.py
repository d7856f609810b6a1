"""Whether a person can answer at all; single keys are tested in tests/firewall/test_deciding.py."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="starts sessions with util-linux")

_ASK = "import sys; sys.path.insert(0, sys.argv[1]); from aidevcontainer.util import keyboard; "
_ANSWER = _ASK + "sys.exit(keyboard.usable())"


@pytest.mark.parametrize("closed", [None, 0, 1, 2])
def test_every_stream_has_to_be_a_terminal(closed: int | None) -> None:
    """X-F11: an answer comes from the person who sees the question."""
    leader, follower = pty.openpty()
    streams = [subprocess.DEVNULL if number == closed else follower for number in range(3)]
    try:
        done = subprocess.run(
            ["setsid", "-c", "-w", sys.executable, "-c", _ANSWER, str(Path("bootstrap").resolve())]
            if closed != 0
            else [sys.executable, "-c", _ANSWER, str(Path("bootstrap").resolve())],
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            check=False,
        )
        assert done.returncode == (closed is None)
    finally:
        os.close(leader)
        os.close(follower)


def test_background_process_is_not_answered() -> None:
    """X-F11: the terminal would stop it (`firewall watch --notify &`)."""
    leader, follower = pty.openpty()
    script = '"$0" -c "$1" "$2" & wait $!'
    try:
        done = subprocess.run(
            [
                "setsid",
                "-c",
                "-w",
                "bash",
                "-mc",
                script,
                sys.executable,
                _ANSWER,
                str(Path("bootstrap").resolve()),
            ],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            check=False,
        )
        assert done.returncode == 0
    finally:
        os.close(leader)
        os.close(follower)
