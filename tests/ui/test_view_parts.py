"""The parts of the conversation's view, without a widget: where it stands, what is selected, when it is drawn again."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from rich.style import Style
from textual.strip import Strip
from textual.timer import Timer

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.ui.transcript.search import matches
from chat_tui.ui.transcript.turn import RenderContext, Turn
from chat_tui.ui.view import redraw
from chat_tui.ui.view.find_marks import FindMarks
from chat_tui.ui.view.redraw import LiveReply, ReplyState, SliceTimer
from chat_tui.ui.view.row_painter import RowPainter
from chat_tui.ui.view.selection import TextSelection
from chat_tui.ui.view.viewport import Viewport, following_top, stack_of
from tests.ui.test_conversation import PAINTER, answer, scene

PARAGRAPHS = "\n\n".join(f"paragraph {number}" for number in range(30))


class FakeTimer:
    """A timer that runs when a test says so."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.callback: Callable[[], None] | None = None

    def set(self, delay: float, callback: Callable[[], None]) -> Timer:
        self.delays.append(delay)
        self.callback = callback
        return cast(Timer, self)

    def stop(self) -> None:
        self.callback = None

    def fire(self) -> None:
        assert self.callback is not None
        self.callback()


class View:
    """A viewport of 80 by 20 that is scrolled as a widget would."""

    def __init__(self, *texts: str) -> None:
        self.viewport = Viewport(lambda: scene(80))
        self.viewport.height = 20
        self.messages = [answer(text) for text in texts]
        self.viewport.show(stack_of(self.messages, {}, scene(80)))
        self.place()

    def place(self) -> None:
        self.viewport.top, self.extent = self.viewport.locate()

    def scroll(self, row: int) -> None:
        self.viewport.top = max(0, min(row, self.extent - 20))
        self.viewport.scroll(is_end=self.viewport.top == self.extent - 20)
        self.place()

    def text(self) -> list[str]:
        at = [self.viewport.at(y) for y in range(min(20, self.extent))]
        return ["".join(strip.text.strip() for strip in self.viewport.rows(index)[row : row + 1]) for index, row in at]

    def selection(self, timer: FakeTimer | None = None) -> TextSelection:
        return TextSelection(self.viewport, lambda: None, self.scroll, (timer or FakeTimer()).set)


# The viewport


def test_only_turns_in_view_are_drawn_and_every_one_can_be_reached() -> None:
    view = View(*(f"turn {number}" for number in range(2000)))
    assert "turn 1999" in view.text()
    assert sum(turn.is_drawn for turn in view.viewport.turns) < 20
    for _ in range(3):
        view.scroll(view.viewport.top - 18)
    assert sum(turn.is_drawn for turn in view.viewport.turns) < 60
    view.scroll(0)
    assert "turn 0" in view.text()
    assert view.viewport.position() == (0, 0)


def test_the_end_is_followed_only_while_the_reader_is_there() -> None:
    view, growing = View("before\n\n" * 30), answer("")
    turn = view.viewport.add_reply(growing, (1, 1))
    turn.is_live = True

    def grow(text: str) -> None:
        growing.content += text
        view.viewport.redraw(1)
        view.place()

    grow(PARAGRAPHS)
    assert "paragraph 29▌" in view.text()
    view.scroll(view.viewport.top - 18)
    top, text = view.viewport.top, view.text()
    grow("\n\nmore" * 30)
    assert (view.viewport.top, view.text()) == (top, text)
    view.viewport.follows = True
    view.place()
    assert "more▌" in view.text()
    assert view.viewport.live is turn
    turn.is_live = False
    assert view.viewport.live is None


def test_following_moves_by_several_rows_and_stays_when_the_answer_ends() -> None:
    assert following_top(0, 30, None, is_live=True) == 0
    assert following_top(10, 30, None, is_live=True) == 15
    assert [following_top(row, 30, 15, is_live=True) for row in (11, 15, 16)] == [15, 15, 21]
    assert following_top(12, 30, 15, is_live=False) == 15
    assert following_top(12, 30, None, is_live=False) == 12


@pytest.mark.parametrize("all_turns", [True, False])
def test_text_at_the_top_stays_there_when_what_is_above_is_drawn_otherwise(all_turns: bool) -> None:
    view = View(PARAGRAPHS, "```\n" + "x" * 200 + "\n" + "line\n" * 40 + "```")
    view.viewport.go_to(1, 12)
    view.place()
    top = view.text()[0]
    view.viewport._context = lambda: scene(60)
    if all_turns:
        go_back = view.viewport.keep_text()
        view.viewport.redraw_all()
        go_back()
    else:
        view.viewport.redraw(1)
    view.place()
    assert view.text()[0] == top
    assert view.viewport.position() == (1, 13), "the long line takes a row more"


