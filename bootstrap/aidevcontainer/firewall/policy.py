"""Changing what may be reached: the person's own list, allowances for a time, and putting both into force."""

from __future__ import annotations

import os

from aidevcontainer.firewall import advice
from aidevcontainer.firewall.allowlist import OWN, SHARED, Lists
from aidevcontainer.firewall.control import Change, Firewall
from aidevcontainer.util import durations
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem

_RELOAD = "./.aidevcontainer/firewall reload"
_LATER = "The firewall does not run: it holds from the next start on."


def reload(firewall: Firewall, console: Console) -> int:
    """Put the lists into force. Raises Problem with every bad line, and then nothing has changed."""
    for sentence in advice.of_lists(Lists(firewall.docker.project)):
        console.warn(sentence)
    _report(firewall.reload(), console)
    return 0


def allow(firewall: Firewall, lists: Lists, console: Console, hosts: list[str], seconds: int | None) -> int:
    """Allow hosts for `seconds` (0: while the container lives, None: for good). Raises Problem."""
    entries = [host.lower() for host in hosts]
    lists.require_sound(entries)
    for sentence in advice.of_entries(entries):
        console.warn(sentence)
    if seconds is None:
        return _for_good(firewall, lists, console, entries)
    _report(firewall.allow(entries, seconds), console)
    console.say(f"That ends {_ends(seconds)}.")
    return 0


def choose(firewall: Firewall, lists: Lists, console: Console, seconds: int | None) -> int:
    """Let the person choose from what was refused. Raises Problem, as wrong usage, without a terminal."""
    if not (os.isatty(0) and console.live):
        raise Problem(
            "Which hosts? Without a terminal there is nothing to choose from: "
            "./.aidevcontainer/firewall allow HOST",
            WRONG_USAGE,
        )
    # Only here, and other commands are waited for.
    from aidevcontainer.firewall import prompt, refusals

    found = refusals.parse(firewall.refused())
    offered = prompt.offers(found, lists)
    if not offered:
        console.say("Nothing was refused that a list could allow.")
        return 0
    chosen = prompt.ask(offered, seconds)
    if chosen is None:
        console.say("Nothing was changed.")
        return 0
    return allow(firewall, lists, console, chosen.entries, chosen.seconds)


def deny(firewall: Firewall, lists: Lists, console: Console, hosts: list[str], project: bool) -> int:
    """Take hosts off; exit code 1 where one is still allowed afterwards. Raises Problem."""
    if not hosts:
        raise Problem("Which hosts? ./.aidevcontainer/firewall deny HOST", WRONG_USAGE)
    entries = [host.lower() for host in hosts]
    changed = [entry for entry in entries if _take_off(lists, entry, project)]
    for_a_time = _end(firewall, console, entries, bool(changed))
    left = [sentence for entry in entries for sentence in _still_allowed(lists, entry)]
    for entry in entries:
        if entry not in changed + for_a_time and not lists.find(entry):
            left.append(f"{entry} is on no list, so nothing was changed for it.")
    for sentence in left:
        console.warn(sentence)
    return FAILED if left else 0


def _end(firewall: Firewall, console: Console, entries: list[str], changed: bool) -> list[str]:
    # In one go: each question to the container costs, and a person waits.
    try:
        change = firewall.deny(entries, changed)
    except Problem:
        if firewall.runs():
            raise
        if changed:
            console.say(_LATER)
        return []
    if change.happened:
        _report(change, console)
    return change.ended


def _take_off(lists: Lists, entry: str, project: bool) -> bool:
    own = lists.remove(entry)
    shared = project and lists.comment_out(entry)
    return own or shared


def _still_allowed(lists: Lists, entry: str) -> list[str]:
    # The project's own list belongs to everybody and to updates: it is changed only when that was asked for.
    places = [
        f"{entry} stands in {place.file}, line {place.line}, and stays allowed. To make that line a comment: "
        f"./.aidevcontainer/firewall deny --project {entry}"
        for place in lists.find(entry)
    ]
    wider = [f"{entry} stays allowed by {each}." for each in lists.wildcards_over(entry)]
    return places + wider


def _for_good(firewall: Firewall, lists: Lists, console: Console, entries: list[str]) -> int:
    new = lists.add(entries)
    for entry in entries:
        if entry not in new:
            console.say(f"{entry} is listed already.")
    if new:
        console.say(f"Written to .aidevcontainer/{OWN}: {', '.join(new)}")
    _put_into_force(firewall, console)
    return 0


def _put_into_force(firewall: Firewall, console: Console) -> None:
    try:
        _report(firewall.reload(), console)
    except Problem as problem:
        if firewall.runs():
            raise
        console.say(_LATER if "does not run" in str(problem) else str(problem))


def _report(change: Change, console: Console) -> None:
    for title, entries in (("Allowed from now on", change.added), ("No longer allowed", change.removed)):
        if entries:
            console.say(f"{title}: {', '.join(entries)}")
    if not (change.added or change.removed):
        console.say("The list says what it said before.")
    noun = "entry" if change.entries == 1 else "entries"
    source = f"the project's lists ({SHARED})" if change.source == "file" else "the built-in defaults"
    console.say(f"In force: {change.entries} {noun}, from {source}.")


def _ends(seconds: int) -> str:
    # Only here, and it loads what the other commands have no use for.

    return (
        f"in {durations.words(seconds)}"
        if seconds
        else "when the firewall's container is restarted or made anew"
    )
