"""The finder: rows and preview, going to the message that was found, and what can be done with a thread there."""

from __future__ import annotations

import asyncio

import pytest
from rich.color import Color
from textual.pilot import Pilot

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.search.results import SearchResult
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads.codec import encode
from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat.sidebar.thread_list import ThreadList
from chat_tui.ui.dialogs.question import AskTags, AskText
from chat_tui.ui.dialogs.threads.finder import ThreadPicker
from chat_tui.ui.dialogs.threads.preview import ThreadPreview
from chat_tui.ui.transcript.lines import LaidOutRows
from chat_tui.ui.transcript.markdown.document import Painter
from tests.storage.conftest import a_thread
from tests.ui.conftest import Home, screen_text, until


@pytest.fixture
def home(home: Home) -> Home:
    """With a long thread that has a branch, one with a Chinese title, and an archived one."""
    home.use_server("http://127.0.0.1:9")
    long, snow, old = (
        Thread(id="long", title="Long"),
        Thread(id="snow", title="雪山有多高", tags=["旅行"]),
        Thread(id="old"),
    )
    for number in range(40):
        long.add(Role.ASSISTANT if number % 2 else Role.USER, f"turn {number} " + "words " * 60)
    long.add(Role.USER, "the hidden platypus", parent=list(long.messages)[9])
    long.add(Role.ASSISTANT, "below the platypus")
    long.head = list(long.messages)[39]
    snow.add(Role.USER, "珠穆朗玛峰高 [bold]8848[/bold] 米")
    old.add(Role.USER, "An old question")
    old.archived = True
    home.paths.threads.mkdir(parents=True)
    for day, thread in ((3, long), (2, snow), (1, old)):
        thread.updated = f"2026-01-0{day}T00:00:00Z"
        (home.paths.threads / f"{thread.id}.json").write_bytes(encode(thread))
    return home


async def find(app: ChatApp, pilot: Pilot[None], query: str, shown: str) -> ThreadPicker:
    """Opens the finder and types; `shown` is on the screen then."""
    await pilot.press("ctrl+o")
    await until(pilot, lambda: isinstance(app.screen, ThreadPicker))
    picker = app.screen
    assert isinstance(picker, ThreadPicker)
    await until(pilot, lambda: bool(picker._result.hits))
    await pilot.press(*query)
    await until(pilot, lambda: shown in screen_text(app))
    return picker


async def loaded(app: ChatApp, thread_id: str) -> Thread:
    return await app.services.store.load(thread_id)


async def test_enter_goes_to_the_message_that_was_found(home: Home) -> None:
    async with home.run() as (app, pilot):
        picker = await find(app, pilot, '"turn 20 words"', "found in 1 of 42")
        wanted = picker._result.hits[0].message_id
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.chat and app.chat.conversation.thread.id == "long")
        view = app.chat.view
        await until(pilot, lambda: view.viewport.at(0)[0] == 20)
        assert app.chat.conversation.thread.messages[wanted or ""].content.startswith("turn 20 ")
        rows = [view.render_line(row).text for row in range(4)]
        assert any("turn 20 words" in row for row in rows)
        assert view.place is not None


async def test_a_message_on_another_branch_brings_its_branch(home: Home) -> None:
    async with home.run() as (app, pilot):
        await find(app, pilot, "hidden platypus", "found in")
        await pilot.press("enter")
        await until(pilot, lambda: "the hidden platypus" in screen_text(app))
        thread = app.chat.conversation.thread
        assert thread.messages[thread.head or ""].content == "below the platypus"
        assert [each.content for each in app.chat.view.messages] == [each.content for each in thread.branch()]


