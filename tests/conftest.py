"""Plugins of all tests: the engine they run on, and the fixtures that stand on it."""

from __future__ import annotations

pytest_plugins = [
    "tests.runner.plugin",
    "tests.support.fixtures",
    "tests.support.bridge",
    "tests.support.broker",
    "tests.support.firewall",
    "tests.support.template",
    "tests.catalogue.plugin",
]
