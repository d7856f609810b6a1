"""The private engine: never beside another, never in the way, gone without a trace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aidevcontainer.util import cache, lock
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem
from machine import engine, installing, private, provide, releases, rivals, sources, strays, traces, upkeep
from machine.daemon import Daemon
from machine.engine import FoundEngine, Missing
from machine.private import PrivateEngine

ROOT = Path(__file__).resolve().parents[2]
RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 10.9.0.0/16 -o wg0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
COMMIT
*mangle
:FORWARD ACCEPT [0:0]
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:DOCKER-USER - [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
-A FORWARD -j DOCKER-USER
-A FORWARD -i br-0123456789ab ! -o br-0123456789ab -j ACCEPT
-A FORWARD -i br-lan -j ACCEPT
COMMIT
"""
WITHOUT = """\
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 10.9.0.0/16 -o wg0 -j MASQUERADE
COMMIT
*mangle
:FORWARD ACCEPT [0:0]
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
-A FORWARD -i br-lan -j ACCEPT
COMMIT
"""


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="a private engine is for Linux")


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has never used any of this, and has no docker."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    (tmp_path / "bin").mkdir()
    return tmp_path / "aidevcontainer"


def fake_docker(folder: Path, script: str) -> None:
    """Put a `docker` into *folder* that answers with a shell script."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_only_the_engines_rules_are_taken_back() -> None:
    assert traces.without_engine(RULES, "ACCEPT") == WITHOUT


def test_a_policy_of_the_users_own_stays() -> None:
    assert ":FORWARD DROP" in traces.without_engine(RULES, "DROP")


@LINUX
def test_bridges_of_another_engine_stay(tmp_path: Path) -> None:
    """Docker may be installed and stopped on the same machine: what it left stays as it is."""
    links, deleted = tmp_path / "links", tmp_path / "deleted"
    program = tmp_path / "ip"
    program.write_text(f"""#!/bin/sh\n[ "$1" = -o ] && /bin/cat {links} || echo "$@" >>{deleted}\n""")
    program.chmod(0o755)
    there = "1: lo: <LOOPBACK>\n2: docker0: <UP>\n"
    links.write_text(there)
    engines = traces.Traces(tmp_path / "record", {"PATH": str(tmp_path)})
    engines.remember()
    links.write_text(there + "3: br-0123456789ab: <UP>\n")
    engines.erase()
    assert deleted.read_text().splitlines() == ["link delete br-0123456789ab"]


@pytest.mark.usefixtures("empty_cache")
def test_no_docker_is_said_so() -> None:
    found = engine.find()
    assert isinstance(found, Missing)
    assert "there is no `docker` on PATH" in found.reason


@pytest.mark.usefixtures("empty_cache")
def test_an_engine_that_answers_is_used_as_it_is(tmp_path: Path) -> None:
    fake_docker(tmp_path / "bin", "case $1 in version) echo 25.0.1 ;; compose) echo v2.30.0 ;; esac")
    assert engine.find() == FoundEngine("25.0.1", "2.30.0", {})
    provided = provide.provide_engine(pytest.fail, pytest.fail)
    assert provided.started is None


@pytest.mark.usefixtures("empty_cache")
def test_an_engine_without_compose_is_named(tmp_path: Path) -> None:
    fake_docker(tmp_path / "bin", '[ "$1" = version ] && echo 25.0.1')
    found = engine.find()
    assert isinstance(found, Missing)
    assert "Compose v2 (`docker compose`) is not" in found.reason


def test_nothing_is_installed_after_a_no(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(rivals, "find", lambda _: None)
    monkeypatch.setattr(private, "_LONGEST_HOME", 500)
    offers: list[str] = []

    def refuse(offer: str) -> bool:
        offers.append(offer)
        return False

    with pytest.raises(Problem, match=r"Install Docker with Compose v2"):
        provide.provide_engine(pytest.fail, refuse)
    assert "It downloads about 115 MB and takes 400 MB" in offers[0]
    assert "Nothing of the system is changed" in offers[0]
    assert offers[0].endswith("bootstrap --remove-engine")
    assert not empty_cache.exists()


@pytest.mark.usefixtures("empty_cache")
def test_an_ordinary_user_is_not_offered_what_only_root_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Problem, match=r"only root can run a private one\. Install Docker"):
        provide.provide_engine(pytest.fail, pytest.fail)


def test_unknown_releases_are_refused() -> None:
    with pytest.raises(Problem, match=r"Choose one of these: 26\.1, 20\.10"):
        PrivateEngine("19.03")


def test_a_path_too_long_for_sockets_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ("x" * 80)))
    with pytest.raises(Problem, match="Set XDG_CACHE_HOME to a shorter path"):
        PrivateEngine().start(pytest.fail)


