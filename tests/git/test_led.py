"""Files and folders that the host's configuration leads to: read-only inside, wherever the setting stands."""

from __future__ import annotations

import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from aidevcontainer.git import mount_file, mounts, protection
from aidevcontainer.git.mount import Mount
from aidevcontainer.util.errors import Problem
from tests.support.template import Repository

pytestmark = pytest.mark.usefixtures("own_git")


def read_only(checkout: Repository) -> set[str]:
    """Return the read-only paths below the project, and check that nobody can swap a folder above them."""
    found = mounts.prepare(str(checkout.path)).mounts
    targets = {each.target: each for each in found}
    for each in found:
        assert Path(each.source).exists(), each
        folder = str(Path(each.target).parent)
        closed = folder in targets or folder == "/workspace"
        assert closed or any(
            folder.startswith(f"{target}/") and not mount.writable for target, mount in targets.items()
        ), f"the folder of {each.target} can be renamed"
    return {each.target.removeprefix("/workspace/") for each in found if not each.writable}


def configure(file: Path, *setting: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "config", "--file", file, "--add", *setting], check=True)


INCLUDES = [
    ("include.path", "../.gitconfig", ".gitconfig"),
    ("include.path", "../team/git/config", "team/git/config"),
    ("include.path", "../a/./../a/config", "a/config"),
    ("include.path", "more", ".git/more"),
    ("include.path", "{root}/absolute", "absolute"),
    ("includeIf.onbranch:release/**.path", "../on-branch", "on-branch"),
    ("includeIf.gitdir:/nowhere/.path", "../elsewhere", "elsewhere"),
    ("includeIf.hasconfig:remote.*.url:https://x/**.path", "../remote", "remote"),
]


@pytest.mark.parametrize(("name", "value", "expected"), INCLUDES)
@pytest.mark.parametrize("exists", [True, False])
def test_included_file(checkout: Repository, name: str, value: str, expected: str, exists: bool) -> None:
    """X-S1: also where the condition is not met yet, and where the file is missing."""
    file = checkout.path / expected
    if exists:
        configure(file, "x.y", "z")
    checkout.git("config", name, value.replace("{root}", str(checkout.path)))
    assert expected in read_only(checkout)
    assert checkout.git("config", "x.y") == "z" if exists and "If" not in name else file.exists()


@pytest.mark.parametrize("made", [True, False])
def test_folder_that_a_path_only_crosses(checkout: Repository, made: bool) -> None:
    """X-S1: a link in its place would lead the path to another file."""
    if made:
        (checkout.path / "side/deep").mkdir(parents=True)
    checkout.git("config", "include.path", "../side/deep/../../config")
    assert "config" in read_only(checkout)
    found = {each.target: each.writable for each in mounts.prepare(str(checkout.path)).mounts}
    assert found["/workspace/side"] and found["/workspace/side/deep"]


@pytest.mark.parametrize("place", ["config.worktree", "global", "xdg", "home", "system", "environment"])
def test_wherever_the_setting_stands(
    checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """X-S1: a person's settings, the system's, and those of one worktree, through further files."""
    home, outside = tmp_path / "home", tmp_path / "outside"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    files = {
        "config.worktree": checkout.path / ".git/config.worktree",
        "global": tmp_path / "named",
        "xdg": home / ".config/git/config",
        "home": home / ".gitconfig",
        "system": tmp_path / "system",
    }
    configure(outside, "include.path", str(checkout.path / "led/here"))
    if place in files:
        configure(files[place], "include.path", str(outside))
    if place == "global":
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(files[place]))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(files["system"]))
    if place == "environment":
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.hooksPath")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(checkout.path / "led/here"))
    assert "led/here" in read_only(checkout)


