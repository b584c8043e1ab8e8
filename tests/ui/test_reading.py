"""Reading: finding in a thread, headings, what is below, where one was; wide tables and JSON."""

from __future__ import annotations

import pytest
from pygments.token import Comment
from rich.cells import cell_len
from textual.pilot import Pilot

from chat_tui.domain.conversation.message import Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.ui.app import ChatApp
from chat_tui.ui.services import Start
from chat_tui.ui.transcript.search import FindMatch, matches
from chat_tui.ui.transcript.turn import Turn
from chat_tui.ui.view.redraw import ReplyState
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_conversation import answer, scene
from tests.ui.test_markdown import PAINTER, plain

ANSWER = "".join(f"# Part {i}\n\n" + "".join(f"line {i}.{j}\n" for j in range(30)) + "\n" for i in range(5))


@pytest.fixture(autouse=True)
def _some_model(home: Home) -> None:
    """Without one the welcome would lie over the thread."""
    home.use_server("http://127.0.0.1:9")


async def opened(home: Home, app: ChatApp, pilot: Pilot[None]) -> Thread:
    """Saves a thread with a long answer, and opens it."""
    thread = Thread(title="Long")
    thread.add(Role.USER, "Where is the Needle?")
    last = thread.add(Role.ASSISTANT, ANSWER + "needle\n")
    last.model, last.status = "work/m", Status.COMPLETE
    await app.services.store.save(thread)
    await app.chat.threads.switch_to(thread.id)
    await pilot.pause()
    return thread


def test_matches_are_found_in_any_case_and_in_chinese() -> None:
    texts = [(answer("Needle, 雪山 needle"), False), (answer("none", reasoning="a needle"), True)]
    assert matches(texts, "needle") == [FindMatch(0, 0), FindMatch(0, 11), FindMatch(1, 7)]
    assert matches(texts, "雪山") == [FindMatch(0, 8)]
    assert matches(texts, "") == []


