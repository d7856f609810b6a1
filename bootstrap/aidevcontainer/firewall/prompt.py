"""Choosing, on a terminal, from what was just refused."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from aidevcontainer.firewall import refusals
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.util import durations

_MOST = 30
_FOR_GOOD, _FOR_THIS_RUN, _HALF_AN_HOUR = "for good", "for this run", "for 30 minutes"
_SPANS: dict[str, int | None] = {_FOR_GOOD: None, _FOR_THIS_RUN: 0, _HALF_AN_HOUR: 1800}


class Offer(NamedTuple):
    """A line that would let something through, and what was refused of it."""

    entry: str
    times: int
    time: int


class Choice(NamedTuple):
    """What the person wants: `seconds` as in `firewall_policy.allow`."""

    entries: list[str]
    seconds: int | None


def offers(found: list[Refusal], lists: Lists) -> list[Offer]:
    """Return what can be allowed and is not, the latest first."""
    merged: dict[str, Offer] = {}
    for entry, each in ((entry, refusal) for refusal in found for entry in refusals.entries(refusal)):
        if lists.find(entry) or lists.wildcards_over(entry):
            continue
        before = merged.get(entry, Offer(entry, 0, 0))
        merged[entry] = Offer(entry, before.times + each.times, max(before.time, each.time))
    return sorted(merged.values(), key=lambda offer: -offer.time)[:_MOST]


def ask(offered: list[Offer], seconds: int | None, **streams: Any) -> Choice | None:  # noqa: ANN401 -- questionary's
    """Return the person's choice, None when nothing was chosen. Asks how long unless `seconds` says it."""
    import questionary  # costs 100 ms, which no other command pays

    choices = [questionary.Choice(_title(offer), offer.entry) for offer in offered]
    entries = questionary.checkbox(
        "What may the agent reach? (space: choose, enter: done)", choices, **streams
    ).ask(kbi_msg="")
    if not entries:
        return None
    if seconds is not None:
        return Choice(entries, seconds)
    answer = questionary.select("For how long?", list(_SPANS), **streams).ask(kbi_msg="")
    return Choice(entries, _SPANS[answer]) if answer else None


def _title(offer: Offer) -> str:
    ago = durations.words(max(int(time.time()) - offer.time, 0))
    return f"{offer.entry}  ({offer.times}x, last {ago} ago)"
