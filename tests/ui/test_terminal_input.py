"""What the terminal sends becomes the same keys and pastes in any pieces; nothing of a paste is ever a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from chat_tui.ui.terminal.input import BURST_PAUSE, TerminalInput

SOUND = st.text(alphabet="ab\r\n\x07\x11\x1b[201~Aé好\t", max_size=40).filter(lambda text: "\x1b[201~" not in text)
"""What a clipboard may hold: all but the closing sequence, which terminals take out."""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def read(*pieces: str, is_bracketed: bool = True) -> list[str]:
    """Keys by their names, pastes as their text in angle brackets."""
    source = TerminalInput(is_bracketed=is_bracketed)
    return [named(event) for piece in pieces for event in source.feed(piece)]


def named(event: object) -> str:
    if isinstance(event, events.Paste):
        return f"<{event.text}>"
    return event.key if isinstance(event, events.Key) else type(event).__name__


@given(before=st.text("ab", max_size=3), paste=SOUND, after=st.text("cd", max_size=3), cuts=st.sets(st.integers(1, 60)))
def test_a_paste_is_one_event_in_its_place_however_it_is_cut(
    before: str, paste: str, after: str, cuts: set[int]
) -> None:
    keys = f"{before}\x1b[200~{paste}\x1b[201~{after}"
    ends = [0, *sorted(cut for cut in cuts if cut < len(keys)), len(keys)]
    pieces = [keys[start:end] for start, end in zip(ends, ends[1:], strict=False)]
    assert read(*pieces) == [*before, f"<{paste}>", *after]


def test_a_paste_without_its_end_is_no_key() -> None:
    assert read("a\x1b[200~\x11\r\x1b[2", "\r\x07") == ["a"]


@pytest.mark.parametrize(
    ("sequence", "key"),
    [
        ("\x1b\r", "alt+enter"),
        ("\x1b1", "alt+1"),
        ("\x1b[13;3u", "alt+enter"),
        ("\x1b[13;2u", "shift+enter"),
        ("\x1b[27;2;13~", "shift+enter"),
        ("\x1b[13;5u", "ctrl+enter"),
        ("\x1b[27;5;13~", "ctrl+enter"),
        ("\x1b[27;5;105~", "ctrl+i"),
        ("\x1bz", "alt+z"),
        ("\x1bZ", "alt+shift+z"),
        ("\x1b好", "alt+好"),
        ("\x1b\x7f", "ctrl+w"),
    ],
)
def test_chords_are_known_at_once_whatever_follows(sequence: str, key: str) -> None:
    assert read(sequence + "x") == [key, "x"]
    assert read(f"x{sequence}\x1b[D") == ["x", key, "left"]


def test_a_letter_typed_with_shift_is_that_letter() -> None:
    source = TerminalInput(is_bracketed=True)
    (event,) = source.feed("\x1b[27;2;65~")
    assert isinstance(event, events.Key)
    assert event.character == "A"


LINES = ["def f(x):\r    return x\r", "first line\rsecond line\rthird line", "a" * 70 + "\rb", "one\r\r    two"]
TYPED = ["hello\rworld", "one\rtwo\rthree\r", "a line of text\r", "x" * 200 + "\r", "ab\x1b[D" + "c" * 70 + "\rd"]


@pytest.mark.parametrize("lines", LINES)
def test_lines_without_brackets_are_one_paste(lines: str) -> None:
    clock = Clock()
    source = TerminalInput(clock=clock)
    assert list(source.feed(lines)) == []
    assert list(source.feed("\rtail")) == []
    assert list(source.tick()) == []
    clock.now += BURST_PAUSE
    assert [named(event) for event in source.tick()] == ["<" + f"{lines}\rtail".replace("\r", "\n") + ">"]
    assert [named(event) for event in source.feed("y\r")] == ["y", "enter"]


@pytest.mark.parametrize("keys", TYPED)
def test_what_is_typed_ahead_is_keys(keys: str) -> None:
    assert not [each for each in read(keys, is_bracketed=False) if each.startswith("<")]


@pytest.mark.parametrize("known", ["\x1b[?2004;1$y", "\x1b[?2004;2$y", "\x1b[200~x\x1b[201~"])
@pytest.mark.parametrize("lines", LINES)
def test_a_terminal_that_brackets_its_pastes_sends_keys_without(known: str, lines: str) -> None:
    source = TerminalInput()
    list(source.feed(known))
    assert "enter" in [named(event) for event in source.feed(lines)]


def test_keys_behind_a_burst_come_behind_it() -> None:
    source = TerminalInput(clock=Clock())
    list(source.feed(LINES[0]))
    assert [named(event) for event in source.feed("\x1b[D")] == ["<def f(x):\n    return x\n>", "left"]