@pytest.mark.usefixtures("empty_cache")
def test_no_second_engine_beside_a_running_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(rivals, "find", lambda _: 4321)
    monkeypatch.setattr(private, "_LONGEST_HOME", 500)
    with pytest.raises(
        Problem, match=r"is running here \(process 4321\), and a second one would break its networks"
    ):
        PrivateEngine().start(pytest.fail)


@pytest.mark.usefixtures("empty_cache")
def test_compose_is_named_where_only_that_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """U-4: the engine that is in a private one's way is the caller's own, so nothing is to be stopped."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(rivals, "find", lambda _: 4321)
    monkeypatch.setattr(private, "_LONGEST_HOME", 500)
    fake_docker(tmp_path / "bin", '[ "$1" = version ] && echo 25.0.1')
    with pytest.raises(Problem, match=r"docker-compose-plugin.*process 4321") as problem:
        provide.provide_engine(pytest.fail, pytest.fail)
    assert "stop it" not in str(problem.value)


@pytest.fixture
def unpacked(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> PrivateEngine:
    """Root's private engine, as far as its files are looked at."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(private, "_LONGEST_HOME", 500)
    home = empty_cache / "engine" / releases.DEFAULT
    (home / "bin").mkdir(parents=True)
    (home / "complete").touch()
    return PrivateEngine()


