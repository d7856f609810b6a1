"""What people read when something fails: one sentence, with the command that helps."""

from __future__ import annotations

import pytest

from aidevcontainer.engine import diagnosis

# What docker, Compose and the kernel print, and what must be in the sentence for it.
CASES = [
    (
        "The private engine is stopped, as after a reboot. Start it: python3 /x/bootstrap --start-engine",
        ["The private engine is stopped", "Start it: python3 /x/bootstrap --start-engine"],
    ),
    (
        "permission denied while trying to connect to the Docker daemon socket at unix:///x.sock: "
        'Get "http://x/v1.45/info": dial unix /var/run/docker.sock: connect: permission denied',
        ["Your user may not use the container engine", 'sudo usermod -aG docker "$USER"'],
    ),
    (
        "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct "
        "and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory",
        ["engine is not running (unix:///var/run/docker.sock)", "sudo systemctl start docker"],
    ),
    (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        ["engine is not running (unix:///var/run/docker.sock)", "sudo systemctl start docker"],
    ),
    ("error during connect: Get http://x: EOF", ["engine is not running.", "sudo systemctl start docker"]),
    (
        "docker: 'compose' is not a docker command.\nSee 'docker --help'",
        ["Compose v2 is missing", "sudo apt install"],
    ),
    (
        "docker: unknown command: docker compose\n\nRun 'docker --help'",
        ["Compose v2 is missing", "sudo apt install"],
    ),
    (
        "failed to solve: failed to copy: write /var/lib/docker/tmp/x: no space left on device",
        ["The disk is full", "docker system df", "docker system prune"],
    ),
    (
        "Error response from daemon: driver failed programming external connectivity on endpoint x: "
        "Bind for 0.0.0.0:8080 failed: port is already allocated",
        [
            "Port 8080 of this machine is in use",
            "docker ps --filter publish=8080",
            "docker-compose.override.yml",
        ],
    ),
    (
        "driver failed programming external connectivity on endpoint x (0123): failed to bind port "
        "0.0.0.0:8080/tcp: Error starting userland proxy: "
        "Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use",
        ["Port 8080 of this machine is in use", "docker ps --filter publish=8080"],
    ),
    (
        'Conflict. The container name "/app-1-claude-1" is already in use by container "0a1".',
        ["app-1-claude-1", "docker rm -f app-1-claude-1"],
    ),
    (
        "failed to create network app_default: all predefined address pools have been fully subnetted",
        ["no free network address", "docker network prune"],
    ),
    ("toomanyrequests: You have reached your pull rate limit.", ["refuses more downloads", "docker login"]),
    *(
        (text, ["for this machine's processor", "Choose one that does"])
        for text in (
            "failed to solve: x: failed to resolve source metadata for docker.io/library/x:1: no match for "
            "platform in manifest: not found",
            "db Error no matching manifest for linux/arm64/v8 in the manifest list entries",
            "image with reference x:1 was found but does not match the specified platform: wanted "
            "linux/amd64, actual: linux/arm64",
            "image with reference x:1 was found but does not provide the specified platform (linux/amd64)",
        )
    ),
    ("exec /sbin/tini: exec format error", ["another processor", "container rebuild --fresh"]),
    (
        "service claude declares mutually exclusive `network_mode` and `networks`: invalid compose project",
        ["`networks` of claude", "firewall"],
    ),
    (
        "services.scale: can't set container_name and claude as container name must be unique: invalid "
        "compose project",
        ["claude runs once", "Remove `scale`"],
    ),
    (
        "failed to solve: docker.io/library/alpine:3.24: failed to resolve source metadata for "
        "docker.io/library/alpine:3.24: dial tcp: lookup registry-1.docker.io: no such host",
        ["base image docker.io/library/alpine:3.24 cannot be fetched", "ALPINE_IMAGE="],
    ),
    (
        "invalid mount config for type: bind source path does not exist: /x/.git",
        ["/x/.git is missing", "docker-compose.override.yml"],
    ),
    ("Error response from daemon: Mounts denied: the path /x is not shared from the host", ["File sharing"]),
    (
        "validating /x/docker-compose.override.yml: services.claude Additional property portz is not allowed",
        ["Compose files are not valid", "portz", "docker-compose.override.yml"],
    ),
    (
        "yaml: line 3: mapping values are not allowed in this context",
        ["Compose files are not valid: yaml: line 3"],
    ),
    (
        "Error response from daemon: client version 1.22 is too old. Minimum supported API version is 1.24",
        ["are not compatible", "1.22 is too old"],
    ),
]


@pytest.mark.parametrize(("output", "parts"), CASES)
def test_known_cause_has_its_sentence(output: str, parts: list[str]) -> None:
    """U-4: not running, no permission, no Compose, disk full, port or name taken: each with its remedy."""
    text = diagnosis.explain("start the firewall", f"some warning\n{output}\n")
    for part in parts:
        assert part in text
    assert "\n" not in text
    assert "{" not in text


def test_unknown_cause_is_told_in_its_own_words() -> None:
    """U-4: nothing is swallowed that might help."""
    text = diagnosis.explain(
        "start the firewall", "warning: a\nError response from daemon: moon in wrong phase\n\n"
    )
    assert text == "Could not start the firewall: Error response from daemon: moon in wrong phase"


def test_silence_is_called_silence() -> None:
    """U-4: no empty sentence."""
    assert diagnosis.explain("start the firewall", " \n").endswith("no reason was given.")
