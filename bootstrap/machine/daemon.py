"""Starts a private engine's process in the background, finds it again by its pid file, and stops it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from aidevcontainer.util.errors import Problem
from machine import cgroups

START_SECONDS = 60
# It stops all containers first, and gives each of them ten seconds.
STOP_SECONDS = 60


class Daemon:
    """dockerd with everything of its own below `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.socket = home / "docker.sock"
        self._pid_file = home / "dockerd.pid"
        self._log = home / "dockerd.log"

    def pid(self) -> int | None:
        """Returns the process id of a running engine of this home, else None."""
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self.socket) in command else None

    def answers(self) -> bool:
        """Returns whether the engine takes requests."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in connection.recv(64)
            except OSError:
                return False

    def start(self, environment: Mapping[str, str]) -> None:
        """Starts the engine and waits until it answers. Raises Problem."""
        # After a power failure the pid file names some other process.
        self._pid_file.unlink(missing_ok=True)
        cgroups.make_room()
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                self._command(),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait(lambda: process.poll() is None)
        except Problem:
            process.kill()
            raise

    def wait(self) -> None:
        """Waits until an engine that another run started answers. Raises Problem."""
        self._wait(lambda: self.pid() is not None)

    def _wait(self, alive: Callable[[], bool]) -> None:
        until = time.monotonic() + START_SECONDS
        while not self.answers():
            if not alive() or time.monotonic() > until:
                raise Problem(self._explanation())
            time.sleep(0.1)

    def stop(self) -> None:
        """Stops the engine and its containers, and waits until it has ended. Raises Problem."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while self.pid() is not None:
            _reap(pid)
            if time.monotonic() > until:
                raise Problem(f"The private engine (process {pid}) does not stop. End it: kill -9 {pid}")
            time.sleep(0.1)

    def _command(self) -> list[str]:
        return [
            *(str(self.home / "bin/dockerd"), "--config-file", str(self.home / "daemon.json")),
            *("--data-root", str(self.home / "data"), "--exec-root", str(self.home / "run")),
            *("--host", f"unix://{self.socket}", "--pidfile", str(self._pid_file)),
        ]

    def _explanation(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        reasons = [
            line
            for line in lines
            if "level=fatal" in line or "level=error" in line or "failed to start" in line
        ]
        last = "\n".join(f"  {line}" for line in (reasons or lines)[-3:])
        return (
            f"The private engine did not start. The end of {self._log}:\n{last}\n"
            "It needs cgroups and netfilter, and in a container all privileges (docker run --privileged)."
        )


def _reap(pid: int) -> None:
    # As a zombie it would count as running. Only a child of this process can be waited for.
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
