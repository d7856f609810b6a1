"""Ends a session whose terminal vanished.

A process that `docker exec` started lives on in its container when the docker client dies: closed window,
lost SSH connection, SIGKILL. A small process waits for the client's end. It holds one end of a pipe whose
other end only the client has, so it notices every kind of death.
"""

from __future__ import annotations

import os
import time

from aidevcontainer.engine.socket_api import Engine, UnreachableError

# Importing typing costs milliseconds, which every session would pay.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

END_SESSION = "/usr/local/lib/aidevcontainer/end-session.sh"


def start(
    engine: Engine | None,
    docker: str,
    variables: dict[str, str],
    container: str,
    token: str,
    afterwards: Callable[[float, bool], Iterator[list[str]]],
) -> None:
    """Forks the watcher; the caller then becomes the docker client by exec, with the same variables.

    At the session's end, the sentences that `afterwards` yields appear on the caller's terminal, if that
    still exists. It gets the session's start in seconds since 1970, and whether there was a terminal.
    """
    read_end, write_end = os.pipe()
    if os.fork():
        os.close(read_end)
        os.set_inheritable(write_end, True)
        return
    try:
        began = time.time()
        terminal = _terminal()
        _detach(read_end)
        _await_end(read_end)
        if engine is None or _sessions_left(engine, container):
            _end(docker, variables, container, token)
        for sentences in afterwards(began, bool(terminal)):
            _tell(terminal, sentences)
    finally:
        os._exit(0)


def _terminal() -> str:
    try:
        return os.ttyname(2)
    except OSError:
        return ""


def _tell(terminal: str, sentences: list[str]) -> None:
    if not (terminal and sentences):
        return
    try:
        # Not as this process's own terminal, which would hang up when this process ends.
        descriptor = os.open(terminal, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return
    with os.fdopen(descriptor, "wb", 0) as opened:
        opened.write("".join(f"\r\naidevcontainer: {text}\r\n" for text in sentences).encode())


def _detach(keep: int) -> None:
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    # A reader of a pipe that the caller inherited would otherwise wait for the watcher too.
    for descriptor in sorted(int(name) for name in os.listdir("/dev/fd")):
        if descriptor > 2 and descriptor != keep:
            _close(descriptor)


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        return  # the descriptor that listed the directory


def _await_end(read_end: int) -> None:
    while os.read(read_end, 64):
        pass


def _end(docker: str, variables: dict[str, str], container: str, token: str) -> None:
    child = os.fork()
    if child == 0:
        os.execve(docker, ["docker", "exec", container, END_SESSION, token], variables)
    os.waitpid(child, 0)


def _sessions_left(engine: Engine, container: str) -> bool:
    # The engine forgets an exec when its process ends, so an ordinary end mostly leaves none.
    try:
        found = engine.container(container)
    except UnreachableError:
        return False
    return bool(found and found.sessions)
