"""The scripted model, from the test's side: what it shall say, and what the agent reported back to it."""

from __future__ import annotations

from typing import Any, NamedTuple

from .internet import Server

Turn = dict[str, Any]


def say(text: str) -> Turn:
    """Return a turn that says *text*; without a tool it ends the agent's work."""
    return {"text": text}


def tool(name: str, **arguments: object) -> Turn:
    """Return a turn that uses one tool of Claude Code."""
    return {"tools": [{"name": name, "input": arguments}]}


def bash(command: str) -> Turn:
    """Return a turn that runs a shell command."""
    return tool("Bash", command=command, description="a step of the test")


def read(path: str) -> Turn:
    """Return a turn that reads a file, which Claude Code wants before it edits one."""
    return tool("Read", file_path=path)


def write(path: str, content: str) -> Turn:
    """Return a turn that writes a whole file."""
    return tool("Write", file_path=path, content=content)


def edit(path: str, old: str, new: str) -> Turn:
    """Return a turn that replaces *old* by *new* in a file."""
    return tool("Edit", file_path=path, old_string=old, new_string=new)


class Model(NamedTuple):
    """The server behind `api.anthropic.com`. Scripts go by name, so that sessions may run side by side."""

    server: Server

    def script(self, name: str, *turns: Turn) -> str:
        """Teach the model a conversation and return the prompt that starts it."""
        self.server.set(f"script-{name}", turns)
        return f"[script {name}] Please begin."

    def requests(self, name: str | None = None) -> list[dict[str, Any]]:
        """Return the requests of one conversation or all: `headers` (names in lower case), `messages`, …."""
        asked = [entry for entry in self.server.seen("http") if "messages" in entry]
        return [entry for entry in asked if name in (None, entry["script"])]

    def results(self, name: str) -> list[str]:
        """Return what each tool call of a conversation gave back to the agent, in order."""
        longest: list[dict[str, Any]] = max(
            (entry["messages"] for entry in self.requests(name)), key=len, default=[]
        )
        parts = [part for message in longest for part in _parts(message)]
        return [_text(part["content"]) for part in parts if part["type"] == "tool_result"]


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def _text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "\n".join(str(part.get("text", "")) for part in content)
