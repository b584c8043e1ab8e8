"""elia's and oterm's databases are read and left as they are; hostile ones hold nothing up."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.storage.exchange.conftest import Conversations, texts
from tests.storage.exchange.samples import PIXEL, elia_database, oterm_database


async def test_elia(desk: Conversations) -> None:
    path = elia_database(desk.folder / "elia.sqlite")
    before = path.read_bytes()
    report = await desk.take(path)
    assert [each.title for each in report.imported] == ["Über elia", "A prompt that gives the title"]
    first, second = [await desk.store.load(each.id) for each in report.imported]
    assert (first.system_prompt, first.archived, first.created) == ("You are Elia.", True, "2024-05-01T12:00:00Z")
    assert texts(first) == [("user", "Hi"), ("assistant", "Hey")]
    assert [(each.content, each.model) for each in first.siblings("3")] == [
        ("Hello", "anthropic/claude-3-haiku-20240307"),
        ("Hey", "openai/gpt-4o"),
    ]
    assert texts(second) == [("user", "A prompt that gives the title")]
    assert report.problems == [
        "messages of an unknown author were left out",
        "conversations without a message were left out (in “nothing in it”)",
    ]
    assert path.read_bytes() == before
    assert [each.name for each in desk.folder.iterdir() if each.name.startswith("elia")] == ["elia.sqlite"]


async def test_oterm(desk: Conversations) -> None:
    path = oterm_database(desk.folder / "store.db")
    report = await desk.take(path)
    (kept,) = report.imported
    thread = await desk.store.load(kept.id)
    assert (thread.title, thread.system_prompt, thread.parameters) == ("tall tales", "Lie.", {"temperature": 0.3})
    assert texts(thread) == [("user", "Look"), ("assistant", "I see"), ("user", "And?\n\n[image: image, not imported]")]
    look, answer, _ = thread.branch()
    assert answer.model == "ollama/llama3.2:latest"
    assert look.parts == [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
    ]
    assert report.problems == ["images of an unknown kind were left out (in “tall tales”)"]
    path.touch()
    assert [each.id for each in (await desk.take(path)).present] == [thread.id]


def _database(path: Path, script: str) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path


ENDLESS = """
CREATE TABLE real (id INTEGER);
CREATE VIEW chat AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)
    SELECT id, 'm' AS model, 't' AS title FROM n;
CREATE TABLE message (id INTEGER, chat_id INTEGER, role TEXT, content TEXT);
"""
FOREIGN = "CREATE TABLE chat (id INTEGER, topic TEXT);"


@pytest.mark.parametrize("script", [ENDLESS, FOREIGN], ids=["a view that never ends", "another program's"])
async def test_another_database_is_refused(desk: Conversations, script: str) -> None:
    report = await desk.take(_database(desk.folder / "x.db", script))
    (line,) = report.problems
    assert line.startswith("x.db: a database of none of these: elia, oterm, llm (its tables: ")
    assert "(its tables: " in line


async def test_a_query_that_never_ends_is_given_up(desk: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_tui.storage.imports.database._MAX_LOOKS", 2)
    monkeypatch.setattr("chat_tui.storage.imports.database._STEPS", 100)
    report = await desk.take(elia_database(desk.folder / "elia.sqlite"))
    assert report.imported == []
    assert report.problems == ["elia.sqlite: the rest of the database could not be read: interrupted"]


async def test_a_damaged_database_is_told(desk: Conversations) -> None:
    whole = elia_database(desk.folder / "elia.sqlite").read_bytes()
    report = await desk.take(desk.file(whole[:100] + b"\xff" * 5000, "torn.sqlite"))
    assert report.imported == []
    assert report.problems[0].startswith("torn.sqlite: the rest of the database could not be read: ")


async def test_what_its_program_has_not_put_in_yet_is_told(desk: Conversations) -> None:
    path = elia_database(desk.folder / "elia.sqlite")
    desk.file(b"log", "elia.sqlite-wal")
    report = await desk.take(path)
    assert len(report.imported) == 2
    assert report.problems[0] == "elia.sqlite is open in its program: what that wrote last may be missing"
