"""`python3 bootstrap PATH`, as a person types it."""

from __future__ import annotations

import ast
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support import claude_screens, scaffold
from tests.support.hostuser import HostUser
from tests.support.internet import Internet
from tests.support.model import Model
from tests.support.project import Project
from tests.support.run import Finished, run
from tests.support.template import Repository, git_environment
from tests.support.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
# A port nobody listens at: neither an engine of the machine's nor a private one is meant.
NO_ENGINE = "tcp://127.0.0.1:9"


@pytest.fixture(scope="module")
def fresh_cache(workspace: Path) -> Path:
    """The cache of a user who has nothing yet; short, since an engine's sockets would have to fit into it."""
    return workspace / "c"


@pytest.fixture
def environment(fresh_cache: Path) -> dict[str, str]:
    """The caller's variables."""
    return callers(fresh_cache)


def callers(cache_home: Path) -> dict[str, str]:
    """Return a caller's variables, without what this machine's tests have set."""
    kept = {
        name: value
        for name, value in git_environment().items()
        if not name.startswith(("CLAUDE_", "AIDEVCONTAINER_", "ALPINE_"))
    }
    return {**kept, "XDG_CACHE_HOME": str(cache_home), "DOCKER_HOST": NO_ENGINE}


@pytest.fixture
def repository(workspace: Path, host_user: HostUser) -> Project:
    """A repository that belongs to an ordinary user."""
    return scaffold.repository(workspace / scaffold.unique("boot"), host_user)


def bootstrap(release: Path, environment: Mapping[str, str], *arguments: str) -> Finished:
    """Run the command without a terminal."""
    return run([sys.executable, str(release / "bootstrap"), *arguments], env=environment, timeout=300)


def test_a_path_is_needed(environment: dict[str, str]) -> None:
    done = bootstrap(ROOT, environment)
    assert done.code == 2
    assert "name one PATH, the repository that Claude should work in" in done.err


def test_help_names_every_option(environment: dict[str, str]) -> None:
    done = bootstrap(ROOT, environment, "--help")
    assert done.code == 0
    for option in ("--defaults", "--data", "--yes", "--no-session", "--start-engine", "--remove-engine"):
        assert option in done.out


def test_a_wrong_path_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    done = bootstrap(ROOT, environment, str(tmp_path / "none"))
    assert done.code == 2
    assert f"{tmp_path}/none is not a folder" in done.err


AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root's repositories are handed over")


@AS_ROOT
def test_root_is_refused_before_anything_is_written(environment: dict[str, str], tmp_path: Path) -> None:
    """US-005.2: with the two commands that help, where nobody can be asked and nobody agreed."""
    untouched = tmp_path / "cache"
    environment = {**environment, "XDG_CACHE_HOME": str(untouched)}
    project = Repository.create(tmp_path / "project")
    done = bootstrap(ROOT, environment, str(project.path), "--defaults")
    assert done.code == 2
    assert "never runs as root. Nothing was written." in done.err
    assert f"CLAUDE_UID=1000 CLAUDE_GID=1000 python3 bootstrap {project.path}" in done.err
    assert f"chown -R 1000:1000 {project.path}" in done.err
    assert "add --yes, which does the same" in done.err
    assert [path.name for path in project.path.iterdir()] == [".git"]
    assert project.path.stat().st_uid == 0
    assert not untouched.exists()


@AS_ROOT
@pytest.mark.parametrize(
    ("sudo", "ids"), [({}, (1000, 1000)), ({"SUDO_UID": "1234", "SUDO_GID": "5678"}, (1234, 5678))]
)
def test_roots_repository_is_handed_over_after_a_yes(
    environment: dict[str, str], release: Path, tmp_path: Path, sudo: dict[str, str], ids: tuple[int, int]
) -> None:
    """US-005.2: with all that is in it and all that is scaffolded, and root's git goes on."""
    home = tmp_path / "home"
    home.mkdir()
    git_settings = [name for name in environment if name.startswith("GIT_CONFIG")]
    variables = {name: value for name, value in environment.items() if name not in git_settings}
    project = Repository.create(tmp_path / "project")
    project.write("src/app.py", "x = 1\n")
    project.commit("Start")
    # Answered by Copier with a refusal, so that nothing is built.
    answers = ("--defaults", "--yes", "--data", "project_name=")
    done = bootstrap(release, {**variables, **sudo, "HOME": str(home)}, str(project.path), *answers)
    assert f"{project.path} now belongs to {ids[0]}:{ids[1]}, with everything in it." in done.err
    assert {(path.stat().st_uid, path.stat().st_gid) for path in project.path.rglob("*")} == {ids}
    command = ["git", "log", "--format=%s"]
    again = run(command, cwd=project.path, env={**variables, **sudo, "HOME": str(home)}).checked()
    assert again.out == "Start\n"


