"""The git hook: what git does with it, and that a clone without it is as it was."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from tests.support.hook import COMPARED, HOOK, KEPT, SEEN, Clone, clone
from tests.support.run import run
from tests.support.template import FOLDER

__all__ = ["clone"]

CHANGED = "this checkout changed .aidevcontainer/"


def starts(clone: Clone) -> int:
    """Returns how often the agent's container was started, once it was."""
    return sum("start agent1" in call for call in clone.docker_calls("start agent1"))


def test_checkout_starts_this_worktrees_containers(clone: Clone) -> None:
    """U-2, B-2: after a checkout the firewall starts, proves itself, then the agent's; the bridge's too."""
    assert clone.hook("install").code == 0
    clone.checkout("other").checked()
    calls = clone.docker_calls("start agent1")
    assert all(call.startswith(f"{clone.path}: ") for call in calls)
    assert f"label=aidevcontainer.workspace={clone.path} " in calls[0]
    acts = [call.split(": ")[1] for call in calls if " ps " not in call and "inspect" not in call]
    ready = "exec fw1 /usr/local/lib/aidevcontainer/wait-ready.sh 60"
    assert acts == ["start fw1", "start bridge1", ready, "start agent1"]


def test_agent_does_not_start_without_a_firewall(clone: Clone) -> None:
    """U-2, X-F1: where the firewall does not prove itself, the agent's container stays as it is."""
    clone.hook("install")
    clone.variables["DOCKER_READY"] = "1"
    clone.checkout("other").checked()
    assert "start agent1" not in "".join(clone.docker_calls("wait-ready.sh"))


def test_checkout_does_not_wait_for_docker(clone: Clone, tmp_path: Path) -> None:
    """U-2: a checkout, its output piped, ends while docker has not answered yet."""
    clone.hook("install")
    clone.variables["DOCKER_WAIT"] = str(tmp_path / "gate")
    clone.checkout("other").checked()
    assert "start" not in "".join(clone.docker_calls("role=firewall"))
    (tmp_path / "gate").touch()
    clone.docker_calls("start agent1")


def test_checkouts_in_a_row_share_their_looks(clone: Clone, tmp_path: Path) -> None:
    """U-2: else all of them look at once. The last checkout gets its look in any case."""
    clone.hook("install").checked()
    clone.variables["DOCKER_WAIT"] = str(tmp_path / "go")
    for number in range(40):
        clone.checkout("other" if number % 2 else "main").checked()
    assert looks(clone, 1) == 1
    (tmp_path / "go").touch()
    assert looks(clone, 2) == 2
    time.sleep(2.5)
    assert looks(clone, 2) == 2


def looks(clone: Clone, least: int) -> int:
    """Returns how often the hook looked for containers, once it was as often as that."""
    script = 'until [ "$(grep -c role=firewall "$1")" -ge "$2" ]; do sleep 0.1; done'
    run(["sh", "-c", script, "sh", str(clone.log), str(least)], timeout=20).checked()
    return clone.log.read_text(encoding="utf-8").count("role=firewall")


def test_a_look_that_was_killed_stops_no_later_one(clone: Clone) -> None:
    """U-2: as with the machine, in the middle of a look."""
    clone.hook("install").checked()
    key = run(["cksum"], input=f"{clone.path}\n").checked().out.split()[0]
    turn = clone.path / f".git/hooks/aidevcontainer-look.{key}"
    turn.mkdir()
    os.utime(turn, (time.time() - 300, time.time() - 300))
    clone.checkout("other").checked()
    assert clone.docker_calls("start agent1")


def test_a_folder_that_nobody_may_write_stops_no_look(clone: Clone) -> None:
    """U-2: as a folder of hooks that an administrator shares. A folder in the notes' place stands for it."""
    clone.hook("install").checked()
    key = run(["cksum"], input=f"{clone.path}\n").checked().out.split()[0]
    (clone.path / f".git/hooks/aidevcontainer-look.{key}.last").mkdir()
    clone.checkout("other").checked()
    assert clone.docker_calls("start agent1")


def test_checkout_of_files_starts_nothing(clone: Clone) -> None:
    """U-2: restoring a file is no reason to start containers."""
    clone.hook("install")
    clone.checkout("--", "README.md").checked()
    clone.checkout("other").checked()
    assert starts(clone) == 1


