"""Readers of single fields in a chunk's body, for the shapes that servers give them (WIRE.md 2b, 2c)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def says_error(payload: dict[str, Any]) -> bool:
    """Whether an object inside a 200 is, or carries, an error (WIRE.md E1-E8)."""
    if payload.get("error") or payload.get("object") == "error" or payload.get("type") == "error":
        return True
    if payload.get("choices") or payload.get("usage") or isinstance(payload.get("message"), dict):
        return False
    has_words = any(payload.get(field) for field in ("message", "messege", "msg", "detail", "errors"))
    failed = payload.get("status") in ("error", "failed", "fail") or payload.get("success") is False
    coded = payload.get("code") not in (None, 0, 200, 20000, "0", "200", "")
    return failed or (has_words and (coded or "choices" not in payload))


def new_part(text: str, pieces: list[str]) -> str:
    """What a growing text holds beyond what came before; all of it, where it does not go on from there."""
    so_far = "".join(pieces)
    pieces[:] = [so_far] if so_far else []
    if text.startswith(so_far):
        return text[len(so_far) :]
    return "" if so_far.startswith(text) else text


def details_texts(details: list[Any]) -> Iterator[str]:
    """The readable texts of OpenRouter's `reasoning_details`; encrypted ones have none."""
    for each in details:
        if isinstance(each, dict):
            text = each.get("text") or each.get("summary")
            if isinstance(text, str):
                yield text


def part_texts(parts: list[Any]) -> Iterator[tuple[bool, str]]:
    """The texts of a content in parts, and whether each is answer, not reasoning (WIRE.md C7)."""
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
