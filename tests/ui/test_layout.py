"""What fits where: whole words and numbers, keys in sight, and nothing laid over what is being written."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from textual.widgets import OptionList

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.settings import PromptTemplate
from chat_tui.storage.settings.prompt_library import FilePrompts
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.ui.app import ChatApp
from chat_tui.ui.dialogs.help import Help
from chat_tui.ui.dialogs.threads.finder import ThreadPicker
from chat_tui.ui.services import Start
from chat_tui.ui.text.sanitizer import cut
from tests.servers import Reply, ScriptedServer
from tests.storage.conftest import a_thread
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_chat import held_answer, type_and_send
from tests.ui.within import DIALOGS, go_to, leave, with_a_thread

SMALL = (60, 20)
LONG_MODEL = "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8-with-a-name-that-goes-on"


def rows(app: ChatApp) -> list[str]:
    return screen_text(app).splitlines()


@pytest.mark.parametrize("size", [SMALL, (120, 40)])
async def test_a_notice_leaves_the_prompt_and_the_bars_in_sight(home: Home, size: tuple[int, int]) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run(size=size, notices=True) as (app, pilot):
        app.chat.prompt.insert("What I am writing")
        await pilot.pause()
        before = rows(app)
        app.notify("The thread is kept. " * 8, title="Archived")
        await until(pilot, lambda: "Archived: The thread is kept." in rows(app)[-2])
        after = rows(app)
        assert not [toast for toast in app.screen.query("Toast") if toast.region.area]
    assert after[-5:-2] + after[-1:] == before[-5:-2] + before[-1:]


async def test_the_way_back_is_in_sight_in_every_dialog_of_a_small_window(home: Home) -> None:
    async with with_a_thread(home) as (app, pilot):
        await pilot.resize_terminal(*SMALL)
        for scope in DIALOGS:
            print(scope)  # pytest shows it beside a failure
            await go_to(app, pilot, scope)
            await until(pilot, lambda: " esc " in screen_text(app))
            await leave(app, pilot)


async def test_the_help_is_in_sight_in_a_small_window(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run(size=SMALL) as (app, _):
        assert rows(app)[-1].split("   ")[:5] == [" enter send", "^l model", "^s system", "^o threads", "… f1"]


async def test_a_list_has_the_whole_of_a_low_window(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run(size=SMALL) as (app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: bool(app.screen.query(OptionList)) and "New line" in screen_text(app))
        assert app.screen.query_one(OptionList).size.height >= 14


async def test_what_does_not_fit_the_status_line_is_left_out_whole(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run(size=SMALL) as (app, pilot):
        app.chat.status.left = "a model · system prompt · t 0.2"
        app.chat.status.right = "~12% of 65.5k · $0.0010 · next ~$0.000058"
        await pilot.pause()
        line = rows(app)[-2]
    assert line.rstrip().endswith("~12% of 65.5k · $0.0010")


async def test_an_archived_thread_says_so_while_it_is_on_the_screen(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    thread = a_thread("question", "answer", title="A thread")
    await FileThreadStore(home.paths).save(thread)
    async with home.run(Start(resume=thread.id), size=SMALL) as (app, pilot):
        await until(pilot, lambda: "answer" in screen_text(app))
        app.chat.action_flow("archive_thread")
        await until(pilot, lambda: "archived" in rows(app)[0])
        app.chat.action_flow("archive_thread")
        await until(pilot, lambda: "archived" not in rows(app)[0])


async def test_a_queued_prompt_is_shown_under_the_answer_with_the_key_that_edits_it(home: Home) -> None:
    held = asyncio.Event()
    async with ScriptedServer(held_answer(held, "One")) as server:
        home.use_server(server.url)
        async with home.run(size=SMALL) as (app, pilot):
            await type_and_send(app, pilot, "First")
            await until(pilot, lambda: app.chat.conversation.session.is_streaming)
            await type_and_send(app, pilot, "A second prompt that is longer than the line is wide")
            await until(pilot, lambda: any("A second prompt that is longer" in row for row in rows(app)))
            assert any("queued · esc edit" in row for row in rows(app))
            await pilot.press("escape")
            held.set()
            await until(pilot, lambda: not app.chat.conversation.is_busy)


async def test_a_wait_for_another_try_reads_as_one_sentence(home: Home) -> None:
    async with ScriptedServer(Reply(status=429, headers={"Retry-After": "30"})) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await type_and_send(app, pilot, "Hi")
            await until(pilot, lambda: "Rate limited by Work · retrying in" in screen_text(app))


async def test_a_long_model_name_is_cut_where_the_window_ends_and_comes_back_with_it(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    home.configure(home.paths.config_file.read_text().replace("model-a", LONG_MODEL))
    async with home.run(size=SMALL) as (app, pilot):
        middle = "\n".join(rows(app)[1:-5])
        assert " meta-llama" in middle
        assert "…" in middle
        await pilot.resize_terminal(110, 20)
        await until(pilot, lambda: "-FP8-wi… · Work" in "\n".join(rows(app)[1:-5]))


async def test_a_long_model_name_stays_apart_from_its_provider(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    home.configure(home.paths.config_file.read_text().replace("model-a", LONG_MODEL))
    for size in (SMALL, (120, 40)):
        async with home.run(size=size) as (app, pilot):
            await pilot.press("ctrl+l")
            await until(pilot, lambda app=app: re.search(r"(…|goes-on)  +Work", screen_text(app)) is not None)  # type: ignore[misc]


async def test_names_in_the_library_keep_to_one_row(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    await FilePrompts(home.paths).save(PromptTemplate("translator-with-a-long-name", "Translate into French"))
    async with home.run(size=SMALL) as (app, pilot):
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "translator" in screen_text(app))
        at = next(number for number, row in enumerate(rows(app)) if "translator" in row)
        assert rows(app)[at].rstrip().endswith("…")
        assert "Translate into" in rows(app)[at + 1]


async def test_the_help_is_folded_not_cut(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run(size=(44, 100)) as (app, pilot):
        await pilot.press("f1", "tab")
        await until(pilot, lambda: isinstance(app.screen, Help) and "edit_message" in screen_text(app))
        assert "Edit a message as a new branch; the original is kept." in " ".join(
            screen_text(app).replace("▌", " ").split()
        )


async def test_a_thread_without_tags_has_no_mark_of_cut_ones(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    thread = Thread(title="雪山有多高" * 10)
    thread.add(Role.USER, "?")
    await FileThreadStore(home.paths).save(thread)
    for width in (59, 60, 61, 62):
        async with home.run(size=(width, 20)) as (app, pilot):
            await pilot.press("ctrl+o")
            await until(pilot, lambda app=app: isinstance(app.screen, ThreadPicker) and "雪山" in screen_text(app))  # type: ignore[misc]
            row = next(each for each in rows(app) if "雪山" in each)
            assert row.count("…") == 1


async def test_an_empty_history_says_so(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        app.chat.action_flow("prompt_history")
        await until(pilot, lambda: "No prompts yet." in screen_text(app))


async def test_a_file_s_long_name_is_cut_in_the_list(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"a-{'long-' * 14}name.txt").write_text("x")
    home.use_server("http://127.0.0.1:9")
    async with home.run(size=SMALL) as (app, pilot):
        app.chat.prompt.insert("@a-")
        await until(pilot, lambda: any(row.startswith("  a-long") and row.rstrip().endswith("…") for row in rows(app)))


@pytest.mark.parametrize(
    ("text", "cells", "shown"), [("two words", 5, "two…"), ("雪山高", 5, "雪山…"), ("ab", 2, "ab")]
)
def test_no_blank_stands_before_the_ellipsis(text: str, cells: int, shown: str) -> None:
    assert cut(text, cells) == shown
