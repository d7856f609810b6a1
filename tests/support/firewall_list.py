"""The firewall's linter over a text. It is awk, so it needs no container."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.support import firewall_scripts
from tests.support.firewall_scripts import Rule


def sentences(text: str) -> str:
    """Returns the linter's sentences about a list, or nothing for a list without mistakes."""
    with tempfile.TemporaryDirectory() as folder:
        return firewall_scripts.lint(Path(folder), text).err.strip()


def rules(text: str) -> list[Rule]:
    """Returns the policy of a list without mistakes."""
    with tempfile.TemporaryDirectory() as folder:
        return firewall_scripts.policy(Path(folder), text)
