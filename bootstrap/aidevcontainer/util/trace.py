"""Shows the commands that the helpers run, for a person who asks for it with AIDEVCONTAINER_VERBOSE=1.

Only command lines are shown, never variables or input, and secrets in them are left out.
"""

from __future__ import annotations

import os
import sys

# What typing has under this name costs milliseconds, which every session would pay.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

VARIABLE = "AIDEVCONTAINER_VERBOSE"
_SECRETS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")
_OFF = ("", "0", "no", "false", "off")


def enable() -> None:
    """Turns it on for this process and all that it starts, as `--verbose` does."""
    os.environ[VARIABLE] = "1"


def command(words: Iterable[str]) -> None:
    """Writes a command line to standard error, if that was asked for."""
    if os.environ.get(VARIABLE, "").lower() in _OFF or sys.stderr is None:
        return
    sys.stderr.write(f"+ {shown(words)}\n")
    sys.stderr.flush()


def shown(words: Iterable[str]) -> str:
    """Returns a command line on one line, to paste into a shell, without the secrets that it may contain."""
    import shlex  # loads re, which nothing else on the way of a session needs

    from aidevcontainer.util.printable import printable

    return printable(shlex.join(map(_without_secret, words)))


def _without_secret(word: str) -> str:
    """Returns a word without the value of `API_KEY=value` and the password in `https://user:password@host/`."""
    name, equals, _ = word.partition("=")
    if equals and any(mark in name.upper() for mark in _SECRETS):
        return f"{name}=***"
    scheme, separator, rest = word.partition("://")
    host, slash, path = rest.partition("/")
    if not separator or "@" not in host:
        return word
    return f"{scheme}://***@{host.rpartition('@')[2]}{slash}{path}"
