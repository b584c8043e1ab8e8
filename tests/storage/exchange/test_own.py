"""Our own JSON: export then import is the identity, and nothing that is there is overwritten."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.ports.files import ExportFormat, ImportReport
from chat_tui.storage.exchange import FileExchange
from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads.codec import encode, is_id, thread_to_json
from tests.storage.conftest import a_thread
from tests.storage.exchange.conftest import Conversations
from tests.storage.test_codec import threads


def _through(thread: Thread) -> tuple[ImportReport, list[Thread]]:
    """Exports, and imports into an empty place."""

    async def go(folder: Path) -> tuple[ImportReport, list[Thread]]:
        store = FileThreadStore(Paths(folder, folder / "data", folder / "cache"))
        exchange = FileExchange(store, folder / "message.html")
        file = await exchange.export_file(thread, str(folder / "x.json"))
        report = await exchange.import_file(str(file))
        loaded = [await store.load(each.id) for each in report.imported]
        store.close()
        return report, loaded

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(go(Path(folder)))


@given(threads)
def test_export_then_import_is_the_identity(thread: Thread) -> None:
    report, loaded = _through(thread)
    if thread.is_empty:
        assert (loaded, len(report.problems)) == ([], 1)
    elif is_id(thread.id):
        assert loaded == [thread]
        assert encode(loaded[0]) == encode(thread)
    else:  # only the id, which is no file's name, is another
        assert [replace(each, id="") for each in loaded] == [replace(thread, id="")]


async def test_the_same_thread_is_there_already(desk: Conversations, store: FileThreadStore) -> None:
    thread = a_thread("Hi", "Hello", title="Greetings")
    await store.save(thread)
    report = await desk.take(desk.file(await desk.exchange.export(thread, ExportFormat.JSON)))
    assert (report.imported, [(each.id, each.title) for each in report.present]) == ([], [(thread.id, "Greetings")])


async def test_another_thread_of_the_same_id_is_kept_beside(desk: Conversations, store: FileThreadStore) -> None:
    mine = a_thread("Mine", title="One")
    await store.save(mine)
    other = replace(a_thread("Other", title="Two"), id=mine.id)
    file = desk.file(await desk.exchange.export(other, ExportFormat.JSON))
    report = await desk.take(file)
    (kept,) = report.imported
    assert kept.id.startswith(f"{mine.id}-")
    assert report.problems == ["threads differ from those of the same id here; both are kept (in “Two”)"]
    assert await store.load(mine.id) == mine
    assert replace(await store.load(kept.id), id=mine.id) == other
    again = await desk.take(file)
    assert (again.imported, [each.id for each in again.present]) == ([], [kept.id])


async def test_arrays_and_lines_of_threads(desk: Conversations) -> None:
    several = [thread_to_json(a_thread(text)) for text in ("one", "two", "three")]
    assert [each.title for each in (await desk.take(several[:2])).imported] == ["one", "two"]
    lines = b"\n".join([json.dumps(several[2]).encode(), b'{"torn', json.dumps(several[0]).encode()])
    report = await desk.take(desk.file(lines, "threads.jsonl"))
    assert [each.title for each in report.imported] == ["three"]
    assert [each.title for each in report.present] == ["one"]
    assert report.problems[0].startswith("lines could not be read: it is not JSON")


async def test_a_thread_of_a_newer_program_is_left_out(desk: Conversations) -> None:
    report = await desk.take(thread_to_json(a_thread("Hi", title="Future")) | {"version": 9})
    assert report.imported == []
    assert report.problems == ["threads of a newer chat-tui were left out; update this one (in “Future”)"]


async def test_an_id_that_leads_elsewhere_is_replaced(desk: Conversations) -> None:
    report = await desk.take(thread_to_json(a_thread("Hi")) | {"id": "../../escape"})
    (kept,) = report.imported
    assert is_id(kept.id)
    assert not list(desk.folder.rglob("*escape*"))
