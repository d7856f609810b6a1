"""The list changes while the agent works: what stays allowed notices nothing, what is taken off is cut."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import hammer
from tests.support.docker import execute
from tests.support.firewall import SCRIPTS, Firewall, NewFirewall
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.wait import until

pytestmark = pytest.mark.engine

LISTED, OTHER = "listed.example.net:5432", "unlisted.example.net:5432"
# Holds a connection and sends a byte back and forth; a dot for each time, a word for the end.
_HOLD = """
exec 3<>"/dev/tcp/${0%:*}/${0#*:}" && read -r _ <&3 || { echo never; exit; }
while echo x >&3 && read -t 2 -r _ <&3; do printf .; sleep 0.05; done 2>/dev/null
echo "$EPOCHREALTIME end"
"""


@pytest.fixture(scope="module")
def firewall(new_firewall: NewFirewall) -> Firewall:
    """A firewall whose list a test may write."""
    return new_firewall(LISTED)


@pytest.fixture
def mine(project: Project) -> Iterator[Project]:
    """The shared project, whose own list is put back into force as it was."""
    name = ".aidevcontainer/allowed-domains.local.txt"
    before = project.read(name)
    project.write(name, before + LISTED + "\n")
    project.helper("firewall", "reload").checked()
    yield project
    project.write(name, before)
    project.in_firewall(f"{SCRIPTS}/init-firewall.sh", timeout=60)


def hold(container: str, target: str) -> str:
    """Open a connection that stays, and return the file that tells of it."""
    file = f"/tmp/{target}"
    execute(
        container, "sh", "-c", 'rm -f "$0"; (exec bash -c "$1" "$2" >"$0" 2>&1 &)', file, _HOLD, target
    ).checked()
    until(lambda: "..." in told(container, file), lambda: told(container, file))
    return file


def told(container: str, file: str) -> str:
    return execute(container, "cat", file).out


def lives(container: str, file: str) -> bool:
    """Tell whether a held connection still carries bytes."""
    before = told(container, file)
    until(lambda: len(told(container, file)) > len(before), lambda: before)
    return "end" not in told(container, file)


def test_allowed_host_is_reached_and_a_denied_one_is_cut_while_others_live(mine: Project) -> None:
    """X-F5, X-F6: allow opens at once; deny resets what is open within a second, and nothing else."""
    assert mine.inside("bash", "-c", "exec 3<>/dev/tcp/unlisted.example.net/5432").code != 0
    done = mine.helper("firewall", "allow", OTHER)
    assert (done.code, f"Allowed: {OTHER}" in done.err) == (0, True), done
    kept, cut = hold(mine.claude, LISTED), hold(mine.claude, OTHER)
    denied = mine.helper("firewall", "deny", OTHER)
    assert (denied.code, f"No longer allowed: {OTHER}" in denied.err) == (0, True), denied
    returned = float(mine.inside("bash", "-c", "echo $EPOCHREALTIME").out)
    until(lambda: "end" in told(mine.claude, cut), lambda: told(mine.claude, cut))
    ended = re.search(r"([0-9.]{12,}) end", told(mine.claude, cut))
    assert ended
    assert float(ended[1].lstrip(".")) < returned + 1
    assert lives(mine.claude, kept)


def test_allowance_for_a_time_ends_by_itself(mine: Project) -> None:
    """X-F6: after `--for` both new and open connections are refused; no file was written."""
    before = mine.read(".aidevcontainer/allowed-domains.local.txt")
    assert mine.helper("firewall", "allow", "--for", "10s", OTHER).code == 0
    held = hold(mine.claude, OTHER)
    assert mine.read(".aidevcontainer/allowed-domains.local.txt") == before
    until(lambda: "end" in told(mine.claude, held), lambda: told(mine.claude, held), seconds=30)
    assert mine.inside("bash", "-c", "exec 3<>/dev/tcp/unlisted.example.net/5432").code != 0
    assert json.loads(mine.helper("firewall", "status", "--json").out)["temporary"] == []


def test_allowance_ends_although_the_list_went_bad(mine: Project) -> None:
    """X-F6: a list that cannot be read keeps no host open beyond its time."""
    assert mine.helper("firewall", "allow", "--for", "10s", OTHER).code == 0
    held = hold(mine.claude, OTHER)
    mine.write(".aidevcontainer/allowed-domains.local.txt", "http://not.a.host/\n")
    until(lambda: "end" in told(mine.claude, held), lambda: told(mine.claude, held), seconds=30)
    assert mine.inside("bash", "-c", "exec 3<>/dev/tcp/listed.example.net/5432").code == 0


def test_deny_ends_an_allowance_although_the_list_went_bad(mine: Project) -> None:
    """X-F6: what was allowed for a time ends at once, whatever the files say."""
    assert mine.helper("firewall", "allow", "--once", OTHER).code == 0
    held = hold(mine.claude, OTHER)
    mine.write(".aidevcontainer/allowed-domains.local.txt", "http://not.a.host/\n")
    done = mine.helper("firewall", "deny", OTHER)
    assert (done.code, f"No longer allowed: {OTHER}" in done.err) == (0, True), done
    assert "The list has errors, so the last good one is in force" in done.err
    until(lambda: "end" in told(mine.claude, held), lambda: told(mine.claude, held))


def test_a_name_more_leaves_the_rules_alone_and_by_hand_nothing_stays_changed(mine: Project) -> None:
    """X-F5, US-004.3: allowed at once without loading rules; rules that were changed meanwhile are mended."""
    loaded = mine.in_firewall("iptables", "-S", check=True).out
    assert mine.helper("firewall", "allow", "unlisted.example.net").code == 0
    assert mine.inside("curl", "-sSk", "https://unlisted.example.net/").out
    assert mine.in_firewall("iptables", "-S", check=True).out == loaded
    mine.in_firewall("iptables", "-I", "OUTPUT", "-j", "ACCEPT", check=True)
    assert mine.helper("firewall", "allow", "more.example.net").code == 0
    until(lambda: "-A OUTPUT -j ACCEPT\n" not in mine.in_firewall("iptables", "-S").out, mine.status)


def test_bad_list_changes_nothing(mine: Project) -> None:
    """X-F5: file, line and reason; the policy in force stays, and so do its connections."""
    held = hold(mine.claude, LISTED)
    revision = json.loads(mine.helper("firewall", "status", "--json").out)["revision"]
    mine.write(".aidevcontainer/allowed-domains.local.txt", f"{LISTED}\nhttp://not.a.host/\n")
    done = mine.helper("firewall", "reload")
    assert done.code == 1
    assert "allowed-domains.local.txt line 2: 'http://not.a.host/' is a URL" in done.err
    assert "stays in force" in done.err
    assert json.loads(mine.helper("firewall", "status", "--json").out)["revision"] == revision
    assert lives(mine.claude, held)


def refused(mine: Project) -> list[dict[str, Any]]:
    """Return what the log holds."""
    return [json.loads(line) for line in mine.helper("firewall", "log", "--json").out.splitlines()]


def refusals(found: list[dict[str, Any]], address: str, port: str) -> int:
    """Return how often a port of an address was refused, also by what other tests did."""
    return sum(each["count"] for each in found if (each.get("address"), each.get("port")) == (address, port))


def test_log_names_what_was_refused(mine: Project, internet: Internet) -> None:
    """X-F6: a name that is not listed; a listed one on another port; an address; each with its count."""
    for _ in range(3):
        mine.inside("bash", "-c", "exec 3<>/dev/tcp/listed.example.net/8443")
    mine.inside("curl", "-sS", "https://evil.example.com/")
    address = internet.servers["unlisted"].address
    before = refusals(refused(mine), address, "80")
    mine.inside("curl", "-sS", f"http://{address}/")
    found = refused(mine)
    ports = {
        each["port"]: each for each in found if each.get("address") == internet.servers["listed"].address
    }
    assert ports["8443"]["count"] >= 3
    assert "listed.example.net" in ports["8443"]["names"]
    assert any(each.get("name") == "evil.example.com" and "address" not in each for each in found)
    assert refusals(found, address, "80") == before + 1


def test_hostile_name_stays_one_name(mine: Project) -> None:
    """X-F6: quotes, backslashes and spaces that the agent looks up break nothing on the way to the log."""
    mine.inside("dig", "+tries=1", "+time=1", "@127.0.0.1", 'x"y\\\\z\\032w.example.org')
    mine.inside("dig", "+tries=1", "+time=1", "@127.0.0.1", "\\255\\001.example.org")
    names = [each.get("name", "") for each in refused(mine)]
    assert [name for name in names if name.startswith('x"y') and name.endswith("w.example.org")], names
    assert all(" " <= letter <= "~" for name in names for letter in name)


def test_the_proofs_own_questions_are_not_in_the_log(mine: Project) -> None:
    """X-F6: what a reload tries by itself is not what the agent did."""
    # What goes on behind the reload before this one is over when this one returns.
    mine.reload()
    before = mine.helper("firewall", "log", "--json").out
    mine.reload()
    assert len(mine.helper("firewall", "log", "--json").out.splitlines()) == len(before.splitlines())


def test_log_follows(mine: Project) -> None:
    """X-F6: each refusal shows while it happens; Ctrl+C ends it, and nothing is left behind."""
    with mine.terminal(".aidevcontainer/firewall", "log", "--follow", "--since", "1s") as terminal:
        until(lambda: "read -r _" in mine.in_firewall("ps").out, lambda: terminal.screen())
        mine.inside("curl", "-sS", "https://followed.example.com/")
        terminal.wait_for("followed.example.com", 20)
        terminal.key("ctrl-c")
        assert terminal.wait() == 130
    until(lambda: "read -r _" not in mine.in_firewall("ps").out, lambda: mine.in_firewall("ps").out)


def test_log_that_cannot_go_on_says_so(mine: Project) -> None:
    """X-F6: when what it follows is gone."""
    with mine.terminal(".aidevcontainer/firewall", "log", "--follow", "--since", "1s") as terminal:
        until(lambda: "read -r _" in mine.in_firewall("ps").out, lambda: terminal.screen())
        mine.in_firewall("pkill", "-f", "read -r _", check=True)
        assert terminal.wait() == 1


def test_person_chooses_from_what_was_refused(mine: Project) -> None:
    """X-F6: on a terminal, with `--once` for this run."""
    mine.inside("curl", "-sS", "https://chosen.example.org/")
    with mine.terminal(".aidevcontainer/firewall", "allow", "--once") as terminal:
        terminal.wait_for("chosen.example.org")
        terminal.send(" ")
        terminal.key("enter")
        assert terminal.wait() == 0
    status = json.loads(mine.helper("firewall", "status", "--json").out)
    assert {"entry": "chosen.example.org", "until": None} in status["temporary"]
    assert mine.helper("firewall", "deny", "chosen.example.org").code == 0


def test_the_running_firewall_holds_against_its_own_attacks(mine: Project) -> None:
    """X-F7: none gets through."""
    done = mine.helper("firewall", "test", "--json")
    results = {each["what"]: each["result"] for each in json.loads(done.out)}
    assert done.code == 0
    assert len(results) >= 10
    assert set(results.values()) <= {"refused", "no way"}, results


def test_an_attack_that_gets_through_is_reported(mine: Project) -> None:
    """X-F7: the same attacks succeed where the rules are open, so that their failing means something."""
    opened = "for t in iptables ip6tables; do $t -I OUTPUT -j ACCEPT; done"
    # Whoever looks after the rules would load them anew in the middle of it.
    mine.in_firewall("pkill", "-STOP", "-f", "entrypoint[.]sh", check=True)
    mine.in_firewall("sh", "-c", opened, check=True)
    try:
        done = mine.helper("firewall", "test")
        assert done.code == 1
        assert re.search(r"^PASSED +names +Docker's own resolver$", done.out, re.MULTILINE), done.out
    finally:
        mine.in_firewall("pkill", "-CONT", "-f", "entrypoint[.]sh")
        mine.reload()


def test_agent_can_do_none_of_it(mine: Project) -> None:
    """X-F6: the scripts behind the commands do nothing for the agent."""
    for script in ("firewall/temporary.sh add 0 evil.example.com", "init-firewall.sh"):
        assert mine.inside("sh", "-c", f"{SCRIPTS}/{script}").code != 0
    assert mine.inside("curl", "-sS", "https://evil.example.com/").code == 6


def test_hammer_of_reloads(firewall: Firewall, internet: Internet) -> None:
    """X-F5, X-F2: under reloads no allowed connect or lookup fails, no refused one passes, open ones live."""
    firewall.write_list(LISTED, "listed.example.net")
    firewall.reload().checked()
    kept = hold(firewall.agent, LISTED)
    outcome = hammer.reloads(firewall, internet, most=40, seconds=90)
    assert outcome.reloads >= 20
    outcome.check()
    assert lives(firewall.agent, kept)
    print(outcome)


def test_nothing_grows_without_bound(firewall: Firewall) -> None:
    """X-F5: whoever asks for ever new names fills no disk, and policies that were replaced are gone."""
    names = 'for i in $(seq 1 6000); do echo "n$i.example.org"; done'
    ask = f"{names} | xargs -n 200 dig +tries=1 +time=1 +noall @127.0.0.1"
    execute(firewall.agent, "sh", "-c", ask, timeout=60)
    size = int(firewall.root("sh", "-c", "cat /run/aidevcontainer/asked.* | wc -l").out)
    assert 2000 <= size <= 8000
    sets = firewall.root("ipset", "list", "-name").out.splitlines()
    assert len([name for name in sets if name.startswith("networks-4-")]) == 1
    assert firewall.root("sh", "-c", "ls -d /run/aidevcontainer/generation-* | wc -l").out.strip() == "1"
