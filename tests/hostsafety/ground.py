"""One layout twice: a copy that nothing protects, and one where the agent's container has worked."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.support.project import Project

from . import agent, layouts, tree
from .entry import Entry
from .host import Day, Host
from .layouts import Layout

# The payload alone is an ordinary file of the work tree.
_IDLE = "payload"
_OBEYED = re.compile(
    r"/\.aidevcontainer/(?!\.env$|git-)|/\.githooks/|/\.copier-answers|/hooks(/|$)"
    r"|\.gitconfig$|/tools/|/template(/|$)|/team-hooks(/|$)|/lefthook.yml$|prek.toml$|/ci/"
    r"|(\.git|/modules/\w+|/worktrees/\w+)/(config|config\.worktree|commondir|gitdir)$"
    r"|(\.git|/modules/\w+|/worktrees/\w+)/((objects/)?info|refs/replace)/"
)


class Planted(NamedTuple):
    """The tree before and after the agent's part, and what the agent was told."""

    before: dict[str, tree.Node]
    after: dict[str, tree.Node]
    said: str


@dataclass
class Ground:
    """`control` is never protected. `planted` is what each plant left, and what the agent was told."""

    host: Host
    control: Layout
    guarded: Layout
    pristine: dict[str, dict[str, tree.Node]]
    planted: dict[str, Planted] = field(default_factory=dict)
    days: dict[frozenset[tuple[str, tree.Node | None]], Day] = field(default_factory=dict)

    def put(self, layout: Layout, state: tree.State | None = None) -> None:
        """Make a copy as it was, or as *state* has it."""
        wanted = self.pristine[layout.base.name] if state is None else state
        tree.put(layout.base, wanted, self.host.own)

    def left(self, entry: Entry) -> dict[str, tree.Node | None]:
        """Return what the entry's plant changed, without the payload."""
        found = self.planted[entry.id]
        changes = tree.difference(found.before, found.after)
        return {name: node for name, node in changes.items() if Path(name).name != _IDLE}

    def obeyed(self, entry: Entry) -> list[str]:
        """Return what the plant changed of that which the host's git and helpers obey."""
        return [name for name in self.left(entry) if _OBEYED.search(name)]

    def without_protection(self, entry: Entry) -> tuple[bool, str]:
        """Plant in the control and run the trigger; tell whether it ran."""
        self.put(self.control)
        if entry.first:
            self.host.attempt(entry.first, self.control)
        said = self.host.attempt(agent.PAYLOAD + entry.plant, self.control, agent.on_host(self.control))
        ran, told = self.host.ran(entry.trigger, self.control)
        return ran, f"{said}\n{told}"

    def trigger(self, entry: Entry) -> tuple[bool, str]:
        """Run the trigger where the agent has planted."""
        self.put(self.guarded, self.planted[entry.id].after)
        return self.host.ran(entry.trigger, self.guarded)

    def day(self, entry: Entry) -> Day:
        """Let the host work a day where the agent has planted; the same remains give the same day."""
        left = frozenset(self.left(entry).items())
        if left not in self.days:
            self.put(self.guarded, self.planted[entry.id].after)
            self.days[left] = self.host.day(self.guarded)
        return self.days[left]

    def untouched_day(self) -> Day:
        """Return the same day where no container has ever been."""
        self.put(self.control)
        return self.host.day(self.control)

    def quiet_day(self) -> Day:
        """Return the same day without any plant."""
        nothing: frozenset[tuple[str, tree.Node | None]] = frozenset()
        if nothing not in self.days:
            self.put(self.guarded)
            self.days[nothing] = self.host.day(self.guarded)
        return self.days[nothing]


def prepare(name: str, place: Path, model: Project, host: Host, entries: Iterable[Entry]) -> Ground:
    """Make both copies, bring the guarded one's containers up, and let the agent plant everything."""
    control, guarded = (_make(name, place / f"{name}-{side}", model, host) for side in ("free", "app"))
    ground = Ground(
        host, control, guarded, {each.base.name: tree.read(each.base) for each in (control, guarded)}
    )
    project = Project(guarded.root, model.user)
    with project.remove_at_end():
        project.up()
        ground.pristine[guarded.base.name] = tree.read(guarded.base)
        _plant(ground, project, entries)
    return ground


def _make(name: str, base: Path, model: Project, host: Host) -> Layout:
    base.mkdir(parents=True)
    # The canary lies beside it, where no mount of the container's is.
    for folder in (base, base.parent):
        host.own(folder)

    def scaffold(root: Path) -> None:
        ignored = shutil.ignore_patterns(".env", "__pycache__")
        shutil.copytree(model.scaffold, root / ".aidevcontainer", symlinks=True, ignore=ignored)
        shutil.copy2(model.path / ".copier-answers.yml", root)
        host.user.own(root)

    return layouts.make(name, base, host.shell, scaffold)


def _plant(ground: Ground, project: Project, entries: Iterable[Entry]) -> None:
    with agent.shell(project.claude) as opened:
        for entry in entries:
            if entry.first:
                ground.host.attempt(entry.first, ground.guarded)
            before = tree.read(ground.guarded.base)
            said = agent.plant(opened, entry.plant, ground.guarded)
            ground.planted[entry.id] = Planted(before, tree.read(ground.guarded.base), said)
            ground.put(ground.guarded)
