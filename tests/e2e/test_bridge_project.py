"""The bridge with a real Compose project of the user's, which starts, stops and is made anew on its own."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import scaffold
from tests.support.docker import docker, inspect
from tests.support.fixtures import BASE_IMAGE
from tests.support.hostuser import HostUser
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.rules import expect_rules
from tests.support.run import Finished
from tests.support.wait import until

pytestmark = pytest.mark.engine

# Known by its name for what it is not; it is never pulled.
IMAGE = "aidevcontainer.invalid/bridge/postgres:16"
COMPOSE = f"""\
x-service: &service
  image: {IMAGE}
  pull_policy: never
  command: sleep infinity
  init: true
  network_mode: none
  stop_grace_period: 1s
services:
  app:
    <<: *service
    volumes: [./src:/srv/src]
    environment: [GREETING=from app]
  db:
    <<: *service
    container_name: {{name}}-database
"""
DECLARED = """\
version: "1"
default_container: app
containers:
  app: {service: app, paths: {/workspace/src: /srv/src}}
  db: {service: db, workdir: /tmp}
commands:
  where: {exec: pwd}
  app-sh: {exec: sh}
  db-id: {container: db, exec: [id, -u], user: "65534"}
"""


@pytest.fixture(scope="module")
def shop(workspace: Path, release: Path, internet: Internet, host_user: HostUser) -> Iterator[Project]:
    """A project with the bridge on, whose own services run beside it."""
    docker("tag", os.environ.get("ALPINE_IMAGE", BASE_IMAGE), IMAGE)
    project = scaffold.repository(workspace / scaffold.unique("bridged"), host_user)
    scaffold.scaffold(project, release)
    scaffold.join(project, internet)
    project.write("compose.yml", COMPOSE.format(name=project.path.name))
    declare(project, DECLARED)
    with project.remove_at_end():
        own(project, "up", "--detach")
        project.up()
        yield project
        own(project, "down", "--timeout", "0")
    docker("rmi", IMAGE, check=False)


def declare(project: Project, text: str) -> None:
    project.write(".aidevcontainer/bridge.yaml", text)


def own(project: Project, *arguments: str) -> Finished:
    """Run Compose for the services of the user's own."""
    return project.run("docker", "compose", *arguments).checked()


def bridge(project: Project, *arguments: str) -> Finished:
    return project.helper("container", "bridge", *arguments)


def broker(project: Project) -> str:
    return project.claude.replace("-claude-1", "-bridge-1")


def agent(project: Project, line: str, folder: str = "/workspace/src") -> Finished:
    """Run a line of shell as the agent does: PATH as the image has it, in a folder of the workspace."""
    return project.inside("sh", "-c", f"cd {folder} && {line}", timeout=60)


def test_declared_commands_run_in_their_containers(shop: Project) -> None:
    """B-1, B-3: by name, in the folder that matches, as the user and with the exit code of the other side."""
    assert agent(shop, "where").out == "/srv/src\n"
    greeting = agent(shop, "app-sh -c 'echo $GREETING; cat app.py; exit 7'")
    assert (greeting.code, greeting.out.splitlines()) == (7, ["from app", 'GREETING = "hello"'])
    assert agent(shop, "db-id", "/workspace").out == "65534\n"
    outside = agent(shop, "where", "/workspace")
    assert outside.code == 126
    assert outside.err.startswith("bridge: ")


def test_the_agent_gets_commands_and_no_engine(shop: Project) -> None:
    """B-2, US-004.3: the broker has the socket, no network, no capability; the firewall's rules hold."""
    config = inspect(broker(shop))["HostConfig"]
    assert (config["NetworkMode"], config["CapDrop"], config["Privileged"]) == ("none", ["ALL"], False)
    assert inspect(broker(shop))["NetworkSettings"]["Networks"].keys() <= {"none"}
    for container in (shop.claude, shop.firewall):
        sources = [mount["Source"] for mount in inspect(container)["Mounts"]]
        assert not [source for source in sources if source.endswith(".sock")]
    assert agent(shop, "touch /run/aidevcontainer-bridge/x").code != 0
    expect_rules(shop)


def test_status_and_test_tell_what_is_so(shop: Project) -> None:
    """B-3: by the real way; a program that is not there is named."""
    found = json.loads(bridge(shop, "status", "--json").checked().out)
    assert found["state"] == "ready"
    assert {each["name"]: each["target"] for each in found["commands"]} == dict.fromkeys(
        ("where", "app-sh", "db-id"), "running"
    )
    assert not any(each["remarks"] for each in found["commands"])
    assert bridge(shop, "test").checked().out.count("works  ") == 3
    declare(shop, DECLARED + "  gone: {exec: no-such-program}\n")
    assert bridge(shop, "reload").checked().err == "In force: 4 commands. New: gone.\n"
    tried = json.loads(bridge(shop, "test", "--json").out)
    assert [each["works"] for each in tried] == [True, True, True, False]
    assert "does not have the program no-such-program" in tried[3]["reason"]
    declare(shop, DECLARED)
    bridge(shop, "reload").checked()


