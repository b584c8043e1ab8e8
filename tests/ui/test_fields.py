"""Text fields move and delete by whole characters, as a person sees them."""

from __future__ import annotations

import pytest

from chat_tui.ui.widgets.fields import FARTHEST, grapheme_end, grapheme_start
from tests.ui.conftest import Home

WHOLE = ["a", "好", "é", "e\u0301", "👨‍👩‍👧", "🇩🇪", "👍🏽", "❤️", "नि", "\u200d"]


@pytest.mark.parametrize("character", WHOLE)
@pytest.mark.parametrize("before", ["", "x", "🇫🇷"])
@pytest.mark.parametrize("after", ["", "y", "🇫🇷"])
def test_a_character_is_one_step_both_ways(before: str, character: str, after: str) -> None:
    if character == "\u200d" and before:
        return  # it joins what is before it
    text, start, end = before + character + after, len(before), len(before) + len(character)
    assert grapheme_end(text, start) == end
    assert grapheme_start(text, end) == start


def test_a_pile_of_marks_is_not_looked_through_whole() -> None:
    text = "a" + "\u0301" * 100_000
    assert len(text) - FARTHEST <= grapheme_start(text, len(text)) < len(text)
    assert grapheme_end(text, 0) == FARTHEST


@pytest.mark.parametrize("character", ["👨‍👩‍👧", "🇩🇪"])
async def test_backspace_and_delete_take_a_whole_character(home: Home, character: str) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        prompt = app.chat.prompt
        for keys in (("backspace",), ("left", "delete")):
            prompt.set_text(f"a{character}")
            await pilot.press(*keys)
            assert prompt.text == "a"
        await pilot.press("ctrl+l")
        for line_keys in ("backspace", "left delete", "shift+left backspace", "left shift+right delete"):
            field = app.screen.query_one("#filter")
            field.value = f"a{character}"  # type: ignore[attr-defined]
            await pilot.press("end", *line_keys.split())
            assert field.value == "a"  # type: ignore[attr-defined]


async def test_a_backslash_before_enter_makes_a_new_line(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        app.chat.prompt.set_text("one\\")
        await pilot.press("enter", *"two")
        assert app.chat.prompt.text == "one\ntwo"
        assert app.chat.conversation.thread.messages == {}
