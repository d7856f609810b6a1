"""The host's SSH agent in the agent's container, only with AIDEVCONTAINER_SSH_AGENT=1."""

from __future__ import annotations

import os
import stat
import sys

OPTION = "AIDEVCONTAINER_SSH_AGENT"
NAMES = ("AIDEVCONTAINER_SSH_SOURCE", "AIDEVCONTAINER_SSH_AT", "AIDEVCONTAINER_SSH_SOCKET")

_INSIDE = "/run/aidevcontainer/ssh-agent"
# Engines on macOS run in a virtual machine, where the host's sockets do not work. They provide this one.
_MACOS = "/run/host-services/ssh-auth.sock"
_ON = ("1", "yes", "true", "on")


def variables(caller: dict[str, str], option: str, platform: str = sys.platform) -> dict[str, str]:
    """Returns the variables for the Compose file; none where it is off, or no SSH agent runs."""
    source = _source(caller, platform) if option.lower() in _ON else ""
    return dict(zip(NAMES, (source, _INSIDE, _INSIDE), strict=False)) if source else {}


def remark(option: str, values: dict[str, str]) -> str:
    """Returns a sentence where it is on and the variables of `.env` have no SSH agent."""
    if option.lower() not in _ON or NAMES[0] in values:
        return ""
    return (
        f"{OPTION} is on, but no SSH agent answers on this machine (SSH_AUTH_SOCK). Start one, then start "
        "the container again: eval $(ssh-agent) && ssh-add && ./.aidevcontainer/container up"
    )


def _source(caller: dict[str, str], platform: str) -> str:
    if platform == "darwin":
        return _MACOS
    path = caller.get("SSH_AUTH_SOCK", "")
    try:
        return os.path.abspath(path) if stat.S_ISSOCK(os.stat(path).st_mode) else ""
    except OSError:
        return ""
