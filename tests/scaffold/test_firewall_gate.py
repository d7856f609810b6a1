"""What the name gate is told, and what it writes down."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.firewall_scripts import FOLDER, awk, lint, tables
from tests.support.run import run

LISTED = """\
registry.example.com
*.wild.example.com
plain.example.com:8080/http
own.example.com:5000/tls+private
ssh.example.com:443/tcp
10.1.2.3:443
db:5432
"""


def _emit(folder: Path, content: str) -> dict[str, list[str]]:
    (folder / "gate").mkdir(exist_ok=True)
    (folder / "policy").write_text(lint(folder, content).checked().out)
    given = {"dir": folder, "families": "6 4", "generation": 7, "gate": 5354}
    awk("ways emit-gate", folder / "policy", **given).checked()
    files = [*(folder / "gate").iterdir(), folder / "nat-4", folder / "nat-6"]
    return {path.name: path.read_text().splitlines() for path in files}


def test_gate_knows_names_with_port_and_protocol(tmp_path: Path) -> None:
    """X-F8: 443 is TLS and 80 is HTTP, other ports only where the entry says so."""
    found = _emit(tmp_path, LISTED)
    assert set(found["names.map"]) == {
        "registry.example.com:443/tls 1",
        "registry.example.com:80/http 1",
        "plain.example.com:8080/http 1",
        "own.example.com:5000/tls 1",
    }
    assert set(found["wildcards.map"]) == {".wild.example.com:443/tls 1", ".wild.example.com:80/http 1"}


def test_each_port_leads_to_a_port_of_the_gate(tmp_path: Path) -> None:
    """X-F8: over IPv6 the gate learns the port only from where the connection arrives."""
    found = _emit(tmp_path, LISTED)
    asked = dict(line.split() for line in found["ports.map"])
    for rule in found["nat-6"]:
        if "REDIRECT" in rule:
            words = rule.split()
            assert asked[words[words.index("--to-ports") + 1]] == words[words.index("--dport") + 1]
    assert sorted(asked.values()) == ["443", "5000", "80", "8080"]


def test_by_address_comes_before_by_name(tmp_path: Path) -> None:
    """X-F8: networks, services and other protocols do not pass the gate, and neither does its own traffic."""
    rules = _emit(tmp_path, LISTED)["nat-4"]
    first_lead = next(number for number, rule in enumerate(rules) if "REDIRECT" in rule)
    returned = "\n".join(rules[:first_lead])
    for part in ("--uid-owner 5354", "networks-4-7", "services-5432-4", "names-443-4", "never-4"):
        assert f"{part} " in f"{returned} "


def test_githubs_ranges_do_not_lead_to_the_gate(tmp_path: Path) -> None:
    """X-F8: GitHub's names pass by the addresses that they have, like all others."""
    assert not [rule for rule in _emit(tmp_path, "github.com\n")["nat-4"] if "github-" in rule]


def test_special_addresses_need_the_word_private(tmp_path: Path) -> None:
    """X-F7, X-F8: a name that leads into the private network needs an entry that says so."""
    rules = _emit(tmp_path, LISTED)["nat-4"]
    special = next(number for number, rule in enumerate(rules) if "special-4" in rule)
    before = [rule for rule in rules[:special] if "REDIRECT" in rule]
    assert len(before) == 1
    assert "names-5000.tls.private-4" in before[0]


def test_only_the_gate_reaches_what_passes_by_name(tmp_path: Path) -> None:
    """X-F8: without the redirect nothing passes, so a lost nat table closes."""
    lines = tables(tmp_path, LISTED)
    by_name = [line for line in lines if "names-web-4" in line or "names-5000.tls" in line]
    assert by_name
    assert all("--uid-owner 5354 -j dial" in line for line in by_name)
    (by_address,) = [line for line in lines if "names-443-4" in line]
    assert by_address.endswith("-j allow")


def test_agent_cannot_connect_to_the_gate_itself(tmp_path: Path) -> None:
    """X-F8: only redirected connections get in, before loopback is accepted."""
    for family in (4, 6):
        lines = tables(tmp_path, "example.com\n", family)
        redirected = next(number for number, line in enumerate(lines) if "DNAT -j to-gate" in line)
        assert "NEW -j log-and-refuse" in lines[redirected + 1]
        assert redirected + 1 < lines.index("-A OUTPUT -o lo -j ACCEPT")


def test_too_many_ports_are_refused(tmp_path: Path) -> None:
    """X-F8: the gate listens on a fixed number of ports."""
    many = "".join(f"a.example.com:{port}/tls\n" for port in range(5000, 5031))
    with pytest.raises(AssertionError, match="more than 30 ports"):
        try:
            _emit(tmp_path, many)
        except Exception as error:
            raise AssertionError(str(error)) from error