def test_turns_that_were_made_before_a_resize_are_estimated_anew() -> None:
    view = View("word " * 100)
    view.viewport._context = lambda: scene(40)
    view.viewport.show(stack_of(view.messages, {}, scene(80)))
    assert view.viewport.width == 40


def test_an_answer_that_goes_on_takes_the_place_of_its_turn() -> None:
    view = View("one", "two")
    view.viewport.add_reply(view.messages[1], (1, 1))
    assert [turn.message for turn in view.viewport.turns] == view.messages
    view.viewport.add_reply(answer("three"), (1, 1))
    assert len(view.viewport.turns) == 3


def test_a_turn_that_is_out_of_view_is_revealed_whole() -> None:
    view = View(*["short"] * 40, PARAGRAPHS)
    assert not view.viewport.reveal(40)
    assert view.viewport.reveal(3)
    view.place()
    assert view.viewport.position() == (3, 0)
    assert view.viewport.reveal(20)
    view.place()
    assert view.viewport.visible_rows(20) == range(len(view.viewport.rows(20)))
    assert view.viewport.at(0)[0] < 20, "what is above it is in view as well"


def test_headings_are_stepped_through_and_end() -> None:
    view = View("# One\n\n" + "text\n\n" * 20 + "# Two\n\n" + "text\n\n" * 30, "no heading")
    view.scroll(0)
    tops = []
    while view.viewport.step_heading(1) is not None:
        view.place()
        tops.append(view.text()[0])
    assert tops[:2] == ["One", "Two"]
    assert len(tops) == 3


def test_only_rows_that_differ_are_refreshed() -> None:
    view, growing = View(), answer("one")
    view.viewport.add_reply(growing, (1, 1)).is_live = True
    view.viewport.redraw(0)
    view.place()
    growing.content += " two"
    assert view.viewport.changed_rows(0, *view.viewport.redraw(0)) == range(1, 2)
    assert not view.viewport.changed_rows(0, *view.viewport.redraw(0))


# The answer that grows


def test_an_answer_is_drawn_once_a_frame_and_slow_frames_are_followed_by_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(redraw, "time", type("Clock", (), {"monotonic": staticmethod(lambda: now)}))
    timer, frames = FakeTimer(), list[float]()

    def draw() -> None:
        nonlocal now
        frames.append(now)
        now += 0.25

    states: list[ReplyState | None] = []
    reply, turn = LiveReply(draw, timer.set, states.append), Turn(answer(""))
    reply.begin(turn, lambda: ReplyState("writing"))
    assert turn.is_live
    for _ in range(1000):
        reply.grow()
    assert len(frames) == 1
    assert timer.delays == [redraw.PATIENCE * 0.25]
    timer.fire()
    reply.grow(now=True)
    assert len(frames) == 3
    assert reply.end()
    assert not reply.end()
    assert len(frames) == 4
    assert states == [ReplyState("writing")] * 3 + [None]
    reply.grow(now=True)
    assert len(frames) == 4


def test_an_answer_that_is_no_longer_shown_is_not_drawn() -> None:
    timer, frames = FakeTimer(), list[float]()
    reply = LiveReply(lambda: frames.append(time.monotonic()), timer.set, lambda state: None)
    reply.begin(Turn(answer("")), lambda: ReplyState("writing"))
    reply.grow()
    reply.drop()
    assert timer.callback is None
    reply.grow(now=True)
    assert len(frames) == 1


def test_a_running_answer_of_which_some_is_still_to_be_drawn_is_drawn_again() -> None:
    timer, turn = FakeTimer(), Turn(answer(""))
    turn.is_behind = True
    LiveReply(lambda: None, timer.set, lambda state: None).begin(turn, lambda: ReplyState("writing"))
    assert timer.callback is not None


def test_a_long_text_is_drawn_on_slice_by_slice_while_it_is_in_view() -> None:
    long = "\n\n".join(f"a long *paragraph* {number} " + "with words " * 20 for number in range(600))
    view, timer = View(long), FakeTimer()
    drawn = 0

    def on_drawn() -> None:
        nonlocal drawn
        drawn += 1
        view.place()
        slices.start()

    slices = SliceTimer(view.viewport, on_drawn, timer.set)
    slices.start()
    slices.start()
    assert len(timer.delays) == 1
    while (callback := timer.callback) is not None:
        timer.callback = None
        callback()
    assert drawn
    assert view.viewport.unfinished() is None
    assert not view.viewport.turns[0].is_behind


