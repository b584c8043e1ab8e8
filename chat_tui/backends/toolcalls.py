"""Puts the pieces of tool calls together, whichever way a server numbers them (WIRE.md C15-C17)."""

from __future__ import annotations

import json
from typing import Any

from chat_tui.backends.extras import storable
from chat_tui.domain.chunk import ToolCallDelta
from chat_tui.domain.json import JsonObject

_KNOWN = ("index", "id", "type", "function", "name", "arguments")


class _Call:
    __slots__ = ("arguments", "id", "name", "position")

    def __init__(self, position: int, call_id: str, name: str) -> None:
        self.position = position
        self.id = call_id
        self.name = name
        self.arguments: list[str] = []


class ToolCalls:
    """The tool calls of one choice. A new id is a new call, even where the server counts them all as number 0."""

    def __init__(self, choice: int) -> None:
        self._choice = choice
        self._calls: list[_Call] = []
        self._at: dict[int, _Call] = {}
        """The latest call of each of the server's numbers."""

    @property
    def seen(self) -> bool:
        """Whether any call came."""
        return bool(self._calls)

    def read(self, delta: dict[str, Any]) -> list[ToolCallDelta]:
        """Reads the calls of one delta or message: `tool_calls`, or the old `function_call`."""
        entries = delta.get("tool_calls")
        if not isinstance(entries, list):
            entries = [entries] if isinstance(entries, dict) else []
        if not entries and isinstance(delta.get("function_call"), dict):
            entries = [{"index": 0, "function": delta["function_call"]}]
        return [self._entry(each) for each in entries if isinstance(each, dict)]

    def _entry(self, entry: dict[str, Any]) -> ToolCallDelta:
        function = entry.get("function")
        if not isinstance(function, dict):
            function = entry
        call_id, name = _string(entry.get("id")), _string(function.get("name"))
        arguments = function.get("arguments")
        if arguments is None:
            text = ""
        else:
            text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        call = self._find(entry.get("index"), call_id, name, text)
        call.id = call_id or call.id
        call.name = name or call.name
        call.arguments.append(text)
        # Gemini's thought signature, and whatever else wants to come back with the call (WIRE.md C18).
        extra: JsonObject = {key: storable(value) for key, value in entry.items() if key not in _KNOWN and value}
        return ToolCallDelta(call.position, call.id, call.name, text, self._choice, extra)

    def _find(self, index: object, call_id: str, name: str, text: str) -> _Call:
        number = index if type(index) is int else None
        known = next((each for each in self._calls if call_id and each.id == call_id), None)
        if known is None:
            latest = self._at.get(number) if number is not None else (self._calls[-1] if self._calls else None)
            if latest is not None and not self._begins_another(
                latest, call_id, name, text, numbered=number is not None
            ):
                known = latest
        if known is None:
            known = _Call(len(self._calls), call_id, name)
            self._calls.append(known)
        if number is not None:
            self._at[number] = known
        return known

    @staticmethod
    def _begins_another(latest: _Call, call_id: str, name: str, text: str, *, numbered: bool) -> bool:
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
