"""What reached this server, one JSON object a line, and what the test told it to answer."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

JOURNAL = Path("/srv/journal.jsonl")
SETTINGS = Path("/srv/settings")
_lock = threading.Lock()


def record(kind: str, port: int, peer: str, **details: object) -> None:
    """Append one arrival; *peer* is the sender's address as text."""
    line = json.dumps({"kind": kind, "port": port, "peer": peer.removeprefix("::ffff:"), **details})
    with _lock, JOURNAL.open("a", encoding="utf-8") as journal:
        journal.write(line + "\n")


def setting(key: str) -> Any:  # noqa: ANN401 -- JSON
    """Return what the test set for *key* or None, read anew each time: a running server obeys at once."""
    try:
        return json.loads((SETTINGS / key).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
