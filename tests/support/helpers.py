"""The helpers of the working tree as an installation that launchers find, without waiting for an installer.

tests/scaffold/test_install.py and the engine tests install them for real.
"""

from __future__ import annotations

import sys
from pathlib import Path

from machine import environment

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENT = "aidevcontainer==0.0.0"
# In place of a package that only the long way needs.
_STOP = "raise SystemExit(77)\n"


def install(cache: Path, requirement: str = REQUIREMENT) -> Path:
    """Puts the helpers where launch.sh looks for what `requirement` names; returns that folder."""
    folder = cache / "aidevcontainer" / "helpers" / environment.name(requirement)
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").symlink_to(Path(sys.executable).resolve())
    (folder / "pyvenv.cfg").write_text((Path(sys.prefix) / "pyvenv.cfg").read_text())
    (folder / "lib").symlink_to(Path(sys.prefix) / "lib")
    _fill(folder / "site")
    (folder / "complete").write_text("site/aidevcontainer\n")
    return folder


def stop_at_packages(folder: Path, code: str = _STOP) -> None:
    """Makes an installation run `code` where a command needs more than the standard library; ends with 77."""
    plumbum = folder / "site/plumbum"
    plumbum.unlink()
    plumbum.mkdir()
    (plumbum / "__init__.py").write_text(code)


def _fill(site: Path) -> None:
    site.mkdir()
    (packages,) = (Path(sys.prefix) / "lib").glob("python3*/site-packages")
    for path in packages.iterdir():
        (site / path.name).symlink_to(path)
    (site / "aidevcontainer").symlink_to(ROOT / "bootstrap/aidevcontainer")
