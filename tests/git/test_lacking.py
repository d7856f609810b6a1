"""What a start says about a repository whose needs git inside cannot meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from aidevcontainer.git import identity, lacking
from tests.support.template import GIT_ENVIRONMENT, Repository


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A plain checkout, for a person without settings."""
    for name, value in GIT_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "personal"))
    return Repository.create(tmp_path.resolve() / "main")


@pytest.mark.parametrize("place", [".gitattributes", ".git/info/attributes"])
def test_lfs_without_its_program(checkout: Repository, place: str) -> None:
    """X-L1: with the line that adds it; nothing where it is there, or where a comment names it."""
    checkout.write(place, "# filter=lfs\n*.bin binary\n")
    assert lacking.sentences(str(checkout.path)) == []
    checkout.write(place, "*.psd filter=lfs diff=lfs merge=lfs -text\n")
    checkout.write(".aidevcontainer/packages.txt", "make\n# git-lfs\n")
    (sentence,) = lacking.sentences(str(checkout.path))
    assert "git-lfs" in sentence and "packages.txt" in sentence
    checkout.write(".aidevcontainer/packages.txt", "make\ngit-lfs\n")
    assert lacking.sentences(str(checkout.path)) == []


@pytest.mark.parametrize("value", ["true", "yes", "on", "1"])
def test_repository_that_signs(checkout: Repository, tmp_path: Path, value: str) -> None:
    """X-L1: a person's own setting is not in the container, so it does not matter there."""
    (tmp_path / "personal").write_text("[commit]\n  gpgSign = true\n")
    assert lacking.sentences(str(checkout.path)) == []
    checkout.git("config", "commit.gpgSign", value)
    (sentence,) = lacking.sentences(str(checkout.path))
    assert "--no-gpg-sign" in sentence
    checkout.git("config", "commit.gpgSign", "false")
    assert lacking.sentences(str(checkout.path)) == []


def test_how_files_are_checked_out(checkout: Repository, tmp_path: Path) -> None:
    """X-L1: a person's own settings and the repository's; otherwise files look changed inside."""
    checkout.git("config", "--unset", "core.fileMode")
    assert identity.checkout(str(checkout.path)) == {}
    (tmp_path / "personal").write_text("[core]\n  symlinks = false\n  autocrlf = true\n")
    assert identity.checkout(str(checkout.path)) == {"core.symlinks": "false", "core.autocrlf": "true"}
