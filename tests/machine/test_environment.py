"""Where the helpers of a pin lie: Python here and sh in the launchers have to name the same folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aidevcontainer.updates import origin
from aidevcontainer.util.errors import Problem
from machine import environment
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject, Machine
from tests.support.template import Repository

__all__ = ["machine", "project"]

SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REQUIREMENTS = (
    f"aidevcontainer @ git+https://git.example.com/some/tool.git@{COMMIT}",
    f"aidevcontainer @ git+file://localhost/home/some%20one/a%3Ab@{COMMIT}",
    f"aidevcontainer @ git+ssh://git@git.example.com:2222/tool@{COMMIT}",
    f"aidevcontainer @ git+https://git.example.com//double///slashes/@{COMMIT}",
    "aidevcontainer==1.2.3",
    "aidevcontainer",
    "aidevcontainer @ ",
    f" \t aidevcontainer @ git+https://git.example.com/tool@{COMMIT} \t ",
    "aidevcontainer @ :/:/",
    "aidevcontainer @ ../../../../etc",
    "aidevcontainer @ a,b;c",
    "aidevcontainer @ $(touch pwned) `touch pwned` $HOME ${HOME}",
    "aidevcontainer @ * ? [a-z] ~ {a,b} !",
    "aidevcontainer @ 'single' \"double\" \\back\\slash\\n %s %d",
    "aidevcontainer  @  two  spaces",
    "aidevcontainer @ aidevcontainer @ twice",
    "aidevcontainer-evil @ git+https://evil.example.com/x",
    "aidevcontainer @ größe/日本",
    "aidevcontainer @ " + "long/" * 40,
)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_folder_is_the_launchers(
    machine: Machine, project: FakeProject, monkeypatch: pytest.MonkeyPatch, requirement: str, shell: str
) -> None:
    """X-H1: however the line reads, both come to one folder, and nothing of it is run."""
    monkeypatch.setenv("XDG_CACHE_HOME", machine.environment["XDG_CACHE_HOME"])
    (project.folder / "requirements.txt").write_text(f"# pinned\n{requirement}\n", encoding="utf-8")
    (project.folder / "install.sh").write_text('#!/bin/sh\nprintf "%s\\n" "$2"; exit 5\n')
    words = [shell, "sh"] if shell == "busybox" else [shell]
    done = machine.run(*words, project.folder / "claude", cwd=project.root)
    assert done.code == 5
    assert done.out == f"{environment.helpers(requirement)}\n"
    assert environment.helpers(requirement).parent == machine.folder / "cache/aidevcontainer/helpers"
    assert not list(project.root.glob("pwned"))


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A clone whose helpers are installed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Repository.create(tmp_path / "clone")
    made.commit("Start")
    environment.helpers(origin.requirement(made.path)).mkdir(parents=True)
    return made


def pin(clone: Repository, text: str) -> Path:
    file = clone.path / "requirements.txt"
    file.write_text(f"# pinned\n{text}\n")
    return file


def published(commit: str) -> str:
    return f"aidevcontainer @ git+https://git.example.com/tool.git@{commit}"


def test_a_project_shares_the_clones_helpers(clone: Repository) -> None:
    """U-1: the published commit is the clone's, so nothing is downloaded. Twice is the same as once."""
    wanted = published(clone.git("rev-parse", "HEAD"))
    for _ in range(2):
        environment.share(clone.path, pin(clone, wanted))
        shared = environment.helpers(wanted)
        assert shared.is_symlink()
        assert shared.resolve() == environment.helpers(origin.requirement(clone.path))


def test_a_link_that_leads_nowhere_is_replaced(clone: Repository) -> None:
    """As one to a clone that was deleted, with its helpers."""
    wanted = published(clone.git("rev-parse", "HEAD"))
    environment.helpers(wanted).symlink_to("/nowhere")
    environment.share(clone.path, pin(clone, wanted))
    assert environment.helpers(wanted).is_dir()


@pytest.mark.parametrize(
    "line", [published(COMMIT), "aidevcontainer==1.0", f"other @ git+https://x@{COMMIT}", ""]
)
def test_another_pin_is_installed_for_itself(clone: Repository, line: str) -> None:
    """X-H1: code of another commit never answers for it."""
    before = sorted(environment.helpers("x").parent.iterdir())
    environment.share(clone.path, pin(clone, line))
    assert sorted(environment.helpers("x").parent.iterdir()) == before


def test_installed_helpers_are_left_alone(clone: Repository) -> None:
    wanted = published(clone.git("rev-parse", "HEAD"))
    environment.helpers(wanted).mkdir()
    environment.share(clone.path, pin(clone, wanted))
    assert not environment.helpers(wanted).is_symlink()


def test_a_failure_is_the_installers_to_explain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """U-2: one reason, and no traceback."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("aidevcontainer==0.0.0\n")
    with pytest.raises(Problem, match=r"Stopped there\. The reason is above\.") as caught:
        environment.of_requirements(requirements, "aidevcontainer")
    assert caught.value.code == 1
