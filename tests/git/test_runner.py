"""The one way to run git: which variables reach it, which configuration it reads, how it fails."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from aidevcontainer.git import runner
from aidevcontainer.git.runner import Git
from aidevcontainer.util.errors import Problem
from tests.support.template import Repository


def program(folder: Path, text: str) -> str:
    """Put a git of the test's own on the path, and return that path."""
    file = folder / "bin" / "git"
    file.parent.mkdir()
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return f"{file.parent}:{os.environ['PATH']}"


def test_every_variable_that_git_calls_local_is_scrubbed() -> None:
    """X-S1: a newer git may know more of them; then this list has to follow."""
    listed = subprocess.run(
        ["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(listed) - runner.LOCAL_VARIABLES == {"GIT_CONFIG_COUNT"}


def test_a_hooks_variables_lead_nowhere(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X-S1: a hook of another repository that calls a helper."""
    other = Repository.create(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'user.name=Caller'")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.email")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "job@example.com")
    assert runner.output(repository.path, "rev-parse", "--show-toplevel") == str(repository.path)
    assert runner.output(repository.path, "config", "user.name") != "Caller"
    assert runner.output(repository.path, "config", "user.email") == "job@example.com"


def test_settings_win_over_files_and_join_the_callers(repository: Repository) -> None:
    """X-S1: also over those that came as variables, which stay in force."""
    repository.git("config", "core.abbrev", "5")
    caller = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "a.b",
        "GIT_CONFIG_VALUE_0": "c",
    }
    git = Git(repository.path, {"core.abbrev": "9"}, variables=caller)
    assert git.ask("config", "core.abbrev") == b"9\n"
    assert git.ask("config", "a.b") == b"c\n"


def test_no_configuration_is_read(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X-S1: for files that somebody else wrote; neither the user's nor the repository's has a say."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.gitconfig").write_text("[user]\n\tname = Me\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    repository.git("config", "core.hooksPath", "evil")
    assert runner.output(repository.path, "config", "user.name") != ""
    assert runner.unconfigured(repository.path).ask("config", "--list") == b""


def test_failures_are_sentences(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """U-4: git's own last line, and where git is missing, how to get it."""
    git = Git(repository.path)
    assert git.ask("rev-parse", "--verify", "none") is None
    assert runner.output(repository.path, "rev-parse", "--verify", "none") == ""
    with pytest.raises(Problem, match=r"^Git could not find it: fatal: Needed a single revision$"):
        git.check("find it", "rev-parse", "--verify", "none")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Problem, match=r"git is not installed\. Install it"):
        Git(repository.path).run("status")


def test_missing_folder_is_not_a_missing_git(tmp_path: Path) -> None:
    """U-4: the error names what is not there."""
    with pytest.raises(FileNotFoundError) as error:
        Git(tmp_path / "none").run("status")
    assert error.value.filename == tmp_path / "none"


def test_names_and_input_are_bytes(repository: Repository) -> None:
    """X-S1: a file's name need not be text."""
    name = os.fsdecode(b"caf\xe9")
    (repository.path / name).touch()
    git = Git(repository.path)
    assert git.names("list files", "ls-files", "--others", "-z") == [name]
    assert git.ask("hash-object", "--stdin", input=b"\xff") == git.ask(
        "hash-object", "--stdin", input=b"\xff"
    )


def test_a_git_that_hangs_is_ended(tmp_path: Path) -> None:
    """U-4: a remote that does not answer must not keep a person waiting."""
    variables = {"PATH": program(tmp_path, "exec sleep 60")}
    with pytest.raises(runner.TimedOutError, match="git did not answer within"):
        Git(tmp_path, variables=variables, timeout=0.2).run("ls-remote")


def test_unattended_git_asks_nobody(tmp_path: Path) -> None:
    """X-S1: no password prompt, and no transport that runs a program."""
    variables = runner.unattended({"PATH": os.environ["PATH"], "GIT_DIR": "/x"})
    done = Git(tmp_path, variables=variables).run("ls-remote", "ext::sh -c 'touch owned'")
    assert done.code != 0
    assert "transport 'ext' not allowed" in done.err
    assert not (tmp_path / "owned").exists()
    assert (variables["GIT_TERMINAL_PROMPT"], variables.get("GIT_DIR")) == ("0", None)
    assert runner.unattended({"GIT_SSH_COMMAND": "mine"})["GIT_SSH_COMMAND"] == "mine"
