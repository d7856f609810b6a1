"""The pages of figures: a small one for the docs, all of it for a release, three figures for the README."""

from __future__ import annotations

import re
from typing import Any

from .benches import BENCHES, Bench
from .figures import BUILD, ROOT, Figures, Place, rows, spread, wander
from .plots import plotted
from .report import FEW, MANY, NOISE, NOISE_OF_FEW, digits, times

PAGE = ROOT / "docs/figures.md"
WHOLE = BUILD / "README.md"
README = ROOT / "README.md"
_MARKED = re.compile(r"(<!-- figures[^>]*-->\n).*?(<!-- /figures -->)", re.DOTALL)
_SMALL = """\
# Figures

<!-- Written by `python3 tests --bench`. -->

Each figure is compared with the usual way of doing the same thing, measured in turn in the same run.
`python3 tests --bench` measures everything ({minutes} minutes here) and writes this page and the figures in
the README. Every row, its spread, the raw data and plots are in `build/figures/` afterwards, and with each
release. One part in a minute: `python3 tests --bench session --quick`. The parts: `--bench-list`.

{headlines}

{ground}

{expectations}

| Part | What | Measured | Expected |
| --- | --- | --- | --- |
{rows}"""
_HEAD = """\
# Figures

<!-- Written by `python3 tests --bench` from figures.json beside this page. -->

How fast and how small, each against what one would do otherwise, measured in the same run and in turn: what
slows one down slows down the other. `python3 tests --bench` makes all of it ({minutes} minutes here) and
writes this page, its plots and the figures in the README; nothing is typed by hand. One part of it in a
minute: `python3 tests --bench session --quick`. The parts: `python3 tests --bench-list`.

{ground}

{expectations}

* **Median** of all rounds, then the least and the most of them. A ratio is the median of the rounds' own
  ratios. What is measured in time is measured in two passes, all other parts in between.
* **Spread**: where another run of the same on this machine will find the ratio, or the value where it is
  compared with nothing. How long a thing takes is the machine's in that hour, so the time itself is not
  promised where there is a ratio, nor for what the others are compared with. It goes from the least to the
  most of the rounds (without the outer tenths of {many} or more), and at least {noise:.0%} to either side
  ({few:.0%} for times of fewer than {enough} rounds). Times of two passes have at least {wander:.0%}:
  half as much again as what nine in ten claims of this run differed by between its passes.
  `python3 tests --bench-compare OLD.json NEW.json` holds two runs to it.
* In the plots grey is what the others are compared with; whiskers go from the least to the most.

{parts}
"""


def small(figures: Figures) -> str:
    """Returns the page for the docs: what was expected, and whether it came true."""
    benches = figures["benches"]
    return _SMALL.format(
        minutes=_minutes(sum(each["seconds"] for each in benches.values())),
        headlines="\n".join(f"* {line}" for line in headlines(figures)),
        ground=_ground(figures),
        expectations=_expectations(figures),
        rows="".join(_expected(place, row) for place, row in rows(figures) if row["expect"]),
    )


def _expected(place: Place, row: dict[str, Any]) -> str:
    verdict = "" if row["held"] else " **missed**"
    measured = ", ".join(filter(None, (_value(row), _ratio(row))))
    cells = (place.section, row["what"], measured, row["expect"] + verdict)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def whole(figures: Figures) -> str:
    """Returns the page for a release: every row, with plots."""
    benches = figures["benches"]
    head = _HEAD.format(
        minutes=_minutes(sum(each["seconds"] for each in benches.values())),
        ground=_ground(figures),
        expectations=_expectations(figures),
        wander=wander(figures),
        noise=NOISE,
        many=MANY,
        few=NOISE_OF_FEW,
        enough=FEW,
        parts=_parts(benches),
    )
    wanders = wander(figures)
    return head + "".join(
        _chapter(bench, benches[bench.name], wanders) for bench in BENCHES if bench.name in benches
    )


def readme(figures: Figures, text: str) -> str:
    """Return the README's *text* with the figures between its markers."""
    lines = "".join(f"* {line}\n" for line in headlines(figures))
    return _MARKED.sub(lambda marked: f"{marked[1]}{lines}{marked[2]}", text)


