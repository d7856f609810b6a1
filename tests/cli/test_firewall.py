"""`.aidevcontainer/firewall`: what a person sees and the firewall is told."""

from __future__ import annotations

import json
import shutil
import time

import pytest

from tests.hostside.fixtures import machine, project
from tests.hostside.machine import TEMPLATE, FakeProject, Finished, Machine
from tests.hostside.start import RELOAD_ANSWER, both_run
from tests.support import journals

__all__ = ["machine", "project"]

SHARED = "# the project's\napi.example.com  # ours\n*.wild.example.net\n"
OWN = "# mine\r\n\r\nlater.example.net # why\r\n"
_DENIED = {**RELOAD_ANSWER, "entries": 2, "allowed": [], "no_longer_allowed": ["some.example.net"]}
RELOADED, DENIED = json.dumps(RELOAD_ANSWER), json.dumps(_DENIED)
WARNING = "registry.example.net does not resolve."
STATUS = {
    "state": "ready",
    "since": "2026-01-02T03:04:05Z",
    "revision": 7,
    "entries": 12,
    "source": "file",
    "by_address": ["10.0.0.0/8", "db:5432"],
    "github": {"fetched": "2026-01-02T03:04:05Z", "prefixes": 80},
    "proof": {"refused": True, "reached": "github.com", "revision": 7},
    "warnings": [WARNING],
    "error": "",
}


def refused() -> str:
    """Returns the firewall's answer about refusals of just now, and one of an hour ago."""
    now = int(time.time())
    return journals.refused(
        {"time": now, "count": 2, "protocol": "dns", "names": ["evil.example.org"]},
        {"time": now - 3600, "protocol": "tcp", "port": "8080", "address": "198.51.100.7", "count": 3},
        {
            "time": now,
            "protocol": "tcp",
            "port": "8443",
            "address": "198.51.100.8",
            "names": ["api.example.com"],
        },
        {"time": now, "protocol": "tcp", "port": "443", "address": "2001:db8::7"},
        {"time": now, "protocol": "udp", "port": "5353", "address": "127.0.0.11"},
        {"time": now, "protocol": "dns", "names": ["\x1b[2J.example.org"]},
    )


@pytest.fixture
def listed(machine: Machine, project: FakeProject) -> FakeProject:
    """A project that runs, with both lists and the firewall's own linter."""
    machine.install_docker()
    project.record()
    both_run(project)
    shutil.copytree(TEMPLATE / "scripts" / "firewall", project.folder / "scripts" / "firewall")
    (project.folder / "allowed-domains.txt").write_text(SHARED)
    (project.folder / "allowed-domains.local.txt").write_bytes(OWN.encode())
    machine.answer("init-firewall.sh", out=RELOADED)
    machine.answer("temporary.sh", out=RELOADED)
    allowances = {"allowances": [{"entry": "soon.example.net", "until": 0}]}
    machine.answer("temporary.sh --json show", out=json.dumps(allowances))
    machine.answer("temporary.sh --json deny changed", out=DENIED)
    machine.answer("temporary.sh --json deny same", out='{"ended": []}')
    ended = json.dumps({**_DENIED, "ended": ["soon.example.net"]})
    machine.answer("temporary.sh --json deny same soon", out=ended)
    machine.answer("status.json", out=json.dumps(STATUS))
    machine.answer("journals.sh refused", out=refused())
    return project


def command(project: FakeProject, *arguments: str) -> Finished:
    return project.in_venv("cli.firewall", *arguments)


def own(project: FakeProject) -> str:
    return (project.folder / "allowed-domains.local.txt").read_bytes().decode()


def told(machine: Machine) -> list[str]:
    """Returns what the firewall was told to do."""
    calls = (" ".join(call.arguments) for call in machine.calls())
    return [call.split("/usr/local/lib/aidevcontainer/")[1] for call in calls if "/usr/local/lib" in call]


def stopped(project: FakeProject) -> None:
    """Has the firewall be there no more."""
    project.machine.answer("exec", 1, err="Error response from daemon: container x is not running\n")
    project.machine.answer("container inspect", 1, err="Error: No such container: x\n")


