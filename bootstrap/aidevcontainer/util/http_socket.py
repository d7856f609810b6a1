"""HTTP to a server on a Unix socket, as far as a container engine's API needs it.

On the way of every session and part of the bridge's image, so it imports nothing that takes time to load.
"""

from __future__ import annotations

try:
    # socket.py imports a lot, which takes 5 ms, and adds nothing that a plain connection needs.
    import _socket as socket
except ImportError:
    import socket  # type: ignore[no-redef]

_UPGRADE = b"Connection: Upgrade\r\nUpgrade: tcp\r\n"
_MOST_HEAD = 64 * 1024  # bytes


class Answer:
    """An answer: HTTP's status, the head's lines after the first, and the body."""

    # Not a NamedTuple: typing would take longer to load than the question takes.
    def __init__(self, head: bytes, body: bytes) -> None:
        first, *self._lines = head.split(b"\r\n")
        words = first.split(b" ", 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
            raise ValueError("the answer is not HTTP")
        self.status = int(words[1])
        self.body = body

    def header(self, name: str) -> str:
        """Returns the value of a header line, empty where the answer does not have it."""
        for line in self._lines:
            found, _, value = line.partition(b":")
            if found.lower() == name.lower().encode():
                return value.strip().decode("latin-1")
        return ""


def ask(path: str, method: str, target: str, content: bytes | None = None, timeout: float = 10.0) -> Answer:
    """Sends one request to the socket at `path` and returns the answer.

    `content` is a JSON text, or None for a request without a body. `timeout` is in seconds and applies to
    each step. Raises OSError where nothing answers in time, ValueError for an answer that is not HTTP.
    """
    connection = _connected(path, timeout)
    try:
        # HTTP/1.0: the server closes the connection after its answer, so there are no chunks to join.
        connection.sendall(_request(method, target, b"1.0", b"", content))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    finally:
        connection.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return Answer(head, body)


def upgrade(path: str, target: str, content: bytes, timeout: float) -> tuple[socket.socket | None, Answer]:
    """Posts JSON to the socket at `path` and returns the connection, which now carries a stream.

    The answer's body is the stream's beginning, as far as it arrived with the head. Where the server refuses,
    the connection is closed and None, and the body is the beginning of the server's reason: it may be in
    chunks. Raises OSError and ValueError as `ask` does.
    """
    connection = _connected(path, timeout)
    try:
        connection.sendall(_request("POST", target, b"1.1", _UPGRADE, content))
        answer = _first_answer(connection)
    except BaseException:
        connection.close()
        raise
    if answer.status in (101, 200):
        return connection, answer
    connection.close()
    return None, answer


def _connected(path: str, timeout: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection


def _request(method: str, target: str, version: bytes, headers: bytes, content: bytes | None) -> bytes:
    head = f"{method} {target} ".encode() + b"HTTP/" + version + b"\r\nHost: docker\r\n" + headers
    if content is None:
        return head + b"\r\n"
    return head + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(content) + content


def _first_answer(connection: socket.socket) -> Answer:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        received += piece
        if not piece or len(received) > _MOST_HEAD:
            raise ValueError("the answer has no end of its head")
    head, _, rest = received.partition(b"\r\n\r\n")
    return Answer(head, rest)
