"""`container uninstall` and `container down`: what is shown, asked and removed, and what stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aidevcontainer.git import mounts
from tests.hostside.engine import container
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject, Finished, Machine
from tests.hostside.start import both_run, image_is_there, nothing_runs, steps
from tests.support.scaffold import ROOT
from tests.support.template import ANSWERS, FOLDER, Repository, Scaffold

__all__ = ["machine", "project"]

LOCAL = f"{FOLDER}/allowed-domains.local.txt"


class Installed(FakeProject):
    """A repository as Copier leaves it, on a machine with a docker that takes notes."""

    def __init__(self, machine: Machine, root: Path) -> None:  # the files are Copier's, not a stand-in
        self.machine = machine
        self.root = root
        self.folder = root / FOLDER
        self.git = Repository(root)
        from aidevcontainer.project.names import project_name

        self.name = project_name(str(root))
        self.before: list[str] = []

    def command(self, *arguments: str) -> Finished:
        return self.in_venv("cli.container", *arguments)

    def move(self, place: Path) -> None:
        """Moves the project to another place."""
        shutil.move(self.root, place)
        self.root, self.folder, self.git = place, place / FOLDER, Repository(place)

    def removes(self) -> list[str]:
        """Return what docker was told to remove."""
        return [step for step in steps(self.machine) if " rm " in f" {step} "]


@pytest.fixture
def installed(machine: Machine, scaffold: Scaffold, tmp_path: Path) -> Installed:
    """A scaffold that was started once and is in no commit yet."""
    machine.install_docker()
    made = Installed(machine, scaffold.duplicate(tmp_path / "my project").path)
    made.record()
    nothing_runs(made)
    image_is_there(made)
    name = made.name
    machine.answer("container ls --all --filter label=com", out=f"{name}-claude-1\n{name}-firewall-1\n")
    machine.answer("network ls", out=f"{name}_default\n")
    machine.answer("volume ls --filter label=com", out=f"{name}_config\n{name}_state\n")
    machine.answer("volume ls --filter name=", out="aidevcontainer-claude\n")
    env = made.folder / ".env"
    env.write_text(env.read_text() + "AIDEVCONTAINER_IMAGE=aidevcontainer:0123\n")
    return made


def with_sessions(installed: Installed) -> None:
    """Have a session running."""
    both_run(installed)
    shown = {**container("c" * 64, installed.root, network=f"container:{'f' * 64}"), "ExecIDs": ["1"]}
    installed.machine.answer(f"{installed.name}-claude-1", out=json.dumps(shown))


def test_all_goes_and_git_sees_nothing(installed: Installed) -> None:
    """X-L3: an uncommitted scaffold leaves the repository as it was, and the engine without a trace."""
    done = installed.command("uninstall", "--yes")
    assert done.code == 0, done.err
    name = installed.name
    assert installed.removes() == [
        f"rm --force --volumes {name}-claude-1 {name}-firewall-1",
        f"network rm {name}_default",
        f"volume rm {name}_config",
        f"volume rm {name}_state",
        "volume rm aidevcontainer-claude",
        "image rm aidevcontainer:0123",
    ]
    assert installed.git.changes() == []
    assert sorted(path.name for path in installed.root.iterdir()) == [".git", "README.md"]
    for shown in (f"{name}_config (Claude's sign-in and history)", "this is the last project", ANSWERS):
        assert shown in done.err


def test_committed_scaffold_is_gone_as_deletions(installed: Installed) -> None:
    """X-L3: git shows what to commit, and the command that is named brings everything back."""
    installed.git.commit()
    done = installed.command("uninstall", "--yes")
    changes = installed.git.changes()
    assert f" D {ANSWERS}" in changes
    assert {change[:2] for change in changes} == {" D"}
    back = next(line for line in done.err.splitlines() if "git restore" in line)
    installed.git.git(*back[back.index("git restore") :].split()[1:])
    assert installed.git.changes() == []


def test_without_a_terminal_nothing_happens(installed: Installed) -> None:
    """X-L3: a sentence with the switch; the plan was shown."""
    done = installed.command("uninstall")
    assert (done.code, "--yes" in done.err, "Traceback" in done.err) == (1, True, False)
    assert installed.removes() == []
    assert installed.folder.is_dir()


def test_dry_run_and_json(installed: Installed) -> None:
    """X-L3: for a program, without doing anything."""
    (installed.folder / ".planted.json").write_text("{}")
    done = installed.command("-q", "uninstall", "--dry-run", "--json")
    found = json.loads(done.out)
    assert (done.code, done.err, found["removed"]) == (0, "", False)
    assert not [name for name in found["own_files"] if "planted" in name]
    assert {"kind": "volume", "name": f"{installed.name}_state"} in found["removes"]
    assert installed.folder.is_dir()
    undecided = installed.command("uninstall", "--json")
    assert (undecided.code, "--dry-run or --yes" in json.loads(undecided.out)["error"]) == (2, True)
    assert json.loads(installed.command("uninstall", "--json", "--yes").out)["removed"]
    assert not installed.folder.is_dir()


@pytest.mark.parametrize(("flags", "stays"), [([], True), (["--own-files"], False)])
@pytest.mark.parametrize("committed", [False, True])
def test_what_no_commit_has_stays(
    installed: Installed, committed: bool, flags: list[str], stays: bool
) -> None:
    """X-L3: lists, settings, certificates, files of one's own and edits go only by a word of their own."""
    if committed:
        installed.git.commit()
    mine = {
        LOCAL: "api.example.com\n",
        f"{FOLDER}/docker-compose.override.yml": "services:\n  db: {image: postgres}\n",
        f"{FOLDER}/ca/company.crt": "PEM\n",
        f"{FOLDER}/notes.md": "mine\n",
    }
    if committed:
        mine |= {f"{FOLDER}/Dockerfile": "FROM mine\n", f"{FOLDER}/scripts/mine.sh": "true\n"}
    for name, text in mine.items():
        installed.git.write(name, text)
    done = installed.command("uninstall", "--yes", *flags)
    assert done.code == 0
    for name, text in mine.items():
        assert name in done.err
        assert (installed.root / name).is_file() == stays
        assert not stays or installed.git.read(name) == text
    assert not (installed.folder / "claude").exists()