def old_pythons(environment: Mapping[str, str]) -> list[Path]:
    """Return the Pythons of this machine that are too old; a version manager's shim may stand for none."""
    on_path = (shutil.which(name) for name in ("python3.7", "python3.8", "python3.9"))
    managed = Path("~/.pyenv/versions").expanduser().glob("3.[789].*/bin/python")
    found = [*managed, *(Path(name) for name in on_path if name)]
    return [python for python in found if run([str(python), "-c", ""], env=environment).code == 0]


def test_an_old_python_finds_a_newer_one_or_says_so(environment: dict[str, str], tmp_path: Path) -> None:
    """U-4: whatever python3 is; never a traceback. The next test is for machines without an old Python."""
    (tmp_path / "none").mkdir()
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer/python3.12").symlink_to(sys.executable)
    for python in old_pythons(environment):
        command = [str(python), str(ROOT / "bootstrap"), str(tmp_path / "missing")]
        alone = run(command, env={**environment, "PATH": str(tmp_path / "none")})
        assert alone.code == 1
        assert alone.err.startswith("aidevcontainer: The helpers need Python 3.10 or newer, and this is 3.")
        assert len(alone.err.splitlines()) == 1
        helped = run(command, env={**environment, "PATH": str(tmp_path / "newer")})
        assert helped.code == 2
        assert f"{tmp_path}/missing is not a folder" in helped.err


def test_the_search_for_a_python_can_be_read_by_old_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """U-4: also where no old Python is there to try it."""
    program = (
        "import runpy, sys; sys.path.insert(0, sys.argv[1]); from machine import pythons; "
        "pythons.NEEDED = (99, 0); sys.argv = ['bootstrap']\n"
        "try: runpy.run_path(sys.path[0], run_name='__main__')\n"
        "except SystemExit as ended: assert ended.code == 1, ended.code\n"
        "print(*(module.__file__ for name, module in sys.modules.items() "
        "if name.split('.')[0] in ('machine', 'aidevcontainer') and module.__file__))"
    )
    monkeypatch.setenv("PATH", "/nowhere")
    found = (
        run([sys.executable, "-c", program, str(ROOT / "bootstrap")], env=dict(os.environ))
        .checked()
        .out.split()
    )
    assert str(ROOT / "bootstrap/machine/pythons.py") in found
    for name in [str(ROOT / "bootstrap/__main__.py"), *found]:
        ast.parse(Path(name).read_text(encoding="utf-8"), name, feature_version=(3, 7))


def test_without_a_terminal_answers_are_needed(
    environment: dict[str, str], release: Path, repository: Project
) -> None:
    """U-1: questions are never answered by accident."""
    done = bootstrap(release, environment, str(repository.path))
    assert done.code == 2
    assert "Add --defaults, and --data NAME=VALUE" in done.err
    assert not (repository.path / ".aidevcontainer").exists()


@pytest.fixture(scope="module")
def stopped_at_engine(
    fresh_cache: Path, workspace: Path, release: Path, host_user: HostUser
) -> Iterator[tuple[Project, Finished]]:
    """A repository that was scaffolded on a machine without an engine, where nobody agreed to install one."""
    project = scaffold.repository(workspace / scaffold.unique("boot"), host_user)
    answers = ("--defaults", "--data", "alpine_packages=make", "--data", "allowed_bundles=[npm, pypi]")
    yield project, bootstrap(release, callers(fresh_cache), str(project.path), *answers)


