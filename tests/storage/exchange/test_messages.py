"""Exports as data: a line a message, the body of a request; and a folder of all threads that is kept up to date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import UsageError
from chat_tui.domain.ports.files import ExportFormat
from chat_tui.domain.text.clean import clean
from tests.storage.conftest import a_thread
from tests.storage.exchange.conftest import Conversations, texts
from tests.storage.exchange.conversations import full_thread


def _contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


async def test_lines_have_every_message_and_come_back_as_a_tree(desk: Conversations) -> None:
    thread = full_thread()
    thread.delete(next(each.id for each in thread.messages.values() if each.content == "Really?"))
    data = await desk.exchange.export(thread, ExportFormat.JSON_LINES)
    lines = [json.loads(line) for line in data.splitlines()]
    assert [each["content"] for each in lines].count("Really?") == 0
    assert lines[0] == {
        "thread": thread.id,
        "title": thread.title,
        "tags": thread.tags,
        "id": "system",
        "parent": None,
    } | {
        "role": "system",
        "content": "Be terse.",
    }
    assert sum(each.get("shown", False) for each in lines) == len(thread.branch())
    back = await desk.one(desk.file(data, "x.jsonl"))
    assert (back.title, back.system_prompt, back.tags) == (thread.title, "Be terse.", ["travel", "a:-b"])
    assert [content for _, content in texts(back)][2:] == [clean(content).strip("\n") for _, content in texts(thread)][
        2:
    ]
    assert len(back.siblings(thread.branch()[1].id)) == 2


async def test_the_body_of_a_request(desk: Conversations) -> None:
    thread = full_thread()
    body = json.loads(await desk.exchange.export(thread, ExportFormat.OPENAI))
    assert body["model"] == "deepseek-v3.2"
    roles = [each["role"] for each in body["messages"]]
    assert roles == ["system", "user", "assistant", "user", "assistant", "tool", "assistant"]
    call, result = body["messages"][4:6]
    assert call["tool_calls"][0]["id"] == result["tool_call_id"] == "c"
    assert body["messages"][1]["content"][1]["type"] == "image_url"
    alone = a_thread("Hi", "")
    alone.branch()[1].tool_calls = [{"id": "nobody", "type": "function", "function": {"name": "x", "arguments": "{}"}}]
    assert len(json.loads(await desk.exchange.export(alone, ExportFormat.OPENAI))["messages"]) == 1


async def test_all_threads_are_exported_once_and_then_what_changed(desk: Conversations) -> None:
    folder = desk.folder / "out"
    first, second = a_thread("One", title="Towers"), a_thread("Two", title="Towers")
    for each in (first, second):
        each.created = "2025-11-12T23:11:24Z"
        await desk.store.save(each)
    report = await desk.exchange.export_all(str(folder), ExportFormat.MARKDOWN)
    assert (report.written, report.current) == (2, 0)
    names = {"index.json", "index.md", "2025-11-12 Towers.md", "2025-11-12 Towers 2.md"}
    before = _contents(folder)
    assert before.keys() == names
    assert b"](<2025-11-12 Towers.md>)" in before["index.md"]
    first.title = "Renamed"
    await desk.store.save(first)
    (folder / "2025-11-12 Towers 2.md").unlink()
    await desk.store.delete(second.id)
    report = await desk.exchange.export_all(str(folder), ExportFormat.MARKDOWN)
    assert (report.written, report.current) == (1, 0)
    after = _contents(folder)
    assert b"# Renamed" in after["2025-11-12 Towers.md"] or b"# Renamed" in after.get("2025-11-12 Towers 2.md", b"")
    assert (await desk.exchange.export_all(str(folder), ExportFormat.MARKDOWN)).current == 1
    assert json.loads(after["index.json"])["threads"][second.id]["deleted"] is True


async def test_an_exported_folder_of_json_comes_in_as_the_same(desk: Conversations) -> None:
    threads = [full_thread(), a_thread("One", title="x")]
    for each in threads:
        await desk.store.save(each)
    await desk.exchange.export_all(str(desk.folder / "out"), ExportFormat.JSON)
    report = await desk.take(desk.folder / "out")
    assert (report.problems, len(report.present), report.imported) == ([], 2, [])
    for each in threads:
        await desk.store.delete(each.id)
    assert {each.id for each in (await desk.take(desk.folder / "out")).imported} == {each.id for each in threads}


@pytest.mark.parametrize("name", ["../../evil.md", "/etc/evil.md", "evil.txt", 7])
async def test_a_forged_index_leads_nowhere(desk: Conversations, name: object) -> None:
    folder = desk.folder / "a" / "b"
    folder.mkdir(parents=True)
    thread: Thread = a_thread("One", title="x")
    await desk.store.save(thread)
    index = {"format": "chat-tui.export", "version": 1, "to": "md", "threads": {thread.id: {"file": name}}}
    (folder / "index.json").write_text(json.dumps(index))
    await desk.exchange.export_all(str(folder), ExportFormat.MARKDOWN)
    assert len(_contents(folder)) == 3
    assert not list(desk.folder.rglob("evil*"))


async def test_a_folder_of_something_else_is_left_alone(desk: Conversations) -> None:
    folder = desk.folder / "mine"
    folder.mkdir()
    for content in ('{"mine": 1}', "text", '{"format": "chat-tui.export", "version": 1, "to": "html", "threads": {}}'):
        (folder / "index.json").write_text(content)
        with pytest.raises(UsageError, match="another"):
            await desk.exchange.export_all(str(folder), ExportFormat.MARKDOWN)
        assert _contents(folder) == {"index.json": content.encode()}
