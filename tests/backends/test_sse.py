"""Framing, whole, byte by byte and cut anywhere."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.backends.decoder import sse
from chat_tui.backends.decoder.sse import DONE, Event, EventDecoder
from chat_tui.domain.errors import ProviderError
from chat_tui.domain.json import JsonObject

A: JsonObject = {"a": 1}
B: JsonObject = {"b": "é你😀"}
JA, JB = '{"a": 1}', '{"b": "é你😀"}'
CASES: dict[str, tuple[str | bytes, list[Event]]] = {
    "usual": (f"data: {JA}\n\ndata: {JB}\n\ndata: [DONE]\n\n", [Event(A), Event(B), Event(None, "", DONE)]),
    "comments": (f": keep-alive\n\n:\n\ndata: {JA}\n\n: OPENROUTER PROCESSING\n\n", [Event(A)]),
    "blank lines before a body": (f"\n\n \n{JA}", [Event(A)]),
    "comment after id": (f"id: 1\n\n: ping\n\nid: 2\ndata: {JA}\n\n", [Event(A)]),
    "no space": (f"data:{JA}\n\n", [Event(A)]),
    "CRLF": (f"data: {JA}\r\n\r\ndata: {JB}\r\n\r\n", [Event(A), Event(B)]),
    "CR": (f"data: {JA}\r\rdata: {JB}\r\r", [Event(A), Event(B)]),
    "one line end": (f"data: {JA}\ndata: {JB}\ndata: [DONE]\n", [Event(A), Event(B), Event(None, "", DONE)]),
    "JSON over lines": ('data: {"a":\ndata: 1}\n\n', [Event(A)]),
    "event error": ('event: error\ndata: {"message": "no"}\n\n', [Event({"message": "no"}, "error")]),
    "event names end": (f"event: ping\n\ndata: {JA}\n\n", [Event(A)]),
    "error field": (
        'error: {"code": 400}\n\ndata: [DONE]\n\n',
        [Event({"error": {"code": 400}}, "error"), Event(None, "", DONE)],
    ),
    "nothing in it": ("data: null\n\ndata:\n\nretry: 5\n\nevent: ping\n\n", [Event(None)]),
    "no end": (f"data: {JA}\n\ndata: {JB}", [Event(A), Event(B)]),
    "BOM": (f"\ufeffdata: {JA}\n\n", [Event(A)]),
    "BOM and body": (f"\ufeff{JA}", [Event(A)]),
    "other separators": (
        'data: {"a": "x\u2028y\u2029z\x85w\x0cv"}\n\n'.replace("\x0c", ""),
        [Event({"a": "x\u2028y\u2029z\x85wv"})],
    ),
    "invalid UTF-8": (b'data: {"a": "\xff"}\n\n', [Event({"a": "\ufffd"})]),
    "one body": (json.dumps(A, indent=2), [Event(A)]),
    "body and DONE": (json.dumps(A, indent=2) + "\n\ndata: [DONE]\n\n", [Event(A), Event(None, "", DONE)]),
    "body on a line and DONE": (f"{JA}\n\ndata: [DONE]\n\n", [Event(A), Event(None, "", DONE)]),
    "JSON lines": (f"{JA}\n{JB}\n", [Event(A), Event(B)]),
    "with blank lines": (f"{JA}\n\n{JB}\n\n", [Event(A), Event(B)]),
    "empty": ("", []),
    "array": (f"[{JA}]", [Event([A])]),
    "bare string": ('"Invalid token"', [Event("Invalid token")]),
    "plain text": ("404 page not found\n", []),
    "cut inside JSON": ('data: {"a": 1}\n\ndata: {"b": "', [Event(A), Event(None, "", '{"b": "')]),
    "a broken event among good ones": (f"data: {{oops\ndata: {JA}\n\n", [Event(None, "", "{oops"), Event(A)]),
}


def decode(pieces: list[bytes]) -> list[Event]:
    decoder = EventDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.flush()


def feed(pieces: list[bytes]) -> None:
    """Feeds without an end: a cap must hold before that."""
    decoder = EventDecoder()
    for piece in pieces:
        decoder.feed(piece)


def as_bytes(stream: str | bytes) -> bytes:
    return stream if isinstance(stream, bytes) else stream.encode()


@pytest.mark.parametrize("name", CASES)
def test_framing_whole_and_byte_by_byte(name: str) -> None:
    stream, expected = as_bytes(CASES[name][0]), CASES[name][1]
    assert decode([stream]) == expected
    assert decode([bytes([byte]) for byte in stream]) == expected


@given(st.sampled_from(sorted(CASES)), st.lists(st.integers(0, 200), max_size=8))
def test_any_split_gives_the_same_events(name: str, cuts: list[int]) -> None:
    stream = as_bytes(CASES[name][0])
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    assert decode([stream[a:b] for a, b in zip(edges, edges[1:], strict=False)]) == CASES[name][1]


@given(st.binary(max_size=300))
def test_no_bytes_break_it(data: bytes) -> None:
    assert isinstance(decode([data]), list)


def test_events_come_at_once_without_blank_lines() -> None:
    decoder = EventDecoder()
    assert decoder.feed(f"data: {JA}\n".encode()) == [Event(A)]


def test_a_web_page_is_told_by_its_first_byte() -> None:
    decoder = EventDecoder()
    assert decoder.feed(b"\n\n <!DOCTYPE html>\n<p>data: {}</p>\n") == []
    assert decoder.is_html
    assert "DOCTYPE" in decoder.stray


def test_plain_text_is_kept_for_the_error() -> None:
    decoder = EventDecoder()
    decoder.feed(b"Internal error\n")
    assert decoder.stray == "Internal error"


def test_one_event_of_several_mebibytes_passes() -> None:
    text = "x" * (3 * 2**20)
    stream = b"data: " + json.dumps({"a": text}).encode() + b"\n\n"
    assert decode([stream[at : at + 1460] for at in range(0, len(stream), 1460)]) == [Event({"a": text})]


@pytest.mark.parametrize("line", [b"data: " + b"x" * 999, b"data: x\n" * 100, b"{\n" + b" \n" * 600])
def test_caps_hold(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT", 500)
    monkeypatch.setattr(sse, "MAX_STREAM", 1 << 20)
    with pytest.raises(ProviderError, match="more than"):
        feed([line] * 10)


def test_the_whole_stream_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_STREAM", 1000)
    with pytest.raises(ProviderError, match="more than"):
        decode([b": keep-alive\n\n"] * 100)


def test_time_is_linear_in_the_length_of_a_line() -> None:
    def seconds(size: int) -> float:
        stream = b'data: {"a": "' + b"x" * size + b'"}\n\n'
        best = 9.0
        for _ in range(5):
            start = time.process_time()
            decode([stream[at : at + 100] for at in range(0, len(stream), 100)])
            best = min(best, time.process_time() - start)
        return best

    assert seconds(2_000_000) < 40 * seconds(200_000)  # 10 if linear, 100 if quadratic
