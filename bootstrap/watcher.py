"""Ends a session whose terminal vanished.

An exec'd process lives on in its container when the docker client that started it dies: closed window, lost
SSH connection, SIGKILL. A small process of its own session waits for the client's end, which it notices by a
pipe whose other end only the client holds, so that no kind of death goes unseen.
"""

from __future__ import annotations

import os

from bootstrap.engine_api import Engine, UnreachableError

END_SESSION = "/usr/local/lib/aidevcontainer/end-session.sh"


def start(engine: Engine | None, docker: str, container: str, token: str) -> None:
    """Fork the watcher; the caller goes on and becomes the docker client by exec."""
    read_end, write_end = os.pipe()
    if os.fork():
        os.close(read_end)
        os.set_inheritable(write_end, True)
        return
    try:
        _detach(read_end)
        _await_end(read_end)
        if engine is None or _sessions_left(engine, container):
            os.execv(docker, ["docker", "exec", container, END_SESSION, token])
    finally:
        os._exit(0)


def _detach(keep: int) -> None:
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    # Whoever waits for the end of a pipe that the caller inherited would otherwise wait for the watcher too.
    for descriptor in sorted(int(name) for name in os.listdir("/dev/fd")):
        if descriptor > 2 and descriptor != keep:
            _close(descriptor)


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        return  # the one that listed the directory


def _await_end(read_end: int) -> None:
    while os.read(read_end, 64):
        pass


def _sessions_left(engine: Engine, container: str) -> bool:
    # The engine forgets an exec when its process ends, so after an ordinary end there is mostly none left.
    try:
        found = engine.container(container)
    except UnreachableError:
        return False
    return bool(found and found.sessions)
