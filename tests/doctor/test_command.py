"""`container doctor`: what a person and a program get, whatever is broken."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator

import pytest

from aidevcontainer.doctor import catalogue, report, runner
from aidevcontainer.doctor.context import Context
from aidevcontainer.doctor.finding import Area, Check, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.project.paths import Project
from tests.hostside.doctor import engine_says
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import REPOSITORY, FakeProject, Finished, Machine
from tests.hostside.start import both_run

__all__ = ["machine", "project"]

TRIAL = Area("trial")


@TRIAL.check("calm", "all is well", "Never shown.")
def _calm(_: Context) -> Iterator[Remark]:
    yield ok("version 7")


@TRIAL.check("silent", "nothing is to be said", "Never shown.")
def _silent(_: Context) -> Iterator[Remark]:
    yield from ()


@TRIAL.check("away", "something is there", "Never shown.")
def _away(_: Context) -> Iterator[Remark]:
    raise SkippedError("it does not run")
    yield ok("")


@TRIAL.check("hint", "all is new", "New is better.")
def _hint(_: Context) -> Iterator[Remark]:
    yield note("There is news.", "read it")


@TRIAL.check("crash", "it can be looked at", "Looking is all.")
def _crash(_: Context) -> Iterator[Remark]:
    yield error("Found before the crash.", "mend it")
    raise RuntimeError("boom")


@TRIAL.check("slow", "it answers", "Waiting is dull.", seconds=0.1)
def _slow(_: Context) -> Iterator[Remark]:
    time.sleep(30)
    yield ok("too late")


@TRIAL.check("many", "there is one", "Two are too many.")
def _many(_: Context) -> Iterator[Remark]:
    for number in range(8):
        yield warning(f"Number {number}.", "rm it")


@TRIAL.check("strange", "names are plain", "Names can be anything.")
def _strange(_: Context) -> Iterator[Remark]:
    yield warning("a\033]0;b\udcffc\nd is there.", "rm 'a\033'")


def outcomes(*names: str) -> list[runner.CheckOutcome]:
    chosen = [check for check in TRIAL.checks if not names or check.id.split(".")[1] in names]
    return runner.run(chosen, Context(Project("/"), {}))


def doctor(project: FakeProject, *arguments: str, group: tuple[str, ...] = ()) -> Finished:
    return project.in_venv("cli.container", *group, "doctor", *arguments)


def test_crash_and_delay_spoil_nothing() -> None:
    """X-L2: what was found stays, what hangs is left behind, and both are said."""
    found = {each.check.id: each for each in outcomes()}
    assert [each.what for each in found["trial.crash"].findings] == [
        "Found before the crash.",
        "This check failed: RuntimeError: boom.",
    ]
    assert found["trial.slow"].findings[0].what == "This check failed: no answer within 0 s."
    assert found["trial.calm"].passed
    assert found["trial.away"].skipped == "it does not run"


@pytest.mark.parametrize(
    ("names", "code"),
    [(("calm", "silent"), 0), (("hint",), 0), (("away",), 0), (("many",), 1), (("calm", "crash"), 1)],
)
def test_exit_code_says_whether_something_is_wrong(names: tuple[str, ...], code: int) -> None:
    """X-L2: notes and what does not apply are nothing wrong."""
    assert report.exit_code(outcomes(*names)) == code


def test_report_shows_what_is_wrong_with_reason_and_fix() -> None:
    """X-L2: what, why, fix; the worst last; what is well in one line."""
    text = report.as_text(outcomes("calm", "silent", "away", "crash", "hint"), complete=False, coloured=False)
    assert "trial.hint: There is news.\n         why: New is better.\n         fix: read it\n" in text
    assert text.index("trial.hint") < text.index("trial.crash")
    assert "trial.calm" not in text
    assert text.endswith(
        "3 checks passed, 1 do not apply now, 1 found something. "
        "All of them: ./.aidevcontainer/container doctor --all"
    )
    assert "\033" not in text


def test_complete_report_has_all() -> None:
    """X-L2: also what was not looked at, and why; long lists to their end."""
    text = report.as_text(outcomes("calm", "silent", "away", "many"), complete=True, coloured=False)
    assert "ok       trial.calm: version 7" in text
    assert "ok       trial.silent: nothing is to be said: yes" in text
    assert "-        trial.away: not checked: it does not run" in text
    assert "Number 7." in text
    short = report.as_text(outcomes("many"), complete=False, coloured=False)
    assert "Number 4." in short
    assert "Number 5." not in short
    assert "… and 3 more of these" in short


def test_colour_is_only_in_front() -> None:
    """X-L2: one word of each finding; what is to be copied stays plain."""
    text = report.as_text(outcomes("crash"), complete=False, coloured=True)
    assert "\033[31merror   \033[0m trial.crash" in text
    assert "fix: mend it\n" in text


def test_names_that_an_agent_chose_cannot_steer_the_terminal() -> None:
    """X-S1: nor end the report, where they are no text at all; programs get them as they are."""
    text = report.as_text(outcomes("strange"), complete=False, coloured=False)
    assert "trial.strange: a?]0;b?c?d is there.\n" in text
    assert "fix: rm 'a?'\n" in text
    text.encode()
    assert json.loads(report.as_json(outcomes("strange")))["findings"][0]["fix"] == "rm 'a\033'"


def test_json_has_every_finding() -> None:
    """X-L2: in the order of the checks, with all that people get."""
    found = json.loads(report.as_json(outcomes("calm", "away", "many", "hint")))
    assert found["worst"] == "warning"
    assert found["passed"] == ["trial.calm", "trial.hint"]
    assert found["skipped"] == {"trial.away": "it does not run"}
    assert len(found["findings"]) == 10
    assert found["findings"][1] == {
        "id": "trial.hint",
        "level": "note",
        "what": "There is news.",
        "why": "New is better.",
        "fix": "read it",
    }


@pytest.fixture
def started(machine: Machine, project: FakeProject) -> FakeProject:
    """A project that runs on a fake engine."""
    machine.install_docker()
    engine_says(machine)
    project.complete()
    project.record()
    both_run(project)
    return project


def test_command_prints_findings_and_nothing_else(started: FakeProject, machine: Machine) -> None:
    """X-L2, U-2: answers on standard output, without a traceback, exit code 1."""
    machine.answer("status.json", out='{"state": "closed", "error": "line 3 is wrong"}')
    done = doctor(started)
    assert (done.code, done.err) == (1, "")
    assert "firewall.state: The firewall is closed: line 3 is wrong" in done.out
    assert re.search(r"\n\d+ checks passed, \d+ do not apply now, \d+ found something\.", done.out)


def test_command_for_programs(started: FakeProject) -> None:
    """X-L2: one object, with every check in it once."""
    found = json.loads(doctor(started, "--json").out)
    with_findings = {each["id"] for each in found["findings"] if each["level"] in ("warning", "error")}
    assert {*found["passed"], *found["skipped"], *with_findings} == {each.id for each in catalogue.checks()}


def test_quiet_leaves_no_summary_where_all_is_well(started: FakeProject) -> None:
    """X-L2: for scripts."""
    done = doctor(started, group=("-q",))
    assert done.err == ""
    assert (done.out == "") == (done.code == 0)


@pytest.mark.parametrize("arguments", [("now",), ("--bogus",)])
def test_wrong_usage_is_two(started: FakeProject, arguments: tuple[str, ...]) -> None:
    """U-2: and nothing is looked at."""
    assert doctor(started, *arguments).code == 2


def test_nothing_at_hand(project: FakeProject, machine: Machine) -> None:
    """X-L2: no docker, no git, never started, no file but the helpers."""
    machine.environment["PATH"] = str(machine.bin)
    done = doctor(project)
    assert done.code == 1
    assert "engine.answers: There is no 'docker' on the PATH." in done.out
    assert "git is not installed" in done.out
    assert "This check failed" not in done.out
    assert "Traceback" not in done.out + done.err


def test_damaged_folder(started: FakeProject) -> None:
    """X-L2: whatever was deleted, or is something else than it should be."""
    shutil.rmtree(started.folder / "scripts")
    shutil.rmtree(started.folder / "ca")
    (started.folder / "scripts").symlink_to("/nowhere")
    (started.folder / "ca").touch()
    (started.folder / ".env").unlink()
    (started.folder / ".env").mkdir()
    for name in ("claude.pin", "packages.txt", "project.json"):
        (started.folder / name).unlink(missing_ok=True)
    (started.folder / "docker-compose.yml").write_bytes(b"\xff\xfe\x00")
    (started.root / ".copier-answers.yml").write_bytes(b"\xff: [")
    done = doctor(started)
    assert done.code == 1
    assert "files.complete: Missing: " in done.out
    assert "template.record: " in done.out
    assert "This check failed" not in done.out


def test_ids_of_checks_are_unique_and_all_have_their_words() -> None:
    """X-L2: a check without a reason helps nobody."""
    checks = catalogue.checks()
    assert len({each.id for each in checks}) == len(checks)
    for each in checks:
        assert re.fullmatch(r"[a-z]+\.[a-z0-9-]+", each.id)
        assert not each.looks.endswith(".")
        assert re.match(r"[A-Z'].*\.$", each.why)


def row(check: Check) -> str:
    return f"| `{check.id}` | {check.looks} | {check.why} |"


def test_documentation_lists_every_check() -> None:
    """X-L2: docs/doctor.md has the checks as they are, in their order."""
    text = (REPOSITORY / "docs/doctor.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert rows == [row(check) for check in catalogue.checks()]
