"""Starting, restarting, ending: with good lists and bad ones, and where kernel or network lack something."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.docker import docker, inspect, put
from tests.support.firewall import POLICY, SCRIPTS, Firewall, Lack, NewFirewall, programs
from tests.support.internet import Internet
from tests.support.wait import until

pytestmark = pytest.mark.engine

GOOD, BAD = "listed.example.net", "https://listed.example.net/"
SENTENCE = "allowed-domains.txt line 1: 'https://listed.example.net/' is a URL: write only the host name"


def _reaches(firewall: Firewall, url: str = f"https://{GOOD}/") -> bool:
    return "hello" in firewall.inside("curl", "-sSk", url).out


def _expect_closed(firewall: Firewall, sentence: str) -> None:
    waited = firewall.wait_ready()
    assert waited.code == 1
    assert sentence in waited.err
    assert sentence in firewall.log()
    status = firewall.status()
    assert (status["state"], status["proof"]["refused"]) == ("closed", False)
    assert sentence in status["error"]
    assert firewall.root(f"{SCRIPTS}/healthcheck.sh").code == 1
    assert firewall.running()


def _broken(folder: Path, names: str, said: str) -> Path:
    return programs(folder, names, f"echo '{said}' >&2; exit 1")


def test_start_tells_what_it_does(new_firewall: NewFirewall) -> None:
    """US-003.6, US-003.7, X-F1: closed first, then the list, then both halves of the proof, then ready."""
    firewall = new_firewall(GOOD, "github.com")
    steps = ["closed: nothing passes", "entries: 3, from the file", "example.com does not resolve", "ready: "]
    log = firewall.log()
    assert sorted(steps, key=log.find) == steps
    assert "proof: github.com answers" in log
    assert "proof: a connection to " in log
    status = firewall.status()
    assert status["proof"] == {"refused": True, "reached": "github.com", "revision": 1}
    assert (status["state"], status["source"], status["error"]) == ("ready", "file", "")


def test_defaults_are_used_without_a_list(new_firewall: NewFirewall) -> None:
    """US-003.1, US-003.2: no file, and what Claude Code, npm and GitHub need is reached; names that do not
    resolve are warnings."""
    firewall = new_firewall(defaults=True)
    assert firewall.status()["source"] == "defaults"
    for host in (
        "registry.npmjs.org",
        "api.anthropic.com",
        "sentry.io",
        "statsig.com",
        "claude.ai",
        "github.com",
    ):
        assert firewall.inside("curl", "-sS", "-o", "/dev/null", f"https://{host}/").code == 0, host
    assert not _reaches(firewall)


def test_name_that_does_not_resolve_is_a_warning(new_firewall: NewFirewall) -> None:
    """US-003.2: a dead name costs nobody the start."""
    firewall = new_firewall(GOOD, "gone.example.net")
    sentence = "gone.example.net is listed and does not resolve."
    until(lambda: sentence in firewall.status()["warnings"], firewall.status)
    assert sentence in firewall.log()
    assert not any(GOOD in warning for warning in firewall.status()["warnings"])
    assert _reaches(firewall)


def test_bad_list_keeps_it_closed_until_it_is_corrected(new_firewall: NewFirewall) -> None:
    """X-F1, US-003.7: closed, with the line in the log; correcting the file is all it takes."""
    firewall = new_firewall(BAD, ready=False)
    _expect_closed(firewall, SENTENCE)
    assert not _reaches(firewall)
    firewall.write_list(GOOD)
    until(lambda: firewall.status()["state"] == "ready", firewall.log)
    assert _reaches(firewall)


@pytest.mark.parametrize("made", ["mkdir", "ln -s /nowhere"])
def test_what_is_no_file_keeps_it_closed(new_firewall: NewFirewall, made: str) -> None:
    """X-F1: a directory or a dangling link in the list's place is not "no list"."""
    firewall = new_firewall(BAD, ready=False)
    firewall.wait_ready()
    firewall.root(
        "sh", "-c", f"cd {POLICY} && rm allowed-domains.txt && {made} allowed-domains.txt"
    ).checked()
    until(lambda: "allowed-domains.txt is not a file" in firewall.status()["error"], firewall.log)
    assert firewall.status()["state"] == "closed"


def test_bad_list_at_a_reload_changes_nothing(new_firewall: NewFirewall) -> None:
    """X-F1, US-004.3: the policy in force stays in force, and the sentence goes to whoever asked."""
    firewall = new_firewall(GOOD)
    firewall.write_list(BAD)
    done = firewall.reload()
    assert done.code == 1
    assert SENTENCE in done.err
    assert firewall.status()["state"] == "ready"
    assert _reaches(firewall)


