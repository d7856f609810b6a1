"""What breaks while it runs or is broken when it starts: never open, always a sentence, healed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.docker import docker, execute, inspect, put
from tests.support.firewall import POLICY, SCRIPTS, Firewall, Lack, NewFirewall
from tests.support.fixtures import NewProject
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.wait import until

pytestmark = pytest.mark.engine

GOOD = "listed.example.net"
STATE = "/var/lib/aidevcontainer"
# Connects to an unlisted server and asks Docker's resolver for an unlisted name, while a file is there.
_PROBES = """
touch /tmp/probing
while [ -e /tmp/probing ]; do
  if (exec 3<>"/dev/tcp/$0/22") 2>/dev/null; then open=$((open + 1)); else refused=$((refused + 1)); fi
  case $(dig +short +time=1 +tries=1 @127.0.0.11 evil.example.com 2>&1) in [1-9]*) told=$((told + 1)) ;; esac
  echo "$((open)) $((told)) $((refused))" >/tmp/probed.new
  mv /tmp/probed.new /tmp/probed
  sleep 0.05
done
"""


def _counts(container: str) -> tuple[int, int, int]:
    found = execute(container, "cat", "/tmp/probed").out.split()
    opened, told, refused = (int(word) for word in found or ("0", "0", "0"))
    return opened, told, refused


@contextmanager
def _probing(container: str, internet: Internet, tries: int = 3) -> Iterator[None]:
    """Probe all the time; fail when one probe got out, or when there were hardly any."""
    address = internet.servers["unlisted"].address
    execute(container, "sh", "-c", "rm -f /tmp/probed").checked()
    docker("exec", "--detach", container, "bash", "-c", _PROBES, address)
    until(lambda: sum(_counts(container)) > 0, lambda: _counts(container))
    yield
    until(lambda: _counts(container)[2] >= tries, lambda: _counts(container))
    execute(container, "rm", "-f", "/tmp/probing")
    assert _counts(container)[:2] == (0, 0)


@pytest.fixture(scope="module", autouse=True)
def _probes_succeed_outside(internet: Internet) -> None:
    """The very probes that must fail get through where no firewall is."""
    container = f"{internet.network}-probe"
    docker("exec", "--detach", container, "bash", "-c", _PROBES, internet.servers["unlisted"].address)
    until(lambda: min(_counts(container)[:2]) > 2, lambda: _counts(container))
    execute(container, "rm", "-f", "/tmp/probing", "/tmp/probed")


def _reaches(firewall: Firewall, url: str = f"https://{GOOD}/") -> bool:
    return "hello" in firewall.inside("curl", "-sSk", url).out


def _restart(firewall: Firewall) -> None:
    """Restart the firewall, and the agent behind it into the new namespace."""
    docker("restart", "--time", "2", firewall.name)
    docker("restart", "--time", "0", firewall.agent)


def _expect_working(firewall: Firewall, seconds: float = 15) -> None:
    until(lambda: _reaches(firewall), lambda: firewall.log() + str(firewall.status()), seconds)
    until(lambda: firewall.root(f"{SCRIPTS}/healthcheck.sh").code == 0, firewall.log, seconds)
    assert firewall.status()["state"] == "ready"
    assert firewall.status()["proof"]["refused"]


@pytest.fixture(scope="module")
def firewall(new_firewall: NewFirewall) -> Firewall:
    """A firewall that tests break and leave whole."""
    return new_firewall(GOOD, "github.com")


# -- processes

KILLED = {
    "the resolver": "kill -9 $(pidof dnsmasq)",
    "the resolver and who looks after it": "kill -9 $(pgrep -f 'serve[.]sh [mf]') $(pidof dnsmasq)",
    "who looks after the resolver": "kill -9 $(pgrep -f 'serve[.]sh [mf]')",
    "who reads what the resolver says": "kill -9 $(pgrep -f resolver-log[.]awk)",
    "the name gate": "kill -9 $(pidof haproxy)",
    "the name gate and who looks after it": "kill -9 $(pgrep -f 'serve[.]sh gate') $(pidof haproxy)",
    "who reads what the name gate says": "kill -9 $(pgrep -f gate-log[.]awk)",
    "a name gate that hangs": "kill -STOP $(pidof haproxy)",
    "all but the main process": "kill -9 $(pgrep -v -f 'tini|entrypoint')",
}


@pytest.mark.parametrize("who", KILLED)
def test_killed_processes_come_back(firewall: Firewall, internet: Internet, who: str) -> None:
    """US-004.3, X-F1: whatever is killed, nothing gets out, and it is there again by itself."""
    with _probing(firewall.agent, internet):
        firewall.root("sh", "-c", KILLED[who])
        _expect_working(firewall)
        # Not merely still answering from what is left: who ends the resolver sees it come back.
        firewall.root("sh", "-c", "kill $(pidof dnsmasq)")
        _expect_working(firewall)


def test_health_tells_of_a_resolver_that_is_gone(new_firewall: NewFirewall) -> None:
    """US-004.3: with nobody to start it again, it is not called healthy."""
    firewall = new_firewall(GOOD)
    firewall.root(
        "sh", "-c", "pkill -STOP -f entrypoint[.]sh; pkill -9 -f 'serve[.]sh [mf]'; pkill dnsmasq"
    ).checked()
    until(lambda: not firewall.root("pidof", "dnsmasq").out, firewall.log)
    done = firewall.root(f"{SCRIPTS}/healthcheck.sh")
    assert (done.code, "the resolver is not running" in done.err) == (1, True), done
    firewall.root("pkill", "-CONT", "-f", "entrypoint.sh").checked()
    _expect_working(firewall)


def test_frozen_resolver_opens_nothing(firewall: Firewall, internet: Internet) -> None:
    """X-F1: a resolver that says nothing leaves names without an answer, and works again once it goes on."""
    with _probing(firewall.agent, internet):
        firewall.root("sh", "-c", "kill -STOP $(pidof dnsmasq)").checked()
        assert not _reaches(firewall)
        firewall.root("sh", "-c", "kill -CONT $(pidof dnsmasq)").checked()
        _expect_working(firewall)


@pytest.mark.parametrize(
    "how", [("kill",), ("restart", "--time", "0"), ("stop", "--time", "2")], ids=lambda how: how[0]
)
def test_ended_firewall_leaves_the_agent_cut_off(
    new_firewall: NewFirewall, internet: Internet, how: tuple[str, ...]
) -> None:
    """X-F1: killed, restarted or stopped, the agent's old namespace leads nowhere; both back, it works."""
    firewall = new_firewall(GOOD)
    with _probing(firewall.agent, internet):
        docker(*how, firewall.name)
        assert not _reaches(firewall, f"http://{internet.servers['listed'].address}/")
        docker("start", firewall.name)
        firewall.wait_ready().checked()
        assert not _reaches(firewall)
    docker("restart", "--time", "0", firewall.agent)
    _expect_working(firewall)


