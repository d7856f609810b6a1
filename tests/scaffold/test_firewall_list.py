"""How the firewall's linter and Copier's question read a list of allowed hosts."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.entry_cases import CASES, NOT_VALID, REASONS, VALID, EntryCase, line_of
from tests.support.firewall_scripts import lint, policy, tables
from tests.support.questions import complaint

NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?")
NETWORK = re.compile(r"[0-9a-f.:]+(/[0-9]{1,3})?")
PORT = re.compile(r"(web|[0-9]+(\.tls|\.http)?)(\.private)?")
LINES = [case.line for case in CASES]


@pytest.mark.parametrize("case", VALID, ids=line_of)
def test_form_is_understood(tmp_path: Path, case: EntryCase) -> None:
    """FR-3, X-F3, X-F8: names, wildcards, ports, protocols, services, addresses, networks; any case."""
    (rule,) = policy(tmp_path, f"# a list\n\n{case.line}\n")
    assert rule == (case.kind, case.host, case.policy_port, "allowed-domains.txt:3")


@pytest.mark.parametrize("case", NOT_VALID, ids=line_of)
def test_mistake_gets_a_sentence(tmp_path: Path, case: EntryCase) -> None:
    """US-003.7: file, line, what is wrong and what to write instead; and nothing of the list is used."""
    done = lint(tmp_path, f"good.example.com\n{case.line}\n")
    assert (done.code, done.out) == (1, "")
    (sentence,) = done.err.splitlines()
    assert sentence.startswith("allowed-domains.txt line 2: ")
    assert sentence.endswith(case.sentence)


@pytest.mark.parametrize("case", CASES, ids=line_of)
def test_question_reads_the_same_grammar(case: EntryCase) -> None:
    """U-1, FR-3: Copier's question accepts what the firewall accepts, or the case says why not."""
    said = complaint("more_domains", case.line)
    assert (said == "") is case.accepted_by_question
    assert said == "" or said.endswith(".")


def test_each_reason_has_a_case() -> None:
    """US-003.7: no sentence of the linter goes unproved."""
    assert {case.reason for case in NOT_VALID} == set(REASONS)


@pytest.mark.parametrize("line", ["# only a comment", "", "   "])
def test_line_without_an_entry_is_no_rule(tmp_path: Path, line: str) -> None:
    """FR-3: comments and empty lines."""
    assert policy(tmp_path, f"{line}\n") == []


def test_editors_of_all_systems_are_tolerated(tmp_path: Path) -> None:
    """FR-3: a byte order mark, carriage returns, and a last line without an end."""
    done = lint(tmp_path, b"\xef\xbb\xbfone.example.com\r\n# no\r\ntwo.example.com").checked()
    assert [line.split("\t")[1] for line in done.out.splitlines()] == ["one.example.com", "two.example.com"]


def test_utf16_is_named(tmp_path: Path) -> None:
    """US-003.7: what Windows calls Unicode is refused in words, not as dozens of strange names."""
    done = lint(tmp_path, "example.com\n".encode("utf-16"))
    assert (done.code, done.err) == (
        1,
        "allowed-domains.txt line 1: the file is not plain text: save it as UTF-8.\n",
    )


def test_comments_may_hold_anything(tmp_path: Path) -> None:
    """FR-3: what stands behind # is nobody's business."""
    assert [rule.value for rule in policy(tmp_path, "a.example.com # $(reboot) ü <<<<<<< https://x\n")] == [
        "a.example.com"
    ]


def test_repetition_is_harmless(tmp_path: Path) -> None:
    """US-003.2: the same host twice, in other letters too, is one rule."""
    assert len(policy(tmp_path, "a.example.com\nA.EXAMPLE.com\na.example.com.\n")) == 1


def test_empty_list_allows_nothing(tmp_path: Path) -> None:
    """US-003.1: an empty file is not a missing one."""
    assert policy(tmp_path, "# nothing yet\n") == []


def test_many_mistakes_do_not_flood(tmp_path: Path) -> None:
    """US-003.7: after twenty sentences the rest is counted."""
    done = lint(tmp_path, "http://x\n" * 500)
    assert len(done.err.splitlines()) == 21
    assert done.err.splitlines()[-1] == "and 480 more lines like these."


