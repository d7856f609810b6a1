"""A newcomer's way from nothing to a session and back; each step becomes a picture in docs/.

Not part of the gate: it writes into the working tree. `python3 tests tests/walk/walk_newcomer.py`
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import claude_screens, scaffold
from tests.support.hostuser import HostUser
from tests.support.internet import Internet
from tests.support.model import Model, bash, say
from tests.support.project import SIGNED_IN, Project
from tests.support.run import run
from tests.support.terminal import Terminal

from .picture import svg

pytestmark = pytest.mark.engine

PICTURES = scaffold.ROOT / "docs/pictures"
URL = "https://git.example.org/aidevcontainer.git"
COLUMNS = 100
HOST = "unlisted.example.net"
PROMPT = r"\$"
LAST_PROMPT = r"\n\$$"
# What differs from run to run, and what stands there instead.
CHANGING = (
    (r"shop-[0-9a-f]{8}", "shop-4c1f09aa"),
    (r"aidevcontainer:[0-9a-f]{16}", "aidevcontainer:7d1c5e0b9a3f2468"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "2026-01-02 12:00:00"),
    (r"\b\d\d:\d\d:\d\d\b", "12:00:00"),
    (r"\b\d+ s ago", "1 s ago"),
    (r"\S+ for \d+s · done \d+:\d\d [AP]M", "Worked for 2s"),
    (r" \[script walk\]", ""),
)


class Walk:
    """The newcomer's repository and shell."""

    def __init__(self, path: Path, user: HostUser, template: Path) -> None:
        self.project = Project(path, user)
        rewrite = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{template}.insteadOf",
            "GIT_CONFIG_VALUE_0": URL,
        }
        self.environment = {**user.environment, **SIGNED_IN, **rewrite, "PS1": "$ "}
        # The installer of the helpers asks for the address too.
        with (user.home / ".gitconfig").open("a", encoding="utf-8") as file:
            file.write(f'[url "{template}"]\n  insteadOf = {URL}\n')

    @contextmanager
    def shell(self, rows: int, user: HostUser | None = None, path: str = "") -> Iterator[Terminal]:
        """Open a shell in the repository, as *user* or as whoever runs the tests."""
        environment = {**self.environment, "PATH": f"{path}{self.environment['PATH']}"}
        size: dict[str, int] = {"rows": rows, "columns": COLUMNS}
        command = ["bash", "--norc", "--noprofile", "-i"]
        with Terminal(command, **size, cwd=self.project.path, env=environment, user=user) as shell:
            shell.wait_for(PROMPT)
            yield shell

    def draw(self, terminal: Terminal, name: str, title: str) -> None:
        """Write the picture of what the terminal shows now."""
        hidden = [(re.escape(str(self.project.path)), "~/shop")]
        PICTURES.mkdir(exist_ok=True)
        picture = terminal.draw(lambda screen: svg(screen, title, [*hidden, *CHANGING]))
        (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")


def type_in(shell: Terminal, command: str, until: str, seconds: float = 120) -> None:
    """Type a command, and wait for what it shows."""
    shell.send(f"{command}\n")
    shell.wait_for(until, seconds)


@pytest.fixture
def walk(workspace: Path, release: Path, host_user: HostUser) -> Iterator[Walk]:
    """A repository named shop, with one commit."""
    path = workspace / scaffold.unique("walk") / "shop"
    project = scaffold.repository(path, host_user)
    (host_user.home / ".gitconfig").open("a").write("[safe]\n  directory = *\n")
    yield Walk(path, host_user, release)
    # The last step removes everything by itself, if it gets that far.
    if project.scaffold.is_dir():
        project.compose("down", "--volumes", "--timeout", "1")


def copier(folder: Path) -> str:
    """Return a folder for the search path in which copier is this test's."""
    folder.mkdir()
    program = folder / "copier"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m copier "$@"\n')
    program.chmod(0o755)
    return f"{folder}{os.pathsep}"


def test_walk(walk: Walk, internet: Internet, model: Model, release: Path, tmp_path: Path) -> None:
    """US-006: scaffold, first session, a blocked host, an update, and out again."""
    scaffolded(walk, copier(tmp_path / "bin"))
    project = walk.project
    # Copier ran as whoever runs the tests, in the newcomer's home.
    project.user.own(project.path)
    project.user.own(project.user.home)
    scaffold.join(project, internet)
    scaffold.commit(project, "Add the container")
    project.up()
    first_session(walk, model)
    blocked(walk, model)
    updated(walk, release)
    uninstalled(walk)


def scaffolded(walk: Walk, path: str) -> None:
    """Answer Copier's questions."""
    with walk.shell(46, path=path) as shell:
        type_in(shell, f"copier copy {URL} .", "What is this project called", 30)
        for question in (
            "Which services",
            "Which other hosts",
            "Which programs",
            "Use the git hook",
            "prompts",
        ):
            shell.key("enter")
            shell.wait_for(question)
        # Behind the last question Copier lists every file, and nobody wants to see them.
        walk.draw(shell, "scaffold", "Copier asks its questions")
        shell.key("enter")
        shell.wait_for("What each file is for: .*README.md")
        shell.wait_for(LAST_PROMPT)


def first_session(walk: Walk, model: Model) -> None:
    """Open a session, ask, and get an answer."""
    with walk.project.session(env=SIGNED_IN) as terminal:
        claude_screens.reach_prompt(terminal)
        claude_screens.leave(terminal)
    words = model.script(
        "walk", say("It greets: src/app.py holds one constant, GREETING. Shall I add a test for it?")
    )
    with walk.shell(20, walk.project.user) as shell:
        shell.send("./.aidevcontainer/claude\n")
        claude_screens.reach_prompt(shell)
        shell.send(f"What does this project do? {words.split('] ')[0]}]")
        shell.wait_for("script walk")
        shell.key("enter")
        shell.wait_for("Shall I add a test")
        shell.wait_for(claude_screens.PROMPT)
        walk.draw(shell, "session", "A session of Claude Code in the container")


def blocked(walk: Walk, model: Model) -> None:
    """Have the agent ask for a host that is not listed, and let it through."""
    model.script("fetch", bash(f"curl -sS https://{HOST}/"), say("That host is refused."))
    walk.project.ask("[script fetch] Fetch it.").checked()
    with walk.shell(24, walk.project.user) as shell:
        type_in(shell, f"./.aidevcontainer/container shell -- curl -sS https://{HOST}/", "Could not resolve")
        shell.wait_for(LAST_PROMPT)
        # The last line alone: the network's own chatter in the log differs from run to run.
        type_in(shell, "./.aidevcontainer/firewall log | tail -1", "not on the list")
        shell.wait_for(LAST_PROMPT)
        type_in(shell, f"./.aidevcontainer/firewall allow {HOST}", "entries in force")
        shell.wait_for(LAST_PROMPT)
        type_in(shell, f"./.aidevcontainer/container shell -- curl -sS https://{HOST}/", "hello from")
        walk.draw(shell, "blocked", "A host is refused, found in the log, and allowed")


def updated(walk: Walk, release: Path) -> None:
    """Publish a version of the template, and take it over."""
    page = release / "template/.aidevcontainer/README.md.jinja"
    page.write_text(page.read_text(encoding="utf-8") + "- Another sentence.\n", encoding="utf-8")
    script = release / "template/.aidevcontainer/scripts/healthcheck.sh"
    script.write_text(script.read_text(encoding="utf-8") + "# Another comment.\n", encoding="utf-8")
    git = ["git", "-C", str(release), "-c", "user.name=Test", "-c", "user.email=test@example.com"]
    run([*git, "commit", "--quiet", "--all", "-m", "Release"]).checked()
    run([*git, "tag", "v1.1.0"]).checked()
    walk.project.helper("update", "--check", env=walk.environment)
    with walk.shell(40, walk.project.user) as shell:
        type_in(shell, "./.aidevcontainer/update", "Update this project|cannot")
        shell.send("y")
        shell.wait_for(LAST_PROMPT, 120)
        walk.draw(shell, "update", "An update shows what it changes, and asks")


def uninstalled(walk: Walk) -> None:
    """Take everything out again."""
    scaffold.commit(walk.project, "Update the container")
    # As it was just told, which gives it an image of its own.
    walk.project.up()
    with walk.shell(40, walk.project.user) as shell:
        type_in(shell, "./.aidevcontainer/container uninstall", "Remove all of this")
        shell.send("y")
        shell.wait_for(r"files permanently\?|Removed \.aidevcontainer/")
        if "permanently" in shell.screen():
            shell.send("y")
        shell.wait_for(r"Removed \.aidevcontainer/")
        shell.wait_for(LAST_PROMPT)
        walk.draw(shell, "uninstall", "Everything that goes is shown first, and asked about")
