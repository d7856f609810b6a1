"""A person's view of a BuildKit build, made from its plain log."""

from __future__ import annotations

import re

_STEP = re.compile(r"^#(\d+) \[(?!.*internal)(.*?)(\d+)/(\d+)\] (.*)$")
_OUTPUT = re.compile(r"^#(\d+) \d+\.\d+ (.*)$")
_ENDED = re.compile(r"^#(\d+) (?:DONE|CACHED|ERROR|CANCELED)")
_NOISE = re.compile(r"^(RUN|COPY|ADD) |--from=\S+ |/usr/local/(?:lib|share)/aidevcontainer/|/build/|\s+&&.*")


class BuildProgress:
    """Follows a build: `started` is a step's title right after its first line, `state` is what goes on."""

    def __init__(self) -> None:
        self.started: str | None = None
        self.state = "preparing"
        self._titles: dict[str, str] = {}

    def feed(self, line: str) -> None:
        """Take the next line of the log."""
        self.started = None
        step, output = _STEP.match(line), _OUTPUT.match(line)
        if step and step.group(1) not in self._titles:
            self.started = self.state = self._titles[step.group(1)] = _title(step)
        elif output and output.group(2).strip():
            self.state = output.group(2).strip()


def _title(step: re.Match[str]) -> str:
    stage = step.group(2).split()
    words = _NOISE.sub("", step.group(5)).strip()
    place = f"{stage[-1]} " if stage and stage[-1] not in ("claude", "firewall") else ""
    return f"{place}{step.group(3)}/{step.group(4)}: {words}"


def failure_lines(log: list[str], longest: int = 15) -> list[str]:
    """Return what a person needs of a failed build: our own sentences, else the end of the failed step."""
    own = [line for line in (_text(line) for line in log) if line.startswith("aidevcontainer: ")]
    if own:
        return list(dict.fromkeys(own))
    failed = [found.group(1) for found in (re.match(r"^#(\d+) ERROR", line) for line in log) if found]
    output = [
        _text(line) for line in log if failed and line.startswith(f"#{failed[-1]} ") and _OUTPUT.match(line)
    ]
    return (output or [line.rstrip() for line in log if line.strip()])[-longest:]


def _text(line: str) -> str:
    found = _OUTPUT.match(line)
    return (found.group(2) if found else line).rstrip()
