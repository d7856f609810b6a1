"""Plugins of all tests: the engine they run on, and the fixtures that stand on it."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# How long an example takes is the machine's affair.
settings.register_profile(
    "any machine", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

pytest_plugins = [
    "tests.runner.plugin",
    "tests.support.fixtures",
    "tests.support.bridge",
    "tests.support.broker",
    "tests.support.firewall",
    "tests.support.site",
    "tests.support.template",
    "tests.catalogue.plugin",
]
