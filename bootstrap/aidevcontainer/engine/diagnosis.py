"""Turns the output of an engine or of Compose into a sentence with the command that fixes the problem."""

from __future__ import annotations

import re
from typing import NamedTuple

INSTALL = "https://docs.docker.com/engine/install/"


class _Cause(NamedTuple):
    pattern: str
    sentence: str


NO_DOCKER = (
    "Docker is not installed: there is no 'docker' on the PATH. Install Docker Engine with Compose v2, then "
    f"try again: {INSTALL}"
)
NO_COMPOSE = (
    "Docker Compose v2 is missing: 'docker compose' is not a command here. Install it: sudo apt install "
    "docker-compose-plugin (from Docker's repository; Ubuntu: docker-compose-v2, Debian 13: docker-compose)."
)

# The first group with a text goes into the sentence. The first cause that matches counts, so specific ones
# come first.
_CAUSES = (
    # The private engine's own client names the cause and the command.
    _Cause(r"(The private engine is stopped.*)", "{0}"),
    _Cause(
        r"permission denied while trying to connect|dial unix (\S+): connect: permission denied",
        "Your user may not use the container engine. Add it to the group: "
        'sudo usermod -aG docker "$USER", then log out and in again.',
    ),
    _Cause(
        # Docker 29 and newer print the second form.
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
        "The disk is full. See how much the engine uses: docker system df. "
        "Remove unused data: docker system prune",
    ),
    _Cause(
        r"Bind for \S*?:(\d+) failed: port is already allocated"
        r"|listen \S+ \S*?:(\d+): bind: address already in use",
        "Port {0} of this machine is in use. Find the container: docker ps --filter publish={0}. "
        "Or publish another port in .aidevcontainer/docker-compose.override.yml.",
    ),
    _Cause(
        r'container name "/?([^"]+)" is already in use',
        "Another container has the name {0}. If nothing needs it, remove it: docker rm -f {0}",
    ),
    _Cause(
        r"(?i)address pools have been fully subnetted|non-overlapping IPv4 address pool",
        "The engine has no free network address for another project. Remove unused networks: "
        "docker network prune",
    ),
    # apk, in the image's build. After a failed download it says as well that there is no such package.
    _Cause(
        r"(\S+) \(no such package\)(?s:.)*?this image is a stand-in for Alpine",
        "The stand-in for Alpine that is this image's base does not have the package {0}, but Alpine may. "
        "For all of Alpine's packages, set ALPINE_IMAGE to a copy of it: "
        "ALPINE_IMAGE=REGISTRY/alpine:3.24 ./.aidevcontainer/container up",
    ),
    _Cause(
        r"(?:fetching|updating) (https?://[^/\s]+)[^\n]*: (?:TLS|SSL|[^\n]*certificate)"
        r"|certificate verify failed(?s:.)*?fetching (https?://[^/\s]+)",
        "The certificate of {0} is not trusted, so no Alpine package can be installed. Put your network's "
        "authority into .aidevcontainer/ca/.",
    ),
    _Cause(
        r"WARNING: (?:fetching|updating|opening) (https?://[^/\s]+)[^\n]*: (?s:.)*?unable to select packages",
        "No Alpine package can be downloaded from {0}. Check the network, set HTTPS_PROXY, or set "
        "ALPINE_MIRROR to a mirror that you can reach.",
    ),
    _Cause(
        r"(\S+) \(no such package\)",
        "Alpine has no package {0}. Correct its name in .aidevcontainer/packages.txt.",
    ),
    _Cause(
        r"(?i)toomanyrequests",
        "The image registry refuses more downloads for a while. Sign in (docker login), or set ALPINE_IMAGE "
        "to a mirror.",
    ),
    _Cause(
        r"failed to resolve source metadata for (\S+?): no match for platform in manifest",
        "The image {0} does not exist for this machine's processor. Choose one that does; the base image is "
        "ALPINE_IMAGE.",
    ),
    _Cause(
        r"exec format error",
        "An image was built for another processor than this machine's. If it is the agent's, build it again: "
        "./.aidevcontainer/container rebuild --fresh",
    ),
    _Cause(
        r"no match for platform in manifest|no matching manifest for (\S+)"
        r"|image with reference \S+ was found but does not (?:match|provide) the specified platform",
        "An image does not exist for this machine's processor. Choose one that does (docker manifest inspect "
        "IMAGE lists them), or set `platform:` for its service to run it in emulation.",
    ),
    _Cause(
        r"failed to resolve source metadata for (\S+?):? |pull access denied for (\S+?),",
        "The base image {0} cannot be fetched. Check the network, or set ALPINE_IMAGE to a mirror, "
        "for example: ALPINE_IMAGE=mirror.example.com/library/alpine:3.24 ./.aidevcontainer/claude",
    ),
    _Cause(
        r"(?i)bind source path does not exist: (\S+)",
        "{0} is missing, and the container mounts it. Restore it, or remove its line from "
        ".aidevcontainer/docker-compose.override.yml.",
    ),
    _Cause(
        r"(?i)mounts denied|is not shared from the host",
        "The engine has no access to this directory. Share it in Docker Desktop: Settings, Resources, "
        "File sharing.",
    ),
    _Cause(
        r"service \"?claude\"? declares mutually exclusive",
        "`networks` of claude in .aidevcontainer/docker-compose.override.yml cannot work. The agent uses the "
        "firewall's network, so move it to the service firewall.",
    ),
    _Cause(
        r"can't set container_name and (\S+) as container name must be unique",
        "{0} runs once, because its name is fixed. Remove `scale` and `replicas` of it from "
        ".aidevcontainer/docker-compose.override.yml.",
    ),
    _Cause(
        r"(?i)(yaml: .*|validating \S+: .*|additional propert.*not allowed.*)",
        "The Compose files are not valid: {0}. Your own settings are in "
        ".aidevcontainer/docker-compose.override.yml.",
    ),
    _Cause(
        r"(?i)(client version \S+ is too (?:old|new).*)",
        "Docker's client and engine are not compatible: {0}. Update the older one.",
    ),
)


def explain(action: str, output: str) -> str:
    """Returns a sentence for the failure of an action (`start the firewall`) that printed `output`."""
    return known(output) or f"Could not {action}: {last_line(output)}"


def known(output: str) -> str:
    """Returns the sentence for a known cause, or an empty string."""
    for cause in _CAUSES:
        found = re.search(cause.pattern, output)
        if found:
            details = next((group for group in found.groups() if group), "")
            return cause.sentence.format(details.strip()).replace(" ()", "")
    return ""


def last_line(output: str) -> str:
    """Returns the last line that is not blank."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given."
