"""What a project's own Compose files and a person's docker settings do to the containers."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.support.docker import docker, execute, inspect
from tests.support.fixtures import NewProject
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.rules import expect_rules

pytestmark = pytest.mark.engine

OVERRIDE = ".aidevcontainer/docker-compose.override.yml"
_SERVICE = """\
services:
  claude:
    depends_on: [first]
  first: &own
    image: {image}
    entrypoint: [sleep, infinity]
    stop_grace_period: 0s
  db:
    <<: *own
  job:
    <<: *own
    entrypoint: ["true"]
  extra:
    <<: *own
    profiles: [extra]
"""


def extend(project: Project, text: str) -> None:
    project.write(OVERRIDE, project.read(OVERRIDE) + text)


def service_state(project: Project, service: str) -> str:
    found = project.compose("ps", "--all", "--format", "{{.Service}} {{.State}}").checked().out
    states = dict(line.split(" ", 1) for line in found.splitlines())
    return states.get(service, "")


def test_own_services_start_and_are_named_when_down(new_project: NewProject, internet: Internet) -> None:
    """U-2, X-L2: `up` starts what plain Compose would, dependencies first; `status` names what is down."""
    project = new_project("services")
    extend(project, _SERVICE.format(image=internet.image))
    project.helper("container", "up").checked()
    states = {name: service_state(project, name) for name in ("claude", "first", "db", "job", "extra")}
    assert states == {"claude": "running", "first": "running", "db": "running", "job": "exited", "extra": ""}
    assert "is down" not in project.helper("container", "status").out
    first, agent = (inspect(f"{project.claude[:-9]}-{name}-1") for name in ("first", "claude"))
    assert first["State"]["StartedAt"] < agent["State"]["StartedAt"]
    project.compose("kill", "db").checked()
    status = project.helper("container", "status").out
    assert "db is down (Exited (137)" in status
    assert "job" not in status
    assert json.loads(project.helper("container", "status", "--json").out)["down"]
    assert "db is down" in project.helper("container", "doctor").out
    # A profile that the person's .env switches on belongs to the project.
    project.write(".aidevcontainer/.env", project.read(".aidevcontainer/.env") + "COMPOSE_PROFILES=extra\n")
    project.helper("container", "up").checked()
    assert (service_state(project, "db"), service_state(project, "extra")) == ("running", "running")


def test_own_service_that_fails_is_named_and_stops_no_other(
    new_project: NewProject, internet: Internet
) -> None:
    """U-2: the agent works, the other services run, and the exit code says that not all is well."""
    project = new_project("fails")
    extend(
        project,
        f"services:\n  db: {{image: {internet.image}, entrypoint: [sleep, infinity]}}\n"
        "  broken: {image: 'localhost:9/no/such:image'}\n",
    )
    done = project.helper("container", "up")
    assert done.code == 1
    assert "broken" in done.err
    assert (service_state(project, "db"), service_state(project, "claude")) == ("running", "running")
    expect_rules(project)


def test_mounts_belong_to_the_user(new_project: NewProject) -> None:
    """US-005.3, M-4: missing sources, the folders above a mount, and new volumes are the user's."""
    project = new_project("mounts")
    cache = project.user.home / "caches" / project.path.name
    extend(
        project,
        f"""\
services:
  claude:
    volumes:
      - {cache}/repository:/home/claude/.m2/deep/repository
      - ./own-cache:/home/claude/.own
      - named:/home/claude/.gradle/caches
      - elsewhere:/var/cache/project
volumes:
  named:
  elsewhere:
""",
    )
    project.helper("container", "up").checked()
    ids = f"{project.user.uid}:{project.user.gid}"
    for source in (cache, cache / "repository", project.scaffold / "own-cache"):
        assert f"{source.stat().st_uid}:{source.stat().st_gid}" == ids, source
    inside = [
        *("/home/claude/.m2", "/home/claude/.m2/deep", "/home/claude/.m2/deep/repository"),
        *("/home/claude/.own", "/home/claude/.gradle", "/home/claude/.gradle/caches", "/var/cache/project"),
    ]
    assert project.inside("stat", "-c", "%u:%g", *inside, check=True).out.split() == [ids] * len(inside)
    for folder in inside:
        project.inside("touch", f"{folder}/file", check=True)
    assert (cache / "repository" / "file").stat().st_uid == project.user.uid
    # The folders above a mount outside of the home, and the home itself, are as they were.
    assert project.inside("stat", "-c", "%u", "/var/cache").out == "0\n"


