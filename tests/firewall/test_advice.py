"""What the firewall's helpers read and say: hosts that a repository names, lists that are theirs to trust."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from aidevcontainer.firewall import prompt, refusals, suggest
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.firewall.prompt import Choice, Offer
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.project.paths import Project
from aidevcontainer.util import durations
from aidevcontainer.util.errors import Problem
from tests.support.firewall_list import sentences
from tests.support.firewall_scripts import awk
from tests.support.scaffold import ROOT

FILES = {
    "web/package-lock.json": '{"funding": "https://funding.dev", "resolved": "https://npm.corp.dev/a.tgz"}',
    ".npmrc": "# registry=https://old.corp.dev/\n@corp:registry=https://user:pw@packages.corp.dev:8443/npm/\n",
    "requirements.txt": "--index-url https://pypi.corp.dev/simple\nrequests\n",
    "Dockerfile": "FROM --x registry.corp.dev/base\nRUN curl -f https://get.corp.dev/x\nFROM alpine\n",
    ".github/workflows/ci.yml": "# see https://docs.corp.dev\n    - run: wget https://ci.corp.dev/tool\n",
    ".gitmodules": '[submodule "a"]\n\turl = git@git.corp.dev:a/b.git\n',
    "node_modules/x/.npmrc": "registry=https://evil.corp.dev/\n",
    "Cargo.toml": '[dependencies]\na = { git = "https://listed.corp.dev/a" }\n',
}


@pytest.fixture
def lists(tmp_path: Path) -> Lists:
    """The lists of a project whose repository names hosts."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".aidevcontainer").mkdir()
    (tmp_path / ".aidevcontainer/allowed-domains.txt").write_text("listed.corp.dev\n*.crates.io\npypi.org\n")
    return Lists(Project(str(tmp_path)))


def offered(lists: Lists) -> dict[str, str]:
    project = Project(str(Path(lists.folder).parent))
    return {each.entry: each.file for each in suggest.collect(project)}


def test_hosts_that_files_name_are_offered_with_the_file(lists: Lists) -> None:
    """X-F6: lock files, registries in configuration, requirements, Dockerfiles, CI files, submodules."""
    found = {entry: file for entry, file in offered(lists).items() if "corp" in entry}
    assert found == {
        "npm.corp.dev": "web/package-lock.json",
        "packages.corp.dev:8443": ".npmrc",
        "pypi.corp.dev": "requirements.txt",
        "registry.corp.dev": "Dockerfile",
        "get.corp.dev": "Dockerfile",
        "ci.corp.dev": ".github/workflows/ci.yml",
        "git.corp.dev": ".gitmodules",
    }


def test_a_manifest_implies_its_service_less_what_is_listed(lists: Lists) -> None:
    """X-F6: by the same list that the questions offer."""
    found = offered(lists)
    assert found["registry.npmjs.org"] == "web/package-lock.json"
    assert found["files.pythonhosted.org"] == "requirements.txt"
    assert {"pypi.org", "listed.corp.dev", "static.crates.io"}.isdisjoint(found)


def test_every_manifest_belongs_to_a_bundle() -> None:
    """X-F6: a bundle that was renamed is not silently forgotten."""
    keys = {
        each["key"]
        for each in yaml.safe_load((ROOT / "bootstrap/aidevcontainer/firewall/bundles.yml").read_text())
    }
    assert {source.bundle for source in suggest._SOURCES} - {""} <= keys


def test_nothing_is_added_and_nothing_strange_is_read(lists: Lists, tmp_path: Path) -> None:
    """X-F6: what the agent put into the tree cannot make the helper hang, fail or write."""
    (tmp_path / "package.json").mkdir()
    (tmp_path / "pip.conf").symlink_to("/dev/zero")
    (tmp_path / "uv.lock").write_bytes(b'\xff\xfe registry = "https://x\x00.corp.dev"')
    before = (tmp_path / ".aidevcontainer/allowed-domains.txt").read_text()
    offered(lists)
    assert (tmp_path / ".aidevcontainer/allowed-domains.txt").read_text() == before
    assert sorted(path.name for path in (tmp_path / ".aidevcontainer").iterdir()) == ["allowed-domains.txt"]


def test_what_is_suggested_is_an_entry(lists: Lists) -> None:
    """X-F6: the firewall's linter takes every one."""
    assert sentences("\n".join(offered(lists))) == ""


def test_risky_hosts_are_names() -> None:
    """X-F6: each kind has some, and none is misspelt."""
    found = yaml.safe_load((ROOT / "bootstrap/aidevcontainer/firewall/risky_hosts.yml").read_text())
    assert set(found) == {"rentable", "tunnels", "dns_over_https"}
    for names in found.values():
        assert names
        assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name) for name in names)


