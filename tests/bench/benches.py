"""The benchmarks, in the order in which a whole run makes them and the page shows them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


class Bench(NamedTuple):
    """`whole` is false for one that takes too long for a run of all: it runs where it is named.

    `passes` is how often one run makes it, all the others in between.
    """

    name: str
    title: str
    passes: int = 1
    whole: bool = True

    @property
    def file(self) -> Path:
        """Return the file with its measurements."""
        return FOLDER / f"bench_{self.name}.py"


# A virtual machine is slower at one hour than at another. What is measured in time is measured twice, so that
# the spread holds some of that.
TIMED = 2

BENCHES = (
    Bench("session", "Opening a session", TIMED),
    Bench("start", "From nothing running to the prompt", TIMED),
    Bench("first", "The first project, and the second", TIMED),
    Bench("image", "The image", TIMED),
    Bench("disk", "Disk"),
    Bench("copier", "Copier", TIMED),
    Bench("files", "Work on files", TIMED),
    Bench("firewall", "The firewall", TIMED),
    Bench("gate", "The name gate", TIMED),
    Bench("hook", "The git hook", TIMED),
    Bench("bridge", "The bridge", TIMED),
    Bench("churn", "A day's churn"),
    Bench("idle", "Idle"),
    Bench("hammer", "Reloads under a hammer", whole=False),
)


def chosen(names: list[str]) -> list[Bench]:
    """Return the benchmarks of those names, or a whole run's. Raises KeyError with a name that is none."""
    known = {bench.name: bench for bench in BENCHES}
    wanted = [known[name] for name in names]
    return [bench for bench in BENCHES if (bench in wanted if names else bench.whole)]


def listed() -> str:
    """Return their names and titles as text."""
    alone = {True: "", False: " (only where it is named)"}
    return "".join(f"{bench.name:<12}{bench.title}{alone[bench.whole]}\n" for bench in BENCHES)
