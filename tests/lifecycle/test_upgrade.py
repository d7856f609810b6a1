"""`container upgrade`: Claude's version moves with its digests, sessions go on, and there is a way back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aidevcontainer.engine import claude_pin
from aidevcontainer.project import env_file
from tests.hostside.engine import container
from tests.hostside.fixtures import fake_engine, machine, project, running
from tests.hostside.machine import FakeProject, Finished, Machine
from tests.hostside.start import both_run, image_is_there, nothing_runs, steps
from tests.support.npm import Registry

__all__ = ["fake_engine", "machine", "project", "running"]

OLD, NEW = "a" * 128, "b" * 128


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry with two versions."""
    made = Registry()
    made.versions = {"2.0.9": (OLD, OLD), "2.0.10": (NEW, "c" * 128), "2.1.0": (NEW, "")}
    made.latest = "2.0.10"
    yield made
    made.close()


@pytest.fixture
def old(machine: Machine, project: FakeProject, registry: Registry) -> FakeProject:
    """A project with the older version, whose image is built by whatever is asked to build."""
    machine.install_docker()
    project.complete()
    nothing_runs(project)
    image_is_there(project)
    pin_file(project).write_text(text("2.0.9", OLD, OLD))
    (project.folder / "ca/test.crt").write_text(registry.ca_pem)
    machine.environment["NPM_REGISTRY"] = registry.address
    return project


def text(version: str, x64: str, arm64: str) -> str:
    return claude_pin.Pin(version, {"x64": x64, "arm64": arm64}).text()


def pin_file(project: FakeProject) -> Path:
    return project.folder / "claude.pin"


def upgrade(project: FakeProject, *arguments: str) -> Finished:
    return project.in_venv("cli.container", "upgrade", *arguments)


def session_runs(project: FakeProject) -> None:
    claude = container("c" * 64, project.root, network=f"container:{'f' * 64}")
    claude["ExecIDs"] = ["e" * 64]
    project.machine.answer(f"{project.name}-claude-1", out=json.dumps(claude))


def settings(project: FakeProject) -> dict[str, str]:
    return env_file.read(str(project.folder / ".env"))


def test_the_newest_is_pinned_with_both_digests(old: FakeProject, machine: Machine) -> None:
    """U-3: looked up over HTTPS with the project's own authority; nothing starts what was not started."""
    done = upgrade(old)
    assert done.code == 0, done
    assert "Claude Code 2.0.9 → 2.0.10" in done.err
    assert pin_file(old).read_text() == text("2.0.10", NEW, "c" * 128)
    assert not [step for step in steps(machine) if " up " in step]
    assert upgrade(old).err == "Claude Code 2.0.10 is pinned already.\n"


def test_a_version_and_back(old: FakeProject) -> None:
    """U-3: any version, older too, and the way back goes both ways."""
    assert upgrade(old, "2.0.10").code == 0
    assert upgrade(old, "--back").code == 0
    assert pin_file(old).read_text() == text("2.0.9", OLD, OLD)
    assert upgrade(old, "--back").code == 0
    assert "version 2.0.10\n" in pin_file(old).read_text()


def test_a_program_is_told(old: FakeProject) -> None:
    """U-3: what became of it, alone on standard output; and why nothing did."""
    assert answer(old) == {"from": "2.0.9", "to": "2.0.10", "state": "ready", "sessions": 0}
    assert answer(old) == {"from": "2.0.10", "to": "2.0.10", "state": "pinned", "sessions": 0}
    both_run(old)
    session_runs(old)
    assert answer(old, "--back") == {"from": "2.0.10", "to": "2.0.9", "state": "waiting", "sessions": 1}
    assert "is not a version of Claude Code" in answer(old, "new est")["error"]
    assert "takes no other" in answer(old, "--back", "2.0.10")["error"]


def answer(project: FakeProject, *arguments: str) -> dict[str, Any]:
    found = json.loads(upgrade(project, *arguments, "--json").out)
    assert isinstance(found, dict)
    return found


def test_nothing_to_go_back_to(old: FakeProject) -> None:
    """U-3: the sentence names what works."""
    done = upgrade(old, "--back")
    assert done.code == 1
    assert "container upgrade VERSION" in done.err


def test_idle_containers_switch_at_once(old: FakeProject, machine: Machine) -> None:
    """U-3: no session runs, so the containers are started anew, and what no container uses is removed."""
    both_run(old)
    machine.answer("ps --all", out="2.0.10\n2.0.10\n")
    machine.answer("ls /opt/claude", out=f"2.0.9-{'a' * 12}\n2.0.10-{'b' * 12}\nlost+found\n../etc\n")
    done = upgrade(old)
    assert done.code == 0, done
    assert [step for step in steps(machine) if "up --detach" in step] != []
    removed = [step for step in steps(machine) if " rm -rf " in step]
    assert removed == [f"exec {old.name}-firewall-1 rm -rf /opt/claude/2.0.9-{'a' * 12}"]
    assert "Claude Code 2.0.10 is in use." in done.err


