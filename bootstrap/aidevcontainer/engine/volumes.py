"""The unpacked versions of Claude Code in the volume that all projects of this machine share."""

from __future__ import annotations

import re

from aidevcontainer.engine import readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util.console import Console

# One unpacked Claude for all projects of the machine.
SHARED = "aidevcontainer-claude"
LABEL = "aidevcontainer.claude"
_HOME = "/opt/claude"
# What unpack-claude.sh makes: the version, and the first digits of the digest.
_ID = re.compile(r"[0-9][0-9A-Za-z.-]*-[0-9a-f]{12}")


def remove_unused(docker: Docker, name: str, console: Console) -> None:
    """Remove the versions that no container of this machine may start, also no stopped one. Never fails."""
    used = _used(docker)
    if used is None:
        return
    firewall = readiness.container_names(name)[1]
    listed = docker.execute(firewall, "ls", _HOME).out.split()
    unused = [each for each in listed if _ID.fullmatch(each) and each.rpartition("-")[0] not in used]
    for each in unused:
        if docker.execute(firewall, "rm", "-rf", f"{_HOME}/{each}").code == 0:
            console.say(
                f"Removed the unpacked Claude Code {each.rpartition('-')[0]}, which no container uses."
            )


def _used(docker: Docker) -> set[str] | None:
    """Return the versions that containers on the volume were made for; None where one does not say."""
    form = f'{{{{.Label "{LABEL}"}}}}'
    asked = ("--all", "--filter", f"volume={SHARED}", "--format", form)
    result = docker.run("ps", *asked)
    versions = result.out.split("\n")[:-1] if result.code == 0 else [""]
    return set(versions) if versions and all(versions) else None
