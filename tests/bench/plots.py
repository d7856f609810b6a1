"""A picture for each benchmark: bars for its medians, whiskers from the least to the most of all rounds.

The library is imported where it draws, since the page is checked where only the tests' packages are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .benches import BENCHES
from .figures import BUILD, Figures
from .report import digits

# Readable on white and on the dark of a page at night.
_INK, _BAR, _BASE = "#747b84", "#3b82d6", "#9aa3ad"
# Where one bar is so many times as long as another, a scale of powers of ten shows both.
_FAR = 30
_STYLE = {
    "svg.hashsalt": "aidevcontainer",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}

Rows = list[dict[str, Any]]


def plotted(sections: dict[str, Rows]) -> dict[str, Rows]:
    """Return the sections that a picture shows: those that compare things of one unit."""
    return {title: rows for title, rows in sections.items() if _comparable(rows)}


def _comparable(rows: Rows) -> bool:
    return (
        len(rows) > 1 and len({row["unit"] for row in rows}) == 1 and all(row["median"] > 0 for row in rows)
    )


def draw(figures: Figures, folder: Path = BUILD) -> list[Path]:
    """Write all pictures and return them; what a folder had of others is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    drawn = []
    for bench in BENCHES:
        sections = plotted(figures["benches"].get(bench.name, {}).get("sections", {}))
        if sections:
            drawn.append(folder / f"{bench.name}.svg")
            _picture(sections, bench.title, drawn[-1])
    return drawn


def _picture(sections: dict[str, Rows], title: str, path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    heights = [len(_once(rows)) + 1.6 for rows in sections.values()]
    with matplotlib.rc_context(_STYLE):
        figure, axes = pyplot.subplots(
            *(len(sections), 1),
            figsize=(9, sum(heights) * 0.27),
            squeeze=False,
            gridspec_kw={"height_ratios": heights},
            layout="constrained",
        )
        for place, (section, rows) in zip(axes[:, 0], sections.items(), strict=False):
            _bars(place, section, _once(rows))
        figure.savefig(path, transparent=True, metadata={"Title": title, "Date": None, "Creator": None})
        pyplot.close(figure)


def _once(rows: Rows) -> Rows:
    """Return the rows without a second mention of the same thing, which is compared with something else."""
    return list({(row["what"], tuple(row["values"])): row for row in reversed(rows)}.values())[::-1]


def _bars(axes: Any, section: str, rows: Rows) -> None:  # noqa: ANN401 -- the library's own
    names = [row["what"] for row in rows]
    medians = [row["median"] for row in rows]
    bases = {row["to"] for row in rows}
    places = range(len(rows))
    colours = [_BASE if row["what"] in bases else _BAR for row in rows]
    away = [
        [row["median"] - min(row["values"]) for row in rows],
        [max(row["values"]) - row["median"] for row in rows],
    ]
    axes.barh(
        places,
        medians,
        color=colours,
        height=0.62,
        xerr=away,
        error_kw={"ecolor": _INK, "lw": 1, "capsize": 2},
    )
    axes.set_yticks(list(places), names)
    axes.invert_yaxis()
    axes.set_title(f"{section} ({rows[0]['unit']})" if rows[0]["unit"] else section, loc="left", fontsize=9.5)
    _scale(axes, rows)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _scale(axes: Any, rows: Rows) -> None:  # noqa: ANN401
    medians = [row["median"] for row in rows]
    far = max(medians) / min(medians) > _FAR
    if far:
        axes.set_xscale("log")
    most = max(max(row["values"]) for row in rows)
    axes.set_xlim(right=most * (4 if far else 1.18), left=min(medians) / 2 if far else 0)
    for at, row in enumerate(rows):
        axes.annotate(
            digits(row["median"]),
            (max(row["values"]), at),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
