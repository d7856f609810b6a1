"""`firewall log --allowed` and `--summary`: the connections that the firewall let through.

The agent chooses the names below a wildcard, so every text is data.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Iterable
from typing import Any

from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.firewall import journal, log, stream
from aidevcontainer.firewall.control import JOURNALS, Firewall
from aidevcontainer.firewall.journal import Connection
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.util import moments, sizes, table
from aidevcontainer.util.printable import answer

_NEVER = "-"


def show(firewall: Firewall, span: int | None, as_json: bool) -> int:
    """Prints the connections of the last `span` seconds (None: all that are known). Raises Problem."""
    shown = log.since(journal.connections(firewall.passed()), span)
    _print(shown, as_json)
    if not (shown or as_json):
        sys.stdout.write("No connection has passed.\n")
    return 0


def follow(docker: Docker, span: int | None, as_json: bool) -> int:
    """Prints the same, and then each further connection once it ends. Raises Problem in the end."""
    firewall = Firewall(docker)
    lines = stream.lines(docker, firewall.container, JOURNALS, "passed", "--follow")
    # An empty line ends what happened so far.
    so_far = "".join(itertools.takewhile(lambda line: line != "\n", lines))
    if so_far:
        _print(log.since(journal.connections(so_far), span), as_json)
    for found in filter(None, map(journal.connection, lines)):
        _print(log.since([found], span), as_json)
    raise stream.ended("connections")


def summarize(firewall: Firewall, span: int | None, as_json: bool) -> int:
    """Prints one row per host with what passed and how often it was refused. Raises Problem."""
    passed = log.since(journal.connections(firewall.passed()), span)
    refused = log.since(journal.refusals(firewall.refused()), span)
    rows = _summary(passed, refused)
    if as_json:
        answer("".join(_summary_object(row) for row in rows))
    else:
        answer(_summary_text(rows))
    return 0


def _print(found: Iterable[Connection], as_json: bool) -> None:
    for each in found:
        answer(json.dumps(_object(each)) + "\n" if as_json else _line(each))
    sys.stdout.flush()


def _object(connection: Connection) -> dict[str, Any]:
    parts = {
        "time": moments.for_programs(connection.time),
        "protocol": connection.protocol,
        "name": connection.host,
        "port": connection.port,
        "connections": connection.times,
        "sent": connection.sent,
        "received": connection.received,
        "seconds": connection.seconds,
    }
    return {key: value for key, value in parts.items() if value is not None}


def _line(connection: Connection) -> str:
    when = moments.for_people(connection.time)
    if connection.sent is None or connection.received is None:
        times = f"{connection.times} connection{'s' * (connection.times != 1)} by address"
        return f"{when}  {connection.protocol} {connection.target}  {times} since then\n"
    amounts = f"sent {sizes.words(connection.sent)}, received {sizes.words(connection.received)}"
    return f"{when}  {connection.protocol} {connection.target}  {amounts} in {connection.seconds:.1f} s\n"


def _summary(passed: list[Connection], refused: list[Refusal]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for each in passed:
        row = _row(rows, each.host, each.time)
        row["connections"] += each.times
        row["sent"] += each.sent or 0
        row["received"] += each.received or 0
    for refusal in refused:
        for host in refusal.names[:1] or (refusal.address,):
            _row(rows, host or "(no name)", refusal.time)["refused"] += refusal.times
    return sorted(rows.values(), key=lambda row: (-row["sent"] - row["received"], row["host"]))


def _row(rows: dict[str, dict[str, Any]], host: str, moment: int) -> dict[str, Any]:
    empty = {"host": host, "connections": 0, "sent": 0, "received": 0, "refused": 0}
    row = rows.setdefault(host, {**empty, "first": moment, "last": moment})
    row["first"] = min(row["first"], moment)
    row["last"] = max(row["last"], moment)
    return row


def _summary_object(row: dict[str, Any]) -> str:
    moments_of = {key: moments.for_programs(row[key]) for key in ("first", "last")}
    return json.dumps({**row, **moments_of}) + "\n"


def _summary_text(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "Nothing has passed, and nothing was refused.\n"
    head = ("HOST", "CONNECTIONS", "SENT", "RECEIVED", "FIRST", "LAST", "REFUSED")
    cells = [
        (
            row["host"],
            str(row["connections"]),
            sizes.words(row["sent"]),
            sizes.words(row["received"]),
            _short(row["first"]),
            _short(row["last"]),
            str(row["refused"] or _NEVER),
        )
        for row in rows
    ]
    return table.text([head, *cells]) + "\n"


def _short(seconds: int) -> str:
    return time.strftime("%m-%d %H:%M", time.localtime(seconds))
