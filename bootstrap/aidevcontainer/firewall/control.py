"""The running firewall, asked and told from the host. The agent's container has no way to do the same."""

from __future__ import annotations

from aidevcontainer.engine import readiness
from aidevcontainer.util import light_json
from aidevcontainer.util.errors import Problem

# Loading typing would take longer than a quick command has for all its modules.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from aidevcontainer.engine.socket_api import Container
    from aidevcontainer.project.paths import Project

    class _Result(Protocol):
        @property
        def code(self) -> int: ...
        @property
        def out(self) -> str: ...
        @property
        def err(self) -> str: ...

    class Client(Protocol):
        """What runs commands in containers: docker, or the engine's socket."""

        project: Project

        def run(self, verb: str, container: str, /, *command: str) -> _Result:
            """Run a command and return how it went."""

        def container(self, name: str, /) -> Container | None:
            """Return a container, or None when there is none."""


TOOLS = "/usr/local/lib/aidevcontainer"
_STATUS = "/run/aidevcontainer/status.json"
_START = "Start it: ./.aidevcontainer/container up"
_ABSENT = ("no such container", "is not running", "is restarting", "is paused")


class Change:
    """What a reload did; entries as they are written in a list. `ended` were for a time."""

    def __init__(self, output: str) -> None:
        told = _said("entries", output)
        self.happened = bool(told)
        count, _, rest = "".join(told[:1]).partition(", from the ")
        self.entries = int(count) if count.isdecimal() else 0
        self.source = rest.partition(";")[0] or "file"
        self.added = _said("allowed", output)
        self.removed = _said("no longer allowed", output)
        self.ended = _said("ended", output)


class Allowance:
    """An entry that no file holds. `until` is in seconds since 1970, 0 for as long as the container lives."""

    def __init__(self, entry: str, until: int) -> None:
        self.entry = entry
        self.until = until


class Firewall:
    """One project's firewall."""

    def __init__(self, docker: Client) -> None:
        self.docker = docker
        self.container = readiness.container_names(docker.project.name())[1]

    def runs(self) -> bool:
        """Tell whether there is a firewall to talk to. Raises Problem when the engine cannot be asked."""
        found = self.docker.container(self.container)
        return found is not None and found.running

    def reload(self) -> Change:
        """Put the lists into force. Raises Problem, with the linter's sentences, when they do not hold."""
        return Change(self._run(f"{TOOLS}/init-firewall.sh", "--at-once"))

    def allow(self, entries: list[str], seconds: int) -> Change:
        """Allow entries for a time, 0 for as long as the container lives. Raises Problem."""
        return Change(self._run(f"{TOOLS}/firewall/temporary.sh", "add", str(seconds), *entries))

    def deny(self, entries: list[str], lists: bool) -> Change:
        """End what was allowed for a time; put `lists` that were changed into force. Raises Problem."""
        changed = "changed" if lists else "same"
        return Change(self._run(f"{TOOLS}/firewall/temporary.sh", "deny", changed, *entries))

    def allowances(self) -> list[Allowance]:
        """Return what is allowed for a time. Raises Problem."""
        lines = self._run(f"{TOOLS}/firewall/temporary.sh", "show").splitlines()
        pairs = (line.split() for line in lines)
        return [Allowance(pair[0], int(pair[1])) for pair in pairs if len(pair) == 2 and pair[1].isdigit()]

    def refused(self) -> str:
        """Return what `refused.sh` says. Raises Problem."""
        return self._run(f"{TOOLS}/firewall/refused.sh")

    def status(self) -> dict[str, Any]:
        """Return the status file. Raises Problem."""
        found = light_json.fields(self._run("cat", _STATUS))
        if not found:
            raise Problem("The firewall says nothing of itself yet. Try again in a moment.")
        return found

    def _run(self, *command: str) -> str:
        result = self.docker.run("exec", self.container, *command)
        if result.code:
            raise Problem(_reason(result))
        return result.out


def _reason(result: _Result) -> str:
    if any(each in result.err.lower() for each in _ABSENT):
        return f"The firewall does not run. {_START}"
    lines = [line.replace("firewall: ", "", 1) for line in result.err.splitlines() if line.strip()]
    return "\n".join(lines) or f"The firewall gave up (exit code {result.code}), and said nothing."


def _said(title: str, output: str) -> list[str]:
    start = f"firewall: {title}: "
    return [line[len(start) :] for line in output.split("\n") if line.startswith(start)]
