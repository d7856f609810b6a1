"""A repository with the template in it, on the host, and its two containers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .docker import docker, execute, inspect
from .hostuser import HostUser
from .run import Finished, run
from .terminal import Terminal

# A key that Claude Code takes for one of Anthropic's by its form. It opens nothing anywhere.
API_KEY = "sk-ant-api03-test-0123456789abcdefghijklmnopqrstuvwxyz"
SIGNED_IN = {"ANTHROPIC_API_KEY": API_KEY}


@dataclass(eq=False)
class Project:
    """`path` is the repository's root, `user` the person who works in it."""

    path: Path
    user: HostUser

    @property
    def scaffold(self) -> Path:
        """Return the folder that the template wrote."""
        return self.path / ".aidevcontainer"

    @cached_property
    def claude(self) -> str:
        """Return the agent container's name, which is settled by the first start."""
        return self._container("claude")

    @cached_property
    def firewall(self) -> str:
        """Return the firewall container's name."""
        return self._container("firewall")

    def _container(self, service: str) -> str:
        config = self.compose("config", "--format", "json").checked()
        return f"{json.loads(config.out)['name']}-{service}-1"

    def run(
        self,
        *command: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input: str = "",
        timeout: float = 120,
    ) -> Finished:
        """Run a program on the host as the project's user, by default at the repository's root."""
        variables = {**self.user.environment, **(env or {})}
        place = cwd or self.path
        return run(command, cwd=place, env=variables, input=input, timeout=timeout, become=self.user.become)

    def compose(self, *arguments: str, input: str = "", timeout: float = 600) -> Finished:
        """Run plain `docker compose` in the scaffolded folder."""
        return self.run("docker", "compose", *arguments, cwd=self.scaffold, input=input, timeout=timeout)

    def helper(
        self,
        name: str,
        *arguments: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input: str = "",
        timeout: float = 600,
    ) -> Finished:
        """Run `.aidevcontainer/<name>` without a terminal."""
        return self.run(str(self.scaffold / name), *arguments, cwd=cwd, env=env, input=input, timeout=timeout)

    def terminal(
        self,
        *command: str,
        rows: int = 40,
        columns: int = 120,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Terminal:
        """Run a program of the host on a terminal of its own; a relative path starts at the repository."""
        program = str(self.path / command[0]) if "/" in command[0] else command[0]
        return Terminal(
            [program, *command[1:]],
            rows=rows,
            columns=columns,
            cwd=cwd or self.path,
            env={**self.user.environment, **(env or {})},
            user=self.user,
        )

    def session(self, *arguments: str, **options: Any) -> Terminal:  # noqa: ANN401 -- terminal()'s own
        """Open a session of Claude on a terminal, with the helper."""
        return self.terminal(".aidevcontainer/claude", *arguments, **options)

    def ask(
        self, prompt: str, *arguments: str, cwd: Path | None = None, input: str = "", **variables: str
    ) -> Finished:
        """Have Claude answer *prompt* without a terminal and without asking back; *variables* are set too."""
        line = ("-p", prompt, "--dangerously-skip-permissions", *arguments)
        return self.helper("claude", *line, cwd=cwd, env={**SIGNED_IN, **variables}, input=input, timeout=120)

    def processes(self) -> list[str]:
        """Return the command lines of all that runs in the agent's container, sorted."""
        listed = docker("top", self.claude, "-eo", "pid,args").out.splitlines()[1:]
        return sorted(line.split(maxsplit=1)[1] for line in listed)

    def inside(self, *command: str, check: bool = False, input: str = "", timeout: float = 30) -> Finished:
        """Run *command* in the agent's container, as the agent."""
        return execute(self.claude, *command, check=check, input=input, timeout=timeout)

    def in_firewall(self, *command: str, check: bool = False, timeout: float = 30) -> Finished:
        """Run *command* in the firewall's container, as root."""
        return execute(self.firewall, *command, check=check, timeout=timeout)

    def state(self, service: str) -> str:
        """Return the engine's word for a service's container, such as `running`."""
        return str(inspect(self._container(service))["State"]["Status"])

    def up(self) -> None:
        """Build if need be, start, and wait until the firewall has proved itself."""
        self.helper("container", "up").checked()

    def down(self) -> None:
        """Remove the containers; volumes stay."""
        self.helper("container", "down", "--yes").checked()

    def allow(self, *lines: str) -> None:
        """Write the user's own list of hosts."""
        self.write(".aidevcontainer/allowed-domains.local.txt", "\n".join([*lines, ""]))

    def reload(self) -> None:
        """Make the firewall read the lists again."""
        self.in_firewall("/usr/local/lib/aidevcontainer/init-firewall.sh", check=True, timeout=60)

    def wait_ready(self, seconds: int = 60) -> None:
        """Wait for the firewall's proof; fail with its own sentence."""
        wait = "/usr/local/lib/aidevcontainer/wait-ready.sh"
        self.in_firewall(wait, str(seconds), check=True, timeout=seconds + 10)

    def status(self) -> dict[str, Any]:
        """Return the firewall's status file."""
        found: dict[str, Any] = json.loads(
            self.in_firewall("cat", "/run/aidevcontainer/status.json", check=True).out
        )
        return found

    def read(self, name: str) -> str:
        """Return the text of a file of the repository."""
        return (self.path / name).read_text(encoding="utf-8")

    def write(self, name: str, content: str) -> Path:
        """Write a file of the repository, as its user would."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        self.user.own_file(path)
        return path

    @contextmanager
    def remove_at_end(self) -> Iterator[Project]:
        """Give the project to a test and take containers, volumes and its network away afterwards."""
        try:
            yield self
        finally:
            # An uninstall leaves nothing to take away, nor Compose a file to read.
            if self.scaffold.is_dir():
                self.compose("down", "--volumes", "--timeout", "1")
