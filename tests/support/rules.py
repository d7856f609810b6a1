"""A check, from inside the agent's container, that a project's rules are in force."""

from __future__ import annotations

from .project import Project

# What curl says of a name that does not resolve, and of a connection that is refused. 28 would be a time-out.
REFUSED = (6, 7)


def expect_rules(project: Project) -> None:
    """Fails unless a listed host answers the agent and an unlisted one is refused."""
    assert "hello" in project.inside("curl", "-sS", "-m", "10", "https://listed.example.net", check=True).out
    refused = project.inside("curl", "-sS", "-m", "10", "https://example.com")
    assert refused.code in REFUSED, refused