@pytest.mark.parametrize("labels", ["2.0.10\n\n", "2.0.10\n2.0.9\n"])
def test_an_unpacked_version_that_may_be_in_use_stays(
    old: FakeProject, machine: Machine, labels: str
) -> None:
    """X-L1: another project's container uses it, or one does not say what it uses."""
    both_run(old)
    machine.answer("ps --all", out=labels)
    machine.answer("ls /opt/claude", out=f"2.0.9-{'a' * 12}\n2.0.10-{'b' * 12}\n")
    assert upgrade(old).code == 0
    assert not [step for step in steps(machine) if " rm -rf " in step]


def test_sessions_go_on_and_the_switch_comes_later(old: FakeProject, machine: Machine) -> None:
    """U-3: built now; no container is touched while a session runs, and the next one after it switches."""
    both_run(old)
    session_runs(old)
    done = upgrade(old)
    assert done.code == 0, done
    assert "1 session keeps running. The containers switch to 2.0.10 once it ends." in done.err
    assert not [step for step in steps(machine) if " up " in step]
    assert settings(old)["AIDEVCONTAINER_WAITING"] == "true"
    said = old.in_venv("cli.container", "status").out
    assert re.search(r"^waiting +the change applies once the last session ends", said, re.MULTILINE)
    assert "container rebuild" not in said
    old.in_venv("session.slow")
    assert not [step for step in steps(machine) if " up " in step]
    both_run(old)
    assert "No session runs any more" in old.in_venv("session.slow").err
    assert [step for step in steps(machine) if "up --detach" in step] != []
    assert "AIDEVCONTAINER_WAITING" not in settings(old)


def test_back_before_the_switch(old: FakeProject, machine: Machine) -> None:
    """U-3: what is pinned again is what runs, so nothing waits."""
    both_run(old)
    old.in_venv("cli.container", "up")
    claude = container("c" * 64, old.root, network=f"container:{'f' * 64}")
    claude["Config"]["Image"] = settings(old)["AIDEVCONTAINER_IMAGE"]
    machine.answer(f"{old.name}-claude-1", out=json.dumps({**claude, "ExecIDs": ["e" * 64]}))
    assert answer(old)["state"] == "waiting"
    assert answer(old, "--back")["state"] == "in-use"
    assert "AIDEVCONTAINER_WAITING" not in settings(old)


def test_what_comes_between_does_not_forget_the_switch(old: FakeProject) -> None:
    """U-3: the same version again, one that is not there, and one that the registry cannot give."""
    both_run(old)
    session_runs(old)
    assert upgrade(old).code == 0
    for arguments, code in ((["2.0.10"], 0), (["9.9.9"], 1), (["newest"], 2)):
        assert upgrade(old, *arguments).code == code
        assert settings(old)["AIDEVCONTAINER_WAITING"] == "true"


def test_start_that_fails_does_not_forget_the_switch(old: FakeProject, machine: Machine) -> None:
    """U-3: the containers are the old ones still, and the next session must not open in them for good."""
    both_run(old)
    session_runs(old)
    assert upgrade(old).code == 0
    both_run(old)
    machine.answer("image inspect", 1, err="Error response from daemon: No such image: x\n")
    machine.answer("compose build", 1, err="#7 ERROR: no\n")
    for module, words in (("session.slow", ()), ("cli.container", ("rebuild",))):
        assert old.in_venv(module, *words).code == 1
        assert settings(old)["AIDEVCONTAINER_WAITING"] == "true"


def test_pin_that_came_with_a_branch_is_put_to_use(old: FakeProject, machine: Machine) -> None:
    """U-3: it is pinned already, and the containers still run the version before."""
    both_run(old)
    pin_file(old).write_text(text("2.0.10", NEW, "c" * 128))
    done = upgrade(old)
    assert "Claude Code 2.0.10 is pinned already." in done.err
    assert "Claude Code 2.0.10 is in use." in done.err
    assert [step for step in steps(machine) if "up --detach" in step] != []


@pytest.mark.usefixtures("fake_engine")
def test_the_short_way_is_left_while_a_newer_image_waits(running: FakeProject) -> None:
    """U-3: opening a session is when the switch happens."""
    running.mark_long_way()
    assert running.claude().code == 0
    with (running.folder / ".env").open("a") as file:
        file.write("AIDEVCONTAINER_WAITING=true\n")
    assert running.claude().code == 77


