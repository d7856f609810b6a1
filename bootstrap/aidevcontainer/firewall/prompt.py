"""The choice, on a terminal, among refused hosts."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from aidevcontainer.firewall import advice, refusals
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.firewall.refusals import Refusal
from aidevcontainer.util import durations

_MOST_OFFERS = 30
_MOST_NAMES = 3
_SPANS: dict[str, int | None] = {
    "permanently": None,
    "until the firewall's container ends": 0,
    "for 30 minutes": 1800,
}


class Offer(NamedTuple):
    """An entry that would allow something refused, how often that was, and when last (seconds since 1970).

    `names` are listed names with this private address, which only an entry with the address can open.
    """

    entry: str
    times: int
    time: int
    names: tuple[str, ...] = ()


class Choice(NamedTuple):
    """The entries that the person chose; `seconds` as in `policy.allow`."""

    entries: list[str]
    seconds: int | None


def offers(found: list[Refusal], lists: Lists) -> list[Offer]:
    """Returns entries that are not allowed yet, the latest refusal first. A resolver is never offered."""
    merged: dict[str, Offer] = {}
    for entry, each in ((entry, refusal) for refusal in found for entry in refusals.entries(refusal)):
        before = merged.get(entry, Offer(entry, 0, 0, ()))
        names = each.names if each.reason == refusals.PRIVATE else ()
        merged[entry] = Offer(entry, before.times + each.times, max(before.time, each.time), names)
    missing = [merged[entry] for entry in advice.without_resolvers(lists.missing(list(merged)))]
    return sorted(missing, key=lambda offer: -offer.time)[:_MOST_OFFERS]


def ask(
    offered: list[Offer],
    seconds: int | None,
    *,
    permanently: bool = False,
    **streams: Any,  # noqa: ANN401 -- questionary's
) -> Choice | None:
    """Returns the person's choice, or None for no choice.

    Asks for a duration unless `seconds` is one, or the choice is to be permanent.
    """
    import questionary  # takes 100 ms to load, and no other command needs it

    choices = [questionary.Choice(title(offer), offer.entry) for offer in offered]
    entries = questionary.checkbox(
        "Which hosts may the agent reach? (space: select, enter: done)", choices, **streams
    ).ask(kbi_msg="")
    if not entries:
        return None
    if seconds is not None or permanently:
        return Choice(entries, seconds)
    answer = questionary.select("For how long?", list(_SPANS), **streams).ask(kbi_msg="")
    return Choice(entries, _SPANS[answer]) if answer else None


def title(offer: Offer) -> str:
    """Returns the line for an offer."""
    ago = durations.words(max(int(time.time()) - offer.time, 0))
    whose = f"private address of {', '.join(offer.names[:_MOST_NAMES])}, " if offer.names else ""
    return f"{offer.entry}  ({whose}{offer.times}x, last {ago} ago)"
