"""The outline of wide windows: prompts and headings, the place of the reader, what it costs."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual.pilot import Pilot

from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat.outline.panel import OutlinePanel
from chat_tui.ui.transcript.markdown.headings import HeadingScanner, headings, read_heading
from chat_tui.ui.transcript.markdown.splitter import new_parser
from chat_tui.ui.transcript.rows import NOWHERE
from chat_tui.ui.view import outline
from chat_tui.ui.view.outline import Outline
from chat_tui.ui.view.viewport import Viewport, stack_of
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_conversation import answer, scene

ANSWER = (
    "Intro\n\n## One\n\ntext\n\n### Deep **bold** `x` [link](https://a.example) ##\n\n```sh\n# no\n```\n\n## Two\n\nend"
)
PARTS = "".join(f"# Part {i}\n\n" + "".join(f"line {i}.{j}\n" for j in range(30)) + "\n" for i in range(5))


def prompt(text: str, name: str) -> Message:
    return Message(name, None, Role.USER, text)


def outline_of(*messages: Message) -> tuple[Viewport, Outline]:
    viewport = Viewport(lambda: scene(80))
    viewport.height = 20
    viewport.show(stack_of(messages, {}, scene(80)))
    viewport.locate()
    return viewport, Outline(viewport)


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_the_headings_of_a_growing_text_are_those_of_the_whole(step: int) -> None:
    scanner = HeadingScanner()
    for end in range(0, len(ANSWER) + step, step):
        before = list(scanner.found)
        scanner.scan(ANSWER[:end], is_whole=False)
        assert scanner.found[: len(before)] == before
        assert all("\n" in ANSWER[each:end] for each in scanner.found), "a line is whole before it is a heading"
    scanner.scan(ANSWER, is_whole=True)
    assert scanner.found == headings(ANSWER) == [7, ANSWER.index("###"), ANSWER.index("## Two")]


def test_headings_are_read_without_their_marks() -> None:
    assert [read_heading(ANSWER, each) for each in headings(ANSWER)] == [
        (2, "One"),
        (3, "Deep bold x link"),
        (2, "Two"),
    ]
    assert read_heading("# C#\n", 0) == (1, "C#")
    assert read_heading("#\n", 0) == (1, "")


UNDERLINED = st.lists(
    st.sampled_from(["Title\n", "two *words*\n", "===\n", "---\n", "\n", "- item\n", "> quote\n", "# Head\n",
                     "1. x\n", "```\n", "$$\n", "    code\n", "* * *\n"]), max_size=12
).map("".join)  # fmt: skip


@given(UNDERLINED)
@example("Title\n===\n\ntext\nmore\n---\nend")
@example("So\n$$\na\n===\nb\n$$\nmore\n---\n")
@example("\\[\na\n\n# b\n---\n\\]\n# Head\n")
@example("$$\nx\n$$\n\n# Head\n\n$$\ny\n$$\n")
@example("So\n$$\nx\n$$\n# Head\n\\[ a \\]\nTitle\n---\n$$\ny\n$$\n")
@example("- item\n\n    code\nTitle\n---\n")
@example("- item\n* * *\n    code\nTitle\n---\n")
@example("$$ a $$ title\n===\n$$\n# Head\n")
def test_the_headings_are_those_that_are_drawn(source: str) -> None:
    tokens = new_parser().parse(source)
    lines = source.split("\n")
    expected = [
        sum(len(line) + 1 for line in lines[: token.map[0]])
        for token in tokens
        if token.type == "heading_open" and token.level == 0 and token.map
    ]
    assert headings(source) == expected


def test_an_underlined_heading_is_read_without_its_line() -> None:
    source = "Title of\n**two** lines\n===\n\n# One\n\nLast\n---"
    found = [read_heading(source, each) for each in headings(source)]
    assert found == [(1, "Title of two lines"), (1, "One"), (2, "Last")]


def test_prompts_and_headings_are_listed_with_their_levels() -> None:
    _, shown = outline_of(prompt("How\n  so?", "1"), answer(ANSWER), prompt("", "3"), answer("# x\n", id="4"))
    assert shown.update(20)
    assert [(each.level, each.text) for each in shown.rows] == [
        (0, "How so?"),
        (1, "One"),
        (2, "Deep bold x link"),
        (1, "Two"),
        (0, "Attachment"),
        (1, "x"),
    ]
    assert shown.current == shown.rows[-1], "the view follows the end"
    assert not shown.update(20), "nothing has changed"


def test_the_current_entry_is_the_one_above_the_top_row() -> None:
    viewport, shown = outline_of(prompt("Go", "1"), answer(PARTS))
    found = [NOWHERE, *headings(PARTS)]
    for step, expected in ((1, (0, NOWHERE)), *((1, (1, each)) for each in found[1:]), (-1, (1, found[-2]))):
        if expected == (0, NOWHERE):
            viewport.go_to(0)
        else:
            viewport.step_heading(step)
        viewport.locate()
        shown.update(20)
        assert shown.current is not None
        assert shown.current.place == expected


def test_a_running_answer_adds_headings_as_their_lines_end() -> None:
    viewport, shown = outline_of(prompt("Go", "1"))
    growing = answer("", status=None)
    viewport.add_reply(growing, (1, 1)).is_live = True
    changes = []
    for piece in ("# A", " title", "\n", "text # no\n", "more", "\n## B\n", "## C"):
        growing.content += piece
        viewport.redraw(1)
        viewport.locate()
        changes.append((shown.update(20), len(shown.rows)))
    assert changes == [(True, 1), (False, 1), (True, 2), (False, 2), (False, 2), (True, 3), (False, 3)]
    viewport.turns[1].is_live = False
    assert shown.update(20)
    assert [each.text for each in shown.rows] == ["Go", "A title", "B", "C"]


def test_a_running_answer_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = list[int]()
    scan = HeadingScanner.scan

    def counted(self: HeadingScanner, source: str, *, is_whole: bool) -> None:
        before = self.scanned
        scan(self, source, is_whole=is_whole)
        read.append(self.scanned - before)

    monkeypatch.setattr(HeadingScanner, "scan", counted)
    viewport, shown = outline_of(prompt("Go", "1"))
    growing = answer("", status=None)
    viewport.add_reply(growing, (1, 1)).is_live = True
    for _ in range(50):
        growing.content += "some words\n"
        shown.update(20)
    assert sum(read) == len(growing.content)


def test_of_a_long_thread_only_what_is_in_view_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read = list[int]()

    def noted(source: str, begin: int) -> tuple[int, str]:
        read.append(begin)
        return read_heading(source, begin)

    monkeypatch.setattr(outline, "read_heading", noted)
    messages = [
        answer(f"# {number}\n\ntext", id=str(number)) if number % 2 else prompt(f"P{number}", str(number))
        for number in range(20_000)
    ]
    viewport, shown = outline_of(*messages)
    shown.update(30)
    assert [each.text for each in shown.rows][-2:] == ["P19998", "19999"]
    assert len(shown.rows) == 30
    viewport.go_to(10_000)
    viewport.locate()
    shown.update(30)
    assert shown.current is not None
    assert shown.current.text == "P10000"
    assert shown.current in shown.rows
    shown.scroll(-30, 30)
    assert shown.current not in shown.rows
    assert [each.text for each in shown.rows][:2] == ["P9960", "9961"]
    assert len(read) < 100


def test_a_bomb_of_headings_is_bounded() -> None:
    size = outline.AT_ONCE
    bombs = [answer("# x\n" * size, id="1"), *(answer("words " * size, id=str(i)) for i in range(2, 8))]
    _, shown = outline_of(*bombs)
    shown.update(20)
    behind = [shown.is_behind]
    for _ in range(10):
        shown.update(20)
        behind.append(shown.is_behind)
    assert (behind[0], behind[-1]) == (True, False), "the rest is read later"
    assert len(shown.rows) == 20
    assert len(shown._entries(0)) == outline.MOST_HEADINGS


# In the app


async def opened(home: Home, app: ChatApp, pilot: Pilot[None], question: str = "Where to?") -> OutlinePanel | None:
    thread = Thread(title="Long")
    thread.add(Role.USER, question)
    last = thread.add(Role.ASSISTANT, PARTS)
    last.model, last.status = "work/m", Status.COMPLETE
    await app.services.store.save(thread)
    await until(pilot, lambda: app.chat.view.on_change == app.chat._outline.follow)
    await app.chat.threads.switch_to(thread.id)
    await pilot.pause()
    return next(iter(app.chat.query(OutlinePanel)), None)


@pytest.fixture(autouse=True)
def some_model(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")


async def test_a_wide_window_shows_it_and_goes_where_one_clicks(home: Home) -> None:
    async with home.run(size=(160, 40)) as (app, pilot):
        await until(pilot, lambda: app.chat.view.on_change == app.chat._outline.follow)
        assert not app.chat.query(OutlinePanel), "an empty thread has none"
        panel = await opened(home, app, pilot, "Where [red]to\x1b[2J?")
        assert panel is not None
        text = screen_text(app)
        assert "Where [red]to␛[2J?" in [row[132:].strip(" ▌") for row in text.split("\n")]
        assert app.chat.view._measure == 100, "the text keeps its measure"
        await pilot.click(OutlinePanel, offset=(5, 3))
        assert app.chat.view.render_line(0).text.strip(" ▌") == "Part 2"
        assert panel.render_line(3).text.rstrip() == "▌   Part 2"
        await pilot.press("alt+up", "ctrl+home", "right_square_bracket", "right_square_bracket")
        assert panel.current is not None
        assert panel.current.text == "Part 1"
        app.chat.threads.show(app.chat.threads.open_new())
        await pilot.pause()
        assert not panel.display


async def test_long_entries_are_cut_by_their_cells(home: Home) -> None:
    async with home.run(size=(160, 40)) as (app, pilot):
        panel = await opened(home, app, pilot, "雪山有多高" * 20)
        assert panel is not None
        row = panel.render_line(0)
        assert row.cell_length == panel.content_size.width == 25
        assert row.text.rstrip() == "  " + "雪山有多高" * 2 + "雪…"


async def test_a_narrower_window_hides_it(home: Home) -> None:
    async with home.run(size=(159, 40)) as (app, pilot):
        assert await opened(home, app, pilot) is None
        await pilot.resize_terminal(200, 40)
        await until(pilot, lambda: bool(app.chat.query(OutlinePanel)))
        panel = app.chat.query_one(OutlinePanel)
        assert panel.outer_size.width == 40
        await pilot.resize_terminal(159, 40)
        await until(pilot, lambda: not panel.display)


async def test_it_is_hidden_by_a_command_for_good(home: Home) -> None:
    async with home.run(size=(160, 40)) as (app, pilot):
        panel = await opened(home, app, pilot)
        assert panel is not None
        app.chat.action_flow("outline")
        await until(pilot, lambda: not panel.display)
    async with home.run(size=(160, 40)) as (app, pilot):
        assert not app.services.settings.outline
        assert await opened(home, app, pilot) is None
        app.chat.action_flow("outline")
        await until(pilot, lambda: bool(app.chat.query(OutlinePanel)))
    async with home.run(size=(120, 40), notices=True) as (app, pilot):
        app.chat.action_flow("outline")
        app.chat.action_flow("outline")
        await until(pilot, lambda: "160 columns" in screen_text(app))
