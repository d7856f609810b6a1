"""Formats the outcomes of all checks, for people and for programs."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable, Iterator

from aidevcontainer.doctor.finding import ERROR, LEVELS, NOTE, OK, WARNING, Finding
from aidevcontainer.doctor.runner import CheckOutcome
from aidevcontainer.util.printable import printable

_COLOURS = {OK: "\033[32m", NOTE: "\033[36m", WARNING: "\033[33m", ERROR: "\033[31m"}
_DIM, _PLAIN = "\033[2m", "\033[0m"
_WIDTH = 100
_INDENT = " " * 9
# Findings of one check, unless all are asked for. Nobody reads a longer list.
_MOST = 5


def exit_code(outcomes: Iterable[CheckOutcome]) -> int:
    """Returns 1 if there is a warning or an error, else 0."""
    return int(any(not each.passed and not each.skipped for each in outcomes))


def as_json(outcomes: list[CheckOutcome]) -> str:
    """Returns `findings` in the order of the checks, `passed` (ids), `skipped` (id: reason), and `worst`."""
    findings = [finding for each in outcomes for finding in each.findings]
    shown = {
        "worst": max((each.level for each in findings), key=LEVELS.index, default=OK),
        "findings": [finding._asdict() for finding in findings],
        "passed": [each.check.id for each in outcomes if each.passed],
        "skipped": {each.check.id: each.skipped for each in outcomes if each.skipped},
    }
    return json.dumps(shown, indent=2)


def as_text(outcomes: list[CheckOutcome], complete: bool, coloured: bool) -> str:
    """Returns the text for a person. The worst comes last, next to the prompt."""
    ordered = sorted(outcomes, key=_gravity)
    blocks = [block for each in ordered for block in _blocks(each, complete, coloured)]
    return "\n".join([*blocks, *_summary(outcomes, complete)])


def is_coloured(no_colour: bool) -> bool:
    """Returns whether to use colors: standard output is a terminal, and colors are not switched off."""
    return sys.stdout.isatty() and not no_colour


def _gravity(outcome: CheckOutcome) -> int:
    return max((LEVELS.index(each.level) for each in outcome.findings), default=0)


def _blocks(outcome: CheckOutcome, complete: bool, coloured: bool) -> Iterator[str]:
    if complete and outcome.skipped:
        yield _head("-", outcome.check.id, f"not checked: {outcome.skipped}", coloured)
    elif complete and not outcome.findings:
        yield _head(OK, outcome.check.id, f"{outcome.check.looks}: yes", coloured)
    shown = [each for each in outcome.findings if complete or each.level != OK]
    most = len(shown) if complete else _MOST
    yield from (_block(each, coloured) for each in shown[:most])
    if len(shown) > most:
        yield f"{_INDENT}… and {len(shown) - most} more of these: ./.aidevcontainer/container doctor --all\n"


def _block(finding: Finding, coloured: bool) -> str:
    lines = [_head(finding.level, finding.id, finding.what, coloured)]
    if finding.level == OK:
        return lines[0]
    if finding.why:
        lines += _wrapped("why", finding.why)
    if finding.fix:
        # On one line, so that it can be copied.
        lines.append(f"{_INDENT}fix: {printable(finding.fix)}")
    return "\n".join(lines) + "\n"


def _head(level: str, name: str, what: str, coloured: bool) -> str:
    colour = _COLOURS.get(level, _DIM) if coloured else ""
    return f"{colour}{level:<8}{_PLAIN if coloured else ''} {name}: {printable(what)}"


def _wrapped(title: str, text: str) -> list[str]:
    start = f"{_INDENT}{title}: "
    return textwrap.wrap(printable(text), _WIDTH, initial_indent=start, subsequent_indent=_INDENT + "     ")


def _summary(outcomes: list[CheckOutcome], complete: bool) -> list[str]:
    passed = sum(each.passed for each in outcomes)
    skipped = sum(bool(each.skipped) for each in outcomes)
    wrong = len(outcomes) - passed - skipped
    words = [f"{passed} checks passed"]
    if skipped:
        words.append(f"{skipped} do not apply now")
    if wrong:
        words.append(f"{wrong} found something")
    hint = "" if complete else " All of them: ./.aidevcontainer/container doctor --all"
    return [f"{', '.join(words)}.{hint}"]