def test_help_names_all_commands(project: FakeProject) -> None:
    """X-F6: one screen."""
    done = command(project, "--help")
    assert done.code == 0
    for name in ("status", "log", "allow", "deny", "reload", "test", "suggest"):
        assert f"\n  {name} " in done.out
    assert len(done.out.splitlines()) <= 24
    assert all(len(line) <= 100 for line in done.out.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        *(["relod"], [], ["reload", "now"], ["deny"], ["allow"], ["allow", "--for", "soon", "a.example.net"]),
        *(["allow", "--for", "0m", "a.example.net"], ["allow", "--once", "--for", "1m", "a.example.net"]),
        *(["allow", "--project", "--for", "1m", "a.example.net"], ["allow", "--project", "--once", "a.b"]),
        *(["log", "--since", "yesterday"], ["allow", "https://a.example.net/"], ["allow", "*.com"]),
        *(
            ["allow", "a b"],
            ["allow", "a.example.net\n*.evil.example"],
            ["allow", "a.example.net#x"],
            ["allow", ""],
        ),
    ],
)
def test_wrong_usage_is_two_and_changes_nothing(
    listed: FakeProject, machine: Machine, arguments: list[str]
) -> None:
    """X-F6: also what is no entry, before anything is written or told."""
    done = command(listed, *arguments)
    assert (done.code, own(listed), told(machine)) == (2, OWN, [])
    assert "Traceback" not in done.err


def test_what_is_no_entry_is_answered_with_the_linters_sentence(listed: FakeProject) -> None:
    """X-F6: with the host that was probably meant."""
    said = command(listed, "allow", "https://a.example.net/x").err
    told = "'https://a.example.net/x' is a URL: write only the host name, here a.example.net."
    assert said == f"aidevcontainer: {told}\n"


def test_allow_for_good_adds_a_line_and_keeps_the_rest(listed: FakeProject, machine: Machine) -> None:
    """X-F6: comments, order and line ends stay; it is in force at once."""
    done = command(listed, "allow", "New.example.net", "new.example.net:8443")
    assert done.code == 0
    assert own(listed) == OWN + "new.example.net\r\nnew.example.net:8443\r\n"
    entries = "new.example.net new.example.net:8443"
    assert told(machine) == [f"firewall/temporary.sh --json deny listed {entries}"]
    assert "\nAllowed: new.example.net (3 entries in force)\n" in done.err
    assert not list(listed.folder.glob("*.new"))


def test_allow_for_good_ends_what_was_for_a_time(listed: FakeProject, machine: Machine) -> None:
    """X-F6: the status must not go on counting, and "no changes" would be wrong."""
    ended = json.dumps({**json.loads(RELOADED), "ended": ["soon.example.net"]})
    machine.answer("temporary.sh --json deny listed", out=ended)
    done = command(listed, "allow", "Soon.example.net")
    assert done.code == 0
    assert own(listed).endswith("soon.example.net\r\n")
    assert told(machine) == ["firewall/temporary.sh --json deny listed soon.example.net"]
    assert "No longer for a limited time, but permanently: soon.example.net" in done.err


@pytest.mark.parametrize("host", ["API.example.com", "later.example.net"])
def test_allow_for_a_time_of_what_is_listed_limits_nothing(
    listed: FakeProject, machine: Machine, host: str
) -> None:
    """X-F6: nobody is told that a listed host ends."""
    done = command(listed, "allow", "--for", "30m", host)
    assert done.code == 0
    assert "already listed, so it stays allowed permanently" in done.err
    assert "This ends" not in done.err
    assert not any(" add " in each for each in told(machine))


def test_allow_for_the_project_adds_to_its_list(listed: FakeProject, machine: Machine) -> None:
    """X-F6: as `deny --project` removes from it; also what only the person had listed."""
    done = command(listed, "allow", "--project", "New.example.net", "later.example.net", "api.example.com")
    assert done.code == 0
    assert own(listed) == OWN
    added = (listed.folder / "allowed-domains.txt").read_text()
    assert added == SHARED + "new.example.net\nlater.example.net\n"
    assert "Added to .aidevcontainer/allowed-domains.txt: new.example.net, later.example.net" in done.err
    assert len(told(machine)) == 1


def test_allow_of_what_is_listed_adds_nothing(listed: FakeProject) -> None:
    """X-F6: on either list."""
    done = command(listed, "allow", "api.example.com", "later.example.net")
    assert (done.code, own(listed)) == (0, OWN)
    assert "api.example.com is already listed." in done.err


