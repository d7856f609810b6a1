"""Changes of the policy: entries of the person's own list, temporary allowances, and reloads."""

from __future__ import annotations

import os

from aidevcontainer.firewall import advice, entry
from aidevcontainer.firewall.allowlist import OWN, SHARED, Lists
from aidevcontainer.firewall.control import Firewall, PolicyChange
from aidevcontainer.util import durations
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem

_LATER = "The firewall is not running. The change takes effect at the next start."
# A screen has room for so many.
_MOST_SHOWN = 20


def reload(firewall: Firewall, console: Console) -> int:
    """Puts the lists into force. Raises Problem with every bad line, and then nothing has changed."""
    for sentence in advice.of_lists(Lists(firewall.docker.project)):
        console.warn(sentence)
    _report(firewall.reload(), console)
    return 0


def allow(
    firewall: Firewall,
    lists: Lists,
    console: Console,
    hosts: list[str],
    seconds: int | None,
    project: bool = False,
) -> int:
    """Allows hosts for some seconds (0: until the container ends, None: permanently). Raises Problem.

    With `project`, permanent entries go into the project's list.
    """
    lists.require_valid(hosts)
    entries = [entry.canonical(host) for host in hosts]
    for sentence in advice.of_entries(entries):
        console.warn(sentence)
    return permit(firewall, lists, console, entries, seconds, project)


def permit(
    firewall: Firewall,
    lists: Lists,
    console: Console,
    entries: list[str],
    seconds: int | None,
    project: bool = False,
) -> int:
    """Does the same with valid entries, of which the person has seen the advice. Raises Problem."""
    if seconds is None:
        return _allow_permanently(firewall, lists, console, entries, project)
    return _allow_for_a_time(firewall, lists, console, entries, seconds)


def choose(
    firewall: Firewall, lists: Lists, console: Console, seconds: int | None, project: bool = False
) -> int:
    """Lets the person choose from refused hosts. Raises Problem, as wrong usage, without a terminal."""
    if not (os.isatty(0) and console.live):
        raise Problem(
            "Name a host, because there is no terminal to choose on: ./.aidevcontainer/firewall allow HOST",
            WRONG_USAGE,
        )
    # Loads packages, which the quick path does without.
    from aidevcontainer.firewall import journal, prompt

    offered = prompt.offers(journal.refusals(firewall.refused()), lists)
    if not offered:
        console.say("The firewall refused nothing that an entry could allow.")
        return 0
    chosen = prompt.ask(offered, seconds, permanently=project)
    if chosen is None:
        console.say("No changes.")
        return 0
    return allow(firewall, lists, console, chosen.entries, chosen.seconds, project)


def deny(firewall: Firewall, lists: Lists, console: Console, hosts: list[str], project: bool) -> int:
    """Removes hosts; the exit code is 1 where one stays allowed. Raises Problem.

    With `project`, entries of the project's list become comments.
    """
    if not hosts:
        raise Problem("Name a host: ./.aidevcontainer/firewall deny HOST", WRONG_USAGE)
    entries = [entry.canonical(host) for host in hosts]
    removed = [each for each in entries if _remove(lists, each, project)]
    ended = _put_denials_into_force(firewall, console, entries, bool(removed))
    left = [sentence for each in entries for sentence in _still_allowed(lists, each)]
    for each in entries:
        if each not in removed + ended and not lists.find(each):
            left.append(f"{each} is not on a list, so nothing changed for it.")
    for sentence in left:
        console.warn(sentence)
    return FAILED if left else 0


def _put_denials_into_force(
    firewall: Firewall, console: Console, entries: list[str], lists_changed: bool
) -> list[str]:
    # One command for lists and allowances: each command in the container takes time, and a person waits.
    try:
        change = firewall.deny(entries, lists_changed)
    except Problem:
        if firewall.runs():
            raise
        if lists_changed:
            console.say(_LATER)
        return []
    if change.happened:
        _report(change, console)
    return change.ended


def _remove(lists: Lists, text: str, project: bool) -> bool:
    own = lists.remove(text)
    shared = project and lists.comment_out(text)
    return own or shared


def _still_allowed(lists: Lists, text: str) -> list[str]:
    # Teammates and updates share the project's list, so it only changes if the person asks for that.
    lines = [
        f"{text} is in {line.file}, line {line.number}, so it stays allowed. To comment it out: "
        f"./.aidevcontainer/firewall deny --project {text}"
        for line in lists.find(text)
    ]
    return lines + [f"{each} still allows {text}." for each in lists.wildcards_over(text)]


def _allow_for_a_time(
    firewall: Firewall, lists: Lists, console: Console, entries: list[str], seconds: int
) -> int:
    limited = lists.missing(entries)
    for each in entries:
        if each not in limited:
            console.say(f"{each} is already listed, so it stays allowed permanently.")
    if limited:
        _report(firewall.allow(limited, seconds), console)
        console.say(f"This ends {_end_of(seconds)}.")
    else:
        _put_into_force(firewall, console, entries)
    return 0


def _allow_permanently(
    firewall: Firewall, lists: Lists, console: Console, entries: list[str], project: bool
) -> int:
    new = lists.add(entries, project)
    for each in entries:
        if each not in new:
            console.say(f"{each} is already listed.")
    if new:
        console.say(f"Added to .aidevcontainer/{SHARED if project else OWN}: {', '.join(new)}")
    _put_into_force(firewall, console, entries)
    return 0


def _put_into_force(firewall: Firewall, console: Console, entries: list[str]) -> None:
    try:
        change = firewall.keep(entries)
    except Problem:
        if firewall.runs():
            raise
        console.say(_LATER)
        return
    if change.ended:
        console.say(f"No longer for a limited time, but permanently: {', '.join(change.ended)}")
    _report(change, console)


def _report(change: PolicyChange, console: Console) -> None:
    for warning in change.warnings:
        console.warn(warning)
    titles = (("Allowed", change.allowed), ("No longer allowed", change.no_longer_allowed))
    lines = [f"{title}: {_shown(entries)}" for title, entries in titles if entries] or ["No changes"]
    noun = "entry" if change.entries == 1 else "entries"
    source = "" if change.source == "file" else ", from the built-in defaults"
    console.say("\n".join(lines) + f" ({change.entries} {noun} in force{source})")


def _shown(entries: list[str]) -> str:
    more = len(entries) - _MOST_SHOWN
    return ", ".join(entries[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _end_of(seconds: int) -> str:
    if seconds:
        return f"in {durations.words(seconds)}"
    return "when the firewall's container restarts or is created again"
