"""The bridge's part of the image: put into the build for projects that use the bridge, and only there."""

from __future__ import annotations

import shutil
from pathlib import Path

from aidevcontainer.project.paths import Project
from aidevcontainer.util import files

_SOURCE = Path(__file__).parent / "broker"
_FOLDER = "scripts/bridge"
_PROGRAMS = ("bridge-client", "install.sh")
_PACKAGES = ("aidevcontainer", "aidevcontainer/bridge")


def stage(project: Project, wanted: bool) -> None:
    """Makes the project's build context hold the bridge's code, or none of it. Raises OSError."""
    target = Path(project.folder, _FOLDER)
    content = _content() if wanted else {}
    if _found(target) == content:
        return
    shutil.rmtree(target, ignore_errors=True)
    for name, data in content.items():
        file = target / name
        files.make_folders(str(file.parent))
        files.write(str(file), data, 0o755 if name in _PROGRAMS else 0o644)


def _content() -> dict[str, bytes]:
    modules = {f"aidevcontainer/bridge/broker/{path.name}": path for path in _SOURCE.glob("*.py")}
    programs = {name: _SOURCE / name for name in _PROGRAMS}
    found = {name: path.read_bytes() for name, path in {**modules, **programs}.items()}
    return {**found, **{f"{name}/__init__.py": b"" for name in _PACKAGES}}


def _found(target: Path) -> dict[str, bytes]:
    files = (path for path in target.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(target)): path.read_bytes() for path in files}