def test_edits_stay_where_the_repository_begins_above(installed: Installed) -> None:
    """X-L3: a project in a folder of a larger repository has commits as well."""
    shutil.rmtree(installed.root / ".git")
    outer = Repository(installed.root.parent)
    outer.git("init", "--quiet")
    outer.commit()
    edited = installed.folder / "allowed-domains.txt"
    edited.write_text("api.example.com\n")
    done = installed.command("uninstall", "--yes")
    assert done.code == 0
    assert f"{FOLDER}/allowed-domains.txt" in done.err
    assert edited.read_text() == "api.example.com\n"
    assert not (installed.folder / "claude").exists()


@pytest.mark.parametrize("below", [".", "of a larger one"])
@pytest.mark.parametrize("with_commit", [False, True])
def test_what_was_added_and_not_committed_stays(installed: Installed, with_commit: bool, below: str) -> None:
    """X-L3: git add is no commit, so nothing brings back what one would have had."""
    git = installed.git if below == "." else Repository(installed.root.parent)
    if not with_commit or below != ".":
        shutil.rmtree(installed.root / ".git")
        git.git("init", "--quiet")
    if with_commit:
        git.git("commit", "--quiet", "--allow-empty", "--message", "Start")
    names = ["bridge.yaml", "docker-compose.override.yml", "ca/company.crt", "Dockerfile"]
    for name in names[:-1]:
        installed.git.write(f"{FOLDER}/{name}", "mine: {image: x}\n")
    git.git("add", "--all")
    installed.git.write(f"{FOLDER}/Dockerfile", "FROM mine\n")
    done = installed.command("uninstall", "--yes")
    assert done.code == 0
    assert all(f"{FOLDER}/{name}" in done.err for name in names)
    left = [path for path in installed.folder.rglob("*") if path.is_file()]
    assert {str(path.relative_to(installed.folder)) for path in left} == set(names)
    assert "git restore" not in done.err, "no commit has what it would bring back"


