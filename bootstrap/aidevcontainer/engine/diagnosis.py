"""From what an engine or Compose prints to a sentence with the command that helps."""

from __future__ import annotations

import re
from typing import NamedTuple

INSTALL = "https://docs.docker.com/engine/install/"


class _Cause(NamedTuple):
    pattern: str
    sentence: str


NO_DOCKER = (
    "Docker is not installed: there is no 'docker' on the PATH. Install Docker Engine with Compose v2 as "
    f"described at {INSTALL} and try again."
)
NO_COMPOSE = (
    "Docker Compose v2 is missing: 'docker compose' is not a command here. Install it: sudo apt install "
    "docker-compose-plugin (from Docker's repository; Ubuntu: docker-compose-v2, Debian 13: docker-compose)."
)

# Group 1 of a pattern goes into the sentence. The first that fits is taken, so the specific ones come first.
_CAUSES = (
    # The private engine's own client says it all.
    _Cause(r"(The private engine is stopped.*)", "{0}"),
    _Cause(
        r"permission denied while trying to connect|dial unix (\S+): connect: permission denied",
        "You are not allowed to use the container engine. Let your user do so: "
        'sudo usermod -aG docker "$USER", then log out and in again.',
    ),
    _Cause(
        # The second since Docker 29.
        r"Cannot connect to the Docker daemon at (\S+?)\. |failed to connect to the docker API at ([^\s;]+)"
        r"|error during connect",
        "The container engine is not running ({0}). Start it: sudo systemctl start docker "
        "(macOS: open -a Docker).",
    ),
    _Cause(
        r"(?i)'compose' is not a docker command|unknown command.*compose",
        NO_COMPOSE,
    ),
    _Cause(
        r"(?i)no space left on device|disk quota exceeded",
        "The disk is full. See what the engine uses: docker system df. "
        "Free what nobody needs: docker system prune",
    ),
    _Cause(
        r"Bind for \S*?:(\d+) failed: port is already allocated"
        r"|listen \S+ \S*?:(\d+): bind: address already in use",
        "Port {0} of this machine is taken. See by whom: docker ps --filter publish={0}. "
        "Or publish another one in .aidevcontainer/docker-compose.override.yml.",
    ),
    _Cause(
        r'container name "/?([^"]+)" is already in use',
        "Another container has the name {0}. Remove it if it is a leftover: docker rm -f {0}",
    ),
    _Cause(
        r"(?i)address pools have been fully subnetted|non-overlapping IPv4 address pool",
        "The engine has no network address left for another project. Remove networks nobody uses: "
        "docker network prune",
    ),
    _Cause(
        r"(?i)toomanyrequests",
        "The image registry refuses more downloads for now. Sign in (docker login), or set ALPINE_IMAGE "
        "to a mirror.",
    ),
    _Cause(
        r"failed to resolve source metadata for (\S+?):? |pull access denied for (\S+?),",
        "The base image {0} cannot be fetched. Check the network, or set ALPINE_IMAGE to an image you reach, "
        "for example: ALPINE_IMAGE=mirror.example.com/library/alpine:3.24 ./.aidevcontainer/claude",
    ),
    _Cause(
        r"(?i)bind source path does not exist: (\S+)",
        "{0} is missing, and the container needs it. Restore it, or take its line out of "
        ".aidevcontainer/docker-compose.override.yml.",
    ),
    _Cause(
        r"(?i)mounts denied|is not shared from the host",
        "The engine may not see this directory. Share it: Docker Desktop, Settings, Resources, File sharing.",
    ),
    _Cause(
        r"(?i)(yaml: .*|validating \S+: .*|additional propert.*not allowed.*)",
        "The Compose files are not valid: {0}. Your own part is .aidevcontainer/docker-compose.override.yml.",
    ),
    _Cause(
        r"(?i)(client version \S+ is too (?:old|new).*)",
        "Docker's client and engine do not fit together: {0}. Update the older one.",
    ),
)


def explain(action: str, output: str) -> str:
    """Return a sentence for the failure of an action (`start the firewall`) that printed `output`."""
    return known(output) or f"It was not possible to {action}: {last_line(output)}"


def known(output: str) -> str:
    """Return the sentence for a cause that is known, or an empty string."""
    for cause in _CAUSES:
        found = re.search(cause.pattern, output)
        if found:
            details = next((group for group in found.groups() if group), "")
            return cause.sentence.format(details.strip()).replace(" ()", "")
    return ""


def last_line(output: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given."
