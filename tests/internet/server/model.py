"""A model that plays a script, in the wire format of Anthropic's Messages API.

Which turn comes next follows from how often the model has spoken in the request already. So no state is kept,
and any number of sessions may talk to it at once.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from . import journal

SCRIPT = re.compile(r"\[script ([a-z0-9-]+)\]")


class Reply(NamedTuple):
    """The body of a response and its media type."""

    body: bytes
    content_type: str


def reply(path: str, request: dict[str, Any]) -> Reply:
    """Return the model's next turn for *request*, as events when the client wants a stream."""
    if "count_tokens" in path:
        return Reply(b'{"input_tokens": 10}', "application/json")
    message = _message(request, _turn(request))
    if request.get("stream"):
        return Reply(_events(message), "text/event-stream")
    return Reply(json.dumps(message).encode(), "application/json")


def summary(request: dict[str, Any]) -> dict[str, Any]:
    """Return what a test wants to know of *request*: script, model, messages."""
    messages = request.get("messages", [])
    return {"script": script_of(request), "model": request.get("model"), "messages": messages}


def script_of(request: dict[str, Any]) -> str | None:
    """Return the script that the conversation's user named; helper requests carry no tools and get none."""
    found = SCRIPT.search(json.dumps(request.get("messages", [])[:1]))
    return found.group(1) if found and request.get("tools") else None


def _turn(request: dict[str, Any]) -> dict[str, Any]:
    script = script_of(request)
    turns: list[dict[str, Any]] = (journal.setting(f"script-{script}") if script else None) or []
    spoken = sum(message["role"] == "assistant" for message in request["messages"])
    return turns[spoken] if spoken < len(turns) else {"text": "Nothing more to do."}


def _message(request: dict[str, Any], turn: dict[str, Any]) -> dict[str, Any]:
    spoken = len(request["messages"])
    text = [{"type": "text", "text": turn["text"]}] if "text" in turn else []
    tools = [
        {"type": "tool_use", "id": f"toolu_{spoken}_{index}", "name": tool["name"], "input": tool["input"]}
        for index, tool in enumerate(turn.get("tools", []))
    ]
    return {
        "id": f"msg_{spoken}",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": text + tools,
        "stop_reason": "tool_use" if tools else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 10},
    }


def _events(message: dict[str, Any]) -> bytes:
    blocks = [event for index, block in enumerate(message["content"]) for event in _block(index, block)]
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        *blocks,
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 10}},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def _block(index: int, block: dict[str, Any]) -> list[dict[str, Any]]:
    if block["type"] == "text":
        empty = {**block, "text": ""}
        delta = {"type": "text_delta", "text": block["text"]}
    else:
        empty = {**block, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    return [
        {"type": "content_block_start", "index": index, "content_block": empty},
        {"type": "content_block_delta", "index": index, "delta": delta},
        {"type": "content_block_stop", "index": index},
    ]
