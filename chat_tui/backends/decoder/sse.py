"""Decodes the bytes of a stream into events: server-sent events, JSON lines, or one JSON body.

The decoder works on bytes and splits at LF, CR and CRLF alone, decodes UTF-8 whatever the header says, and looks at the
first thing that is not blank to tell a JSON body, JSON lines and a web page from events. It is lenient where servers
are wrong and the meaning is plain: one line end between events, a JSON text over several `data:` lines, lines without
`data:`, an `error:` field, an end without a blank line.

An event is handed out as soon as its `data:` line holds a whole JSON text. Such a text can't be the beginning of a
longer one, so nothing is lost to servers that follow the standard, and a stream without blank lines is as live as any.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.json import Json
from chat_tui.i18n import tr

_LARGE_EVENT = tr("The server sent more than {n} MiB in one piece of the answer.")
MAX_EVENT = 8 * 2**20
"""Bytes of one event; images in deltas are large."""
MAX_STREAM = 64 * 2**20
"""Bytes of one answer, with what each line counts for."""
_LINE = 32
"""Bytes that a line counts for beside its own: eight million empty lines would fill no cap and cost 20 s."""
_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_KEPT_STRAY = 4096
"""Characters kept of what is neither event nor JSON, to be shown with the error."""


class Event(NamedTuple):
    """One event: its JSON value, or its text where that is not JSON."""

    value: Json
    name: str = ""
    """The `event:` field; empty for the usual unnamed event."""
    text: str = ""
    """The raw data, if it is not JSON."""


DONE = "[DONE]"
"""The text of the event that ends an OpenAI stream."""


class EventDecoder:
    """A state machine: feed it bytes as they come, however they are cut; `flush` it at the end."""

    def __init__(self) -> None:
        self.is_html = False
        """Whether the body is a web page; nothing else comes out of it then."""
        self._stray: list[str] = []
        self._stray_size = 0
        self._tail: list[bytes] = []
        self._tail_size = 0
        self._total = 0
        self._after_cr = False
        self._sniffed = False
        self._is_events = False
        """Whether the first thing that is not blank was neither a web page nor a JSON text over several lines."""
        self._document: list[str] | None = None
        self._document_size = 0
        self._name = ""
        self._data: list[str] = []
        self._data_size = 0

    @property
    def stray(self) -> str:
        """The beginning of what was neither event nor JSON: a web page, a plain-text error."""
        return "\n".join(self._stray)

    def feed(self, data: bytes) -> list[Event]:
        """Takes bytes and returns the events that are complete by now.

        Raises:
            ProviderError: NOT_UNDERSTOOD, an event or the stream is beyond the caps.
        """
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        self._total += len(data) + _LINE * (data.count(b"\n") + data.count(b"\r"))
        if self._total > MAX_STREAM:
            raise _too_large(tr("The server sent more than {n} MiB in one answer."), MAX_STREAM)
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        if not end:
            self._keep(data)
            return []
        block = data[:end]
        if self._tail:
            block = b"".join([*self._tail, block])
            self._tail.clear()
            self._tail_size = 0
        if end < len(data):
            self._keep(data[end:])
        elif block.endswith(b"\r"):
            self._after_cr = True
        return self._lines(block)

    def flush(self) -> list[Event]:
        """Returns what is left at the end: an event without its blank line, a JSON body."""
        events = self._lines(b"".join(self._tail) + b"\n") if self._tail else []
        self._tail.clear()
        if self._document is not None:
            events += self._read_document("\n".join(self._document))
            self._document = None
        return events + self._dispatch()

    def _keep(self, data: bytes) -> None:
        if data:
            self._tail.append(data)
            self._tail_size += len(data)
            if self._tail_size > MAX_EVENT:
                raise _too_large(_LARGE_EVENT, MAX_EVENT)

    def _lines(self, block: bytes) -> list[Event]:
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = block.decode("utf-8", "replace").split("\n")
        lines.pop()  # the block ends with a line end
        events: list[Event] = []
        for line in lines:
            if self._is_events and line.startswith("data: {") and not self._data:
                try:  # nearly every line of nearly every stream: a fifth faster than json.loads(line[6:])
                    value, end = _scan(line, 6)
                except (StopIteration, ValueError, RecursionError):
                    self._hold(line[6:])
                else:
                    if end == len(line):
                        events.append(Event(value, self._name))
                    else:
                        self._line(line, events)
            elif line or self._data or self._name:
                self._line(line, events)
        return events

    def _line(self, line: str, events: list[Event]) -> None:
        if not self._sniffed and (line := line.lstrip("\ufeff \t")):
            self._sniffed = True
            self.is_html = line.startswith("<")
            if line[0] in '{["' and line != DONE and _loads(line) is _BROKEN:
                self._document = []
            self._is_events = not self.is_html and self._document is None
        if self._document is not None:
            self._document_size += len(line) + _LINE
            if self._document_size > MAX_EVENT:
                raise _too_large(tr("The server sent more than {n} MiB in one answer."), MAX_EVENT)
            self._document.append(line)
        elif self.is_html:
            self._set_aside(line)
        elif not line:
            events += self._dispatch()
            self._name = ""
        elif not line.startswith(":"):
            self._field(line, events)

    def _field(self, line: str, events: list[Event]) -> None:
        name, colon, value = line.partition(":")
        match name if colon else "":
            case "data":
                self._data_line(value.removeprefix(" "), events)
            case "event":
                self._name = value.strip()
            case "error":
                payload = _loads(value.strip())
                events.append(Event({"error": value.strip() if payload is _BROKEN else payload}, "error"))
            case "id" | "retry":
                pass
            case _:
                self._bare_line(line.strip(), events)

    def _data_line(self, data: str, events: list[Event]) -> None:
        if not data.strip():
            return
        if not self._data and (value := _loads(data)) is not _BROKEN:
            events.append(Event(value, self._name))
        elif not self._data and data.strip() == DONE:
            events.append(Event(None, self._name, DONE))
        else:
            self._hold(data)

    def _bare_line(self, line: str, events: list[Event]) -> None:
        """A line without a field: JSON lines, or nothing that is known."""
        if line == DONE:
            events.append(Event(None, self._name, DONE))
        elif line[:1] in ("{", "[", '"') and (value := _loads(line)) is not _BROKEN:
            events.append(Event(value, self._name))
        elif line[:1] == "{":
            events.append(Event(None, self._name, line))
        else:
            self._set_aside(line)

    def _hold(self, data: str) -> None:
        self._data.append(data)
        self._data_size += len(data) + _LINE
        if self._data_size > MAX_EVENT:
            raise _too_large(_LARGE_EVENT, MAX_EVENT)

    def _dispatch(self) -> list[Event]:
        """Makes events of held `data:` lines: one JSON text over all of them, or else each for itself."""
        if not self._data:
            return []
        lines, self._data, self._data_size = self._data, [], 0
        joined = "\n".join(lines)
        value = _loads(joined)
        if value is not _BROKEN:
            return [Event(value, self._name)]
        if len(lines) == 1 or not any(line.startswith(("{", "[")) for line in lines):
            return [Event(None, self._name, joined)]
        events = []
        for line in lines:
            value = _loads(line)
            events.append(Event(None, self._name, line.strip()) if value is _BROKEN else Event(value, self._name))
        return events

    def _read_document(self, text: str) -> list[Event]:
        """Reads a JSON body over several lines, and whatever follows it."""
        decoder = json.JSONDecoder()
        events: list[Event] = []
        at = 0
        while rest := text[at:].lstrip() if at else text:
            start = len(text) - len(rest)
            try:
                value, at = decoder.raw_decode(text, start)
            except (ValueError, RecursionError):
                if not events:
                    return [Event(None, "", text)]
                if DONE in rest:
                    events.append(Event(None, "", DONE))
                break
            events.append(Event(value))
        return events

    def _set_aside(self, line: str) -> None:
        if self._stray_size < _KEPT_STRAY:
            self._stray.append(line[:_KEPT_STRAY])
            self._stray_size += len(line) + 1


_BROKEN: Any = object()
"""Stands for a text that is no JSON; None is JSON's null."""


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _BROKEN


def _too_large(message: str, limit: int) -> ProviderError:
    return ProviderError(
        ErrorKind.NOT_UNDERSTOOD,
        message.format(n=limit // 2**20),
        tr("Ask for a shorter answer, or check the provider's base URL."),
    )
