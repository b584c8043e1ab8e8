"""Makes export files as ChatGPT and Claude write them, and the databases of elia and oterm."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def chatgpt_message(identity: str, role: str, content: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    if isinstance(content, str):
        content = {"content_type": "text", "parts": [content]}
    metadata = more.pop("metadata", {})
    return {
        "id": identity,
        "author": {"role": role, "name": more.pop("name", None), "metadata": {}},
        "create_time": more.pop("create_time", 1762989084.39),
        "update_time": None,
        "content": content,
        "status": "finished_successfully",
        "end_turn": True,
        "weight": 1.0,
        "metadata": metadata,
        "recipient": "all",
        "channel": None,
        **more,
    }


def chatgpt_conversation(*nodes: tuple[str, str | None, dict[str, Any] | None], **more: Any) -> dict[str, Any]:
    """A conversation of nodes `(id, parent, message)`."""
    return {
        "title": "Trip to 東京",
        "create_time": 1762989084.391352,
        "update_time": 1762989171.03061,
        "mapping": {
            name: {
                "id": name,
                "message": message,
                "parent": parent,
                "children": [each for each, above, _ in nodes if above == name],
            }
            for name, parent, message in nodes
        },
        "moderation_results": [],
        "current_node": nodes[-1][0],
        "conversation_id": "6915141a-9e04-832f-a8f5-67664b2f2758",
        "id": "6915141a-9e04-832f-a8f5-67664b2f2758",
        "is_archived": False,
        "default_model_slug": "gpt-5-thinking",
        **more,
    }


HIDDEN = {"is_visually_hidden_from_conversation": True}
SLUG = {"model_slug": "gpt-5-thinking", "finish_details": {"type": "stop"}}


def chatgpt_export() -> dict[str, Any]:
    """Hidden nodes, custom instructions, an image, thoughts, a tool, two answers to the first prompt."""
    context = {
        "content_type": "user_editable_context",
        "user_profile": "The user provided the following information about themselves. ```Name: Li```",
        "user_instructions": "The user provided the additional info. ```Be terse.```",
    }
    own = {"about_user_message": "Name: Li", "about_model_message": "Be terse."}
    photo = {
        "content_type": "image_asset_pointer",
        "asset_pointer": "sediment://file_00000000307c",
        "size_bytes": 536490,
        "width": 582,
        "height": 844,
        "fovea": None,
        "metadata": {"dalle": None},
    }
    question = {"content_type": "multimodal_text", "parts": [photo, "这是哪里？"]}
    thoughts = {
        "content_type": "thoughts",
        "thoughts": [{"summary": "Looking", "content": "A red tower.", "chunks": [], "finished": True}],
        "source_analysis_msg_id": "x",
    }
    recap = {"content_type": "reasoning_recap", "content": "Thought for 54s"}
    code = {"content_type": "code", "language": "unknown", "text": "print(2+2)", "response_format_name": None}
    ran = {"content_type": "execution_output", "text": "4"}
    say = chatgpt_message
    return chatgpt_conversation(
        ("root", None, None),
        ("sys", "root", say("sys", "system", "", metadata=HIDDEN, weight=0.0, create_time=None)),
        (
            "ctx",
            "sys",
            say("ctx", "user", context, metadata=HIDDEN | {"user_context_message_data": own}, create_time=None),
        ),
        ("q1", "ctx", say("q1", "user", question)),
        ("old", "q1", say("old", "assistant", "大阪。", metadata=SLUG | {"model_slug": "gpt-4o"})),
        ("think", "q1", say("think", "assistant", thoughts, metadata=SLUG)),
        ("recap", "think", say("recap", "assistant", recap, metadata=SLUG | {"finished_duration_sec": 54})),
        ("a1", "recap", say("a1", "assistant", "東京タワー \ue200cite\ue202turn0\ue201です。", metadata=SLUG)),
        ("q2", "a1", say("q2", "user", "What is 2+2?")),
        ("call", "q2", say("call", "assistant", code, recipient="python", metadata=SLUG)),
        ("ran", "call", say("ran", "tool", ran, name="python")),
        ("a2", "ran", say("a2", "assistant", "It is **4**.", metadata=SLUG)),
        ("tail", "a2", say("tail", "tool", "loaded", metadata=HIDDEN)),
    )


def claude_message(name: str, sender: str, text: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
    stamp = more.pop("created_at", "2026-03-29T07:06:35.552627Z")
    start = {"start_timestamp": stamp, "stop_timestamp": stamp, "flags": None}
    message = {
        "uuid": name,
        "text": text,
        "content": [{**start, "type": "text", "text": text, "citations": []}],
        "sender": sender,
        "created_at": stamp,
        "updated_at": stamp,
        "attachments": [],
        "files": [],
        **more,
    }
    return message if parent is None else message | {"parent_message_uuid": parent}


CLAUDE_ROOT = "00000000-0000-4000-8000-000000000000"


def claude_export() -> dict[str, Any]:
    """A tree with an edited prompt, thinking, a tool, an attached text and a file."""
    pasted = {"file_name": "notes.py", "file_size": 5, "file_type": "text/x-python", "extracted_content": "x = '```'"}
    blocks = [
        {"type": "thinking", "thinking": "Let me search.", "summaries": [], "cut_off": False},
        {"type": "text", "text": "I look it up.", "citations": []},
        {"type": "tool_use", "id": "toolu_01", "name": "web_search", "input": {"query": "日本"}},
        {"type": "tool_result", "tool_use_id": "toolu_01", "content": [{"type": "text", "text": "Found."}]},
        {"type": "text", "text": "Here it is.", "citations": []},
    ]
    say = claude_message
    return {
        "uuid": "34bd3ec6-80e9-45cf-b4a6-fe21d1f07d0a",
        "name": "Calendar tips",
        "summary": "**Conversation Overview**",
        "created_at": "2026-03-29T07:06:34.084721Z",
        "updated_at": "2026-03-29T12:59:41.658730Z",
        "account": {"uuid": "c1a9a5f8-a09c-42e7-8de7-ad0174488170"},
        "chat_messages": [
            say("h1", "human", "First wording", CLAUDE_ROOT),
            say("h2", "human", "Second wording", CLAUDE_ROOT, attachments=[pasted], files=[{"file_name": "map.png"}]),
            say("r1", "assistant", "Old answer", "h1", created_at="2026-03-29T07:06:36Z"),
            say("r2", "assistant", "", "h2", content=blocks, created_at="2026-03-29T07:23:12.364007Z"),
        ],
    }


def zipped(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def elia_database(path: Path) -> Path:
    """As elia 1.x makes it, one chat with a second answer that names what it answers."""
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE system_prompt (id INTEGER NOT NULL, title VARCHAR NOT NULL, prompt VARCHAR NOT NULL,
            created_at DATETIME DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (id));
        CREATE TABLE chat (id INTEGER NOT NULL, model VARCHAR NOT NULL, title VARCHAR,
            started_at DATETIME DEFAULT CURRENT_TIMESTAMP, archived BOOLEAN NOT NULL, PRIMARY KEY (id));
        CREATE TABLE message (id INTEGER NOT NULL, chat_id INTEGER, role VARCHAR NOT NULL, content VARCHAR NOT NULL,
            timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, meta JSON, parent_id INTEGER, model VARCHAR,
            PRIMARY KEY (id), FOREIGN KEY(chat_id) REFERENCES chat (id));
        INSERT INTO chat VALUES (1, 'elia-gpt-4o', 'Über elia', '2024-05-01 12:00:00.123456', 1),
            (2, 'groq/llama3', NULL, '2024-05-02 12:00:00', 0), (3, 'x', 'nothing in it', NULL, 0);
        INSERT INTO message VALUES
            (1, 1, 'system', 'You are Elia.', '2024-05-01 12:00:01', '{}', NULL, NULL),
            (2, 1, 'user', 'Hi', '2024-05-01 12:00:02', '{}', NULL, NULL),
            (3, 1, 'assistant', 'Hello', '2024-05-01 12:00:03', '{}', NULL, 'elia-claude-3-haiku-20240307'),
            (4, 1, 'assistant', 'Hey', '2024-05-01 12:00:04', '{}', 2, NULL),
            (5, 2, 'user', 'A prompt that gives the title', '2024-05-02 12:00:00', '{}', NULL, NULL),
            (6, 2, 'ghost', 'boo', '2024-05-02 12:00:00', '{}', NULL, NULL);
        """
    )
    connection.commit()
    connection.close()
    return path


def oterm_database(path: Path) -> Path:
    """As oterm 0.18 makes it, with a message of before 0.12."""
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE "chat" ("id" INTEGER, "name" TEXT, "model" TEXT NOT NULL, "system" TEXT,
            "provider" TEXT DEFAULT "ollama", "parameters" TEXT DEFAULT "{}", "tools" TEXT DEFAULT "[]",
            "thinking" BOOLEAN DEFAULT 0, PRIMARY KEY("id" AUTOINCREMENT));
        CREATE TABLE "message" ("id" INTEGER, "chat_id" INTEGER NOT NULL, "author" TEXT NOT NULL, "text" TEXT NOT NULL,
            "images" TEXT DEFAULT "[]", PRIMARY KEY("id" AUTOINCREMENT));
        INSERT INTO chat (name, model, system, parameters) VALUES ('tall tales', 'llama3.2:latest', 'Lie.',
            '{"temperature": 0.3, "num_ctx": 2048}');
        """
    )
    rows = [("me", "Look", f'["{PIXEL}"]'), ("assistant", "I see", "[]"), ("user", "And?", '["bm90IGFuIGltYWdl"]')]
    connection.executemany("INSERT INTO message (chat_id, author, text, images) VALUES (1, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return path
