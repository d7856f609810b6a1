"""Keeps the declaration in force on the broker's volume.

The helpers run it in the bridge container: it puts the declaration on standard input into force, and `--show`
prints the one in force. The agent can read the file and not write it, and no branch contains it.
"""

from __future__ import annotations

import os
import signal
import sys
import time

if __name__ == "__main__":
    # Python's -I leaves out the script's own folder. The package's folder is four levels above this file.
    sys.path.insert(0, os.path.abspath(f"{__file__}/../../../.."))

from aidevcontainer.bridge.broker import declaration, offer
from aidevcontainer.bridge.broker.declaration import Declaration
from aidevcontainer.util import files

_FILE = "declaration"
_INIT = 1  # passes signals on to the broker
_PATIENCE = 5.0  # seconds


def stored(folder: str) -> str:
    """Returns the text in force, empty where there was none yet. Raises OSError."""
    return files.read_text(os.path.join(folder, _FILE))


def read(folder: str) -> Declaration:
    """Returns the declaration in force, an empty one where there was none yet. Raises OSError, ValueError."""
    text = stored(folder)
    return declaration.decode(text) if text else Declaration((), "")


def store(folder: str, text: str) -> None:
    """Replaces the text in force in one step. Raises ValueError for one that cannot be decoded, OSError."""
    declaration.decode(text)
    files.write(os.path.join(folder, _FILE), text, 0o644)


def _await(folder: str, wanted: Declaration) -> None:
    # The caller may use a new command at once. If the broker never comes, that command says so.
    until = time.monotonic() + _PATIENCE
    while not offer.complete(folder, wanted) and time.monotonic() < until:
        time.sleep(0.02)


def main(arguments: list[str]) -> int:
    """Prints the declaration in force, or replaces it by the one on standard input."""
    try:
        if arguments == ["--show"]:
            sys.stdout.write(stored(offer.FOLDER))
            return 0
        text = sys.stdin.read()
        store(offer.FOLDER, text)
        # A broker that is still starting reads the text by itself, and a signal would end it.
        if offer.serving(offer.FOLDER):
            os.kill(_INIT, signal.SIGHUP)
        _await(offer.FOLDER, declaration.decode(text))
    except (ValueError, OSError) as error:
        sys.stderr.write(f"bridge: {error}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
