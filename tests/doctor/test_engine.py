"""What `container doctor` says of engine, Compose, kernel and disks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aidevcontainer.doctor import disk, engine, kernel
from tests.hostside.doctor import engine_says, problem, problems, skipped
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject, Machine
from tests.hostside.start import both_run

__all__ = ["machine", "project"]

SOUND = ("answers", "version", "compose", "ids", "selinux", "limits", "memory")


@pytest.fixture
def asked(machine: Machine, project: FakeProject) -> FakeProject:
    """A project on a machine with a sound engine."""
    machine.install_docker()
    engine_says(machine)
    return project


def test_sound_engine_has_no_findings(asked: FakeProject) -> None:
    """X-L2: silence where nothing is wrong."""
    for name in SOUND:
        assert problems(f"engine.{name}", asked) == []


def test_missing_docker_is_one_error(project: FakeProject) -> None:
    """X-L2: without docker, the others have nothing to look at."""
    found = problem("engine.answers", project)
    assert (found.level, found.what) == ("error", "There is no 'docker' on the PATH.")
    assert found.fix.startswith("Install Docker Engine")
    for name in ("engine.version", "engine.compose", "disk.engine"):
        assert skipped(name, project) == "docker was not found"


@pytest.mark.parametrize(
    ("said", "what", "fix"),
    [
        (
            "Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?",
            "The container engine is not running (unix:///x.sock).",
            "Start it: sudo systemctl start docker",
        ),
        (
            "permission denied while trying to connect to the Docker daemon socket",
            "Your user may not use the container engine.",
            "sudo usermod -aG docker",
        ),
    ],
)
def test_silent_engine_is_explained(
    machine: Machine, project: FakeProject, said: str, what: str, fix: str
) -> None:
    """X-L2: also when the client itself is content, as old ones are."""
    machine.install_docker()
    machine.answer("info", out='{"ServerVersion": "", "ServerErrors": ["' + said + '"]}')
    found = problem("engine.answers", project)
    assert (found.level, found.what) == ("error", what)
    assert fix in found.fix


def test_private_engine_is_named(asked: FakeProject, machine: Machine) -> None:
    """X-L2: whoever has two engines sees which one is meant."""
    folder = machine.folder / "cache/aidevcontainer/engine"
    folder.mkdir(parents=True)
    (folder / "env.json").write_text('{"docker_host": "unix:///private.sock", "path": ""}')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(machine.folder / "cache"))
        patch.setattr("aidevcontainer.engine.socket_api.DEFAULT_SOCKET", "/nowhere.sock")
        del machine.environment["DOCKER_HOST"]
        patch.setenv("HOME", str(machine.folder / "home"))
        assert problems("engine.answers", asked) == []
    assert machine.calls()[-1].environment["DOCKER_HOST"] == "unix:///private.sock"


@pytest.mark.parametrize(
    ("info", "name", "words"),
    [
        ({"ServerVersion": "19.03.15"}, "version", "Docker 19.03.15"),
        ({"SecurityOptions": ["name=rootless"]}, "ids", "rootless"),
        ({"SecurityOptions": ["name=userns"]}, "ids", "userns-remap"),
        ({"PidsLimit": False, "MemoryLimit": False}, "limits", "memory, number of processes (cgroup v2)"),
        ({"MemTotal": 1 << 30}, "memory", "1.0 GiB"),
    ],
)
def test_unsuitable_engine_is_a_warning(
    asked: FakeProject, machine: Machine, info: dict[str, object], name: str, words: str
) -> None:
    """X-L2: what works half is said before it hurts."""
    engine_says(machine, **info)
    found = problem(f"engine.{name}", asked)
    assert found.level == "warning"
    assert words in found.what


def test_limit_above_what_there_is_is_a_note(asked: FakeProject, machine: Machine) -> None:
    """X-L2: with the value that fits."""
    engine_says(machine, MemTotal=4 << 30)
    found = problem("engine.memory", asked)
    assert found.level == "note"
    assert found.fix.startswith("AIDEVCONTAINER_MEMORY=3g ")
    (asked.folder / ".env").write_text("AIDEVCONTAINER_MEMORY=3g\n")
    assert problems("engine.memory", asked) == []


@pytest.mark.parametrize("version", ["2.16.0", "v2.3.3", "1.29.2"])
def test_old_compose_is_an_error(asked: FakeProject, machine: Machine, version: str) -> None:
    """X-L2: it would refuse the file with a sentence that nobody understands."""
    machine.answer("compose version", out=f"{version}\n")
    found = problem("engine.compose", asked)
    assert found.level == "error"
    assert "2.17" in found.what


def test_missing_compose_is_an_error(asked: FakeProject, machine: Machine) -> None:
    """X-L2: with the packages that have it."""
    machine.answer("compose version", 1, err="docker: 'compose' is not a docker command.\n")
    assert "sudo apt install docker-compose-plugin" in problem("engine.compose", asked).fix


def test_selinux_matters_where_it_enforces(
    asked: FakeProject, machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """X-L2: and no more once containers go without labels."""
    engine_says(machine, SecurityOptions=["name=selinux"])
    enforce = tmp_path / "enforce"
    monkeypatch.setattr(engine, "_ENFORCING", str(enforce))
    assert problems("engine.selinux", asked) == []
    enforce.write_text("1")
    assert "security_opt: [label=disable]" in problem("engine.selinux", asked).fix
    (asked.folder / "docker-compose.override.yml").write_text("security_opt: [label=disable]\n")
    assert problems("engine.selinux", asked) == []


@pytest.mark.parametrize("zone", ["Z", "+02:00", "-03:30"])
def test_wrong_clock_is_noticed_in_any_zone(asked: FakeProject, machine: Machine, zone: str) -> None:
    """X-L2: as after a laptop's sleep."""
    offset = {"Z": 0, "+02:00": 7200, "-03:30": -12600}[zone]

    def moment(ago: float) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S.123456789", time.gmtime(time.time() - ago + offset)) + zone

    engine_says(machine, SystemTime=moment(0))
    assert problems("engine.clock", asked) == []
    engine_says(machine, SystemTime=moment(3600))
    found = problem("engine.clock", asked)
    assert found.level == "warning"
    assert "36" in found.what


