"""`firewall status`: the policy in force, for people and for programs."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone
from typing import Any

from aidevcontainer.firewall.control import Allowance, Firewall
from aidevcontainer.util import durations, moments, table
from aidevcontainer.util.printable import answer

_STATES = {
    "ready": "in force: unlisted hosts are refused",
    "starting": "starting: nothing passes yet",
    "closed": "closed: nothing passes",
}
_MOST_BY_ADDRESS = 6
_SOURCES = {"file": "allowed-domains.txt", "defaults": "the built-in defaults"}


def show(firewall: Firewall, as_json: bool) -> int:
    """Prints the status. The exit code is 1 if the list is not in force. Raises Problem."""
    found = collect(firewall)
    text = json.dumps(found, indent=2) if as_json else describe(found)
    answer(text + "\n")
    return 0 if found.get("state") == "ready" else 1


def collect(firewall: Firewall) -> dict[str, Any]:
    """Returns the firewall's status file with the temporary allowances as `temporary`. Raises Problem."""
    allowed = [
        {"entry": each.entry, "until": moments.for_programs(each.until) if each.until else None}
        for each in firewall.allowances()
    ]
    return {**firewall.status(), "temporary": allowed}


def describe(status: dict[str, Any], now: float | None = None) -> str:
    """Returns the status as text for a person. `now` is in seconds since 1970."""
    moment = time.time() if now is None else now
    rows = [
        ("state", _STATES.get(str(status.get("state")), str(status.get("state")))),
        ("since", _age(status.get("since"), moment)),
        ("policy", _policy(status)),
        ("github", _github(status.get("github"), moment)),
        ("by address", by_address(status)),
        ("proof", _proof(status)),
        *(("temporary", _allowance(each, moment)) for each in status.get("temporary", [])),
        *(("warning", str(warning)) for warning in status.get("warnings", [])),
        ("error", str(status.get("error") or "")),
    ]
    return table.text([row for row in rows if row[1]])


def by_address(status: dict[str, Any]) -> str:
    """Returns what passes without a look at the name that the client asks for; empty for nothing."""
    found = [str(each) for each in status.get("by_address") or []]
    more = len(found) - _MOST_BY_ADDRESS
    # Its git hosts. On 443 and 80 the name counts there too.
    ranges = ["GitHub's ranges on port 22"] if isinstance(status.get("github"), dict) else []
    shown = ", ".join(found[:_MOST_BY_ADDRESS] + ranges)
    return shown + (f", and {more} more" if more > 0 else "")


def _until_words(allowance: Allowance, now: float) -> str:
    """Returns how long an allowance lasts, for a person. `now` is in seconds since 1970."""
    if allowance.until == 0:
        return "until the firewall's container ends"
    return f"for another {durations.words(max(int(allowance.until - now), 0))}"


def _policy(status: dict[str, Any]) -> str:
    source = _SOURCES.get(str(status.get("source")), "")
    where = f" from {source}" if source else ""
    return f"{status.get('entries', 0)} entries{where}, revision {status.get('revision', 0)}"


def _github(github: Any, now: float) -> str:  # noqa: ANN401 -- JSON
    if not isinstance(github, dict):
        return ""
    if not github.get("fetched"):
        return "address ranges are not known yet: names work, ssh does not"
    return f"{github.get('prefixes')} address ranges, fetched {_age(github['fetched'], now)}"


def _proof(status: dict[str, Any]) -> str:
    proof = status.get("proof") or {}
    if not proof.get("refused"):
        return "none yet"
    current = proof.get("revision", status.get("revision")) == status.get("revision")
    reached = f"; {proof['reached']} answers" if proof.get("reached") else ""
    state = (
        "unlisted hosts are refused" if current else "of the previous revision; the next proof is under way"
    )
    return state + (reached if current else "")


def _allowance(found: dict[str, Any], now: float) -> str:
    until = _seconds(str(found["until"])) if found.get("until") else 0
    return f"{found['entry']}, {_until_words(Allowance(str(found['entry']), until), now)}"


def _age(text: Any, now: float) -> str:  # noqa: ANN401 -- JSON
    if not text:
        return ""
    return f"{text} ({durations.words(max(int(now - _seconds(str(text))), 0))} ago)"


def _seconds(text: str) -> int:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return 0
    return int(moment.replace(tzinfo=timezone.utc).timestamp())