@given(st.text(max_size=200))
def test_whatever_the_firewall_says_is_read(text: str) -> None:
    """X-F6: lines that an attacker had a hand in are shown as plain text, and only names become entries."""
    for each in refusals.parse(f"name 1 1 {text}\naddress 1 1 tcp 99 192.0.2.1 {text}\n{text}"):
        assert all(" " <= letter <= "~" for letter in refusals.words(each))
        assert not any(re.search(r"[\s#,]", entry) or entry == "" for entry in refusals.entries(each))


def test_counts_of_what_is_new() -> None:
    """X-F6: `--follow` shows what happened since, not the sum."""
    before = [Refusal(10, 2, ("a.example.net",), "", "dns", "")]
    again = Refusal(20, 5, ("a.example.net",), "", "dns", "")
    other = Refusal(20, 1, (), "192.0.2.1", "tcp", "22")
    assert refusals.newer([*before], before) == []
    assert refusals.newer([again, other], before) == [again._replace(times=3), other]
    assert refusals.newer([other._replace(names=("b.example.net",))], [other]) == []


def test_offers_are_what_a_list_can_allow(lists: Lists) -> None:
    """X-F6: nothing over UDP, nothing that is listed, the latest first, one line for each entry."""
    found = [
        Refusal(10, 1, ("a.example.net",), "", "dns", ""),
        Refusal(30, 2, (), "192.0.2.1", "tcp", "22"),
        Refusal(20, 1, ("a.example.net",), "192.0.2.2", "tcp", "443"),
        Refusal(40, 1, (), "192.0.2.1", "udp", "53"),
        Refusal(40, 1, ("listed.corp.dev",), "", "dns", ""),
        Refusal(40, 1, ("x.crates.io",), "", "dns", ""),
        Refusal(40, 1, (), "2001:db8::1", "tcp", "8443"),
        Refusal(40, 1, ("two words",), "", "dns", ""),
    ]
    assert prompt.offers(found, lists) == [
        Offer("[2001:db8::1]:8443", 1, 40),
        Offer("192.0.2.1:22", 2, 30),
        Offer("a.example.net", 2, 20),
    ]


def test_every_listed_name_of_an_address_is_said(lists: Lists) -> None:
    """X-F6: nobody knows which was meant; below a wildcard there may be any number."""
    (found,) = refusals.parse("address 9 1 tcp 22 192.0.2.1 a.example.net,b.example.net\n")
    assert refusals.words(found) == "tcp 192.0.2.1:22 (a.example.net, b.example.net)"
    assert [each.entry for each in prompt.offers([found], lists)] == [
        "a.example.net:22",
        "b.example.net:22",
    ]
    many = ",".join(f"n{number}.example.net" for number in range(9))
    (found,) = refusals.parse(f"address 9 1 tcp 22 192.0.2.1 {many}\n")
    assert refusals.words(found).endswith("(n0.example.net, n1.example.net, n2.example.net and 6 more)")


@pytest.mark.parametrize(
    ("keys", "choice"),
    [
        (" \r\r", Choice(["a.example.net"], None)),
        (" \r\x1b[B\r", Choice(["a.example.net"], 0)),
        ("\x1b[B \r\x1b[B\x1b[B\r", Choice(["b.example.net"], 1800)),
        ("\r", None),
        ("\x03", None),
    ],
)
def test_choosing(keys: str, choice: Choice | None) -> None:
    """X-F6: which, then for how long; nothing chosen or Ctrl+C changes nothing."""
    offers = [Offer("a.example.net", 1, 0), Offer("b.example.net", 1, 0)]
    with create_pipe_input() as pipe:
        pipe.send_text(keys)
        assert prompt.ask(offers, None, input=pipe, output=DummyOutput()) == choice


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("2H", 7200), ("1d", 86400)])
def test_spans(text: str, seconds: int) -> None:
    """X-F6: as people write them."""
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "-1m", "0s", "1.5h", "31d", "1w", "9" * 9 + "s"])
def test_what_is_no_span(text: str) -> None:
    """X-F6: wrong usage."""
    with pytest.raises(Problem, match="not a length of time") as caught:
        durations.seconds(text)
    assert caught.value.code == 2