def test_next_session_heals_and_kills_no_session_that_works(
    new_project: NewProject, internet: Internet
) -> None:
    """X-F1, M-1: sessions outlive what breaks in the firewall; a restart, after which none works, heals."""
    project = new_project("faults", up=True)
    docker("exec", "--detach", project.claude, "sleep", "4711")
    project.in_firewall("sh", "-c", "pkill -9 -f 'serve[.]sh [mf]'; pkill -9 dnsmasq", check=True)
    project.helper("claude", "--version").checked()
    until(lambda: _answers(project), project.status)
    assert any("sleep 4711" in line for line in project.processes())
    with _probing(project.claude, internet):
        docker("restart", "--time", "0", project.firewall)
        project.wait_ready()
        assert not _answers(project)
    healed = project.helper("claude", "--version").checked()
    assert "The firewall was restarted, so the agent container restarts too." in healed.err
    with _probing(project.claude, internet):
        assert _answers(project)


def _answers(project: Project) -> bool:
    return "hello" in project.inside("curl", "-sS", "-m", "5", f"https://{GOOD}/").out


TAMPERED = {
    "flushed": "for t in iptables ip6tables; do $t -F; done",
    "opened": "for t in iptables ip6tables; do $t -F; $t -P OUTPUT ACCEPT; done",
    "with a rule in front": "iptables -I OUTPUT -p tcp -j ACCEPT",
}


