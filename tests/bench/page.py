"""The page of figures, and the three of them in the README: both from the JSON alone."""

from __future__ import annotations

import re
from typing import Any

from .benches import BENCHES, Bench
from .figures import DOCS, Figures, drift, rows, spread
from .plots import plotted
from .report import FEW, NOISE, NOISE_OF_FEW, digits

PAGE = DOCS / "figures.md"
README = DOCS.parent / "README.md"
_MARKED = re.compile(r"(<!-- figures[^>]*-->\n).*?(<!-- /figures -->)", re.DOTALL)
_HEAD = """\
# Figures

<!-- Written by `python3 tests --bench` from docs/figures.json; a test checks it. -->

How fast and how small, each against what one would do otherwise, measured in the same run and in turn: what
slows one down slows down the other. `python3 tests --bench` makes all of it ({minutes} minutes here) and
writes this page, its plots and the figures in the README; nothing is typed by hand. One part of it in a
minute: `python3 tests --bench session --quick`. The parts: `python3 tests --bench-list`.

{ground}

{expectations}

* **Median** of all rounds. A ratio is the median of the rounds' own ratios. What is measured in time is
  measured in two passes, all other parts in between: a machine is slower at one hour than at another.
* **Spread**, of the rounds and of their ratios: from the least to the most, and at least {noise:.0%} to
  either side of the median ({few:.0%} where there were fewer than {enough} rounds). Medians that two passes
  made have at least {drift:.0%}: by so much or less nine in ten of them differed between the passes of this
  run, although nothing changed. Another run's median is expected in its row's spread, or its ratio in the
  spread of the ratios, once it is taken out by how much the machine was slower in all that is not ours:
  `python3 tests --bench-compare OLD.json NEW.json` tells.
* In the plots grey is what the others are compared with; whiskers go from the least to the most.

{parts}
"""


def page(figures: Figures) -> str:
    """Return the page."""
    benches = figures["benches"]
    head = _HEAD.format(
        minutes=_minutes(sum(each["seconds"] for each in benches.values())),
        ground=_ground(figures),
        expectations=_expectations(figures),
        drift=drift(figures),
        noise=NOISE,
        few=NOISE_OF_FEW,
        enough=FEW,
        parts=_parts(benches),
    )
    wanders = drift(figures)
    return head + "".join(
        _chapter(bench, benches[bench.name], wanders) for bench in BENCHES if bench.name in benches
    )


def readme(figures: Figures, text: str) -> str:
    """Return the README's *text* with the figures between its markers."""
    lines = "".join(f"* {line}\n" for line in headlines(figures))
    return _MARKED.sub(lambda marked: f"{marked[1]}{lines}{marked[2]}", text)


def headlines(figures: Figures) -> list[str]:
    """Return what the README says, of what was measured."""
    found = {(place.bench, row["what"], row["to"]): row for place, row in rows(figures)}
    lines = []
    for key, sentence in _HEADLINES.items():
        if row := found.get(key):
            lines.append(sentence.format(median=_value(row), ratio=f"{row['ratio'] or 0:.2f}"))
    return lines


_HEADLINES = {
    ("session", "./.aidevcontainer/claude", "docker compose exec"): (
        "A session opens in a running container in {median}: {ratio} of what `docker compose exec` takes."
    ),
    ("firewall", "100 lines", "our ready"): (
        "With 100 names on its list the firewall is ready {ratio} times as fast as one written in the common "
        "way."
    ),
    ("image", "the whole image", "plain image: Node, npm, Claude Code"): (
        "The image has {median}: {ratio} of one with Node and the npm package."
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
        found = f"{_value(row)}{_ratio(row, ', ')}"
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
    plot = f"\n![{bench.title}](figures/{bench.name}.svg)\n" if plotted(measured["sections"]) else ""
    head = "| What | | Median | Spread | Rounds | Ratio | Expected |\n"
    head += "| --- | --- | ---: | ---: | ---: | --- | --- |\n"
    lines = "".join(_section(title, found, wanders) for title, found in measured["sections"].items())
    return f"\n## {bench.title}\n{plot}\n{head}{lines}"


def _section(title: str, found: list[dict[str, Any]], wanders: float) -> str:
    # Its name stands once, before its rows.
    return "".join(_row(title if row is found[0] else "", row, wanders) for row in found)


def _row(title: str, row: dict[str, Any], wanders: float) -> str:
    low, high = map(digits, spread(row, wanders))
    kept = f"{row['expect']}: {'held' if row['held'] else '**missed**'}" if row["expect"] else ""
    what = f"{row['what']} ({row['note']})" if row["note"] else row["what"]
    cells = (title, what, _value(row), f"{low} to {high}", str(len(row["values"])), _ratio(row), kept)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _ratio(row: dict[str, Any], before: str = "") -> str:
    compared = row["ratio"] is not None and row["what"] != row["to"]
    if not compared:
        return ""
    low, high = row["ratio_spread"]
    return f"{before}{row['ratio']:.2f} ({low:.2f} to {high:.2f}) x {row['to']}"


def _value(row: dict[str, Any]) -> str:
    return f"{digits(row['median'])} {row['unit']}".rstrip()