async def test_finding_counts_goes_round_and_gives_the_focus_back(home: Home) -> None:
    async with home.run() as (app, pilot):
        await opened(home, app, pilot)
        await pilot.press("ctrl+f", *"needle")
        await until(pilot, lambda: "2 of 2" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 2" in screen_text(app))
        assert "Where is the Needle?" in screen_text(app), "the match is in view"
        await pilot.press("up")
        await until(pilot, lambda: "2 of 2" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is app.chat.prompt)
        assert "of 2" not in screen_text(app)


async def test_finding_draws_only_what_comes_into_view(home: Home) -> None:
    async with home.run() as (app, pilot):
        view = app.chat.view
        view.show([answer(f"turn {i}\n\nneedle") for i in range(500)], {})
        await pilot.press("ctrl+f", *"needle")
        await until(pilot, lambda: "of 500" in screen_text(app))
        assert sum(turn.is_drawn for turn in view.viewport.turns) < 50


async def test_headings_are_gone_to_one_by_one(home: Home) -> None:
    def top(app: ChatApp) -> str:
        return app.chat.view.render_line(0).text.strip(" ▌")

    async with home.run() as (app, pilot):
        await opened(home, app, pilot)
        await pilot.press("alt+up", "ctrl+home", "right_square_bracket")
        await until(pilot, lambda: top(app) == "Part 0")
        await pilot.press("right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: top(app) == "Part 2")
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: top(app) == "Part 1")


async def test_what_is_below_is_said_until_the_end_is_in_view(home: Home) -> None:
    async with home.run() as (app, pilot):
        await opened(home, app, pilot)
        assert "more below" not in screen_text(app)
        await pilot.press("pageup")
        await until(pilot, lambda: "more below · ^end" in screen_text(app))
        await pilot.press("ctrl+end")
        await until(pilot, lambda: "more below" not in screen_text(app))


async def test_a_running_answer_is_said_to_go_on_below(home: Home) -> None:
    async with home.run() as (app, pilot):
        view = app.chat.view
        message = answer(ANSWER, status=None)
        view.begin(message, (1, 1), lambda: ReplyState("writing"))
        await pilot.pause()
        await pilot.press("pageup")
        await until(pilot, lambda: "more below" in screen_text(app) and "● writing ─" in screen_text(app))
        view.end()
        await until(pilot, lambda: "● writing ─" not in screen_text(app) and "more below" in screen_text(app))


async def test_a_thread_opens_where_it_was_left_after_a_restart_too(home: Home) -> None:
    async with home.run() as (app, pilot):
        thread = await opened(home, app, pilot)
        await pilot.press("pageup", "pageup")
        await pilot.pause()
        place = app.chat.view.place
        assert place is not None
        await pilot.press("ctrl+n")
        await until(pilot, lambda: app.chat.conversation.thread.id != thread.id)
        await app.chat.threads.switch_to(thread.id)
        await until(pilot, lambda: app.chat.view.place == place)
        await pilot.press("pageup")
        place = app.chat.view.place
        await app.action_quit()
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await until(pilot, lambda: app.chat.view.place == place)
        app.chat.view.go_to_end()
        await app.action_quit()
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await until(pilot, lambda: bool(app.chat.view.messages))
        assert app.chat.view.place is None


@pytest.mark.parametrize("columns", [2, 6, 14, 40])
@pytest.mark.parametrize("width", [16, 56, 96])
def test_a_wide_table_keeps_every_cell_within_the_width(columns: int, width: int) -> None:
    cells = [[f"r{row}c{column}x" for column in range(columns)] for row in range(3)]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    drawn = plain("\n".join([lines[0], "|---" * columns + "|", *lines[1:]]), width)
    assert all(cell in drawn for row in cells for cell in row)
    assert max(map(cell_len, drawn.split("\n"))) <= width


def test_a_long_line_of_code_hangs_at_its_indent() -> None:
    code = "if x:\n    " + "word " * 12 + "\n    # " + "中文注释" * 8 + "\n" + " " * 4 + "y" * 40
    assert plain(f"```\n{code}\n```", 40).split("\n") == [
        "┃ if x:",
        "┃     word word word word word word word",
        "┃     ↪ word word word word word",
        "┃     # " + "中文注释" * 4,
        "┃     ↪ " + "中文注释" * 4,
        "┃     " + "y" * 34,
        "┃     ↪ " + "y" * 6,
    ]


def asked_for_json(content: str, kind: str = "json_object") -> str:
    message = answer(content, parameters={"response_format": {"type": kind}})
    return "\n".join(row.text.rstrip() for row in Turn(message).rows(scene()))


def test_json_that_was_asked_for_is_set_out_with_its_own_digits() -> None:
    text = asked_for_json('{"a":[1.10,{}],"b":"x, {y}"}')
    assert '┃   "a": [\n┃     1.10,\n┃     {}\n┃   ],\n┃   "b": "x, {y}"\n┃ }' in text


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"a": 1,\n "b" 2}', "not valid JSON: line 2, column 6"),
        ('{"a": NaN}', "not valid JSON: NaN"),
        ("[1]", "valid JSON, but not an object"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_json_that_is_none_says_so(content: str, problem: str) -> None:
    assert problem in asked_for_json(content)


def test_json_that_nobody_asked_for_is_text() -> None:
    text = "\n".join(row.text for row in Turn(answer('{"a":')).rows(scene()))
    assert "valid" not in text


def test_code_is_coloured_only_up_to_a_size() -> None:
    comment = PAINTER.code_styles.of(Comment)

    def is_coloured(source: str) -> bool:
        return any(segment.style == comment for line in PAINTER.markdown(source, 80) for segment in line)

    line = "x = 'text'  # words\n"
    assert is_coloured(f"```python\n{line}```")
    assert not is_coloured(f"```python\n{line * 3_000}```")
    assert not is_coloured(f"```python\n#{'x' * 1_500}\n```")


async def test_a_key_lets_long_lines_of_code_be_scrolled_sideways(home: Home) -> None:
    code = "first = 1\n" + "x" * 50 + "y" * 60 + "END\n"
    long = answer("above\n\n" * 30 + f"```python\n{code}```\n\nbelow")
    async with home.run(size=(80, 24)) as (app, pilot):
        view = app.chat.view
        view.show([long], {})
        await until(pilot, lambda: "↪ " in screen_text(app))
        await pilot.press("alt+w")
        await until(pilot, lambda: "›" in screen_text(app) and "↪" not in screen_text(app))
        assert "┃ first = 1" in screen_text(app)
        await pilot.press(*["alt+l"] * 20)
        await until(pilot, lambda: "yEND" in screen_text(app) and "┃‹" in screen_text(app))
        await pilot.press(*["alt+h"] * 20)
        await until(pilot, lambda: "┃ first = 1" in screen_text(app))
        await pilot.press("alt+w")
        await until(pilot, lambda: "↪ " in screen_text(app))
        view.show([long], {}, place=(long.id, 30))
        top = view.render_line(0).text
        await pilot.press("alt+w")
        assert view.render_line(0).text == top
