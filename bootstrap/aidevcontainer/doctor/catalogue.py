"""Lists all checks, in the order in which a person would look: the ones that others depend on come first."""

from __future__ import annotations

from aidevcontainer.doctor import (
    containers,
    disk,
    engine,
    files,
    firewall,
    git,
    helpers,
    kernel,
    network,
    session,
    shared,
    template,
)
from aidevcontainer.doctor.finding import Check

AREAS = (
    engine.AREA,
    kernel.AREA,
    shared.AREA,
    disk.AREA,
    files.AREA,
    git.AREA,
    template.AREA,
    helpers.AREA,
    containers.AREA,
    firewall.AREA,
    network.AREA,
    session.AREA,
)


def checks() -> list[Check]:
    """Returns all checks."""
    return [check for area in AREAS for check in area.checks]