def test_allow_makes_the_file_where_there_is_none(listed: FakeProject) -> None:
    """X-F6: the person's own list may be gone, or have no line break at its end."""
    path = listed.folder / "allowed-domains.local.txt"
    path.unlink()
    assert command(listed, "allow", "new.example.net").code == 0
    assert own(listed) == "new.example.net\n"
    path.write_text("a.example.net")
    assert command(listed, "allow", "new.example.net").code == 0
    assert own(listed) == "a.example.net\nnew.example.net\n"


@pytest.mark.parametrize(
    ("options", "seconds", "ends"),
    [
        (["--for", "30m"], 1800, "in 30 min"),
        (["--for", "1d"], 86400, "in 1 d"),
        (["--once"], 0, "when the firewall"),
    ],
)
def test_allow_for_a_time_writes_no_file(
    listed: FakeProject, machine: Machine, options: list[str], seconds: int, ends: str
) -> None:
    """X-F6: the firewall alone knows, and ends it."""
    done = command(listed, "allow", *options, "new.example.net")
    assert (done.code, own(listed)) == (0, OWN)
    assert told(machine) == [f"firewall/temporary.sh --json add {seconds} new.example.net"]
    assert f"This ends {ends}" in done.err


def test_allow_for_good_holds_from_the_next_start_on(listed: FakeProject) -> None:
    """X-F6: while nothing runs the list can still be changed; an allowance for a time has no place then."""
    stopped(listed)
    done = command(listed, "allow", "new.example.net")
    assert done.code == 0
    assert "new.example.net" in own(listed)
    assert "The change takes effect at the next start." in done.err
    done = command(listed, "allow", "--once", "other.example.net")
    assert done.code == 1
    assert "./.aidevcontainer/container up" in done.err


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        *(
            ("*.amazonaws.com", "rent"),
            ("*.s3.amazonaws.com", "rent"),
            ("abc.ngrok.io", "way out"),
            ("*.co.uk", "register"),
        ),
        *(
            ("dns.google", "inside names"),
            ("api.example.net", ""),
            ("docs.readthedocs.io", ""),
            ("*.dns.google:443", "inside names"),
        ),
    ],
)
def test_what_opens_more_than_it_seems_is_told_and_done(listed: FakeProject, entry: str, word: str) -> None:
    """X-F6: the list is the person's; a warning does not block."""
    done = command(listed, "allow", entry)
    assert done.code == 0
    assert entry in own(listed)
    warned = "aidevcontainer: " in done.err
    assert warned is bool(word)
    assert word in done.err


def test_reload_says_what_changed_and_advises_with_file_and_line(listed: FakeProject) -> None:
    """X-F5: also of lines that were written by hand."""
    (listed.folder / "allowed-domains.txt").write_text(SHARED + "*.github.io\n")
    done = command(listed, "reload")
    assert done.code == 0
    assert "allowed-domains.txt line 4: anybody can rent" in done.err
    assert "Allowed: new.example.net (3 entries in force)" in done.err


def test_reload_of_a_bad_list_says_file_line_and_reason(listed: FakeProject, machine: Machine) -> None:
    """X-F5: the firewall's own sentences, without its prefix."""
    said = "firewall: allowed-domains.txt line 3: 'x y' is more than one word.\n"
    machine.answer("init-firewall.sh", 1, err=said + "firewall: the list that was in force stays in force.\n")
    done = command(listed, "reload")
    assert done.code == 1
    assert done.err == (
        "aidevcontainer: allowed-domains.txt line 3: 'x y' is more than one word.\n"
        "the list that was in force stays in force.\n"
    )


def test_deny_takes_a_line_off_and_keeps_the_rest(listed: FakeProject, machine: Machine) -> None:
    """X-F6: of the person's own list."""
    done = command(listed, "deny", "LATER.example.net")
    assert (done.code, own(listed)) == (0, "# mine\r\n\r\n")
    assert told(machine) == ["firewall/temporary.sh --json deny changed later.example.net"]
    assert done.err == "No longer allowed: some.example.net (2 entries in force)\n"


def test_deny_ends_what_was_allowed_for_a_time(listed: FakeProject, machine: Machine) -> None:
    """X-F6: before its time."""
    done = command(listed, "deny", "soon.example.net")
    assert (done.code, own(listed)) == (0, OWN)
    assert told(machine) == ["firewall/temporary.sh --json deny same soon.example.net"]
    assert done.err == "No longer allowed: some.example.net (2 entries in force)\n"


