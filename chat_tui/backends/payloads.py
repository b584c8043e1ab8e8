"""Reads single fields of a chunk's body, in the shapes that servers use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_WRAPPERS = ("result", "data", "output", "response")
"""Fields in which gateways put the whole answer (Cloudflare, DashScope)."""
_TEXTS = ("response", "text", "output_text", "generated_text", "content")
"""Fields that hold the text where there are no choices: Ollama's and Cloudflare's own, TGI, llama.cpp, Anthropic."""
_PARTS = frozenset(
    (
        *("text", "output_text", "input_text", "refusal", "thinking", "reasoning", "redacted_thinking", "summary_text"),
        *("image_url", "image", "output_image", "input_image", "audio", "input_audio", "output_audio", "file"),
        *("reference", "tool_use", "server_tool_use", "web_search_tool_result"),
    )
)
"""The types of the parts of a content."""
_WRITING = ("content", "reasoning", "reasoning_content", "thinking", "tool_calls", "refusal")


def says_error(payload: dict[str, Any]) -> bool:
    """Whether an object inside a 200 is, or carries, an error."""
    if payload.get("error") or payload.get("object") == "error" or payload.get("type") == "error":
        return True
    if payload.get("choices") or payload.get("usage") or isinstance(payload.get("message"), dict):
        return False
    has_text = any(payload.get(field) for field in ("message", "messege", "msg", "detail", "errors"))
    failed = payload.get("status") in ("error", "failed", "fail") or payload.get("success") is False
    coded = payload.get("code") not in (None, 0, 200, 20000, "0", "200", "")
    return failed or (has_text and (coded or "choices" not in payload))


def new_part(text: str, pieces: list[str], *, may_restart: bool) -> str:
    """What a growing text holds beyond the pieces before.

    Args:
        text: the whole text so far, as the server has it.
        pieces: the pieces before; joined to one here.
        may_restart: whether a text that does not go on from there is new, and not a repetition in other words.
    """
    if not text:
        return ""
    so_far = "".join(pieces)
    pieces[:] = [so_far] if so_far else []
    if text.startswith(so_far):
        return text[len(so_far) :]
    return text if may_restart and not so_far.startswith(text) else ""


def details_texts(details: list[Any]) -> Iterator[str]:
    """The readable texts of OpenRouter's `reasoning_details`; encrypted ones have none."""
    for detail in details:
        if isinstance(detail, dict):
            text = detail.get("text") or detail.get("summary")
            if isinstance(text, str):
                yield text


def part_texts(parts: list[Any]) -> Iterator[tuple[bool, str]]:
    """The texts of a content in parts, and whether each is answer, not reasoning."""
    for part in parts:
        if isinstance(part, str):
            yield True, part
        elif isinstance(part, dict):
            is_text = part.get("type") not in ("thinking", "reasoning")
            inner = part.get("text") or part.get("thinking") or part.get("reasoning") or part.get("refusal")
            if isinstance(inner, str):
                yield is_text, inner
            elif isinstance(inner, list):
                for _, text in part_texts(inner):
                    yield is_text, text


def content_of(value: Any) -> str | list[Any]:
    """A content as text or as a list of parts; an object that is no part is the answer itself, as JSON text.

    Cloudflare answers so where a `response_format` was asked for.
    """
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, dict) and _is_part(value):
        return [value]
    if isinstance(value, list) and (not value or any(isinstance(part, str) or _is_part(part) for part in value)):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_part(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    kind = value.get("type")
    return kind in _PARTS or (
        kind is None and isinstance(value.get("text"), str) and set(value) <= {"text", "annotations"}
    )


def writes(holder: object) -> bool:
    """Whether a delta or message has content."""
    return isinstance(holder, dict) and any(holder.get(name) for name in _WRITING)


def says_more(payload: dict[str, Any]) -> bool:
    """Whether a choice has anything but a role."""
    message = payload.get("delta") or payload.get("message")
    return isinstance(message, dict) and any(value for name, value in message.items() if name != "role")


def without_choices(payload: dict[str, Any]) -> dict[str, Any] | None:
    """The answer in an object without `choices`: an object with choices, or a choice; None if there is none."""
    for name in _WRAPPERS:
        inner = payload.get(name)
        if isinstance(inner, dict):
            if isinstance(inner.get("choices"), list):
                return inner
            if choice := without_choices(inner):
                return choice
    messages = payload.get("messages")
    if (
        isinstance(messages, list)
        and messages
        and isinstance(messages[-1], dict)
        and messages[-1].get("role") == "assistant"
    ):
        return {"message": messages[-1]}
    for name in _TEXTS:
        content = payload.get(name)
        if isinstance(content, str) or (name == "content" and isinstance(content, list)):
            return {
                "delta": {"content": content},
                "finish_reason": payload.get("stop_reason") or payload.get("done_reason"),
            }
    content = payload.get("response")
    if content and isinstance(content, dict | list):  # Cloudflare's own, where a response_format was asked for
        return {"message": {"content": content}, "finish_reason": "stop"}
    content = payload.get("message")
    if isinstance(content, str) and payload.get("status") == "success":  # ModelsLab's older endpoints
        return {"message": {"content": content}, "finish_reason": "stop"}
    return None


def nested_messages(messages: list[Any]) -> Iterator[dict[str, Any]]:
    """The deltas of a choice's `messages` (Azure with its own data); the output of its tool becomes `context`."""
    for entry in messages:
        if not isinstance(entry, dict):
            continue
        inner = entry.get("delta") or entry.get("message") or entry
        if not isinstance(inner, dict):
            continue
        if "tool" in (inner.get("role"), entry.get("role")):
            try:
                yield {"context": json.loads(str(inner.get("content")))}
            except (ValueError, RecursionError):
                continue
        else:
            yield inner


def notable_filters(results: object) -> dict[str, Any]:
    """The categories of a content filter that found something: `{"hate": {"filtered": true, "severity": "high"}}`."""
    if not isinstance(results, dict):
        return {}
    return {
        name: result
        for name, result in results.items()
        if isinstance(result, dict)
        and (
            result.get("filtered") is True or result.get("detected") is True or result.get("severity", "safe") != "safe"
        )
    }


def filter_text(findings: dict[str, Any]) -> str:
    """What a content filter found, in words: `hate: high; jailbreak: detected`."""
    parts = []
    for name, finding in findings.items():
        severity = finding.get("severity") if isinstance(finding, dict) else None
        parts.append(f"{name}: {severity if isinstance(severity, str) and severity != 'safe' else 'detected'}")
    return "; ".join(parts)
