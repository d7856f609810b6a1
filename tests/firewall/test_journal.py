"""What the helpers make of the records that the firewall prints."""

from __future__ import annotations

import os
import re
import select
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aidevcontainer.firewall import journal, refusals
from aidevcontainer.firewall.journal import Connection
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.util.errors import Problem
from tests.support import journals
from tests.support.firewall_scripts import FOLDER, script

# The time of what was refused at `now` minus this, with the lifetime of an entry.
NOW = 1000
SPECIAL_USE = [line for line in (FOLDER / "special-use.txt").read_text().splitlines() if line[0] != "#"]


def blocked(entry: str, *records: str) -> Refusal:
    """Returns the refusal of an entry that was refused 4 times, with more records."""
    record = f"add blocked-4 {entry} timeout 86000 packets 4 bytes 240"
    (found,) = journal.refusals(journals.answer(*records, record, now=NOW))
    return found


def test_proofs_own_questions_are_left_out() -> None:
    """X-F6: of the same name in the same moment, and no others."""
    text = journals.answer(
        "own 100 example.com",
        "refused 101 example.com",
        "refused 200 example.com",
        "refused 100 other.example.com",
        "gate 100 tls 443 name example.com",
        "gate 105 tls 443 name example.com",
        "add blocked-4 192.0.2.1,tcp:22 timeout 86000 packets 4 bytes 240",
        "add last-blocked-4 192.0.2.1,tcp:22 timeout 86300",
        "known 192.0.2.1 a.example.net",
        "known 192.0.2.1 b.example.net",
        "known 192.0.2.1 a.example.net",
        "known 192.0.2.1 github.com,c.example.net",
        now=NOW,
    )
    assert journal.refusals(text) == [
        Refusal(100, 1, ("other.example.com",), "", "dns", ""),
        Refusal(105, 1, ("example.com",), "", "tls", "443", "name"),
        Refusal(200, 1, ("example.com",), "", "dns", ""),
        Refusal(900, 4, ("a.example.net", "b.example.net"), "192.0.2.1", "tcp", "22"),
    ]


@pytest.mark.parametrize(("moment", "left_out"), [(98, False), (99, True), (104, True), (105, False)])
def test_own_question_is_in_the_journal_within_seconds(moment: int, left_out: bool) -> None:
    """X-F6: the firewall notes it, then asks, and the resolver notes it in turn."""
    text = journals.answer("own 100 example.com", f"refused {moment} example.com")
    assert (journal.refusals(text) == []) is left_out


def test_proof_of_the_agent_container_is_left_out() -> None:
    """X-F6: its name and both of its addresses on port 53, and nothing beside them."""
    proof = ["refused 9 proof.aidevcontainer.invalid"]
    proof += [f"add blocked-4 {each},tcp:53 timeout 9 packets 1 bytes 60" for each in ("240.0.0.1", "100::1")]
    assert journal.refusals(journals.answer(*proof)) == []
    assert blocked("240.0.0.1,tcp:54").port == "54"


def test_answer_of_dockers_resolver_to_ours_is_left_out() -> None:
    """X-F6: our resolver had just restarted; what the agent asks Docker's resolver shows."""
    answered = "add blocked-4 127.0.0.11,icmp:3/3 timeout 9 packets 1 bytes 60"
    assert journal.refusals(journals.answer(answered)) == []
    assert blocked("127.0.0.11,udp:53").reason == "resolver"


_REASONS = {
    "10.0.0.5": "private",
    "172.31.255.255": "private",
    "172.32.0.0": "",
    "192.168.1.1": "private",
    "100.64.0.1": "private",
    "168.63.129.16": "private",
    "168.63.129.17": "",
    "169.254.169.254": "local",
    "127.0.53.1": "local",
    "127.0.0.11": "resolver",
    "93.184.215.14": "",
    "10.9.9.9": "resolver",
    "2001:db8::9": "resolver",
    "fd00:ec2::254": "private",
    "fe80::1": "local",
    "febf::1": "local",
    "fec0::1": "private",
    "2001:1ff::1": "private",
    "2001:200::1": "",
    "3fff:fff::1": "private",
    "4000::1": "",
    "2606:4700::1": "",
}


@pytest.mark.parametrize("address", _REASONS)
def test_refused_connection_has_its_reason(address: str) -> None:
    """X-F6: a private address, one of this machine, a resolver; or that it is not listed."""
    found = blocked(f"{address},tcp:53", "resolvers 10.9.9.9 2001:db8::9 ", *SPECIAL_USE)
    assert found == Refusal(600, 4, (), address, "tcp", "53", _REASONS[address])