def test_the_repository_is_scaffolded(stopped_at_engine: tuple[Project, Finished]) -> None:
    """U-1: with the answers given, for its owner."""
    project, _ = stopped_at_engine
    assert "make" in (project.scaffold / "packages.txt").read_text().split()
    assert "pypi.org" in (project.scaffold / "allowed-domains.txt").read_text()
    for path in (project.scaffold, project.scaffold / "claude", project.path / ".copier-answers.yml"):
        assert (path.stat().st_uid, path.stat().st_gid) == (project.user.uid, project.user.gid)
    assert not list(project.scaffold.rglob("*.py"))


def test_the_first_line_says_what_is_downloaded(stopped_at_engine: tuple[Project, Finished]) -> None:
    _, done = stopped_at_engine
    first = done.err.splitlines()[0]
    assert "downloads Python packages (20 MB)" in first
    assert "Claude Code (170 MB)" in first


def test_no_engine_is_a_sentence_with_a_way_out(
    stopped_at_engine: tuple[Project, Finished], fresh_cache: Path
) -> None:
    """Nothing is installed unasked; what could be done is said, or why it cannot be."""
    _, done = stopped_at_engine
    assert done.code == 1
    assert "Traceback" not in done.err
    ways = ("run this again with --yes", "Install Docker", "stop it first")
    assert any(way in done.err for way in ways), done.err
    assert not (fresh_cache / "aidevcontainer/engine").exists()


def test_a_plain_update_works_afterwards(stopped_at_engine: tuple[Project, Finished], release: Path) -> None:
    """U-3: the template's address that was recorded is one that Copier finds."""
    project, _ = stopped_at_engine
    answers = (project.path / ".copier-answers.yml").read_text()
    assert f"_src_path: {release}\n" in answers
    assert "_commit: v1.0.0\n" in answers
    scaffold.commit(project, "Add the container")
    command = [sys.executable, "-m", "copier", "update", "--defaults"]
    trusted = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    done = run(command, cwd=project.path, env={**git_environment(), **trusted})
    assert done.code == 0, done.err
    assert project.run("git", "status", "--porcelain").checked().out == ""


def test_what_is_scaffolded_stays(
    stopped_at_engine: tuple[Project, Finished], environment: dict[str, str], release: Path
) -> None:
    """A second run asks and writes nothing, and overwrites no edit."""
    project, _ = stopped_at_engine
    project.write(".aidevcontainer/packages.txt", "jq\n")
    done = bootstrap(release, environment, str(project.path))
    assert "Writing" not in done.err
    assert (project.scaffold / "packages.txt").read_text() == "jq\n"


def test_beside_another_template(environment: dict[str, str], release: Path, repository: Project) -> None:
    """U-3: another template's answers are kept, ours get a file of their own."""
    repository.write(".copier-answers.yml", "_src_path: gh:other/template\n")
    bootstrap(release, environment, str(repository.path), "--defaults")
    assert (repository.path / ".copier-answers.yml").read_text() == "_src_path: gh:other/template\n"
    assert "allowed_bundles" in (repository.path / ".copier-answers.aidevcontainer.yml").read_text()


def test_wrong_answers_are_copiers_to_explain(
    environment: dict[str, str], release: Path, repository: Project
) -> None:
    done = bootstrap(release, environment, str(repository.path), "--defaults", "--data", "project_name=")
    assert done.code == 1
    assert "A project needs a name" in done.out + done.err
    assert "Copier stopped" in done.err
    assert not (repository.path / ".aidevcontainer").exists()


@pytest.mark.engine
def test_from_a_bare_repository_to_the_sign_in(
    release: Path, repository: Project, internet: Internet, model: Model
) -> None:
    """U-1, U-2, U-4: one command, and Claude's own sign-in screen is its end; the next is there at once."""
    assert model
    scaffold.join(repository, internet)
    command = [sys.executable, str(release / "bootstrap"), str(repository.path), "--defaults", "--yes"]
    foreign = ("CLAUDE", "ANTHROPIC")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    with repository.remove_at_end():
        with Terminal(command, env=variables) as terminal:
            screen = terminal.wait_for(claude_screens.FIRST_SCREEN, 240)
            assert "Traceback" not in screen
            terminal.key("enter")
            terminal.wait_for(claude_screens.SIGN_IN, 30)
        again = run([*command, "--", "--version"], env=variables, timeout=120)
        assert again.code == 0, again.err
        assert "(Claude Code)" in again.out
        assert "Writing" not in again.err
        assert "Building" not in again.err
