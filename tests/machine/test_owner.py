"""Whose repository it is, and what happens to one that belongs to root."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem
from machine import handover, owner
from machine.asking import Asking
from machine.owner import Ids
from tests.support.template import GIT_ENVIRONMENT

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root works in other people's repositories")
USUAL = Ids(1000, 1000)
SUDO = {"SUDO_UID": "1001", "SUDO_GID": "1002"}


class Answers(Asking):
    """A person who gives one answer, or nobody."""

    def __init__(self, answer: bool | None) -> None:
        super().__init__(Console(), False)
        self._answer = answer
        self.offers: list[str] = []

    def possible(self) -> bool:
        return self._answer is not None

    def __call__(self, offer: str) -> bool:
        self.offers.append(offer)
        return bool(self._answer)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Root's own settings of git, in root's home."""
    home = tmp_path / "home"
    home.mkdir()
    for name in GIT_ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    return home / ".gitconfig"


@pytest.fixture
def repository(tmp_path: Path, settings: Path) -> Path:  # noqa: ARG001 -- git reads them
    """Root's repository in root's folder, with a linked worktree inside and a link that leads out."""
    found = tmp_path / "around" / "my repository"
    (found / "src").mkdir(parents=True)
    (found / "src/app.py").write_text("x = 1\n")
    git(found, "init", "--quiet")
    git(found, "add", "--all")
    git(
        found,
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.com",
        "commit",
        "--quiet",
        "--message",
        "Start",
    )
    git(found, "worktree", "add", "--quiet", str(found / "linked"))
    (tmp_path / "outside").write_text("root's\n")
    (found / "way out").symlink_to(tmp_path / "outside")
    return found


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def owners(folder: Path) -> set[Ids]:
    found = [folder, *folder.rglob("*")]
    return {Ids(path.lstat().st_uid, path.lstat().st_gid) for path in found}


@pytest.mark.parametrize(
    "given", [{}, {"SUDO_UID": "0", "SUDO_GID": "0"}, {"SUDO_UID": "1001"}, {"SUDO_UID": "x"}]
)
def test_root_everywhere_is_nobodys_repository(repository: Path, given: dict[str, str]) -> None:
    """US-004.2: the agent never runs as root, so a person has to say whose it is."""
    assert owner.of_repository(repository, given) is None


def test_clues_in_their_order(repository: Path) -> None:
    """US-005.2: what is given, the repository's owner, the user who called sudo, the folder around it."""
    os.chown(repository.parent, 1005, 1006)
    assert owner.of_repository(repository, {}) == (1005, 1006)
    assert owner.of_repository(repository, SUDO) == (1001, 1002)
    os.chown(repository, 1003, 1004)
    assert owner.of_repository(repository, SUDO) == (1003, 1004)
    assert owner.of_repository(repository, {**SUDO, "CLAUDE_UID": "7"}) == (7, 1004)
    assert owner.of_repository(repository, {**SUDO, "CLAUDE_UID": "7", "CLAUDE_GID": "8"}) == (7, 8)


@pytest.mark.parametrize("given", [{"CLAUDE_UID": "0", "CLAUDE_GID": "0"}, {"CLAUDE_UID": "0"}])
def test_root_is_never_the_agent(repository: Path, given: dict[str, str]) -> None:
    """US-004.2: not even on request."""
    with pytest.raises(Problem, match="never runs as root") as caught:
        handover.settle(repository, given, Answers(True), Console())
    assert caught.value.code == WRONG_USAGE
    assert owners(repository) == {Ids(0, 0)}


