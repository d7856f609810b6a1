"""What `journals.sh` prints in a firewall's container, for tests without one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

LIFETIME = 86400
_KIND = {"private": "special", "local": "never"}


def answer(*records: str, now: int | None = None) -> str:
    """Returns an answer with these records."""
    moment = int(time.time()) if now is None else now
    return "".join(f"{record}\n" for record in (*records, f"now {moment} {LIFETIME}", ""))


def refused(*rows: Mapping[str, Any], now: int | None = None) -> str:
    """Returns the answer of a firewall that refused these: fields as of `Refusal`, by default one lookup now.

    Each may have a `count`, and an address has its `reason` by the records that lead to it.
    """
    now = int(time.time()) if now is None else now
    usual = {"time": now, "count": 1, "protocol": "dns", "port": "", "names": [], "reason": ""}
    records = [record for row in rows for record in _records({**usual, **row}, now)]
    return answer(*records, now=now)


def _records(row: dict[str, Any], now: int) -> Iterable[str]:
    name = row["names"][0] if row["names"] else "-"
    if "address" in row:
        return _of_address(row, now)
    if row["protocol"] == "dns":
        return [f"refused {row['time']} {name}"] * row["count"]
    return [f"gate {row['time']} {row['protocol']} {row['port']} {row['reason']} {name}"] * row["count"]


def _of_address(row: dict[str, Any], now: int) -> Iterable[str]:
    address, reason = row["address"], row["reason"]
    entry = f"{address},{row['protocol']}:{row['port']}"
    timeout = f"timeout {LIFETIME - now + row['time']}"
    yield f"add blocked-4 {entry} {timeout} packets {row['count']} bytes 60"
    yield f"add last-blocked-4 {entry} {timeout}"
    yield from (f"known {address} {name}" for name in row["names"])
    if reason == "limit":
        yield f"add limited-4 {entry} timeout 3000"
    elif reason == "resolver":
        yield f"resolvers {address}"
    elif reason:
        yield f"{_KIND[reason]} {address}"
