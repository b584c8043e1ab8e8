"""The conversation pane: a stream looks like the whole, only a reader at the tail is moved, little is drawn."""

from __future__ import annotations

from typing import Any

import pytest
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App, ComposeResult
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Region

from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.resources import theme_files
from chat_tui.ui.theme.palette import load_palette
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.rows import Rows
from chat_tui.ui.transcript.turn import RenderContext, Turn
from chat_tui.ui.view.conversation import ConversationView
from chat_tui.ui.view.redraw import ReplyState
from tests.torture import amount

PAINTER = Painter(load_palette(next(path for path in theme_files() if path.stem == "midnight")))
ANSWER = """# Title

Some *text* with `code` and a [link](https://a.example).

```python
""" + "".join(f"def f{i}(x): return 'f{i}'\n" for i in range(40)) + """```

- one
- two
  - three

| a | b |
|---|---|
| 雪山 | 2 |

Last words, see [ref].

[ref]: https://b.example
"""  # fmt: skip


def answer(text: str = ANSWER, **fields: object) -> Message:
    message = Message("b", "a", Role.ASSISTANT, text, model="work/model", status=Status.COMPLETE)
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def scene(width: int = 80) -> RenderContext:
    return RenderContext(PAINTER, width, lambda key: key.title())


@pytest.mark.parametrize("step", [amount(7, 1), 50, 1000])
@pytest.mark.parametrize("width", [24, 80])
def test_a_stream_is_drawn_as_the_whole_is(step: int, width: int) -> None:
    whole = Turn(answer(reasoning="Hm.\nYes."))
    growing = answer("", reasoning="")
    turn = Turn(growing)
    for end in range(step, len(ANSWER) + step, step):
        growing.reasoning = "Hm.\nYes."[:end]
        growing.content = ANSWER[:end]
        turn.is_live = True
        turn.draw(scene(width))
    turn.is_live = False
    turn.draw(scene(width))
    assert [row.text.rstrip() for row in turn.rows(scene(width))] == [
        row.text.rstrip() for row in whole.rows(scene(width))
    ]


def test_rows_of_a_running_fence_stay_where_they_are_when_it_closes() -> None:
    message = answer("")
    turn = Turn(message)
    turn.is_live = True
    code = ANSWER[ANSWER.index("```") : ANSWER.index("- one")]
    for end in [*range(1, len(code) - 1, amount(5, 1)), len(code) - 1]:
        message.content = code[:end]
        before = [row.text.rstrip() for row in turn.draw(scene())]
    message.content = code + "\nafter\n\n"
    after = [row.text.rstrip() for row in turn.draw(scene())]
    assert before[:32] == after[:32]


def test_text_that_turns_out_to_be_reasoning_is_drawn_as_reasoning() -> None:
    message = answer("I must think.\n\nAbout it.\n\n")
    turn = Turn(message)
    turn.is_live = True
    turn.draw(scene())
    message.reasoning, message.content = message.content, ""
    turn.draw(scene())
    message.content = "The answer."
    turn.is_live = False
    text = [row.text.strip() for row in turn.draw(scene())]
    assert "The answer." in text
    assert "I must think." not in text


def drawn(turn: Turn) -> list[str]:
    return [row.text.rstrip() for row in turn.draw(scene())]


def test_a_running_thought_shows_its_last_rows_and_folding_moves_nothing_up() -> None:
    message = answer("", reasoning="First.")
    turn = Turn(message)
    turn.is_live = True
    assert drawn(turn)[1:] == ["▏ First.▌", ""]
    message.reasoning = "\n".join(f"Thought {number}." for number in range(40))
    thinking = drawn(turn)
    assert thinking[1:] == [*(f"▏ Thought {number}." for number in range(35, 39)), "▏ Thought 39.▌", ""]
    message.content, turn.is_live = "One.", True
    assert drawn(turn)[1:] == ["▸ reasoning", "", "One.▌", "", "", ""]
    message.content = "One.\n\nTwo.\n\nThree"
    assert drawn(turn)[1:] == ["▸ reasoning", "", "One.", "", "Two.", "", "Three▌", ""]
    message.content, message.finish_reason, turn.is_live = "One.", "stop", False
    assert len(drawn(turn)) <= len(thinking)


