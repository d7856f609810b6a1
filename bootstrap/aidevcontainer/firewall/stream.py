"""What a script in the firewall's container prints, line by line, until that container ends."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util.errors import Problem


def lines(docker: Docker, container: str, script: str, *arguments: str) -> Iterator[str]:
    """Yields the lines of a script that continues until its input ends, which it does with this process."""
    command = [docker.path, "exec", "-i", container, script, *arguments]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=docker.variables,
    ) as process:
        try:
            # As bytes, because a text file would also end a line where a name contains a carriage return.
            for line in process.stdout or ():
                yield line.decode("utf-8", "replace")
        finally:
            # After Ctrl+C, docker may wait for the script while the script waits for docker.
            process.kill()


def ended(what: str) -> Problem:
    """Returns the problem that the container ended, so there is no more of it to show."""
    return Problem(
        f"The firewall's container ended, so there are no more {what} to show. "
        "Start it: ./.aidevcontainer/container up"
    )