def test_addresses_of_listed_names_outlive_a_removal(tmp_path: Path) -> None:
    """X-F5: what is known to belong to a name that is still listed, on its ports; the rest is forgotten."""
    rows = ("name\tkept.example.net\tweb\tf:1", "wildcard\twild.example.net\t22\tf:2")
    (tmp_path / "policy").write_text("".join(f"{row}\n" for row in rows))
    (tmp_path / "known").write_text(
        "192.0.2.1 kept.example.net\n192.0.2.2 gone.example.net\n"
        "192.0.2.3 a.wild.example.net\n192.0.2.4 wild.example.net\n"
        + "".join(f"add names-web-4 192.0.2.{last} timeout 99\n" for last in (1, 2, 5))
        + "".join(f"add names-22-4 192.0.2.{last} timeout 98\n" for last in (1, 3, 4))
    )
    forgotten = awk("forget-unlisted", tmp_path / "policy", tmp_path / "known").checked().out
    assert forgotten.splitlines() == [
        *(f"add names-web-4 192.0.2.{last} timeout 99" for last in (2, 5)),
        *(f"add names-22-4 192.0.2.{last} timeout 98" for last in (1, 4)),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="macOS's awk has no systime()")
def test_journal_is_bounded_and_plain(tmp_path: Path) -> None:
    """X-F6: whoever asks for names writes at most two files of 2000 lines, and nothing into the log."""
    asked = "".join(f"dnsmasq[7]: {i} 127.0.0.1/5 config n{i}.example.org is NXDOMAIN\n" for i in range(9000))
    answered = (
        "dnsmasq[7]: 9 127.0.0.1/5 query[A] www.example.net from 127.0.0.1\n"
        "dnsmasq[7]: 9 127.0.0.1/5 reply www.example.net is <CNAME>\n"
        "dnsmasq[7]: 9 127.0.0.1/5 reply alias.example.com is 192.0.2.9\n"
    )
    (tmp_path / "said").write_text(answered + asked + "dnsmasq[7]: something is wrong\n")
    said = awk("resolver-log", tmp_path / "said", journal=tmp_path / "journal").checked().out
    assert said == "firewall: resolver: something is wrong\n"
    assert (tmp_path / "journal.known.0").read_text() == "known 192.0.2.9 www.example.net\n"
    lines = [len((tmp_path / f"journal.refused.{side}").read_text().splitlines()) for side in (0, 1)]
    assert max(lines) <= 2000
    assert sum(lines) >= 2000


_FORGED = {
    "an old question's answer": (
        "5 127.0.0.1/4 query[A] evil.example from 127.0.0.1",
        "1005 127.0.0.1/5 query[A] kept.example from 127.0.0.1",
        "5 127.0.0.1/4 reply evil.example is 45.33.32.156",
    ),
    "a name that reads like an answer": (
        "6 127.0.0.1/4 query[A] kept.example is 6.6.6.6 .wild.example.net from 127.0.0.1",
        "6 127.0.0.1/4 reply kept.example is 6.6.6.6 .wild.example.net is NXDOMAIN",
    ),
    "an answer to a name that reads like a question": (
        "7 127.0.0.1/4 query[A] kept.example from 6.6.6.6 .wild.example.net from 127.0.0.1",
        "7 127.0.0.1/4 reply kept.example from 6.6.6.6 .wild.example.net is 6.6.6.6",
        "7 127.0.0.1/4 reply alias.example is 6.6.6.6",
    ),
}


@pytest.mark.parametrize("forged", _FORGED)
def test_nobody_writes_an_address_beside_anothers_name(tmp_path: Path, forged: str) -> None:
    """X-F5, X-F7: it would keep that address open when its own name is taken off the list."""
    (tmp_path / "said").write_text("".join(f"dnsmasq[7]: {line}\n" for line in _FORGED[forged]))
    awk("resolver-log", tmp_path / "said", journal=tmp_path / "journal").checked()
    assert not (tmp_path / "journal.known.0").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="macOS's awk has no systime()")
@pytest.mark.parametrize(
    ("asked", "shown"), [("a b is c", "a?b?is?c"), ("bind-interfaces.example", "bind-interfaces.example")]
)
def test_no_name_hides_from_the_log(tmp_path: Path, asked: str, shown: str) -> None:
    """X-F6: neither with spaces in it nor with words of the resolver's own."""
    (tmp_path / "said").write_text(f"dnsmasq[7]: 7 127.0.0.1/4 config {asked} is NXDOMAIN\n")
    awk("resolver-log", tmp_path / "said", journal=tmp_path / "journal").checked()
    assert (tmp_path / "journal.refused.0").read_text().split()[2] == shown


