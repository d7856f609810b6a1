"""The last words of a session: how many hosts the firewall refused."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from aidevcontainer.firewall.control import Firewall
from aidevcontainer.session import ending
from aidevcontainer.util.errors import Problem

NAME = {"protocol": "dns", "names": ["a.org"]}
PORT = {"protocol": "tcp", "address": "192.0.2.1", "port": "22"}


def firewall(*rows: dict[str, Any]) -> Firewall:
    """Returns a firewall that refused these; without a time, within the session."""
    lines = [json.dumps({"time": 100, "count": 1, "names": [], **row}) + "\n" for row in rows]

    class Stub:
        def refused(self) -> str:
            return "".join(lines)

    return cast(Firewall, Stub())


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], []),
        ([{**NAME, "time": 99}], []),
        ([NAME], ["1 host "]),
        ([NAME, {**PORT, "names": ["a.org"]}, PORT, {**PORT, "port": "23"}], ["2 hosts "]),
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
        ending.refused(firewall({"names": None, "time": 1}), 100)