@pytest.mark.parametrize(("free", "level"), [(0, "error"), (1 << 30, "warning"), (3 << 30, "")])
def test_full_disk(asked: FakeProject, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    """X-L2: of the engine and of the project."""
    monkeypatch.setattr(disk, "_free", lambda _: free)
    for name in ("disk.engine", "disk.project"):
        assert [each.level for each in problems(name, asked)] == [level][: bool(level)]


def test_engines_disk_elsewhere_is_asked_inside(asked: FakeProject, machine: Machine) -> None:
    """X-L2: of an engine in a virtual machine, or one that only root may look into."""
    engine_says(machine, DockerRootDir="/not/here")
    machine.answer("container inspect", 1, err="no such container")
    assert skipped("disk.engine", asked) == "the firewall does not run"
    both_run(asked)
    machine.answer(
        "df -kP", out="Filesystem 1024-blocks Used Available Capacity Mounted\n/dev/a 9 8 1024 1% /\n"
    )
    assert problem("disk.engine", asked).what.startswith("The engine's disk (/not/here) has 0.0 GiB")


def test_firewalls_word_on_the_kernel_counts(asked: FakeProject, machine: Machine) -> None:
    """X-L2: it tried."""
    both_run(asked)
    assert problems("kernel.features", asked) == []
    reason = "the kernel refuses the sets of addresses (x). On the host: modprobe ip_set_hash_net."
    machine.answer("status.json", out='{"state": "closed", "error": "' + reason + '"}')
    found = problem("kernel.features", asked)
    assert found.level == "error"
    assert reason in found.what
    assert found.fix.startswith("sudo modprobe ip_set_hash_net,")
    reason = (
        "the IPv4 rules cannot be loaded, so the network is unplugged (on the host: modprobe -a nft_compat x)"
    )
    machine.answer("status.json", out='{"state": "closed", "error": "' + reason + '"}')
    assert problem("kernel.features", asked).fix.startswith("sudo modprobe -a nft_compat x, then")


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """A kernel without loaded modules; the function loads one."""
    (tmp_path / "lib" / os.uname().release).mkdir(parents=True)
    (tmp_path / "sys").mkdir()
    monkeypatch.setattr(kernel, "_SYS", str(tmp_path / "sys"))
    monkeypatch.setattr(kernel, "_LIBRARY", str(tmp_path / "lib"))
    return lambda name: (tmp_path / "sys" / name).mkdir()


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="modules are Linux's")
def test_hosts_modules_are_looked_at_before_the_first_start(
    asked: FakeProject, machine: Machine, modules: Callable[[str], None]
) -> None:
    """X-L2: looked at, never loaded."""
    machine.answer("container inspect", 1, err="no such container")
    modprobe = machine.bin / "modprobe"
    modprobe.write_text(
        '#!/bin/sh\ncase $* in "--dry-run --quiet xt_"*) exit 1 ;; *--dry-run*) exit 0 ;; esac\nexit 9\n'
    )
    modprobe.chmod(0o755)
    modules("xt_owner")
    found = problem("kernel.features", asked)
    assert found.level == "error"
    assert found.what == "The kernel lacks xt_set, xt_connmark, xt_addrtype."
    assert found.fix.startswith("sudo modprobe -a xt_set xt_connmark xt_addrtype ")


def test_rules_in_both_kinds_of_tables(asked: FakeProject, machine: Machine) -> None:
    """X-L2: legacy alone is right where there is no nf_tables; both at once is not."""
    both_run(asked)
    machine.answer("iptables --version", out="iptables v1.8.10 (nf_tables)\n")
    machine.answer("iptables-save", out=":OUTPUT DROP [0:0]\n")
    assert problems("kernel.backend", asked) == []
    machine.answer("iptables-legacy-save", out=":OUTPUT DROP [0:0]\n")
    assert "both as nft and as legacy" in problem("kernel.backend", asked).what
    machine.answer("iptables-save -t filter", 1)
    machine.answer("iptables-legacy-save", out=":OUTPUT DROP [0:0]\n")
    assert problems("kernel.backend", asked) == []


def test_open_ipv6_is_an_error(asked: FakeProject, machine: Machine) -> None:
    """X-F4, X-L2: where there is IPv6 at all."""
    both_run(asked)
    machine.answer("ip6tables -S OUTPUT", out="-P OUTPUT ACCEPT\n")
    assert problem("kernel.ipv6", asked).level == "error"
    machine.answer("ip6tables-legacy -S OUTPUT", out="-P OUTPUT DROP\n")
    assert problems("kernel.ipv6", asked) == []
    machine.answer("ip6tables-legacy -S OUTPUT", 1)
    machine.answer("ip6tables -S OUTPUT", out="-P OUTPUT DROP\n-A OUTPUT -o lo -j ACCEPT\n")
    assert problems("kernel.ipv6", asked) == []
    machine.answer("ip6tables -S OUTPUT", out="-P OUTPUT ACCEPT\n")
    machine.answer("test -e /proc/net/if_inet6", 1)
    assert problems("kernel.ipv6", asked) == []
