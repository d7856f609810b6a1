"""A cached virtual environment for the helpers' packages: made once, said aloud, shared by all projects."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable

from bootstrap import cache, interpreter, lock, programs
from bootstrap.problem import Problem

_COMPLETE = "complete"


def ensure(requirements: Path, say: Callable[[str], None]) -> Path:
    """Return the Python of an environment that has the packages of a requirements file, making it if need be.

    One environment per content of the file and version of Python. Two callers at once make it once.

    Raises Problem when it cannot be made.
    """
    folder = _folder(requirements)
    if not _usable(folder):
        with lock.held(folder.name, lambda: say("Waiting for another helper that installs Python packages.")):
            if not _usable(folder):
                _make(folder, requirements, say)
    return _python(folder)


def _folder(requirements: Path) -> Path:
    version = ".".join(str(part) for part in sys.version_info[:2])
    material = _content(requirements) + f"\n{version} {interpreter.real()}".encode()
    return Path(cache.path(f"venv-{hashlib.sha256(material).hexdigest()[:12]}"))


def _content(requirements: Path) -> bytes:
    content = requirements.read_bytes()
    included = [line.split()[1] for line in content.decode().splitlines() if line.startswith("-r ")]
    return content + b"".join(_content(requirements.with_name(name)) for name in included)


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _usable(folder: Path) -> bool:
    # The marker comes last, so an interrupted installation is never taken for a finished one. The interpreter
    # behind the link may be gone after an upgrade of the system.
    return (folder / _COMPLETE).exists() and os.access(_python(folder), os.X_OK)


def _make(folder: Path, requirements: Path, say: Callable[[str], None]) -> None:
    say(f"Installing Python packages ({_summary(requirements)}) into {folder}, once.")
    failures: list[str] = []
    for strategy in (_with_uv, _with_venv, _with_virtualenv, _with_outer_pip):
        shutil.rmtree(folder, ignore_errors=True)
        failure = strategy(folder, requirements)
        if failure is None:
            (folder / _COMPLETE).touch()
            return
        failures.append(failure)
    shutil.rmtree(folder, ignore_errors=True)
    raise Problem(_explanation("\n".join(failures)))


def _summary(requirements: Path) -> str:
    lines = (line.split("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    names = [line.split("==")[0].strip() for line in lines if line and not line.startswith("-")]
    return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:4])} and {len(names) - 4} more"


def _with_uv(folder: Path, requirements: Path) -> str | None:
    uv = programs.find("uv", os.environ.get("PATH", os.defpath))
    if uv is None:
        return ""
    make = [uv, "venv", "--quiet", "--python", interpreter.real(), str(folder)]
    install = [uv, "pip", "install", "--quiet", "--python", str(_python(folder))]
    return _run_all(make, [*install, "--requirement", str(requirements)])


def _with_venv(folder: Path, requirements: Path) -> str | None:
    make = [interpreter.real(), "-I", "-m", "venv", str(folder)]
    return _run_all(make, _pip(_python(folder), requirements))


def _with_virtualenv(folder: Path, requirements: Path) -> str | None:
    make = [interpreter.real(), "-I", "-m", "virtualenv", "--quiet", str(folder)]
    return _run_all(make, _pip(_python(folder), requirements))


def _with_outer_pip(folder: Path, requirements: Path) -> str | None:
    # Debian splits ensurepip off, but a pip that is there installs into other environments too.
    install = _pip(Path(interpreter.real()), requirements)
    install[install.index("install") : install.index("install")] = ["--python", str(_python(folder))]
    return _run_all([interpreter.real(), "-I", "-m", "venv", "--without-pip", str(folder)], install)


def _pip(python: Path, requirements: Path) -> list[str]:
    return [
        *(str(python), "-I", "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"),
        *("install", "--requirement", str(requirements)),
    ]


def _run_all(*commands: list[str]) -> str | None:
    for command in commands:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{done.stdout}\n{done.stderr}"
    return None


def _explanation(output: str) -> str:
    version = ".".join(str(part) for part in sys.version_info[:2])
    if "ensurepip" in output and "No module named pip" in output:
        return (
            f"Python {version} cannot make virtual environments here, its installer is missing. "
            f"Install it: sudo apt install python{version}-venv"
        )
    lines = [line for line in output.splitlines() if line.strip() and "No module named" not in line]
    reason = next((line for line in lines if "ERROR" in line), lines[-1] if lines else "no reason was given")
    return (
        f"The helpers' Python packages could not be installed: {reason.strip()}. Check the network; behind a "
        "proxy or a mirror set HTTPS_PROXY or PIP_INDEX_URL. Then try again."
    )
