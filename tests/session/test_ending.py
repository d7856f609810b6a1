"""The last words of a session: how many hosts the firewall refused."""

from __future__ import annotations

from typing import Any, cast

import pytest

from aidevcontainer.firewall.control import Firewall
from aidevcontainer.session import ending
from aidevcontainer.util.errors import Problem
from tests.support import journals

NAME = {"protocol": "dns", "names": ["a.org"]}
PORT = {"protocol": "tcp", "address": "192.0.2.1", "port": "22"}
NAMED = {**PORT, "address": "192.0.2.2", "names": ["a.org"]}


def firewall(*rows: dict[str, Any]) -> Firewall:
    """Returns a firewall that refused these; without a time, within the session."""
    return _answering(journals.refused(*rows, now=100))


def _answering(text: str) -> Firewall:
    class Stub:
        def refused(self) -> str:
            return text

    return cast(Firewall, Stub())


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], []),
        ([{**NAME, "time": 99}], []),
        ([NAME], ["1 host "]),
        ([NAME, NAMED, PORT, {**PORT, "port": "23"}], ["2 hosts "]),
    ],
)
def test_hosts_of_this_session_are_counted_once(rows: list[dict[str, Any]], said: list[str]) -> None:
    """X-F11: whatever the port; nothing where nothing was refused."""
    found = ending.refused(firewall(*rows), 100.7)
    assert found == [
        f"The firewall refused {each}in this session. See: ./.aidevcontainer/firewall log" for each in said
    ]


def test_firewall_of_another_version_is_an_error() -> None:
    """X-F11: which a session's end keeps to itself."""
    with pytest.raises(Problem):
        ending.refused(_answering("{}\n\n"), 100)