def test_deny_leaves_the_projects_list_alone_unless_told(listed: FakeProject) -> None:
    """X-F6: updates merge that file and teammates share it, so it says what would change it."""
    done = command(listed, "deny", "api.example.com")
    assert done.code == 1
    assert "is in allowed-domains.txt, line 2" in done.err
    assert "deny --project api.example.com" in done.err
    assert (listed.folder / "allowed-domains.txt").read_text() == SHARED
    assert command(listed, "deny", "--project", "api.example.com").code == 0
    changed = (listed.folder / "allowed-domains.txt").read_text()
    assert changed == SHARED.replace("api.example", "# api.example")


def test_deny_tells_what_stays_allowed(listed: FakeProject) -> None:
    """X-F6: by a wildcard, or since it never was on a list."""
    assert (
        "*.wild.example.net still allows a.wild.example.net."
        in command(listed, "deny", "a.wild.example.net").err
    )
    done = command(listed, "deny", "never.example.net")
    assert (done.code, "is not on a list" in done.err, "in force" in done.err) == (1, True, False)


def test_deny_while_nothing_runs(listed: FakeProject) -> None:
    """X-F6: the line goes, and from the next start on the host is not allowed."""
    stopped(listed)
    done = command(listed, "deny", "later.example.net")
    assert (done.code, own(listed)) == (0, "# mine\r\n\r\n")
    assert "The change takes effect at the next start." in done.err


def test_log_is_a_line_for_each_refusal(listed: FakeProject) -> None:
    """X-F6: time, count, name where known, address and port; a name cannot move the cursor."""
    done = command(listed, "log")
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0].endswith("    3x  tcp 198.51.100.7:8080")
    assert sorted(line.split("x  ")[1] for line in lines[1:]) == [
        "?[2j.example.org (not on the list)",
        "evil.example.org (not on the list)",
        "tcp 198.51.100.8:8443 (api.example.com)",
        "tcp [2001:db8::7]:443",
        "udp 127.0.0.11:5353 (Docker's own resolver)",
    ]


def test_log_since(listed: FakeProject) -> None:
    """X-F6: only what is that young."""
    assert "198.51.100.7" not in command(listed, "log", "--since", "10m").out
    assert "198.51.100.7" in command(listed, "log", "--since", "2h").out


def test_log_for_programs(listed: FakeProject) -> None:
    """X-F6: one object a line."""
    found = [json.loads(line) for line in command(listed, "log", "--json").out.splitlines()]
    assert (
        found[0].items() >= {"count": 3, "protocol": "tcp", "address": "198.51.100.7", "port": "8080"}.items()
    )
    assert found[-1].items() >= {"count": 2, "name": "evil.example.org", "protocol": "dns"}.items()
    assert all(each["time"].endswith("Z") for each in found)


def test_nothing_refused(listed: FakeProject, machine: Machine) -> None:
    """X-F6: says so to a person, and nothing to a program."""
    machine.answer("journals.sh refused", out=journals.answer())
    assert command(listed, "log").out == "The firewall refused nothing.\n"
    assert command(listed, "log", "--json").out == ""


def test_status_in_words(listed: FakeProject) -> None:
    """X-F6: since when, which number, entries, GitHub's age, proof, allowances, warnings."""
    done = command(listed, "status")
    assert done.code == 0
    for text in (
        "in force: unlisted hosts are refused",
        "2026-01-02T03:04:05Z (",
        "12 entries from allowed-domains.txt, revision 7\n",
        "80 address ranges, fetched 2026-01-02",
        "by address  10.0.0.0/8, db:5432, GitHub's ranges on port 22\n",
        "unlisted hosts are refused; github.com answers",
        "soon.example.net, until the firewall's container ends",
        WARNING,
    ):
        assert text in done.out


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"by_address": [], "github": None}, None),
        ({"by_address": ["db"], "github": None}, "db"),
        (
            {"by_address": [f"h{n}:22" for n in range(18)]},
            "h0:22, h1:22, h2:22, h3:22, h4:22, h5:22, GitHub's ranges on port 22, and 12 more",
        ),
    ],
)
def test_status_names_what_passes_by_address(
    listed: FakeProject, machine: Machine, fields: dict[str, object], words: str | None
) -> None:
    """X-F8: what the name gate does not see, in one line."""
    machine.answer("status.json", out=json.dumps({**STATUS, **fields}))
    rows = dict(line.split("  ", 1) for line in command(listed, "status").out.splitlines())
    assert rows.get("by address") == words


