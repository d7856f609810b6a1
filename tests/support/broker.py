"""A broker on this machine, in front of a stand-in for the engine."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from aidevcontainer.bridge.broker import accept, protocol
from aidevcontainer.bridge.broker.declaration import BrokerCommand, Declaration, encode
from aidevcontainer.bridge.broker.protocol import Decoder, Request

from .fake_engine import FakeEngine, connect
from .scaffold import ROOT
from .wait import until

START = """\
import sys
from aidevcontainer.bridge.broker import broker
from aidevcontainer.bridge.broker.engine import EngineApi
broker.serve(sys.argv[1], EngineApi(sys.argv[2]), sys.argv[1])
"""


class Answer(NamedTuple):
    """All output of a command. `code` is None where the broker stopped. `refusal` is a sentence or empty."""

    code: int | None
    out: bytes
    err: bytes
    refusal: str


class Talk:
    """One connection to the broker, without the client, so a test can send any bytes."""

    def __init__(self, path: Path) -> None:
        self.connection = connect(path)
        self.decoder = Decoder(protocol.FROM_BROKER)
        self.out, self.err = b"", b""

    def send(self, *frames: bytes) -> Talk:
        """Sends bytes, as far as the other side takes them."""
        with contextlib.suppress(OSError):
            self.connection.sendall(b"".join(frames))
        return self

    def until(self, wanted: bytes) -> Talk:
        """Reads until the output holds *wanted*."""
        while wanted not in self.out:
            assert self._read() is None, self.out
        return self

    def end(self) -> Answer:
        """Reads to the end."""
        while True:
            answer = self._read()
            if answer:
                return answer

    def close(self) -> None:
        """Disconnects."""
        self.connection.close()

    def _read(self) -> Answer | None:
        try:
            data = self.connection.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            return Answer(None, self.out, self.err, "")
        for kind, content in self.decoder.feed(data):
            if kind == protocol.STDOUT:
                self.out += content
            elif kind == protocol.STDERR:
                self.err += content
            elif kind == protocol.EXIT:
                return Answer(protocol.read_number(bytes(content)), self.out, self.err, "")
            elif kind == protocol.REFUSAL:
                code, sentence = protocol.read_refusal(bytes(content))
                return Answer(code, self.out, self.err, sentence)
        return None


class Broker:
    """A broker process. `folder` is its own, `code` where the commands' container has the workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = folder / "code"
        self.code.mkdir()
        self.engine = FakeEngine(folder / "engine")
        self.engine.add("app")
        self.path = folder / "socket"
        self.log_path = folder / "log"
        self.start()

    def declare(self, *commands: BrokerCommand) -> None:
        """Puts commands into force, for a broker that starts or is told."""
        accept.store(str(self.folder), encode(Declaration(commands, self.folder.name.lower())))

    def command(self, name: str, *words: str, **more: Any) -> BrokerCommand:  # noqa: ANN401 -- Command's own
        """Returns a command in `app`, whose workspace is `code`."""
        options = {"container": "app", "paths": (("/workspace", str(self.code)),), **more}
        return BrokerCommand(name=name, exec=words, **options)

    def start(self) -> None:
        """Starts it with `tool`, a shell, and `copy`; `gone` and `web`, shells in others."""
        labels = {"service": "web", "project": "shop", "folders": ("/var/home/me/shop", "/home/me/shop")}
        self.declare(
            self.command("tool", "sh", environment=("SHARED",)),
            self.command("copy", "cat"),
            self.command("gone", "sh", container="gone"),
            self.command("web", "sh", container="web", **labels),
        )
        self.log_file = self.log_path.open("ab")
        line = [sys.executable, "-c", START, str(self.folder), str(self.folder / "engine")]
        self.process = subprocess.Popen(line, stderr=self.log_file, cwd=ROOT)
        until(self._answers, self.log)
        # What an earlier broker left was looked for.
        self.engine.started.clear()

    def _answers(self) -> bool:
        try:
            connect(self.path).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Ends it, as `docker stop` does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.log_file.close()

    def talk(self) -> Talk:
        """Opens a connection."""
        return Talk(self.path)

    def ask(self, name: str, *words: str | bytes, **more: Any) -> Talk:  # noqa: ANN401 -- Request's own
        """Opens a connection and sends a request."""
        return self.talk().send(protocol.request_frame(request(name, *words, **more)))

    def run(self, name: str, *words: str | bytes, input: bytes = b"", **more: Any) -> Answer:  # noqa: ANN401
        """Runs a command with at most a window of input."""
        talk = self.ask(name, *words, **more)
        frames = [protocol.frame(protocol.STDIN, input)] if input else []
        # Input may be sent once it was allowed.
        assert talk.connection.recv(1, socket.MSG_PEEK)
        return talk.send(*frames, protocol.frame(protocol.END_OF_INPUT)).end()

    def children(self) -> list[int]:
        """Returns the processes that serve connections."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(number) for number in path.read_text().split()]

    def serving(self) -> int:
        """Returns the process of the one command that runs."""
        until(lambda: len(self.children()) == 1, self.children)
        return self.children()[0]

    def log(self) -> list[dict[str, Any]]:
        """Returns its log."""
        return [json.loads(line) for line in self.log_path.read_text().splitlines()]

    def logged(self, text: str) -> bool:
        """Returns whether a reason in the log contains a text."""
        return any(text in str(line.get("reason")) for line in self.log())


def request(
    name: str | bytes,
    *words: str | bytes,
    directory: bytes = b"/workspace",
    environment: tuple[tuple[bytes, bytes], ...] = (),
) -> Request:
    """Returns a request without a terminal."""
    return Request(_bytes(name), directory, tuple(map(_bytes, words)), environment, None)


def _bytes(word: str | bytes) -> bytes:
    return word.encode() if isinstance(word, str) else word


@contextlib.contextmanager
def running() -> Iterator[Broker]:
    """Runs a broker and removes everything afterwards."""
    # A Unix socket's path may have 107 bytes, which pytest's own folders can exceed.
    folder = Path(tempfile.mkdtemp(prefix="bridge-"))
    found = Broker(folder)
    try:
        yield found
    finally:
        if found.process.poll() is None:
            found.stop()
        found.engine.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def broker() -> Iterator[Broker]:
    """A broker that runs, for one test."""
    with running() as found:
        yield found
