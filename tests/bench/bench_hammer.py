"""Two hundred reloads while everything is hammered; ten minutes or more, so on its own only.

`python3 tests --bench hammer`
"""

from __future__ import annotations

import pytest

from tests.support import hammer
from tests.support.firewall import NewFirewall
from tests.support.internet import Internet

from .report import Report, Row

pytestmark = pytest.mark.engine

RELOADS = 200


def test_two_hundred_reloads(internet: Internet, new_firewall: NewFirewall, report: Report) -> None:
    """Under a hammer of connects and lookups: none that is allowed fails, none that is not succeeds."""
    outcome = hammer.reloads(
        new_firewall("listed.example.net", "listed.example.net:5432"), internet, most=RELOADS, seconds=600
    )
    assert outcome.reloads == RELOADS
    section = f"{RELOADS} reloads while everything is tried"
    passes = (outcome.allowed, outcome.looked_up, outcome.named)
    fails = (outcome.refused, outcome.unlisted, outcome.misnamed)
    allowed = sum(each.failed for each in passes)
    refused = sum(each.succeeded for each in fails)
    tried = f"of {sum(map(sum, passes)):,}"
    row = Row("allowed, and failed", "", [allowed], note=tried).expected("none", most=0)
    report.add(section, row)
    tried = f"of {sum(map(sum, fails)):,}"
    row = Row("not allowed, and succeeded", "", [refused], note=tried).expected("none", most=0)
    report.add(section, row)
    outcome.check()
