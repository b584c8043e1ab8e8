"""Assembles tool calls from their deltas, however a server numbers them."""

from __future__ import annotations

import json
from typing import Any

from chat_tui.backends.decoder.extras import storable
from chat_tui.domain.conversation.chunk import ToolCallDelta
from chat_tui.domain.json import JsonObject

_KNOWN = ("index", "id", "type", "function", "custom", "name", "arguments", "input")


class _ToolCall:
    __slots__ = ("arguments", "id", "is_custom", "is_numbered", "name", "position")

    def __init__(self, position: int, call_id: str, name: str) -> None:
        self.position = position
        self.id = call_id
        self.name = name
        self.arguments: list[str] = []
        self.is_custom = False
        self.is_numbered = False
        """Whether a delta of it had an `index`."""


class ToolCalls:
    """The tool calls of one choice. A new id is a new call, even where the server counts them all as number 0."""

    def __init__(self, choice: int) -> None:
        self._choice = choice
        self._calls: list[_ToolCall] = []
        self._at: dict[int, _ToolCall] = {}
        """The latest call of each of the server's numbers."""

    @property
    def seen(self) -> bool:
        """Whether any call came."""
        return bool(self._calls)

    def read(self, delta: dict[str, Any]) -> list[ToolCallDelta]:
        """Reads the calls of one delta or message: `tool_calls`, or the old `function_call`; empty ones are none."""
        entries = delta.get("tool_calls")
        if not isinstance(entries, list):
            entries = [entries] if isinstance(entries, dict) else []
        if not entries and isinstance(delta.get("function_call"), dict):
            entries = [{"index": 0, "function": delta["function_call"]}]
        read = (self._entry(entry) for entry in entries if isinstance(entry, dict))
        return [call for call in read if call is not None]

    def _entry(self, entry: dict[str, Any]) -> ToolCallDelta | None:
        function, custom = entry.get("function"), entry.get("custom")
        # Some servers send both, one of them empty: the other counts.
        is_custom = False
        if isinstance(custom, dict) and any(custom.values()):
            function, is_custom = custom, True
        elif not isinstance(function, dict):
            function = entry
        call_id, name = _string(entry.get("id")), _string(function.get("name"))
        arguments = function.get("input" if is_custom else "arguments")
        if arguments is None:
            text = ""
        else:
            text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        number = entry.get("index", function.get("index"))
        if not (call_id or name or text) and not (self._calls and type(number) is int):
            return None
        call = self._find(number, call_id, name, text)
        call.id = call_id or call.id
        call.name = name or call.name
        call.is_custom = call.is_custom or is_custom or entry.get("type") == "custom"
        call.arguments.append(text)
        # Gemini's thought signature, and whatever else must be sent back with the call.
        extra: JsonObject = {key: storable(value) for key, value in entry.items() if key not in _KNOWN and value}
        return ToolCallDelta(call.position, call.id, call.name, text, self._choice, extra, call.is_custom)

    def _find(self, index: object, call_id: str, name: str, text: str) -> _ToolCall:
        number = index if type(index) is int else None
        known = next((call for call in self._calls if call_id and call.id == call_id), None)
        if known is None:
            latest = self._at.get(number) if number is not None else (self._calls[-1] if self._calls else None)
            if latest is None and number is not None:
                latest = self._unnumbered(call_id, name)
            if latest is not None and not self._begins_another(
                latest, call_id, name, text, numbered=number is not None
            ):
                known = latest
        if known is None:
            known = _ToolCall(len(self._calls), call_id, name)
            self._calls.append(known)
        if number is not None:
            self._at[number] = known
            known.is_numbered = True
        return known

    def _unnumbered(self, call_id: str, name: str) -> _ToolCall | None:
        """The last call, where it began without an index and this piece, under a new one, continues it."""
        last = self._calls[-1] if self._calls else None
        if last is None or (call_id and last.id) or (name and (last.is_numbered or name != last.name)):
            return None
        return last if not last.is_numbered or not (call_id or name) else None

    @staticmethod
    def _begins_another(latest: _ToolCall, call_id: str, name: str, text: str, *, numbered: bool) -> bool:
        if call_id and latest.id:
            return call_id != latest.id
        if not numbered and name:
            return True
        return text.lstrip().startswith("{") and _is_object("".join(latest.arguments))


def _is_object(text: str) -> bool:
    if not text.rstrip().endswith("}"):
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