def headlines(figures: Figures) -> list[str]:
    """Return what the README says, of what was measured."""
    found = dict(rows(figures))
    lines = []
    for place, sentence in _HEADLINES.items():
        if row := found.get(place):
            faster = digits(1 / row["ratio"])
            less = f"{1 - row['ratio']:.0%}".rstrip("%")
            lines.append(sentence.format(median=_value(row), less=less, faster=faster))
    return lines


_HEADLINES = {
    Place(
        "session", "Open a session in a running container", "./.aidevcontainer/claude (docker compose exec)"
    ): ("A session opens in {median}, {less} % faster than with `docker compose exec`."),
    Place("firewall", "100 lines", "ready (the common way)"): (
        "With 100 names on its list, the firewall is ready {faster} times faster than a typical script."
    ),
    Place("image", "Image: against a plain one", "the whole image (plain image: Node, npm, Claude Code)"): (
        "The image has {median}, {less} % less than one with Node and the npm package."
    ),
}


def _ground(figures: Figures) -> str:
    machine = figures["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in figures["versions"].items())
    return (
        f"**Machine**: {machine['processor']}, {machine['cores']} cores, {machine['memory']} of memory, "
        f"{machine['kernel']}. **Versions**: {versions}."
    )


def _expectations(figures: Figures) -> str:
    expected = [(place, row) for place, row in rows(figures) if row["expect"]]
    missed = [(place, row) for place, row in expected if not row["held"]]
    lines = [f"**Expectations**: {len(expected) - len(missed)} of {len(expected)} held.", ""]
    for place, row in missed:
        found = ", ".join(filter(None, (_value(row), _ratio(row))))
        lines.append(f"* Missed: {place.section}, {row['what']}: {found}; expected {row['expect']}.")
    return "\n".join(lines).rstrip()


def _parts(benches: dict[str, Any]) -> str:
    columns = "| Part | Command | Date | Commit | Load before, after | Minutes | Outcome |\n"
    lines = [_part(bench, benches[bench.name]) for bench in BENCHES if bench.name in benches]
    return f"{columns}{'| --- ' * 7}|\n" + "".join(lines).rstrip()


def _part(bench: Bench, each: dict[str, Any]) -> str:
    load = f"{each['load']['before']:.1f}, {each['load']['after']:.1f}"
    cells = (bench.title, f"`{each['command']}`", each["date"], each["commit"], load)
    return f"| {' | '.join((*cells, _minutes(each['seconds']), each['outcome']))} |\n"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}" if seconds < 600 else f"{seconds / 60:.0f}"


def _chapter(bench: Bench, measured: dict[str, Any], wanders: float) -> str:
    plot = f"\n![{bench.title}]({bench.name}.svg)\n" if plotted(measured["sections"]) else ""
    head = "| What | | Median | Least, most | Rounds | Ratio | Spread | Expected |\n"
    head += "| --- | --- | ---: | ---: | ---: | --- | --- | --- |\n"
    lines = "".join(_section(title, found, wanders) for title, found in measured["sections"].items())
    return f"\n## {bench.title}\n{plot}\n{head}{lines}"


def _section(title: str, found: list[dict[str, Any]], wanders: float) -> str:
    # Its name stands once, before its rows.
    return "".join(_row(title if row is found[0] else "", row, wanders) for row in found)


def _row(title: str, row: dict[str, Any], wanders: float) -> str:
    kept = f"{row['expect']}: {'held' if row['held'] else '**missed**'}" if row["expect"] else ""
    what = f"{row['what']} ({row['note']})" if row["note"] else row["what"]
    rounds = f"{digits(min(row['values']))} to {digits(max(row['values']))}" if len(row["values"]) > 1 else ""
    measured = (_value(row), rounds, str(len(row["values"])))
    cells = (title, what, *measured, _ratio(row), _spread(row, wanders), kept)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _spread(row: dict[str, Any], wanders: float) -> str:
    found = spread(row, wanders)
    if found is None:
        return ""
    return " to ".join(map(digits if row["ratio"] is None else times, found))


def _ratio(row: dict[str, Any]) -> str:
    compared = row["ratio"] is not None and row["claim"] is not None
    return f"{times(row['ratio'])} x {row['to']}" if compared else ""


def _value(row: dict[str, Any]) -> str:
    return f"{digits(row['median'])} {row['unit']}".rstrip()