def test_connection_that_met_the_limit_says_so() -> None:
    """X-F6: its host is listed, so nobody should look for a missing line."""
    found = blocked("93.184.215.14,tcp:443", "add limited-4 93.184.215.14,tcp:443 timeout 3000")
    assert found == Refusal(600, 4, (), "93.184.215.14", "tcp", "443", "limit")


def test_connection_over_ipv6_without_a_name() -> None:
    """X-F6: address, protocol and type apart."""
    found = blocked("2001:db8::1,icmpv6:128/0")
    assert found == Refusal(600, 4, (), "2001:db8::1", "icmpv6", "128/0")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("gate 9 tls 443 name evil.example", Refusal(9, 3, ("evil.example",), "", "tls", "443", "name")),
        ("gate 9 tls 443 plain -", Refusal(9, 3, (), "", "tls", "443", "plain")),
        ("gate 9 http 0 broken -", Refusal(9, 3, (), "", "http", "0", "broken")),
    ],
)
def test_refusals_of_the_name_gate(record: str, expected: Refusal) -> None:
    """X-F8: counted by name, port and reason, with the time of the last one."""
    other = "gate 9 tls 8443 changed -"
    earlier = record.replace("gate 9", "gate 8")
    found = journal.refusals(journals.answer(earlier, record, other, earlier))
    assert set(found) == {expected, Refusal(9, 1, (), "", "tls", "8443", "changed")}


_HOSTILE = {
    b'"quoted".example': '"quoted".example',
    b"back\\slash\\n.example": "back\\slash\\n.example",
    b"\x01\x1b[2J\x7f.example": "??[2j?.example",
    b"\xff\xfe.example": "??.example",
    "z\u00fcrich.example".encode(): "z?rich.example",
    "line\u2028break.example".encode(): "line?break.example",
    b"carriage\rrefused 101 return.example": "carriage?refused 101 return.example",
    b"form\x0crefused 101 feed\x1cgroup\x85.example": "form?refused 101 feed?group?.example",
    b"two words  and.example": "two words  and.example",
    b" known 192.0.2.1 name.example": " known 192.0.2.1 name.example",
    b"{{x}}[],:null.example": "{{x}}[],:null.example",
    b"$(id)`id`.example": "$(id)`id`.example",
}


@pytest.mark.parametrize("name", _HOSTILE, ids=repr)
def test_every_name_is_one_name(tmp_path: Path, name: bytes) -> None:
    """X-F6: no name becomes another line, and bytes that are not text are marked."""
    (tmp_path / "asked.refused").write_bytes(b"refused 100 " + name + b"\nrefused 101 other.example\n")
    done = script(tmp_path, "journals.sh", "refused").checked()
    assert journal.refusals(done.out) == [
        Refusal(100, 1, (_HOSTILE[name],), "", "dns", ""),
        Refusal(101, 1, ("other.example",), "", "dns", ""),
    ]


_TEXT = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=200)


@given(st.lists(_TEXT), _TEXT, _TEXT)
def test_names_are_plain_text_and_only_hosts_become_entries(names: list[str], address: str, way: str) -> None:
    """X-F6: the agent has a hand in every text, and a terminal shows it."""
    asked = [f"{kind} 9 {name}" for name in names for kind in ("refused", "gate")]
    known = [f"known {address} {name}" for name in names]
    text = journals.answer(*asked, *known, f"add blocked-4 {address},{way} timeout 9", *names)
    for each in journal.refusals(text):
        assert all(" " <= letter <= "~" for letter in refusals.words(each))
        assert not any(re.search(r"[\s#,]", entry) or entry == "" for entry in refusals.entries(each))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        '{"time": 1, "count": 1, "protocol": "dns", "names": ["evil.example"]}\n\n',
        "name 1 2 evil.example\n\n",
        "refused 1 evil.example\n\n",
        "now soon 86400\n\n",
        "now 1\n\n",
        "now\n\n",
        'OCI runtime exec failed: exec: "journals.sh": no such file or directory: unknown\r\n',
    ],
)
def test_answer_of_another_version_is_not_nothing(text: str) -> None:
    """X-F6: an older container, or an answer that was cut; "refused nothing" would be wrong."""
    for read in (journal.refusals, journal.connections):
        with pytest.raises(Problem, match="was started with another version"):
            read(text)