def test_proofs_own_questions_are_left_out(tmp_path: Path) -> None:
    """X-F6: of the same name in the same moment, and no others."""
    (tmp_path / "all").write_text(
        "own 100 example.com\nrefused 101 example.com\nrefused 200 example.com\n"
        "refused 100 other.example.com\n"
        "add blocked-4 192.0.2.1,tcp:22 timeout 86000 packets 4 bytes 240\n"
        "add last-blocked-4 192.0.2.1,tcp:22 timeout 86300\nknown 192.0.2.1 a.example.net\n"
        "known 192.0.2.1 b.example.net\nknown 192.0.2.1 a.example.net\n"
        "known 192.0.2.1 github.com,c.example.net\n"
    )
    said = awk("refused", tmp_path / "all", now=1000, lifetime=86400).checked().out.splitlines()
    assert sorted(said) == [
        "address 900 4 tcp 22 192.0.2.1 a.example.net,b.example.net",
        "name 100 1 other.example.com",
        "name 200 1 example.com",
    ]


def changes(folder: Path, former: list[str], policy: list[str]) -> list[str]:
    """Return what is said of a new policy."""
    for name, rows in (("former", former), ("policy", policy)):
        (folder / name).write_text("".join(f"{row}\n" for row in rows))
    awk("compare", folder / "former", folder / "policy", dir=folder).checked()
    return (folder / "changes").read_text().splitlines()


@pytest.mark.parametrize(
    ("former", "policy", "rules"),
    [
        (["name a web"], ["name a web", "name b web", "wildcard b web"], "kept"),
        (
            ["wildcard a 22", "service db 5"],
            ["name b 22", "service x 5", "wildcard a 22", "service db 5"],
            "kept",
        ),
        (["name a web"], ["name a web", "name b 22"], "new"),
        (["name a 22"], ["name a 22", "service db 22"], "new"),
        (["name a web", "name b web"], ["name c web", "name b web"], "new"),
        (["name a web"], ["name a web", "name b web", "github github.com web"], "new"),
        (["net4 9.9.9.9/32 web"], ["net4 9.9.9.9/32 web", "net4 8.8.8.8/32 web"], "new"),
        (["name a web"], ["name a web"], "new"),
        ([], ["name a web"], "new"),
    ],
)
def test_rules_are_kept_only_for_names_with_known_ports(
    tmp_path: Path, former: list[str], policy: list[str], rules: str
) -> None:
    """X-F5: whatever else changes needs sets or rules of its own."""
    rows = ([f"{row} list:1".replace(" ", "\t") for row in each] for each in (former, policy))
    changes(tmp_path, *rows)
    assert (tmp_path / "rules").read_text() == f"{rules}\n"


def test_changes_are_said_as_a_person_writes_them(tmp_path: Path) -> None:
    """X-F5: names, wildcards, ports and networks; not the firewall's own, or a line that moved."""
    kept = "name\tkept.example.net\tweb\tlist:"
    former = [f"{kept}1", "name\told.example.net\t22\tlist:2", "github\tgithub.com\tweb\tlist:3"]
    added = (
        *("name\ta.example.net\tweb", "wildcard\tb.example.net\t8443", "net6\t2001:db8::/32\t443"),
        *("net4\t10.0.0.0/8\t22", "github\tgithub.io\tweb"),
    )
    said = changes(tmp_path, former, [f"{kept}9", *(f"{row}\tlist:1" for row in added)])
    assert said == [
        "firewall: allowed: a.example.net",
        "firewall: allowed: *.b.example.net:8443",
        "firewall: allowed: [2001:db8::/32]:443",
        "firewall: allowed: 10.0.0.0/8:22",
        "firewall: no longer allowed: old.example.net:22",
    ]
    removed = (tmp_path / "removed").read_text().splitlines()
    assert removed == ["name\told.example.net\t22", "github\tgithub.com\tweb"]
    assert (tmp_path / "entries").read_text() == "5\n"


def test_no_more_changes_are_said_than_a_screen_holds(tmp_path: Path) -> None:
    """X-F5: and how many more there are."""
    rows = [f"name\tn{number}.example.net\tweb\tlist:1" for number in range(30)]
    said = changes(tmp_path, [], rows)
    assert said[19:] == ["firewall: allowed: n19.example.net", "firewall: allowed: 10 more"]
    assert changes(tmp_path, rows, rows) == []
    assert (tmp_path / "removed").read_text() == ""


def test_suggestions_for_programs(lists: Lists) -> None:
    """X-F6: plain data."""
    project = Project(str(Path(lists.folder).parent))
    assert json.loads(json.dumps([each._asdict() for each in suggest.collect(project)]))
