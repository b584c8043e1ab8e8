"""The palette's export and import: a dialog, a file, a notice, the list."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.ports.backend import Progress
from chat_tui.domain.ports.files import ImportReport
from chat_tui.ui.app import ChatApp
from chat_tui.ui.dialogs.question import AskText
from chat_tui.ui.services import Start
from tests.storage.exchange.samples import chatgpt_export
from tests.ui.conftest import Home, screen_text, until


async def _answer(app: ChatApp, pilot: Pilot[None], command: str, text: str) -> str:
    """Runs a command and answers its dialog; returns what the dialog proposed."""
    await app.screen.run_action(f"flow('{command}')")
    await until(pilot, lambda: isinstance(app.screen, AskText))
    field = app.screen.query_one(Input)
    proposed, field.value = field.value, text
    await pilot.press("enter")
    return proposed


def _notices(app: ChatApp) -> str:
    return "\n".join(f"{each.title}: {each.message}" for each in app._notifications)


async def test_an_import_is_in_the_list_and_can_be_read(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    file = home.paths.config / "conversations.json"
    file.write_text(json.dumps([chatgpt_export()]))
    async with home.run() as (app, pilot):
        await _answer(app, pilot, "import_threads", str(file))
        await until(pilot, lambda: "Trip to 東京" in screen_text(app))
        assert "1 imported, 0 already present." in _notices(app)
        assert "images and files were not copied; the messages name them" in _notices(app)
    (path,) = home.paths.threads.glob("*.json")
    async with home.run(Start(resume=path.stem)) as (app, pilot):
        await until(pilot, lambda: "東京タワー です。" in screen_text(app))
        assert "gpt-5-thinking" in screen_text(app)


async def test_keys_do_not_wait_for_an_import(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.use_server("http://127.0.0.1:9")
    monkeypatch.setattr("chat_tui.ui.chat.actions.files._PAUSE", 0)
    go_on = asyncio.Event()

    async def slow(name: str, progress: Callable[[Progress], None]) -> ImportReport:
        progress(Progress("Reading x: 3 threads", 1, 4))
        await go_on.wait()
        return ImportReport()

    async with home.run() as (app, pilot):
        monkeypatch.setattr(app.services.exchange, "import_file", slow)
        await _answer(app, pilot, "import_threads", "x")
        await until(pilot, lambda: "Import: Reading x: 3 threads · 25%" in _notices(app))
        await pilot.press(*"abc")
        await until(pilot, lambda: "abc" in screen_text(app))
        go_on.set()
        await until(pilot, lambda: "0 imported" in _notices(app))


async def test_an_export_is_written_and_never_over_another(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    thread = Thread(title="On towers")
    thread.add(Role.USER, "How tall?")
    async with home.run() as (app, pilot):
        await app.services.store.save(thread)
    target = home.paths.config / "towers.html"
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await until(pilot, lambda: "How tall?" in screen_text(app))
        proposed = await _answer(app, pilot, "export_thread", str(target))
        assert re.fullmatch(r"\d{4}-\d\d-\d\d-On towers\.md", proposed)
        await until(pilot, target.exists)
        await until(pilot, lambda: "Exported: " in _notices(app))
        written = target.read_text()
        assert "How tall?" in written
        await _answer(app, pilot, "export_thread", str(target))
        await until(pilot, lambda: "already exists" in _notices(app))
        assert target.read_text() == written
        await _answer(app, pilot, "export_thread", str(home.paths.config / "towers.pdf"))
        await until(pilot, lambda: "ends in .md, .html, .json or .jsonl" in _notices(app))


async def test_a_key_goes_through_the_formats_of_an_export(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        await app.screen.run_action("flow('export_thread')")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        field = app.screen.query_one(Input)
        field.value = "v1.2"
        names = []
        for _ in range(5):
            await pilot.press("tab")
            names.append(field.value)
        assert names == ["v1.2.md", "v1.2.html", "v1.2.json", "v1.2.jsonl", "v1.2.md"]


async def test_a_file_that_is_not_there_is_said(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        await _answer(app, pilot, "import_threads", str(home.paths.config / "nope.json"))
        await until(pilot, lambda: "Not imported: No such file" in _notices(app))


async def test_prompts_are_imported_into_the_library(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    file = home.paths.config / "brief.md"
    file.write_text("---\nmodel: work:model-b\nuse_tools: fs\n---\nBe brief.")
    async with home.run() as (app, pilot):
        await _answer(app, pilot, "import_prompts", str(file))
        await until(pilot, lambda: "1 imported: brief" in _notices(app))
        assert "tools of other programs were left out" in _notices(app)
        saved = await app.services.prompts.named("brief")
        assert saved is not None
        assert saved.model == "work/model-b"
