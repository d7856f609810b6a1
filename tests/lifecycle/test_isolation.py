"""Settings that weaken the containers: found in every spelling, refused unless a person accepted them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from aidevcontainer.engine.compose_model import ComposeModel
from aidevcontainer.engine.runtimes import Runtimes
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.engine.socket_api import Container
from aidevcontainer.lifecycle import exposed_mounts, isolation, weakness
from aidevcontainer.lifecycle.exposed_mounts import Ground, Mounted
from aidevcontainer.lifecycle.weakness import Level, Weakness
from aidevcontainer.util.errors import Problem

AGENT: dict[str, Any] = {
    "user": "",
    "cap_drop": ["ALL"],
    "entrypoint": [weakness.STARTS_WITH, "/sbin/tini", "--"],
    "network_mode": "service:firewall",
    "security_opt": ["no-new-privileges:true"],
    "environment": {"AIDEVCONTAINER_ACCEPT": ""},
}
FIREWALL: dict[str, Any] = {
    "user": "root",
    "cap_add": ["NET_ADMIN", "NET_RAW"],
    "command": ["/usr/local/lib/aidevcontainer/entrypoint.sh"],
    "security_opt": ["no-new-privileges:true"],
    "networks": {"default": None},
    "sysctls": {"net.ipv4.ip_unprivileged_port_start": "54"},
}


def levels(name: str, sound: dict[str, Any], change: dict[str, Any]) -> list[Level]:
    return [each.level for each in weakness.of_service(name, {**copy.deepcopy(sound), **change})]


def test_what_the_template_says_is_sound() -> None:
    """X-S1: the containers as they are meant to be have nothing to report."""
    assert weakness.of_service("claude", AGENT) == []
    assert weakness.of_service("firewall", FIREWALL) == []


@pytest.mark.parametrize(
    "change",
    [
        {"user": "root"},
        {"user": "0"},
        {"user": "0:1000"},
        {"user": "00:0"},
        {"user": "root:root"},
        {"user": "5353"},
        {"user": "resolver"},
        {"privileged": True},
        {"cap_add": ["SYS_PTRACE"]},
        {"cap_add": ["CAP_NET_ADMIN"]},
        {"cap_add": ["ALL"]},
        {"cap_drop": []},
        {"cap_drop": ["NET_RAW"]},
        {"pid": "host"},
        {"pid": "service:firewall"},
        {"pid": "container:other"},
        {"ipc": "host"},
        {"security_opt": ["no-new-privileges:true", "seccomp=unconfined"]},
        {"security_opt": ["no-new-privileges:true", "seccomp:unconfined"]},
        {"security_opt": ["no-new-privileges:true", "systempaths=unconfined"]},
        {"security_opt": ["no-new-privileges:true", "no-new-privileges:false"]},
        {"security_opt": []},
        {"devices": ["/dev/sda:/dev/sda"]},
        {"devices": [{"source": "/dev/net/tun", "target": "/dev/net/tun"}]},
        {"devices": ["/dev/mem"]},
        {"devices": ["/dev"]},
        {"device_cgroup_rules": ["a *:* rwm"]},
        {"device_cgroup_rules": ["b 8:* rw"]},
        {"use_api_socket": True},
        {"volumes_from": ["bridge"]},
        {"post_start": [{"command": ["x"], "user": "root", "privileged": True}]},
        {"annotations": {"run.oci.handler": "krun"}},
        {"entrypoint": None},
        {"entrypoint": ["sleep", "infinity"]},
        {"entrypoint": ["sh", "-c", weakness.STARTS_WITH]},
    ],
    ids=str,
)
def test_agent_with_such_a_setting_is_refused(change: dict[str, Any]) -> None:
    """X-E2, X-S1: whatever breaks the promise, however it is spelled."""
    assert Level.REFUSED in levels("claude", AGENT, change)


@pytest.mark.parametrize(
    "change", [{"network_mode": mode} for mode in ("", "host", "bridge", "none", "container:x", "service:db")]
)
def test_agent_never_has_another_network(change: dict[str, Any]) -> None:
    """X-F1: nobody can accept what leaves the firewall no part."""
    assert levels("claude", AGENT, change) == [Level.IMPOSSIBLE]


@pytest.mark.parametrize(
    "change",
    [
        {"user": "1234"},
        {"ipc": "service:db"},
        {"uts": "host"},
        {"cgroup": "host"},
        {"userns_mode": "host"},
        {"security_opt": ["no-new-privileges:true", "apparmor=unconfined"]},
        {"devices": ["/dev/dri:/dev/dri"]},
        {"device_cgroup_rules": ["c 189:* rmw"]},
        {"sysctls": {"net.ipv4.conf.all.route_localnet": "1"}},
        {"sysctls": ["kernel.msgmax=1"]},
        {"sysctls": {"net.ipv4.ip_unprivileged_port_start": "0"}},
        {"group_add": ["docker"]},
        {"pre_stop": [{"command": ["x"]}]},
    ],
    ids=str,
)
def test_unusual_setting_is_reported(change: dict[str, Any]) -> None:
    """X-L2: it is worth knowing, and nothing is refused."""
    assert levels("claude", AGENT, change) == [Level.REPORTED]


@pytest.mark.parametrize(
    "change",
    [
        {"user": "claude"},
        {"ipc": "private"},
        {"ipc": "none"},
        {"security_opt": ["no-new-privileges:true", "label=disable"]},
        {"command": ["tail", "-f", "/dev/null"]},
        {"init": True},
        {"mem_limit": "16g"},
    ],
    ids=str,
)
def test_harmless_setting_is_no_remark(change: dict[str, Any]) -> None:
    """U-2: people adapt their containers, and doctor's own advice counts as such."""
    assert levels("claude", AGENT, change) == []


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({"network_mode": "host"}, Level.IMPOSSIBLE),
        ({"privileged": True}, Level.REFUSED),
        ({"cap_add": ["NET_ADMIN", "SYS_ADMIN"]}, Level.REFUSED),
        ({"pid": "host"}, Level.REFUSED),
        ({"entrypoint": ["sleep", "9"]}, Level.REFUSED),
        ({"command": ["sleep", "9"]}, Level.REFUSED),
        ({"environment": {"FIREWALL_POLICY": "/workspace"}}, Level.REFUSED),
    ],
)
def test_firewall_that_is_weakened(change: dict[str, Any], level: Level) -> None:
    """X-F1: the firewall is the promise."""
    assert levels("firewall", FIREWALL, change) == [level]


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({"cap_add": ["NET_ADMIN"]}, Level.REFUSED),
        ({"privileged": True}, Level.REFUSED),
        ({"user": "root"}, Level.REPORTED),
        ({"cap_drop": []}, Level.REPORTED),
    ],
)
def test_service_in_the_same_namespace(change: dict[str, Any], level: Level) -> None:
    """X-E2: it could change the rules as well as the agent."""
    sound = {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
    assert levels("sidecar", sound, change) == [level]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ({"network_mode": "service:firewall"}, True),
        ({"network_mode": "service:claude"}, True),
        ({"network_mode": "container:app-1a2b3c4d-firewall-1"}, True),
        ({"pid": "service:claude"}, True),
        ({"ipc": "service:claude"}, True),
        ({"network_mode": "service:db"}, False),
        ({"network_mode": "host"}, False),
        ({}, False),
    ],
)
def test_services_that_join_are_found(mode: dict[str, Any], expected: bool) -> None:
    """X-E2: by every namespace, and by the name of the service or of its container."""
    model = ComposeModel({"claude": AGENT, "firewall": FIREWALL, "db": {}, "guest": mode}, {}, {}, {})
    assert ("guest" in isolation._guests(model)) is expected


