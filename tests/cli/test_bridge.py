"""`.aidevcontainer/container bridge`: what a person sees of the bridge, and what it offers."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aidevcontainer.bridge import compose as compose_project
from aidevcontainer.bridge import file, status, suggest
from aidevcontainer.bridge import targets as bridge_targets
from aidevcontainer.bridge.broker import declaration
from aidevcontainer.bridge.broker.declaration import BrokerCommand, Declaration
from tests.hostside.engine import container
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject, Finished, Machine
from tests.hostside.start import both_run, nothing_runs

__all__ = ["machine", "project"]

FILE = """\
version: "1"
default_container: app
containers:
  app: {name: shop-app-1, paths: {/workspace: /srv}}
  db: shop-db-1
commands:
  php:
  psql: {container: db, exec: psql -U me, user: postgres, environment: [PGDATABASE], workdir: /tmp}
"""


@pytest.fixture
def ready(machine: Machine, project: FakeProject) -> FakeProject:
    """A project that runs, with a broker that obeys its bridge.yaml; its app is up, its database is not."""
    machine.install_docker()
    project.complete()
    nothing_runs(project)
    project.record()
    both_run(project)
    (project.folder / "bridge.yaml").write_text(FILE)
    shown(project, "bridge-1", {})
    obeys(project, in_force(project))
    shown(project, "shop-app-1", {"Mounts": [{"Source": str(project.root), "Destination": "/srv"}]})
    return project


def shown(project: FakeProject, name: str, more: dict[str, Any]) -> None:
    details = {**container("d" * 64, project.root), **more}
    project.machine.answer(f"{name}", out=json.dumps(details))


def obeys(project: FakeProject, declared: Declaration) -> None:
    project.machine.answer("accept.py --show", out=declaration.encode(declared))
    project.machine.answer("accept.py", once=str(project.root / "never"))


def in_force(project: FakeProject) -> Declaration:
    declared = file.parse(FILE.encode())
    made = (each.in_container(each.target.container) for each in declared.commands.values())
    return Declaration(tuple(made), project.name)


def bridge(project: FakeProject, *arguments: str) -> Finished:
    return project.in_venv("cli.container", "bridge", *arguments)


def test_help_names_all_commands(project: FakeProject) -> None:
    """B-3, U-2: one screen."""
    done = bridge(project, "--help")
    assert done.code == 0
    for name in ("status", "reload", "test", "suggest"):
        assert f"\n  {name} " in done.out
    assert len(done.out.splitlines()) <= 24
    assert all(len(line) <= 100 for line in done.out.splitlines())
    assert "no command 'tset'. Did you mean 'test'?" in bridge(project, "tset").err


def test_status_in_words(ready: FakeProject) -> None:
    """B-3: each command with its container, what runs there, how folders map, and what is wrong."""
    done = bridge(ready, "status")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "bridge  ready: 2 commands in force"
    assert lines[1] == "php     in shop-app-1 (running), /workspace is /srv"
    assert lines[2] == ("psql    in shop-db-1 (missing), psql -U me, in /tmp, as postgres, with PGDATABASE")
    assert lines[3].strip() == (
        "There is no container shop-db-1. Start the project's services, then: "
        "./.aidevcontainer/container bridge reload"
    )


def test_status_for_programs(ready: FakeProject) -> None:
    """B-3: one JSON object."""
    found = json.loads(bridge(ready, "status", "--json").out)
    assert found["state"] == "ready"
    assert [(each["name"], each["target"], each["remarks"] != []) for each in found["commands"]] == [
        ("php", "running", False),
        ("psql", "missing", True),
    ]


@pytest.mark.parametrize(
    ("mounts", "shares"),
    [
        ([], False),
        ([("{root}", "/srv")], True),
        ([("/host_mnt{root}", "/srv")], True),
        ([("{root}", "/")], False),
        ([("/elsewhere", "/srv")], False),
        ([("{root}", "/srv"), ("/elsewhere", "/srv/deep")], True),
        ([("/var/lib/docker/volumes/x/_data", "/srv"), ("{root}", "/other")], False),
    ],
)
def test_status_notices_a_copy(mounts: list[tuple[str, str]], shares: bool) -> None:
    """B-3: a mapping to a folder that is not this repository is said, since edits would not arrive there."""
    named = [{"Source": at.format(root="/home/me/shop"), "Destination": there} for at, there in mounts]
    command = BrokerCommand("php", "shop-app-1", ("php",), paths=(("/workspace", "/srv"),))
    remarks = status.remarks(command, {"Mounts": named}, "/home/me/shop")
    assert remarks == ([] if shares else [status.COPY.format("/srv", "shop-app-1")])


@pytest.mark.parametrize(
    ("mounts", "said"),
    [
        ([("{root}", "/srv", True)], ".git/hooks, .git/config, .aidevcontainer"),
        ([("{root}/..", "/", True)], ".git/hooks, .git/config, .aidevcontainer"),
        ([("/host_mnt{root}", "/srv", True)], ".git/hooks, .git/config, .aidevcontainer"),
        ([("{root}/.git", "/git", True)], ".git/hooks, .git/config"),
        ([("{root}", "/srv", True), ("{root}/.git/hooks", "/srv/.git/hooks", False)], ".git/config, .aidev"),
        ([("{root}", "/srv", True), ("{root}/.git", "/srv/.git", False)], ".aidevcontainer"),
        ([("{root}", "/srv", False)], ""),
        ([("{root}/src", "/srv", True)], ""),
        ([("{root}-other", "/srv", True)], ""),
        ([("", "/tmp", True)], ""),
    ],
)
def test_status_notices_what_the_agent_itself_may_not_write(
    mounts: list[tuple[str, str, bool]], said: str, tmp_path: Path
) -> None:
    """X-S1, B-2: a service that has all of the repository has its hooks as well, and that is said."""
    root = tmp_path / "me/shop"
    (root / ".git").mkdir(parents=True)
    named = [
        {"Source": at.format(root=root).replace("/shop/..", ""), "Destination": there, "RW": writable}
        for at, there, writable in mounts
    ]
    command = BrokerCommand("php", "shop-app-1", ("php",))
    remarks = status.remarks(command, {"Mounts": named}, str(root))
    assert len(remarks) == (1 if said else 0)
    assert f"shop-app-1 can write {said}" in "".join(remarks) or not said


@pytest.mark.parametrize(
    "details",
    [
        {"Config": {"Labels": {"aidevcontainer.role": "firewall"}}},
        {"HostConfig": {"Privileged": True}},
        {"Mounts": [{"Source": "/var/run/docker.sock", "Destination": "/x"}]},
    ],
)
def test_status_says_which_targets_are_refused(details: dict[str, Any]) -> None:
    """B-2: a container that commands the machine is none for the agent, whatever the file says."""
    command = BrokerCommand("php", "shop-app-1", ("php",))
    (remark,) = status.remarks(command, {"Name": "/shop-app-1", **details}, "/home/me/shop")
    assert remark.startswith("Refused: shop-app-1 ")


@pytest.mark.parametrize(
    ("text", "state", "sentence"),
    [
        (
            "version: 2\n",
            "broken",
            "bridge.yaml line 1: 'containers' is missing. Until you fix it, the last valid file",
        ),
        (
            FILE + "  pg_dump: {container: db}\n",
            "changed",
            "Put the file into force: ./.aidevcontainer/container",
        ),
    ],
)
def test_status_knows_when_the_file_is_not_in_force(
    ready: FakeProject, text: str, state: str, sentence: str
) -> None:
    """B-3: it shows what is in force, and says that the file differs or is broken."""
    (ready.folder / "bridge.yaml").write_text(text)
    found = json.loads(bridge(ready, "status", "--json").out)
    assert found["state"] == state
    assert sentence in found["sentence"]
    assert [each["name"] for each in found["commands"]] == ["php", "psql"]
    assert bridge(ready, "status").code == 1


def test_status_when_the_bridge_is_off_or_does_not_run(ready: FakeProject, machine: Machine) -> None:
    """B-2: each with the command that helps."""
    machine.answer("-bridge-1", 1, err="No such container: x")
    stopped = bridge(ready, "status")
    assert stopped.code == 1
    assert "stopped: the bridge is not running. Start it: ./.aidevcontainer/container up" in stopped.out
    (ready.folder / "bridge.yaml").unlink()
    off = bridge(ready, "status")
    assert off.code == 0
    assert (
        "off: there is no .aidevcontainer/bridge.yaml. Create one: ./.aidevcontainer/container bridge suggest"
        in off.out
    )


def test_a_broker_that_does_not_answer_is_called_so(ready: FakeProject, machine: Machine) -> None:
    """B-2: a broken broker is not called ready."""
    machine.answer("accept.py --show", 1, err="no\n")
    assert json.loads(bridge(ready, "status", "--json").out)["state"] == "silent"


def test_reload_says_what_it_changed(ready: FakeProject, machine: Machine) -> None:
    """B-3: and hands the broker the whole file, without a restart of anything."""
    text = FILE.replace("  php:", "  composer: {exec: php composer.phar}").replace("-U me", "-U you")
    (ready.folder / "bridge.yaml").write_text(text)
    done = bridge(ready, "reload")
    assert done.code == 0
    assert done.err == "In force: 2 commands. New: composer; changed: psql; removed: php.\n"
    given = declaration.decode(machine.calls()[-1].input)
    assert [each.name for each in given.commands] == ["composer", "psql"]
    assert not any("up" in call.arguments or "restart" in call.arguments for call in machine.calls())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("version: '1'\n", "Nothing was reloaded. bridge.yaml line 1: 'containers' is missing."),
        (None, "There is no .aidevcontainer/bridge.yaml."),
    ],
)
def test_reload_of_no_valid_file_changes_nothing(
    ready: FakeProject, machine: Machine, text: str | None, sentence: str
) -> None:
    """B-3: the last good one stays in force."""
    (ready.folder / "bridge.yaml").unlink()
    if text is not None:
        (ready.folder / "bridge.yaml").write_text(text)
    done = bridge(ready, "reload")
    assert (done.code, done.out) == (1, "")
    assert sentence in done.err
    assert not any(call.input for call in machine.calls())


def test_test_takes_the_real_way(ready: FakeProject, machine: Machine) -> None:
    """B-3: each command is tried from the agent's container, and what was in force is in force again."""
    machine.answer("aidevcontainer-test-1", 127, err="bridge: there is no container shop-db-1\n")
    done = bridge(ready, "test")
    assert done.code == 1
    assert done.out.splitlines() == [
        "works  php   in shop-app-1",
        "fails  psql  bridge: there is no container shop-db-1",
    ]
    given = [declaration.decode(call.input) for call in machine.calls() if call.input]
    assert given[-1] == in_force(ready)
    php, psql = given[0].commands[2:]
    assert (php.name, php.container, php.paths) == (
        "aidevcontainer-test-0",
        "shop-app-1",
        (("/workspace", "/srv"),),
    )
    assert (php.exec[0], php.exec[-1]) == ("sh", "php")
    assert (psql.user, psql.workdir, psql.exec[-1], psql.environment) == ("postgres", "/tmp", "psql", ())
    tries = [call.arguments for call in machine.calls() if "aidevcontainer-test" in call.arguments[-1]]
    assert tries[0][:-1] == ["exec", "-w", "/workspace", "c" * 64]


