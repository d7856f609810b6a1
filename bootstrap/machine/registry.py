"""Downloads the base image that the Dockerfile names."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_DOCKERFILE = Path(__file__).resolve().parents[2] / "template/.aidevcontainer/Dockerfile"
_SECONDS = 120


def base_image() -> str:
    """Returns the image that the Dockerfile builds on by default."""
    found = re.search(r"^ARG ALPINE_IMAGE=(\S+)", _DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found  # noqa: S101 -- the Dockerfile is ours
    return found[1]


def fetch(image: str) -> str | None:
    """Brings an image to the engine. Returns None, or the reason of the failure in a few words."""
    if _run("docker", "image", "inspect", image).returncode == 0:
        return None
    try:
        pulled = _run("docker", "pull", "--quiet", image)
    except subprocess.TimeoutExpired:
        return f"no answer in {_SECONDS} seconds"
    lines = pulled.stderr.strip().splitlines()
    if pulled.returncode == 0:
        return None
    # The cause is the last part of what the engine prints.
    return lines[-1].rsplit(": ", 1)[-1] if lines else "no reason was given"


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