LIST = f"{FOLDER}/allowed-domains.txt"


def edited(installed: Installed) -> str:
    """Commit everything, and return the list with a line that no commit has."""
    installed.git.commit()
    installed.git.write(LIST, text := installed.git.read(LIST) + "mine.example.com\n")
    return text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root works in other people's repositories")
@pytest.mark.parametrize("reachable", [True, False])
def test_root_keeps_what_a_user_did_not_commit(installed: Installed, reachable: bool) -> None:
    """X-L3: root's git refuses the repository, the owner's does not; it may lie where only root comes."""
    text = edited(installed)
    for path in (installed.root, *installed.root.rglob("*")):
        os.chown(path, 1000, 1000, follow_symlinks=False)
    folder = installed.root.parent
    folder.chmod(0o755 if reachable else 0o700)
    place = Path(tempfile.mkdtemp(dir="/var/tmp")) if reachable else folder
    if reachable:
        place.chmod(0o755)
        installed.move(place / "my project")
    done = installed.command("uninstall", "--yes")
    assert (done.code, f"Changed since the last commit: {LIST}\n" in done.err) == (0, True), done.err
    assert installed.git.read(LIST) == text
    assert [path.name for path in installed.folder.iterdir()] == ["allowed-domains.txt"]
    assert {path.stat().st_uid for path in (installed.root / ".git").rglob("*")} == {1000}
    if reachable:
        shutil.rmtree(place)


def _without_index(git: Path) -> None:
    (git / "index").write_bytes(b"no index")


def _without_head(git: Path) -> None:
    (git / "HEAD").write_text("nothing\n")


def _without_objects(git: Path) -> None:
    shutil.rmtree(git / "objects")


def _without_trees(git: Path) -> None:
    for folder in (git / "objects").glob("??"):
        shutil.rmtree(folder)


def _elsewhere(git: Path) -> None:
    git.rename(git.parent.parent / "elsewhere")
    git.write_text("gitdir: /nowhere\n")


def _in_a_newer_format(git: Path) -> None:
    with (git / "config").open("a") as file:
        file.write("[core]\n\trepositoryformatversion = 99\n")


@pytest.mark.parametrize(
    "harm",
    [_without_index, _without_head, _without_objects, _without_trees, _elsewhere, _in_a_newer_format],
)
def test_nothing_goes_where_git_does_not_answer(installed: Installed, harm: Callable[[Path], None]) -> None:
    """X-L3: without git's answer a committed file looks like a person's own, and an edit like none."""
    text = edited(installed)
    harm(installed.root / ".git")
    before = {path: path.lstat().st_mtime_ns for path in installed.folder.rglob("*")}
    for arguments in (["--dry-run"], ["--yes"], ["--yes", "--json"]):
        done = installed.command("uninstall", *arguments)
        said = done.err + done.out
        assert (done.code, "git does not answer" in said, "Traceback" in said) == (1, True, False), said
        assert "--own-files" in said
    assert before == {path: path.lstat().st_mtime_ns for path in installed.folder.rglob("*")}
    assert installed.git.read(LIST) == text
    assert installed.removes() == []
    assert installed.command("uninstall", "--yes", "--own-files").code == 0
    assert not installed.folder.exists()


def test_nothing_goes_without_a_git(installed: Installed) -> None:
    """X-L3: there is a repository, and nothing that could read it."""
    edited(installed)
    installed.machine.environment["PATH"] = str(installed.machine.bin)
    done = installed.command("uninstall", "--yes")
    assert (done.code, "git is not installed" in done.err) == (1, True), done.err
    assert (installed.folder / "claude").is_file()


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_edits_that_git_was_told_to_overlook_stay(installed: Installed, flag: str) -> None:
    """X-L3: neither status nor diff shows such a file."""
    text = edited(installed)
    installed.git.git("update-index", flag, LIST)
    done = installed.command("uninstall", "--yes")
    assert f"Changed since the last commit: {LIST}\n" in done.err
    assert installed.git.read(LIST) == text