def test_records_that_are_not_complete_count_for_nothing() -> None:
    """X-F6: a full disk cuts a line short, and a later version may have records of other kinds."""
    cut = [
        "refused 9",
        "refused",
        "gate 9 tls 443 name",
        "known 192.0.2.1",
        "own",
        "add blocked-4",
        "later 9 x",
    ]
    cut += [
        "",
        "refused x a.example",
        "17",
        "17 tls",
        "17 tls a.example 443 1 2",
        "17 tls a 443 1 2 x",
    ]
    whole = ("refused 9 whole.example", "17 tls a.example 443 1 2 3000")
    found = journal.refusals(journals.answer(*cut, *whole))
    assert found == [Refusal(9, 1, ("whole.example",), "", "dns", "")]
    assert journal.connections(journals.answer(*cut, *whole)) == [
        Connection(17, "tls", "a.example", 443, 1, 1, 2, 3.0)
    ]


def test_snapshot_is_sorted_by_time() -> None:
    """X-F6: the oldest first; a name in capitals is the same name."""
    found = journal.refusals(journals.answer("refused 20 B.example", "refused 10 a.example"))
    assert [each.names for each in found] == [("a.example",), ("b.example",)]


def test_connections_that_passed() -> None:
    """X-F8, X-F9: by name the oldest first, then by address, with the known names or without."""
    text = journals.answer(
        "known 2a10::1 b.example",
        "known 2a10::1 a.example",
        "known 2a10::1 b.example",
        "known 2a10::1 c d.example",
        "20 http later.example 80 1 2 3",
        "9 tls listed.example 443 517 900 1200",
        "add passed-6 2a10::1,tcp:22 timeout 85409 packets 3 bytes 180",
        "add passed-4 192.0.2.1,udp:53 timeout 85410 packets 1 bytes 60",
        "add passed-4 192.0.2.1,icmp:8/0 timeout 85410 packets 1 bytes 60",
        "add names-web-4 192.0.2.9 timeout 85410",
        now=NOW,
    )
    assert journal.connections(text) == [
        Connection(9, "tls", "listed.example", 443, 1, 517, 900, 1.2),
        Connection(20, "http", "later.example", 80, 1, 1, 2, 0.003),
        Connection(9, "tcp", "a.example, b.example", 22, 3),
        Connection(10, "udp", "192.0.2.1", 53, 1),
    ]


def test_address_with_many_names_shows_three() -> None:
    """X-F9: below a wildcard an address may have any number."""
    known = [f"known 192.0.2.1 n{number}.example" for number in range(9)]
    passed = "add passed-4 192.0.2.1,tcp:22 timeout 9 packets 1 bytes 60"
    (found,) = journal.connections(journals.answer(*known, passed))
    assert found.host == "n0.example, n1.example, n2.example"


def test_script_prints_every_journal(tmp_path: Path) -> None:
    """X-F6, X-F9: both files of each, and an empty line at the end; other words are wrong usage."""
    files = {
        "upstreams": "10.9.9.9 2001:db8::9\n",
        "own-questions": "100 own.example\n",
        "asked.refused": "refused 300 b.example\n",
        "asked.refused.old": "refused 101 own.example\nrefused 200 a.example\n",
        "asked.known.old": "known 192.0.2.1 a.example\n",
        "gate-refused": "gate 400 tls 443 name c.example\n",
        "passed": "30 tls d.example 443 1 2 3\n",
        "passed.old": "20 tls e.example 443 1 2 3\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    answers = {word: script(tmp_path, "journals.sh", word).checked().out for word in ("refused", "passed")}
    assert all(answer.endswith("\n\n") and answer.count("\n\n") == 1 for answer in answers.values())
    assert "resolvers 10.9.9.9 2001:db8::9\n" in answers["refused"]
    assert set(SPECIAL_USE) < set(answers["refused"].splitlines())
    assert [each.names[0][0] for each in journal.refusals(answers["refused"])] == ["a", "b", "c"]
    assert "known 192.0.2.1 a.example\n" in answers["passed"]
    assert [each.host[0] for each in journal.connections(answers["passed"])] == ["e", "d"]
    assert script(tmp_path, "journals.sh", "refuse").code == 2


def test_script_follows_what_passes(tmp_path: Path) -> None:
    """X-F9: also where the journal begins later; it ends with its standard input."""
    line = "30 tls d.example 443 1 2 3\n"
    folders = {"FIREWALL_RUN": str(tmp_path), "FIREWALL_STATE": str(tmp_path)}
    with subprocess.Popen(
        ["sh", FOLDER / "journals.sh", "passed", "--follow"],
        env={**os.environ, **folders},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline().startswith("now ")
        assert process.stdout.readline() == "\n"
        # What passes before the script watches is not shown.
        while not select.select([process.stdout], [], [], 0.2)[0]:
            with (tmp_path / "passed").open("a") as file:
                file.write(line)
        assert process.stdout.readline() == line
        process.stdin.close()
        assert process.wait(timeout=10) == 0
