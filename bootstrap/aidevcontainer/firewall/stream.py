"""What a script in the firewall's container prints, line by line, until that container ends."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.firewall.control import TOOLS


def lines(docker: Docker, container: str, script: str, *arguments: str) -> Iterator[str]:
    """Yields the lines of a script that continues until its input ends, which it does with this process."""
    command = [docker.path, "exec", "-i", container, f"{TOOLS}/{script}", *arguments]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=docker.variables,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            yield from process.stdout or ()
        finally:
            # After Ctrl+C, docker may wait for the script while the script waits for docker.
            process.kill()