def test_an_interrupted_start_is_gone_on_with(
    unpacked: PrivateEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U-4: its process is no rival to be stopped, gets no second one beside it, and is recorded."""
    answers = iter((False, False, False, True))
    monkeypatch.setattr(Daemon, "pid", lambda _: 4321)
    monkeypatch.setattr(Daemon, "answers", lambda _: next(answers))
    monkeypatch.setattr(Daemon, "start", pytest.fail)
    monkeypatch.setattr(rivals, "find", lambda besides=None: None if besides == 4321 else 4321)
    assert unpacked.start(print)
    assert unpacked.recorded()


@pytest.mark.parametrize("before", [True, False])
def test_rivals_are_looked_for_when_no_other_run_starts_one(
    unpacked: PrivateEngine, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    """U-4: another run's engine is none, and one that came while this run waited is."""
    waited: list[str] = []

    @contextmanager
    def held(name: str, _: object) -> Iterator[None]:
        waited.append(name)
        yield

    monkeypatch.setattr(lock, "held", held)
    monkeypatch.setattr(PrivateEngine, "_start", pytest.fail)
    monkeypatch.setattr(Daemon, "answers", lambda _: before and bool(waited))
    monkeypatch.setattr(rivals, "find", lambda *_: 4321 if before != bool(waited) else None)
    if before:
        assert not unpacked.start(pytest.fail)
        return
    with pytest.raises(Problem, match=r"process 4321"):
        unpacked.start(print)


@pytest.mark.parametrize("way", ["start", "provide"])
def test_an_engine_that_is_found_running_is_recorded(
    unpacked: PrivateEngine, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """U-4: Ctrl+C while it started left it running, and the helpers without a word of it."""
    monkeypatch.setenv("DOCKER_HOST", "to be restored")
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setattr(Daemon, "answers", lambda _: True)
    fake_docker(unpacked.home / "bin", "case $1 in version) echo 26.1 ;; compose) echo v2.26 ;; esac")
    if way == "start":
        assert upkeep.run("start", Console()) == 0
    else:
        assert provide.provide_engine(pytest.fail, pytest.fail).started is None
    assert unpacked.recorded()


@LINUX
def test_an_engine_that_ends_while_it_starts_is_not_waited_for(tmp_path: Path) -> None:
    """U-4: its log has the reason."""
    daemon = Daemon(tmp_path)
    (tmp_path / "dockerd.log").write_text("level=fatal no room\n")
    command = [sys.executable, "-c", "import time; time.sleep(0.5)", str(daemon.socket)]
    with subprocess.Popen(command) as process:
        (tmp_path / "dockerd.pid").write_text(str(process.pid))
        with pytest.raises(Problem, match="no room"):
            daemon.wait()


def test_a_rival_is_a_dockerd_of_the_same_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, comm, network in (
        ("self", "python3", "net:[1]"),
        ("10", "dockerd", "net:[2]"),
        ("11", "bash", "net:[1]"),
    ):
        (tmp_path / name / "ns").mkdir(parents=True)
        (tmp_path / name / "comm").write_text(f"{comm}\n")
        (tmp_path / name / "ns/net").symlink_to(network)
    monkeypatch.setattr(rivals, "_PROC", tmp_path)
    assert rivals.find() is None
    (tmp_path / "11/comm").write_text("dockerd\n")
    assert rivals.find() == 11
    assert rivals.find(besides=11) is None


def test_a_stale_pid_file_names_nobody(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    assert daemon.pid() is None
    (tmp_path / "dockerd.pid").write_text(str(os.getpid()))
    assert daemon.pid() is None, "a stranger's process that got the number"
    assert not daemon.answers()
    daemon.stop()


@pytest.mark.usefixtures("empty_cache")
def test_the_path_to_the_engine_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    once = PrivateEngine().environment()
    monkeypatch.setenv("PATH", once["PATH"])
    assert PrivateEngine().environment() == once
    assert once["PATH"].endswith("/engine/26.1/bin:/usr/bin")


@LINUX
def test_its_docker_says_how_to_start_a_stopped_engine(tmp_path: Path) -> None:
    program = tmp_path / "root/usr/bin/docker"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$DOCKER_CONFIG" "$@"\n')
    program.chmod(0o755)
    (tmp_path / "bin").mkdir()
    installing.write_client(tmp_path, "python3 bootstrap --start-engine")
    own = {"DOCKER_HOST": f"unix://{tmp_path}/docker.sock"}

    def docker(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        command = [str(tmp_path / "bin/docker"), "ps"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    stopped = docker(own)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert "Start it: python3 bootstrap --start-engine" in stopped.stderr
    (tmp_path / "dockerd.pid").write_text(str(os.getpid()))
    assert docker(own).stdout == f"{tmp_path}/config ps\n"
    (tmp_path / "dockerd.pid").unlink()
    assert docker({"DOCKER_HOST": "tcp://elsewhere"}).stdout == f"{tmp_path}/config ps\n"
    assert docker({"DOCKER_CONFIG": "/mine"}).stdout == "/mine ps\n"


@pytest.fixture
def other_network() -> list[str]:
    """What a command starts with to run in a network of its own, apart from all engines of this machine."""
    return ["unshare", "--net", sys.executable, "-c"]


LIFE = """
import json, os, socket, subprocess, sys
from machine.private import PrivateEngine
from machine.engine import find

def rules():
    environment = {**os.environ, **engine.environment()}
    saved = subprocess.run(["iptables-save"], env=environment, capture_output=True, text=True)
    return [line for line in saved.stdout.splitlines() if "DOCKER" in line]

def links():
    return sorted(name for _, name in socket.if_nameindex())

engine = PrivateEngine(sys.argv[1])
said = []
before = links()
report = {"started": engine.start(said.append), "found": find()._asdict(), "rules": len(rules())}
report["again"] = engine.start(said.append)
report["record"] = json.load(open(engine.home.parent / "env.json"))
engine.stop()
report.update(said=said, left=rules(), running=engine.running(), links=links() == before)
engine.remove()
report["gone"] = sorted(os.listdir(engine.home.parent))
print(json.dumps(report))
"""


def able() -> bool:
    """Return whether this machine can have a private engine."""
    try:
        sources.detect("A private engine is")
    except Problem:
        return False
    return os.geteuid() == 0 and shutil.which("unshare") is not None


@pytest.fixture(scope="module")
def short_cache(workspace: Path) -> Iterator[Path]:
    """A cache directory with a path short enough for sockets, not below the user's own."""
    folder = workspace / "cache"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.engine
def test_its_whole_life(short_cache: Path, other_network: list[str]) -> None:
    """In a network of its own, so that it may run beside the engine that the tests stand on."""
    release = releases.DEFAULT
    if not able():
        with pytest.raises(Problem, match="Install Docker"):
            PrivateEngine(release).start(print)
        return
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "ALPINE_"))
    }
    environment.update(
        XDG_CACHE_HOME=str(short_cache), PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / "bootstrap")])
    )
    environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    home = short_cache / "aidevcontainer/engine" / release
    installed_elsewhere = Path(cache.path("engine", release))
    if installing.installed(installed_elsewhere):
        share(installed_elsewhere, home)
    else:
        installing.install(home, releases.RELEASES[release], print)
    command = [*other_network, LIFE, release]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["started"] is True
    assert report["found"]["version"].startswith(release)
    assert report["found"]["compose"].startswith("2.")
    assert report["rules"] > 0
    assert report["again"] is False
    assert report["said"] == ["Starting the private engine."]
    assert report["record"] == {"docker_host": f"unix://{home}/docker.sock", "path": f"{home}/bin"}
    assert report["running"] is False
    assert report["left"] == []
    assert report["links"] is True
    assert report["gone"] == []


def share(installed: Path, home: Path) -> None:
    """Make *home* an engine of its own with the files of an installed one."""
    home.mkdir(parents=True)
    (home / "bin").mkdir()
    for program in (installed / "bin").iterdir():
        if program.name != "docker":
            (home / "bin" / program.name).symlink_to(program)
    for name in ("root", "config"):
        (home / name).symlink_to(installed / name)
    for name in ("daemon.json", "complete"):
        shutil.copy(installed / name, home / name)