# What is selected, and what is found


def test_text_is_selected_across_turns_and_scrolls_beyond_the_edge() -> None:
    view, timer = View(PARAGRAPHS, PARAGRAPHS), FakeTimer()
    selection = view.selection(timer)
    view.scroll(0)
    assert view.viewport.at(1) == (0, 1)
    selection.press(0, 1)
    selection.drag(0, 1)
    assert selection.cells(0, 1) is None, "the mouse is where it was pressed"
    selection.drag(3, 25)
    assert timer.delays
    before = selection.text()
    for _ in range(5):
        timer.fire()
    assert view.viewport.top == 5
    assert len(selection.text()) > len(before)
    selection.drag(8, 19)
    assert timer.callback is None
    assert selection.was_dragged
    assert selection.release()
    assert not selection.release()
    text = selection.text()
    assert text.startswith("paragraph 0\n\nparagraph 1")
    assert len(text.split("\n\n")) == 12
    selection.clear()
    assert (selection.text(), selection.was_dragged) == ("", False)


def test_a_word_a_block_and_rows_are_selected() -> None:
    view = View("some words here\n\n" + PARAGRAPHS)
    selection = view.selection()
    view.scroll(0)
    assert selection.select_word(6, 1)
    assert selection.text() == "words"
    assert selection.cells(0, 1) == (5, 10)
    assert selection.cells(0, 2) is None
    assert selection.select_block(6, 1)
    assert selection.text() == "some words here"
    selection.show_rows(0, 41, 43)
    assert view.viewport.top + 20 == 44, "they are in view"


def test_a_match_is_brought_into_view_and_marked() -> None:
    view = View(PARAGRAPHS, PARAGRAPHS)
    found = matches([(each, False) for each in view.messages], "paragraph 3")
    marks = FindMarks(view.viewport, "paragraph 3", found[0])
    assert marks.current is not None
    assert view.viewport.reveal_row(*marks.current)
    view.place()
    assert view.viewport.rows(0)[marks.current[1]].text.strip() == "paragraph 3"
    assert marks.current in [view.viewport.at(y) for y in range(20)]
    assert not view.viewport.reveal_row(*marks.current)
    assert marks.is_at(0)
    assert not FindMarks(view.viewport, "paragraph 3", None).is_at(0)


def test_a_row_is_painted_with_its_mark_its_matches_and_its_selection_and_kept() -> None:
    view = View("one paragraph")
    selection, background = view.selection(), Style(bgcolor="black")
    painter = RowPainter(view.viewport, selection, lambda: RenderContext(PAINTER, 80, str))

    def row(marked: int | None = None, find: FindMarks | None = None) -> Strip:
        return painter.rows(range(1, 2), 3, 86, background, marked, find)[0]

    plain = row()
    assert plain is row()
    assert plain.text == "   one paragraph".ljust(86)
    assert row(marked=0).text.startswith(" ▌ one")
    find = FindMarks(view.viewport, "para", matches([(view.messages[0], False)], "para")[0])
    marked = {each.text: each.style for each in row(find=find)}
    assert marked["para"] != marked["graph"]
    assert row(find=find).text.startswith(" ▌ one"), "the match that the reader is at has the mark too"
    last = len(view.viewport.rows(0)) - 1
    assert painter.rows(range(last, last + 1), 3, 86, background, 0, None)[0].text.strip() == "", "the gap has none"
    assert selection.select_word(0, 1)
    assert [each.text for each in row()][1] == "one"
    selection.clear()
    assert row() is plain


@pytest.mark.parametrize("package", ["view", "transcript"])
def test_what_draws_a_conversation_knows_no_app_and_no_screen(package: str) -> None:
    imported = set()
    for path in (Path(redraw.__file__).parents[1] / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                imported |= {node.module or "", *(f"{node.module}.{each.name}" for each in node.names)}
            elif isinstance(node, ast.Import):
                imported |= {each.name for each in node.names}
    known = ("textual.app", "textual.screen", "chat_tui.ui.app", "chat_tui.ui.chat", "chat_tui.ui.dialogs")
    assert not [name for name in imported if any(name == each or name.startswith(f"{each}.") for each in known)]


def test_an_empty_viewport_has_nothing_and_goes_nowhere() -> None:
    view = View()
    assert view.extent == 0
    assert view.viewport.position() is None
    assert view.viewport.unfinished() is None
    assert view.viewport.step_heading(1) is None
    assert view.viewport.foldable(Message("x", None, Role.USER, "")) is None