def test_services_go_their_own_way(shop: Project) -> None:
    """B-1: a target that stops is said in a sentence, a new one is found; nothing of ours restarts."""
    before = [inspect(name)["State"]["StartedAt"] for name in (shop.claude, shop.firewall, broker(shop))]
    own(shop, "stop", "--timeout", "0", "app")
    gone = agent(shop, "where")
    assert gone.code == 127
    assert gone.err.startswith("bridge: ")
    assert agent(shop, "db-id").out == "65534\n"
    own(shop, "rm", "--force", "app")
    assert agent(shop, "where").code == 127
    missing = json.loads(bridge(shop, "status", "--json").out)
    assert missing["commands"][0]["target"] == "missing"
    own(shop, "up", "--detach", "app")
    assert agent(shop, "where").out == "/srv/src\n"
    own(shop, "up", "--detach", "--force-recreate", "--timeout", "0")
    assert agent(shop, "where").out == "/srv/src\n"
    after = [inspect(name)["State"]["StartedAt"] for name in (shop.claude, shop.firewall, broker(shop))]
    assert after == before


def test_a_change_breaks_nothing_that_runs(shop: Project) -> None:
    """B-1: new commands are there at once, removed ones gone, and what runs goes on to its end."""
    started = inspect(broker(shop))["State"]["StartedAt"]
    results: list[Finished] = []
    line = "app-sh -c 'echo begun >/tmp/begun; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo done'"
    worker = threading.Thread(target=lambda: results.append(agent(shop, line)))
    worker.start()
    app = f"{shop.path.name}-app-1"
    until(lambda: docker("exec", app, "test", "-e", "/tmp/begun", check=False).code == 0, lambda: "not begun")
    declare(shop, DECLARED.replace("app-sh: {exec: sh}", "greet: {exec: 'sh -c \"echo $GREETING\"'}"))
    assert "New: greet; removed: app-sh." in bridge(shop, "reload").checked().err
    assert agent(shop, "greet").out == "from app\n"
    assert agent(shop, "app-sh -c true").code == 127
    shop.up()
    docker("exec", app, "touch", "/tmp/go")
    worker.join(30)
    assert [(each.code, each.out) for each in results] == [(0, "done\n")]
    assert inspect(broker(shop))["State"]["StartedAt"] == started
    declare(shop, DECLARED)
    bridge(shop, "reload").checked()


def test_a_broken_file_changes_nothing(shop: Project) -> None:
    """B-3: line and reason; what was in force stays, also over `up` and a restart of the broker."""
    declare(shop, DECLARED + "  bash:\n")
    refused = bridge(shop, "reload")
    assert refused.code == 1
    assert (
        "Nothing was reloaded. bridge.yaml line 10: the agent container needs its own 'bash'" in refused.err
    )
    up = shop.helper("container", "up").checked()
    assert "The bridge keeps what was in force. bridge.yaml line 10" in up.err
    docker("restart", "--time", "1", broker(shop))
    assert agent(shop, "where").out == "/srv/src\n"
    assert json.loads(bridge(shop, "status", "--json").out)["state"] == "broken"
    declare(shop, DECLARED)


def test_suggest_reads_the_projects_own_files(shop: Project) -> None:
    """B-3: and what it prints can be put into force as it is."""
    text = bridge(shop, "suggest").checked().out
    assert "psql" in text
    declare(shop, text)
    assert "New: psql, pg_dump" in bridge(shop, "reload").checked().err
    declare(shop, DECLARED)
    bridge(shop, "reload").checked()


def test_without_the_file_nothing_is_left(shop: Project) -> None:
    """B-2: the broker is removed, the commands are gone, the image is the one without Python again."""
    with_bridge = inspect(shop.claude)["Image"]
    (shop.scaffold / "bridge.yaml").unlink()
    assert "The bridge is off. Removing its container." in shop.helper("container", "up").checked().err
    assert docker("ps", "--all", "--quiet", "--filter", f"name={broker(shop)}").out == ""
    assert agent(shop, "where").code == 127
    assert inspect(shop.claude)["Image"] != with_bridge
    assert json.loads(bridge(shop, "status", "--json").checked().out)["state"] == "off"
    assert "AIDEVCONTAINER_BRIDGE" not in shop.read(".aidevcontainer/.env")