def test_test_names_a_program_that_is_not_there(ready: FakeProject, machine: Machine) -> None:
    """B-3: in JSON as well."""
    machine.answer("aidevcontainer-test-0", 99)
    found = json.loads(bridge(ready, "test", "--json").out)
    assert found[0] == {
        "command": "php",
        "container": "shop-app-1",
        "works": False,
        "reason": "shop-app-1 does not have the program php.",
    }
    assert found[1]["works"]


def test_test_without_a_bridge(ready: FakeProject, machine: Machine) -> None:
    """B-2: a sentence."""
    machine.answer("accept.py --show", 1)
    done = bridge(ready, "test")
    assert done.code == 1
    assert "The commands cannot be tested: " in done.err


COMPOSE = """\
name: shop
x-app: &app
  build: {context: ., dockerfile: docker/app.Dockerfile}
  volumes: [&c "./:/var/www/html:cached", /etc/localtime:/etc/localtime, cache:/cache, ./php.ini:/etc/php.ini]
services:
  web:
    <<: *app
    container_name: the-web
  worker: {<<: [*app], command: work}
  db:
    image: ${DB_IMAGE:-docker.io/library/postgres:16-alpine}
    volumes:
      - {type: bind, source: ./db, target: /sql}
      - {type: volume, source: data, target: /data}
  mail: {image: axllent/mailpit}
  frontend: !override
    image: node:22@sha256:0123
    volumes: ["${PWD}/js:/app"]
"""


