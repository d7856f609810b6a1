"""Checks what all containers and users of a machine share, and no limit of a container divides."""

from __future__ import annotations

import os
from collections.abc import Iterator

from aidevcontainer.doctor.context import Context
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, note, ok, warning

AREA = Area("shared")

_PROC = "/proc"
# What the firewall's limits let one agent hold, at most: connections, and lookups (emit-tables.awk).
_AGENT_CONNECTIONS = 40_000
_NEARLY = 0.8
_FEW_INSTANCES = 128
_INOTIFY = "anon_inode:inotify"


@AREA.check(
    "connections",
    "the kernel's table of connections has room",
    "When it is full, the whole machine makes no new connections. The firewall limits each agent's part.",
)
def _connections(context: Context) -> Iterator[Remark]:
    del context
    used, most = (_number(f"sys/net/netfilter/nf_conntrack_{name}") for name in ("count", "max"))
    fix = f"sudo sysctl net.netfilter.nf_conntrack_max={max(4 * most, 262_144)}"
    if used > _NEARLY * most:
        yield warning(f"{used} of at most {most} connections are in the kernel's table.", fix)
    elif most < 2 * _AGENT_CONNECTIONS:
        yield note(
            f"The kernel's table has room for {most} connections. An agent can take {_AGENT_CONNECTIONS}.",
            fix,
        )
    else:
        yield ok(f"{used} of at most {most} connections")


@AREA.check(
    "inotify",
    "your user has inotify instances left",
    "The agent has your user id, so it shares this limit with your editor. Without one left, programs do not "
    "notice that files change.",
)
def _inotify(context: Context) -> Iterator[Remark]:
    most = _number("sys/fs/inotify/max_user_instances")
    used = _instances(int(context.values.get("CLAUDE_UID") or os.getuid()))
    fix = f"sudo sysctl fs.inotify.max_user_instances={max(4 * most, 1024)}"
    if used > _NEARLY * most:
        yield warning(f"{used} of your {most} inotify instances are in use.", fix)
    elif most <= _FEW_INSTANCES:
        yield note(f"Your user has {most} inotify instances, and the agent could take all of them.", fix)
    else:
        yield ok(f"{used} of {most} inotify instances")


def _number(name: str) -> int:
    try:
        with open(os.path.join(_PROC, name), encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        raise SkippedError("this machine does not report it") from None


def _instances(uid: int) -> int:
    return sum(_instances_of(each) for each in _processes(uid))


def _processes(uid: int) -> Iterator[str]:
    for name in os.listdir(_PROC):
        folder = os.path.join(_PROC, name)
        try:
            if name.isdigit() and os.stat(folder).st_uid == uid:
                yield folder
        except OSError:
            continue  # it ended


def _instances_of(process: str) -> int:
    folder = os.path.join(process, "fd")
    try:
        return sum(_target(os.path.join(folder, each)) == _INOTIFY for each in os.listdir(folder))
    except OSError:
        return 0  # it ended, or may not be seen


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""
