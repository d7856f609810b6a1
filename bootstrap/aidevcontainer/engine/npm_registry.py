"""Asks npm's registry about Claude Code's packages: versions, and the digests to pin."""

from __future__ import annotations

import base64
import binascii
import glob
import json
import ssl
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from aidevcontainer.engine import claude_pin
from aidevcontainer.engine.claude_pin import ARCHITECTURES, Pin
from aidevcontainer.project import certificates
from aidevcontainer.project.paths import Project
from aidevcontainer.util.errors import WRONG_USAGE, Problem

DEFAULT = "https://registry.npmjs.org"
LATEST = "latest"
_SECONDS = 30
_MOST = 64 * 1024 * 1024  # bytes; the real answer has less than one million
# The short form, without the readme of each version.
_ACCEPT = "application/vnd.npm.install-v1+json, application/json;q=0.8"


class Registry:
    """One registry, reached as the project's builds reach it: with its proxies and authorities."""

    def __init__(self, project: Project, variables: dict[str, str]) -> None:
        self.address = (variables.get("NPM_REGISTRY") or DEFAULT).rstrip("/")
        if urlsplit(self.address).scheme != "https":
            raise Problem(
                f"NPM_REGISTRY is {self.address}, and digests must come from an https address. "
                f"Use another registry once: NPM_REGISTRY={DEFAULT} ./.aidevcontainer/container upgrade",
                WRONG_USAGE,
            )
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler(_proxies(self.address, variables)),
            urllib.request.HTTPSHandler(context=_trust(project, variables)),
        )

    def pin(self, version: str) -> Pin:
        """Returns the pin for a version, or for a tag such as `latest`. Raises Problem."""
        documents = {name: self._document(name) for name in ARCHITECTURES}
        number = _number(documents["x64"], version)
        digests = {name: _digest(found, number, name) for name, found in documents.items()}
        return Pin(number, digests)

    def _document(self, architecture: str) -> dict[str, Any]:
        url = f"{self.address}/@anthropic-ai%2fclaude-code-linux-{architecture}-musl"
        request = urllib.request.Request(url, headers={"Accept": _ACCEPT})  # noqa: S310 -- https, see above
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                if urlsplit(answer.geturl()).scheme != "https":
                    raise Problem(
                        f"{self.address} redirects to {answer.geturl()}, which is not https. "
                        "Check NPM_REGISTRY."
                    )
                found = json.loads(answer.read(_MOST))
        except urllib.error.HTTPError as error:
            raise Problem(
                f"{self.address} answered {error.code} ({error.reason}) to {url}. Check NPM_REGISTRY."
            ) from error
        except (OSError, ValueError) as error:
            raise Problem(_unreachable(self.address, error)) from error
        if not isinstance(found, dict):
            raise Problem(f"{url} did not answer as npm's registry does. Check NPM_REGISTRY.")
        return found


def _number(document: dict[str, Any], version: str) -> str:
    tags = document.get("dist-tags")
    number = str(tags.get(version, version)) if isinstance(tags, dict) else version
    if not claude_pin.is_version(number):
        raise Problem(
            f"'{version}' is not a version of Claude Code. Versions look like 2.1.331.", WRONG_USAGE
        )
    return number


def _digest(document: dict[str, Any], number: str, architecture: str) -> str:
    versions = document.get("versions")
    found = versions.get(number) if isinstance(versions, dict) else None
    if not isinstance(found, dict) or found.get("version") != number:
        raise Problem(
            f"The registry does not have Claude Code {number} for {architecture}. Pin the newest version: "
            "./.aidevcontainer/container upgrade"
        )
    distribution = found.get("dist")
    integrity = distribution.get("integrity") if isinstance(distribution, dict) else None
    digest = _hex(str(integrity))
    if not claude_pin.is_digest(digest):
        raise Problem(
            f"The registry has no sha512 for Claude Code {number} ({architecture}), so it was not pinned. "
            "Check NPM_REGISTRY."
        )
    return digest


def _hex(integrity: str) -> str:
    name, _, text = integrity.partition("-")
    try:
        return base64.b64decode(text, validate=True).hex() if name == "sha512" else ""
    except (binascii.Error, ValueError):
        return ""


def _proxies(address: str, variables: dict[str, str]) -> dict[str, str]:
    given = {
        scheme: variables.get(name) or variables.get(name.lower()) or ""
        for scheme, name in (("https", "HTTPS_PROXY"), ("http", "HTTP_PROXY"), ("no", "NO_PROXY"))
    }
    exempt = _exempt(urlsplit(address).hostname or "", given.pop("no"))
    return {} if exempt else {scheme: proxy for scheme, proxy in given.items() if proxy}


def _exempt(host: str, exceptions: str) -> bool:
    names = [name.strip().lstrip("*").lstrip(".") for name in exceptions.split(",") if name.strip()]
    return any(not name or host == name or host.endswith(f".{name}") for name in names)


def _trust(project: Project, variables: dict[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    additions = list(certificates.host_additions(variables).values())
    for path in sorted(glob.glob(f"{glob.escape(project.folder)}/ca/*.crt")):
        with open(path, encoding="ascii", errors="replace") as file:
            additions.append(file.read())
    for pem in additions:
        # A file that is not a certificate must not hide the others.
        try:
            context.load_verify_locations(cadata=pem)
        except (ssl.SSLError, ValueError):
            continue
    return context


def _unreachable(address: str, error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {address} is not trusted ({reason.verify_message}). Put your network's "
            "authority into .aidevcontainer/ca/ as a .crt file."
        )
    if isinstance(error, ValueError):
        return f"{address} did not answer as npm's registry does. Check NPM_REGISTRY."
    return f"{address} cannot be reached ({reason}). Set HTTPS_PROXY, or set NPM_REGISTRY to a mirror."
