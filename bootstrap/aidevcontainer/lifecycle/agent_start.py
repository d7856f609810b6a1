"""The agent container: created while the firewall gets ready, started only once it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from aidevcontainer.engine.docker_cli import Docker


@contextmanager
def prepared(docker: Docker, container: str, *, make: bool, needs: bool) -> Iterator[Callable[[], object]]:
    """Creates the container during the block if asked to `make` it, and yields the function that starts it.

    Creating it and waiting for the firewall take 0.3 s each. A container that exists is left to the function,
    since sessions may run in it. With `needs` the function also starts what the container depends on. Both
    raise Problem.
    """
    if not make:
        alone = () if needs else ("--no-deps",)
        yield partial(
            docker.check, "start the agent container", "compose", "up", "--detach", *alone, "claude"
        )
        return
    problems: list[Exception] = []
    creation = threading.Thread(target=_create, args=(docker, problems))
    creation.start()
    try:
        yield partial(docker.start, container)
    finally:
        creation.join()
    if problems:
        raise problems[0]


def _create(docker: Docker, problems: list[Exception]) -> None:
    try:
        docker.check("create the agent container", "compose", "up", "--no-start", "--no-deps", "claude")
    except Exception as problem:
        # Raised again by the thread that waits for this one.
        problems.append(problem)
