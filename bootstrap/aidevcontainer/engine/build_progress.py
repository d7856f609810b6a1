"""A person's view of a BuildKit build, made from its plain log."""

from __future__ import annotations

import re

_STEP = re.compile(r"^#(\d+) \[(?!.*internal)(.*?)(\d+)/(\d+)\] (.*)$")
_OUTPUT = re.compile(r"^#(\d+) \d+\.\d+ (.*)$")
_OWN = "aidevcontainer: "
_BEFORE = 4  # lines of the failed tool that stay in front of our own
_NOISE = re.compile(r"^(RUN|COPY|ADD) |--from=\S+ |/usr/local/(?:lib|share)/aidevcontainer/|/build/|\s+&&.*")


class BuildProgress:
    """Follows a build: `started` is a step's title just after its first line, `state` the last activity."""

    def __init__(self) -> None:
        self.started: str | None = None
        self.state = "preparing"
        self._titles: dict[str, str] = {}

    def feed(self, line: str) -> None:
        """Reads the next line of the log."""
        self.started = None
        step, output = _STEP.match(line), _OUTPUT.match(line)
        if step and step.group(1) not in self._titles:
            self.started = self.state = self._titles[step.group(1)] = _title(step)
        elif output and output.group(2).strip():
            self.state = output.group(2).strip()


def _title(step: re.Match[str]) -> str:
    stage = step.group(2).split()
    words = _NOISE.sub("", step.group(5)).strip()
    # Compose puts the service's name first, and calls a stage without a name stage-N.
    named = stage and stage[-1] not in ("claude", "firewall") and not stage[-1].startswith("stage-")
    place = f"{stage[-1]} " if named else ""
    return f"{place}{step.group(3)}/{step.group(4)}: {words}"


def failure_lines(log: list[str], longest: int = 15) -> list[str]:
    """Returns the lines of a failed build that matter: the end of the failed step's output, our own last."""
    texts = _failed_output(log)
    own = [text for text in texts if text.startswith(_OWN)]
    if own:
        before = texts[: texts.index(own[0])]
        return before[-_BEFORE:] + [text[len(_OWN) :] for text in own]
    return (texts or [line.rstrip() for line in log if line.strip()])[-longest:]


def _failed_output(log: list[str]) -> list[str]:
    failed = [found.group(1) for found in (re.match(r"^#(\d+) ERROR", line) for line in log) if found]
    output = [_OUTPUT.match(line) for line in log if failed and line.startswith(f"#{failed[-1]} ")]
    return [found.group(2).rstrip() for found in output if found and found.group(2).strip()]
