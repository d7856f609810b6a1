"""A machine of its own for one test: home, cache, a docker client that takes notes, a project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from aidevcontainer.project.names import project_name
from tests.hostside.client import Call, FakeClient
from tests.support import helpers
from tests.support.terminal import Terminal

REPOSITORY = Path(__file__).resolve().parents[2]
TEMPLATE = REPOSITORY / "template" / ".aidevcontainer"
PACKAGES = REPOSITORY / "bootstrap"


class Finished(NamedTuple):
    """How a helper ended."""

    code: int
    out: str
    err: str


class Machine:
    """Everything below one directory. `environment` is what helpers are started with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.client = FakeClient(self.bin)
        self.environment = {
            "PATH": f"{self.bin}:{os.defpath}",
            "HOME": str(folder / "home"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "DOCKER_HOST": f"unix://{folder}/no-engine.sock",
            "TZ": "Europe/Berlin",
            "CLAUDE_UID": "1000",
            "CLAUDE_GID": "1000",
        }
        (folder / "home").mkdir()
        self.helpers = helpers.install(folder / "cache")

    def install_docker(self) -> None:
        """Put the note-taking client onto the PATH."""
        self.client.install()

    def answer(
        self,
        match: str,
        code: int = 0,
        out: str = "",
        err: str = "",
        seconds: float = 0,
        once: str | Path = "",
        makes: str | Path = "",
    ) -> None:
        """Have docker answer a call whose arguments contain `match`. The rule added last is asked first.

        `once` limits the rule to when a file is there, and `makes` makes one.
        """
        self.client.answer(match, [str(code), out, err, str(seconds), str(makes)], str(once))

    def calls(self) -> list[Call]:
        """Return all calls of docker so far."""
        return self.client.calls()

    def await_calls(self, count: int, seconds: float = 10) -> list[Call]:
        """Return the calls as soon as there are that many; fewer when time is up."""
        end = time.monotonic() + seconds
        while len(self.calls()) < count and time.monotonic() < end:
            time.sleep(0.02)
        return self.calls()

    def run(self, *command: str | Path, cwd: Path | None = None, input: str | None = None) -> Finished:
        """Run a program on this machine, by default without input."""
        done = subprocess.run(
            list(map(str, command)),
            cwd=cwd or self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            input=input or "",
        )
        return Finished(done.returncode, done.stdout, done.stderr)


class FakeProject:
    """A project with the commands that the template writes, and installed helpers for them."""

    def __init__(self, machine: Machine, root: Path) -> None:
        self.machine = machine
        self.root = root
        self.folder = root / ".aidevcontainer"
        self.name = project_name(str(root))
        self.folder.mkdir(parents=True)
        for name in ("claude", "container", "firewall", "hook", "update", "launch.sh", "install.sh"):
            shutil.copy2(TEMPLATE / name, self.folder / name)
        (self.folder / "requirements.txt").write_text(f"{helpers.REQUIREMENT}\n")

    def record(self) -> None:
        """Write the `.env` of an earlier start."""
        text = f"COMPOSE_PROJECT_NAME={self.name}\nAIDEVCONTAINER_WORKSPACE='{self.root}'\n"
        (self.folder / ".env").write_text(text)

    def prove(self, agent: dict[str, Any]) -> None:
        """Remember what a start does: that this agent container proved itself."""
        folder = self.machine.folder / "cache" / "aidevcontainer" / "ready"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}-claude-1").write_text(f"{agent['Id']} {agent['State']['StartedAt']}")

    def complete(self) -> None:
        """Add what a start reads besides the helpers."""
        (self.root / ".git" / "hooks").mkdir(parents=True)
        (self.root / ".git" / "config").touch()
        for name in ("docker-compose.yml", "Dockerfile", "packages.txt", "git-mounts.yml", ".dockerignore"):
            (self.folder / name).write_text(f"# {name}\n")
        (self.folder / "claude.pin").write_text("version 9.8.7\n")
        (self.folder / "scripts").mkdir()
        shutil.copy2(TEMPLATE / "scripts/start-agent.sh", self.folder / "scripts")
        (self.folder / "ca").mkdir()

    def mark_long_way(self) -> None:
        """Have the helpers end with exit code 77 where they leave the short way, which needs no packages."""
        helpers.stop_at_packages(self.machine.helpers)

    def claude(self, *arguments: str, cwd: Path | None = None, input: str | None = None) -> Finished:
        """Run `.aidevcontainer/claude` from the project's root."""
        return self.machine.run(self.folder / "claude", *arguments, cwd=cwd or self.root, input=input)

    def in_venv(self, module: str, *arguments: str, cwd: Path | None = None) -> Finished:
        """Run a module of the helpers for this project, such as `cli.container`."""
        return self.machine.run(*self.command_line(module, *arguments), cwd=cwd or self.root)

    def terminal(self, module: str, *arguments: str) -> Terminal:
        """Run a module like `in_venv`, on a terminal."""
        environment = {**self.machine.environment, "TERM": "xterm"}
        return Terminal(self.command_line(module, *arguments), cwd=self.root, env=environment)

    def command_line(self, module: str, *arguments: str) -> list[str]:
        """Return the command line that runs a module like `in_venv`."""
        start = (
            "import importlib, sys; sys.path.insert(0, sys.argv[1]); "
            "from aidevcontainer.project.paths import Project; "
            "sys.exit(importlib.import_module(sys.argv[3]).main(Project(sys.argv[2]), sys.argv[4:]))"
        )
        place = (str(PACKAGES), str(self.root), f"aidevcontainer.{module}")
        return [sys.executable, "-I", "-c", start, *place, *arguments]