@pytest.mark.parametrize(("size", "preview"), [((120, 40), True), ((80, 30), True), ((60, 20), False)])
async def test_rows_and_preview_at_every_size(home: Home, size: tuple[int, int], preview: bool) -> None:
    async with home.run(size=size) as (app, pilot):
        picker = await find(app, pilot, "8848", "雪山有多高")
        await until(pilot, lambda: len(picker._result.hits) == 1 and not picker._looking)
        assert ("[bold]8848[/bold]" in screen_text(app)) is preview
        assert "#旅行" in screen_text(app)
        width = picker.query_one("#rows").size.width
        for hit in picker._result.hits:
            assert picker._row(hit.summary, [], width).cell_length <= width


async def test_the_preview_is_drawn_with_the_match_marked_and_only_when_it_changes(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Like **this**:\n\n```python\nfirst = 1\nplatypus = [2]  # 雪\n```\n\n**Done**."
    await FileThreadStore(home.paths).save(a_thread("How?", text, title="Code"))
    drawn: list[str] = []
    markdown = Painter.markdown

    def count(self: Painter, source: str, width: int) -> LaidOutRows:
        drawn.append(source)
        return markdown(self, source, width)

    monkeypatch.setattr(Painter, "markdown", count)
    async with home.run() as (app, pilot):
        picker = await find(app, pilot, "platypus", "┃ platypus = [2]  # 雪")
        preview = picker.query_one(ThreadPreview)
        rows = [preview.render_line(y) for y in range(preview.size.height)]
        assert [row.text.strip() for row in rows[2:6]] == ["┃ python", "┃ platypus = [2]  # 雪", "", "Done."]
        ground = Color.parse(app.palette.accent)
        assert [each.text for each in rows[3] if each.style and each.style.bgcolor == ground] == ["platypus"]
        before = len(drawn)
        picker.refill()
        await pilot.press("left", "right")
        await until(pilot, lambda: not picker._looking)
        assert len(drawn) == before
        assert drawn[-1].startswith("```python\nplatypus = [2]")


async def test_nothing_found_says_so_and_enter_does_nothing(home: Home) -> None:
    async with home.run() as (app, pilot):
        picker = await find(app, pilot, "xyzzy", "No matching thread.")
        await pilot.press("enter")
        await pilot.pause()
        assert app.screen is picker


async def test_pin_archive_tags_rename_and_copy_of_the_highlighted_thread(home: Home) -> None:
    async with home.run() as (app, pilot):
        picker = await find(app, pilot, "8848", "found in 1")
        await pilot.press("alt+p")
        await until(pilot, lambda: picker._result.hits[0].summary.pinned)
        await pilot.press("alt+a")
        await until(pilot, lambda: "archived" in screen_text(app).replace("is:archived", ""))
        await pilot.press("alt+t")
        await until(pilot, lambda: isinstance(app.screen, AskTags))
        await pilot.press(*", #snow snow", "enter")
        await until(pilot, lambda: picker._result.hits[0].summary.tags == ("旅行", "snow"))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: type(app.screen) is AskText)
        await pilot.press("end", "!", "enter")
        await until(pilot, lambda: picker._result.hits[0].summary.title == "雪山有多高!")
        await pilot.press("alt+c")
        await until(pilot, lambda: len(picker._result.hits) == 2)
        thread = await loaded(app, "snow")
        assert (thread.pinned, thread.archived, thread.tags, thread.title) == (
            True,
            True,
            ["旅行", "snow"],
            "雪山有多高!",
        )
        copy = next(each.summary for each in picker._result.hits if each.summary.id != "snow")
        assert copy.title == "雪山有多高! (copy)"


async def test_archiving_takes_the_thread_off_the_list_and_the_filter_finds_it(home: Home) -> None:
    async with home.run() as (app, pilot):
        picker = await find(app, pilot, "", "雪山有多高")
        assert [each.summary.id for each in picker._result.hits] == ["long", "snow"]
        await pilot.press("alt+a")
        await until(pilot, lambda: [each.summary.id for each in picker._result.hits] == ["snow"])
        assert picker.chosen() == "snow"
        await pilot.press(*"is:archived")
        await until(pilot, lambda: [each.summary.id for each in picker._result.hits] == ["long", "old"])


