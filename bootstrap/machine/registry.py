"""Whether the base image that the Dockerfile names can be had."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_DOCKERFILE = Path(__file__).resolve().parents[2] / "template/.aidevcontainer/Dockerfile"
_SECONDS = 120


def base_image() -> str:
    """Return the image that the product is built on by default."""
    found = re.search(r"^ARG ALPINE_IMAGE=(\S+)", _DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found  # noqa: S101 -- the Dockerfile is ours
    return found[1]


def fetch(image: str) -> str | None:
    """Bring *image* to the engine; return None, or in a few words why that failed."""
    if _run("docker", "image", "inspect", image).returncode == 0:
        return None
    try:
        pulled = _run("docker", "pull", "--quiet", image)
    except subprocess.TimeoutExpired:
        return f"no answer in {_SECONDS} seconds"
    lines = pulled.stderr.strip().splitlines()
    if pulled.returncode == 0:
        return None
    # The engine wraps the cause into all that it was doing; the cause comes last.
    return lines[-1].rsplit(": ", 1)[-1] if lines else "no reason was given"


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