def test_everything_inside_is_handed_over(
    repository: Path, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """US-005.2: git's folders and linked worktrees too, and nothing that a link leads to. It is said."""
    asked = Answers(True)
    assert handover.settle(repository, {}, asked, Console()) == USUAL
    assert asked.offers == [
        f"{repository} belongs to root, and the agent never runs as root. "
        "It can be given to user 1000:1000, with everything in it."
    ]
    assert owners(repository) == {USUAL}
    assert (repository.parent.parent / "outside").stat().st_uid == 0
    assert repository.parent.stat().st_uid == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"{repository} now belongs to 1000:1000, with everything in it."
    assert (
        said[1] == f"Root's git keeps working there: added {repository} to safe.directory in root's settings."
    )
    assert "safe" in settings.read_text()
    assert git(repository, "log", "--format=%s") == "Start\n"


def test_git_is_told_once(repository: Path, settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Root's settings do not grow with every run, and stay as they are where git works already."""
    handover.settle(repository, {}, Answers(True), Console())
    before = settings.read_text()
    handover.give(repository, Ids(0, 0))
    handover.settle(repository, {}, Answers(True), Console())
    assert settings.read_text() == before
    assert capsys.readouterr().err.count("safe.directory") == 1


def test_a_device_in_place_of_gits_settings_stays_one(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Git would replace /dev/null by a file of its own."""
    device = repository.parent.parent / "null"
    os.mkfifo(device)
    # As /dev/null, which is empty, without a chance to harm it.
    monkeypatch.setattr(handover, "_is_refused_by_git", lambda _: True)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(device))
    handover.settle(repository, {}, Answers(True), Console())
    assert device.is_fifo()
    assert f"To allow it: git config --global --add safe.directory '{repository}'" in capsys.readouterr().err


def test_a_no_leaves_everything_as_it_is(repository: Path, settings: Path) -> None:
    """US-005.2: with the commands for later."""
    with pytest.raises(Problem, match="Nothing was written") as caught:
        handover.settle(repository, {}, Answers(False), Console())
    assert caught.value.code == FAILED
    assert f"chown -R 1000:1000 '{repository}'" in str(caught.value)
    assert f"CLAUDE_UID=1000 CLAUDE_GID=1000 python3 bootstrap '{repository}'" in str(caught.value)
    assert owners(repository) == {Ids(0, 0)}
    assert not settings.exists()


def test_without_an_answer_nothing_is_handed_over(repository: Path) -> None:
    """US-005.2: wrong usage, as a script has to say what it wants."""
    with pytest.raises(Problem, match="add --yes") as caught:
        handover.settle(repository, {}, Answers(None), Console())
    assert caught.value.code == WRONG_USAGE
    assert owners(repository) == {Ids(0, 0)}


@pytest.mark.parametrize(("answer", "left"), [(True, Ids(1001, 1002)), (False, Ids(0, 0)), (None, Ids(0, 0))])
def test_a_known_user_is_offered_the_repository_and_used_either_way(
    repository: Path, answer: bool | None, left: Ids
) -> None:
    """US-005.2: the user who called sudo is the agent's, whether or not the files change hands."""
    assert handover.settle(repository, SUDO, Answers(answer), Console()) == (1001, 1002)
    assert owners(repository) == {left}


def test_chosen_ids_need_no_question(repository: Path) -> None:
    """US-005.2: who names both has decided, also that the files stay as they are."""
    asked = Answers(True)
    given = {"CLAUDE_UID": "7", "CLAUDE_GID": "8"}
    assert handover.settle(repository, given, asked, Console()) == (7, 8)
    assert asked.offers == []
    assert owners(repository) == {Ids(0, 0)}


def test_a_users_repository_needs_no_question(repository: Path) -> None:
    asked = Answers(True)
    handover.give(repository, Ids(1003, 1004))
    assert handover.settle(repository, {}, asked, Console()) == (1003, 1004)
    assert asked.offers == []


@pytest.mark.parametrize("name", ["/", "/etc", "/etc/apt", "/usr", "/usr/local", "/var/lib/apt", "~"])
def test_the_systems_folders_are_never_given_away(
    name: str, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped path with --yes must not cost a machine."""
    place = Path(name).expanduser()
    assert settings.parent == Path("~").expanduser()
    monkeypatch.setattr(handover, "give", pytest.fail)
    with pytest.raises(Problem, match="Name a repository that has a folder of its own") as caught:
        handover.settle(place, {}, Answers(True), Console())
    assert caught.value.code == WRONG_USAGE
    assert handover.settle(place, SUDO, Answers(True), Console()) == (1001, 1002)


def test_other_file_systems_inside_are_left_alone(repository: Path) -> None:
    """As a disk or another container's folder that is mounted there."""
    place = repository / "mounted"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", str(place)], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        (place / "file").touch()
        handover.give(repository, USUAL)
        assert owners(place) == {Ids(0, 0)}
    finally:
        subprocess.run(["umount", str(place)], check=True)
