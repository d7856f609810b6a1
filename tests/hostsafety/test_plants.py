"""Every plant in every layout: it runs where nothing protects, and not where the agent has planted it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from aidevcontainer.git import planted
from tests.support.hostuser import HostUser
from tests.support.newer_git import NewerGit, newer_git
from tests.support.project import Project

from .entry import Entry, cases
from .ground import Ground, prepare
from .host import Host

__all__ = ["newer_git"]

pytestmark = pytest.mark.engine

_OBEYED_BY_ALL = ("01-hook-post-checkout", "02-append")
CASES = [pytest.param(layout, entry, id=f"{layout}-{entry.id}") for layout, entry in cases()]


@pytest.fixture(scope="module")
def ground(
    project: Project, workspace: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Ground]]:
    """One ground per layout. The next is made meanwhile, since containers are mostly waited for."""
    mine = [item for item in request.session.items if item.parent is request.node]
    wanted = {str(item.callspec.params["layout"]): None for item in mine if hasattr(item, "callspec")}

    def make(name: str) -> Ground:
        entries = [entry for layout, entry in cases() if layout == name]
        host = stack.enter_context(Host(project.user))
        return prepare(name, workspace / "hostsafety", project, host, entries)

    with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        made = {name: pool.submit(make, name) for name in {**wanted, "plain": None}}
        yield lambda name: made[name].result()


@pytest.mark.parametrize(("layout", "entry"), CASES)
def test_plant_does_not_run(ground: Callable[[str], Ground], layout: str, entry: Entry) -> None:
    """X-S1: planted code runs without the protection; with it the host's next commands run none of it."""
    place = ground(layout)
    ran, said = place.without_protection(entry)
    assert ran == (entry.expect != "inert"), f"where nothing protects, the plant ran: {ran}; {said}"
    if entry.expect == "said":
        place.put(place.guarded, place.planted[entry.id].after)
        found = planted.find(str(place.guarded.root), with_root=layout == "none")
        assert any(entry.names in finding.path for finding in found), place.planted[entry.id].said
        return
    _nothing_runs(place, entry)


def _nothing_runs(place: Ground, entry: Entry) -> None:
    left, told = place.left(entry), place.planted[entry.id].said
    if entry.expect == "refused":
        assert not place.obeyed(entry), f"IT WAS WRITTEN: {place.obeyed(entry)}; {told}"
    ran, said = place.trigger(entry)
    assert not ran, f"IT RAN: {sorted(left)}; {told}; {said}"
    if entry.expect == "refused":
        return  # what the host obeys is as it was: see `test_git_works_after_the_agent`
    day = place.day(entry)
    assert not day.ran, f"IT RAN: {sorted(left)}; {told}"
    if entry.works:
        assert day.ends == place.quiet_day().ends, f"git works no more: {sorted(left)}; {told}"


@pytest.mark.parametrize("layout", dict.fromkeys(layout for layout, _ in cases()))
def test_git_works_after_the_agent(ground: Callable[[str], Ground], layout: str) -> None:
    """X-S1: the host's day goes well in every layout, and nothing is named where nothing was planted."""
    place = ground(layout)
    day = place.quiet_day()
    assert not day.ran
    assert day.ends == place.untouched_day().ends
    if layout == "plain":
        assert [line for line in day.ends if not line.startswith("0 ")] == []
    place.put(place.guarded)
    found = planted.find(str(place.guarded.root), with_root=layout == "none")
    assert [each.path for each in found] == []


# The last one, since it leaves files of another user, which the day of the others could not replace.
def test_newest_git_runs_nothing_either(
    ground: Callable[[str], Ground], newer_git: NewerGit, workspace: Path
) -> None:
    """X-S1: what plants left in a plain checkout is nothing to the newest git, which obeys hooks as ever."""
    place = ground("plain")
    with Host(_with(newer_git, workspace)) as host:
        newest = replace(place, host=host)
        for entry in (entry for layout, entry in cases() if layout == "plain" and entry.expect != "said"):
            if entry.id in _OBEYED_BY_ALL:
                assert newest.without_protection(entry)[0], entry
            if place.left(entry):
                ran, said = newest.trigger(entry)
                assert not ran, f"IT RAN: {entry.id}; {sorted(place.left(entry))}; {said}"


def _with(newer: NewerGit, workspace: Path) -> HostUser:
    """Whoever runs the tests, since their cache is closed to others; git distrusts others' repositories."""
    home = workspace / "newest-git"
    home.mkdir()
    settings = "[user]\n  name = A\n  email = a@example.com\n[safe]\n  directory = *\n"
    (home / ".gitconfig").write_text(settings, encoding="utf-8")
    environment = {"HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    return HostUser(os.getuid(), os.getgid(), home, environment | newer.environment(os.environ["PATH"]))
