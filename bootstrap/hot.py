"""The shortest way into a running container: ask the engine, then become `docker exec`."""

from __future__ import annotations

import os

from bootstrap import engine_api, envfile, findings, programs, readiness, session_command, watcher
from bootstrap.plain import signal
from bootstrap.project import Project, of_scaffold, working_directory


def main(arguments: list[str]) -> int:
    """Open a session of Claude with the caller's arguments; start the project first where it does not run."""
    open_session(of_scaffold(__file__), ["claude", *arguments])
    from bootstrap import handover  # not needed, and not paid for, where the line above is the last

    return handover.run("cold", arguments)


def open_session(project: Project, command: list[str]) -> str:
    """Replace this process by a command in the project's container; return the reason if that cannot be."""
    variables = {**os.environ, **engine_api.private_engine(dict(os.environ))}
    try:
        name = project.recorded_name()
    except OSError as error:
        return str(error)  # the long way meets it again, and says what to do
    if name is None:
        return "nothing has been started here yet"
    try:
        engine = engine_api.connect(variables)
        reason = readiness.obstacle(engine, name, project.root)
    except engine_api.UnreachableError as error:
        return f"the container engine does not answer: {error}"
    if not reason and project.waits_for_switch():
        reason = "a newer image waits for the moment when no session runs"
    return reason or enter(project, name, command, engine, variables)


def enter(
    project: Project,
    name: str,
    command: list[str],
    engine: engine_api.Engine | None,
    variables: dict[str, str],
) -> str:
    """Become `docker exec` of a command in the agent's container; return the reason if docker is not there.

    Without an engine to ask (one behind TCP or SSH), the session's end is cleaned up after in every case.
    """
    docker = programs.find("docker", variables.get("PATH", os.defpath))
    if docker is None:
        return "docker is not installed"
    _open_closed_streams()
    _tell(findings.waiting(project))
    container = readiness.container_names(name)[0]
    forward = envfile.read(project.env_file).get(session_command.FORWARD, "")
    wanted = session_command.environment(variables, os.urandom(12).hex(), forward)
    place = session_command.Place(container, project.inside(working_directory()))
    version = engine.api_version if engine else (0, 0)
    arguments = session_command.arguments(place, list(wanted), command, session_command.terminal(), version)
    token = wanted[session_command.TOKEN]
    watcher.start(engine, docker, variables, container, token, lambda: findings.look(project))
    # Python ignores SIGPIPE, and a program inherits that.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execve(docker, arguments, session_command.client_environment(variables, wanted))
    return ""


def _tell(sentences: list[str]) -> None:
    if sentences:
        os.write(2, "".join(f"aidevcontainer: {text}\n" for text in sentences).encode())


def _open_closed_streams() -> None:
    # Where a standard stream is closed, the next file opened would take its number and its part.
    for stream in (0, 1, 2):
        try:
            os.fstat(stream)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
