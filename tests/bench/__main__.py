"""`python3 tests --bench [NAME…]`: benchmarks, the page made of them, and whether two runs agree."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import WRONG_USAGE, Problem

from . import benches, compare, figures, page, passes, plots, run

_USAGE = """\
python3 tests --bench [NAME…] [--quick] [--bench-rounds N] [--bench-json FILE] [--bench-write]
       python3 tests --bench-list | --bench-page | --bench-compare OLD.json NEW.json"""


def main(arguments: list[str]) -> int:
    """Do what is asked and return the exit code: 1 where an expectation was missed or two runs differ."""
    options, others = _parser().parse_known_args(arguments)
    try:
        return _do(options, others)
    except Problem as problem:
        Console().fail(str(problem))
        return problem.code
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 tests",
        usage=_USAGE,
        description=__doc__,
        epilog="Other options are pytest's.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--bench", nargs="*", metavar="NAME", help="run these, or all (which writes docs/figures.*)"
    )
    parser.add_argument("--quick", action="store_true", help="few rounds: one name in about a minute")
    parser.add_argument(
        "--bench-rounds", type=int, metavar="N", help="rounds instead of each row's own number"
    )
    parser.add_argument(
        "--bench-json", type=Path, metavar="FILE", help="write what was measured here as well"
    )
    parser.add_argument("--bench-write", action="store_true", help="put named ones into docs/figures.* too")
    parser.add_argument("--bench-list", action="store_true", help="list the names")
    parser.add_argument(
        "--bench-page",
        action="store_true",
        help="make the pages and plots again, from build/figures/",
    )
    parser.add_argument("--bench-compare", nargs=2, type=Path, metavar="JSON", help="whether two runs agree")
    return parser


def _do(options: argparse.Namespace, others: list[str]) -> int:
    if options.bench_compare:
        return _compare(*options.bench_compare)
    if options.bench_list:
        sys.stdout.write(benches.listed())
        return 0
    if options.bench_page:
        _write(_load(figures.FILE))
        return 0
    return _run(options, others)


def _compare(old: Path, new: Path) -> int:
    found = list(compare.verdicts(_load(old), _load(new)))
    claims = [each for each in found if each.agrees is not None]
    agreed = sum(bool(each.agrees) for each in claims)
    verdict = f"{agreed} of {len(claims)} rows agree within the spread they state."
    sys.stdout.write("\n".join([*(each.line for each in found), verdict, ""]))
    return int(agreed < len(claims))


def _run(options: argparse.Namespace, others: list[str]) -> int:
    try:
        chosen = benches.chosen(options.bench or [])
    except KeyError as unknown:
        raise Problem(
            f"There is no benchmark {unknown}. There are:\n{benches.listed()}", WRONG_USAGE
        ) from None
    given = ["--quick"] if options.quick else []
    given += [f"--bench-rounds={options.bench_rounds}"] if options.bench_rounds else []
    command = " ".join(["python3 tests --bench", *(options.bench or []), *given, *others])
    most = 1 if given else None
    measured = run.run(chosen, [*given, *others], command, partial(_keep, options.bench_json), most)
    whole = not options.bench and not given and not others
    if whole or options.bench_write:
        old = figures.load() if figures.FILE.exists() and not whole else None
        _write(figures.merged(old, measured))
    return int(any(each["outcome"] != passes.COMPLETE for each in measured["benches"].values()))


def _keep(path: Path | None, measured: figures.Figures) -> None:
    if path:
        figures.save(measured, path)


def _write(measured: figures.Figures) -> None:
    figures.save(measured)
    # What is read back is what a reader has.
    kept = figures.load()
    page.PAGE.write_text(page.small(kept), encoding="utf-8")
    page.WHOLE.write_text(page.whole(kept), encoding="utf-8")
    text = page.README.read_text(encoding="utf-8")
    page.README.write_text(page.readme(kept, text), encoding="utf-8")
    plots.draw(kept)
    Console().say("Written: docs/figures.md, the figures in README.md, and all of it in build/figures/.")


def _load(path: Path) -> figures.Figures:
    try:
        return figures.load(path)
    except (OSError, json.JSONDecodeError) as error:
        raise Problem(f"{path} cannot be read as figures: {error}") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
