"""The values and exceptions that every part of a request's way through the broker uses."""

from __future__ import annotations

from typing import NamedTuple

from aidevcontainer.bridge.broker.declaration import BrokerCommand, Declaration
from aidevcontainer.bridge.broker.engine import EngineApi
from aidevcontainer.bridge.broker.journal import Journal
from aidevcontainer.bridge.broker.protocol import Request
from aidevcontainer.bridge.broker.work_folder import WorkFolder

REFUSED, NOT_FOUND = 126, 127  # exit codes, as a shell has them


class RefusedError(Exception):
    """The request is refused. The text is the sentence for the caller."""

    def __init__(self, sentence: str, code: int = REFUSED) -> None:
        super().__init__(sentence)
        self.code = code


class CancelledError(Exception):
    """The broker is stopping."""


class ServiceContext(NamedTuple):
    """The values that all requests share. `folder` is for locks among them."""

    declaration: Declaration
    engine: EngineApi
    journal: Journal
    folder: str


class AcceptedCall(NamedTuple):
    """A request that may run: the declared command, its folder, and the id of its container."""

    request: Request
    command: BrokerCommand
    folder: WorkFolder
    container: str
