"""What the agent's container sees of the broker: a socket, and the declared commands as links to the client.

The folder is a volume that the agent's container mounts read-only: it may connect, and replace nothing.
"""

from __future__ import annotations

import _socket as socket
import contextlib
import os

from aidevcontainer.bridge.broker.declaration import Declaration

FOLDER = "/run/aidevcontainer-bridge"
CLIENT = "/usr/local/lib/aidevcontainer/bridge/bridge-client"
SOCKET, COMMANDS, VARIABLES = "socket", "bin", "variables"
_BACKLOG = 256


def serving(folder: str) -> bool:
    """Tell whether a broker takes connections at *folder*."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(3.0)
        connection.connect(os.path.join(folder, SOCKET))
    except OSError:
        return False
    finally:
        connection.close()
    return True


def write(folder: str, declaration: Declaration) -> None:
    """Write the commands, and beside them the names of the variables that each takes along.

    What stays is not touched: a command is there all the time while others come and go.
    """
    commands, variables = os.path.join(folder, COMMANDS), os.path.join(folder, VARIABLES)
    for path in (commands, variables):
        os.makedirs(path, mode=0o755, exist_ok=True)
    _keep_only(variables, {command.name for command in declaration.commands if command.environment})
    _keep_only(commands, {command.name for command in declaration.commands})
    for command in declaration.commands:
        if command.environment:
            _replace(
                os.path.join(variables, command.name), "".join(f"{name}\n" for name in command.environment)
            )
        if not os.path.islink(os.path.join(commands, command.name)):
            os.symlink(CLIENT, os.path.join(commands, command.name))


def complete(folder: str, declaration: Declaration) -> bool:
    """Tell whether a broker serves just the declared commands at *folder*."""
    try:
        there = set(os.listdir(os.path.join(folder, COMMANDS)))
    except FileNotFoundError:
        return False
    return there == {command.name for command in declaration.commands} and serving(folder)


def _keep_only(folder: str, names: set[str]) -> None:
    for name in set(os.listdir(folder)) - names:
        os.unlink(os.path.join(folder, name))


def _replace(path: str, content: str) -> None:
    unfinished = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}")
    with open(unfinished, "w", encoding="ascii") as file:
        file.write(content)
    os.rename(unfinished, path)


def listen(folder: str) -> socket.socket:
    """Return the listening socket, in the place of an earlier one."""
    path, unfinished = os.path.join(folder, SOCKET), os.path.join(folder, f".{SOCKET}")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(unfinished)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(unfinished)
    os.chmod(unfinished, 0o666)  # noqa: S103 -- whoever has the folder is the agent
    listening.listen(_BACKLOG)
    listening.setblocking(False)
    os.rename(unfinished, path)
    return listening
