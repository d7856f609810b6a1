"""What a session of Claude needs: the program, and a way to sign in."""

from __future__ import annotations

import os
from collections.abc import Iterator

from aidevcontainer.doctor.context import Context, running
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.engine import image
from aidevcontainer.firewall.allowlist import SHARED, Lists
from aidevcontainer.session import exec_args

AREA = Area("session")

# Without them, neither the sign-in screen nor a conversation works.
SIGN_IN = ("api.anthropic.com", "claude.ai", "claude.com", "platform.claude.com")
_CREDENTIALS = "/home/claude/.claude/.credentials.json"
_PAYLOAD = "/usr/local/share/aidevcontainer/claude.id"
_ALLOW = "./.aidevcontainer/firewall allow"


@AREA.check(
    "program",
    "Claude is unpacked in the shared volume, in the pinned version",
    "The image carries it compressed; until it is unpacked there is no 'claude' to start.",
)
def _program(context: Context) -> Iterator[Remark]:
    done = context.in_firewall(
        "sh", "-c", f'id=$(cat {_PAYLOAD}) && echo "$id" && test -x "/opt/claude/$id/claude"'
    )
    version = done.out.strip().partition("-")[0]
    pinned = image.claude_version(context.project)
    if done.code:
        yield error(f"Claude Code {version} is not unpacked.", "./.aidevcontainer/container restart")
    elif version != pinned and not context.project.waits_for_switch():
        yield note(
            f"Claude Code {version} runs, and {pinned or 'no version'} is pinned in claude.pin.",
            "./.aidevcontainer/container rebuild",
        )
    else:
        yield ok(f"Claude Code {version}")


@AREA.check(
    "hosts",
    "the hosts that signing in needs are on the list and resolve",
    "Signing in ends with 'could not connect', and a running session stops to answer.",
)
def _hosts(context: Context) -> Iterator[Remark]:
    missing = [host for host in SIGN_IN if not _listed(context, host)]
    if missing:
        yield warning(f"Not on the list: {', '.join(missing)}.", f"{_ALLOW} {' '.join(missing)}")
    listed = [host for host in SIGN_IN if host not in missing]
    running(context.firewall, "the firewall")
    if context.status.get("state") != "ready":
        raise SkippedError("the firewall is not ready")
    found = context.in_firewall("/usr/local/lib/aidevcontainer/firewall/resolve.sh", "3", *listed).out.split()
    unknown = [host for host in listed if host not in found]
    if unknown:
        yield warning(
            f"Listed, and not resolving through the firewall: {', '.join(unknown)}.",
            "Does this machine resolve them? To ask another resolver: "
            "AIDEVCONTAINER_DNS=ADDRESS ./.aidevcontainer/container up",
        )


@AREA.check(
    "signed-in",
    "somebody is signed in, or a token is in your environment",
    "The first session asks to sign in.",
)
def _signed_in(context: Context) -> Iterator[Remark]:
    given = [name for name in exec_args.CREDENTIALS if context.variables.get(name)]
    if given:
        yield ok(f"{given[0]} is in your environment")
    elif context.in_claude("test", "-s", _CREDENTIALS).code:
        yield note("Nobody is signed in yet.", "./.aidevcontainer/claude")
    else:
        yield ok("signed in")


def _listed(context: Context, host: str) -> bool:
    # Without a file, built-in defaults hold, and they have these hosts.
    if not os.path.isfile(context.path(SHARED)):
        return True
    lists = Lists(context.project)
    return bool(lists.find(host) or lists.wildcards_over(host))