def test_a_running_thought_can_be_unfolded() -> None:
    message = answer("", reasoning="\n".join(f"Thought {number}." for number in range(9)))
    turn = Turn(message)
    turn.is_live, turn.unfolded = True, True
    assert [row for row in drawn(turn) if "Thought" in row][0] == "▏ Thought 0."
    turn.unfolded = False
    assert [row for row in drawn(turn) if "Thought" in row][0] == "▏ Thought 4."


def test_a_fence_right_behind_another_is_drawn_from_its_own_start() -> None:
    message = answer("```\n" + "first\n" * 30)
    turn = Turn(message)
    turn.is_live = True
    turn.draw(scene())
    message.content += "```\n\n```\nsecond\n"
    text = [row.text.strip() for row in turn.draw(scene())]
    assert sum(row.startswith("┃") and row.endswith(" first") for row in text) == 30
    assert sum(row.startswith("┃ second") for row in text) == 1


def test_error_rows_say_what_happened_and_what_to_do() -> None:
    from chat_tui.domain.conversation.message import MessageError

    error = MessageError("rate_limit", "Too many requests.", 429, "req-1", "Wait a moment.", "limit: 3 rpm")
    text = "\n".join(row.text for row in Turn(answer("", status=Status.FAILED, error=error)).rows(scene()))
    for words in ("Too many requests · 429", "Wait a moment.", "^r retry · ^l other model", "limit: 3 rpm", "req-1"):
        assert words in text


def test_a_tool_call_is_shown_never_a_blank_answer() -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Kyoto"}'}}]
    text = "\n".join(row.text for row in Turn(answer("", tool_calls=calls)).rows(scene()))
    assert 'weather({"city":"Kyoto"})' in text


def test_sources_are_listed_under_an_answer() -> None:
    cited = {"url_citation": {"url": "https://b.example", "title": "B"}}
    extra = {"citations": ["https://a.example", "https://a.example"], "annotations": [cited, {"url_citation": None}]}
    text = [row.text.strip() for row in Turn(answer("Yes.", extra=extra)).rows(scene())]
    assert "[1] https://a.example" in text
    assert "[2] B https://b.example" in text
    assert not any(line.startswith("[3]") for line in text)


def test_marks_of_sources_are_links_and_the_text_stays() -> None:
    sources = [{"url": "https://a.example/1", "title": "A page"}, {"url": "https://b.example"}]
    rows = list(Turn(answer("Yes [1][2], no [3], `x[1]`.", sources=sources)).rows(scene()))
    said = next(row for row in rows if "Yes" in row.text)
    assert said.text.strip() == "Yes [1][2], no [3], x[1]."
    links = {segment.text: segment.style.link for segment in said if segment.style and segment.style.link}
    assert links == {"[1]": "https://a.example/1", "[2]": "https://b.example"}
    assert any(row.text.strip() == "[1] A page https://a.example/1" for row in rows)


def test_an_answer_is_signed_with_who_was_asked_and_who_answered() -> None:
    head = Turn(answer("Yes.", model="acme/auto", answered_by="big-2", upstream_provider="Foundry")).rows(scene())[0]
    assert head.text.startswith("auto → big-2 · Acme · Foundry")
    same = Turn(answer("Yes.", model="acme/big", answered_by="vendor/big-2025-01-31")).rows(scene())[0]
    assert same.text.startswith("big · Acme")