def test_checkout_succeeds_without_docker(clone: Clone) -> None:
    """U-2: on a machine without docker, or with one that fails, git works as ever."""
    clone.hook("install")
    (clone.log.parent / "bin/docker").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    done = clone.checkout("other")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_branch_that_changes_the_container_is_announced_and_not_run(clone: Clone) -> None:
    """U-2: one line says that .aidevcontainer/ differs; nothing that the branch brings is run."""
    clone.hook("install")
    clone.git("switch", "--quiet", "other")
    for name in ("launch.sh", "hook", "container"):
        clone.write(f"{FOLDER}/{name}", '#!/bin/sh\necho run >"$DOCKER_LOG.hostile"\n')
    clone.commit("Hostile")
    clone.checkout("main").checked()
    done = clone.checkout("other").checked()
    assert done.err.startswith("aidevcontainer: this checkout changed .aidevcontainer/")
    assert done.err.count("\n") == 1
    clone.docker_calls("start agent1")
    assert not Path(f"{clone.log}.hostile").exists()


def test_earlier_hook_keeps_running_and_comes_back(clone: Clone) -> None:
    """U-2, X-L3: a hook that was there runs first and has its say; uninstalling restores it."""
    clone.write(HOOK, '#!/bin/sh\necho "mine $3" >&2\nexit 3\n')
    (clone.path / HOOK).chmod(0o750)
    before = (clone.path / HOOK).stat()
    content = clone.read(HOOK)
    assert "kept in post-checkout.before-aidevcontainer" in clone.hook("install").err
    done = clone.checkout("other")
    assert "mine 1\n" in done.err
    assert done.code != 0
    assert clone.hook("uninstall").code == 0
    after = (clone.path / HOOK).stat()
    assert clone.read(HOOK) == content
    assert (stat.S_IMODE(after.st_mode), after.st_mtime_ns) == (
        stat.S_IMODE(before.st_mode),
        before.st_mtime_ns,
    )
    assert not (clone.path / KEPT).exists()


def test_installing_twice_and_uninstalling_leaves_nothing(clone: Clone) -> None:
    """X-L3: twice is once; afterwards the folder of hooks is as it was."""
    before = sorted(path.name for path in (clone.path / ".git/hooks").iterdir())
    clone.hook("install")
    clone.hook("install")
    assert os.access(clone.path / HOOK, os.X_OK)
    clone.hook("uninstall")
    assert sorted(path.name for path in (clone.path / ".git/hooks").iterdir()) == before
    assert "not installed, so nothing changed" in clone.hook("uninstall").err


def test_status_tells_apart(clone: Clone) -> None:
    """U-2: not there, there, there in another version; somebody else's is not ours."""
    assert "not installed" in clone.hook("status").out
    clone.write(HOOK, "#!/bin/sh\n")
    assert "not installed" in clone.hook("status").out
    (clone.path / HOOK).unlink()
    clone.hook("install")
    assert clone.hook("status").out == f"The hook is installed in {clone.path / HOOK}.\n"
    clone.write(HOOK, clone.read(HOOK) + "# older\n")
    assert "another version" in clone.hook("status").out


def test_two_strangers_are_too_many(clone: Clone) -> None:
    """X-L3: with one hook kept and another put in our place, nothing is overwritten."""
    clone.write(KEPT, "kept\n")
    clone.write(HOOK, "#!/bin/sh\n")
    done = clone.hook("install")
    assert done.code == 1
    assert f"another hook is in {clone.path / HOOK}, and {Path(KEPT).name} has one" in done.err
    assert (clone.read(KEPT), clone.read(HOOK)) == ("kept\n", "#!/bin/sh\n")


def test_hooks_that_belong_to_the_branch_are_refused(clone: Clone) -> None:
    """X-S1: where git takes its hooks from the worktree, any branch could replace ours."""
    clone.git("config", "core.hooksPath", ".husky")
    done = clone.hook("install")
    assert done.code == 1
    assert "git config --unset core.hooksPath" in done.err
    assert not (clone.path / ".husky").exists()


def test_without_a_repository_it_says_so(clone: Clone) -> None:
    """X-L3: no git, no hook, one sentence."""
    (clone.path / ".git").rename(clone.path.parent / "gone")
    done = clone.hook("install")
    assert done.code == 1
    assert "git init" in done.err
    assert "Traceback" not in done.err


def test_folder_of_a_larger_repository_is_told_apart(clone: Clone) -> None:
    """U-2: `git init` there would make a repository within the repository."""
    (clone.path / ".git").rename(clone.path.parent / ".git")
    done = clone.hook("install")
    assert done.code == 1
    assert f"is a folder of the repository {clone.path.parent.resolve()}" in done.err
    assert "git init" not in done.err


