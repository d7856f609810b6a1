"""Checks the needs of a session: the program, and a way to sign in."""

from __future__ import annotations

import os
from collections.abc import Iterator

from aidevcontainer.doctor.context import FIREWALL, Context, running
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.engine import image
from aidevcontainer.firewall.allowlist import SHARED, Lists
from aidevcontainer.session import exec_args

AREA = Area("session")

# Neither sign-in nor a conversation works without them.
SIGN_IN = ("api.anthropic.com", "claude.ai", "claude.com", "platform.claude.com")
_CREDENTIALS = "/home/claude/.claude/.credentials.json"
_PAYLOAD = "/usr/local/share/aidevcontainer/claude.id"
_ALLOW = "./.aidevcontainer/firewall allow"


@AREA.check(
    "program",
    "the pinned version of Claude is unpacked in the shared volume",
    "The image has Claude compressed. Until it is unpacked there is no 'claude' to start.",
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
            f"Claude Code {version} is installed, but claude.pin names {pinned or 'no version'}.",
            "./.aidevcontainer/container rebuild",
        )
    else:
        yield ok(f"Claude Code {version}")


@AREA.check(
    "hosts",
    "the hosts for sign-in are on the allowlist and resolve",
    "Sign-in fails with 'could not connect', and a running session stops answering.",
)
def _hosts(context: Context) -> Iterator[Remark]:
    missing = [host for host in SIGN_IN if not _listed(context, host)]
    if missing:
        yield warning(f"Not on the allowlist: {', '.join(missing)}.", f"{_ALLOW} {' '.join(missing)}")
    listed = [host for host in SIGN_IN if host not in missing]
    running(context.firewall, FIREWALL)
    if context.status.get("state") != "ready":
        raise SkippedError("the firewall is not ready")
    found = context.in_firewall("/usr/local/lib/aidevcontainer/firewall/resolve.sh", "3", *listed).out.split()
    unknown = [host for host in listed if host not in found]
    if unknown:
        yield warning(
            f"On the allowlist, but not resolving through the firewall: {', '.join(unknown)}.",
            "Check that this machine resolves them. To use another resolver: "
            "AIDEVCONTAINER_DNS=ADDRESS ./.aidevcontainer/container up",
        )


@AREA.check(
    "signed-in",
    "you are signed in, or a token is in your environment",
    "The first session asks you to sign in.",
)
def _signed_in(context: Context) -> Iterator[Remark]:
    given = [name for name in exec_args.CREDENTIALS if context.variables.get(name)]
    if given:
        yield ok(f"{given[0]} is in your environment")
    elif context.in_claude("test", "-s", _CREDENTIALS).code:
        yield note("You are not signed in yet.", "./.aidevcontainer/claude")
    else:
        yield ok("signed in")


def _listed(context: Context, host: str) -> bool:
    # Without a file the built-in defaults apply, which include these hosts.
    if not os.path.isfile(context.path(SHARED)):
        return True
    lists = Lists(context.project)
    return bool(lists.find(host) or lists.wildcards_over(host))
