"""The bridge goes on and off with `bridge.yaml`, and never stands in a session's way."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from aidevcontainer.bridge import switch
from aidevcontainer.bridge.broker import accept, declaration
from aidevcontainer.bridge.broker.declaration import Declaration
from aidevcontainer.project import env_file
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject, Finished, Machine
from tests.hostside.start import both_run, image_is_there, nothing_runs, steps
from tests.support.questions import render

__all__ = ["machine", "project"]

FILE = """\
version: "1"
containers: {app: {service: app, paths: {/workspace: /srv}}, db: shop-db-1}
commands: {php: {container: app}, psql: {container: db}}
"""


@pytest.fixture
def fresh(machine: Machine, project: FakeProject) -> FakeProject:
    """A complete project with a bridge.yaml; the image is there, nothing runs."""
    machine.install_docker()
    project.complete()
    nothing_runs(project)
    image_is_there(project)
    declare(project, FILE)
    return project


def declare(project: FakeProject, text: str) -> None:
    (project.folder / "bridge.yaml").write_text(text)


def up(project: FakeProject) -> Finished:
    return project.in_venv("cli.container", "up")


def settings(project: FakeProject) -> dict[str, str]:
    return env_file.read(str(project.folder / ".env"))


def handed_over(machine: Machine) -> list[Declaration]:
    """Return what the broker was given, in order."""
    calls = [call for call in machine.calls() if call.arguments[-1].endswith("/accept.py")]
    return [declaration.decode(call.input) for call in calls]


def test_off_by_default(fresh: FakeProject, machine: Machine) -> None:
    """B-2: without the file there is no broker, no socket and not a word about it."""
    (fresh.folder / "bridge.yaml").unlink()
    assert "bridge" not in up(fresh).err
    assert not set(switch.NAMES) & set(settings(fresh))
    assert not any("bridge" in step for step in steps(machine))


def test_the_file_switches_it_on(fresh: FakeProject, machine: Machine) -> None:
    """B-2, B-3: with the agent's container already up, the broker starts and gets the declared commands."""
    assert up(fresh).code == 0
    written = settings(fresh)
    assert (written["COMPOSE_PROFILES"], written["AIDEVCONTAINER_BRIDGE"]) == ("bridge", "yes")
    assert written["AIDEVCONTAINER_ENGINE_SOCKET"] == f"{machine.folder}/no-engine.sock"
    bridge = steps(machine).index("compose up --detach --no-deps bridge")
    assert f"start {fresh.name}-claude-1" in steps(machine)[:bridge]
    (given,) = handed_over(machine)
    assert given.project == fresh.name
    php, psql = given.commands
    assert (php.name, php.container, php.paths) == ("php", "myproject-app-1", (("/workspace", "/srv"),))
    assert (psql.name, psql.container) == ("psql", "shop-db-1")


def test_on_and_off_are_two_images(fresh: FakeProject) -> None:
    """B-2, M-5: who has no bridge pays nothing for it in the image."""
    up(fresh)
    on = settings(fresh)["AIDEVCONTAINER_IMAGE"]
    (fresh.folder / "bridge.yaml").unlink()
    up(fresh)
    assert settings(fresh)["AIDEVCONTAINER_IMAGE"] != on


def test_without_the_file_the_broker_goes(fresh: FakeProject, machine: Machine) -> None:
    """B-2: first told to end, so that it ends what it runs elsewhere, then removed."""
    up(fresh)
    (fresh.folder / "bridge.yaml").unlink()
    machine.answer("-bridge-1", out=json.dumps(running()))
    assert "The bridge is off. Removing its container." in up(fresh).err
    assert f"stop {fresh.name}-bridge-1" in steps(machine)
    assert steps(machine)[-1] == f"rm --force {fresh.name}-bridge-1"
    assert not set(switch.NAMES) & set(settings(fresh))


def test_profiles_of_the_users_own_stay(fresh: FakeProject) -> None:
    """B-2: a person's own profiles, for services of the override file, survive both ways."""
    (fresh.folder / ".env").write_text("COMPOSE_PROFILES=debug,bridge, extra\n")
    up(fresh)
    assert settings(fresh)["COMPOSE_PROFILES"] == "debug,extra,bridge"
    (fresh.folder / "bridge.yaml").unlink()
    up(fresh)
    assert settings(fresh)["COMPOSE_PROFILES"] == "debug,extra"


