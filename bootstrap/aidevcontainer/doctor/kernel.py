"""Checks the kernel features that the firewall needs: it reports them itself once it has started."""

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
# Listing a legacy table would create it.
_SAVE_LEGACY = "grep -qsx filter /proc/net/ip_tables_names && iptables-legacy-save -t filter"
_CLOSED = ":OUTPUT DROP"
_REFUSED = ("the kernel refuses", "rules cannot be loaded")


@AREA.check(
    "features",
    "the kernel has what the rules need: ip_set, xt_set, owner, connmark, addrtype, conntrack, ip6tables",
    "If one of them is missing, the firewall cannot load its rules, and the network stays closed.",
)
def _features(context: Context) -> Iterator[Remark]:
    reported = _firewall_report(context)
    if reported:
        yield _verdict(reported)
        return
    missing = [module for module in MODULES if _missing(context, module)]
    if missing:
        yield error(
            f"The kernel lacks {', '.join(missing)}.",
            f"sudo modprobe -a {' '.join(missing)}   (or install the kernel's package of extra modules)",
        )


@AREA.check(
    "backend",
    "all of the firewall's rules are in one kind of iptables (nft or legacy)",
    "If both kinds have rules, packets are checked twice, and each tool shows only half of the rules.",
)
def _backend(context: Context) -> Iterator[Remark]:
    inside = _kind(context.in_firewall("iptables", "--version").out)
    saved = context.in_firewall("sh", "-c", _SAVE_LEGACY)
    legacy = _CLOSED in saved.out
    nft = _CLOSED in context.in_firewall("iptables-save", "-t", "filter").out
    if inside == "nft" and legacy and nft:
        yield warning(
            "The firewall's rules exist both as nft and as legacy rules.",
            "./.aidevcontainer/container down && ./.aidevcontainer/container up",
        )
    else:
        kind = "legacy" if legacy else inside
        yield ok(f"{kind} in the firewall, {_hosts_kind(context)} on the host")


@AREA.check(
    "ipv6",
    "IPv6 is closed like IPv4",
    "IPv6 without rules is a way around the firewall.",
)
def _ipv6(context: Context) -> Iterator[Remark]:
    if context.in_firewall("test", "-e", "/proc/net/if_inet6").code:
        yield ok("the containers have no IPv6")
        return
    asked = (context.in_firewall(program, "-S", "OUTPUT") for program in ("ip6tables", "ip6tables-legacy"))
    if not any("-P OUTPUT DROP" in rules.out for rules in asked):
        yield error(
            "The containers have IPv6, and its rules let unlisted hosts through.",
            "./.aidevcontainer/container restart; if that does not help: sudo modprobe ip6_tables",
        )


def _firewall_report(context: Context) -> str:
    try:
        status = context.status
    except SkippedError:
        return ""
    return (
        str(status.get("error") or "") if status.get("state") == "closed" else str(status.get("state") or "")
    )


def _verdict(reported: str) -> Remark:
    if not any(words in reported for words in _REFUSED):
        return ok("the firewall loaded all of its rules")
    found = re.search(r"modprobe [-\w ]+", reported)
    fix = found[0].strip() if found else f"modprobe -a {' '.join(MODULES)}"
    return error(
        f"The firewall reports: {reported}", f"sudo {fix}, then: ./.aidevcontainer/container restart"
    )


def _missing(context: Context, module: str) -> bool:
    if os.path.isdir(os.path.join(_SYS, module)):
        return False
    release = os.uname().release
    if os.uname().sysname != "Linux" or not os.path.isdir(os.path.join(_LIBRARY, release)):
        raise SkippedError("this machine does not report it; the firewall will when it starts")
    # A dry run loads nothing.
    return context.run("modprobe", "--dry-run", "--quiet", module).code != 0


def _kind(version: str) -> str:
    return "legacy" if "legacy" in version else "nft"


def _hosts_kind(context: Context) -> str:
    try:
        return _kind(context.run("iptables", "--version").out)
    except SkippedError:
        return "no iptables"
