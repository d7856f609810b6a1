"""Installs, starts and removes a private engine in the cache directory, and records it for the helpers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from aidevcontainer.util import cache, light_json, lock
from aidevcontainer.util.errors import Problem
from machine import installing, rivals, strays
from machine.daemon import Daemon
from machine.releases import DEFAULT, RELEASES, Release
from machine.traces import Traces

# A Unix socket's path is short, and the engine adds names to its folder's path.
_LONGEST_HOME = 70
_BOOTSTRAP = Path(__file__).resolve().parents[1]


class PrivateEngine:
    """This user's private engine of one release; `name` is a key of releases.RELEASES."""

    def __init__(self, name: str = DEFAULT) -> None:
        if name not in RELEASES:
            raise Problem(f"There is no private engine {name}. Choose one of these: {', '.join(RELEASES)}.")
        self.release: Release = RELEASES[name]
        self.home = Path(cache.path("engine", name))
        self.daemon = Daemon(self.home)
        self._record = Path(cache.path("engine", "env.json"))

    def environment(self) -> dict[str, str]:
        """Returns the variables that make `docker` reach this engine."""
        path = os.environ.get("PATH", os.defpath)
        own = str(self.home / "bin")
        joined = path if path.split(os.pathsep)[0] == own else f"{own}{os.pathsep}{path}"
        return {"DOCKER_HOST": f"unix://{self.daemon.socket}", "PATH": joined}

    def installed(self) -> bool:
        """Returns whether its files are complete."""
        return installing.installed(self.home)

    def running(self) -> bool:
        """Returns whether it takes requests."""
        return self.daemon.answers()

    def start(self, say: Callable[[str], None]) -> bool:
        """Installs and starts it where needed. Returns whether it had to be started. Raises Problem."""
        _check_rights("The private engine is not running")
        _check_path(self.home)
        with lock.held(
            "engine", lambda: say("Waiting for another run, which is starting the private engine.")
        ):
            # Without the lock, an engine that another run is starting would count as a rival.
            self._check_alone()
            if not self.installed():
                installing.install(self.home, self.release, say)
            started = not self.running()
            if started:
                say("Starting the private engine.")
                self._start()
            self.record()
        return started

    def _start(self) -> None:
        if self.daemon.pid() is not None:
            # An interrupted run started it, and remembered the network as it was before.
            self.daemon.wait()
            return
        installing.write_client(self.home, f"python3 {_BOOTSTRAP} --start-engine")
        self._traces().remember()
        try:
            self.daemon.start({**os.environ, **self.environment()})
        except Problem:
            self._traces().erase()
            raise

    def stop(self) -> None:
        """Stops it and its containers, and keeps its data. Raises Problem."""
        if self.daemon.pid() is None:
            return
        _check_rights("The private engine is running")
        self.daemon.stop()
        if rivals.find() is None:
            self._traces().erase()

    def remove(self) -> None:
        """Stops it and deletes everything that it wrote. Raises Problem.

        After an interruption or a failure, another run goes on.
        """
        self.stop()
        if self.recorded():
            self._record.unlink()
        strays.end(self.home)
        if rivals.find() is None:
            self._traces().erase_after_a_crash()
        installing.remove(self.home)

    def check_possible(self, reason: str) -> None:
        """Raises Problem where it cannot run; the sentence starts with `reason`."""
        _check_rights(reason)
        _check_path(self.home)
        self._check_alone()

    def rival(self) -> int | None:
        """Returns the process id of another engine that prevents a start of this one, or None."""
        return None if self.running() else rivals.find(self.daemon.pid())

    def _check_alone(self) -> None:
        rival = self.rival()
        if rival is not None:
            raise Problem(
                f"Another container engine is running here (process {rival}), and a second one would break "
                "its networks. Use it (export DOCKER_HOST=unix://SOCKET), or stop it first."
            )

    def _traces(self) -> Traces:
        return Traces(self.home / "traces.json", {**os.environ, **self.environment()})

    def record(self) -> None:
        """Makes it the engine that the helpers use, unless it is already."""
        if self.recorded():
            return
        content = {"docker_host": self.environment()["DOCKER_HOST"], "path": str(self.home / "bin")}
        self._record.write_text(json.dumps(content) + "\n")

    def recorded(self) -> bool:
        """Returns whether it is the engine that the helpers use: the last one that was started."""
        return light_json.fields_of(str(self._record)).get("docker_host") == f"unix://{self.daemon.socket}"


def all_installed() -> list[PrivateEngine]:
    """Returns this user's private engines."""
    engines = [PrivateEngine(name) for name in RELEASES]
    return [engine for engine in engines if engine.home.exists()]


def _check_rights(reason: str) -> None:
    if os.geteuid() != 0:
        raise Problem(
            f"{reason}, and only root can run a private one. Install Docker with Compose v2 as "
            "https://docs.docker.com/engine/install/ says, or run the same command as root."
        )


def _check_path(home: Path) -> None:
    if len(str(home)) > _LONGEST_HOME:
        raise Problem(
            f"The path {home} is too long for the engine's sockets. Set XDG_CACHE_HOME to a shorter path "
            "(the default is ~/.cache)."
        )
