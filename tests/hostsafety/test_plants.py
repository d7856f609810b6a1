"""Every plant in every layout: it runs where nothing protects, and not where the agent has planted it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from bootstrap import planted
from tests.support.project import Project

from .entry import Entry, cases
from .ground import Ground, prepare
from .host import Host

pytestmark = pytest.mark.engine

CASES = [pytest.param(layout, entry, id=f"{layout}-{entry.id}") for layout, entry in cases()]


@pytest.fixture(scope="module")
def ground(
    project: Project, workspace: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Ground]]:
    """One ground per layout. The next is made meanwhile, since containers are mostly waited for."""
    wanted = dict.fromkeys(
        str(item.callspec.params["layout"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.module is request.module
    )

    def make(name: str) -> Ground:
        entries = [entry for layout, entry in cases() if layout == name]
        host = stack.enter_context(Host(project.user))
        return prepare(name, workspace / "hostsafety", project, host, entries)

    with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        made = {name: pool.submit(make, name) for name in wanted}
        yield lambda name: made[name].result()


@pytest.mark.parametrize(("layout", "entry"), CASES)
def test_plant_does_not_run(ground: Callable[[str], Ground], layout: str, entry: Entry) -> None:
    """X-S1: planted code runs without the protection; with it the host's next commands run none of it."""
    place = ground(layout)
    ran, said = place.without_protection(entry)
    assert ran, f"the plant does not even work where nothing protects: {said}"
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
    assert planted.find(str(place.guarded.root), with_root=layout == "none") == []
