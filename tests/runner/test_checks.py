"""The source itself: lint, layout, types, shell. Each check is a test, so that its outcome counts as one."""

from __future__ import annotations

import pytest

from tests.runner.checks import Checks, shell_scripts


@pytest.mark.parametrize("command", Checks.COMMANDS, ids=" ".join)
def test_the_source_is_clean(checks: Checks, command: tuple[str, ...]) -> None:
    code, said = checks.outcome(" ".join(command))
    assert code == 0, said


def test_all_shell_scripts_are_checked() -> None:
    found = shell_scripts()
    for name in (
        ".ci/run",
        "template/.aidevcontainer/launch.sh",
        "hooks/post-checkout",
        "template/.aidevcontainer/claude",
        "template/.aidevcontainer/scripts/entrypoint.sh",
    ):
        assert name in found
