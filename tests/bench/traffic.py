"""What packets cost: connects and a download, by the one client that is in every image."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from tests.support.docker import execute

from .names import ANSWERS

_CONNECTS = 100
_BYTES = 100_000_000


@dataclass(frozen=True)
class Way:
    """A container that reaches the server, and what was measured from it: milliseconds, and MB a second."""

    container: str
    server: str
    connect: list[float] = field(default_factory=list)
    throughput: list[float] = field(default_factory=list)

    def measure(self) -> None:
        """Measure one round."""
        self.connect.append(self._connect())
        self.throughput.append(self._download())

    def _connect(self) -> float:
        # A connection each, to a known address, so that no lookup is in it.
        wanted = "%{time_connect}\n"
        said = self._curl(wanted, f"http://{ANSWERS}/?[1-{_CONNECTS}]", "--header", "Connection: close")
        return statistics.median(float(line) for line in said.split()) * 1000

    def _download(self) -> float:
        return float(self._curl("%{speed_download}", f"http://{ANSWERS}/bytes/{_BYTES}")) / 1e6

    def _curl(self, wanted: str, url: str, *options: str) -> str:
        quiet = ["--silent", "--show-error", "--fail", "--output", "/dev/null", "--write-out", wanted]
        place = ["--resolve", f"{ANSWERS}:80:{self.server}"]
        return execute(self.container, "curl", *quiet, *place, *options, url, check=True, timeout=120).out