def test_the_engine_that_was_used_last_is_started_again(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    started: list[str] = []
    monkeypatch.setattr(PrivateEngine, "start", lambda self, _: started.append(self.release.name))
    for name in releases.RELEASES:
        (empty_cache / "engine" / name).mkdir(parents=True)
        (empty_cache / "engine" / name / "complete").touch()
    host = f"unix://{empty_cache}/engine/20.10/docker.sock"
    (empty_cache / "engine/env.json").write_text(json.dumps({"docker_host": host, "path": "/x"}))
    assert upkeep.run("start", Console()) == 0
    assert started == ["20.10"]
    found = engine.stopped_private()
    assert found is not None
    assert found.release.name == "20.10"


@pytest.mark.usefixtures("empty_cache")
def test_there_may_be_none_to_care_for() -> None:
    for action in ("start", "stop"):
        with pytest.raises(
            Problem,
            match=r"There is no private engine\. To set one up where it is needed: python3 bootstrap PATH",
        ):
            upkeep.run(action, Console())
    assert upkeep.run("remove", Console()) == 0, "what is not there is removed already"


def test_removing_leaves_nothing(empty_cache: Path) -> None:
    for path in ("engine/26.1/root/usr/bin", "stand-in"):
        (empty_cache / path).mkdir(parents=True)
    assert upkeep.run("remove", Console()) == 0
    assert not (empty_cache / "engine/26.1").exists()
    assert not (empty_cache / "stand-in").exists()


@pytest.fixture
def with_mounts(unpacked: PrivateEngine) -> Iterator[PrivateEngine]:
    """An engine that crashed: its mounts are left, and its record."""
    netns = unpacked.home / "run/netns/default"
    netns.parent.mkdir(parents=True)
    netns.touch()
    data = unpacked.home / "data"
    (data / "overlay2").mkdir(parents=True)
    mounts = [["--bind", "/proc/self/ns/net", str(netns)], ["--bind", str(data), str(data)]]
    if any(subprocess.run(["/bin/mount", *each], check=False).returncode for each in mounts):
        pytest.skip("nothing can be mounted here")
    (unpacked.home.parent / "env.json").write_text(
        json.dumps({"docker_host": f"unix://{unpacked.daemon.socket}", "path": "/x"})
    )
    yield unpacked
    for place in (netns, data):
        subprocess.run(["/bin/umount", "-l", str(place)], capture_output=True, check=False)


NEEDS_MOUNTS = pytest.mark.skipif(
    os.geteuid() != 0 or sys.platform != "linux", reason="only root on Linux mounts"
)


@NEEDS_MOUNTS
def test_mounts_of_a_crashed_engine_are_released_first(
    with_mounts: PrivateEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U-4: else "Device or resource busy (default)", at every further try."""
    monkeypatch.setenv("PATH", os.defpath)
    assert upkeep.run("remove", Console()) == 0
    assert list(with_mounts.home.parent.iterdir()) == []


@NEEDS_MOUNTS
def test_what_stays_of_an_engine_is_named_and_the_next_try_goes_on(
    with_mounts: PrivateEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U-4: without a program that unmounts; what remains does not count as an engine."""
    with pytest.raises(Problem, match="run/netns/default stays") as caught:
        upkeep.run("remove", Console())
    assert f"umount -R {with_mounts.home}/run/netns/default && rm" in str(caught.value)
    assert "Then: python3 bootstrap --remove-engine" in str(caught.value)
    assert not with_mounts.installed()
    assert not with_mounts.recorded()
    monkeypatch.setenv("PATH", os.defpath)
    assert upkeep.run("remove", Console()) == 0
    assert not with_mounts.home.exists()


@LINUX
def test_processes_that_outlived_an_engine_are_ended(unpacked: PrivateEngine) -> None:
    """U-4: containerd and its shims hold mounts, and run what they were told to; nobody else is touched."""
    program = unpacked.home / "root/usr/bin/containerd"
    program.parent.mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), program)
    start = "import subprocess; subprocess.run(['/bin/sleep', '60'])"
    with subprocess.Popen(["/bin/tail", "-f", str(program)], stdout=subprocess.DEVNULL) as reader:
        home = {"PYTHONHOME": sys.base_prefix}
        with subprocess.Popen([str(program), "-c", start], env=home) as left:
            until = time.monotonic() + 10
            while not (children := list(strays._find(unpacked.home))) and time.monotonic() < until:
                time.sleep(0.05)
            unpacked.remove()
            assert left.wait(10) < 0
        assert children
        assert reader.poll() is None
        reader.kill()
    assert strays._find(unpacked.home) == set()