def test_other_line_endings_are_no_edit(installed: Installed) -> None:
    """X-L3: a checkout with `core.autocrlf` differs from the commit in every line."""
    installed.git.commit()
    file = installed.folder / "README.md"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert "Changed since" not in installed.command("uninstall", "--yes").err
    assert not installed.folder.exists()


def test_own_files_that_git_ignores_stay(installed: Installed) -> None:
    """X-L3: in folders of the template as well; what the helpers made there goes."""
    made = time.time() - 3600
    for path in installed.folder.rglob("*"):
        os.utime(path, (made, made), follow_symlinks=False)
    installed.git.write(".gitignore", "*.local.sh\n*.crt\n")
    installed.git.commit()
    mine = f"{FOLDER}/scripts/mine.local.sh"
    for name in (mine, f"{FOLDER}/ca/host-0123456789ab.crt", f"{FOLDER}/.env"):
        installed.git.write(name, "A=1\n")
    assert mine in installed.command("uninstall", "--yes").err
    assert [str(path.relative_to(installed.root)) for path in installed.folder.rglob("*.*")] == [mine]


@pytest.mark.parametrize("flags", [[], ["--own-files"]])
def test_edits_before_any_commit_stay(installed: Installed, flags: list[str]) -> None:
    """X-L3: of files that are meant to be edited, what was written after the template is a person's."""
    made = time.time() - 3600
    for path in installed.folder.rglob("*"):
        os.utime(path, (made, made), follow_symlinks=False)
    os.utime(installed.folder / "claude.pin", (made + 30, made + 30))
    for name in ("allowed-domains.txt", "packages.txt"):
        installed.git.write(f"{FOLDER}/{name}", "mine\n")
    done = installed.command("uninstall", "--yes", *flags)
    assert done.code == 0
    assert f"{FOLDER}/packages.txt  (edited)" in done.err
    left = {path.name for path in installed.folder.rglob("*")}
    assert left == (set() if flags else {"allowed-domains.txt", "packages.txt"})


def test_sign_in_can_stay(installed: Installed) -> None:
    """X-L3, FR-8: the volume with Claude's state."""
    installed.command("uninstall", "--yes", "--keep-sign-in")
    assert not any("_config" in step for step in installed.removes())


def test_earlier_images_go_too(installed: Installed, machine: Machine) -> None:
    """X-L3: what upgrades left, but neither what others use nor what is the project's own."""
    machine.answer(
        "image ls --filter label=com",
        out="aidevcontainer:0123\naidevcontainer:45\naidevcontainer:67\nmine:1\n",
    )
    machine.answer("ancestor=aidevcontainer:67", out="other-claude-1\n")
    installed.command("uninstall", "--yes")
    gone = [step for step in installed.removes() if "image" in step]
    assert gone == ["image rm aidevcontainer:0123", "image rm aidevcontainer:45"]


def test_what_others_use_stays(installed: Installed, machine: Machine) -> None:
    """X-L1, X-L3: an image and a volume that another project needs."""
    machine.answer("container ls --all --filter ancestor", out="other-claude-1\n")
    machine.answer("container ls --all --filter label=aidev", out="other-claude-1\n")
    done = installed.command("uninstall", "--yes")
    assert not any("aidevcontainer-claude" in step or "image" in step for step in installed.removes())
    assert "last project" not in done.err


def test_sessions_are_told_first(installed: Installed) -> None:
    """X-L3: before anything else, and before the question."""
    with_sessions(installed)
    done = installed.command("uninstall")
    assert done.err.startswith("aidevcontainer: This ends 1 open session")
    assert installed.removes() == []


def test_engine_that_does_not_answer_keeps_what_it_has(installed: Installed, machine: Machine) -> None:
    """X-L3: the files go; what stays, and the commands for later, are said."""
    machine.answer(
        "version --format", 1, err="Cannot connect to the Docker daemon at unix:///x. Is it running?"
    )
    done = installed.command("uninstall", "--yes")
    assert done.code == 0
    assert f"docker stop {installed.name}-bridge-1; docker rm --force" in done.err
    name = installed.name
    assert f"docker volume rm {name}_config {name}_state {name}_bridge {name}_limits" in done.err
    assert installed.removes() == []
    assert installed.git.changes() == []