def test_files_of_a_home_among_the_projects_files(
    checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X-S1: a repository of dotfiles, whose files the home links to; one of them is still missing."""
    home = tmp_path / "home"
    (home / ".config").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (home / ".gitconfig").symlink_to(checkout.path / "gitconfig")
    (home / ".config/git").symlink_to(checkout.path / "config/git")
    checkout.write("config/git/attributes", "* diff=x\n")
    configure(checkout.path / "config/git/config", "include.path", "~/more")
    (home / "more").symlink_to(checkout.path / "more")
    assert {"gitconfig", "config/git/attributes", "config/git/config", "more"} <= read_only(checkout)


def test_project_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """X-S1: the settings that lead there apply in every repository of the person's."""
    root = tmp_path.resolve() / "settings"
    root.mkdir()
    configure(tmp_path / "personal", "include.path", str(root / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "personal"))
    found = mounts.prepare(str(root))
    assert found.mounts == [Mount(str(root / "gitconfig"), "/workspace/gitconfig")]
    mounts.remove(str(root))
    assert list(root.iterdir()) == []


def test_files_of_submodules_and_worktrees(checkout: Repository, tmp_path: Path) -> None:
    """X-S1: each has settings of its own, and relative hooks of its own."""
    project = Repository.create(tmp_path.resolve() / "super")
    project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(checkout.path), "sub")
    project.commit("submodule")
    project.git("worktree", "add", ".worktrees/x")
    project.git("config", "include.path", "../shared")
    project.git("config", "core.hooksPath", ".githooks")
    module = project.path / ".git/modules/sub"
    configure(module / "config", "include.path", "../../../sub/own")
    configure(module / "config", "core.hooksPath", ".subhooks")
    configure(project.path / ".git/worktrees/x/config.worktree", "include.path", str(project.path / "in-x"))
    expected = {"shared", ".githooks", ".worktrees/x/.githooks", "in-x", "sub/own", "sub/.subhooks"}
    assert expected <= read_only(project)


SETTINGS = [
    ("core.attributesFile", "attributes", {"attributes"}),
    ("core.excludesFile", "{root}/lists/ignored", {"lists/ignored"}),
    ("commit.template", ".gitmessage", {".gitmessage"}),
    ("mailmap.file", "team/mailmap", {"team/mailmap"}),
    ("blame.ignoreRevsFile", ".git-blame-ignore-revs", {".git-blame-ignore-revs"}),
    ("gpg.ssh.allowedSignersFile", "signers", {"signers"}),
    ("gpg.ssh.revocationFile", "keys/revoked", {"keys/revoked"}),
    ("core.fsmonitor", "tools/monitor", {"tools/monitor"}),
    ("core.fsmonitor", ".git/monitor", {".git/monitor"}),
    ("core.editor", "'my tools/edit' --wait", {"my tools/edit"}),
    ("filter.x.clean", "python3 strip.py %f", {"strip.py"}),
    ("filter.x.process", "node --require=./tools/pre.js tools/run.js", {"tools/pre.js", "tools/run.js"}),
    ("merge.x.driver", "sh -c './tools/merge %A'; true", set()),
    ("alias.st", "!./tools/st", {"tools/st"}),
    ("alias.up", '!sh "$(git rev-parse --show-toplevel)/tools/up"', {"tools/up"}),
    ("alias.two", "!true && tools/one; tools/two", {"tools/one", "tools/two"}),
    ("alias.log", "log -- src/file", set()),
    ("remote.origin.url", "tools/st", set()),
    ("user.name", "attributes", set()),
    ("init.defaultBranch", "attributes", set()),
    ("fetch.fsck.skipList", "{root}/skip", {"skip"}),
    ("unknown.x.setting", "tools/unknown", {"tools/unknown"}),
]


@pytest.mark.parametrize(("name", "value", "expected"), SETTINGS)
def test_file_that_a_setting_names(checkout: Repository, name: str, value: str, expected: set[str]) -> None:
    """X-S1: programs and what git reads; an address or a text is not a path."""
    for file in {*expected, "src/file", "tools/st", "attributes"}:
        checkout.write(file, "x\n")
    before = read_only(checkout)
    checkout.git("config", name, value.replace("{root}", str(checkout.path)))
    assert read_only(checkout) - before == expected


def test_program_that_is_missing(checkout: Repository) -> None:
    """X-S1: the agent cannot create it; where its folder is missing too, the start says so."""
    checkout.write("tools/other", "x\n")
    checkout.git("config", "core.fsmonitor", "tools/monitor")
    checkout.git("config", "core.pager", "out/pager --plain")
    assert "tools/monitor" in read_only(checkout)
    assert (checkout.path / "tools/monitor").read_bytes() == b""
    assert not (checkout.path / "out").exists()
    assert "out/pager, which is missing" in mounts.prepare(str(checkout.path)).remark