class Pane(App[None]):
    """A conversation alone."""

    def __init__(self) -> None:
        super().__init__()
        self.reports: list[Any] = []
        """Whether there was more below and an answer was running, each time that changed; texts and links."""

    def on_conversation_view_place_changed(self) -> None:
        self.reports.append((self.pane.has_more, self.pane.is_live))

    def on_conversation_view_link_clicked(self, event: ConversationView.LinkClicked) -> None:
        self.reports.append(event.url)

    def on_conversation_view_text_selected(self, event: ConversationView.TextSelected) -> None:
        self.reports.append(event.text)

    def compose(self) -> ComposeResult:
        yield ConversationView(
            lambda width: RenderContext(PAINTER, width, str, key=str), lambda: [[Segment("nothing yet")]]
        )

    @property
    def pane(self) -> ConversationView:
        return self.query_one(ConversationView)

    def text(self) -> str:
        height = self.pane.size.height
        return "\n".join(self.pane.render_line(y).text.rstrip() for y in range(height))


def thread(count: int) -> list[Message]:
    return [
        Message(
            str(i), str(i - 1), Role.ASSISTANT if i % 2 else Role.USER, f"turn {i}\n\nwith some text", model="work/m"
        )
        for i in range(count)
    ]


async def test_a_thread_opens_at_its_end_and_draws_only_what_is_in_view() -> None:
    app = Pane()
    async with app.run_test(size=(100, 30)) as pilot:
        app.pane.show(thread(2000), {})
        await pilot.pause()
        assert "turn 1999" in app.text()
        assert sum(turn.is_drawn for turn in app.pane.viewport.turns) < 20


async def test_every_turn_can_be_reached_from_the_end_to_the_start() -> None:
    app = Pane()
    async with app.run_test(size=(100, 30)) as pilot:
        app.pane.show(thread(60), {})
        await pilot.pause()
        seen = set()
        for _ in range(100):
            seen |= {int(line.split("turn ")[1].split()[0]) for line in app.text().split("\n") if "turn " in line}
            if app.pane.scroll_offset.y == 0:
                break
            app.pane.page(-1)
            await pilot.pause()
        assert seen == set(range(60))


async def test_no_row_is_left_blank_where_a_turn_was_estimated_too_high() -> None:
    app = Pane()
    async with app.run_test(size=(100, 30)) as pilot:
        app.pane.show([answer("# Part\n" * 9, id=str(number)) for number in range(60)], {})
        for _ in range(20):
            app.pane.page(-1)
            await pilot.pause()
            assert "\n\n\n\n" not in app.text()


async def test_a_drag_over_a_link_is_no_click_on_it() -> None:
    app = Pane()
    async with app.run_test(size=(100, 30)) as pilot:
        app.pane.show([answer("[a link to somewhere](https://a.example)")], {})
        await pilot.mouse_down(app.pane, offset=(4, 1))
        await pilot.hover(app.pane, offset=(9, 1))
        await pilot.mouse_up(app.pane, offset=(9, 1))
        link = Style(link="https://a.example")
        app.pane.post_message(events.Click(app.pane, 9, 1, 0, 0, 1, False, False, False, style=link))  # as Textual does
        await pilot.pause()
        assert "https://a.example" not in app.reports
        del app.reports[:]
        await pilot.click(app.pane, offset=(4, 1))
        assert app.reports == ["https://a.example"]


async def test_the_view_follows_the_tail_only_while_the_reader_is_there() -> None:
    app = Pane()
    async with app.run_test(size=(80, 20)) as pilot:
        app.pane.show(thread(20), {})
        message = answer("")
        app.pane.begin(message, (1, 1), lambda: ReplyState("writing"))
        for i in range(30):
            message.content += f"paragraph {i}\n\n"
            app.pane.grow(now=True)
            await pilot.pause()
        assert "paragraph 29" in app.text()
        app.pane.page(-1)
        await pilot.pause()
        where, before = app.pane.scroll_offset.y, app.text()
        for i in range(30, 60):
            message.content += f"paragraph {i}\n\n"
            app.pane.grow(now=True)
            await pilot.pause()
        assert (app.pane.scroll_offset.y, app.text()) == (where, before), "nothing moves under the reader"
        app.pane.go_to_end()
        await pilot.pause()
        assert "paragraph 59" in app.text()
        message.content += "the last"
        app.pane.end()
        await pilot.pause()
        assert "the last" in app.text()