@pytest.fixture
def shop(machine: Machine, project: FakeProject) -> FakeProject:
    """A repository with Compose files of its own."""
    machine.install_docker()
    project.complete()
    root = project.root
    (root / "docker").mkdir()
    (root / "docker/app.Dockerfile").write_text(
        "FROM node:22 AS assets\nFROM --platform=x php:8.3-fpm AS app\nFROM app\n"
    )
    (root / "php.ini").touch()
    (root / "compose.yml").write_text(COMPOSE)
    (root / "compose.override.yml").write_text("services: {mail: {volumes: ['.:/src']}}\n")
    return project


def test_suggest_offers_a_file_that_is_valid(shop: FakeProject) -> None:
    """B-3: services by their mounts of the repository and by what their images are known for."""
    done = bridge(shop, "suggest")
    assert (done.code, done.err) == (0, "")
    found = file.parse(done.out.encode())
    assert {alias: target.service for alias, target in found.targets.items()} == {
        name: name for name in ("web", "worker", "db", "mail", "frontend")
    }
    chosen = {name: (each.target.alias, each.exec) for name, each in found.commands.items()}
    assert chosen["php"] == ("web", ("php",))
    assert chosen["psql"] == ("db", ("psql", "-U", "postgres"))
    assert chosen["npm"] == ("frontend", ("npm",))
    assert found.commands["php"].options.paths == (("/workspace", "/var/www/html"),)
    assert found.commands["psql"].options.paths == (("/workspace/db", "/sql"),)
    assert found.commands["npm"].options.paths == (("/workspace/js", "/app"),)
    assert "  # php-worker: {container: worker, exec: php}" in done.out
    assert "  # NAME: {container: mail, exec: PROGRAM}" in done.out
    assert "whatever the container's user can do" in done.out


