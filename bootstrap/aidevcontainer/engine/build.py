"""Builds the image so that a person can follow, and keeps the whole log in a file."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from typing import IO

from aidevcontainer.engine import build_progress, diagnosis
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util import cache, trace
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem

_TICK = 1.0  # seconds between two updates of the clock while the build prints nothing


def run(docker: Docker, console: Console, *flags: str) -> None:
    """Builds the project's image with Compose. Raises Problem with the cause and the log's path."""
    docker.require_compose()
    started = time.monotonic()
    folder = docker.project.folder
    path = _log_path(folder)
    # Both services use the same image; one build is enough.
    words = ("compose", "build", *flags, "claude")
    trace.command(["docker", *words])
    command = docker.command(*words)
    environment = {**docker.variables, "BUILDKIT_PROGRESS": "plain"}
    source, sink = os.pipe()
    with open(os.devnull) as nothing, open(sink, "w") as output:
        process = command.popen(stdin=nothing, stdout=output, stderr=output, env=environment, cwd=folder)
    with open(path, "w", encoding="utf-8", errors="replace") as log:
        _follow(_lines(source), log, console, started)
    os.close(source)
    if process.wait():
        raise Problem(_failure(path))
    console.say(f"The image is ready ({_elapsed(started)}).")


def _log_path(folder: str) -> str:
    os.makedirs(cache.path("logs"), exist_ok=True)
    return cache.path("logs", f"build-{os.path.basename(os.path.dirname(folder))}.log")


def _follow(lines: Iterator[str | None], log: IO[str], console: Console, started: float) -> None:
    progress = build_progress.BuildProgress()
    for line in lines:
        if line is not None:
            log.write(line + "\n")
            progress.feed(line)
            if progress.started and not console.paints:
                console.say(f"  {progress.started}")
        console.line(f"{_elapsed(started)}  {progress.state}")
    console.clear_line()


def _lines(descriptor: int) -> Iterator[str | None]:
    """Yields lines, and None for every tick without one."""
    rest = b""
    while True:
        if not select.select([descriptor], [], [], _TICK)[0]:
            yield None
            continue
        chunk = os.read(descriptor, 65536)
        *complete, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("utf-8", "replace").rstrip("\r") for line in complete)
        if not chunk:
            return


def _failure(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        log = file.read().splitlines()
    known = diagnosis.known("\n".join(log))
    reason = " " + known if known else "\n" + "\n".join(build_progress.failure_lines(log))
    return f"The image could not be built.{reason}\nThe whole log: {path}"


def _elapsed(started: float) -> str:
    minutes, seconds = divmod(int(time.monotonic() - started), 60)
    return f"{minutes}:{seconds:02}"