@pytest.mark.parametrize("name", [".npmrc", "settings.xml", ".config/tool.toml", ".bashrc"])
def test_missing_file_is_not_made_as_a_folder(new_project: NewProject, name: str) -> None:
    """M-4: a folder `.npmrc` in the home would break programs of this machine."""
    project = new_project("file")
    source = project.user.home / project.path.name / name
    extend(project, f"services: {{claude: {{volumes: ['{source}:/home/claude/{name}']}}}}\n")
    done = project.helper("container", "up")
    assert done.code == 1
    assert f"{source} is missing" in done.err
    assert not source.parent.exists()


@pytest.fixture
def proxies(new_project: NewProject) -> tuple[Project, dict[str, str]]:
    """A project, and an environment whose docker client has proxies for containers."""
    project = new_project("proxies")
    configuration = project.user.home / f"docker-{project.path.name}"
    shutil.copytree(project.user.home / ".docker", configuration, symlinks=True)
    host = project.user.environment.get("DOCKER_HOST", "default")
    proxy = "http://user:s3cret@proxy.example:3128"
    names = ("httpProxy", "httpsProxy", "noProxy", "ftpProxy", "allProxy")
    chosen = dict.fromkeys(names, proxy)
    (configuration / "config.json").write_text(json.dumps({"proxies": {"default": chosen, host: chosen}}))
    project.user.own(configuration)
    return project, {"DOCKER_CONFIG": str(configuration)}


def environment(container: str) -> dict[str, str]:
    found: list[str] = inspect(container)["Config"]["Env"]
    return dict(each.split("=", 1) for each in found)


def test_clients_proxies_stay_out(proxies: tuple[Project, dict[str, str]]) -> None:
    """X-N1, X-S2: neither container gets the proxies of docker's own configuration; the doctor names them."""
    project, client = proxies
    project.write(".aidevcontainer/packages.txt", "# another image\n")
    dockerfile = project.scaffold / "Dockerfile"
    # Never from a cache, whose key leaves the proxies out.
    command = f"RUN env >/etc/build-environment # {project.path.name}\nUSER claude"
    text = dockerfile.read_text().replace("USER claude", command)
    dockerfile.write_text(text)
    project.helper("container", "up", env=client).checked()
    for container in (project.claude, project.firewall):
        assert not any(value for name, value in environment(container).items() if "proxy" in name.lower())
        assert "s3cret" not in json.dumps(inspect(container))
    assert "s3cret" not in project.inside("cat", "/etc/build-environment", check=True).out
    expect_rules(project)
    said = project.helper("container", "doctor", env=client).out
    assert "proxies.default.allProxy" in said
    assert "s3cret" not in said
    project.down()
    # Plain Compose, without any helper.
    variables = {**project.user.environment, **client}
    done = project.run("docker", "compose", "up", "--detach", cwd=project.scaffold, env=variables)
    done.checked()
    assert "s3cret" not in json.dumps([inspect(project.claude), inspect(project.firewall)])


