"""Checks the running firewall: its status, its rules, its resolver."""

from __future__ import annotations

from collections.abc import Iterator

from aidevcontainer.doctor.context import FIREWALL, Context, running
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.firewall import status
from aidevcontainer.firewall.allowlist import Lists

AREA = Area("firewall")

_TOOLS = "/usr/local/lib/aidevcontainer"
_RESTART = "./.aidevcontainer/container restart"
_LOGS = "./.aidevcontainer/container logs firewall"
# They exist, so a resolver that asks for any name gets an answer, and the question tells nobody anything.
_NOBODYS = ("example.com", "example.net", "example.org")
# The log leaves out questions that are noted here.
_ASK = (
    'echo "$(date +%s) $0" >>/run/aidevcontainer/own-questions && exec dig +tries=1 +time=3 @127.0.0.1 "$0"'
)


@AREA.check(
    "state",
    "the firewall reports that its rules are in force",
    "A closed firewall refuses everything, so no session can work.",
)
def _state(context: Context) -> Iterator[Remark]:
    state = context.status.get("state")
    if state == "closed":
        yield error(f"The firewall is closed: {context.status.get('error') or 'it gives no reason'}", _LOGS)
    elif state != "ready":
        yield note("The firewall is still starting.", f"Wait a moment, or see its log: {_LOGS}")
    else:
        passing = status.by_address(context.status)
        by_address = f"; by address alone: {passing}" if passing else ""
        yield ok(f"{context.status.get('entries')} entries in force, and tested{by_address}")


@AREA.check(
    "warnings",
    "the firewall has no warnings",
    "A listed host that does not resolve cannot be reached, and an allowlist with errors is not in force.",
)
def _warnings(context: Context) -> Iterator[Remark]:
    for text in context.status.get("warnings") or []:
        yield note(str(text), "See: ./.aidevcontainer/firewall status")


@AREA.check(
    "rules",
    "the kernel has the rules, and the resolver is running",
    "If another program removed the rules, nothing is refused.",
)
def _rules(context: Context) -> Iterator[Remark]:
    _require_ready(context)
    done = context.in_firewall(f"{_TOOLS}/healthcheck.sh")
    if done.code:
        yield error(f"{done.err.strip().replace('firewall: ', '', 1).capitalize()}.", _RESTART)


@AREA.check(
    "resolver",
    "the resolver answers, and refuses names that are not listed",
    "Without a resolver no host can be reached, and a resolver that answers for any name can carry data out.",
)
def _resolver(context: Context) -> Iterator[Remark]:
    _require_ready(context)
    done = context.in_firewall("sh", "-c", _ASK, _unlisted(context))
    if "status: NXDOMAIN" in done.out:
        return
    if "status:" in done.out:
        yield warning("The resolver answers for a name that is not listed.", _RESTART)
    else:
        yield error("The resolver does not answer.", _RESTART)


def _unlisted(context: Context) -> str:
    lists = Lists(context.project)
    for name in _NOBODYS:
        if not lists.allows(name):
            return name
    raise SkippedError("your lists allow every name that this check can ask for")


def _require_ready(context: Context) -> None:
    running(context.firewall, FIREWALL)
    if context.status.get("state") != "ready":
        raise SkippedError("the firewall is not ready")
