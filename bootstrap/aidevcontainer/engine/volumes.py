"""The volume with the unpacked versions of Claude Code, which all projects of this machine share."""

from __future__ import annotations

import re

from aidevcontainer.engine import readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.util.console import Console

SHARED = "aidevcontainer-claude"
LABEL = "aidevcontainer.claude"
_HOME = "/opt/claude"
# A folder that unpack-claude.sh creates: the version, and the first digits of the digest.
_ID = re.compile(r"[0-9][0-9A-Za-z.-]*-[0-9a-f]{12}")


def remove_unused(docker: Docker, name: str, console: Console) -> None:
    """Removes the versions that no container of this machine uses, running or stopped. Never fails."""
    used = _used(docker)
    if used is None:
        return
    firewall = readiness.container_names(name)[1]
    listed = docker.execute(firewall, "ls", _HOME).out.split()
    unused = [each for each in listed if _ID.fullmatch(each) and each.rpartition("-")[0] not in used]
    for each in unused:
        if docker.execute(firewall, "rm", "-rf", f"{_HOME}/{each}").code == 0:
            console.say(
                f"Removed Claude Code {each.rpartition('-')[0]} from the shared volume: no container uses it."
            )


def _used(docker: Docker) -> set[str] | None:
    """Returns the versions that containers on the volume use, None where one has no label."""
    form = f'{{{{.Label "{LABEL}"}}}}'
    asked = ("--all", "--filter", f"volume={SHARED}", "--format", form)
    result = docker.run("ps", *asked)
    versions = result.out.split("\n")[:-1] if result.code == 0 else [""]
    return set(versions) if versions and all(versions) else None
