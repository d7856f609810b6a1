"""The bridge's part of the build context: there where a project uses the bridge, and written nowhere else."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aidevcontainer.bridge import staging
from aidevcontainer.project.paths import Project
from aidevcontainer.util.errors import Problem
from tests.support.scaffold import ROOT

PACKAGE = ROOT / "bootstrap/aidevcontainer"
PROGRAMS = {"bridge-client", "install.sh"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose build context has one script of its own."""
    scripts = tmp_path / "shop/.aidevcontainer/scripts"
    scripts.mkdir(parents=True)
    (scripts / "own.sh").write_text("own\n")
    return Project(str(tmp_path / "shop"))


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder outside of the project that must stay as it is."""
    folder = tmp_path / "outside"
    (folder / "bridge").mkdir(parents=True)
    (folder / "install.sh").write_text("mine\n")
    (folder / "bridge/install.sh").write_text("mine\n")
    before = tree(folder)
    yield folder
    assert tree(folder) == before


def target(project: Project) -> Path:
    return Path(project.folder, "scripts/bridge")


def tree(folder: Path) -> dict[str, tuple[int, bytes, int]]:
    """Return mode, content and time of each file and folder, without following links."""
    found = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(info.st_mode) else b""
        found[str(path.relative_to(folder))] = (info.st_mode, content, info.st_mtime_ns)
    return found


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {name: (mode, content) for name, (mode, content, _) in tree(folder).items()}


@pytest.fixture
def complete(project: Project) -> dict[str, tuple[int, bytes]]:
    """What a complete folder has. The project has none any more."""
    staging.stage(project, wanted=True)
    found = contents(target(project))
    staging.stage(project, wanted=False)
    return found


def test_nothing_is_staged_without_a_bridge(project: Project) -> None:
    """B-2: the image has none of it."""
    staging.stage(project, wanted=False)
    assert [path.name for path in Path(project.folder, "scripts").iterdir()] == ["own.sh"]


def test_a_bridge_stages_its_files_with_their_modes(complete: dict[str, tuple[int, bytes]]) -> None:
    """B-2: the broker's folder, the modules that it imports, and the empty packages around them."""
    files = {name: content for name, (mode, content) in complete.items() if stat.S_ISREG(mode)}
    broker = PACKAGE / "bridge/broker"
    expected = {f"aidevcontainer/bridge/broker/{path.name}": path for path in broker.glob("*.py")}
    expected |= {name: broker / name for name in PROGRAMS}
    expected |= {
        f"aidevcontainer/util/{name}": PACKAGE / "util" / name for name in ("files.py", "http_socket.py")
    }
    empty = {
        "aidevcontainer/__init__.py",
        "aidevcontainer/bridge/__init__.py",
        "aidevcontainer/util/__init__.py",
    }
    assert files == {name: path.read_bytes() for name, path in expected.items()} | dict.fromkeys(empty, b"")
    for name, (mode, _) in complete.items():
        executable = stat.S_ISDIR(mode) or name in PROGRAMS
        assert (name, stat.S_IMODE(mode)) == (name, 0o755 if executable else 0o644)


def test_staged_modules_import_only_each_other_and_the_library(
    complete: dict[str, tuple[int, bytes]],
) -> None:
    """B-2: a module that is missing in the image would end the broker at its start."""
    modules = {name[: -len(".py")].replace("/", ".") for name in complete if name.endswith(".py")}
    for name, (_, content) in complete.items():
        if name.endswith(".py"):
            imported = set(imports(content.decode()))
            own = {each for each in imported if each.startswith("aidevcontainer")}
            assert own <= modules | {each.removesuffix(".__init__") for each in modules}, name
            assert {each.partition(".")[0] for each in imported - own} <= sys.stdlib_module_names, name


def imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            module = PACKAGE.parent / node.module.replace(".", "/")
            # `from package import module` needs the module, `from module import name` only the module itself.
            yield from (
                f"{node.module}.{each.name}" if module.is_dir() else node.module for each in node.names
            )


@pytest.mark.skipif(sys.platform != "linux", reason="the broker runs in a container")
@pytest.mark.parametrize("program", ["broker", "client", "accept", "health"])
def test_the_staged_programs_can_be_loaded(project: Project, program: str) -> None:
    """B-2: as the image starts them, with nothing but the staged files and the library."""
    staging.stage(project, wanted=True)
    module = f"aidevcontainer.bridge.broker.{program}"
    code = f"import sys; sys.path.append({str(target(project))!r}); import {module} as it; print(it.__file__)"
    command = [sys.executable, "-I", "-S", "-B", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd="/", check=False)
    path = target(project) / f"aidevcontainer/bridge/broker/{program}.py"
    assert (done.stdout.strip(), done.stderr) == (str(path), "")


@pytest.mark.skipif(sys.platform != "linux", reason="the broker runs in a container")
def test_a_staged_program_finds_its_package_by_its_own_path(project: Project) -> None:
    """B-2: the image names the file, and Python's -I leaves out its folder."""
    staging.stage(project, wanted=True)
    path = target(project) / "aidevcontainer/bridge/broker/health.py"
    command = [sys.executable, "-I", "-S", "-B", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd="/", check=False)
    assert (done.returncode, done.stderr) == (1, "bridge: the broker does not accept connections\n")


def test_the_files_go_with_the_bridge(project: Project) -> None:
    """B-2: and nothing beside them."""
    staging.stage(project, wanted=True)
    assert target(project).is_dir()
    staging.stage(project, wanted=False)
    assert not target(project).exists()
    assert Path(project.folder, "scripts/own.sh").read_text() == "own\n"


