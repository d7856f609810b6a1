"""What the firewall needs of the kernel. The firewall's own word counts; before it ran, the host is asked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from aidevcontainer.doctor.context import Context
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, ok, warning

AREA = Area("kernel")

# The modules that the rules and sets need, by the names that modprobe knows.
MODULES = (
    "ip_set",
    "ip_set_hash_net",
    "xt_set",
    "xt_owner",
    "xt_connmark",
    "xt_addrtype",
    "nf_conntrack",
    "ip6_tables",
)
_SYS = "/sys/module"
_LIBRARY = "/lib/modules"
# Asking for a legacy table makes one.
_SAVE_LEGACY = "grep -qsx filter /proc/net/ip_tables_names && iptables-legacy-save -t filter"
_CLOSED = ":OUTPUT DROP"
_REFUSED = ("the kernel refuses", "rules cannot be loaded")


@AREA.check(
    "features",
    "the kernel has what the rules need: ip_set, xt_set, owner, connmark, addrtype, conntrack, ip6tables",
    "Without one of them the firewall cannot be loaded, and the network stays closed.",
)
def _features(context: Context) -> Iterator[Remark]:
    said = _firewalls_word(context)
    if said:
        yield _verdict(said)
        return
    missing = [module for module in MODULES if _missing(context, module)]
    if missing:
        yield error(
            f"The kernel lacks {', '.join(missing)}.",
            f"sudo modprobe -a {' '.join(missing)}   (or install the kernel's package of extra modules)",
        )


@AREA.check(
    "backend",
    "one kind of iptables holds all of the firewall's rules (nft or legacy)",
    "Rules that are split over both kinds are judged twice, and a person who looks at one sees half.",
)
def _backend(context: Context) -> Iterator[Remark]:
    inside = _kind(context.in_firewall("iptables", "--version").out)
    saved = context.in_firewall("sh", "-c", _SAVE_LEGACY)
    legacy = _CLOSED in saved.out
    nft = _CLOSED in context.in_firewall("iptables-save", "-t", "filter").out
    if inside == "nft" and legacy and nft:
        yield warning(
            "The firewall's rules stand both as nft and as legacy ones.",
            "./.aidevcontainer/container down && ./.aidevcontainer/container up",
        )
    else:
        kind = "legacy" if legacy else inside
        yield ok(f"{kind} in the firewall, {_hosts_kind(context)} on the host")


@AREA.check(
    "ipv6",
    "IPv6 is closed as tightly as IPv4",
    "A kernel with IPv6 but without its rules would be a way around the firewall.",
)
def _ipv6(context: Context) -> Iterator[Remark]:
    if context.in_firewall("test", "-e", "/proc/net/if_inet6").code:
        yield ok("the containers have no IPv6")
        return
    asked = (context.in_firewall(program, "-S", "OUTPUT") for program in ("ip6tables", "ip6tables-legacy"))
    if not any("-P OUTPUT DROP" in rules.out for rules in asked):
        yield error(
            "The containers have IPv6, and its rules do not refuse what is not listed.",
            "./.aidevcontainer/container restart; if that does not help: sudo modprobe ip6_tables",
        )


def _firewalls_word(context: Context) -> str:
    try:
        status = context.status
    except SkippedError:
        return ""
    return (
        str(status.get("error") or "") if status.get("state") == "closed" else str(status.get("state") or "")
    )


def _verdict(said: str) -> Remark:
    if not any(words in said for words in _REFUSED):
        return ok("the firewall loaded all of its rules")
    found = re.search(r"modprobe [-\w ]+", said)
    fix = found[0].strip() if found else f"modprobe -a {' '.join(MODULES)}"
    return error(f"The firewall says: {said}", f"sudo {fix}, then: ./.aidevcontainer/container restart")


def _missing(context: Context, module: str) -> bool:
    if os.path.isdir(os.path.join(_SYS, module)):
        return False
    release = os.uname().release
    if os.uname().sysname != "Linux" or not os.path.isdir(os.path.join(_LIBRARY, release)):
        raise SkippedError("this machine does not tell; the firewall will say so when it starts")
    # Looks only; nothing is loaded.
    return context.run("modprobe", "--dry-run", "--quiet", module).code != 0


def _kind(version: str) -> str:
    return "legacy" if "legacy" in version else "nft"


def _hosts_kind(context: Context) -> str:
    try:
        return _kind(context.run("iptables", "--version").out)
    except SkippedError:
        return "no iptables"
