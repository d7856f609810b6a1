"""Plants by the real Claude Code, with its own tool, as a model that was led astray would make them."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from aidevcontainer.git import planted
from tests.support.fixtures import NewProject
from tests.support.model import Model, bash, say

from . import agent
from .entry import Entry, entries
from .host import Host
from .layouts import Layout

pytestmark = pytest.mark.engine

# Hooks, settings, places, helpers, and a repository of its own: one of each kind, none that undoes another.
CHOSEN = (
    *("01-hook-post-checkout", "01-rename", "02-append", "02-in-git", "02-replace", "03-commondir-again"),
    *("04-helper", "04-launcher", "04-rename", "05-hidden", "05-sequence", "06-attributes"),
)
TRIGGERS = "git status; git checkout -q -b t; git commit --allow-empty -m x; ./.aidevcontainer/hook status"


def test_claude_plants_in_vain(new_project: NewProject, model: Model) -> None:
    """X-S1: its tool tries each, the host's commands run nothing, and the helper names what remains."""
    project = new_project("plants/app", up=True)
    project.user.own(project.path.parent)
    git = project.path / ".git"
    layout = Layout("plain", project.path, project.path, git, git)
    chosen = [entry for entry in entries() if entry.id in CHOSEN]
    assert len(chosen) == len(CHOSEN)
    model.script("plants", *(bash(_command(entry, layout)) for entry in chosen), say("planted"))
    project.ask("[script plants] go").checked()

    results = model.results("plants")
    assert len(results) == len(CHOSEN)
    refused = [text for text in results if "Read-only" in text or "busy" in text]
    assert len(refused) >= len([entry for entry in chosen if entry.expect == "refused"]), results
    with Host(project.user) as host:
        for trigger in (TRIGGERS, *(entry.trigger for entry in chosen if entry.expect != "said")):
            ran, told = host.ran(trigger, layout)
            assert not ran, told
        assert not host.day(layout).ran
    found = {finding.path for finding in planted.find(str(project.path))}
    assert found == {"evil", "evil/.git", ".git/sequencer"}
    said = project.helper("container", "status")
    assert all(path in said.out + said.err for path in found), said


def _command(entry: Entry, layout: Layout) -> str:
    git = Path("/workspace/.git")
    names = {**agent.on_host(layout), "W": git.parent, "G": git, "C": git}
    exports = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in names.items())
    return f"cd /workspace; export {exports}; sh -c {shlex.quote(agent.PAYLOAD + entry.plant)} 2>&1"
