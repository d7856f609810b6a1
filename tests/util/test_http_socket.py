"""HTTP over a Unix socket: requests as a container engine takes them, and answers of every kind."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from aidevcontainer.util import http_socket
from tests.hostside.engine import OneAnswer


def test_a_question_has_no_body(tmp_path: Path) -> None:
    """X-P1: HTTP/1.0, so that the answer ends with the connection."""
    with OneAnswer(tmp_path / "s", b"HTTP/1.0 200 OK\r\nApi-Version: 1.45\r\n\r\n{}") as server:
        answer = http_socket.ask(server.path, "GET", "/info")
    assert server.request == b"GET /info HTTP/1.0\r\nHost: docker\r\n\r\n"
    assert (answer.status, answer.body) == (200, b"{}")
    assert answer.header("api-version") == answer.header("API-Version") == "1.45"
    assert answer.header("Server") == ""


@pytest.mark.parametrize("content", [b"", b'{"a": "\xc3\xbc"}'])
def test_a_body_is_sent_with_its_length(tmp_path: Path, content: bytes) -> None:
    """X-P1: also an empty one, as the engine wants for a container's start."""
    with OneAnswer(tmp_path / "s", b"HTTP/1.0 304 Not Modified\r\n\r\n") as server:
        assert http_socket.ask(server.path, "POST", "/x", content).status == 304
    head, _, body = server.request.partition(b"\r\n\r\n")
    assert body == content
    assert f"Content-Length: {len(content)}".encode() in head.split(b"\r\n")
    assert b"Content-Type: application/json" in head.split(b"\r\n")


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense", b"HTTP/1.0", b"HTTP/1.0 ok\r\n\r\n", b"SSH-2.0 200 x\r\n\r\n"]
)
def test_another_protocol_is_an_error(tmp_path: Path, answer: bytes) -> None:
    """X-P1: never an empty answer."""
    with OneAnswer(tmp_path / "s", answer) as server, pytest.raises(ValueError):
        http_socket.ask(server.path, "GET", "/")
    with OneAnswer(tmp_path / "t", answer) as server, pytest.raises(ValueError):
        http_socket.upgrade(server.path, "/", b"{}", 5.0)


def test_a_head_without_an_end_is_an_error(tmp_path: Path) -> None:
    """X-P1: memory is not filled by a server that never stops."""
    with (
        OneAnswer(tmp_path / "s", b"HTTP/1.1 101 X\r\n" + b"a: b\r\n" * 20_000) as server,
        pytest.raises(ValueError),
    ):
        http_socket.upgrade(server.path, "/", b"{}", 5.0)


def test_nobody_answers(tmp_path: Path) -> None:
    """X-P1: no socket, and a server that says nothing in time."""
    with pytest.raises(OSError):
        http_socket.ask(str(tmp_path / "none"), "GET", "/")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        with pytest.raises(TimeoutError):
            http_socket.ask(str(tmp_path / "s"), "GET", "/", timeout=0.05)
        with pytest.raises(TimeoutError):
            http_socket.upgrade(str(tmp_path / "s"), "/", b"{}", 0.05)


@pytest.mark.parametrize("status", [101, 200])
def test_a_stream_goes_both_ways(tmp_path: Path, status: int) -> None:
    """B-1: the beginning of the stream may come with the head, and nothing of it is lost."""
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(path)
        listening.listen()
        thread = threading.Thread(target=_echo, args=(listening, status), daemon=True)
        thread.start()
        connection, answer = http_socket.upgrade(path, "/exec/1/start", b"{}", 5.0)
        assert connection
        assert (answer.status, answer.body) == (status, b"first")
        connection.sendall(b"more")
        assert connection.recv(100) == b"more"
        connection.close()
        thread.join(5)


def _echo(listening: socket.socket, status: int) -> None:
    connection, _ = listening.accept()
    with connection:
        request = connection.recv(65536)
        assert b"\r\nUpgrade: tcp\r\n" in request
        # In pieces, as a slow engine sends it.
        connection.sendall(f"HTTP/1.1 {status} UPGRADED\r\nConnection: Up".encode())
        connection.sendall(b"grade\r\n\r\nfirst")
        connection.sendall(connection.recv(100))


def test_a_refusal_says_why(tmp_path: Path) -> None:
    """B-1: the connection is closed, and the engine's reason is at hand."""
    text = b'HTTP/1.1 409 Conflict\r\n\r\n{"message": "is paused"}'
    with OneAnswer(tmp_path / "s", text) as server:
        connection, answer = http_socket.upgrade(server.path, "/exec/1/start", b"{}", 5.0)
    assert connection is None
    assert (answer.status, answer.body) == (409, b'{"message": "is paused"}')
