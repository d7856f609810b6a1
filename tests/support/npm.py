"""A registry of npm packages on an address of this machine: a real HTTPS server that tests script."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import ssl
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme


class Registry:
    """`versions` has (x64, arm64) digests in hex by version, `tarballs` the packages by file name."""

    def __init__(self, name: str = "localhost", address: str = "127.0.0.1") -> None:
        self.tarballs: dict[str, bytes] = {}
        self.versions: dict[str, tuple[str, str]] = {}
        self.latest = ""
        self.raw: bytes | None = None
        self.location = ""
        self.asked: list[str] = []
        authority = trustme.CA()
        self.ca_pem = authority.cert_pem.bytes().decode()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        self._server = ThreadingHTTPServer((address, 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.address = f"https://{name}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def document(self, architecture: str) -> dict[str, Any]:
        """Return what npm's registry says of a package."""
        index = ("x64", "arm64").index(architecture)
        return {
            "dist-tags": {"latest": self.latest},
            "versions": {
                version: {"version": version, "dist": {"integrity": integrity(digests[index])}}
                for version, digests in self.versions.items()
                if digests[index]
            },
        }

    def publish(self, version: str, program: str) -> None:
        """Offer a version whose program is a script, for both architectures, as the newest."""
        packed = _package(program.encode())
        digest = hashlib.sha512(packed).hexdigest()
        self.versions[version], self.latest = (digest, digest), version
        for architecture in ("x64", "arm64"):
            self.tarballs[f"claude-code-linux-{architecture}-musl-{version}.tgz"] = packed

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.asked.append(self.path)
                architecture = self.path.rsplit("linux-", 1)[-1].replace("-musl", "")
                known = architecture in ("x64", "arm64") and "%2f" in self.path
                packed = registry.tarballs.get(self.path.rsplit("/", 1)[-1], b"")
                body = (
                    registry.raw
                    or packed
                    or (json.dumps(registry.document(architecture)).encode() if known else b"")
                )
                self.send_response(302 if registry.location else 200 if body else 404)
                if registry.location:
                    self.send_header("Location", registry.location)
                # TLS ends without a word here, which only a known length makes harmless.
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def _package(program: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("package/claude")
        entry.size, entry.mode = len(program), 0o755
        archive.addfile(entry, io.BytesIO(program))
    return packed.getvalue()


def integrity(digest: str) -> str:
    """Return a digest in hex as npm writes it; anything else as it is."""
    try:
        return f"sha512-{base64.b64encode(bytes.fromhex(digest)).decode()}"
    except ValueError:
        return digest
