"""`.aidevcontainer/claude` where nothing runs yet: all that is needed comes up, in order, and aloud."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from aidevcontainer.project import env_file
from tests.hostside.engine import container
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import PACKAGES, FakeProject, Machine
from tests.hostside.start import both_run, image_is_there, nothing_runs, steps

__all__ = ["machine", "project"]

TOOLS = "/usr/local/lib/aidevcontainer"


@pytest.fixture
def fresh(machine: Machine, project: FakeProject) -> FakeProject:
    """A complete project on a machine with docker; nothing was ever started."""
    machine.install_docker()
    project.complete()
    nothing_runs(project)
    return project


def test_first_start_in_order(fresh: FakeProject, machine: Machine) -> None:
    """X-F1, U-4: the agent's container comes up when the firewall has proved itself, never before."""
    assert fresh.in_venv("session.slow", "--version").code == 0
    name = fresh.name
    assert steps(machine)[:3] == [
        "compose build claude",
        "volume create aidevcontainer-claude",
        "compose up --detach firewall",
    ]
    assert sorted(steps(machine)[3:5]) == [
        "compose up --no-start --no-deps claude",
        f"exec {name}-firewall-1 {TOOLS}/wait-ready.sh 60",
    ]
    assert steps(machine)[5] == f"start {name}-claude-1"
    assert steps(machine)[6].startswith("exec -i -w /workspace ")
    assert steps(machine)[6].endswith(f" {name}-claude-1 claude --version")


def test_first_start_says_what_it_does(fresh: FakeProject) -> None:
    """U-4: what is downloaded, before it is; nothing of it on standard output."""
    done = fresh.in_venv("session.slow", "-p", "x")
    assert "downloads Alpine packages and Claude Code 9.8.7 (about 170 MB)" in done.err
    assert done.err.index("downloads") < done.err.index("The image is ready") < done.err.index("the firewall")
    assert "registry.example.net does not resolve." in done.err
    assert done.out == ""


def test_a_start_and_the_status_name_the_trusted_authorities(fresh: FakeProject) -> None:
    """And each file that looks as if it were one."""
    (fresh.folder / "ca/corp.pem").write_bytes(trustme.CA(organization_unit_name="Corp CA").cert_pem.bytes())
    (fresh.folder / "ca/corp.txt").write_text("x")
    said = fresh.in_venv("cli.container", "up").err
    # This machine may have some of its own.
    assert re.search(r"The image trusts added authorities: .*\bCorp CA \(corp\.pem\)", said)
    assert "ca/corp.txt is not used, because its name does not end in" in said
    shown = fresh.in_venv("cli.container", "status").out
    assert re.search(r"added authorities: .*\bCorp CA \(corp\.pem\)", shown)
    assert "ca/corp.txt is not used" in shown
    found = json.loads(fresh.in_venv("cli.container", "status", "--json").out)
    assert {"name": "Corp CA", "file": "corp.pem", "remark": ""} in found["authorities"]
    assert any("ca/corp.txt" in each for each in found["certificates"])


def test_a_private_key_among_the_certificates_stops_a_start(fresh: FakeProject, machine: Machine) -> None:
    """Before it can get into an image."""
    (fresh.folder / "ca/corp.pem").write_bytes(trustme.CA().private_key_pem.bytes())
    done = fresh.in_venv("cli.container", "up")
    assert done.code == 1
    assert "ca/corp.pem contains a private key" in done.err
    assert steps(machine) == []


def test_many_warnings_are_cut_short(fresh: FakeProject, machine: Machine) -> None:
    """U-4: a machine without internet must not scroll the reason away."""
    machine.answer(
        "wait-ready.sh", out=json.dumps({"warnings": [f"warning {number}." for number in range(30)]})
    )
    said = fresh.in_venv("session.slow").err
    assert "warning 4." in said
    assert "warning 5." not in said
    assert "25 more warnings of the firewall: ./.aidevcontainer/container status" in said


def test_settings_are_written_for_compose(fresh: FakeProject, machine: Machine) -> None:
    """US-005.2, FR-7: ids, names and the image, for plain `docker compose` to find as well."""
    fresh.in_venv("session.slow")
    written = env_file.read(str(fresh.folder / ".env"))
    assert written["COMPOSE_PROJECT_NAME"] == fresh.name
    assert (written["CLAUDE_UID"], written["CLAUDE_GID"]) == ("1000", "1000")
    assert re.fullmatch(r"aidevcontainer:[0-9a-f]{16}", written["AIDEVCONTAINER_IMAGE"])
    build = next(call for call in machine.calls() if "build" in call.arguments)
    assert build.cwd == str(fresh.folder)
    assert {name: build.environment[name] for name in written} == written


