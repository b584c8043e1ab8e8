"""What a terminal says about its ground is understood in any pieces, and never becomes text or a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.ui.terminal import replies
from chat_tui.ui.terminal.replies import TerminalReplies, can_be_asked, is_dark_by_environment

WHITE, BLACK = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "\x1b]11;rgb:00/00/1e\x07"
NOW_DARK, NOW_LIGHT = "\x1b[?997;1n", "\x1b[?997;2n"


@pytest.mark.parametrize(
    ("answer", "grounds"),
    [
        (WHITE, [False]),
        (BLACK, [True]),
        ("\x1b]11;rgba:fdfd/f6f6/e3e3/ffff\x1b\\", [False]),
        ("\x1b]11;rgb:f/f/f\x07", [False]),
        (NOW_DARK, [True]),
        (NOW_LIGHT, [False]),
        ("\x1b]11;?\x1b\\", []),
        ("\x1b]11;nonsense\x07", []),
    ],
)
def test_an_answer_is_understood_and_taken_out(answer: str, grounds: list[bool]) -> None:
    assert TerminalReplies().sift(f"a{answer}b") == ("ab", grounds)


@given(st.lists(st.integers(min_value=0, max_value=60), max_size=6))
def test_any_pieces_give_the_same(cuts: list[int]) -> None:
    data = f"ab{WHITE}c\x1b[A{NOW_DARK}d\x1b[200~x\x1b[201~{BLACK}"
    ends = sorted({*(min(cut, len(data)) for cut in cuts), len(data)})
    ends = [end for end in ends if data[end - 1 : end] != "\x1b"]  # a lone escape is the escape key
    answers, text, start = TerminalReplies(), "", 0
    grounds: list[bool] = []
    for end in ends:
        more, said = answers.sift(data[start:end])
        text, grounds, start = text + more, grounds + said, end
    assert (text, grounds) == ("abc\x1b[Ad\x1b[200~x\x1b[201~", [False, True, True])


def test_a_key_that_could_begin_an_answer_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "PATIENCE", 0.0)
    answers = TerminalReplies()
    assert answers.sift("a\x1b]") == ("a", [])  # alt+]
    assert answers.overdue() == "\x1b]"
    assert answers.overdue() == ""


def test_the_escape_key_is_not_kept_back() -> None:
    assert TerminalReplies().sift("\x1b") == ("\x1b", [])


def test_half_an_answer_is_kept_until_the_rest_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "PATIENCE", 0.0)
    answers = TerminalReplies()
    assert answers.sift(WHITE[:12]) == ("", [])
    assert answers.overdue() == ""
    assert answers.sift(WHITE[12:]) == ("", [False])


@pytest.mark.parametrize(("value", "is_dark"), [("15;0", True), ("0;15", False), ("0;default;15", False), ("", True)])
def test_the_environment_is_asked_where_the_terminal_is_silent(value: str, is_dark: bool) -> None:
    assert is_dark_by_environment({"COLORFGBG": value}) is is_dark


def test_a_console_that_would_print_the_question_is_not_asked() -> None:
    assert can_be_asked({"TERM": "xterm-256color"})
    assert not can_be_asked({"TERM": "linux"})
    assert not can_be_asked({})