def test_git_that_refuses_to_look_says_why(clone: Clone) -> None:
    """U-2: a repository of somebody else's: git's own command, not another repository."""
    clone.variables["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    done = clone.hook("install")
    assert done.code == 1
    assert "safe.directory" in done.err
    assert "git init" not in done.err


def test_linked_worktree_shares_the_hook_and_wakes_its_own(clone: Clone, tmp_path: Path) -> None:
    """X-L1: installed from a linked worktree, the hook lies in the clone's folder and serves both."""
    clone.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "other")
    linked = Clone(tmp_path / "linked")
    linked.log, linked.variables = clone.log, clone.variables
    assert linked.hook("install").code == 0
    assert os.access(clone.path / HOOK, os.X_OK)
    linked.checkout("-b", "third").checked()
    assert f"label=aidevcontainer.workspace={linked.path} " in linked.docker_calls("start agent1")[0]


@pytest.mark.parametrize(("words", "said"), [(["instal"], "Did you mean 'install'?"), (["x"], "--help")])
def test_wrong_commands_are_explained(clone: Clone, words: list[str], said: str) -> None:
    """U-2: a misspelt command is an error that helps."""
    done = clone.hook(*words)
    assert done.code == 2
    assert said in done.err


def test_variable_switches_it_off(clone: Clone) -> None:
    """U-2: once without it; an earlier hook runs all the same."""
    clone.write(HOOK, '#!/bin/sh\necho "mine" >&2\n')
    (clone.path / HOOK).chmod(0o755)
    clone.hook("install")
    clone.variables["AIDEVCONTAINER_HOOK"] = "0"
    assert clone.checkout("other").checked().err == "mine\n"
    del clone.variables["AIDEVCONTAINER_HOOK"]
    clone.checkout("main").checked()
    assert starts(clone) == 1


def test_bisecting_starts_nothing(clone: Clone) -> None:
    """U-2: none of the many checkouts of a bisection is meant to stay."""
    clone.hook("install")
    for number in range(4):
        clone.commit(str(number))
    for words in (("start", "HEAD", "HEAD~4"), ("good",), ("reset",)):
        run(["git", "bisect", *words], cwd=clone.path, env=clone.variables).checked()
    # The last step back is none that stays either, and what the hook does behind is over when this has begun.
    clone.checkout("other").checked()
    assert starts(clone) == 1


def test_new_worktree_is_told_that_it_has_no_container(clone: Clone, tmp_path: Path) -> None:
    """X-L1: one line, in the new worktree alone."""
    clone.hook("install")
    add = ["git", "worktree", "add", "--quiet", str(tmp_path / "linked"), "other"]
    said = run(add, cwd=clone.path, env=clone.variables).checked().err
    told = "has no container yet. To create it: ./.aidevcontainer/claude" in said
    assert (said.count("\n"), told) == (1, True)
    assert clone.checkout("-b", "third").checked().err == ""


@pytest.mark.parametrize("name", ["claude", "scripts/firewall/close.sh", "a/.b/..c/d e/f"])
def test_change_is_seen_in_every_depth(clone: Clone, name: str) -> None:
    """X-S1: no change can hide in a folder, though git is not always asked; and none is made up."""
    clone.write(f"{FOLDER}/a/.b/..c/d e/f", "")
    clone.commit()
    clone.git("switch", "--quiet", "--create", "same")
    clone.write("README.md", "# Another\n")
    clone.commit()
    clone.git("switch", "--quiet", "--create", "changed")
    clone.write(f"{FOLDER}/{name}", "changed\n")
    clone.commit()
    clone.hook("install")
    for branch, told in [("same", 1), ("main", 0), ("same", 0), ("changed", 1), ("main", 1), ("same", 0)]:
        assert clone.checkout(branch).checked().err.count(CHANGED) == told, branch
        clone.await_list()


def test_change_is_seen_where_another_worktree_has_no_such_folder(clone: Clone, tmp_path: Path) -> None:
    """X-S1: worktrees share the hook and what it wrote down, though each has folders of its own."""
    clone.git("worktree", "add", "--quiet", "-b", "deeper", str(tmp_path / "linked"))
    linked = Clone(tmp_path / "linked")
    linked.variables = clone.variables
    for text in ("before", "after"):
        linked.write(f"{FOLDER}/deeper/file", text)
        linked.commit()
    clone.hook("install")
    clone.checkout("other").checked()
    clone.await_list()
    assert CHANGED in linked.checkout("HEAD~1").checked().err