FOREIGN = (
    *("COMPOSE_FILE", "COMPOSE_PROFILES", "COMPOSE_PATH_SEPARATOR", "COMPOSE_ENV_FILES", "COMPOSE_BAKE"),
    *("COMPOSE_PARALLEL_LIMIT", "COMPOSE_ANYTHING_NEW", "DOCKER_DEFAULT_PLATFORM", "DOCKER_API_VERSION"),
    *("DOCKER_CONTENT_TRUST", "DOCKER_CLI_EXPERIMENTAL", "BUILDX_BUILDER", "BUILDX_CONFIG", "BUILDKIT_HOST"),
)
FIXED = ("COMPATIBILITY", "REMOVE_ORPHANS", "IGNORE_ORPHANS", "DISABLE_ENV_FILE")


def test_variables_of_the_caller_lead_nowhere(fresh: FakeProject, machine: Machine) -> None:
    """US-004: a caller who works on another Compose project must not get that one instead."""
    machine.environment.update(dict.fromkeys(FOREIGN, "x"), COMPOSE_PROJECT_NAME="other")
    machine.environment.update({f"COMPOSE_{name}": "1" for name in FIXED})
    machine.environment.update(DOCKER_CONTEXT="mine", DOCKER_TLS_VERIFY="1")
    fresh.in_venv("session.slow")
    for call in machine.calls():
        assert call.environment.get("COMPOSE_PROJECT_NAME", fresh.name) == fresh.name
        assert [name for name in FOREIGN if name in call.environment] == []
        assert {call.environment[f"COMPOSE_{name}"] for name in FIXED} == {"false"}
        # These lead to the engine.
        assert (call.environment["DOCKER_CONTEXT"], call.environment["DOCKER_TLS_VERIFY"]) == ("mine", "1")


def test_agent_that_fails_its_proof_is_stopped(fresh: FakeProject, machine: Machine) -> None:
    """X-E2: a foreign runtime's container is ended, and no session opens in it."""
    fresh.record()
    both_run(fresh)
    reason = "aidevcontainer: the agent container does not start: the firewall's rules do not apply in it."
    machine.answer("start-agent", 1, err=reason + "\n")
    done = fresh.in_venv("session.slow")
    assert done.code == 1
    assert "The agent container was stopped: the firewall's rules do not apply in it." in done.err
    assert steps(machine)[-1] == f"stop --time 1 {'c' * 64}"


def test_weak_container_opens_no_session(fresh: FakeProject, machine: Machine) -> None:
    """X-E2: one that docker or plain Compose made with a right too many; it is left as it is."""
    fresh.record()
    both_run(fresh)
    agent = container("c" * 64, Path(fresh.root), network=f"container:{'f' * 64}")
    agent["HostConfig"]["CapAdd"] = ["SYS_ADMIN"]
    machine.answer(f"inspect --format {{{{json .}}}} {fresh.name}-claude-1", out=json.dumps(agent))
    done = fresh.in_venv("session.slow")
    assert done.code == 1
    assert "claude: `cap_add: SYS_ADMIN` is a right that a program in it can gain." in done.err
    assert not any(step.startswith(("exec -i", "stop", "rm")) for step in steps(machine))


def test_pipe_is_not_eaten_on_the_way(fresh: FakeProject, machine: Machine) -> None:
    """U-4: `git diff | claude -p review` as the very first start."""
    machine.run(
        sys.executable,
        *(
            "-I",
            "-c",
            "import sys; sys.path.insert(0, sys.argv[1]); from aidevcontainer.session import slow; "
            "from aidevcontainer.project.paths import Project; slow.main(Project(sys.argv[2]), ['-p'])",
        ),
        *(PACKAGES, fresh.root),
        cwd=fresh.root,
        input="a\nb\n",
    )
    assert next(call.input for call in machine.calls() if "-i" in call.arguments) == "a\nb\n"


def test_image_that_is_there_is_not_built(fresh: FakeProject, machine: Machine) -> None:
    """X-L1, U-4: named after its content, so another worktree's will do."""
    image_is_there(fresh)
    assert fresh.in_venv("session.slow").code == 0
    assert not any("build" in step for step in steps(machine))


