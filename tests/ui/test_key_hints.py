"""The key bar names keys that do something now, and no others."""

from __future__ import annotations

import pytest
from rich.color import Color
from textual.content import Content

from chat_tui.domain.conversation.message import Role
from chat_tui.ui.chat.bars.key_hints import SelectedMessage, hints_for, hints_while_writing
from chat_tui.ui.chat.sidebar.thread_list import ThreadList
from chat_tui.ui.widgets.bars import KeyBar
from tests.servers import CUT, Reply, ScriptedServer, delta, sse
from tests.ui.conftest import Home, screen_text, until


def words(message: SelectedMessage) -> set[str]:
    return {word for _, word in hints_for(message)}


def test_a_prompt_is_not_continued_and_has_no_code_to_copy() -> None:
    assert not {"continue", "copy code", "versions", "compare", "expand", "levels", "ask again"} & words(
        SelectedMessage()
    )


@pytest.mark.parametrize(
    ("message", "word"),
    [
        (SelectedMessage(is_answer=True, can_continue=True), "continue"),
        (SelectedMessage(is_answer=True, has_code=True), "copy code"),
        (SelectedMessage(versions=2), "versions"),
        (SelectedMessage(versions=2), "compare"),
        (SelectedMessage(can_unfold=True), "expand"),
        (SelectedMessage(is_answer=True, is_json=True), "levels"),
        (SelectedMessage(is_answer=True, is_invalid=True), "ask again"),
    ],
)
def test_what_a_message_has_is_named(message: SelectedMessage, word: str) -> None:
    assert word in words(message)


def test_nothing_is_changed_while_an_answer_is_written() -> None:
    busy = words(SelectedMessage(is_answer=True, is_busy=True, can_continue=True, is_invalid=True, versions=2))
    assert not {"edit", "delete", "continue", "versions", "ask again"} & busy
    assert "copy" in busy


def test_an_empty_message_has_nothing_to_copy() -> None:
    assert not {"copy", "blocks"} & words(SelectedMessage(has_text=False))


def test_the_prompt_names_what_an_answer_needs() -> None:
    def named(**state: bool) -> list[str]:
        usual = {"is_busy": False, "has_failed": False, "can_continue": False}
        return [word for _, word in hints_while_writing(queued=0, **{**usual, **state})]

    assert "stop" in named(is_busy=True)
    assert {"retry", "other model"} <= set(named(has_failed=True))
    assert "stop" not in named()
    assert named()[0] == "send"


def drawn(keys: tuple[tuple[str, str], ...], width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    bar = KeyBar()
    monkeypatch.setattr(KeyBar, "content_size", property(lambda self: type("Size", (), {"width": width})()))
    bar.set_reactive(KeyBar.keys, keys)
    bar.set_reactive(KeyBar.more, "f1")
    content = bar.render()
    assert isinstance(content, Content)
    return content.plain


def test_what_does_not_fit_is_behind_the_help_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = (("enter", "send"), ("^l", "model"), ("f1", "help"))
    assert drawn(keys, 40, monkeypatch) == "enter send   ^l model   f1 help"
    assert drawn(keys, 28, monkeypatch) == "enter send   ^l model   … f1"
    assert drawn(keys, 20, monkeypatch) == "enter send   … f1"


async def test_while_a_prompt_is_edited_the_bar_says_what_sending_does(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        message = app.chat.conversation.thread.add(Role.USER, "Hi")
        app.chat.threads.show_branch()
        await pilot.press("up")
        mark = next(each for each in app.chat.view.render_line(0) if each.text == "▌")
        assert mark.style is not None
        assert mark.style.bgcolor == Color.parse(app.palette.user), "the edge is still there"
        await pilot.press("e")
        await until(pilot, lambda: "enter send as new branch   esc cancel   ^l model" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "enter send   " in screen_text(app))
        assert message.content == "Hi"


async def test_the_keys_follow_the_focus(home: Home) -> None:
    answer = Reply([sse(delta("Half\n```\ncode\n"), done=False), CUT])
    async with ScriptedServer(answer) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            assert "enter send" in screen_text(app)
            await pilot.press(*"Hi", "enter")
            await until(
                pilot, lambda: bool(app.chat.conversation.thread.messages) and not app.chat.conversation.is_busy
            )
            await until(pilot, lambda: "^r retry" in screen_text(app))
            await pilot.press("up")
            assert {"c continue", "Y copy code"} <= shown(screen_text(app))
            await pilot.press("up")
            assert not {"c continue", "Y copy code", "enter send"} & shown(screen_text(app))
            await pilot.press("escape", "ctrl+f")
            assert {"enter next", "esc close"} <= shown(screen_text(app))
            assert "enter send" not in shown(screen_text(app))
            await pilot.press("escape")
            await until(pilot, lambda: bool(app.chat.query(ThreadList)))
            app.chat.query_one(ThreadList).focus()
            await until(pilot, lambda: "enter open" in shown(screen_text(app)))
            app.chat.prompt.focus()
            await pilot.press("/")
            await until(pilot, lambda: "enter insert" in shown(screen_text(app)))


def test_a_narrow_key_bar_keeps_the_way_back() -> None:
    commands = [command for command, _ in hints_for(SelectedMessage(has_code=True, can_continue=True, versions=2))]
    assert commands.index("leave_messages") < 4


def shown(text: str) -> set[str]:
    """The keys at the bottom edge."""
    return {each.strip() for each in text.split("\n")[-1].split("   ")}


async def test_selecting_leaves_the_view_where_a_row_of_the_message_is_in_it(home: Home) -> None:
    long = "\n\n".join(f"paragraph {number}" for number in range(60))
    async with ScriptedServer(Reply([sse(delta(long), delta(finish="stop"))])) as server:
        home.use_server(server.url)
        async with home.run(size=(100, 30)) as (app, pilot):
            await pilot.press(*"Hi", "enter")
            await until(pilot, lambda: "paragraph 59" in screen_text(app) and not app.chat.conversation.is_busy)
            before = app.chat.view.scroll_offset
            await pilot.press("up")
            assert app.chat.view.scroll_offset == before
            await pilot.press("v")
            await until(pilot, lambda: app.screen is not app.chat)
            assert app.chat.view.scroll_offset == before
            await pilot.press("escape", "escape")
            assert app.chat.view.scroll_offset == before
