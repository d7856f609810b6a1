"""The container engine's client, as the tests' own user."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

from .run import Finished, run


def docker(*arguments: str, input: str | bytes = "", check: bool = True, timeout: float = 120) -> Finished:
    """Run `docker` with *arguments*; a failure raises unless *check* is false."""
    done = run(["docker", *arguments], input=input, timeout=timeout)
    return done.checked() if check else done


def execute(
    container: str,
    *command: str,
    user: str | None = None,
    input: str = "",
    check: bool = False,
    timeout: float = 30,
) -> Finished:
    """Run *command* in a running *container*, as *user* or as the container's own."""
    chosen = ["--user", user] if user else []
    return docker(
        "exec", "--interactive", *chosen, container, *command, input=input, check=check, timeout=timeout
    )


def inspect(thing: str) -> dict[str, Any]:
    """Return what the engine knows about a container, image, network or volume."""
    found: dict[str, Any] = json.loads(docker("inspect", thing).out)[0]
    return found


def put(container: str, folder: str, files: Mapping[str, bytes]) -> None:
    """Write *files* (paths relative to *folder*) into a container, running or not, owned by root."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    docker("cp", "-", f"{container}:{folder}", input=buffer.getvalue())
