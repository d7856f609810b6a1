"""What the agent sees of git."""

from __future__ import annotations

from pathlib import Path

from bootstrap import git_mounts


def test_plain_checkout_needs_nothing(tmp_path: Path) -> None:
    """X-S1: the Compose file's own defaults are for this; what they mount read-only must be there."""
    (tmp_path / ".git").mkdir()
    assert git_mounts.prepare(str(tmp_path)) == ({}, "")
    assert (tmp_path / ".git" / "hooks").is_dir()
    assert (tmp_path / ".git" / "config").is_file()


def test_configuration_is_left_alone(tmp_path: Path) -> None:
    """X-S1: only what is missing is made."""
    (tmp_path / ".git" / "hooks").mkdir(parents=True)
    (tmp_path / ".git" / "config").write_text("[core]\n")
    git_mounts.prepare(str(tmp_path))
    assert (tmp_path / ".git" / "config").read_text() == "[core]\n"


def test_without_git_nothing_appears(tmp_path: Path) -> None:
    """U-1: a directory that is no repository is served too, and stays none."""
    variables, remark = git_mounts.prepare(str(tmp_path))
    assert set(variables) == set(git_mounts.NAMES)
    assert remark == ""
    assert list(tmp_path.iterdir()) == []
    targets = [variables[name] for name in git_mounts.NAMES if name.endswith("_AT")]
    assert len(set(targets)) == 3
    assert not any(target.startswith("/workspace") for target in targets)


def test_link_to_a_git_directory_cannot_be_rewritten(tmp_path: Path) -> None:
    """X-S1: a worktree's `.git` file says where the host's git finds its hooks."""
    (tmp_path / ".git").write_text("gitdir: /home/me/app/.git/worktrees/x\n")
    variables, remark = git_mounts.prepare(str(tmp_path))
    # The Compose file mounts the configuration read-only.
    assert variables["AIDEVCONTAINER_GIT_CONFIG"] == str(tmp_path / ".git")
    assert variables["AIDEVCONTAINER_GIT_CONFIG_AT"] == "/workspace/.git"
    assert "git does not work inside yet" in remark