SPREAD = {
    "compose.yml": """
include:
  - infra/db.yml
  - {path: [worker/compose.yml, worker/more.yml], project_directory: .}
services:
  web:
    extends: {file: common/base.yml, service: php}
    volumes: [".:/srv"]
  copy: {extends: web}
""",
    "infra/db.yml": "services: {db: {image: postgres:17, volumes: [./data:/data]}}\n",
    "worker/compose.yml": "include: [../compose.yml]\nservices: {worker: {build: worker}}\n",
    "worker/more.yml": "services: {worker: {volumes: ['./worker:/app']}}\n",
    "worker/Dockerfile": "FROM node:22\n",
    "common/base.yml": """
services:
  php: {extends: base, volumes: ['./etc:/etc/php']}
  base: {image: 'php:8'}
""",
}


def test_suggest_follows_includes_and_extends(tmp_path: Path) -> None:
    """B-1: services of other files count, with paths as Compose resolves them; cycles end."""
    for name, content in SPREAD.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    found = suggest.collect(str(tmp_path))
    assert found.problems == ()
    services = {each.service: each for each in found.services}
    assert sorted(services) == ["copy", "db", "web", "worker"]
    assert services["db"].known_by == "infra/db.yml, image postgres"
    assert services["db"].paths == {"/workspace/infra/data": "/data"}
    assert services["worker"].known_by == "worker/compose.yml, image node"
    assert services["worker"].paths == {"/workspace/worker": "/app"}
    for name in ("web", "copy"):
        assert services[name].known_by == "compose.yml, image php"
        assert services[name].paths == {"/workspace/common/etc": "/etc/php", "/workspace": "/srv"}


def test_suggest_reads_the_files_that_env_names(tmp_path: Path) -> None:
    """B-1: COMPOSE_FILE in the repository's .env is how Compose finds other files."""
    (tmp_path / ".env").write_text("COMPOSE_FILE=a.yml:deploy/b.yml\n")
    (tmp_path / "a.yml").write_text("services: {app: {image: php}}\n")
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/b.yml").write_text("services: {app: {volumes: ['.:/srv']}}\n")
    (app,) = suggest.collect(str(tmp_path)).services
    assert (app.paths, "php" in app.commands) == ({"/workspace": "/srv"}, True)


