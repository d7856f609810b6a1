"""What a person put into force: taken from the host through the engine, kept on the broker's volume.

Run in the broker's container by the helpers: text on standard input comes into force, `--show` prints what
is. The agent can read the file and not write it, and no branch holds it.
"""

from __future__ import annotations

import os
import signal
import sys
import time

if __name__ == "__main__":
    # -I leaves out the script's own folder, and the package begins two above it.
    sys.path.insert(0, os.path.abspath(f"{__file__}/../../../.."))

from aidevcontainer.bridge.broker import declaration, offer
from aidevcontainer.bridge.broker.declaration import Declaration

_FILE = "declaration"
_INIT = 1  # hands signals on to the broker
_PATIENCE = 5.0  # seconds


def stored(folder: str) -> str:
    """Return the text in force, empty where nothing was ever put into force."""
    try:
        with open(os.path.join(folder, _FILE), encoding="ascii") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def read(folder: str) -> Declaration:
    """Return what is in force; nothing is where nobody ever put something there. Raises ValueError."""
    text = stored(folder)
    return declaration.decode(text) if text else Declaration((), "")


def store(folder: str, text: str) -> None:
    """Keep a text that can be decoded, in the place of the earlier one, in one step. Raises ValueError."""
    declaration.decode(text)
    path = os.path.join(folder, _FILE)
    unfinished = f"{path}.new"
    with open(unfinished, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(unfinished, 0o644)
    os.replace(unfinished, path)


def _await(folder: str, wanted: Declaration) -> None:
    # Whoever put it into force may use it next; a broker that never comes is said by its first command.
    until = time.monotonic() + _PATIENCE
    while not offer.complete(folder, wanted) and time.monotonic() < until:
        time.sleep(0.02)


def main(arguments: list[str]) -> int:
    """Show what is in force, or put into force what comes in."""
    try:
        if arguments == ["--show"]:
            sys.stdout.write(stored(offer.FOLDER))
            return 0
        text = sys.stdin.read()
        store(offer.FOLDER, text)
        # A broker that only just starts reads the text once it listens, and would die of a signal before.
        if offer.serving(offer.FOLDER):
            os.kill(_INIT, signal.SIGHUP)
        _await(offer.FOLDER, declaration.decode(text))
    except (ValueError, OSError) as error:
        sys.stderr.write(f"bridge: {error}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