def test_bad_list_at_a_restart_keeps_the_last_good_one(new_firewall: NewFirewall) -> None:
    """X-F1: with a list that was in force before, it is in force again, with a warning that says so."""
    firewall = new_firewall(GOOD)
    firewall.write_list(BAD)
    docker("restart", "--time", "2", firewall.name)
    docker("restart", "--time", "0", firewall.agent)
    firewall.wait_ready().checked()
    (warning,) = [text for text in firewall.status()["warnings"] if SENTENCE in text]
    assert warning.startswith("The list has errors, so the last good one is in force")
    assert _reaches(firewall)


def test_reload_takes_hosts_in_and_out(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F3, FR-5: the list is read again without a restart."""
    unlisted = internet.servers["unlisted"].address
    firewall = new_firewall(GOOD)
    assert not _reaches(firewall, f"http://{unlisted}/")
    firewall.write_list(GOOD, unlisted)
    firewall.reload().checked()
    assert _reaches(firewall, f"http://{unlisted}/")
    assert _reaches(firewall)
    firewall.write_list(unlisted)
    firewall.reload().checked()
    assert not _reaches(firewall)
    assert firewall.status()["revision"] == 3


def test_reload_leaves_connections_alone(new_firewall: NewFirewall) -> None:
    """FR-5: a transfer that is under way ends as if nothing had happened."""
    firewall = new_firewall(GOOD)
    transfer = "curl -sS --limit-rate 1M https://listed.example.net/bytes/3000000 | wc -c > /tmp/received"
    firewall.inside("sh", "-c", f"({transfer}) >/dev/null 2>&1 &")
    firewall.reload().checked()
    firewall.reload().checked()
    read = ("cat", "/tmp/received")
    until(lambda: firewall.inside(*read).out.strip() == "3000000", lambda: firewall.inside(*read))


def test_removed_host_is_cut_off_and_nobody_else(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F5, FR-5: a transfer from a host that leaves the list breaks; one from a host that stays does not."""
    unlisted = internet.servers["unlisted"].address
    firewall = new_firewall(GOOD, unlisted)
    for name, host in (("kept", GOOD), ("removed", unlisted)):
        transfer = f"curl -sSk --limit-rate 500k https://{host}/bytes/3000000 | wc -c > /tmp/{name}"
        firewall.inside("sh", "-c", f"({transfer}) >/dev/null 2>&1 &")
    time.sleep(1)
    firewall.write_list(GOOD)
    firewall.reload().checked()
    received = {
        name: lambda name=name: firewall.inside("cat", f"/tmp/{name}").out.strip()
        for name in ("kept", "removed")
    }
    until(lambda: received["removed"]() != "", received["removed"], 2)
    assert int(received["removed"]()) < 3000000
    until(lambda: received["kept"]() == "3000000", received["kept"])


def test_resolver_comes_back(new_firewall: NewFirewall) -> None:
    """US-004.3: killed, it is there again before anybody notices."""
    firewall = new_firewall(GOOD)
    firewall.root("sh", "-c", "kill -9 $(pidof dnsmasq)").checked()
    until(lambda: _reaches(firewall), firewall.log, 5)
    assert firewall.root(f"{SCRIPTS}/healthcheck.sh").code == 0


def test_missing_sets_are_explained(new_firewall: NewFirewall, tmp_path: Path) -> None:
    """X-F1, US-003.7: a kernel without ipset: closed, with what is missing."""
    firewall = new_firewall(GOOD, programs=_broken(tmp_path, "ipset", "Kernel error received"), ready=False)
    _expect_closed(
        firewall, "the kernel refuses the sets of addresses (Kernel error received). It needs ip_set"
    )
    assert not _reaches(firewall)


ANSWERED = {
    "our resolver answers for example.com": "*@127.0.0.11) ;; *@127.0.0.1) echo 'status: NOERROR' ;;",
    "Docker's resolver answers the agent": "*@127.0.0.11) echo 192.0.2.1 ;; *) echo 'status: NXDOMAIN' ;;",
}


@pytest.mark.parametrize("sentence", ANSWERED)
def test_name_that_is_not_listed_and_is_answered_closes(
    new_firewall: NewFirewall, tmp_path: Path, sentence: str
) -> None:
    """X-F1, X-F2: whichever resolver does, the proof fails, and with it the start."""
    lying = programs(tmp_path, "dig", f'case "$*" in {ANSWERED[sentence]} esac')
    _expect_closed(new_firewall(GOOD, ready=False, programs=lying), sentence)


def test_ipv6_that_cannot_be_closed_unplugs_everything(
    new_firewall: NewFirewall, internet: Internet, tmp_path: Path
) -> None:
    """X-F4, X-F1: IPv6 is there and cannot be closed: no network at all rather than half a firewall.

    Once the rules can be loaded, the container ends, and starts anew, closed until its list is in force.
    """
    _broken(tmp_path, "ip6tables-restore ip6tables-legacy-restore", "Table does not exist")
    again = Lack(options=("--restart=on-failure",))
    firewall = new_firewall(GOOD, programs=tmp_path, ready=False, lack=again)
    _expect_closed(
        firewall, "the IPv6 rules cannot be loaded, so the network is unplugged (Table does not exist)"
    )
    assert not _reaches(firewall, f"http://{internet.servers['listed'].address}/")
    firewall.root("sh", "-c", "rm /broken/*").checked()
    until(lambda: firewall.log().count("closed: nothing passes") == 1, firewall.log)
    assert "the rules can be loaded now: restarting" in firewall.log()
    firewall.wait_ready().checked()
    # Its namespace is that of before, which leads nowhere any more.
    assert not _reaches(firewall)
    docker("restart", "--time", "0", firewall.agent)
    assert _reaches(firewall)
    assert not _reaches(firewall, f"http://{internet.servers['unlisted'].address}/")


def test_without_any_network_it_stays_up_and_says_so(new_firewall: NewFirewall) -> None:
    """X-F1, US-003.6: no network is no reason to die: refusal is proved, reaching is not, and it says so."""
    firewall = new_firewall(GOOD, network="none")
    status = firewall.status()
    assert status["proof"] == {"refused": True, "reached": None, "revision": 1}
    assert any(f"{GOOD} is listed and cannot be reached" in text for text in status["warnings"])
    assert firewall.running()


def test_starts_where_ipv6_is_off(new_firewall: NewFirewall) -> None:
    """X-F8: as Docker before 26 turns it off on a network of IPv4, down to the loopback device."""
    off = Lack(options=("--sysctl=net.ipv6.conf.all.disable_ipv6=1",))
    firewall = new_firewall(GOOD, network="none", lack=off)
    assert firewall.root("cat", "/proc/net/if_inet6").out == ""
    assert firewall.status()["state"] == "ready"


def test_end_comes_at_once(new_firewall: NewFirewall) -> None:
    """US-001.1: the signal to end is obeyed, not waited out."""
    firewall = new_firewall(GOOD)
    started = time.monotonic()
    docker("stop", "--time", "30", firewall.name)
    assert time.monotonic() - started < 15
    assert inspect(firewall.name)["State"]["ExitCode"] == 0


def test_nothing_passes_while_it_starts(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F1: an agent that hammers from its first moment on, over start and reloads, gets nothing out."""
    unlisted = internet.servers["unlisted"]
    hammer = f"while :; do : </dev/tcp/{unlisted.address}/22; done"
    assert internet.probe("timeout", "1", "bash", "-c", hammer).code in (124, 143)
    assert unlisted.seen("tcp")
    unlisted.forget()
    firewall = new_firewall(GOOD, ready=False)
    firewall.inside("bash", "-c", f"({hammer}) >/dev/null 2>&1 &")
    firewall.wait_ready().checked()
    for _ in range(2):
        firewall.reload().checked()
    assert f"{unlisted.address},tcp:22" in firewall.blocked()
    assert unlisted.seen("tcp") == []


def test_claudes_configuration_is_handed_over(new_firewall: NewFirewall) -> None:
    """FR-8, US-005.3: when the ids change, the folder belongs to the new ones before the agent runs."""
    firewall = new_firewall(GOOD)
    put(firewall.name, "/home/claude/.claude", {"session.json": b"{}"})
    firewall.root("chown", "-R", "4711:4711", "/home/claude/.claude").checked()
    docker("restart", "--time", "2", firewall.name)
    firewall.wait_ready().checked()
    owners = firewall.root(
        "stat", "-c", "%u:%g", "/home/claude/.claude", "/home/claude/.claude/session.json"
    ).out
    assert owners.split() == [":".join(map(str, firewall.ids))] * 2
