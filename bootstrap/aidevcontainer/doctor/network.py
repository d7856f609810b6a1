"""Checks proxies and certificate authorities, on the host and in the image."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from aidevcontainer.doctor.context import FIREWALL, Context, quoted, running
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, note, ok, warning
from aidevcontainer.engine import socket_api
from aidevcontainer.engine.compose_model import AGENT
from aidevcontainer.firewall import entry
from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.lifecycle import settings
from aidevcontainer.project import authorities, certificates
from aidevcontainer.util import light_json

AREA = Area("network")

_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_AGENT_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "FTP_PROXY")
_LOOPBACK = ("localhost", "127.", "::1", "[::1]")
_UP = "./.aidevcontainer/container up"
_MOVE = "Move it out of the repository, and keep only the certificate in the file"
# curl's exit codes for a name that does not resolve, a refused connection and a time-out.
_OUT_OF_REACH = (6, 7, 28)


@AREA.check(
    "proxy-settings",
    "builds use the proxy of your environment",
    "A build uses the proxy that .env records, and fails if that is out of date or missing.",
)
def _proxy_settings(context: Context) -> Iterator[Remark]:
    for name in _NAMES:
        here, recorded = _here(context, name), context.values.get(name, "")
        if here and here != recorded and not settings.holds_secret(here):
            yield note(f"{name} is {here} in your environment and {recorded or 'not set'} in .env.", _UP)
        elif recorded and not here:
            yield note(
                f"{name} is {recorded} in .env, but not set in your environment.",
                f"If it is out of date, delete the line in {quoted(context.project.env_file)}",
            )


@AREA.check(
    "proxy-address",
    "the proxy's address works in a container",
    "In a container, localhost is the container itself, so a build finds no proxy there.",
)
def _proxy_address(context: Context) -> Iterator[Remark]:
    for name, (host, port) in _proxies(context).items():
        if host.startswith(_LOOPBACK):
            yield warning(
                f"{name} points to {host}:{port}, which in a container is the container itself.",
                f"Let it listen on an address of this machine, then: {name}=http://ADDRESS:{port} {_UP}",
            )


@AREA.check(
    "proxy-reach",
    "the agent can reach a proxy that is on the allowlist",
    "An agent that uses a proxy reaches nothing if the proxy does not answer.",
)
def _proxy_reach(context: Context) -> Iterator[Remark]:
    running(context.firewall, FIREWALL)
    listed = {host: port for host, port in _proxies(context).values() if _listed(context, host, port)}
    if not listed:
        raise SkippedError("no proxy is on the allowlist")
    for host, port in listed.items():
        passing = _as_proxy(host, port)
        if passing and passing.protocol and not Lists(context.project).allows(str(passing)):
            yield warning(
                f"The allowlist has {host} as a web server, so the firewall refuses requests to a proxy.",
                f"Allow the proxy: ./.aidevcontainer/firewall allow {passing}",
            )
            continue
        url = f"http://{host}:{port}/"
        done = context.in_claude("curl", "--silent", "--output", "/dev/null", "--max-time", "5", url)
        if done.code in _OUT_OF_REACH:
            yield warning(
                f"The proxy {host}:{port} is on the allowlist, but the agent cannot reach it.",
                "Check that it is running, and see: ./.aidevcontainer/firewall log",
            )


@AREA.check(
    "client-proxies",
    "docker's own configuration sets no proxy for containers",
    "Docker's client puts such a proxy into every container. These containers and their build do without it.",
)
def _client_proxies(context: Context) -> Iterator[Remark]:
    path = socket_api.client_file(context.variables, "config.json")
    found = light_json.fields_of(path).get("proxies")
    for address, chosen in found.items() if isinstance(found, dict) else ():
        # Only the names: values often have a password.
        names = sorted(name for name, value in chosen.items() if value) if isinstance(chosen, dict) else []
        if names:
            shown = ", ".join(f"proxies.{address}.{name}" for name in names)
            yield note(
                f"{path} sets {shown}, which does not enter these containers.",
                f"Build: HTTPS_PROXY=http://ADDRESS:PORT {_UP}. Agent: set it below claude in "
                ".aidevcontainer/docker-compose.override.yml, and allow the proxy",
            )


@AREA.check(
    "agent-proxies",
    "a proxy that you chose for the agent is set in both spellings",
    "Some programs read HTTPS_PROXY, others https_proxy, and an empty one switches the proxy off for them.",
)
def _agent_proxies(context: Context) -> Iterator[Remark]:
    inside = (context.model.services.get(AGENT) or {}).get("environment") or {}
    for name in _AGENT_NAMES:
        upper, lower = inside.get(name) or "", inside.get(name.lower()) or ""
        if bool(upper) != bool(lower):
            chosen, missing = (name, name.lower()) if upper else (name.lower(), name)
            yield warning(
                f"claude has {chosen}, but not {missing}.",
                f"Set {missing} as well in .aidevcontainer/docker-compose.override.yml, then: {_UP}",
            )


@AREA.check(
    "certificates",
    "the image trusts the certificate authorities that were added to this machine",
    "If your company re-signs traffic, programs inside refuse every connection without its authority.",
)
def _certificates(context: Context) -> Iterator[Remark]:
    if not os.path.exists(context.project.env_file):
        raise SkippedError("the first start copies them")
    came, went = certificates.pending(context.path("ca"), context.variables)
    if came:
        yield warning(f"This machine trusts {came} authorities that the image does not trust yet.", _UP)
    if went:
        yield note(f"The image trusts {went} authorities that this machine no longer trusts.", _UP)
    if not (came or went):
        count = len(certificates.host_additions(context.variables))
        yield ok(f"the image trusts all {count} authorities that were added to this machine")


@AREA.check(
    "authorities",
    "every file in .aidevcontainer/ca/ is a certificate that the image trusts",
    "A file that the image does not use looks as if its authority were trusted.",
)
def _authorities(context: Context) -> Iterator[Remark]:
    found = authorities.of(context.project)
    for name in found.leaked:
        yield warning(f"ca/{name} contains a private key, which the agent can read.", _MOVE)
    for remark in found.remarks():
        yield warning(remark, f"Correct or remove the file, then: {_UP}")
    if not (found.leaked or found.unused):
        yield ok(f"the image trusts {found.names() or 'no other authorities than Alpine'}")


def _here(context: Context, name: str) -> str:
    return context.variables.get(name) or context.variables.get(name.lower()) or ""


def _proxies(context: Context) -> dict[str, tuple[str, int]]:
    found = {}
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        address = _here(context, name) or context.values.get(name, "")
        parts = urlsplit(address if "//" in address else f"//{address}")
        if parts.hostname:
            found[name] = (parts.hostname, parts.port or 80)
    return found


def _as_proxy(host: str, port: int) -> entry.ListEntry | None:
    return entry.opening(host, str(port), entry.BY_ADDRESS)


def _listed(context: Context, host: str, port: int) -> bool:
    if not os.path.isfile(context.path("allowed-domains.txt")):
        return False
    lists = Lists(context.project)
    names = {host, f"{host}:{port}", str(_as_proxy(host, port))}
    return any(each in names for each, _ in lists.entries()) or bool(lists.wildcards_over(host))
