"""Undoes the changes that an engine leaves in the machine's network when it ends."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

_FORWARDING = [Path("/proc/sys/net/ipv4/ip_forward")]
_BRIDGE = r"(?:docker0|br-[0-9a-f]{12})"
_OWN = re.compile(rf"\b(DOCKER[\w-]*|{_BRIDGE})\b")
# Other tables also have a chain of that name.
_FORWARD_POLICY = re.compile(r"(^\*filter$[^*]*?^:FORWARD )(\w+)", re.MULTILINE)
_TOOLS = ("iptables", "ip6tables")


class Traces:
    """Remembers the network in a file before an engine starts; `environment` has the PATH to iptables."""

    def __init__(self, record: Path, environment: Mapping[str, str]) -> None:
        self._record = record
        self._environment = dict(environment)

    def remember(self) -> None:
        """Records what an engine is about to change."""
        before = {
            "forwarding": {str(path): path.read_text().strip() for path in _FORWARDING},
            "policies": {tool: _forward_policy(self._run(f"{tool}-save")) for tool in _TOOLS},
            # They may belong to another engine, which is stopped.
            "bridges": self._bridges(),
        }
        self._record.write_text(json.dumps(before))

    def erase(self) -> None:
        """Undoes what the engine did, and keeps what others did since."""
        if not self._record.exists():
            return
        before = json.loads(self._record.read_text())
        for tool in _TOOLS:
            rules = without_engine(self._run(f"{tool}-save"), before["policies"][tool])
            self._run(f"{tool}-restore", given=rules)
        for name in set(self._bridges()) - set(before.get("bridges", [])):
            self._run("ip", "link", "delete", name)
        for path, value in before["forwarding"].items():
            if Path(path).read_text().strip() != value:
                Path(path).write_text(value)
        self._record.unlink()

    def erase_after_a_crash(self) -> None:
        """Undoes what an engine left that nobody stopped, unless the machine was started again since."""
        if any(_OWN.search(self._run(f"{tool}-save")) for tool in _TOOLS):
            self.erase()

    def _bridges(self) -> list[str]:
        return re.findall(rf"^\d+: ({_BRIDGE}):", self._run("ip", "-o", "link"), re.MULTILINE)

    def _run(self, *command: str, given: str = "") -> str:
        # A rule that cannot be removed is not a reason to fail: the engine has ended.
        try:
            done = subprocess.run(
                command, env=self._environment, input=given, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            return ""
        return done.stdout


def without_engine(rules: str, policy: str) -> str:
    """Returns the output of iptables-save without the engine's part, and with FORWARD's old policy."""
    lines = [line for line in rules.splitlines() if not _OWN.search(line)]
    kept = "".join(f"{line}\n" for line in lines)
    return _FORWARD_POLICY.sub(rf"\g<1>{policy}", kept)


def _forward_policy(rules: str) -> str:
    found = _FORWARD_POLICY.search(rules)
    return found[2] if found else "ACCEPT"
