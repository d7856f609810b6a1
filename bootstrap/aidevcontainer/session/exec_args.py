"""The command line that opens a session, and the environment it takes along."""

from __future__ import annotations

import os

from aidevcontainer.session import timezone

TOKEN = "AIDEVCONTAINER_SESSION"  # noqa: S105 - a name

# Ctrl-P, docker's own first detach key, is "previous line" to Claude. Detaching makes no sense here, and
# the first key of the sequence is held back until the next one: one that nobody types, six times over.
DETACH_KEYS = ",".join(["ctrl-^"] * 6)

TERMINAL = ("TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "TZ")
CREDENTIALS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
# Whoever sets them on the host means the commits of this session.
GIT = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
# Names a person's own further variables, such as GH_TOKEN; separated by spaces or commas.
FORWARD = "AIDEVCONTAINER_FORWARD"
CLAUDE = (
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_CUSTOM_HEADERS",
    "ANTHROPIC_MODEL",
    "ANTHROPIC_SMALL_FAST_MODEL",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
    "MAX_THINKING_TOKENS",
)

# The first API version whose `exec` takes the terminal's size along. Before, a program starts at 80 by 24 and
# learns the truth a moment later.
_SIZE_AT_START = (1, 42)
_SET_SIZE = 'stty rows "$1" cols "$2" 2>/dev/null; shift 2; exec "$@"'


class Place:
    """Where a command runs: a container's name and a directory in it."""

    def __init__(self, container: str, directory: str) -> None:
        self.container = container
        self.directory = directory


class Terminal:
    """What the caller's standard streams are. `size` is (columns, rows), None without a terminal."""

    def __init__(self, interactive: bool, size: tuple[int, int] | None) -> None:
        self.interactive = interactive
        self.size = size


def terminal() -> Terminal:
    """Return the state of the caller's streams: a terminal only if it is one for both reading and writing."""
    if not (os.isatty(0) and os.isatty(1)):
        return Terminal(False, None)
    columns, rows = os.get_terminal_size(1)
    return Terminal(True, (columns, rows))


def environment(caller: dict[str, str], token: str, forward: str = "") -> dict[str, str]:
    """Return a session's variables. Credentials are among them: never to be put on a command line.

    `forward` are the names that were asked for once, unless the caller's environment has others.
    """
    further = caller.get(FORWARD, forward).replace(",", " ").split()
    wanted = {
        name: caller[name] for name in (*TERMINAL, *CREDENTIALS, *CLAUDE, *GIT, *further) if name in caller
    }
    zone = timezone.name(caller)
    if zone:
        wanted["TZ"] = zone
    wanted[TOKEN] = token
    return wanted


def client_environment(variables: dict[str, str], wanted: dict[str, str]) -> dict[str, str]:
    """Return docker's own environment: it hands the wanted ones on, and its advertisements are off."""
    return {**variables, **wanted, "DOCKER_CLI_HINTS": "false"}


def arguments(
    place: Place, names: list[str], command: list[str], console: Terminal, api_version: tuple[int, int]
) -> list[str]:
    """Return docker's argument list. The variables' values come from docker's own environment."""
    flags = ["-it", "--detach-keys", DETACH_KEYS] if console.interactive else ["-i"]
    variables = [part for name in names for part in ("-e", name)]
    command = _sized(command, console, api_version)
    return ["docker", "exec", *flags, "-w", place.directory, *variables, place.container, *command]


def _sized(command: list[str], console: Terminal, api_version: tuple[int, int]) -> list[str]:
    if console.size is None or api_version >= _SIZE_AT_START:
        return command
    columns, rows = console.size
    return ["sh", "-c", _SET_SIZE, "sh", str(rows), str(columns), *command]