def test_bridge_ends_what_it_started_first(installed: Installed, machine: Machine) -> None:
    """X-L3: a broker that is killed leaves its commands running in containers that are not ours."""
    bridge = f"{installed.name}-bridge-1"
    machine.answer("container ls --all --filter label=com", out=f"{bridge}\n{installed.name}-claude-1\n")
    machine.answer(f"stop --time 10 {bridge}", 1, err="it does not stop\n")
    assert installed.command("uninstall", "--yes").code == 0
    told = [step for step in steps(machine) if bridge in step]
    assert told == [
        f"stop --time 10 {bridge}",
        f"rm --force --volumes {bridge} {installed.name}-claude-1",
    ]


def test_container_that_stays_stops_it(installed: Installed, machine: Machine) -> None:
    """X-L3: the files are still there, so that it can be tried again."""
    machine.answer("rm --force", 1, err="Error: permission denied\n")
    done = installed.command("uninstall", "--yes")
    assert done.code == 1
    assert installed.folder.is_dir()


def test_volume_that_stays_is_said(installed: Installed, machine: Machine) -> None:
    """X-L3: one thing that somebody else holds does not stop the rest."""
    machine.answer("volume rm aidevcontainer-claude", 1, err="volume is in use\n")
    done = installed.command("uninstall", "--yes")
    assert "The volume aidevcontainer-claude stays: volume is in use" in done.err
    assert not installed.folder.exists()


@pytest.mark.parametrize("shared", [False, True])
def test_hook_goes_unless_a_worktree_needs_it(installed: Installed, tmp_path: Path, shared: bool) -> None:
    """X-L1, X-L3: hooks belong to the clone, and with it to all of its worktrees."""
    installed.git.commit()
    hook = installed.root / ".git/hooks/post-checkout"
    shutil.copy(ROOT / "hooks/post-checkout", hook)
    if shared:
        installed.git.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
    done = installed.command("uninstall", "--yes")
    assert hook.exists() == shared
    assert ("the git hook of this clone" in done.err) != shared


def test_other_templates_answers_stay(installed: Installed) -> None:
    """X-L3: an answers file of another template is not ours to remove."""
    installed.git.write(".copier-answers.other.yml", "_src_path: gh:else/where\n")
    installed.command("uninstall", "--yes")
    assert installed.git.changes() == ["?? .copier-answers.other.yml"]


def test_outside_of_git(installed: Installed) -> None:
    """X-L3: a directory that is no repository."""
    shutil.rmtree(installed.root / ".git")
    assert installed.command("uninstall", "--yes").code == 0
    assert [path.name for path in installed.root.iterdir()] == ["README.md"]


SECOND = r"uncommitted files permanently\?"


@pytest.mark.parametrize(
    ("own_files", "keys", "code", "said"),
    [
        (False, ["enter"], 1, "Nothing was removed"),
        (False, ["ctrl-c"], 130, "Nothing was removed"),
        (True, ["y", "ctrl-c"], 130, "Nothing was removed"),
        (True, ["y", "enter"], 0, "Kept (not committed)"),
        (False, ["y"], 0, "Removed .aidevcontainer/."),
    ],
)
def test_question_on_a_terminal(
    installed: Installed, own_files: bool, keys: list[str], code: int, said: str
) -> None:
    """X-L3: no is the default, Ctrl+C is no to everything, and yes removes; the exit code tells which."""
    if own_files:
        installed.git.write(LOCAL, "api.example.com\n")
    with installed.terminal("cli.container", "uninstall") as terminal:
        for key, question in zip(keys, (r"Remove all of this\?", SECOND), strict=False):
            terminal.wait_for(question)
            if len(key) == 1:
                terminal.send(key)
            else:
                terminal.key(key)
        assert terminal.wait() == code
        assert said in terminal.screen()
    assert bool(installed.removes()) == (code == 0)
    assert (installed.folder / "claude").exists() == (code != 0)


