"""What a benchmark ran on: nothing that would name a person, a place or a network."""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path

from machine.engine import FoundEngine

ROOT = Path(__file__).resolve().parents[2]
_OURS = ("docs/figures.md", "README.md")


def machine() -> dict[str, str]:
    """Return processor, cores, memory, kernel."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    # What a vendor or a host adds to the kernel's number is nobody's business.
    kernel = re.match(r"[\d.]*\d", platform.release())
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.1f} GiB",
        "kernel": f"{platform.system()} {kernel[0] if kernel else ''}".strip(),
    }


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", _text("/proc/cpuinfo"), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def versions(engine: FoundEngine, base: str) -> dict[str, str]:
    """Return the versions of all that takes part."""
    pin = re.search(
        r"^\s*version\D*([\d.]+)", _text(ROOT / "template/.aidevcontainer/claude.pin"), re.MULTILINE
    )
    project = re.search(r'^version = "(.+)"$', _text(ROOT / "pyproject.toml"), re.MULTILINE)
    return {
        "Docker Engine": engine.version,
        "Compose": engine.compose,
        "base image": base,
        "Claude Code": pin[1] if pin else "",
        "git": _said("git", "version").split()[-1],
        "Python": platform.python_version(),
        "Copier": metadata.version("copier"),
        "aidevcontainer": project[1] if project else "",
    }


def commit() -> str:
    """Return the commit that is checked out, and whether anything but the figures differs from it."""
    changed = _said("git", "status", "--porcelain", "--", ".", *(f":!{path}" for path in _OURS))
    return _said("git", "rev-parse", "--short=10", "HEAD") + (" with changes" if changed else "")


def today() -> str:
    """Return the date in UTC."""
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def _said(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _text(path: str | Path) -> str:
    file = Path(path)
    return file.read_text(encoding="utf-8") if file.exists() else ""