@pytest.mark.parametrize(
    "text",
    [
        "include: [../outside.yml]\n",
        "include: [/etc/hostname]\n",
        "include: ['https://example.com/repo.git']\n",
        "include: [missing.yml]\n",
        "services: {a: {extends: {file: ../outside.yml, service: a}}}\n",
        "services: {a: {extends: {file: link.yml, service: a}}}\n",
    ],
)
def test_suggest_stays_in_the_repository(tmp_path: Path, text: str) -> None:
    """X-S1: a branch cannot lead it to other files of the host."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.yml").write_text("services: {a: {image: php}}\n")
    (root / "link.yml").symlink_to("../outside.yml")
    (root / "compose.yml").write_text(text)
    found = suggest.collect(str(root))
    assert (len(found.problems), found.services) == (1, ())


def test_suggest_ends_with_files_that_include_each_other(tmp_path: Path) -> None:
    """B-1: a branch cannot keep the helper busy."""
    names = [f"{number}.yml" for number in range(60)]
    for name in names:
        (tmp_path / name).write_text(f"include: {json.dumps(names * 5)}\n")
    services = {f"s{number}": {"extends": f"s{(number + 1) % 2000}"} for number in range(2000)}
    (tmp_path / "compose.yml").write_text(json.dumps({"include": names, "services": services}))
    # Of the processor, since others may use the machine.
    started = time.process_time()
    suggest.collect(str(tmp_path))
    assert time.process_time() - started < 20


def test_suggest_beside_a_virtual_environment_called_env(shop: FakeProject) -> None:
    """B-3: a folder or a secret in Compose's `.env` is none of our business."""
    (shop.root / ".env").mkdir()
    done = bridge(shop, "suggest")
    assert (done.code, "containers:" in done.out) == (0, True), done


def test_suggest_writes_only_when_told_and_never_over_a_file(shop: FakeProject) -> None:
    """B-3: the file is the user's."""
    path = shop.folder / "bridge.yaml"
    bridge(shop, "suggest")
    assert not path.exists()
    done = bridge(shop, "suggest", "--write")
    assert (done.code, done.out) == (0, "")
    assert "Wrote .aidevcontainer/bridge.yaml. Edit it, then: ./.aidevcontainer/container up" in done.err
    assert "psql" in file.parse(path.read_bytes()).commands
    path.write_text("mine")
    assert "already exists and was not changed" in bridge(shop, "suggest", "--write").err
    assert path.read_text() == "mine"


def test_suggest_without_anything_to_go_by(shop: FakeProject) -> None:
    """B-3: an example to edit, and a sentence; nothing invalid is written."""
    (shop.root / "compose.yml").unlink()
    done = bridge(shop, "suggest")
    assert done.code == 0
    assert "There is no Compose file in the root" in done.err
    assert "  # NAME: {container: app, exec: PROGRAM}" in done.out
    assert bridge(shop, "suggest", "--write").code == 1
    assert not (shop.folder / "bridge.yaml").exists()


def test_suggest_for_programs(shop: FakeProject) -> None:
    """B-3: a list."""
    found = json.loads(bridge(shop, "suggest", "--json").out)
    assert found[0] == {
        "service": "web",
        "known_by": "compose.yml, image php",
        "paths": {"/workspace": "/var/www/html"},
        "commands": {"php": "", "composer": ""},
    }


BOMB = "a: &a [x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join('*' + chr(97 + n) for _ in range(9))}]\n" for n in range(20)
)
MERGES = "a: &a {k: v}\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} {{<<: [{','.join('*' + chr(97 + n) for _ in range(9))}]}}\n"
    for n in range(20)
)


@pytest.mark.parametrize(
    "content",
    [
        BOMB + "services: {x: {image: php, volumes: *u}}\n",
        MERGES + "services: {x: *u}\n",
        "services: &s {x: *s}\n",
        "services: {x: &x {<<: *x}}\n",
        "[" * 100000,
        'services: {\'\\e[31m\': {image: php}, "\\e]0;x\\a": {image: php}, a: {image: "\\e[31mphp"}}\n',
        "services: {x: {volumes: [\".:/a\\e[31mb\", './../..:/x', '../o:/o', '~/h:/h', {type: bind}]}}\n",
        "services: [x]\n",
        "services: {x: y}\n",
        "\0",
        "a: !!python/object/apply:os.system [id]\n",
        '- "\\UFFFFFFFF"\n',
    ],
)
def test_suggest_survives_hostile_files(tmp_path: Path, content: str) -> None:
    """B-3: the files are the branch's: no expansion, no code, no control characters on the terminal."""
    (tmp_path / "compose.yml").write_text(content)
    found = suggest.collect(str(tmp_path))
    said = suggest.describe(found) + "".join(found.problems)
    assert "\x1b" not in said
    assert "/.." not in said


@pytest.mark.parametrize("content", ["\n" * 65536, "FROM" + " " * 65000, "FROM --a " * 700, " FROM\n" * 9000])
def test_suggest_reads_a_hostile_dockerfile_at_once(tmp_path: Path, content: str) -> None:
    """The time grows with the size alone."""
    (tmp_path / "compose.yml").write_text("services: {app: {build: .}}\n")
    (tmp_path / "Dockerfile").write_text(content)
    start = time.process_time()
    suggest.collect(str(tmp_path))
    assert time.process_time() - start < 2


