"""`aidevcontainer`, the console script: a scaffold for a repository, or a command of the project around."""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aidevcontainer.cli import commands
from aidevcontainer.cli.examples import EXAMPLES
from aidevcontainer.cli.main import Init
from tests.hostside.machine import PACKAGES, Finished
from tests.support.run import run
from tests.support.template import ANSWERS, FOLDER, Repository, Scaffold, answers_of, git_environment

Aidevcontainer = Callable[..., Finished]
# As the script does that pip makes of the entry point.
_START = (
    "import sys; sys.argv[0] = 'aidevcontainer'; from aidevcontainer.cli.main import main; sys.exit(main())"
)
# Writes its name, its folder and its arguments, each in a line of its own, and ends with a code of its own.
_LAUNCHER = """#!/bin/sh
for each in "${0##*/}" "$PWD" "$@"; do printf '<%s>\\n' "$each"; done
exit 7
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages in which this one is installed, from nowhere in particular."""
    folder = tmp_path / "site"
    metadata = folder / "aidevcontainer-1.2.3.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: aidevcontainer\nVersion: 1.2.3\n")
    (folder / "aidevcontainer").symlink_to(PACKAGES / "aidevcontainer")
    return folder


@pytest.fixture
def aidevcontainer(site: Path, tmp_path: Path) -> Aidevcontainer:
    """Runs the installed program in a folder, without a terminal."""

    def given(*arguments: str, at: Path = tmp_path) -> Finished:
        command = [sys.executable, "-c", _START, *arguments]
        environment = {**git_environment(), "PYTHONPATH": str(site), "HOME": str(tmp_path)}
        done = run(command, cwd=at, env=environment)
        return Finished(done.code, done.out, done.err)

    return given


def installed_from(site: Path, **recorded: Any) -> None:  # noqa: ANN401 -- JSON
    """Record an origin as pip and uv do."""
    (site / "aidevcontainer-1.2.3.dist-info/direct_url.json").write_text(json.dumps(recorded))


def refused(done: Finished, code: int, *sentences: str) -> None:
    """Look for one sentence on standard error, and nothing where a script expects an answer."""
    assert (done.code, done.out) == (code, ""), done
    assert done.err.startswith("aidevcontainer: ")
    assert "Traceback" not in done.err
    for sentence in sentences:
        assert sentence in done.err


def test_help(aidevcontainer: Aidevcontainer) -> None:
    """U-2: on standard output; names every command, and calls itself by its own name."""
    done = aidevcontainer("--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: aidevcontainer COMMAND")
    assert "\n  init " in done.out
    for name in commands.NAMES:
        assert name in done.out
    assert "./.aidevcontainer" not in done.out
    assert max(map(len, done.out.splitlines())) <= 110
    assert aidevcontainer() == done._replace(code=2)


def test_help_of_init(aidevcontainer: Aidevcontainer) -> None:
    """U-2: every switch, and examples that the command itself takes."""
    done = aidevcontainer("init", "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: aidevcontainer init [OPTIONS] PATH\n")
    for switch in ("--defaults", "-d, --data NAME=VALUE", "--source ADDRESS", "-q, --quiet"):
        assert switch in done.out
    for words, _ in EXAMPLES["aidevcontainer init"]:
        assert f"\n  aidevcontainer init {words}" in done.out
        made = Init("aidevcontainer init")
        made._validate_args(*made._parse_args(shlex.split(words)))


@pytest.mark.parametrize("words", [["--version"], ["init", "--version"]])
def test_version(aidevcontainer: Aidevcontainer, words: list[str]) -> None:
    """U-2: of the installed package."""
    done = aidevcontainer(*words)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(" 1.2.3\n")
    assert done.out.startswith("aidevcontainer ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["inti"], "no command 'inti'. Did you mean 'init'? All commands: aidevcontainer --help"),
        (["contaner", "up"], "Did you mean 'container'?"),
        (["-q", "claude"], "after the command: aidevcontainer claude"),
        (["--bogus"], "Help: aidevcontainer --help"),
        (["init", "--bogus", "."], "Help: aidevcontainer init --help"),
        (["init"], "Help: aidevcontainer init --help"),
        (
            ["init", "."],
            "is not in a git repository, and updates merge with git. Make it one, in there: git init",
        ),
        (["init", "nowhere"], "nowhere is not a folder."),
    ],
)
def test_wrong_usage(aidevcontainer: Aidevcontainer, words: list[str], said: str) -> None:
    """U-2: one sentence with the way out, and exit code 2."""
    refused(aidevcontainer(*words), 2, said)


