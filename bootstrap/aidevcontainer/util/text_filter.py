"""Runs a filter on a text without subprocess, which takes longer to load than the filter runs."""

from __future__ import annotations

import os


def complaint(command: list[str], text: bytes, environment: dict[str, str]) -> tuple[int, bytes]:
    """Returns a program's exit code (negative: the signal that ended it) and its standard error.

    The program gets `text` on its standard input, and its standard output is dropped. `command` starts with
    its path. Raises OSError when it cannot be started.
    """
    text_end, writing = os.pipe()
    reading, said_end = os.pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, text_end, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_DUP2, said_end, 2),
    ]
    try:
        process = os.posix_spawn(command[0], command, environment, file_actions=actions)
    except OSError:
        os.close(writing)
        os.close(reading)
        raise
    finally:
        os.close(text_end)
        os.close(said_end)
    _feed(writing, text)
    with os.fdopen(reading, "rb") as file:
        said = file.read()
    status = os.waitpid(process, 0)[1]
    return (os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)), said


def _feed(pipe: int, text: bytes) -> None:
    try:
        with os.fdopen(pipe, "wb") as file:
            file.write(text)
    except BrokenPipeError:
        pass  # a filter need not read to the end