def test_two_starts_at_once_build_once(fresh: FakeProject, machine: Machine) -> None:
    """U-4: the second waits, says so, and finds the image."""
    built = machine.folder / "built"
    machine.answer("compose build", seconds=1, makes=built)
    machine.answer("image inspect", out="{}", once=built)
    command = [sys.executable, "-I", "-c", "import sys; sys.path.insert(0, sys.argv[1]); "]
    command[-1] += "from aidevcontainer.session import slow; "
    command[-1] += "from aidevcontainer.project.paths import Project; slow.main(Project(sys.argv[2]), ['-p'])"
    started = [
        subprocess.Popen(
            [*command, str(PACKAGES), str(fresh.root)],
            cwd=fresh.root,
            env=machine.environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=30)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert sum("build" in step for step in steps(machine)) == 1
    assert sum("Waiting for another start" in text for text in said) == 1


def test_running_project_is_left_alone(fresh: FakeProject, machine: Machine) -> None:
    """M-2: while others work in it, a start recreates nothing, whatever changed in the files."""
    fresh.record()
    both_run(fresh)
    (fresh.folder / "Dockerfile").write_text("changed")
    before = (fresh.folder / ".env").read_text()
    assert fresh.in_venv("session.slow").code == 0
    assert steps(machine)[0] == f"exec {fresh.name}-firewall-1 {TOOLS}/wait-ready.sh 60"
    assert steps(machine)[1].startswith("exec -i")
    assert (fresh.folder / ".env").read_text() == before


@pytest.mark.parametrize(
    "firewall", [{"Id": "e" * 64}, {"State": {"Status": "running", "StartedAt": "2999-02-01T00:00:00Z"}}]
)
def test_dead_namespace_is_left(fresh: FakeProject, machine: Machine, firewall: dict[str, object]) -> None:
    """X-F1, US-004.3: an agent whose firewall was replaced has no network at all; it is started anew."""
    fresh.record()
    image_is_there(fresh)
    both_run(fresh, **firewall)
    done = fresh.in_venv("session.slow")
    assert "The firewall was restarted, so the agent container restarts too." in done.err
    removal = steps(machine).index(f"rm --force {'c' * 64}")
    assert steps(machine)[removal + 1] == "compose up --detach --no-deps claude"


def test_closed_firewall_opens_no_session(fresh: FakeProject, machine: Machine) -> None:
    """X-F1: its sentence is shown, the log is named, and the agent's container does not start."""
    machine.answer("wait-ready.sh", 1, err="allowed-domains.txt, line 3: 'x y' is not a name.\n")
    done = fresh.in_venv("session.slow")
    assert done.code == 1
    assert "line 3: 'x y' is not a name." in done.err
    assert "./.aidevcontainer/container logs firewall" in done.err
    assert f"start {fresh.name}-claude-1" not in steps(machine)


def test_firewall_that_dies_is_asked_for_its_last_words(fresh: FakeProject, machine: Machine) -> None:
    """X-F1, US-003.7: a container that restarts all the time answers no question, but its log does."""
    machine.answer("wait-ready.sh", 1, err="Error response from daemon: Container f is restarting, wait\n")
    machine.answer("logs --tail", err="\nThe kernel has no ip_set: load the module.\n")
    assert "The kernel has no ip_set: load the module." in fresh.in_venv("session.slow").err


def test_failed_build_shows_what_matters(fresh: FakeProject, machine: Machine) -> None:
    """U-4: the sentence of the image's own script, and where the whole log is."""
    log = (
        "#9 [claude 2/6] RUN x\n#9 0.1 aidevcontainer: Correct it in packages.txt.\n#9 ERROR: exit code: 1\n"
    )
    machine.answer("compose build", 1, err=log)
    done = fresh.in_venv("session.slow")
    assert done.code == 1
    assert "The image could not be built." in done.err
    assert "\nCorrect it in packages.txt." in done.err
    path = done.err.rpartition("The whole log: ")[2].strip()
    assert Path(path).read_text() == log
    assert "ERROR: exit code: 1" not in done.err


def test_git_file_that_leads_nowhere_is_told(fresh: FakeProject) -> None:
    """X-L1: a sentence with the command that helps, instead of errors later."""
    (fresh.root / ".git" / "config").unlink()
    (fresh.root / ".git" / "hooks").rmdir()
    (fresh.root / ".git").rmdir()
    (fresh.root / ".git").write_text("gitdir: /elsewhere\n")
    said = fresh.in_venv("session.slow").err
    assert "Git does not work inside" in said
    assert "git worktree repair" in said


def test_planted_commondir_ends_the_start(fresh: FakeProject, machine: Machine) -> None:
    """X-S1: the host's git would obey another directory's configuration; nothing starts on top of it."""
    (fresh.root / ".git" / "commondir").write_text("../evil\n")
    done = fresh.in_venv("session.slow")
    assert done.code == 1
    assert "commondir points git to another directory (../evil)" in done.err
    assert not any("compose up" in step for step in steps(machine))


def test_moved_directory_is_told_about_the_old_place(fresh: FakeProject, machine: Machine) -> None:
    """X-L1: what belongs to the old path is named once, with commands to take it along or remove it."""
    (fresh.folder / ".env").write_text("COMPOSE_PROJECT_NAME=old-1\nAIDEVCONTAINER_WORKSPACE=/was/here\n")
    machine.answer("volume ls", out="old-1_config\nold-1_state\n")
    said = fresh.in_venv("session.slow").err
    assert "This directory was /was/here before" in said
    assert f"-v old-1_config:/from:ro -v {fresh.name}_config:/to" in said
    assert "docker volume rm old-1_config old-1_state" in said
    assert "/was/here" not in fresh.in_venv("session.slow").err


def test_copied_directory_is_told_nothing(fresh: FakeProject, machine: Machine, tmp_path: Path) -> None:
    """X-L1: the original is still there and keeps its containers."""
    (fresh.folder / ".env").write_text(f"COMPOSE_PROJECT_NAME=a\nAIDEVCONTAINER_WORKSPACE={tmp_path}\n")
    machine.answer("volume ls", out="a_config\n")
    assert "before, and has new containers" not in fresh.in_venv("session.slow").err


@pytest.mark.parametrize(
    ("match", "err", "sentence"),
    [
        (
            "inspect",
            "Cannot connect to the Docker daemon at unix:///x. Is it running?",
            "engine is not running",
        ),
        (
            "inspect",
            "permission denied while trying to connect to the Docker daemon",
            "sudo usermod -aG docker",
        ),
        ("compose version", "docker: 'compose' is not a docker command.", "Docker Compose v2 is missing"),
        ("compose build", "write /x: no space left on device", "The disk is full"),
        (
            "up --detach firewall",
            "Bind for 0.0.0.0:80 failed: port is already allocated",
            "Port 80 of this machine",
        ),
        ("up --detach firewall", 'The container name "/x" is already in use by', "docker rm -f x"),
        ("up --no-start --no-deps", "moon in wrong phase", "create the agent container: moon in wrong"),
        ("start my-project", "moon in wrong phase", "-claude-1: moon in wrong phase"),
        ("volume create", "no space left on device", "The disk is full"),
    ],
)
def test_engine_troubles_end_in_a_sentence(
    fresh: FakeProject, machine: Machine, match: str, err: str, sentence: str
) -> None:
    """U-4: no traceback, exit code 1, no session."""
    machine.answer(match, 1, err=err + "\n")
    done = fresh.in_venv("session.slow")
    assert done.code == 1
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert not any(step.startswith("exec -i") for step in steps(machine))


def test_no_docker(project: FakeProject) -> None:
    """U-4: the sentence says where to get it."""
    project.complete()
    project.machine.environment["PATH"] = str(project.machine.bin)
    done = project.in_venv("session.slow")
    assert done.code == 1
    assert "Docker is not installed" in done.err
    assert "https://docs.docker.com/engine/install/" in done.err


def test_root_inside_is_wrong_usage(fresh: FakeProject, machine: Machine) -> None:
    """U-5: exit code 2, before anything was started or written."""
    machine.environment["CLAUDE_UID"] = "0"
    done = fresh.in_venv("session.slow")
    assert done.code == 2
    assert "never runs as root" in done.err
    assert steps(machine) == []
    assert not (fresh.folder / ".env").exists()


def test_scaffold_without_compose_file(fresh: FakeProject) -> None:
    """U-3: names the command that writes it anew."""
    (fresh.folder / "docker-compose.yml").unlink()
    assert "copier update" in fresh.in_venv("session.slow").err


def test_folder_that_cannot_be_written(fresh: FakeProject) -> None:
    """U-4: any refusal of the machine is a sentence with the file's name."""
    (fresh.folder / ".env").mkdir()
    done = fresh.in_venv("session.slow")
    assert done.code == 1
    assert ".env" in done.err
    assert "Traceback" not in done.err