def test_exit_codes_are_in_the_help(installed: Installed) -> None:
    """X-L3, U-2: what a script gets where nobody agreed, or somebody pressed Ctrl+C."""
    shown = installed.command("uninstall", "--help").out
    assert "1 failed or not agreed to" in shown
    assert "130 Ctrl+C" in shown


@pytest.mark.parametrize(("command", "left"), [("uninstall", []), ("down", ["never-asked", "pins"])])
def test_nothing_stays_in_the_cache(installed: Installed, command: str, left: list[str]) -> None:
    """X-L3: what was remembered of the containers goes with them, and the way back with the project."""
    cache = installed.machine.folder / "cache/aidevcontainer"
    remembered = {
        "ready": f"{installed.name}-firewall-1",
        "pins": installed.name,
        "never-asked": installed.name,
    }
    for folder, name in remembered.items():
        (cache / folder).mkdir(parents=True)
        (cache / folder / name).write_text("remembered")
    assert installed.command(command, "--yes").code == 0
    assert sorted(path.parent.name for path in cache.glob("*/*") if path.parent.name in remembered) == left


def test_down_says_which_sessions_run(installed: Installed, machine: Machine) -> None:
    """X-L3: it asks before it ends them; without a terminal it wants to be told."""
    with_sessions(installed)
    done = installed.command("down")
    assert (done.code, "This ends 1 open session" in done.err, "--yes" in done.err) == (1, True, True)
    assert steps(machine) == []
    done = installed.command("down", "--yes")
    assert done.code == 0
    assert "memory and sign-in are kept" in done.err
    assert steps(machine) == ["compose down --remove-orphans"]


def test_git_directory_is_as_before(installed: Installed) -> None:
    """X-L3: what was put there to protect the host's git goes as well."""
    git = installed.root / ".git"
    before = {path.name for path in git.iterdir()}
    mounts.prepare(str(installed.root))
    assert {path.name for path in git.iterdir()} > before
    assert installed.command("uninstall", "--yes").code == 0
    assert {path.name for path in git.iterdir()} == before


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root on Linux mounts")
def test_what_cannot_be_removed_is_named_and_the_next_try_goes_on(
    installed: Installed, tmp_path: Path
) -> None:
    """X-L3: nothing goes through a mount, and the commands stay until everything else is gone."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/mine").touch()
    place = installed.folder / "scripts/firewall"
    if subprocess.run(["mount", "--bind", str(tmp_path / "disk"), str(place)], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        done = installed.command("uninstall", "--yes")
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert done.code == 1
    assert f"umount -R '{place}'" in done.err
    assert "Removed .aidevcontainer/." not in done.err
    assert (tmp_path / "disk/mine").exists()
    assert (installed.root / ANSWERS).exists()
    left = {path.name for path in installed.folder.rglob("*") if path.is_file() and path.parent != place}
    assert left == {"container", "launch.sh", "install.sh", "requirements.txt"}
    assert installed.command("uninstall", "--yes").code == 0
    assert installed.git.changes() == []


def test_what_stays_is_said_with_place_size_and_command(installed: Installed, machine: Machine) -> None:
    """X-L3: files of a person, a sign-in that is kept, the cache with its parts, the engine's own."""
    installed.git.write(LOCAL, "api.example.com\n")
    cache = machine.folder / "cache/aidevcontainer"
    (cache / "engine").mkdir(parents=True, exist_ok=True)
    (cache / "engine/data").write_bytes(b"x" * 2_000_000)
    machine.answer("volume ls --format", out=f"{installed.name}_config\n")
    said = installed.command("uninstall", "--yes", "--keep-sign-in").err
    assert f"Kept (not committed): {LOCAL}\nRemoved the rest of .aidevcontainer/." in said
    assert f"To remove it: docker volume rm {installed.name}_config" in said
    assert "docker system df" in said
    assert f"The cache that all projects share stays: {cache} (" in said
    assert "engine 2.0 MB" in said
    assert "python3 bootstrap --remove-engine (in a clone of the template" in said
    assert f"then rm -rf {cache}" in said
