"""The shortest way into a running container: asks the engine, then becomes `docker exec`."""

from __future__ import annotations

import os

from aidevcontainer.engine import readiness, socket_api
from aidevcontainer.git import notices, protection
from aidevcontainer.project.paths import Project, Recorded, working_directory
from aidevcontainer.session import exec_args, watcher
from aidevcontainer.util import programs
from aidevcontainer.util.light_json import signal

# Importing typing costs milliseconds, which every session would pay.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def main(project: Project, arguments: list[str]) -> int:
    """Opens a session with the caller's arguments for Claude; starts the project first if it is stopped."""
    open_session(project, ["claude", *arguments])
    from aidevcontainer.session import slow  # not needed, and not paid for, where the line above is the last

    return slow.main(project, arguments)


def open_session(project: Project, command: list[str], quiet: bool = False) -> str:
    """Replaces this process by a command in the agent container; returns the reason where it cannot.

    A `quiet` session does not end with what the firewall refused.
    """
    variables = {**os.environ, **socket_api.private_engine(dict(os.environ))}
    try:
        recorded = project.recorded()
    except OSError as error:
        return str(error)  # the slow way meets it again, and says what to do
    if not recorded.name:
        return "nothing was started here yet"
    try:
        engine = socket_api.connect(variables)
        reason = readiness.obstacle(engine, recorded.name, project.root, protection.lost)
    except socket_api.UnreachableError as error:
        return f"the container engine does not answer: {error}"
    if not reason and recorded.waits_for_switch:
        reason = "a newer image waits until no session runs"
    return reason or enter(project, recorded, command, engine, variables, quiet)


def enter(
    project: Project,
    recorded: Recorded,
    command: list[str],
    engine: socket_api.Engine | None,
    variables: dict[str, str],
    quiet: bool = False,
) -> str:
    """Becomes `docker exec` of a command in the agent container; returns the reason where docker is missing.

    Without an engine to ask (behind TCP or SSH), the watcher cleans up after every session.
    """
    docker = programs.find("docker", variables.get("PATH", os.defpath))
    if docker is None:
        return "docker is not installed"
    _open_closed_streams()
    _tell(notices.waiting(project))
    container = readiness.container_names(recorded.name)[0]
    wanted = exec_args.environment(variables, os.urandom(12).hex(), recorded.value(exec_args.FORWARD))
    target = exec_args.ExecTarget(container, project.inside(working_directory()))
    version = engine.api_version if engine else (0, 0)
    arguments = exec_args.arguments(target, list(wanted), command, exec_args.caller_terminal(), version)
    token = wanted[exec_args.TOKEN]

    def afterwards(began: float, has_terminal: bool) -> Iterator[list[str]]:
        from aidevcontainer.session import ending  # not paid for at the start

        since = began if has_terminal and not quiet else None
        return ending.sentences(project, engine, variables, since)

    watcher.start(engine, docker, variables, container, token, afterwards)
    # Python ignores SIGPIPE, and a program inherits that.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execve(docker, arguments, exec_args.client_environment(variables, wanted))
    return ""


def _tell(sentences: list[str]) -> None:
    if sentences:
        os.write(2, "".join(f"aidevcontainer: {text}\n" for text in sentences).encode())


def _open_closed_streams() -> None:
    # The next file that is opened would get the number of a closed standard stream, and its role.
    for stream in (0, 1, 2):
        try:
            os.fstat(stream)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