def test_a_broken_file_keeps_what_was_in_force(fresh: FakeProject, machine: Machine) -> None:
    """B-3: with line and reason; the broker is left running with what it was given before."""
    up(fresh)
    declare(fresh, FILE + "comands: {}\n")
    done = up(fresh)
    assert done.code == 0
    assert (
        "The bridge keeps what was in force. bridge.yaml line 4: 'comands' is not a key of the file"
        in done.err
    )
    assert settings(fresh)["AIDEVCONTAINER_BRIDGE"] == "yes"
    assert steps(machine)[-1] == "compose up --detach --no-deps bridge"
    assert len(handed_over(machine)) == 1


def test_a_file_broken_from_the_start_is_no_bridge(fresh: FakeProject, machine: Machine) -> None:
    """B-2, B-3: nothing comes into force, and the session opens."""
    declare(fresh, "commands: [\n")
    done = fresh.in_venv("session.slow", "--version")
    assert done.code == 0
    assert "The bridge stays off. bridge.yaml line 2: this is not valid YAML" in done.err
    assert handed_over(machine) == []
    assert steps(machine)[-1].startswith("exec -i")


@pytest.mark.parametrize(
    ("match", "sentence"),
    [
        (
            "--no-deps bridge",
            "Sessions work, but without the bridge. Could not start the bridge: no",
        ),
        (
            "accept.py",
            "Sessions work, but without the bridge. Could not hand the declared commands",
        ),
        (
            "ps --all",
            "Sessions work, but without the bridge. Could not ask the container engine: no",
        ),
    ],
)
def test_a_bridge_that_fails_stops_no_session(
    fresh: FakeProject, machine: Machine, match: str, sentence: str
) -> None:
    """B-2: it says so, and the session opens."""
    machine.answer(match, 1, err="no\n")
    done = fresh.in_venv("session.slow", "--version")
    assert done.code == 0
    assert sentence in done.err
    assert steps(machine)[-1].startswith("exec -i")


def test_an_image_that_fails_with_the_bridge_is_built_without(fresh: FakeProject, machine: Machine) -> None:
    """B-2: Python may be out of reach where all the rest is there already."""
    failed = machine.folder / "failed"
    machine.answer("image inspect", 1, err="No such image: x")
    machine.answer("compose build", 1, err="no python3\n", makes=failed)
    machine.answer("compose build", once=failed)
    done = fresh.in_venv("session.slow", "--version")
    assert done.code == 0
    assert "The bridge stays off, because its image failed. The image could not be built." in done.err
    tries = [call.environment for call in machine.calls() if "build" in call.arguments]
    assert [each.get("AIDEVCONTAINER_BRIDGE") for each in tries] == ["yes", None]
    assert tries[0]["AIDEVCONTAINER_IMAGE"] != tries[1]["AIDEVCONTAINER_IMAGE"]
    assert "AIDEVCONTAINER_BRIDGE" not in settings(fresh)
    assert steps(machine)[-1].startswith("exec -i")


def test_an_engine_elsewhere_is_no_bridge(fresh: FakeProject, machine: Machine) -> None:
    """B-2: the broker needs a socket of this machine; without one the sentence says so."""
    machine.environment["DOCKER_HOST"] = "tcp://build.example.com:2376"
    done = up(fresh)
    assert done.code == 0
    assert "It needs an engine with a socket on this machine: tcp://build.example.com:2376 is not" in done.err
    assert "AIDEVCONTAINER_BRIDGE" not in settings(fresh)


@pytest.mark.parametrize(
    ("host", "platform", "socket"),
    [
        ("unix:///run/user/1000/docker.sock", "linux", "/run/user/1000/docker.sock"),
        ("unix:///home/me/.docker/desktop/docker.sock", "linux", "/var/run/docker.sock"),
        ("unix:///Users/me/.colima/default/docker.sock", "darwin", "/var/run/docker.sock"),
    ],
)
def test_the_socket_is_the_engines_own(
    monkeypatch: pytest.MonkeyPatch, host: str, platform: str, socket: str
) -> None:
    """B-2: rootless, Docker Desktop, a virtual machine: the path is the one that the engine itself sees."""
    monkeypatch.setattr("sys.platform", platform)
    assert switch.engine_socket({"DOCKER_HOST": host}) == socket


def test_a_context_leads_to_its_socket(machine: Machine) -> None:
    """B-2: docker's own contexts count, as for every other helper."""
    meta = machine.folder / "home/.docker/contexts/meta/0"
    meta.mkdir(parents=True)
    content = {"Name": "other", "Endpoints": {"docker": {"Host": "unix:///somewhere/else.sock"}}}
    (meta / "meta.json").write_text(json.dumps(content))
    caller = {"DOCKER_CONTEXT": "other", "DOCKER_CONFIG": str(machine.folder / "home/.docker")}
    assert switch.engine_socket(caller) == "/somewhere/else.sock"


