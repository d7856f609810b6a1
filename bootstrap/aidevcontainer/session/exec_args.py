"""The command line that opens a session, and the environment that it passes on."""

from __future__ import annotations

import os

from aidevcontainer.engine.caller import own_variables
from aidevcontainer.session import timezone

TOKEN = "AIDEVCONTAINER_SESSION"  # noqa: S105 - a name

# Ctrl-P, docker's own first detach key, is "previous line" to Claude. Detaching makes no sense here, and
# docker holds the first key of the sequence back until the next one: a key that nobody types, six times over.
DETACH_KEYS = ",".join(["ctrl-^"] * 6)

TERMINAL = ("TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "TZ")
CREDENTIALS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
# Set on the host, they are meant for the commits of this session.
GIT = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
# The names of further variables to pass on, such as GH_TOKEN, separated by spaces or commas.
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

# The first API version whose `exec` knows the terminal's size. With an older one a program starts at 80 by 24
# and learns the real size a moment later.
_SIZE_AT_START = (1, 42)
_SET_SIZE = 'stty rows "$1" cols "$2" 2>/dev/null; shift 2; exec "$@"'


class ExecTarget:
    """The place where a command runs: a container's name and a directory in it."""

    def __init__(self, container: str, directory: str) -> None:
        self.container = container
        self.directory = directory


class CallerTerminal:
    """The caller's standard streams. `size` is (columns, rows), None without a terminal."""

    def __init__(self, interactive: bool, size: tuple[int, int] | None) -> None:
        self.interactive = interactive
        self.size = size


def caller_terminal() -> CallerTerminal:
    """Returns the caller's streams: a terminal only where they are one for both reading and writing."""
    if not (os.isatty(0) and os.isatty(1)):
        return CallerTerminal(False, None)
    columns, rows = os.get_terminal_size(1)
    return CallerTerminal(True, (columns, rows))


def environment(caller: dict[str, str], token: str, forward: str = "") -> dict[str, str]:
    """Returns a session's variables. They include credentials, so never put them on a command line.

    `forward` has the names that `.env` records; names in the caller's own environment replace them.
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
    """Returns the environment of docker itself: it passes variables on, and shows no advertisements."""
    return {**own_variables(variables), **wanted, "DOCKER_CLI_HINTS": "false"}


def arguments(
    target: ExecTarget,
    names: list[str],
    command: list[str],
    terminal: CallerTerminal,
    api_version: tuple[int, int],
) -> list[str]:
    """Returns docker's argument list. The variables' values come from docker's own environment."""
    flags = ["-it", "--detach-keys", DETACH_KEYS] if terminal.interactive else ["-i"]
    variables = [part for name in names for part in ("-e", name)]
    command = _sized(command, terminal, api_version)
    return ["docker", "exec", *flags, "-w", target.directory, *variables, target.container, *command]


def _sized(command: list[str], terminal: CallerTerminal, api_version: tuple[int, int]) -> list[str]:
    if terminal.size is None or api_version >= _SIZE_AT_START:
        return command
    columns, rows = terminal.size
    return ["sh", "-c", _SET_SIZE, "sh", str(rows), str(columns), *command]
