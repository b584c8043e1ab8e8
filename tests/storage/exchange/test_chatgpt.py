"""ChatGPT's export: what was on the screen comes over, branches and all; what was not does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat_tui.domain.conversation.message import Role, Status
from tests.storage.exchange.conftest import Conversations, texts
from tests.storage.exchange.samples import chatgpt_conversation, chatgpt_export, chatgpt_message, zipped
from tests.torture import amount


async def test_a_real_conversation(desk: Conversations) -> None:
    thread = await desk.one([chatgpt_export()])
    assert thread.title == "Trip to 東京"
    assert thread.id.startswith("20251112-231124-")
    assert (thread.created, thread.updated) == ("2025-11-12T23:11:24Z", "2025-11-12T23:12:51Z")
    assert thread.system_prompt == "Name: Li\n\nBe terse."
    assert thread.extra["imported_from"] == {"format": "chatgpt", "id": "6915141a-9e04-832f-a8f5-67664b2f2758"}
    assert texts(thread) == [
        ("user", "这是哪里？\n\n[image: file_00000000307c, 582×844]"),
        ("assistant", "東京タワー です。"),
        ("user", "What is 2+2?"),
        ("assistant", ""),
        ("tool", "4"),
        ("assistant", "It is **4**."),
    ]
    answer, call, result = thread.messages["a1"], thread.messages["call"], thread.messages["ran"]
    assert (answer.model, answer.status, answer.finish_reason) == ("openai/gpt-5-thinking", Status.COMPLETE, "stop")
    assert answer.reasoning == "**Looking**\n\nA red tower."
    assert answer.timing is not None
    assert answer.timing.reasoning_s == 54
    function = {"name": "python", "arguments": "print(2+2)"}
    assert call.tool_calls == [{"id": "call", "type": "function", "function": function}]
    assert result.tool_call_id == "call"


@pytest.mark.parametrize("missing", [None, 0, "1970-01-01T00:00:00Z"])
async def test_a_conversation_without_a_time_is_dated_by_its_messages(desk: Conversations, missing: Any) -> None:
    export = chatgpt_export() | {"create_time": missing, "update_time": missing}
    export["mapping"]["q1"]["message"]["create_time"] = 1762989000.0
    thread = await desk.one([export])
    assert thread.id.startswith("20251112-231000-")
    assert (thread.created, thread.updated) == ("2025-11-12T23:10:00Z", "2025-11-12T23:11:24Z")
    assert not (await desk.take([export])).imported


async def test_the_other_answer_is_a_sibling(desk: Conversations) -> None:
    thread = await desk.one([chatgpt_export()])
    assert [(each.id, each.model) for each in thread.siblings("a1")] == [
        ("old", "openai/gpt-4o"),
        ("a1", "openai/gpt-5-thinking"),
    ]


async def test_an_archive_of_several_files_with_images_beside(desk: Conversations) -> None:
    first, second = (json.dumps([chatgpt_export() | {"conversation_id": name}]).encode() for name in "ab")
    members = [("user.json", b"{}"), ("conversations-000.json", first), ("conversations-001.json", second)]
    path = zipped(desk.folder / "export.zip", [*members, ("file_00000000307c-photo.png", b"\x89PNG")])
    report = await desk.take(path)
    assert len(report.imported) == 2
    assert report.problems == ["2 × images and files were not copied; the messages name them (in “Trip to 東京”)"]


async def test_the_same_conversation_is_imported_once(desk: Conversations) -> None:
    thread = await desk.one([chatgpt_export()])
    changed = chatgpt_export() | {"title": "Renamed there"}
    again = await desk.take([changed])
    assert (again.imported, [each.id for each in again.present]) == ([], [thread.id])
    assert (await desk.store.load(thread.id)).title == "Trip to 東京"


async def test_thoughts_without_an_answer_are_kept(desk: Conversations) -> None:
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "", "content": "Hm."}]}
    conversation = chatgpt_conversation(
        ("q", None, chatgpt_message("q", "user", "Well?")),
        ("t", "q", chatgpt_message("t", "assistant", thoughts)),
    )
    thread = await desk.one([conversation])
    last = thread.branch()[-1]
    assert (last.role, last.reasoning, last.status) == (Role.ASSISTANT, "Hm.", Status.INTERRUPTED)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"content_type": "tether_quote", "url": "x", "title": "T", "text": "quoted"}, "quoted"),
        ({"content_type": "code", "language": "python", "text": "x = 1"}, "```python\nx = 1\n```"),
        ({"content_type": "system_error", "name": "E", "text": "It broke"}, "It broke"),
        ({"content_type": "multimodal_text", "parts": [{"content_type": "audio_transcription", "text": "Hi"}]}, "Hi"),
    ],
)
async def test_kinds_of_content(desk: Conversations, content: dict[str, Any], shown: str) -> None:
    thread = await desk.one([chatgpt_conversation(("a", None, chatgpt_message("a", "assistant", content)))])
    assert texts(thread) == [("assistant", shown)]


async def test_what_cannot_be_read_is_told_and_the_rest_comes_over(desk: Conversations) -> None:
    odd = {"content_type": "hologram", "beam": 7}
    conversation = chatgpt_conversation(
        ("q", None, chatgpt_message("q", "user", "Show me")),
        ("h", "q", chatgpt_message("h", "assistant", odd)),
        ("w", "h", chatgpt_message("w", "wizard", "Abracadabra")),
        ("a", "w", chatgpt_message("a", "assistant", "There.")),
    )
    empty = chatgpt_conversation(("root", None, None), title="Hollow", conversation_id="other")
    report = await desk.take([conversation, empty, "gibberish", {"some": "thing"}])
    assert len(report.imported) == 1
    assert texts(await desk.store.load(report.imported[0].id)) == [
        ("user", "Show me"),
        ("assistant", "[hologram, not imported]"),
        ("assistant", "There."),
    ]
    assert report.problems == [
        "messages of an unknown kind (hologram) were left out (in “Trip to 東京”)",
        "messages of an unknown author were left out (in “Trip to 東京”)",
        "conversations without a message were left out (in “Hollow”)",
        "2 × an object with the fields some can't be read yet (in “conversations”)",
    ]


async def test_circles_orphans_and_wrong_types_lose_no_text(desk: Conversations) -> None:
    say = chatgpt_message
    conversation: dict[str, Any] = chatgpt_conversation(
        ("a", "b", say("a", "user", "in a circle", create_time="soon")),
        ("b", "a", say("b", "assistant", "likewise", create_time=1e300)),
        ("c", "nowhere", say("c", "user", "an orphan")),
        ("d", "d", say("d", "user", "its own parent")),
        title=["no", "text"],
        create_time={},
        current_node=7,
    )
    conversation["mapping"]["e"] = "no node"
    thread = await desk.one([conversation])
    contents = {each.content for each in thread.messages.values()}
    assert contents == {"in a circle", "likewise", "an orphan", "its own parent"}
    assert thread.branch()
    assert all(len(each.content) for each in thread.branch())


async def test_text_is_cleaned(desk: Conversations) -> None:
    evil = "a\x1b]52;c;eA==\x07\u202eb"
    message = chatgpt_message("q", "assistant", evil, metadata={"model_slug": evil})
    thread = await desk.one([chatgpt_conversation(("q", None, message), title=evil)])
    seen = thread.title + thread.messages["q"].content + str(thread.messages["q"].model)
    assert not set(seen) & {"\x1b", "\x07", "\u202e"}
    assert thread.messages["q"].hidden == 3


async def test_a_chain_of_many_thousand_nodes(desk: Conversations) -> None:
    count = amount(5_000, 50_000)
    names = [f"n{number}" for number in range(count)]
    mapping: dict[str, Any] = {
        name: {"id": name, "parent": above, "children": [], "message": chatgpt_message(name, "user", name)}
        for name, above in zip(names, [None, *names], strict=False)
    }
    thread = await desk.one([chatgpt_export() | {"mapping": mapping, "current_node": names[-1]}])
    assert len(thread.branch()) == count