async def test_the_search_line_of_the_sidebar_opens_the_finder(home: Home) -> None:
    async with home.run() as (app, pilot):
        await until(pilot, lambda: "/ Search" in screen_text(app))
        await pilot.click(ThreadList, offset=(2, 0))
        await until(pilot, lambda: isinstance(app.screen, ThreadPicker))


def test_an_incomplete_answer_never_says_that_there_is_nothing(home: Home) -> None:
    app = home.app()
    picker = ThreadPicker(app, app.services.store, "", app.conversations, lambda: app.painter)
    picker._result = SearchResult(complete=False, unread=19_900)
    assert picker.columns(80).startswith("19,900 threads are still being searched")
    assert "Still searching" in str(picker.rows("xyzzy", 80)[0].prompt)
    picker._result = SearchResult()
    assert "No matching thread." in str(picker.rows("xyzzy", 80)[0].prompt)


async def test_an_incomplete_answer_is_told_and_asked_for_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_tui.storage.search.search._AT_ONCE", 0)
    monkeypatch.setattr("chat_tui.storage.search.search._SHORTEST_PAUSE", 3600)
    async with home.run() as (app, pilot):
        store = app.services.store
        await find(app, pilot, "snow", "still being searched")
        monkeypatch.setattr("chat_tui.storage.search.search._AT_ONCE", 100)
        await until(pilot, lambda: "still being searched" not in screen_text(app))
        await asyncio.to_thread(store.close)  # type: ignore[attr-defined]


async def test_the_palette_s_commands_change_the_thread_on_the_screen(home: Home) -> None:
    async with home.run() as (app, pilot):
        await find(app, pilot, "8848", "found in 1")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.chat and app.chat.conversation.thread.id == "snow")
        chat, thread = app.chat, app.chat.conversation.thread
        for command in ("pin_thread", "archive_thread"):
            chat.action_flow(command)
        await until(pilot, lambda: thread.pinned and thread.archived)
        chat.action_flow("tag_thread")
        await until(pilot, lambda: isinstance(app.screen, AskTags))
        await pilot.press("end", "ctrl+u", *"a,b", "enter")
        await until(pilot, lambda: thread.tags == ["a", "b"])
        await until(pilot, lambda: app.screen is app.chat)
        await pilot.press(*"unsent")
        chat.action_flow("duplicate_thread")
        await until(pilot, lambda: app.chat.conversation.thread.id != "snow")
        assert app.chat.conversation.thread.title == "雪山有多高 (copy)"
        assert app.chat.prompt.text == "unsent"
        kept = await loaded(app, "snow")
        assert (kept.pinned, kept.archived, kept.tags, kept.draft) == (True, True, ["a", "b"], "unsent")


async def test_an_empty_thread_offers_the_last_ones_and_a_key_opens_each(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    for number, title in enumerate(("Kyoto in four days", "雪山有多高", "Cover letter")):
        thread = a_thread("question", "answer", title=title)
        thread.updated = f"2026-11-2{number}T10:00:00Z"
        await FileThreadStore(home.paths).save(thread)
    async with home.run() as (app, pilot):
        await until(pilot, lambda: "alt+3  " in screen_text(app))
        rows = [row for row in screen_text(app).splitlines() if "alt+" in row]
        assert [row.split("alt+")[1].split()[0] for row in rows] == ["1", "2", "3", "4", "5"]
        second = app.chat.recent[1]
        await pilot.press("x")
        await app.conversations.save_all()
        app.chat._refresh_threads()
        await until(pilot, lambda: app.chat.recent[0].has_draft)
        assert [row.split("alt+")[1] for row in screen_text(app).splitlines() if "alt+" in row] == [
            row.split("alt+")[1] for row in rows
        ], "an own draft is in the thread list alone"
        await pilot.press("backspace", "alt+2")
        await until(pilot, lambda: app.chat.conversation.thread.id == second.id)
        assert app.chat.prompt.text == ""