@pytest.mark.parametrize("how", TAMPERED)
def test_rules_that_were_changed_by_hand_come_back(firewall: Firewall, internet: Internet, how: str) -> None:
    """US-004.3: root there may change the rules; it is noticed, said, and undone within seconds."""
    address = internet.servers["unlisted"].address
    said = firewall.log().count("the rules were changed by hand")
    firewall.root("sh", "-c", TAMPERED[how]).checked()
    until(lambda: firewall.log().count("the rules were changed by hand") > said, firewall.log)
    until(lambda: firewall.inside("bash", "-c", f"exec 3<>/dev/tcp/{address}/22").code != 0, firewall.log)
    with _probing(firewall.agent, internet):
        assert not _reaches(firewall, f"http://{address}/")
        _expect_working(firewall)


# -- memory and disk


def test_out_of_memory(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F1: the kernel kills what it likes, nothing gets out; with memory again it works."""
    firewall = new_firewall(GOOD)
    with _probing(firewall.agent, internet):
        docker("update", "--memory", "6m", "--memory-swap", "6m", firewall.name, check=False)
        firewall.root("sh", "-c", "head -c 30000000 /dev/zero | tail | wc -c")
        firewall.reload()
        docker("update", "--memory", "512m", "--memory-swap", "512m", firewall.name)
        if inspect(firewall.name)["State"]["Status"] != "running":
            # The kernel chose the main process, and here is no Compose to start the container again.
            _restart(firewall)
        _expect_working(firewall, 60)


def test_start_with_too_little_memory(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F1: what starts with almost none gets nothing out, whatever becomes of it."""
    limit = ("--memory=6m", "--memory-swap=6m")
    firewall = new_firewall(GOOD, ready=False, lack=Lack(options=limit))
    with _probing(firewall.agent, internet):
        firewall.wait_ready(5)
    docker("update", "--memory", "512m", "--memory-swap", "512m", firewall.name)
    _restart(firewall)
    with _probing(firewall.agent, internet):
        _expect_working(firewall, 45)


@pytest.mark.parametrize("room", ["4k", "1m,ro"], ids=["full disk", "read-only"])
def test_state_that_cannot_be_written(new_firewall: NewFirewall, internet: Internet, room: str) -> None:
    """X-F1: nothing can be kept, all works, and the log says what is wrong."""
    firewall = new_firewall(GOOD, "github.com", lack=Lack(room=room), ready=False)
    with _probing(firewall.agent, internet):
        firewall.wait_ready().checked()
        _expect_working(firewall)
        assert "is the disk full?" in firewall.log()


def test_full_disk_keeps_no_half_list(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F1: a copy cut off could name another host, a former one a host of old: there is none then."""
    firewall = new_firewall(GOOD, lack=Lack(room="8k"))
    with _probing(firewall.agent, internet):
        firewall.root("sh", "-c", f"head -c 99999 /dev/zero >{STATE}/filler")
        firewall.write_list(*[f"n{number}.example.net:5432" for number in range(500)], GOOD)
        assert "is the disk full?" in firewall.reload().checked().err
        kept = firewall.root("cat", f"{STATE}/list-in-force.txt").out
        assert kept == ""
        _expect_working(firewall)


def test_full_run_leaves_the_policy_in_force(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F1: a reload that has no room fails with a sentence; with room again it works."""
    firewall = new_firewall(GOOD, lack=Lack(options=("--tmpfs=/run:size=8m",)))
    with _probing(firewall.agent, internet):
        firewall.fill_run()
        firewall.write_list(GOOD, "other.example.net")
        done = firewall.reload()
        assert done.code == 1
        assert "no room for another policy: is the disk or the memory full?" in done.err
        assert _reaches(firewall)
        firewall.root("rm", "/run/filler").checked()
        firewall.reload().checked()
        _expect_working(firewall)


# -- state

_FILES = ("list-in-force.txt", "github-ranges.txt", "resolv.conf", "github-attempted")
DAMAGE = {
    "gone": "rm -rf $all",
    "empty": "for f in $all; do : >$f; done",
    "noise": "for f in $all; do head -c 5000 /dev/urandom >$f; done",
    "text": "for f in $all; do echo 'nameserver evil; *; 0.0.0.0/0 $(reboot)' >$f; done",
    "directories": "for f in $all; do rm -rf $f; mkdir -p $f/x; done",
    "dead links": "for f in $all; do rm -rf $f; ln -s /nowhere/at/all $f; done",
    "unlimited": "for f in $all; do yes 'git 0.0.0.0/0' | head -c 3000000 >$f; done",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_state(firewall: Firewall, internet: Internet, damage: str) -> None:
    """X-F1, US-003.3: whatever has become of what was kept, a restart works without it and opens nothing."""
    script = f"cd {STATE} && all='{' '.join(_FILES)}' && {DAMAGE[damage]}"
    firewall.root("sh", "-c", script).checked()
    _restart(firewall)
    with _probing(firewall.agent, internet):
        firewall.wait_ready().checked()
        _expect_working(firewall)
        assert "0.0.0.0" not in firewall.root("sh", "-c", "ipset save | grep github").out
        # Asked again, or not yet since it was asked just now; that is said then.
        status = firewall.status()
        assert status["github"]["prefixes"] or "not known yet" in str(status["warnings"])


def test_damaged_state_and_a_bad_list(firewall: Firewall, internet: Internet) -> None:
    """X-F1: neither the list nor its kept copy can be read: closed, in words, until the list is corrected."""
    put(firewall.name, STATE, {"list-in-force.txt": b"\xff\xfe*\n"})
    firewall.write_list("https://not.a.host/")
    _restart(firewall)
    with _probing(firewall.agent, internet):
        waited = firewall.wait_ready()
        assert waited.code == 1
        assert "is a URL" in waited.err + firewall.log()
        assert firewall.status()["state"] == "closed"
        assert "list-in-force.txt" in firewall.log()
        firewall.write_list(GOOD, "github.com")
        _expect_working(firewall)


# -- rights


def test_without_the_right_to_close(new_firewall: NewFirewall) -> None:
    """X-F1, US-003.7: what can neither close nor unplug the network ends, and the network with it."""
    firewall = new_firewall(GOOD, start=False, lack=Lack(rights=("NET_ADMIN", "NET_RAW")))
    docker("start", firewall.name)
    until(lambda: not firewall.running(), firewall.log)
    assert inspect(firewall.name)["State"]["ExitCode"] == 1
    assert "cannot even be unplugged, so this container ends" in firewall.log()
    assert "NET_ADMIN (cap_add in docker-compose.yml)" in firewall.log()
    joined = f"--network=container:{firewall.name}"
    assert "non running container" in docker("run", "--rm", joined, firewall.image, check=False).err


# -- others: DNS, GitHub


@pytest.fixture
def upstream(internet: Internet) -> Iterator[str]:
    """The tests' resolver, which is well again afterwards."""
    server = internet.servers["resolver"]
    yield server.container
    docker("unpause", server.container, check=False)
    internet.restore()


def test_upstream_resolver_is_silent(new_firewall: NewFirewall, internet: Internet, upstream: str) -> None:
    """X-F1, US-003.2: ready all the same, with a warning for each name; answers again, works again."""
    docker("pause", upstream)
    address = internet.servers["resolver"].address
    firewall = new_firewall(GOOD, "github.com", environment={"AIDEVCONTAINER_DNS": address})
    with _probing(firewall.agent, internet):
        assert not _reaches(firewall)
        sentence = "listed names resolves: is there a network"
        until(lambda: sentence in str(firewall.status()["warnings"]), firewall.status, 30)
        assert sentence in firewall.log()
        docker("unpause", upstream)
        _expect_working(firewall)


def test_lookups_behind_leave_the_processor_to_others(
    new_firewall: NewFirewall, internet: Internet, upstream: str
) -> None:
    """X-F3: whoever reloads the list meanwhile does not wait for programs that nobody waits for."""
    docker("pause", upstream)
    address = internet.servers["resolver"].address
    firewall = new_firewall(GOOD, environment={"AIDEVCONTAINER_DNS": address})
    priorities = "for pid in $(pidof dig); do awk '{ print $19 }' /proc/$pid/stat; done"
    until(lambda: set(firewall.root("sh", "-c", priorities).out.split()) == {"19"}, firewall.log)


LIES = {
    "itself": ["127.0.0.1"],
    "the metadata service": ["169.254.169.254"],
    "an inner network": ["10.1.2.3", "fd00::1"],
    "nothing": [],
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.usefixtures("upstream")
def test_upstream_resolver_lies(lying: Firewall, internet: Internet, lie: str) -> None:
    """X-F1, X-F7: an address that no public host has is not opened, and costs no other name anything."""
    internet.servers["resolver"].set("answers", {"sub.listed.example.net": LIES[lie]})
    with _probing(lying.agent, internet, tries=1):
        lying.reload().checked()
        assert lying.inside("curl", "-sSk", "https://sub.listed.example.net/").code in (6, 7)
        _expect_working(lying)


@pytest.fixture(scope="module")
def lying(new_firewall: NewFirewall, internet: Internet) -> Firewall:
    """A firewall that asks the tests' resolver."""
    address = internet.servers["resolver"].address
    return new_firewall(GOOD, "sub.listed.example.net", environment={"AIDEVCONTAINER_DNS": address})


@pytest.mark.usefixtures("upstream")
def test_github_is_down(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F1, US-003.2, US-003.3: nobody answers where its API should be: ready, with a warning."""
    nobody = str(internet.subnet[200])
    internet.servers["resolver"].set("answers", {"api.github.com": [nobody]})
    address = internet.servers["resolver"].address
    firewall = new_firewall(GOOD, "github.com", environment={"AIDEVCONTAINER_DNS": address})
    with _probing(firewall.agent, internet, tries=1):
        (warning,) = [text for text in firewall.status()["warnings"] if "ranges" in text]
        assert "could not be used" in warning
        assert firewall.inside("curl", "-sS", "https://github.com/").out == "hello from github\n"
        _expect_working(firewall)


# -- the policy's file


@pytest.fixture(scope="module")
def whole(new_firewall: NewFirewall) -> Firewall:
    """A firewall whose list tests break."""
    return new_firewall(GOOD)


BROKEN = {
    "a directory": ("rm $f && mkdir $f", "is not a file"),
    "a dead link": ("rm $f && ln -s /nowhere $f", "is not a file"),
    "a pipe": ("rm $f && mkfifo $f", "is not a file"),
    "noise": ("{ printf '\\377x\\n'; head -c 3000 /dev/urandom; } >$f", "not plain text"),
    "cut off in a line": ("printf 'github.com\\nlisted.example.net:' >$f", "line 2"),
    "a zero byte": (
        "printf 'github.com\\n%s\\0example.com\\n' listed.example.net >$f",
        "line 2: the file is not plain text",
    ),
    "in the middle of a merge": ("printf '<<<<<<< HEAD\\nlisted.example.net\\n' >$f", "line 1"),
    "endless": ("yes listed.example.net | head -c 5000000 >$f", "bytes"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_list_at_a_reload(whole: Firewall, internet: Internet, what: str) -> None:
    """X-F1, X-F5, US-004.3: the policy in force stays, with a sentence; the file mended, the reload works."""
    breaking, sentence = BROKEN[what]
    with _probing(whole.agent, internet, tries=1):
        whole.root("sh", "-c", f"cd {POLICY} && f=allowed-domains.txt && {breaking}").checked()
        done = whole.reload()
        assert done.code == 1
        assert "allowed-domains.txt" in done.err
        assert sentence in done.err
        assert "stays in force" in done.err
        assert _reaches(whole)
        whole.root("rm", "-rf", f"{POLICY}/allowed-domains.txt").checked()
        whole.write_list(GOOD)
        whole.reload().checked()
    assert _reaches(whole)


def test_list_is_gone(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F1, US-003.1: without a file the defaults hold, which are no more than what Claude needs."""
    firewall = new_firewall(GOOD)
    with _probing(firewall.agent, internet):
        firewall.root("rm", f"{POLICY}/allowed-domains.txt").checked()
        firewall.reload().checked()
        assert firewall.status()["source"] == "defaults"
        assert not _reaches(firewall)
        firewall.write_list(GOOD)
        firewall.reload().checked()
        _expect_working(firewall)