def test_down_takes_the_broker_along(fresh: FakeProject, machine: Machine) -> None:
    """B-2: also when bridge.yaml went since, with its profile."""
    (fresh.folder / "bridge.yaml").unlink()
    fresh.in_venv("cli.container", "down")
    assert machine.calls()[-1].environment["COMPOSE_PROFILES"] == "bridge"


def test_status_and_logs_know_the_broker(fresh: FakeProject, machine: Machine) -> None:
    """B-2: `status` names it where there is one, `logs bridge` shows its log alone."""
    (fresh.folder / "bridge.yaml").unlink()
    assert "bridge" not in fresh.in_venv("cli.container", "status").out
    declare(fresh, FILE)
    up(fresh)
    both_run(fresh)
    machine.answer("-bridge-1", out=json.dumps(running()))
    said = fresh.in_venv("cli.container", "status").out
    assert re.search(r"^bridge +running since 2999-01-02 03:04 UTC, see ", said, re.MULTILINE)
    machine.answer(f"logs {fresh.name}-bridge-1", out="refused\n")
    assert fresh.in_venv("cli.container", "logs", "bridge").out == "refused\n"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ([], "myproject-app-1"),
        (["other-app-1\tapp\tother\t/elsewhere\t1"], "myproject-app-1"),
        (["other-app-1\tapp\tother\t{root}s\t1"], "myproject-app-1"),
        (["x-app-2\tapp\tx\t{root}\t2", "x-app-1\tapp\tx\t{root}\t1"], "x-app-1"),
        (["deep\tapp\td\t{root}/deploy\t1", "top\tapp\tt\t{root}\t1"], "top"),
        (["deep\tapp\td\t{root}/deploy\t1"], "deep"),
        (["x\tweb\tx\t{root}\t1", "nonsense"], "myproject-app-1"),
    ],
)
def test_a_service_is_found_by_its_labels(
    fresh: FakeProject, machine: Machine, lines: list[str], name: str
) -> None:
    """B-3, X-L1: each clone and worktree means its own; what does not exist yet gets Compose's name."""
    machine.answer("ps --all", out="\n".join(lines).format(root=fresh.root))
    up(fresh)
    assert handed_over(machine)[-1].commands[0].container == name


def test_the_compose_file_gives_the_broker_nothing_but_the_socket() -> None:
    """B-2: no network, no capability, nothing of the workspace; the agent gets the volume, read-only."""
    services = yaml.safe_load(render("docker-compose.yml", {"project_name": "x"}))["services"]
    broker = services["bridge"]
    assert broker["profiles"] == ["bridge"]
    assert (broker["network_mode"], broker["cap_drop"], broker["read_only"]) == ("none", ["ALL"], True)
    assert "cap_add" not in broker
    assert "no-new-privileges:true" in broker["security_opt"]
    assert [mount if isinstance(mount, str) else mount["target"] for mount in broker["volumes"]] == [
        "bridge:/run/aidevcontainer-bridge",
        "/run/engine.sock",
    ]
    assert "bridge:/run/aidevcontainer-bridge:ro" in services["claude"]["volumes"]
    for name in ("claude", "firewall"):
        assert "sock" not in json.dumps(services[name])
        assert "bridge" not in services[name].get("depends_on", {})


def test_what_is_accepted_is_kept(tmp_path: Path) -> None:
    """B-3: one file, replaced in one step; what cannot be decoded leaves the last good one."""
    assert accept.read(str(tmp_path)) == Declaration((), "")
    whole = Declaration((declaration.BrokerCommand("php", "shop-app-1", ("php",)),), "shop")
    accept.store(str(tmp_path), declaration.encode(whole))
    assert accept.read(str(tmp_path)) == whole
    for broken in ("", "x", declaration.encode(whole)[:-4]):
        with pytest.raises(ValueError, match=r"\w"):
            accept.store(str(tmp_path), broken)
    assert accept.read(str(tmp_path)) == whole
    assert [path.name for path in tmp_path.iterdir()] == ["declaration"]


def running() -> dict[str, object]:
    """Return what an engine says of a broker that runs."""
    state = {"Status": "running", "StartedAt": "2999-01-02T03:04:05Z"}
    return {
        "Id": "b" * 64,
        "State": state,
        "HostConfig": {"NetworkMode": "none"},
        "Config": {"Image": "aidevcontainer:0", "Labels": {}},
    }
