"""Questions and commands from the host to the running firewall. The agent's container has no access to it.

The firewall's scripts answer in JSON, or in records that `journal` reads, because names in their answers come
from the agent's lookups.
"""

from __future__ import annotations

from aidevcontainer.engine import readiness
from aidevcontainer.util import light_json
from aidevcontainer.util.errors import Problem

# Part of the quick path: typing takes longer to load than all modules of a quick command together.
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
        """Runs commands in containers: docker, or the engine's socket."""

        project: Project

        def run(self, verb: str, container: str, /, *command: str) -> _Result:
            """Runs a command and returns its result."""

        def container(self, name: str, /) -> Container | None:
            """Returns a container, or None if there is none."""


TOOLS = "/usr/local/lib/aidevcontainer"
JOURNALS = f"{TOOLS}/firewall/journals.sh"
_STATUS = "/run/aidevcontainer/status.json"
_START = "Start it: ./.aidevcontainer/container up"
_LOGS = "See its log: ./.aidevcontainer/container logs firewall"
_NOT_FOUND = (126, 127)
_ABSENT = ("no such container", "is not running", "is restarting", "is paused")


class OutdatedError(Problem):
    """The scripts in the running container are older than these helpers, and answer in another way."""

    def __init__(self) -> None:
        super().__init__(
            "The running firewall does not understand these helpers, because it was started with another "
            "version. Restart it: ./.aidevcontainer/container restart"
        )


class PolicyChange:
    """The result of a reload. Entries are written as in a list; those in `ended` were allowed for a time.

    `happened` is false where nothing had to be reloaded; then only `ended` has a meaning.
    """

    def __init__(self, answer: dict[str, Any]) -> None:
        self.happened = "revision" in answer
        self.entries = int(answer.get("entries", 0))
        self.source = str(answer.get("source", "file"))
        self.allowed = _texts(answer, "allowed")
        self.no_longer_allowed = _texts(answer, "no_longer_allowed")
        self.ended = _texts(answer, "ended")
        self.warnings = _texts(answer, "warnings")


class Allowance:
    """An entry that is in no file. `until` is in seconds since 1970; 0 means until the container ends."""

    def __init__(self, entry: str, until: int) -> None:
        self.entry = entry
        self.until = until


class Firewall:
    """One project's firewall. Its methods raise Problem where the firewall cannot be asked."""

    def __init__(self, docker: Client) -> None:
        self.docker = docker
        self.container = readiness.container_names(docker.project.name())[1]

    def runs(self) -> bool:
        """Returns whether the firewall's container runs."""
        found = self.docker.container(self.container)
        return found is not None and found.running

    def reload(self) -> PolicyChange:
        """Puts the lists into force. Raises Problem, with the linter's sentences, for a list with errors."""
        return PolicyChange(self._ask("init-firewall.sh", "--at-once", "--json"))

    def allow(self, entries: list[str], seconds: int) -> PolicyChange:
        """Allows entries for some seconds; 0 means until the container ends."""
        return PolicyChange(self._ask("firewall/temporary.sh", "--json", "add", str(seconds), *entries))

    def deny(self, entries: list[str], lists_changed: bool) -> PolicyChange:
        """Ends temporary allowances, and puts lists that changed into force."""
        lists = "changed" if lists_changed else "same"
        return PolicyChange(self._ask("firewall/temporary.sh", "--json", "deny", lists, *entries))

    def keep(self, entries: list[str]) -> PolicyChange:
        """Puts lists that allow entries by now into force, and ends the temporary allowances of these."""
        return PolicyChange(self._ask("firewall/temporary.sh", "--json", "deny", "listed", *entries))

    def allowances(self) -> list[Allowance]:
        """Returns the temporary allowances."""
        found = self._ask("firewall/temporary.sh", "--json", "show").get("allowances", [])
        return [Allowance(str(each["entry"]), int(each["until"])) for each in found]

    def refused(self) -> str:
        """Returns the answer of `journals.sh` for `journal.refusals`."""
        return self._run(JOURNALS, "refused")

    def passed(self) -> str:
        """Returns the answer of `journals.sh` for `journal.connections`."""
        return self._run(JOURNALS, "passed")

    def status(self) -> dict[str, Any]:
        """Returns the status file."""
        found = light_json.fields(self._run("cat", _STATUS))
        if not found:
            raise Problem("The firewall has not written its status yet. Try again in a moment.")
        return found

    def _ask(self, script: str, *arguments: str) -> dict[str, Any]:
        output = self._run(f"{TOOLS}/{script}", *arguments)
        if not output:
            raise Problem(f"The firewall did not answer. {_LOGS}")
        answer = light_json.fields(output)
        if not answer:
            raise OutdatedError
        return answer

    def _run(self, *command: str) -> str:
        result = self.docker.run("exec", self.container, *command)
        if result.code:
            raise _failure(result)
        return result.out


def _failure(result: _Result) -> Problem:
    if any(each in result.err.lower() for each in _ABSENT):
        return Problem(f"The firewall is not running. {_START}")
    lines = [line.replace("firewall: ", "", 1) for line in result.err.splitlines() if line.strip()]
    # An older container does not have the script.
    if result.code in _NOT_FOUND:
        return OutdatedError()
    # An older script does not know --json.
    if result.code == 2 and lines and lines[0].lstrip().startswith("Usage: "):
        return OutdatedError()
    return Problem("\n".join(lines) or f"The firewall failed with exit code {result.code}. {_LOGS}")


def _texts(answer: dict[str, Any], key: str) -> list[str]:
    return list(map(str, answer.get(key, [])))