VARIABLES: dict[str, dict[str, str]] = {
    "compatibility": {"COMPOSE_COMPATIBILITY": "1"},
    "files": {"COMPOSE_FILE": "/nowhere.yml", "COMPOSE_PATH_SEPARATOR": ";", "COMPOSE_ENV_FILES": "/none"},
    "project": {"COMPOSE_PROJECT_NAME": "other", "COMPOSE_PROFILES": "bridge,other"},
    "no .env": {"COMPOSE_DISABLE_ENV_FILE": "1"},
    "orphans": {"COMPOSE_REMOVE_ORPHANS": "1", "COMPOSE_IGNORE_ORPHANS": "1", "COMPOSE_PARALLEL_LIMIT": "0"},
    "platform": {"DOCKER_DEFAULT_PLATFORM": "linux/s390x"},
    "trust": {"DOCKER_CONTENT_TRUST": "1"},
    "api": {"DOCKER_API_VERSION": "1.12"},
    "builder": {
        "BUILDX_BUILDER": "nobody",
        "BUILDX_CONFIG": "/nowhere",
        "BUILDKIT_HOST": "tcp://127.0.0.1:9",
    },
    "old builder": {"DOCKER_BUILDKIT": "0"},
}


def test_callers_variables_change_nothing(new_project: NewProject) -> None:
    """US-004: variables for another project lead no command to other files, names, builders or versions."""
    project = new_project("variables")
    for number, (name, variables) in enumerate(VARIABLES.items()):
        # Another image for each, since a build obeys more of them.
        project.write(".aidevcontainer/packages.txt", f"# {number}\n")
        done = project.helper("container", "up", env=variables)
        assert done.code == 0, (name, done.err)
        names = docker("ps", "--filter", f"name={project.claude[:-9]}", "--format", "{{.Names}}").out.split()
        assert sorted(names) == [project.claude, project.firewall], name
        done = project.helper("claude", "--version", env=variables)
        assert done.code == 0, (name, done.err)
    project.helper("container", "down", "--yes", env=VARIABLES["orphans"]).checked()


def test_plain_compose_in_compatibility_mode_keeps_the_names(new_project: NewProject) -> None:
    """US-004: containers that plain Compose made with COMPOSE_COMPATIBILITY=1 are found by every command."""
    project = new_project("compatible")
    project.up()
    project.down()
    variables = {**project.user.environment, "COMPOSE_COMPATIBILITY": "1"}
    project.run("docker", "compose", "up", "--detach", cwd=project.scaffold, env=variables).checked()
    assert project.helper("claude", "--version").code == 0
    assert "ready" in project.helper("container", "status").out


CONFLICTS: dict[str, tuple[str, str]] = {
    "ports": ("ports: ['127.0.0.1:1:1']", "`ports` of claude"),
    "networks": ("networks: [default]", "`networks` of claude"),
    "hosts": ("extra_hosts: ['a:1.2.3.4']", "`extra_hosts` of claude"),
    "resolver": ("dns: [1.1.1.1]", "`dns` of claude"),
    "host name": ("hostname: mine", "`hostname` of claude"),
    "name": ("container_name: mine", "`container_name` of claude"),
    "scale": ("scale: 2", "claude runs once"),
}


def test_impossible_settings_are_told_with_their_place(new_project: NewProject) -> None:
    """U-4: what belongs to the firewall's service says so."""
    project = new_project("conflicts")
    before = project.read(OVERRIDE)
    for line, sentence in CONFLICTS.values():
        project.write(OVERRIDE, f"{before}services:\n  claude:\n    {line}\n")
        done = project.helper("container", "up")
        assert (done.code, sentence in done.err) == (1, True), (line, done.err)


def test_colon_in_the_directorys_name(new_project: NewProject) -> None:
    """US-004: short mounts end at a colon, so none is used."""
    project = new_project("with: colon")
    project.up()
    assert project.inside("cat", "/workspace/README.md", check=True).out == "# A project\n"


@pytest.mark.parametrize("services", [("claude",), ("firewall",), ("claude", "firewall")])
def test_paused_containers_are_resumed(new_project: NewProject, services: tuple[str, ...]) -> None:
    """U-2: status says so, and a session resumes them."""
    project = new_project("paused", up=True)
    started: Any = inspect(project.claude)["State"]["StartedAt"]
    for service in services:
        docker("pause", getattr(project, service))
    assert "paused" in project.helper("container", "status").out
    assert project.helper("claude", "--version").code == 0
    assert inspect(project.claude)["State"]["StartedAt"] == started
    assert execute(project.claude, "true").code == 0