async def test_the_end_of_an_answer_below_the_view_is_reported_and_no_selection_again() -> None:
    app = Pane()
    async with app.run_test(size=(80, 20)) as pilot:
        app.pane.show(thread(40), {})
        message = answer("", status=Status.STOPPED)  # it takes as many rows while it runs and after it
        app.pane.begin(message, (1, 1), lambda: ReplyState("writing"))
        app.pane.go_to_start()
        await pilot.click(app.pane, offset=(4, 1), times=2)
        await pilot.pause()
        assert app.reports[-2:] == [(True, True), "turn"]
        del app.reports[:]
        app.pane.end()
        await pilot.pause()
        assert app.reports == [(True, False)]


async def test_following_moves_the_view_by_several_rows_at_once() -> None:
    app = Pane()
    async with app.run_test(size=(80, 36)) as pilot:
        app.pane.show(thread(20), {})
        message = answer("")
        app.pane.begin(message, (1, 1), lambda: ReplyState("writing"))
        places = []
        for i in range(60):
            message.content += f"line {i}  \n"
            app.pane.grow(now=True)
            await pilot.pause()
            places.append(app.pane.scroll_offset.y)
        assert len(set(places)) < 20
        assert places == sorted(places)


async def test_a_resize_keeps_the_reader_at_the_same_turn() -> None:
    app = Pane()
    async with app.run_test(size=(100, 30)) as pilot:
        app.pane.show(thread(200), {})
        await pilot.pause()
        for _ in range(5):
            app.pane.page(-1)
            await pilot.pause()
        turn = app.pane.viewport.at(0)[0]
        app.pane.text_marks.show_rows(turn, 1, 2)
        assert app.pane.text_marks.text()
        await pilot.resize_terminal(50, 25)
        while app.pane.viewport.width != 45:
            await pilot.pause()
        assert app.pane.viewport.at(0)[0] == turn
        assert not app.pane.text_marks.text(), "other rows are there now"


async def test_a_running_answer_is_not_drawn_for_every_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Pane()
    async with app.run_test(size=(100, 30)) as pilot:
        message = answer("")
        app.pane.begin(message, (1, 1), lambda: ReplyState("writing"))
        drawn = 0
        original = Turn.draw

        def counted(self: Turn, scene: RenderContext) -> Rows:
            nonlocal drawn
            drawn += 1
            return original(self, scene)

        monkeypatch.setattr(Turn, "draw", counted)
        for _ in range(1000):
            message.content += "word "
            app.pane.grow()
        assert drawn <= 1
        app.pane.end()
        await pilot.pause()
        assert "word word" in app.text()


async def test_a_row_stays_the_strip_that_it_is_wherever_it_stands() -> None:
    app = Pane()
    async with app.run_test(size=(100, 30)) as pilot:
        app.pane.show(thread(60), {})
        await pilot.pause()
        whole = Region(0, 0, *app.pane.size)
        app.pane.page(-1)
        app.pane.page(1)  # what is above has been measured now
        before = app.pane.render_lines(whole)
        app.pane._scroll(app.pane.scroll_offset.y - 3)
        await pilot.pause()
        after = app.pane.render_lines(whole)
        assert all(one is other for one, other in zip(before, after[3:], strict=False))
        assert {each.cell_length for each in after} == {app.pane.size.width}
        app.pane.mark(59)
        assert "▌" in "".join(each.text for each in app.pane.render_lines(whole))


class Shouting(LineFilter):
    """Makes all letters large."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(each.text.upper(), each.style) for each in segments]


async def test_what_is_drawn_goes_through_the_filters() -> None:
    app = Pane()
    async with app.run_test(size=(100, 30)) as pilot:
        app.pane.show(thread(3), {})
        await pilot.pause()
        app._filters.append(Shouting())
        text = "".join(each.text for each in app.pane.render_lines(Region(2, 0, 50, 30)))
        assert "TURN 2" in text
        assert len(text) == 50 * 30
