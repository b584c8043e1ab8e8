"""The prompt as a user has it: chips, files, pastes, earlier prompts, slash commands, an editor."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import OptionList

from chat_tui.domain.conversation.draft import Attachment, Paste
from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.ports.files import WebPage
from chat_tui.session import autosave
from chat_tui.storage.attachments.reader import FileAttachments
from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat.prompt.completion import commands_for, not_a_command
from chat_tui.ui.chat.prompt.completion_list import Completion
from chat_tui.ui.dialogs.question import AskPage
from chat_tui.ui.services import Start
from chat_tui.ui.text.chips import TOKEN, Chips
from chat_tui.ui.text.dropped_files import dropped_paths
from tests.pilot import key_event, type_ahead
from tests.servers import ScriptedServer, hello
from tests.ui.conftest import Home, screen_text, until

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "DELAY", 0.01)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    (folder / "docs").mkdir(parents=True)
    (folder / "report.md").write_text("# Report\n")
    (folder / "docs/a b.png").write_bytes(PNG)
    (folder / "blob.bin").write_bytes(b"\0\1")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(autouse=True)
async def server(home: Home) -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(hello(), hello(), hello()) as server:
        home.use_server(server.url)
        yield server


async def paste(app: ChatApp, pilot: Pilot[None], text: str) -> None:
    app.chat.prompt.post_message(events.Paste(text))
    await pilot.pause()


def chips(app: ChatApp) -> list[Paste | Attachment]:
    return [each for each in app.chat.prompt.draft.pieces if not isinstance(each, str)]


def offered(app: ChatApp) -> list[str]:
    """The ids of what the open list offers."""
    lists = [each for each in app.chat.query(Completion) if each.is_open]
    return [option.id or "" for each in lists for option in each.options]


def told(app: ChatApp) -> str:
    """The notices, which the screen wraps."""
    return "\n".join(each.message for each in app._notifications)


async def sent(app: ChatApp, pilot: Pilot[None], server: ScriptedServer) -> object:
    """Sends the prompt; the content of the turn as the server got it."""
    await pilot.press("enter")
    await until(pilot, lambda: bool(app.chat.conversation.thread.messages) and not app.chat.conversation.is_busy)
    return [each for each in server.requests if each.body][-1].json["messages"][-1]["content"]


# Its size


@pytest.mark.parametrize(("size", "most"), [((120, 40), 13), ((60, 20), 6)])
async def test_the_prompt_grows_to_a_third_of_the_screen(home: Home, size: tuple[int, int], most: int) -> None:
    async with home.run(size=size) as (app, pilot):
        prompt = app.chat.prompt
        assert prompt.size.height == 1
        prompt.insert("雪山有多高" * (prompt.size.width // 10) + "\n" + "雪山" * prompt.size.width)
        await pilot.pause()
        assert prompt.outer_size.height == min(most, 2 + prompt.wrapped_document.height)
        assert prompt.wrapped_document.height >= 5
        prompt.insert("\nline" * 50)
        await pilot.pause()
        assert prompt.outer_size.height == most
        await until(pilot, lambda: "line" in screen_text(app).splitlines()[-4])


# Chips


async def test_a_long_paste_is_one_chip_and_is_sent_whole(home: Home, server: ScriptedServer) -> None:
    long = "\n".join(f"line {number} of a log" for number in range(10_000))
    async with home.run() as (app, pilot):
        await pilot.press(*"Why ")
        begun = time.perf_counter()
        await paste(app, pilot, long)
        took = time.perf_counter() - begun
        assert "Why  10,000 pasted lines · alt+u expand" in screen_text(app)
        assert len(app.chat.prompt.text) < 60, "the text area has nothing but the token"
        assert took < 1
        assert await sent(app, pilot, server) == f"Why {long}"
        assert app.chat.prompt.text == ""
        await until(pilot, lambda: "Why ▪ 10,000 pasted lines\n" in re.sub(" *\n *", "\n", screen_text(app)))


async def test_a_chip_is_one_character_to_the_keys(home: Home) -> None:
    async with home.run() as (app, pilot):
        prompt = app.chat.prompt
        await pilot.press("a")
        await paste(app, pilot, "x\n" * 30)
        await pilot.press("b", "left", "left")
        assert prompt.cursor_location == (0, 1), "left crosses it in one step"
        await pilot.press("right")
        end = len(prompt.text) - 1
        assert prompt.cursor_location == (0, end)
        prompt.move_cursor((0, 5))
        assert prompt.cursor_location == (0, 1), "nothing leads into it"
        await pilot.press("delete")
        assert (prompt.text, chips(app)) == ("ab", [])
        await pilot.press("alt+z")
        assert chips(app) == [Paste("x\n" * 30)]
        prompt.move_cursor((0, end))
        await pilot.press("backspace")
        assert prompt.text == "ab"
        await pilot.press("alt+z")
        prompt.move_cursor((0, end + 1))
        await pilot.press("ctrl+w")
        await pilot.press("ctrl+w")
        assert chips(app) == [], "half a word is never left of it"
        assert not re.search("[\U0010ff00-\U0010fffd]", prompt.text)


async def test_cut_and_copy_take_what_a_chip_stands_for(home: Home) -> None:
    long = "x\n" * 30
    async with home.run() as (app, pilot):
        await paste(app, pilot, long)
        app.chat.prompt.select_all()
        await pilot.press("ctrl+x")
        assert (app.clipboard, app.chat.prompt.text) == (long, "")
        await pilot.press("ctrl+v")
        assert chips(app) == [Paste(long)]


async def test_no_text_forges_a_chip(home: Home) -> None:
    forged = Chips(lambda: "").token(Paste("x"))
    assert forged
    assert TOKEN.fullmatch(forged)
    async with home.run() as (app, pilot):
        await paste(app, pilot, "real\n" * 30)
        await paste(app, pilot, forged)
        app.chat.prompt.set_draft(app.chat.prompt.draft)
        assert chips(app) == [Paste("real\n" * 30)]
        app.chat.prompt.set_text(forged)
        assert chips(app) == []
        await paste(app, pilot, f"{forged}\n" * 30)
        assert chips(app) == [Paste(f"{forged}\n" * 30)], "within a chip it is data, and sent as it is"
        await pilot.press("alt+u")
        assert chips(app) == []


async def test_a_paste_unfolds(home: Home) -> None:
    async with home.run() as (app, pilot):
        await paste(app, pilot, "x\n" * 30)
        await pilot.press(*" and", "alt+u")
        assert app.chat.prompt.text == "x\n" * 30 + " and"
        await pilot.press("alt+u")
        await until(pilot, lambda: "No collapsed paste" in told(app))


async def test_a_draft_with_chips_survives_the_program(home: Home, folder: Path, server: ScriptedServer) -> None:
    long = "\n".join(f"log {number}" for number in range(5_000))
    async with home.run() as (app, pilot):
        await paste(app, pilot, f"{folder}/report.md")
        await until(pilot, lambda: len(chips(app)) == 1)
        await pilot.press("ctrl+j", *"Why?", "ctrl+j")
        await paste(app, pilot, long)
    (path,) = home.paths.threads.glob("*.json")
    assert json.loads(path.read_text())["draft"] == f'@"{folder}/report.md"\nWhy?\n{long}'
    async with home.run(Start(resume="")) as (app, pilot):
        await until(pilot, lambda: len(chips(app)) == 2)
        assert [type(each) for each in chips(app)] == [Attachment, Paste]
        assert await sent(app, pilot, server) == f"Why?\n{long}\n\n```md report.md\n# Report\n```"


# Files


async def test_a_file_is_completed_and_goes_in_as_a_block(home: Home, folder: Path, server: ScriptedServer) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"Sum up @")
        await until(pilot, lambda: offered(app) == ["blob.bin", "docs/", "report.md"])
        await pilot.press(*"rep")
        await until(pilot, lambda: offered(app) == ["report.md"])
        (folder / "report.md").write_text("# Report, second edition\n")
        await pilot.press("tab")
        await until(pilot, lambda: len(chips(app)) == 1)
        (folder / "report.md").unlink()
        assert "Sum up  report.md 25 B" in screen_text(app)
        assert app.focused is app.chat.prompt
        assert await sent(app, pilot, server) == "Sum up report.md \n\n```md report.md\n# Report, second edition\n```"
        await until(pilot, lambda: "▪ report.md · text · 25 B" in screen_text(app))
        assert "second edition" not in screen_text(app)


async def test_another_thread_is_found_by_its_title_and_goes_in_as_a_block(home: Home, server: ScriptedServer) -> None:
    thread = Thread(title="On towers")
    thread.add(Role.USER, "How high?")
    async with home.run() as (app, pilot):
        await app.services.store.save(thread)
        await pilot.press(*"See @thread:tow")
        await until(pilot, lambda: offered(app) == [f"thread:{thread.id} On towers"])
        await pilot.press("tab")
        await until(pilot, lambda: len(chips(app)) == 1)
        text = await sent(app, pilot, server)
        assert text == "See On towers \n\n```markdown On towers\n# On towers\n\n## user\n\nHow high?\n```"


async def test_a_directory_goes_on_and_an_image_goes_as_a_data_url(
    home: Home, folder: Path, server: ScriptedServer
) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"看@do")
        await until(pilot, lambda: offered(app) == ["docs/"])
        await pilot.press("enter")
        await until(pilot, lambda: offered(app) == ["docs/a b.png"])
        await pilot.press("enter", "enter")  # the second while the file may still be read: it waits for it
        await until(pilot, lambda: bool(app.chat.conversation.thread.messages) and not app.chat.conversation.is_busy)
        text, image = next(each for each in server.requests if each.body).json["messages"][0]["content"]
        await until(pilot, lambda: "▪ a b.png · png · 28 B" in screen_text(app))
    assert text == {"type": "text", "text": "看a b.png "}
    assert image["image_url"]["url"].startswith("data:image/png;base64,iVBORw0KGgo")


async def test_a_file_that_can_not_be_sent_is_refused_at_once(home: Home, folder: Path, server: ScriptedServer) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"@blob")
        await until(pilot, lambda: offered(app) == ["blob.bin"])
        held, read = asyncio.Event(), app.services.attachments.read

        async def slow(name: str) -> Attachment:
            await held.wait()
            return await read(name)

        app.services.attachments.read = slow  # type: ignore[method-assign]
        await type_ahead(app, "enter", "enter")
        held.set()
        await until(pilot, lambda: "blob.bin is not a text file" in told(app))
        await pilot.pause()
        assert app.chat.prompt.text == "@blob.bin ", "sent before it was read, and yet not sent"
        assert server.requests == []


async def test_a_model_without_eyes_is_not_sent_an_image(home: Home, folder: Path, server: ScriptedServer) -> None:
    async with home.run() as (app, pilot):
        known = app.services.backend.known_models()
        listed = [replace(one, models=tuple(replace(m, modalities=("text",)) for m in one.models)) for one in known]
        app.services.backend.known_models = lambda: listed  # type: ignore[method-assign]
        await paste(app, pilot, f"'{folder}/docs/a b.png'")
        await until(pilot, lambda: len(chips(app)) == 1)
        await pilot.press("enter")
        await until(pilot, lambda: "does not read images" in told(app))
        assert len(chips(app)) == 1, "the prompt is given back as it was"
        assert server.requests == []


async def test_several_dropped_files_are_a_chip_each_and_a_refusal_says_why(home: Home, folder: Path) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"See ")
        await paste(app, pilot, f"'{folder}/docs/a b.png' {folder}/report.md\n")
        await until(pilot, lambda: len(chips(app)) == 2)
        assert app.chat.prompt.draft.pieces[0] == "See "
        await paste(app, pilot, f"file://{folder}/report.md\r\nfile://{folder}/docs\r\n")
        await until(pilot, lambda: len(chips(app)) == 3)
        assert "docs is a directory" in told(app)
        assert f"{folder}/docs" in app.chat.prompt.text, "it stays as it was pasted"
        await paste(app, pilot, f"{folder}/blob.bin")
        await until(pilot, lambda: "blob.bin is not a text file" in told(app))
        await paste(app, pilot, f"{folder}/report.md\n{folder}/gone.md")
        await pilot.pause()
        assert len(chips(app)) == 3, "that was text"


async def test_a_sent_chip_stays_a_chip_and_the_title_is_what_was_typed(
    home: Home, folder: Path, server: ScriptedServer
) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"Why?")
        await paste(app, pilot, "x\n" * 29 + "x")
        await paste(app, pilot, f"'{folder}/docs/a b.png'")
        await until(pilot, lambda: len(chips(app)) == 2)
        await until(pilot, lambda: "draft ~" in screen_text(app))
        assert "+ 1 image" in screen_text(app)
        await sent(app, pilot, server)
        assert app.chat.conversation.thread.title == "Why?"
    async with home.run(Start(resume="")) as (app, pilot):
        await until(pilot, lambda: "▪ a b.png · png · 28 B" in screen_text(app))
        shown = screen_text(app)
        assert "Why? ▪ 30 pasted lines a b.png" in shown
        assert "enter expand" in shown
        assert "draft ~" not in shown
        await pilot.press("up", "up", "enter")
        await until(pilot, lambda: screen_text(app).count("x ") >= 20)


async def test_a_page_is_fetched_when_the_user_says_so_and_never_else(home: Home, server: ScriptedServer) -> None:
    asked: list[str] = []

    async def fetch(url: str, limit: int) -> WebPage:
        asked.append(url)
        return WebPage(b"Words", "text/plain", "")

    async with home.run() as (app, pilot):
        home.container.attachments = FileAttachments(fetch)
        app.chat.composer.completing._files = app.chat.composer.files._attachments = app.services.attachments
        await paste(app, pilot, "https://a.example/p")
        await pilot.press("ctrl+a", "delete", *"@https://a.example/p")
        await until(pilot, lambda: offered(app) == ["https://a.example/p"])
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(app.screen, AskPage))
        await until(pilot, lambda: "enter fetch and attach   esc cancel" in screen_text(app))
        assert asked == []
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.chat)
        assert (asked, chips(app)) == ([], [])
        app.chat.prompt.set_text('@"https://a.example/p"')  # a draft of yesterday
        app.chat.composer.files.attach_again()
        await pilot.press("ctrl+a", "delete", *"@https://a.example/p")
        await until(pilot, lambda: offered(app) == ["https://a.example/p"])
        assert asked == []
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(app.screen, AskPage))
        await pilot.press("enter")
        await until(pilot, lambda: len(chips(app)) == 1)
        assert asked == ["https://a.example/p"]
        await until(pilot, lambda: "a.example/p 5 B" in screen_text(app))


async def test_what_is_pasted_as_text_attaches_nothing(home: Home, folder: Path, server: ScriptedServer) -> None:
    async with home.run() as (app, pilot):
        await paste(app, pilot, f"see @{folder}/report.md")
        await paste(app, pilot, " report.md")
        await pilot.press("x")
        assert await sent(app, pilot, server) == f"see @{folder}/report.md report.mdx"


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("/a/b.txt ", [[["/a/b.txt"]]]),
        ("'/a/it is.txt'\n", [[["/a/it is.txt"]]]),
        (r"/a/it\ is\'.txt", [[["/a/it is'.txt"]]]),
        ("file:///a/it%20is.txt", [[["/a/it is.txt"]]]),
        ("file://host/a", []),
        ("~/x", [[["~/x"]]]),
        ("./x", [[["./x"]]]),
        ("word.txt", []),
        ("/a\n/b\n", [[["/a"]], [["/b"]]]),
        ("file:///a\r\nfile:///b\r\n", [[["/a"]], [["/b"]]]),
        ("'/a' '/b c' ", [[["/a", "/b c"]]]),
        (r"/a\ b /c", [[["/a b", "/c"]]]),
        ("/a b /c", [[["/a b /c"]]]),
        ("/a /b", [[["/a /b"], ["/a", "/b"]]]),
        ("/a\nwords", []),
        ("'/a' word", []),
        ("'/open", []),
        ("", []),
    ],
)
def test_the_paths_that_terminals_paste(text: str, paths: list[list[list[str]]]) -> None:
    assert dropped_paths(text) == paths


async def test_escape_closes_the_list_until_another_word(home: Home, folder: Path) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"@r")
        await until(pilot, lambda: offered(app) == ["report.md"])
        await pilot.press("escape", "e")
        await pilot.pause()
        assert offered(app) == []
        await pilot.press(*" @r")
        await until(pilot, lambda: offered(app) == ["report.md"])


# Slash commands


async def test_a_slash_offers_the_commands_and_enter_runs_one(home: Home) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"/mo")
        await until(pilot, lambda: offered(app)[:1] == ["model_picker"])
        await pilot.press("enter")
        await until(pilot, lambda: type(app.screen).__name__ == "ModelPicker")
        assert app.chat.prompt.text == ""


async def test_a_text_with_a_slash_that_is_no_command_is_sent(home: Home, server: ScriptedServer) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"/")
        assert {"new_thread", "quit", "prompt_history"} <= {*offered(app)}
        await pilot.press(*"etc/hosts is what?")
        assert offered(app) == []
        assert await sent(app, pilot, server) == "/etc/hosts is what?"


async def test_the_list_stands_right_above_the_prompt_and_moves_nothing(home: Home) -> None:
    async with home.run(size=(60, 20)) as (app, pilot):
        before = screen_text(app).splitlines()
        await pilot.press("/")
        await until(pilot, lambda: "/effort" in screen_text(app))
        after = screen_text(app).splitlines()
        height = 20 // 3
        top = next(number for number, line in enumerate(after) if line.startswith("╭")) - height
        assert all(line.startswith("  /") for line in after[top : top + height])
        assert after[:top] == before[:top]
        assert after[-5] == before[-5], "the prompt stays where it is"


async def test_a_command_that_is_typed_is_no_draft_and_a_draft_is_a_new_thread(home: Home) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"/mode")
        await pilot.pause()
        assert app.chat.composer.stored == ""
        await pilot.press("escape", *"ls of mine")
        assert app.chat.composer.stored == "/models of mine"
        await app.chat.conversation.session.save()
        app.chat.threads.refresh_threads()
        await until(pilot, lambda: "New thread" in screen_text(app))
        assert "models of mine" not in "\n".join(line[:26] for line in screen_text(app).splitlines())


# Earlier prompts


async def test_earlier_prompts_come_back_and_so_does_the_draft(home: Home, server: ScriptedServer) -> None:
    async with home.run() as (app, pilot):
        for text in ("first", "second"):
            app.chat.prompt.insert(text)
            await sent(app, pilot, server)
        await until(pilot, lambda: len(home.paths.prompts_file.read_text().splitlines()) == 2)
        await pilot.press("ctrl+n", *"draft")
        for key, text in (("up", "second"), ("up", "first"), ("up", "first"), ("down", "second"), ("down", "draft")):
            await pilot.press(f"ctrl+{key}")
            await until(pilot, lambda text=text: app.chat.prompt.text == text)  # type: ignore[misc]
        await pilot.press("ctrl+up")
        await until(pilot, lambda: app.chat.prompt.text == "second")
        assert app.chat.composer.stored == "draft", "what is only looked at is no draft"
        await pilot.press("!")
        assert app.chat.composer.stored == "second!\n\ndraft", "nothing that was typed is out of the file"
        assert await sent(app, pilot, server) == "second!"
        assert app.chat.prompt.text == "draft"


async def test_the_history_is_searched(home: Home, server: ScriptedServer) -> None:
    async with home.run() as (app, pilot):
        for text in ("about cats", "about dogs"):
            app.chat.prompt.insert(text)
            await sent(app, pilot, server)
        await pilot.press(*"/prompt-h", "enter")
        await until(pilot, lambda: type(app.screen).__name__ == "HistoryPicker")
        await pilot.press(*"cats")
        await until(pilot, lambda: app.screen.query_one("#rows").option_count == 1)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: app.chat.prompt.text == "about cats")


def rows(app: ChatApp) -> int:
    return app.screen.query_one("#rows", OptionList).option_count


async def test_a_prompt_is_deleted_from_the_history_by_two_presses_not_by_a_held_key(
    home: Home, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_tui.ui.widgets.confirmation.REPEAT", 0.12)
    async with home.run() as (app, pilot):
        for text in ("about cats", "about dogs"):
            await pilot.press("ctrl+n")
            app.chat.prompt.insert(text)
            await sent(app, pilot, server)
        await until(pilot, lambda: len(home.paths.prompts_file.read_text().splitlines()) == 2)

        async def press(*times: float) -> None:
            for each in times:
                event = key_event("ctrl+d")
                event.time = began + each
                app.post_message(event)
            await pilot.pause()

        await pilot.press(*"/prompt-h", "enter")
        await until(pilot, lambda: type(app.screen).__name__ == "HistoryPicker")
        began = time.monotonic()
        await press(0.0, 0.5, 0.53, 0.56, 0.59)  # held down
        assert rows(app) == 2
        assert "again to delete" in screen_text(app)
        await press(0.9)
        assert rows(app) == 2
        assert "delete its message there" in screen_text(app), "it is the open thread's"
        await pilot.press("down")
        await press(2.0)
        await press(2.3)
        await until(pilot, lambda: rows(app) == 1)
        assert "about cats" not in home.paths.prompts_file.read_text()


# The editor


async def test_chips_survive_the_editor(home: Home, folder: Path, server: ScriptedServer) -> None:
    long = "log\n" * 30
    async with home.run() as (app, pilot):
        await paste(app, pilot, f"{folder}/report.md")
        await until(pilot, lambda: len(chips(app)) == 1)
        (folder / "report.md").write_text("changed since")
        await pilot.press(" ")
        await paste(app, pilot, long)
        app.chat.composer.edited(app.chat.prompt.draft.stored + "Why?")
        await pilot.pause()
        assert [type(each) for each in chips(app)] == [Attachment, Paste]
        assert await sent(app, pilot, server) == f"report.md {long}Why?\n\n```md report.md\n# Report\n```"


async def test_an_unknown_command_is_sent_only_at_the_second_enter(home: Home, server: ScriptedServer) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"/modle")
        await until(pilot, lambda: "No command /modle" in screen_text(app) and "/model-picker" in screen_text(app))
        await pilot.press("enter")
        assert server.requests == []
        assert app.chat.prompt.text == "/modle"
        await pilot.press("enter")
        await until(pilot, lambda: bool(server.requests))
        assert app.chat.prompt.text == ""


async def test_an_unknown_command_that_was_deleted_is_asked_for_again(home: Home, server: ScriptedServer) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"/frobnicate now", "enter")
        await until(pilot, lambda: "No command /frobnicate" in told(app))
        app.chat.prompt.set_text("")
        await pilot.pause()
        await pilot.press(*"/frobnicate now", "enter")
        await pilot.pause()
        assert server.requests == []
        assert app.chat.prompt.text == "/frobnicate now"


async def test_an_unknown_command_with_words_behind_it_is_asked_for_once(home: Home, server: ScriptedServer) -> None:
    async with home.run() as (app, pilot):
        await pilot.press(*"/frobnicate now", "enter")
        await until(pilot, lambda: "No command /frobnicate" in told(app))
        assert server.requests == []
        await pilot.press("enter")
        await until(pilot, lambda: bool(server.requests))


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("retry", "regenerate"),
        ("model", "model_picker"),
        ("new", "new_thread"),
        ("system", "system_prompt"),
        ("export", "export_thread"),
        ("theme", "themes"),
        ("keys", "help"),
        ("help", "help"),
        ("exit", "quit"),
        ("rename", "rename_thread"),
        ("delete", "delete_thread"),
    ],
)
def test_what_other_programs_call_a_command_runs_it(typed: str, command: str) -> None:
    assert commands_for(typed)[0].id == command


def test_a_path_is_no_command() -> None:
    assert not_a_command("/usr/bin is a folder") == ""
    assert not_a_command("/frobnicate") == "No command /frobnicate."
    assert not_a_command("/quit now") == "/quit takes no arguments."
    assert not_a_command("/model gpt") == ""
    assert not_a_command("/model") == ""