def _log(folder: Path, *lines: str) -> tuple[str, list[str], list[str]]:
    (folder / "said").write_text("".join(f"{line}\n" for line in lines))
    given = {"passed": folder / "passed", "refused": folder / "refused"}
    said = awk("journal gate-log", folder / "said", **given).checked().out

    def written(name: str) -> list[str]:
        path = folder / name
        return path.read_text().splitlines() if path.exists() else []

    return said, written("passed"), written("refused")


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("unlisted\t9\ttls\tevil.example\t443\t517\t0\t1\tPR", "gate 9 tls 443 name evil.example"),
        ("unnamed\t9\ttls\t-\t443\t517\t0\t1\tPR", "gate 9 tls 443 unnamed -"),
        ("plain\t9\ttls\t-\t443\t6\t0\t1\tPR", "gate 9 tls 443 plain -"),
        ("incomplete\t9\ttls\t-\t443\t6\t0\t1\tPR", "gate 9 tls 443 broken -"),
        ("proxy\t9\thttp\tevil.example\t80\t6\t0\t1\tLR", "gate 9 http 80 proxy evil.example"),
        ("-\t9\t-\t-\t-\t6\t0\t1\tPR", "gate 9 http 0 broken -"),
        ("unlisted\t9\thttp\ta b\u00fc#09\t80\t6\t0\t1\tLR", "gate 9 http 80 name a?b??#09"),
    ],
)
def test_refusal_is_one_line_of_plain_words(tmp_path: Path, line: str, written: str) -> None:
    """X-F8: the agent chooses the name, so it can neither add words nor letters that a terminal obeys."""
    said, passed, refused = _log(tmp_path, line)
    assert (said, passed, refused) == ("", [], [written])


@pytest.mark.parametrize(
    "line",
    [
        "incomplete\t9\ttls\t-\t443\t0\t0\t15000\tcD",
        "unresolved\t9\ttls\tlisted.example\t443\t517\t0\t1\tPR",
        "-\t9\t-\t-\t-\t0\t0\t1\tCR",
        "passed\t9\ttls\tlisted.example\t443\t517\t0\t1\tSC",
        "passed\t9\thttp\tlisted.example\t80\t517\t0\t1\tsC",
        "[NOTICE]   (7) : haproxy version is 3.2.1",
    ],
)
def test_neither_passed_nor_refused(tmp_path: Path, line: str) -> None:
    """X-F8, X-F9: a connection that never said anything, or to a host that is down, is in neither journal."""
    assert _log(tmp_path, line) == ("", [], [])


def test_messages_for_a_person_are_bounded(tmp_path: Path) -> None:
    """X-F8: connections cannot fill the container's log."""
    said, _, _ = _log(tmp_path, *["something odd"] * 50)
    assert said == "firewall: name gate: something odd\n" * 20


def test_journal_of_what_passed_is_bounded(tmp_path: Path) -> None:
    """X-F9: two files of 20,000 lines, however many connections there are."""
    line = "passed\t9\ttls\tlisted.example\t443\t517\t900\t12\t--"
    _log(tmp_path, *[line] * 45_000)
    lengths = [len((tmp_path / f"passed{end}").read_text().splitlines()) for end in ("", ".old")]
    assert sorted(lengths) == [5_000, 20_000]


SESSIONS = """\

> # table: open, type: string, size:5000, used:4
0x1: key=kept.example:443/tls@5001 use=1 exp=900 shard=0
0x2: key=gone.example:443/tls@5002 use=1 exp=900 shard=0
0x3: key=a.wild.example:443/tls@5003 use=1 exp=900 shard=0
0x4: key=wild.example:443/tls@5004 use=1 exp=900 shard=0
0x5: key=ended.example:443/tls@5005 use=0 exp=900 shard=0

> 0xa1: proto=tcpv4 src=172.18.0.2:5001 fe=tls be=dial-tls srv=named ts=00
0xa2: proto=tcpv4 src=172.18.0.2:5002 fe=tls be=dial-tls srv=named ts=00
0xa3: proto=tcpv6 src=2a10::2:5003 fe=tls be=dial-tls srv=named ts=00
0xa4: proto=tcpv6 src=2a10::2:5004 fe=tls be=dial-tls srv=named ts=00
0xa5: proto=tcpv4 src=172.18.0.2:5005 fe=tls be=dial-tls srv=named ts=00
0xa6: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> ts=00
"""


def test_only_connections_of_removed_names_end(tmp_path: Path) -> None:
    """X-F5, X-F8: a wildcard covers what is below it, not its own domain."""
    (tmp_path / "names.map").write_text("kept.example:443/tls 1\n")
    (tmp_path / "wildcards.map").write_text(".wild.example:443/tls 1\n")
    program = ["awk", "-f", str(FOLDER / "unlisted-connections.awk")]
    files = [str(tmp_path / "names.map"), str(tmp_path / "wildcards.map"), "-"]
    ends = run([*program, *files], input=SESSIONS).checked().out.splitlines()
    assert ends == ["shutdown session 0xa2", "shutdown session 0xa4"]
