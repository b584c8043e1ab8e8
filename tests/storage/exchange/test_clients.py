"""Every format comes over whole: texts, branches, thoughts, times, models, prompts; twice is once, later is more."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from chat_tui.domain.conversation.thread import Thread
from tests.storage.exchange import clients
from tests.storage.exchange.clients import SITE, URL
from tests.storage.exchange.conftest import Conversations, texts
from tests.storage.exchange.samples import PIXEL, zipped

ASKED, SAID = ("user", "How high?"), ("assistant", "Tall.")
WITH_CALL = [ASKED, ("assistant", ""), ("tool", "333"), SAID]
Shape = tuple[Callable[[], Any], str, list[tuple[str, str]], str, str]
SHAPES: list[Shape] = [
    (clients.open_webui, "Open WebUI", WITH_CALL, "openwebui/gpt-4o", "title created system tag image branch sources"),
    (clients.open_webui_outputs, "Open WebUI", WITH_CALL, "openwebui/gpt-4o", "title image branch"),
    (clients.librechat, "LibreChat", [ASKED, SAID], "openai/gpt-4o", "title created system temperature thought branch"),
    (clients.chatbox, "Chatbox", [ASKED, SAID], "chatbox/gpt-4o", "title created image thought branch"),
    (
        clients.cherry_studio,
        "Cherry Studio",
        [ASKED, SAID, ("user", "Thanks")],
        "openai/gpt-4o",
        "title system thought branch",
    ),
    (clients.lobechat, "LobeChat", [ASKED, SAID], "openai/gpt-4o", "title created system thought"),
    (clients.deepseek, "DeepSeek", [ASKED, SAID], "deepseek/deepseek-reasoner", "title thought branch sources"),
    (clients.jan, "Jan", [ASKED, SAID], "", "thought"),
    (clients.lm_studio, "LM Studio", [ASKED, SAID], "lm-studio/qwen3", "title created system thought branch"),
    (clients.grok, "Grok", [ASKED, SAID], "xai/grok-4", "title created thought branch sources"),
    (clients.ai_studio, "AI Studio", [ASKED, SAID], "gemini/gemini-2.5-pro", "system temperature thought"),
    (clients.le_chat, "Le Chat", [ASKED, ("assistant", ""), ("tool", json.dumps([SITE])), SAID], "", "created"),
    (clients.silly_tavern, "SillyTavern", [ASKED, SAID], "openai/gpt-4o", "created thought branch"),
    (clients.typing_mind, "messages", [ASKED, SAID], "chat/gpt-4o", "title created"),
    (clients.big_agi, "messages", [ASKED, SAID], "chat/gpt-4o", "title created thought"),
    (clients.request_body, "messages", WITH_CALL, "openai/gpt-4o", "system temperature image"),
]


def _has(thread: Thread, what: str) -> bool:
    messages = thread.messages.values()
    last = next(each for each in reversed(thread.branch()) if each.is_answer)
    match what:
        case "title":
            return thread.title == "Towers"
        case "created":
            return thread.created == "2025-11-12T23:11:24Z"
        case "system":
            return thread.system_prompt == "Be brief."
        case "tag":
            return thread.tags == ["high"]
        case "temperature":
            return thread.parameters == {"temperature": 0.5}
        case "image":
            return {"type": "image_url", "image_url": {"url": URL}} in (thread.branch()[0].parts or ())
        case "thought":
            return last.reasoning == "Hm."
        case "branch":
            return (
                len(thread.siblings(last.id)) == 2
                or len([m for m in messages if m.parent == thread.branch()[0].id]) == 2
            )
        case _:
            return last.sources == [{"title": SITE["title"], "url": SITE["url"]}]


@pytest.mark.parametrize(("make", "kind", "said", "model", "more"), SHAPES, ids=[each[0].__name__ for each in SHAPES])
async def test_a_client(
    desk: Conversations, make: Callable[[], Any], kind: str, said: list[tuple[str, str]], model: str, more: str
) -> None:
    file = desk.file(make(), "file.json")
    report = await desk.take(file)
    assert (report.problems, list(report.kinds)) == ([], [kind])
    thread = await desk.store.load(report.imported[0].id)
    assert texts(thread) == said
    assert [each for each in more.split() if not _has(thread, each)] == []
    if model:
        assert model in {each.model for each in thread.messages.values()}
    again = await desk.take(file)
    assert (again.imported, again.grown, len(again.present)) == ([], [], len(report.imported))


async def test_a_takeout_is_a_thread_a_day(desk: Conversations) -> None:
    thread = await desk.one(clients.takeout())
    assert thread.title == "2025-11-12 How high?"
    assert texts(thread) == [ASKED, ("assistant", "Very **tall**:\n\n- 333\xa0m\n\n```\nx = 1\n```")]
    later = clients.takeout()[0] | {"title": "Prompted And wide?", "time": "2025-11-12T23:20:00Z"}
    assert (await desk.take([later, *clients.takeout()])).messages == 2


async def test_lines_for_training_are_threads(desk: Conversations) -> None:
    report = await desk.take(desk.file(clients.fine_tuning(), "train.jsonl"))
    loaded = [await desk.store.load(each.id) for each in report.imported]
    assert [texts(each) for each in loaded] == [[ASKED, SAID], [("user", "Hi"), ("assistant", "Hello")]]


async def test_jans_folder_has_titles_and_instructions(desk: Conversations) -> None:
    folder = desk.folder / "jan" / "threads" / "j"
    folder.mkdir(parents=True)
    (folder / "messages.jsonl").write_bytes(clients.jan())
    about = {"id": "j", "object": "thread", "title": "Towers", "assistants": [{"instructions": "Be brief."}]}
    (folder / "thread.json").write_text(json.dumps(about))
    report = await desk.take(desk.folder / "jan")
    thread = await desk.store.load(report.imported[0].id)
    assert (thread.title, thread.system_prompt, report.problems) == ("Towers", "Be brief.", [])


async def test_an_archive_of_several_kinds(desk: Conversations) -> None:
    members = [
        ("a/chat-1.json", json.dumps(clients.le_chat()).encode()),
        ("b/prompt without suffix", json.dumps(clients.ai_studio()).encode()),
        ("c/odd.json", b'{"weather": "fine"}'),
        ("d/empty.json", b"[]"),
    ]
    report = await desk.take(zipped(desk.folder / "x.zip", members))
    assert report.kinds == {"Le Chat": 1, "AI Studio": 1}
    assert report.problems == [
        "files could not be read: an object with the fields weather can't be read yet (in “c/odd.json”)"
    ]


async def test_llms_database(desk: Conversations) -> None:
    path = desk.folder / "logs.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
        CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT,
            options_json TEXT, response TEXT, response_json TEXT, conversation_id TEXT, duration_ms INTEGER,
            datetime_utc TEXT, input_tokens INTEGER, output_tokens INTEGER, schema_id TEXT);
        CREATE TABLE attachments (id TEXT PRIMARY KEY, type TEXT, path TEXT, url TEXT, content BLOB);
        CREATE TABLE prompt_attachments (response_id TEXT, attachment_id TEXT, "order" INTEGER);
        CREATE TABLE fragments (id INTEGER PRIMARY KEY, hash TEXT, content TEXT, source TEXT);
        CREATE TABLE prompt_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
        CREATE TABLE schemas (id TEXT PRIMARY KEY, content TEXT);
        INSERT INTO conversations VALUES ('c', 'Towers', 'gpt-4o');
        INSERT INTO fragments VALUES (1, 'h', 'A long text.', 'x.txt');
        INSERT INTO prompt_fragments VALUES ('r1', 1, 0);
        INSERT INTO prompt_attachments VALUES ('r1', 'p', 0);
        INSERT INTO schemas VALUES ('s', '{"type": "object"}');
        INSERT INTO responses VALUES ('r1', 'gpt-4o', 'How high?', 'Be brief.', NULL, '{"temperature": 0.5}', 'Tall.',
            NULL, 'c', 9, '2025-11-12T23:11:24', 3, 2, 's');
        """
    )
    connection.execute("INSERT INTO attachments VALUES ('p', 'image/png', NULL, NULL, ?)", (b64decode(PIXEL),))
    connection.commit()
    report = await desk.take(path)
    thread = await desk.store.load(report.imported[0].id)
    assert texts(thread) == [("user", "A long text.\n\nHow high?"), SAID]
    asked, answer = thread.branch()
    assert all(_has(thread, each) for each in ("title", "created", "system", "temperature", "image"))
    assert (answer.model, answer.usage) == ("llm/gpt-4o", {"prompt_tokens": 3, "completion_tokens": 2})
    assert answer.parameters["response_format"]
    assert asked.parts
    connection.execute(
        "INSERT INTO responses (id, prompt, response, conversation_id) VALUES ('r2', 'And?', 'So.', 'c')"
    )
    connection.commit()
    connection.close()
    assert (await desk.take(path)).messages == 2
