"""A private engine in the cache directory: installed, started, recorded for the helpers, removed again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from aidevcontainer.util import cache, light_json, lock
from aidevcontainer.util.errors import Problem
from machine import installing, rivals
from machine.daemon import Daemon
from machine.releases import DEFAULT, RELEASES, Release
from machine.traces import Traces

# Unix sockets have short names, and the engine adds its own to its folder's.
_LONGEST_HOME = 70
_BOOTSTRAP = Path(__file__).resolve().parents[1]


class PrivateEngine:
    """One release's private engine of this user; *name* is a key of releases.RELEASES."""

    def __init__(self, name: str = DEFAULT) -> None:
        if name not in RELEASES:
            raise Problem(f"There is no private engine {name}; there are {', '.join(RELEASES)}.")
        self.release: Release = RELEASES[name]
        self.home = Path(cache.path("engine", name))
        self.daemon = Daemon(self.home)
        self._record = Path(cache.path("engine", "env.json"))

    def environment(self) -> dict[str, str]:
        """Return the variables that make `docker` reach this engine."""
        path = os.environ.get("PATH", os.defpath)
        own = str(self.home / "bin")
        joined = path if path.split(os.pathsep)[0] == own else f"{own}{os.pathsep}{path}"
        return {"DOCKER_HOST": f"unix://{self.daemon.socket}", "PATH": joined}

    def installed(self) -> bool:
        """Return whether its files are there."""
        return installing.installed(self.home)

    def running(self) -> bool:
        """Return whether it takes requests."""
        return self.daemon.answers()

    def start(self, say: Callable[[str], None]) -> bool:
        """Install what is missing and start it; return whether it had to be started. Raises Problem."""
        _check_rights("The private engine is stopped")
        _check_path(self.home)
        with lock.held("engine", lambda: say("Waiting for another run that starts the private engine.")):
            # Before, what another run is starting would be taken for a rival.
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
            # A run that was interrupted started it, and remembered how the network was before.
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
        """Stop it and its containers; what it stored stays. Raises Problem."""
        if self.daemon.pid() is None:
            return
        _check_rights("The private engine runs")
        self.daemon.stop()
        if rivals.find() is None:
            self._traces().erase()

    def remove(self) -> None:
        """Stop it and remove everything it ever wrote. Raises Problem."""
        self.stop()
        if self.home.exists():
            shutil.rmtree(self.home)
        if self.recorded():
            self._record.unlink()

    def check_possible(self, reason: str) -> None:
        """Raise Problem, its sentence beginning with *reason*, where it cannot run."""
        _check_rights(reason)
        _check_path(self.home)
        self._check_alone()

    def rival(self) -> int | None:
        """Return the process id of another engine that keeps this one from being started, or None."""
        return None if self.running() else rivals.find(self.daemon.pid())

    def _check_alone(self) -> None:
        rival = self.rival()
        if rival is not None:
            raise Problem(
                f"A container engine runs on this machine already (process {rival}), and a second one would "
                "break its networks. Use that one: export DOCKER_HOST=unix://SOCKET, or stop it first."
            )

    def _traces(self) -> Traces:
        return Traces(self.home / "traces.json", {**os.environ, **self.environment()})

    def record(self) -> None:
        """Make it the one that the helpers use; a start that was interrupted did not come to that."""
        if self.recorded():
            return
        content = {"docker_host": self.environment()["DOCKER_HOST"], "path": str(self.home / "bin")}
        self._record.write_text(json.dumps(content) + "\n")

    def recorded(self) -> bool:
        """Return whether it is the one that the helpers use: the last that was started."""
        return light_json.fields_of(str(self._record)).get("docker_host") == f"unix://{self.daemon.socket}"


def all_installed() -> list[PrivateEngine]:
    """Return this user's private engines."""
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
            f"{home} is too long a path for the engine's sockets. Point XDG_CACHE_HOME to a shorter one "
            "(by default it is ~/.cache)."
        )
