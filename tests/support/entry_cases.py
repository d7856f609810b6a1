"""The cases of `tests/firewall/entry_cases.json`: the grammar of a list entry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[1] / "firewall" / "entry_cases.json"
_CONTENT: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
REASONS: dict[str, str] = _CONTENT["reasons"]


@dataclass(frozen=True)
class EntryCase:
    """One line of a list. The fields are explained in the file; `question` is None where all agree."""

    line: str
    valid: bool
    kind: str = ""
    host: str = ""
    port: int | None = None
    protocol: str = ""
    private: bool = False
    reason: str = ""
    hint: str = ""
    question: bool | None = None

    @property
    def policy_port(self) -> str:
        """Returns the third column of the linter's rule."""
        return policy_port(self.kind, self.port, self.protocol, self.private)

    @property
    def sentence(self) -> str:
        """Returns the end of the linter's sentence about a line that is not valid."""
        return REASONS[self.reason] + (f", here {self.hint}" if self.hint else "") + "."

    @property
    def accepted_by_question(self) -> bool:
        """Returns whether Copier's question accepts the line as its answer."""
        return self.valid if self.question is None else self.question


def policy_port(kind: str, port: int | None, protocol: str, private: bool) -> str:
    """Returns the third column of the linter's rule for an entry (see lint-list.awk)."""
    if kind in ("name", "wildcard") and not protocol and port is not None:
        protocol = {443: "tls", 80: "http"}.get(port, "tcp")
    gated = f".{protocol}" if protocol in ("tls", "http") else ""
    return f"{port or 'web'}{gated}{'.private' if private else ''}"


def _case(raw: dict[str, Any]) -> EntryCase:
    question = raw.get("question")
    if question is None:
        return EntryCase(**raw)
    assert question["valid"] != raw["valid"], f"no difference: {raw}"
    assert question["why"].endswith("."), raw
    return EntryCase(**{**raw, "question": question["valid"]})


CASES = tuple(map(_case, _CONTENT["cases"]))
VALID = tuple(case for case in CASES if case.valid and case.kind != "none")
NOT_VALID = tuple(case for case in CASES if not case.valid)


def line_of(case: EntryCase) -> str:
    """Returns the name of a case for pytest."""
    return ascii(case.line)[1:-1][:50] or "empty"