def test_init_needs_a_terminal_or_defaults(aidevcontainer: Aidevcontainer, repository: Repository) -> None:
    """U-1: nothing is guessed that nobody agreed to."""
    refused(aidevcontainer("init", str(repository.path)), 2, "--defaults", "--data NAME=VALUE")
    assert repository.changes() == []


def test_init_scaffolds_a_new_repository(
    aidevcontainer: Aidevcontainer, published: Repository, tmp_path: Path
) -> None:
    """U-1: from an address, with answers; what it records leads `update` to the template."""
    project = Repository.create(tmp_path / "fresh")
    words = ("--defaults", "-d", "skip_permissions=true", "--source", str(published.path))
    done = aidevcontainer("init", *words, ".", at=project.path)
    assert done.code == 0, done
    answers = answers_of(project)
    assert (answers["_src_path"], answers["_commit"]) == (str(published.path), "v1.0.0")
    assert answers["skip_permissions"] is True
    for name in commands.NAMES:
        assert os.access(project.path / FOLDER / name, os.X_OK)


def test_init_says_nothing_where_it_is_told_to(
    aidevcontainer: Aidevcontainer, published: Repository, repository: Repository
) -> None:
    """U-2: for scripts, before the command's name or after it."""
    words = ("init", "--defaults", "--source", str(published.path), str(repository.path))
    assert aidevcontainer("-q", *words) == Finished(0, "", "")
    assert (repository.path / FOLDER / "claude").is_file()


@pytest.mark.usefixtures("undisturbed_git_and_copier")
def test_init_where_a_scaffold_is(aidevcontainer: Aidevcontainer, scaffold: Scaffold, tmp_path: Path) -> None:
    """U-1: nothing is written over, and the command that does it right is named."""
    project = scaffold.duplicate(tmp_path / "copy")
    before = project.changes()
    refused(
        aidevcontainer("init", "--defaults", str(project.path)), 1, "v1.0.0 already", "aidevcontainer update"
    )
    assert project.changes() == before


def test_init_takes_the_commit_that_was_installed(
    aidevcontainer: Aidevcontainer, site: Path, next_release: Repository, repository: Repository
) -> None:
    """U-1: helpers and scaffold fit, also where the repository has moved on since."""
    commit = next_release.git("rev-parse", "HEAD")
    next_release.write("copier.yml", "broken: [\n")
    next_release.commit("Later")
    vcs = {"vcs": "git", "requested_revision": "main", "commit_id": commit}
    installed_from(site, url=f"file://{next_release.path}", vcs_info=vcs)
    done = aidevcontainer("init", "--defaults", str(repository.path))
    assert done.code == 0, done
    answers = answers_of(repository)
    assert (answers["_src_path"], answers["_commit"]) == (str(next_release.path), "v1.0.1")
    assert repository.read(f"{FOLDER}/requirements.txt").splitlines()[-1].endswith(f"@{commit}")


def test_init_from_an_installed_clone(
    aidevcontainer: Aidevcontainer, site: Path, trimmed: Repository, repository: Repository
) -> None:
    """U-1: `pip install -e .` records a folder, whose current commit counts."""
    installed_from(site, url=f"file://{trimmed.path}", dir_info={"editable": True})
    assert aidevcontainer("init", "--defaults", str(repository.path)).code == 0
    assert answers_of(repository)["_src_path"] == str(trimmed.path)