def test_a_failed_build_changes_nothing(old: FakeProject, machine: Machine) -> None:
    """U-3: the old pin is back, `.env` names the old image, and the containers were not touched."""
    both_run(old)
    old.in_venv("cli.container", "up")
    before = settings(old)
    machine.answer("image inspect", 1, err="Error response from daemon: No such image: x\n")
    machine.answer("compose build", 1, err="#7 ERROR: no\n")
    ups = len([step for step in steps(machine) if " up " in step])
    done = upgrade(old)
    assert done.code == 1
    assert "The image could not be built" in done.err
    assert pin_file(old).read_text() == text("2.0.9", OLD, OLD)
    assert settings(old) == before
    assert len([step for step in steps(machine) if " up " in step]) == ups


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (["9.9.9"], "The registry does not have Claude Code 9.9.9 for x64.", 1),
        (["2.1.0"], "The registry does not have Claude Code 2.1.0 for arm64.", 1),
        (["../2.0.9"], "'../2.0.9' is not a version", 2),
        (["newest"], "'newest' is not a version", 2),
        (["2.0.9", "2.0.10"], "", 2),
    ],
)
def test_versions_that_are_not_there(
    old: FakeProject, arguments: list[str], sentence: str, code: int
) -> None:
    """U-3: a pin is whole or is not written."""
    done = upgrade(old, *arguments)
    assert done.code == code
    assert sentence in done.err
    assert pin_file(old).read_text() == text("2.0.9", OLD, OLD)


@pytest.mark.parametrize("digest", ["sha1-AAAA", "sha512-AAAA", "sha512-!", "", "sha512-" + "A" * 88 + " x"])
def test_digests_of_another_shape_are_refused(old: FakeProject, registry: Registry, digest: str) -> None:
    """U-3: what ends in the pin is a sha512 and nothing else."""
    registry.versions["2.0.10"] = (digest or "none", NEW)
    done = upgrade(old)
    assert done.code == 1
    assert "has no sha512 for Claude Code 2.0.10 (x64)" in done.err


def test_what_keeps_the_registry_from_answering(old: FakeProject, registry: Registry) -> None:
    """X-N1: an authority that is not known, an answer that is none, a detour without TLS, nobody there."""
    machine = old.machine
    registry.raw = b"<html>sign in</html>"
    assert "did not answer as npm's registry does" in upgrade(old).err
    registry.location = registry.address.replace("https", "http")
    assert upgrade(old).code == 1
    registry.location, registry.raw = "", None
    (old.folder / "ca/test.crt").unlink()
    assert "into .aidevcontainer/ca/ as a .crt file" in upgrade(old).err
    machine.environment["NPM_REGISTRY"] = "https://localhost:1"
    assert "cannot be reached" in upgrade(old).err
    machine.environment["NPM_REGISTRY"] = "http://localhost:1"
    assert "digests must come from an https address" in upgrade(old).err
    assert pin_file(old).read_text() == text("2.0.9", OLD, OLD)


def test_a_pin_with_markers_is_not_built(old: FakeProject, machine: Machine) -> None:
    """U-3: a merge left both versions, and no build guesses; an upgrade pins anew."""
    marked = f"<<<<<<< before updating\n{text('2.0.8', OLD, OLD)}=======\n{text('2.0.9', OLD, OLD)}"
    pin_file(old).write_text(f"{marked}>>>>>>> after updating\n")
    for command in ("up", "rebuild"):
        done = old.in_venv("cli.container", command)
        assert done.code == 1
        assert "claude.pin contains the conflict markers of a merge" in done.err
    assert not [step for step in steps(machine) if "compose build" in step]
    assert upgrade(old).code == 0


def test_versions_are_ordered_by_numbers() -> None:
    """U-3: semantic versioning's order, which decides whose pin wins an update."""
    names = ["2.1.0", "2.0.10", "2.0.10-beta.11", "2.0.10-beta.2", "2.0.9"]
    assert sorted(names, key=claude_pin.order) == names[::-1]
    # What PEP 440 would take for a later release, or for no version at all.
    assert claude_pin.order("2.1.0-1") < claude_pin.order("2.1.0-next.1") < claude_pin.order("2.1.0")


def test_containers_are_labelled_and_status_shows_the_template(old: FakeProject, machine: Machine) -> None:
    """U-3: what runs was made by this version of template and of Claude, whatever the files are by now."""
    (old.root / ".copier-answers.yml").write_text("_commit: v1.2.0\n_src_path: x\nallowed_bundles: []\n")
    old.in_venv("cli.container", "up")
    written = settings(old)
    assert (written["AIDEVCONTAINER_TEMPLATE"], written["AIDEVCONTAINER_CLAUDE"]) == ("v1.2.0", "2.0.9")
    assert "\ntemplate  v1.2.0\n" in old.in_venv("cli.container", "status").out + "\n"
    claude = container("c" * 64, old.root)
    claude["Config"]["Labels"]["aidevcontainer.template"] = "v1.1.0"
    machine.answer(f"{old.name}-claude-1", out=json.dumps(claude))
    assert json.loads(old.in_venv("cli.container", "status", "--json").out)["template_version"] == "v1.1.0"
