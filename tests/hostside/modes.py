"""Every command of every helper, each in a process of its own that need not load the packages again.

Run as a program with a scaffold's folder and a file of JSON: a list of `Call`s. Prints their `Ended`s.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.cli import commands
from aidevcontainer.project.paths import Project
from tests.hostside.machine import FakeProject

_CAPABILITIES_3, _OVERRIDE = 0x20080522, 1 << 1


class Call(NamedTuple):
    """What to type, and where: `variables` set to None are not there at all; `unread` is a closed pipe."""

    words: list[str]
    variables: dict[str, str | None]
    unread: bool = False


class Ended(NamedTuple):
    """The exit code and both outputs."""

    code: int
    out: str
    err: str


def run(project: FakeProject, calls: Sequence[Call]) -> list[Ended]:
    """Do the calls one after the other, on the project's machine, in its root."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(calls, file)
        file.flush()
        start = (
            "import runpy, sys; sys.path[:0] = sys.argv[1:3]; "
            "runpy.run_module('tests.hostside.modes', run_name='__main__')"
        )
        repository = str(Path(__file__).resolve().parents[2])
        done = subprocess.run(
            [sys.executable, "-I", "-c", start, f"{repository}/bootstrap", repository, file.name],
            env=project.machine.environment,
            cwd=project.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    return [Ended(*each) for each in json.loads(done.stdout)]


def _main(file: str) -> list[Ended]:
    importlib.import_module("copier")
    for helper in commands.WITH_SWITCHES:
        importlib.import_module(f"aidevcontainer.cli.{helper}")
    gc.freeze()
    return [_ended(Call(*each)) for each in json.loads(Path(file).read_text(encoding="utf-8"))]


def _ended(call: Call) -> Ended:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            _become(call, out.fileno(), err.fileno())
        _, status = os.waitpid(child, 0)
        texts = []
        for each in (out, err):
            each.seek(0)
            texts.append(each.read().decode())
        return Ended(os.waitstatus_to_exitcode(status), *texts)


def _become(call: Call, out: int, err: int) -> None:
    os.setsid()
    if call.unread:
        reading, out = os.pipe()
        os.close(reading)
    os.dup2(out, 1)
    os.dup2(err, 2)
    for name, value in call.variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    obey_permissions()
    helper, *words = call.words
    code = importlib.import_module(f"aidevcontainer.cli.{helper}").main(Project(str(Path.cwd())), words)
    # What Python does at its end, without the rest of it, which takes longer than most commands.
    sys.stdout.flush()
    os._exit(code)


def obey_permissions() -> None:
    """Have root keep to the permissions of files as everybody does, for as long as this process lives."""
    if sys.platform != "linux" or os.geteuid():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITIES_3, 0))
    sets = ctypes.create_string_buffer(24)
    libc.capget(header, sets)
    words = list(struct.unpack("=6I", sets.raw))
    words[0] &= ~_OVERRIDE
    libc.capset(header, ctypes.create_string_buffer(struct.pack("=6I", *words)))


if __name__ == "__main__":
    json.dump(_main(sys.argv[-1]), sys.stdout)