def test_service_that_joins_a_service_that_joins() -> None:
    """X-E2: the namespace is the same."""
    services = {
        "last": {"network_mode": "service:middle"},
        "middle": {"network_mode": "service:claude"},
        "claude": AGENT,
        "firewall": FIREWALL,
    }
    assert sorted(isolation._guests(ComposeModel(services, {}, {}, {}))) == ["last", "middle"]


def test_firewall_in_the_hosts_network_by_a_network_of_that_name() -> None:
    """X-F1: `networks` can lead to the host's network as well as `network_mode`."""
    networks = {"default": {"name": "host", "external": True}}
    found = isolation._of_networks(ComposeModel({"claude": AGENT, "firewall": FIREWALL}, {}, networks, {}))
    assert [each.level for each in found] == [Level.IMPOSSIBLE]
    other = {"default": {"name": "app_default"}}
    assert not isolation._of_networks(ComposeModel({"claude": AGENT, "firewall": FIREWALL}, {}, other, {}))


def test_files_of_a_branch_cannot_accept_for_a_person() -> None:
    """X-E2: only what .env records counts, in the container as well."""
    claiming = {**AGENT, "environment": {weakness.OPTION: "user:root"}}
    model = ComposeModel({"claude": claiming, "firewall": FIREWALL}, {}, {}, {})
    assert [each.level for each in isolation._claimed(model, {})] == [Level.IMPOSSIBLE]
    assert isolation._claimed(model, {weakness.OPTION: "user:root"}) == []