def test_status_says_whose_proof_it_is(listed: FakeProject, machine: Machine) -> None:
    """X-F5: right after a reload, the proof is of the policy before."""
    machine.answer("status.json", out=json.dumps({**STATUS, "revision": 8}))
    assert "of the previous revision; the next proof is under way" in command(listed, "status").out


def test_status_for_programs(listed: FakeProject, machine: Machine) -> None:
    """X-F6: the firewall's own words and the allowances; exit code 1 unless it is ready."""
    found = json.loads(command(listed, "status", "--json").out)
    assert found == {**STATUS, "temporary": [{"entry": "soon.example.net", "until": None}]}
    machine.answer("status.json", out=json.dumps({**STATUS, "state": "closed", "error": "line 3 is wrong"}))
    done = command(listed, "status")
    assert (done.code, "closed: nothing passes" in done.out, "line 3 is wrong" in done.out) == (1, True, True)


@pytest.mark.parametrize("arguments", [["status"], ["log"], ["reload"], ["test"]])
def test_nothing_runs(listed: FakeProject, arguments: list[str]) -> None:
    """X-F6: says what starts it."""
    stopped(listed)
    done = command(listed, *arguments)
    assert (done.code, done.out) == (1, "")
    assert "Start it: ./.aidevcontainer/container up" in done.err


@pytest.mark.parametrize(
    "arguments",
    [["reload"], ["allow", "--once", "new.example.net"], ["status"], ["log"], ["log", "--allowed"]],
)
def test_firewall_of_another_version_is_named(
    listed: FakeProject, machine: Machine, arguments: list[str]
) -> None:
    """X-F6: a container from before an update knows neither --json nor the script; the sentence helps."""
    usage = "Usage: init-firewall.sh [--at-once] [--last-good]\n"
    machine.answer("init-firewall.sh", 2, err=usage)
    machine.answer("temporary.sh", 2, err=f" {usage}       more\n")
    absent = 'OCI runtime exec failed: exec: "journals.sh": no such file or directory: unknown\n'
    machine.answer("journals.sh", 126, out=absent)
    done = command(listed, *arguments)
    assert (done.code, done.out) == (1, "")
    assert "was started with another version. Restart it: ./.aidevcontainer/container restart" in done.err
    assert "Traceback" not in done.err


def test_firewall_without_an_answer_is_an_error(listed: FakeProject, machine: Machine) -> None:
    """X-F6: nothing is not the same as no changes."""
    machine.answer("init-firewall.sh", out="")
    done = command(listed, "reload")
    assert (done.code, "The firewall did not answer. See its log:" in done.err) == (1, True)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"allowed": []}, "No changes (3 entries in force)\n"),
        ({"allowed": [], "entries": 1}, "No changes (1 entry in force)\n"),
        (
            {"source": "defaults"},
            "Allowed: new.example.net (3 entries in force, from the built-in defaults)\n",
        ),
        (
            {"no_longer_allowed": ["a.example", "b.example"]},
            "Allowed: new.example.net\nNo longer allowed: a.example, b.example (3 entries in force)\n",
        ),
        (
            {"allowed": [f"n{number}.example.net" for number in range(30)]},
            f"Allowed: {', '.join(f'n{number}.example.net' for number in range(20))} and 10 more "
            "(3 entries in force)\n",
        ),
        (
            {"allowed": [], "warnings": ["The list has errors."]},
            "aidevcontainer: The list has errors.\nNo changes (3 entries in force)\n",
        ),
    ],
)
def test_result_of_a_reload(
    listed: FakeProject, machine: Machine, answer: dict[str, object], said: str
) -> None:
    """X-F5: what changed and what is in force, in a line; no more entries than a screen has room for."""
    machine.answer("init-firewall.sh", out=json.dumps({**RELOAD_ANSWER, **answer}))
    (listed.folder / "allowed-domains.txt").write_text("api.example.com\n")
    assert command(listed, "reload").err == said


def test_quiet_says_only_warnings(listed: FakeProject, machine: Machine) -> None:
    """X-F6: nothing of a success."""
    assert command(listed, "-q", "reload").err == ""
    machine.answer(
        "init-firewall.sh", out=json.dumps({**RELOAD_ANSWER, "warnings": ["The list has errors."]})
    )
    assert command(listed, "-q", "reload").err == "aidevcontainer: The list has errors.\n"
