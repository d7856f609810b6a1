"""Decides whether a request may run, by the declaration in force and the state of the container."""

from __future__ import annotations

from aidevcontainer.bridge.broker import container_checks, work_folder
from aidevcontainer.bridge.broker.declaration import BrokerCommand, Declaration
from aidevcontainer.bridge.broker.engine import EngineApi
from aidevcontainer.bridge.broker.protocol import Request
from aidevcontainer.bridge.broker.service import NOT_FOUND, AcceptedCall, RefusedError, ServiceContext
from aidevcontainer.bridge.broker.work_folder import WorkFolder


def accept(context: ServiceContext, request: Request) -> AcceptedCall:
    """Returns the call that a request leads to. Raises RefusedError, EngineError."""
    command = _command(context.declaration, request)
    folder = _folder(command, request)
    _check_environment(command, request)
    return AcceptedCall(request, command, folder, _container(context.engine, command))


def _command(declaration: Declaration, request: Request) -> BrokerCommand:
    name = request.name.decode("utf-8", "replace")
    command = declaration.find(name)
    if command is None:
        raise RefusedError(f"'{name[:80]}' is not declared in .aidevcontainer/bridge.yaml", NOT_FOUND)
    return command


def _folder(command: BrokerCommand, request: Request) -> WorkFolder:
    folder = work_folder.find(command, request.directory)
    if folder is None:
        shown = request.directory.decode("utf-8", "replace")[:200]
        sentence = (
            f"'{command.name}' cannot run in {shown}: its paths in bridge.yaml do not cover that folder"
        )
        raise RefusedError(sentence)
    return folder


def _check_environment(command: BrokerCommand, request: Request) -> None:
    for name, _ in request.environment:
        text = name.decode("utf-8", "replace")
        if text not in command.environment:
            sentence = f"the environment of '{command.name}' in bridge.yaml does not list {text[:80]!r}"
            raise RefusedError(sentence)


def _container(engine: EngineApi, command: BrokerCommand) -> str:
    inspected = engine.inspect(command.container)
    if inspected is None:
        sentence = f"there is no container {command.container}. Start the services of its project"
        raise RefusedError(sentence, NOT_FOUND)
    against = container_checks.obstacle(inspected) or container_checks.stranger(inspected, command)
    if against:
        raise RefusedError(against)
    stopped = container_checks.not_running(inspected)
    if stopped:
        raise RefusedError(stopped, NOT_FOUND)
    return str(inspected["Id"])
