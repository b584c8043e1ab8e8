"""Lines of JSON from a server: whole however they are cut, bounded in size and in what they hold."""

from __future__ import annotations

import pytest

from chat_tui.tools import lines
from chat_tui.tools.lines import EndlessLineError, LineSplitter, TooLarge, is_too_complex


def split(data: bytes, step: int) -> list[bytes | TooLarge]:
    splitter = LineSplitter()
    return [each for start in range(0, len(data), step) for each in splitter.feed(data[start : start + step])]


@pytest.mark.parametrize("step", [1, 2, 7, 100])
def test_lines_are_the_same_however_they_come(step: int) -> None:
    assert split(b'{"a": 1}\r\n\n  {"b": 2}\n{"rest', step) == [b'{"a": 1}', b'{"b": 2}']


@pytest.mark.parametrize("step", [1000, 4096, 10**6])
@pytest.mark.parametrize("size", [lines.LINE_LIMIT - 100, 3 * lines.LINE_LIMIT])
def test_a_long_line_is_not_kept_but_known_by_its_id(size: int, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LINE_LIMIT", 50_000)
    size = size // 80
    for data in (b'{"id": 7, "x": "' + b"x" * size + b'"}\n', b'{"x": "' + b"x" * size + b'", "id": 7}\n'):
        found = split(data + b"{}\n", step)
        assert found == [TooLarge(7) if len(data) > 50_001 else data.strip(), b"{}"]


def test_a_line_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "DISCARD_LIMIT", 5 * lines.LINE_LIMIT)
    with pytest.raises(EndlessLineError):
        split(b"x" * 6 * lines.LINE_LIMIT, 10**6)


def test_only_values_count_not_what_a_text_holds() -> None:
    assert is_too_complex(b"[" + b"[]," * 200_000 + b"0]")
    assert not is_too_complex(b'{"a": "' + b"[],{}" * 200_000 + b'"}')
    assert not is_too_complex(b'{"a": "' + rb"\"[],{}\\" * 100_000 + b'"}')
    assert is_too_complex(b'{"a": "\\\\", "b": ' + b"[" + b"[]," * 200_000 + b"0]}")
    assert not is_too_complex(b'"' + b'\\"' * 2_000_000)  # never closed: still read once
