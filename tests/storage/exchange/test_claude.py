"""Claude's export: blocks become turns, edited prompts become branches, attached texts stay."""

from __future__ import annotations

from chat_tui.domain.conversation.message import Role
from tests.storage.exchange.conftest import Conversations, texts
from tests.storage.exchange.samples import claude_export, claude_message, zipped


async def test_a_real_conversation(desk: Conversations) -> None:
    thread = await desk.one([claude_export()])
    assert (thread.title, thread.created) == ("Calendar tips", "2026-03-29T07:06:34Z")
    assert texts(thread) == [
        ("user", "Second wording\n\n````py notes.py\nx = '```'\n````\n\n[file: map.png]"),
        ("assistant", "I look it up."),
        ("tool", "Found."),
        ("assistant", "Here it is."),
    ]
    _, asking, result, _ = thread.branch()
    assert asking.reasoning == "Let me search."
    (call,) = asking.tool_calls
    assert call["function"] == {"name": "web_search", "arguments": '{"query": "日本"}'}
    assert result.tool_call_id == call["id"] == "toolu_01"


async def test_an_edited_prompt_is_a_branch(desk: Conversations) -> None:
    thread = await desk.one([claude_export()])
    assert [each.content.partition("\n")[0] for each in thread.siblings("h2")] == ["First wording", "Second wording"]
    assert thread.messages["r1"].parent == "h1"


async def test_the_leaf_that_the_export_names_is_shown(desk: Conversations) -> None:
    thread = await desk.one([claude_export() | {"current_leaf_message_uuid": "r1"}])
    assert [each.id for each in thread.branch()] == ["h1", "r1"]


async def test_an_older_export_is_a_row(desk: Conversations) -> None:
    old = {"uuid": "u", "name": "", "model": "claude-2", "created_at": "2023-12-25T13:33:33.959409+00:00"}
    old_messages = [
        claude_message("1", "human", "Who is Bugs Bunny?", content=None),
        claude_message("2", "assistant", "A rabbit.", content=None),
    ]
    thread = await desk.one([old | {"chat_messages": old_messages}])
    assert texts(thread) == [("user", "Who is Bugs Bunny?"), ("assistant", "A rabbit.")]
    assert thread.title == "Who is Bugs Bunny?"
    assert thread.messages["2"].model == "anthropic/claude-2"


async def test_an_archive(desk: Conversations) -> None:
    import json

    members = [("users.json", b"[]"), ("projects.json", b"[]"), ("conversations.json", b"[]")]
    members[2] = ("conversations.json", json.dumps([claude_export()]).encode())
    report = await desk.take(zipped(desk.folder / "data.zip", members))
    assert [each.title for each in report.imported] == ["Calendar tips"]


async def test_ids_that_come_twice_lose_no_text(desk: Conversations) -> None:
    twice = [claude_message("same", "human", "one"), claude_message("same", "human", "two")]
    thread = await desk.one([claude_export() | {"chat_messages": twice}])
    assert [each.content for each in thread.messages.values()] == ["one", "two"]


async def test_what_is_unknown_is_told(desk: Conversations) -> None:
    odd = claude_message("1", "human", "", content=[{"type": "smell"}, {"type": "text", "text": "Hi"}, None, 7])
    stranger = claude_message("2", "robot", "beep")
    report = await desk.take([claude_export() | {"chat_messages": [odd, stranger, "x"]}])
    assert "blocks of an unknown kind (smell) were left out (in “Calendar tips”)" in report.problems
    assert "2 × messages of an unknown author were left out (in “Calendar tips”)" in report.problems
    thread = await desk.store.load(report.imported[0].id)
    assert [(each.role, each.content) for each in thread.messages.values()] == [
        (Role.USER, "[smell, not imported]\n\nHi\n\n[no type, not imported]\n\n[no type, not imported]")
    ]