def test_service_that_comes_up_is_no_other_declaration(ready: FakeProject) -> None:
    """B-3: first it is known by its name, then by its labels; the file is in force either way."""
    declared = in_force(ready)
    known = (replace(each, service="app", project="shop", folders=("/x",)) for each in declared.commands)
    obeys(ready, replace(declared, commands=tuple(known)))
    shown(ready, "shop-app-1", {"Config": {"Labels": {"com.docker.compose.service": "other"}}})
    assert "ready: 2 commands in force" in bridge(ready, "status").out
    assert "is not the service 'app' of this project" in bridge(ready, "status").out


def test_links_on_the_way_to_the_repository_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B-1: Compose notes the folder as it was typed, from home or from where somebody went."""
    root = tmp_path.resolve() / "var/home/me/shop"
    (root / "deep").mkdir(parents=True)
    (tmp_path / "home").symlink_to("var/home")
    (tmp_path / "code").symlink_to(root)
    monkeypatch.setenv("HOME", f"{tmp_path}/home/me")
    monkeypatch.setenv("PWD", f"{tmp_path}/code/deep")
    found = bridge_targets._spellings(str(root))
    assert found == (str(root), f"{tmp_path}/code", f"{tmp_path}/home/me/shop")


@pytest.mark.parametrize("make", ["link", "pipe", "large"])
def test_suggest_reads_plain_files_only(tmp_path: Path, make: str) -> None:
    """B-3: a link could lead anywhere on the host, a pipe waits for ever."""
    path = tmp_path / "compose.yml"
    if make == "link":
        path.symlink_to("/etc/passwd")
    elif make == "pipe":
        os.mkfifo(path)
    else:
        path.write_text("#" * 300000)
    (problem,) = suggest.collect(str(tmp_path)).problems
    assert problem.startswith("compose.yml was not read: it is")


@pytest.mark.parametrize(
    ("compose", "env", "service", "project", "name"),
    [
        ("", "", "db", "", "my-shop_2-db-1"),
        ("name: other\n", "", "db", "", "other-db-1"),
        ("name: other\n", "COMPOSE_PROJECT_NAME=env\n", "db", "", "env-db-1"),
        ("services: {db: {container_name: mine}}\n", "", "db", "", "mine"),
        ("services: {db: {container_name: mine}}\n", "", "db", "third", "third-db-1"),
        ("services: {db: {container_name: 'a b'}}\n", "", "db", "", "my-shop_2-db-1"),
    ],
)
def test_names_are_composes(
    tmp_path: Path, compose: str, env: str, service: str, project: str, name: str
) -> None:
    """B-3: where a service's container does not exist yet, it is called what Compose will call it."""
    root = tmp_path / "My-Shop_2"
    root.mkdir()
    (root / "docker-compose.yml").write_text(compose)
    (root / ".env").write_text(env)
    assert compose_project.container_name(str(root), service, project) == name


@pytest.mark.timeout(5, method="signal")
@pytest.mark.parametrize("make", ["link", "large", "folder", "pipe"])
def test_variables_that_are_a_trap(tmp_path: Path, make: str) -> None:
    """B-3: the repository's .env is the agent's to write; the host follows no link there and never waits."""
    root, trap = tmp_path / "shop", tmp_path / "shop/.env"
    root.mkdir()
    text = "COMPOSE_PROJECT_NAME=env\n"
    if make == "link":
        (root / "elsewhere").write_text(text)
        trap.symlink_to("elsewhere")
    elif make == "pipe":
        os.mkfifo(trap)
    elif make == "folder":
        trap.mkdir()
    else:
        trap.write_text(text + "#" * 300000)
    assert compose_project.container_name(str(root), "db", "") == "shop-db-1"


def test_every_tool_has_a_name_that_a_command_may_have() -> None:
    """B-3: the table offers nothing that the format refuses."""
    for commands in suggest._tools().values():
        for name, program in commands.items():
            text = suggest.describe(
                suggest.Suggestions((suggest.ServiceSuggestion("s", "x", {}, {name: program}),), ())
            )
            assert list(file.parse(text.encode()).commands) == [name]


def test_difference_in_words() -> None:
    """B-3: nothing changed is said too."""
    one = Declaration((BrokerCommand("php", "a", ("php",)),), "p")
    assert status.difference(one, one) == "In force: 1 command. No changes."
    assert status.difference(None, one) == "In force: 1 command. New: php."