def test_unchanged_files_keep_their_time(project: Project, complete: dict[str, tuple[int, bytes]]) -> None:
    """B-2: a start does not touch a complete folder, and repairs one in which a file differs."""
    staging.stage(project, wanted=True)
    for path in (target(project), *target(project).rglob("*")):
        os.utime(path, (1000, 1000))
    before = tree(target(project))
    staging.stage(project, wanted=True)
    assert tree(target(project)) == before
    changed = target(project) / "aidevcontainer/bridge/broker/relay.py"
    changed.write_bytes(changed.read_bytes().replace(b"a", b"b", 1))
    staging.stage(project, wanted=True)
    assert contents(target(project)) == complete


@pytest.mark.parametrize("umask", [0o077, 0o027, 0o000])
def test_any_umask_gives_the_same_files(
    project: Project, complete: dict[str, tuple[int, bytes]], umask: int
) -> None:
    """B-2: the agent must be able to read them in the image."""
    before = os.umask(umask)
    try:
        staging.stage(project, wanted=True)
    finally:
        os.umask(before)
    assert contents(target(project)) == complete
    assert stat.S_IMODE(target(project).stat().st_mode) == 0o755


def test_files_made_under_a_strict_umask_are_opened(
    project: Project, complete: dict[str, tuple[int, bytes]]
) -> None:
    """B-2: as an older version, or a branch that has the folder, would have left them."""
    staging.stage(project, wanted=True)
    for path in (*target(project).rglob("*"), target(project)):
        path.chmod(0o700 if path.is_dir() else 0o600)
    staging.stage(project, wanted=True)
    assert contents(target(project)) == complete
    assert stat.S_IMODE(target(project).stat().st_mode) == 0o755


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("to", ["outside", "outside/bridge", "nowhere"])
def test_a_link_in_place_of_the_folder_is_not_followed(
    project: Project, outside: Path, complete: dict[str, tuple[int, bytes]], to: str, wanted: bool
) -> None:
    """X-S1: a branch may lead the helpers out of the project. The link goes, and its target stays."""
    target(project).symlink_to(outside.parent / to)
    staging.stage(project, wanted)
    assert not target(project).is_symlink()
    assert contents(target(project)) == (complete if wanted else {})
    assert not (outside.parent / "nowhere").exists()


@pytest.mark.parametrize(
    "name", ["install.sh", "aidevcontainer", "aidevcontainer/bridge/broker", "aidevcontainer/util/files.py"]
)
@pytest.mark.parametrize("to", ["outside", "outside/install.sh", "nowhere"])
def test_a_link_in_place_of_a_file_is_not_followed(
    project: Project, outside: Path, complete: dict[str, tuple[int, bytes]], name: str, to: str
) -> None:
    """X-S1: nor one deeper in the folder, of a file or of a folder."""
    planted = target(project) / name
    planted.parent.mkdir(parents=True)
    planted.symlink_to(outside.parent / to)
    staging.stage(project, wanted=True)
    assert contents(target(project)) == complete
    assert not (outside.parent / "nowhere").exists()


@pytest.mark.parametrize("wanted", [True, False])
def test_links_among_the_staged_files_are_removed_and_not_their_targets(
    project: Project, outside: Path, complete: dict[str, tuple[int, bytes]], wanted: bool
) -> None:
    """X-S1: removing a folder does not reach through a link in it."""
    staging.stage(project, wanted=True)
    (target(project) / "aidevcontainer/more").symlink_to(outside)
    (target(project) / "hook.sh").symlink_to(outside / "install.sh")
    staging.stage(project, wanted)
    assert contents(target(project)) == (complete if wanted else {})


@pytest.mark.parametrize("wanted", [True, False])
def test_the_files_of_a_stranger_do_not_reach_the_image(
    project: Project, complete: dict[str, tuple[int, bytes]], wanted: bool
) -> None:
    """X-S1: a branch may have committed files, folders and pipes there, also compiled ones."""
    folder = target(project)
    (folder / "install.sh/deep").mkdir(parents=True)
    (folder / "aidevcontainer/bridge/broker/__pycache__").mkdir(parents=True)
    (folder / "aidevcontainer/bridge/broker/__pycache__/client.cpython-312.pyc").write_bytes(b"code")
    (folder / "aidevcontainer/bridge/broker/socket.py").write_text("raise SystemExit\n")
    (folder / "aidevcontainer/util").write_text("a file in place of a folder")
    os.mkfifo(folder / "bridge-client")
    staging.stage(project, wanted)
    assert contents(folder) == (complete if wanted else {})


def test_a_file_in_place_of_the_folder_goes(project: Project, complete: dict[str, tuple[int, bytes]]) -> None:
    """X-S1: with and without a bridge."""
    target(project).write_text("x")
    staging.stage(project, wanted=True)
    assert contents(target(project)) == complete
    staging.stage(project, wanted=False)
    target(project).write_text("x")
    staging.stage(project, wanted=False)
    assert not target(project).exists()


def test_a_link_in_place_of_the_scripts_is_refused(project: Project, outside: Path) -> None:
    """X-S1: their folder belongs to the scaffold, so a link there is an error to repair, and not followed."""
    scripts = Path(project.folder, "scripts")
    (scripts / "own.sh").unlink()
    scripts.rmdir()
    scripts.symlink_to(outside)
    staging.stage(project, wanted=False)
    with pytest.raises(Problem, match=r"is a symbolic link and must be a folder\. Restore it: git checkout"):
        staging.stage(project, wanted=True)
    assert scripts.is_symlink()