def test_size_is_limited(tmp_path: Path) -> None:
    """US-003.7: a list nobody can have written is refused as a whole."""
    done = lint(tmp_path, "".join(f"host{number}.example.com\n" for number in range(20001)))
    assert done.code == 1
    assert "more than 20000 lines" in done.err


@pytest.mark.parametrize("name", ["github.com", "api.github.com", "*.github.com", "github.com+private"])
def test_githubs_names_mean_its_ranges(tmp_path: Path, name: str) -> None:
    """US-003.2: any of GitHub's names asks for its published ranges, and for the name to get them from."""
    rules = [rule[:3] for rule in policy(tmp_path, f"{name}\n")]
    assert ("github", "github.com", "22") in rules
    assert ("name", "api.github.com", "web") in rules


@pytest.mark.parametrize("entry", ["github.com:22", "github.com:22+private"])
def test_ssh_port_of_github_means_its_ranges(tmp_path: Path, entry: str) -> None:
    """US-003.2: an entry for ssh alone opens the same ranges as one for the name."""
    kinds = [rule.kind for rule in policy(tmp_path, f"{entry}\n")]
    assert kinds == ["name", "github", "name"]


@pytest.mark.parametrize("entry", ["github.com:443", "github.com:80", "github.com:2222", "github.com:22/tls"])
def test_other_ports_of_github_do_not(tmp_path: Path, entry: str) -> None:
    """US-003.2: an entry without ssh opens no ssh."""
    assert [rule.kind for rule in policy(tmp_path, f"{entry}\n")] == ["name"]


def test_names_like_githubs_do_not(tmp_path: Path) -> None:
    """US-003.2: a name that merely ends alike brings no ranges."""
    assert [rule.kind for rule in policy(tmp_path, "notgithub.com\ngithub.com.example.org\n")] == [
        "name",
        "name",
    ]


ANY_LINE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(LINES),
    st.from_regex(r"[a-z0-9*./:+\[\]-]{1,30}", fullmatch=True),
    st.builds("{}{}{}".format, st.sampled_from(LINES), st.characters(), st.sampled_from(LINES)),
)


@settings(max_examples=80, deadline=None)
@given(lines=st.lists(ANY_LINE, min_size=1, max_size=6), raw=st.binary(max_size=40))
def test_nothing_can_be_injected(lines: list[str], raw: bytes) -> None:
    """X-F7: whatever stands in the file, a policy is made of names, addresses and numbers only."""
    with tempfile.TemporaryDirectory() as folder:
        done = lint(Path(folder), "\n".join(lines).encode("utf-8", "replace") + b"\n" + raw)
    assert done.code in (0, 1)
    assert bool(done.out) <= (done.code == 0)
    for line in done.out.splitlines():
        kind, value, port, origin = line.split("\t")
        assert re.fullmatch("name|wildcard|service|net4|net6|github", kind)
        assert (NETWORK if kind.startswith("net") else NAME).fullmatch(value)
        assert PORT.fullmatch(port)
        assert port.startswith("web") or 1 <= int(port.partition(".")[0]) <= 65535
        assert re.fullmatch(r"allowed-domains\.txt:[0-9]+", origin)
    assert all(re.fullmatch(r"[ -~]+", line) for line in done.err.splitlines())


@settings(max_examples=25, deadline=None)
@given(
    chosen=st.lists(st.sampled_from([case.line for case in VALID]), max_size=8),
    family=st.sampled_from([4, 6]),
)
def test_rules_are_well_formed_for_every_list(chosen: list[str], family: int) -> None:
    """X-F4: both families get the same frame: everything refused by policy, refusals answered at once."""
    with tempfile.TemporaryDirectory() as folder:
        lines = tables(Path(folder), "\n".join(chosen) + "\n", family)
    assert lines[:4] == ["*filter", ":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT DROP [0:0]"]
    assert lines[-1] == "COMMIT"
    output = [line for line in lines if line.startswith("-A OUTPUT")]
    assert output[-1] == "-A OUTPUT -j log-and-refuse"
    rules = [line for line in lines[4:-1] if not re.fullmatch(r":[a-z-]+ - \[0:0\]", line)]
    assert all(re.fullmatch(r"-A [A-Za-z-]+ [ -~]*-j [A-Za-z-]+( [ -~]+)?", line) for line in rules)