def test_init_with_a_folder_that_is_no_clone(
    aidevcontainer: Aidevcontainer, site: Path, repository: Repository, tmp_path: Path
) -> None:
    """U-1: an unpacked archive has no commits to update from."""
    (tmp_path / "unpacked").mkdir()
    installed_from(site, url=f"file://{tmp_path}/unpacked", dir_info={})
    refused(aidevcontainer("init", "--defaults", str(repository.path)), 1, "not a git clone", "git clone")


@pytest.mark.parametrize("recorded", [None, {"url": "https://example.com/x.whl", "archive_info": {}}])
def test_init_without_an_origin(
    aidevcontainer: Aidevcontainer, site: Path, repository: Repository, recorded: dict[str, Any] | None
) -> None:
    """U-1: a package from an index, or a file, does not say where the template is."""
    if recorded:
        installed_from(site, **recorded)
    done = aidevcontainer("init", "--defaults", str(repository.path))
    refused(done, 1, "does not record where it came from", "aidevcontainer init --source ADDRESS PATH")
    assert not (repository.path / ANSWERS).exists()


@pytest.fixture
def launchers(tmp_path: Path) -> Path:
    """A project whose commands only tell how they were called."""
    root = tmp_path / "work" / "my project"
    folder = root / FOLDER
    folder.mkdir(parents=True)
    (folder / "requirements.txt").touch()
    for name in commands.NAMES:
        (folder / name).write_text(_LAUNCHER)
        (folder / name).chmod(0o755)
    (root / "src/deep").mkdir(parents=True)
    return root


@pytest.mark.parametrize("name", commands.NAMES)
def test_commands_of_the_project_around(aidevcontainer: Aidevcontainer, launchers: Path, name: str) -> None:
    """U-2: in the caller's folder, with every argument as it was, and the command's own exit code."""
    words = ["--help", "-q", "two words", "", "--", "--version", "*"]
    done = aidevcontainer(name, *words, at=launchers / "src/deep")
    lines = [name, str(launchers / "src/deep"), *words]
    assert done == Finished(7, "".join(f"<{line}>\n" for line in lines), "")


def test_nearest_project_counts(aidevcontainer: Aidevcontainer, launchers: Path) -> None:
    """U-2: a project within a project is one of its own; a folder without a pin is none."""
    inner = launchers / "src" / FOLDER
    inner.mkdir()
    assert aidevcontainer("claude", at=launchers / "src/deep").code == 7
    (inner / "requirements.txt").touch()
    (inner / "claude").write_text("#!/bin/sh\nexit 3\n")
    (inner / "claude").chmod(0o755)
    assert aidevcontainer("claude", at=launchers / "src/deep").code == 3


@pytest.mark.parametrize("name", commands.NAMES)
def test_outside_of_a_project(aidevcontainer: Aidevcontainer, tmp_path: Path, name: str) -> None:
    """U-2: a sentence that names the folder and the command that makes a project."""
    refused(aidevcontainer(name, "--help"), 2, f"no project around {tmp_path}", "aidevcontainer init PATH")


def test_launcher_that_is_gone(aidevcontainer: Aidevcontainer, launchers: Path) -> None:
    """U-2: the file, the reason, and the command that restores it."""
    (launchers / FOLDER / "hook").unlink()
    refused(aidevcontainer("hook", at=launchers), 1, "/hook cannot be started: No such file", "copier recopy")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root works in other people's repositories")
def test_roots_init_leaves_the_scaffold_to_the_repositorys_owner(
    aidevcontainer: Aidevcontainer, published: Repository
) -> None:
    """US-005.2: Copier runs as root there, and the agent and its user must be able to edit the files."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        project = Repository.create(Path(folder) / "project")
        for path in (project.path, *project.path.rglob("*")):
            os.chown(path, 1234, 5678)
        done = aidevcontainer("init", "--defaults", "--source", str(published.path), str(project.path))
        assert done.code == 0, done.err
        owners = {(path.lstat().st_uid, path.lstat().st_gid) for path in project.path.rglob("*")}
        assert owners == {(1234, 5678)}