@pytest.mark.parametrize("value", [".git/team-hooks", "tools/hooks", ".husky/_"])
def test_folder_of_hooks_by_a_condition(checkout: Repository, value: str) -> None:
    """X-S1: the agent can switch to the branch; a folder in git's own is one as well."""
    checkout.git("config", "includeIf.onbranch:x.path", "../conditional")
    configure(checkout.path / "conditional", "core.hooksPath", value)
    assert value.removesuffix("/_") in read_only(checkout)


@pytest.mark.parametrize("value", [".", ".git", "..//main", "{root}"])
def test_hooks_in_what_the_agent_must_write(checkout: Repository, value: str) -> None:
    """X-S1: the start ends with the setting's name."""
    checkout.git("config", "core.hooksPath", value.replace("{root}", str(checkout.path)))
    with pytest.raises(Problem, match=r"core\.hooksPath"):
        mounts.prepare(str(checkout.path))


@pytest.mark.parametrize("target", ["real", "{outside}", "missing"])
def test_link_on_the_way(checkout: Repository, tmp_path: Path, target: str) -> None:
    """X-S1: the agent could replace it, so it is named."""
    checkout.write("real", "")
    (checkout.path / "link").symlink_to(target.replace("{outside}", str(tmp_path / "outside")))
    checkout.git("config", "include.path", "../link")
    with pytest.raises(Problem, match="symbolic link"):
        mounts.prepare(str(checkout.path))


def test_program_behind_a_link_is_named(checkout: Repository) -> None:
    """X-S1: packages link their programs; a start goes on and says so."""
    checkout.write("pkg/run.js", "x\n")
    (checkout.path / "bin").symlink_to("pkg")
    checkout.git("config", "filter.x.clean", "node bin/run.js")
    assert "bin/run.js, which is behind a symbolic link" in mounts.prepare(str(checkout.path)).remark


def test_includes_end(checkout: Repository) -> None:
    """X-S1: circles, and more files than a person has."""
    configure(checkout.path / "a", "include.path", "b")
    configure(checkout.path / "b", "include.path", "a")
    checkout.git("config", "include.path", "../a")
    assert {"a", "b"} <= read_only(checkout)
    (checkout.path / "b").write_text("".join(f"[include]\npath = f{number}\n" for number in range(600)))
    with pytest.raises(Problem, match="more than"):
        mounts.prepare(str(checkout.path))


def test_removal_leaves_no_empty_file(checkout: Repository) -> None:
    """X-L3: only those that git does not know and that nobody filled."""
    checkout.write("kept", "")
    checkout.commit("kept")
    for name in ("kept", "new/deep", "filled", ".git/more"):
        checkout.git("config", "--add", "include.path", f"../{name}" if name[0] != "." else "more")
    mounts.prepare(str(checkout.path))
    configure(checkout.path / "filled", "x.y", "z")
    mounts.remove(str(checkout.path))
    assert (checkout.path / "kept").exists()
    assert (checkout.path / "filled").exists()
    assert not (checkout.path / "new").exists()
    assert not (checkout.path / ".git/more").exists()


def test_change_outside_the_project_is_noticed(
    checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X-S1: a person's own settings may lead into the project from now on."""
    personal = tmp_path / "personal"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(personal))
    (checkout.path / ".aidevcontainer").mkdir()
    root = str(checkout.path)
    wanted = mounts.prepare(root)
    mount_file.write(root, wanted.mounts, wanted.watched)
    time.sleep(0.05)
    started = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%f}Z"
    time.sleep(0.05)
    assert not protection.lost(root, started)
    configure(personal, "include.path", str(checkout.path / "led"))
    assert protection.lost(root, started)


def test_included_file_whose_folder_goes_is_noticed(checkout: Repository) -> None:
    """X-S1: the agent could create both again."""
    checkout.git("config", "include.path", "../conf/git")
    (checkout.path / ".aidevcontainer").mkdir()
    root = str(checkout.path)
    mount_file.write(root, mounts.prepare(root).mounts)
    (checkout.path / "conf/git").unlink()
    (checkout.path / "conf").rmdir()
    assert protection.lost(root, "2999-01-01T00:00:00Z")