RUNTIMES: dict[str, Any] = {
    "runc": {"path": "runc"},
    "crun": {"path": "/usr/bin/crun"},
    "nvidia": {"path": "nvidia-container-runtime"},
    "runsc": {"path": "/usr/bin/runsc"},
    "disguised": {"path": "/usr/local/bin/my-runc"},
    "typed": {"runtimeType": "io.containerd.runsc.v1"},
    "options": {"runtimeType": "io.containerd.runc.v2", "options": {"BinaryName": "/usr/bin/runsc"}},
    "renamed-runc": {"path": "/usr/sbin/runc"},
    "shim": {"runtimeType": "io.containerd.runc.v2"},
}


@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        *((name, "") for name in ("runc", "crun", "nvidia", "renamed-runc", "shim", "io.containerd.runc.v2")),
        *((name, name) for name in ("runsc", "disguised", "typed", "options")),
        *((name, name) for name in ("kata", "io.containerd.kata.v2", "/opt/shim", "RUNC", "runc ")),
    ],
)
def test_runtime_is_known_by_its_program(name: str, foreign: str) -> None:
    """X-E2: only runc and crun, under whatever name an engine has them; a name alone proves nothing."""
    assert Runtimes({"DefaultRuntime": "runc", "Runtimes": RUNTIMES}).foreign(name) == foreign


@pytest.mark.parametrize(("default", "foreign"), [("runc", ""), ("crun", ""), ("runsc", "runsc"), ("", "")])
@pytest.mark.parametrize("name", ["", "oci"])
def test_engines_default_counts(default: str, foreign: str, name: str) -> None:
    """X-E2: a daemon's `default-runtime` and Podman's own are what a service without one gets."""
    assert Runtimes({"DefaultRuntime": default, "Runtimes": RUNTIMES}).foreign(name) == foreign


def test_link_to_a_foreign_runtime(tmp_path: Path) -> None:
    """X-E2: /usr/local/bin/runc that leads to runsc is runsc."""
    (tmp_path / "runsc").touch()
    (tmp_path / "runc").symlink_to("runsc")
    assert Runtimes({"Runtimes": {"x": {"path": str(tmp_path / "runc")}}}).foreign("x") == "x"


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """A project's mounts, the folders that its host obeys, and an engine's socket."""
    root = tmp_path / "project"
    for name in (".git/hooks", ".aidevcontainer/scripts", "src"):
        (root / name).mkdir(parents=True)
    ours = {
        each.target: each
        for each in (
            Mounted(f"{root}", "/workspace", True),
            Mounted(f"{root}/.aidevcontainer", "/workspace/.aidevcontainer", False),
            Mounted(f"{root}/.git", "/workspace/.git", True),
            Mounted(f"{root}/.git/hooks", "/workspace/.git/hooks", False),
        )
    }
    obeyed = (f"{root}/.git", f"{root}/.aidevcontainer/scripts", f"{tmp_path}/cache/aidevcontainer")
    return Ground(str(root), ours, obeyed, (f"{tmp_path}/run/engine.sock",))


@pytest.mark.parametrize(
    "mount",
    [
        ("{base}/run/engine.sock", "/x", False),
        ("{base}/run", "/x", False),
        ("{base}", "/x", False),
        ("/", "/host", False),
        ("/anywhere/docker.sock", "/x", False),
        ("/anywhere/docker.sock.raw", "/x", False),
        ("/anywhere/podman.sock", "/x", False),
        ("{root}", "/elsewhere", True),
        ("{root}/.git", "/elsewhere", True),
        ("{root}/.git/hooks", "/workspace/.git/hooks", True),
        ("{root}/.git/hooks", "/hooks", True),
        ("{root}/.aidevcontainer", "/workspace/.aidevcontainer", True),
        ("{root}/src", "/workspace/.aidevcontainer", True),
        ("{root}/.aidevcontainer/scripts", "/x", True),
        ("{base}/cache", "/home/claude/.cache", True),
        ("{base}/cache/aidevcontainer/helpers", "/x", True),
    ],
    ids=str,
)
def test_mount_that_gives_too_much(ground: Ground, tmp_path: Path, mount: tuple[str, str, bool]) -> None:
    """X-E2, X-S1: the engine's socket by every way, and files that the host obeys at another place."""
    source = mount[0].format(base=tmp_path, root=ground.root)
    assert exposed_mounts.weaknesses("claude", [Mounted(source, *mount[1:])], ground)


