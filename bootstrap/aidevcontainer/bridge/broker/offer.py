"""The broker's folder in the agent container: a socket, and the declared commands as links to the client.

It is a volume that the agent container mounts read-only, so the agent can connect and replace nothing.
"""

from __future__ import annotations

import _socket as socket
import contextlib
import os

from aidevcontainer.bridge.broker.declaration import Declaration
from aidevcontainer.util import files

FOLDER = "/run/aidevcontainer-bridge"
CLIENT = "/usr/local/lib/aidevcontainer/bridge/bridge-client"
SOCKET, COMMANDS, VARIABLES = "socket", "bin", "variables"
_BACKLOG = 256


def serving(folder: str) -> bool:
    """Returns whether a broker accepts connections in a folder."""
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
    """Writes the commands, and beside them the names of the variables that each receives. Raises OSError.

    A command that stays is not touched, so it is there all the time while others come and go.
    """
    commands, variables = os.path.join(folder, COMMANDS), os.path.join(folder, VARIABLES)
    for path in (commands, variables):
        os.makedirs(path, mode=0o755, exist_ok=True)
    _keep_only(variables, {command.name for command in declaration.commands if command.environment})
    _keep_only(commands, {command.name for command in declaration.commands})
    for command in declaration.commands:
        if command.environment:
            names = "".join(f"{name}\n" for name in command.environment)
            files.write(os.path.join(variables, command.name), names, 0o644)
        if not os.path.islink(os.path.join(commands, command.name)):
            os.symlink(CLIENT, os.path.join(commands, command.name))


def complete(folder: str, declaration: Declaration) -> bool:
    """Returns whether a broker offers exactly the declared commands in a folder."""
    try:
        there = set(os.listdir(os.path.join(folder, COMMANDS)))
    except FileNotFoundError:
        return False
    return there == {command.name for command in declaration.commands} and serving(folder)


def _keep_only(folder: str, names: set[str]) -> None:
    for name in set(os.listdir(folder)) - names:
        os.unlink(os.path.join(folder, name))


def listen(folder: str) -> socket.socket:
    """Returns a listening socket that has replaced an earlier one. Raises OSError."""
    path, unfinished = os.path.join(folder, SOCKET), os.path.join(folder, f".{SOCKET}")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(unfinished)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(unfinished)
    os.chmod(unfinished, 0o666)  # noqa: S103 -- only the agent has the folder
    listening.listen(_BACKLOG)
    listening.setblocking(False)
    os.rename(unfinished, path)
    return listening