def test_change_is_seen_while_the_folders_are_not_written_down(clone: Clone) -> None:
    """X-S1: the next checkout may come before what the one before it left to the background."""
    clone.git("switch", "--quiet", "--create", "changed")
    clone.write(f"{FOLDER}/claude", "changed\n")
    clone.commit()
    clone.hook("install")
    clone.checkout("main").checked()
    clone.await_list()
    (clone.path / SEEN).write_text("1\n", encoding="utf-8")
    assert CHANGED in clone.checkout("changed").checked().err


def test_way_back_is_announced_without_asking_git_again(clone: Clone, tmp_path: Path) -> None:
    """U-2: people go to and fro between two branches, and what differs is the same in both directions."""
    differing(clone)
    clone.variables["GIT_TRACE"] = str(tmp_path / "trace")
    asked = []
    for branch in ("main", "changed", "main", "same", "changed"):
        assert clone.checkout(branch).checked().err.count(CHANGED) == (branch != "same"), branch
        clone.await_list()
        asked.append((tmp_path / "trace").read_text(encoding="utf-8").count("built-in: git diff --quiet"))
    assert asked == [1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    "note", ["", "0\n", "{one} {other}\n", "{one} {other} 2\n", "{one} {one} 0\n", "{one} {other} 0 0"]
)
def test_change_is_seen_behind_a_damaged_note(clone: Clone, note: str) -> None:
    """X-S1: what was cut off or is about other commits is no answer."""
    differing(clone)
    one, other = (clone.git("rev-parse", branch) for branch in ("main", "changed"))
    (clone.path / COMPARED).write_text(note.format(one=one, other=other), encoding="utf-8")
    assert CHANGED in clone.checkout("main").checked().err


def differing(clone: Clone) -> None:
    """Has the hook in a clone, on a branch that changes our folder, beside `main` and `same`."""
    clone.git("switch", "--quiet", "--create", "same")
    clone.write("README.md", "# Another\n")
    clone.commit()
    clone.git("switch", "--quiet", "--create", "changed", "main")
    clone.write(f"{FOLDER}/claude", "changed\n")
    clone.commit()
    clone.hook("install")


@pytest.mark.parametrize(("variable", "used"), [("", True), ("unix:///else.sock", False)])
def test_private_engine_is_found_where_docker_knows_no_other(
    clone: Clone, tmp_path: Path, variable: str, used: bool
) -> None:
    """U-2: the engine that bootstrap made; its record is read, not run."""
    record = tmp_path / "cache/aidevcontainer/engine/env.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"docker_host": "unix:///made.sock", "path": ""}', encoding="utf-8")
    clone.write("docker", '#!/bin/sh\necho run >"$DOCKER_LOG.hostile"\n')
    (clone.path / "docker").chmod(0o755)
    docker = clone.log.parent / "bin/docker"
    docker.write_text(docker.read_text().replace("$PWD:", "$DOCKER_HOST:"), encoding="utf-8")
    clone.variables |= {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
        "DOCKER_HOST": variable,
    }
    clone.hook("install")
    hook = clone.path / HOOK
    # An engine of this machine's own would go first.
    hook.write_text(hook.read_text().replace("/var/run/docker.sock", str(tmp_path / "none")))
    clone.checkout("other").checked()
    asked = {call.rsplit(": ")[0] for call in clone.docker_calls("start agent1")}
    assert asked == {"unix:///made.sock" if used else variable}
    assert not Path(f"{clone.log}.hostile").exists()


def test_earlier_hook_that_is_a_link_comes_back_as_one(clone: Clone) -> None:
    """X-L3: a link into the tree still leads there while it is kept, and is the same link afterwards."""
    clone.write("tools/hook.sh", '#!/bin/sh\necho "linked $3" >&2\n')
    (clone.path / "tools/hook.sh").chmod(0o755)
    (clone.path / HOOK).symlink_to("../../tools/hook.sh")
    before = (clone.path / HOOK).lstat()
    clone.hook("install")
    assert clone.checkout("other").checked().err == "linked 1\n"
    clone.hook("uninstall")
    after = (clone.path / HOOK).lstat()
    assert str((clone.path / HOOK).readlink()) == "../../tools/hook.sh"
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert clone.read("tools/hook.sh").startswith("#!/bin/sh\necho")


def test_nothing_of_ours_stays(clone: Clone) -> None:
    """X-L3: also not what the hook itself wrote down."""
    before = sorted(path.name for path in (clone.path / ".git/hooks").iterdir())
    clone.hook("install")
    clone.checkout("other").checked()
    clone.await_list()
    assert sorted(path.name for path in (clone.path / ".git/hooks").iterdir()) != before
    clone.hook("uninstall")
    assert sorted(path.name for path in (clone.path / ".git/hooks").iterdir()) == before
