"""Ends the commands that an earlier broker of this project left behind because it was killed."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import Any

from aidevcontainer.bridge.broker import container_checks, shell
from aidevcontainer.bridge.broker.declaration import BrokerCommand, Declaration
from aidevcontainer.bridge.broker.engine import EngineApi, EngineError

_WITHIN = 10.0  # seconds


def run(found: Declaration, engine: EngineApi) -> None:
    """Ends the commands in a process of its own, which is killed where it takes too long."""
    process = os.fork()
    if not process:
        code = 1
        try:
            _sweep(found, engine)
            code = 0
        finally:
            os._exit(code)
    deadline = time.monotonic() + _WITHIN
    while not os.waitpid(process, os.WNOHANG)[0]:
        if time.monotonic() > deadline:
            os.kill(process, signal.SIGKILL)
        time.sleep(0.01)


def _sweep(found: Declaration, engine: EngineApi) -> None:
    commands = {(command.container, command.user): command for command in found.commands}
    for (container, user), command in sorted(commands.items()):
        with contextlib.suppress(EngineError):
            inspected = engine.inspect(container)
            if inspected and _may_be_entered(inspected, command):
                engine.run(str(inspected["Id"]), user, shell.end(f"{found.project}.", 0, "TERM"))


def _may_be_entered(inspected: dict[str, Any], command: BrokerCommand) -> bool:
    reasons = (
        container_checks.not_running(inspected),
        container_checks.obstacle(inspected),
        container_checks.stranger(inspected, command),
    )
    return not any(reasons)