@pytest.mark.parametrize(
    "mount",
    [
        ("{root}", "/workspace", True),
        ("{root}/.git", "/workspace/.git", True),
        ("{root}/.git/hooks", "/workspace/.git/hooks", False),
        ("{root}/.git", "/elsewhere", False),
        ("{root}/src", "/srv", True),
        ("{root}/.aidevcontainer/own", "/own", True),
        ("{base}/m2/repository", "/home/claude/.m2/repository", True),
        ("{base}/cache/pip", "/home/claude/.cache/pip", True),
        ("/tmp/.X11-unix/X0", "/tmp/.X11-unix/X0", True),
    ],
    ids=str,
)
def test_mount_that_is_fine(ground: Ground, tmp_path: Path, mount: tuple[str, str, bool]) -> None:
    """U-2: caches and data of the project are what mounts are for."""
    source = mount[0].format(base=tmp_path, root=ground.root)
    assert exposed_mounts.weaknesses("claude", [Mounted(source, *mount[1:])], ground) == []


def test_volume_and_secret_that_lead_to_a_socket(tmp_path: Path) -> None:
    """X-E2: a volume of the local driver can be any folder under another name; a secret is a mount too."""
    service = {
        "volumes": [{"type": "volume", "source": "hidden", "target": "/x"}],
        "secrets": [{"source": "key", "target": "key"}],
    }
    volumes = {"hidden": {"driver_opts": {"type": "none", "o": "bind", "device": f"{tmp_path}"}}}
    secrets = {"key": {"file": f"{tmp_path}/docker.sock"}}
    found = exposed_mounts.in_model(service, volumes, secrets)
    assert [each.source for each in found] == [f"{tmp_path}", f"{tmp_path}/docker.sock"]


def test_link_that_the_agent_may_have_made(ground: Ground, tmp_path: Path) -> None:
    """X-S1: a folder of the workspace that is mounted can be replaced by a link to the host's files."""
    (tmp_path / "secrets").mkdir()
    (Path(ground.root) / "data").symlink_to(tmp_path / "secrets")
    (Path(ground.root) / "inner").symlink_to("src")
    volumes = [{"source": f"{ground.root}/{name}", "target": f"/{name}"} for name in ("data", "inner", "src")]
    found = exposed_mounts.led_out("claude", {"volumes": volumes}, ground)
    assert [each.value for each in found] == [f"{ground.root}/data:/data"]


def test_only_the_named_setting_is_accepted() -> None:
    """X-E2: yesterday's yes to one value is none to another one."""
    refused = [Weakness("claude", "cap_add", each, "is a right") for each in ("SYS_PTRACE", "SYS_ADMIN")]
    assert isolation.unaccepted(refused, {weakness.OPTION: "cap_add:SYS_PTRACE"}) == refused[1:]
    with pytest.raises(Problem, match="AIDEVCONTAINER_ACCEPT='cap_add:SYS_PTRACE cap_add:SYS_ADMIN'"):
        isolation.require(refused, {weakness.OPTION: "cap_add:SYS_PTRACE"})
    isolation.require(refused, {weakness.OPTION: "cap_add:SYS_ADMIN cap_add:SYS_PTRACE"})


def test_nobody_accepts_the_impossible() -> None:
    """X-F1: the sentence offers no way."""
    found = [Weakness("claude", "network_mode", "host", "takes it out", Level.IMPOSSIBLE)]
    with pytest.raises(Problem) as problem:
        isolation.require(found, {weakness.OPTION: found[0].token})
    assert weakness.OPTION not in str(problem.value)


def test_value_with_blanks_is_one_word() -> None:
    """X-E2: the option is a list of words."""
    assert " " not in Weakness("claude", "volumes", "/a b:/c", "").token


def test_running_container_is_judged_by_what_the_engine_says() -> None:
    """X-L2: plain Compose or docker may have made it."""
    host = {
        "NetworkMode": "container:f",
        "Runtime": "runc",
        "CapAdd": ["NET_RAW"],
        "CapDrop": ["ALL"],
        "Privileged": True,
        "PidMode": "host",
        "IpcMode": "private",
        "SecurityOpt": ["no-new-privileges:true", "seccomp=unconfined"],
        "Devices": [{"PathOnHost": "/dev/sda"}],
        "UsernsMode": "host",
    }
    config = {"User": "root", "Image": "x", "Labels": {}, "Entrypoint": ["/sbin/tini", "--"], "Cmd": []}
    agent = Container(_described(host, config))
    found = weakness.of_service("claude", isolation._as_service(agent, Snapshot(agent, None)))
    keys = {each.key for each in found}
    assert keys == {"user", "privileged", "cap_add", "pid", "security_opt", "devices", "userns_mode"}


def _described(host: dict[str, Any], config: dict[str, Any]) -> bytes:
    state = {"Status": "running", "StartedAt": "2026-01-02T03:04:05Z"}
    return json.dumps({"Id": "c", "State": state, "HostConfig": host, "Config": config}).encode()
