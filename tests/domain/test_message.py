"""An answer, built from its chunks."""

from __future__ import annotations

import pytest

from chat_tui.domain.conversation.chunk import (
    ExtraDelta,
    Finish,
    ReasoningDelta,
    RetryWait,
    TextDelta,
    TextWasReasoning,
    ToolCallDelta,
    UsageUpdate,
)
from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.reply import Reply
from chat_tui.domain.json import Json


@pytest.fixture
def reply() -> Reply:
    return Reply(Message("x", None, Role.ASSISTANT))


def test_text_reasoning_usage_and_finish(reply: Reply) -> None:
    for chunk in (
        ReasoningDelta("h"),
        ReasoningDelta("m"),
        TextDelta("Hel"),
        UsageUpdate({"total_tokens": 1}),
        TextDelta("lo"),
        UsageUpdate({"total_tokens": 2}),
        Finish("stop"),
    ):
        reply.apply(chunk)
    reply.finish()
    message = reply.message
    assert (message.content, message.reasoning, message.finish_reason) == ("Hello", "hm", "stop")
    assert message.usage == {"total_tokens": 2}
    assert message.hidden == 0


def test_it_can_be_read_at_any_moment(reply: Reply) -> None:
    reply.apply(TextDelta("Hel"))
    assert reply.message.content == "Hel"


def test_text_is_clean_however_it_was_cut(reply: Reply) -> None:
    for text in ("a\ud83d", "\ude00\r", "\n\x1b", "[31m\ud83d"):
        reply.apply(TextDelta(text))
    reply.finish()
    assert reply.message.content == "a😀\n␛[31m\ufffd"
    assert reply.message.hidden == 1


def test_other_choices_are_not_this_answers(reply: Reply) -> None:
    for chunk in (TextDelta("no", 1), ReasoningDelta("no", 1), Finish("no", 1), ToolCallDelta(0, "no", index=1)):
        reply.apply(chunk)
    reply.apply(RetryWait("busy", 1.0))
    assert reply.message.is_blank
    assert reply.message.finish_reason is None


def test_tool_calls_in_openais_shape(reply: Reply) -> None:
    reply.apply(ToolCallDelta(0, "1", "ls", '{"a'))
    reply.apply(ToolCallDelta(1, "2", "cat", "{}"))
    reply.apply(ToolCallDelta(0, arguments='":1}'))
    assert reply.message.tool_calls == [
        {"id": "1", "type": "function", "function": {"name": "ls", "arguments": '{"a":1}'}},
        {"id": "2", "type": "function", "function": {"name": "cat", "arguments": "{}"}},
    ]
    assert not reply.message.is_blank


def test_text_that_turns_out_to_be_reasoning(reply: Reply) -> None:
    for chunk in (TextDelta("hm\r"), TextWasReasoning(), TextDelta("yes")):
        reply.apply(chunk)
    reply.finish()
    assert (reply.message.reasoning, reply.message.content) == ("hm\n", "yes")


def test_a_finish_reason_is_cleaned(reply: Reply) -> None:
    reply.apply(Finish("st\x1bop"))
    assert reply.message.finish_reason == "st␛op"


def test_blank_is_without_anything_to_show(reply: Reply) -> None:
    reply.apply(TextDelta(" \n"))
    assert reply.message.is_blank
    reply.apply(ReasoningDelta("hm"))
    assert not reply.message.is_blank


@pytest.mark.parametrize("name", ["images", "audio"])
def test_an_answer_without_text_is_not_blank(reply: Reply, name: str) -> None:
    reply.apply(ExtraDelta(name, ({"id": "1"},)))
    reply.finish()
    assert not reply.message.content
    assert not reply.message.is_blank


def test_an_image_among_parts_is_not_blank() -> None:
    part: dict[str, Json] = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    assert not Message("x", None, Role.ASSISTANT, parts=[part]).is_blank
    assert Message("x", None, Role.ASSISTANT, parts=[{"type": "text", "text": " "}]).is_blank


def test_what_else_a_message_carries_is_no_answer(reply: Reply) -> None:
    reply.apply(ExtraDelta("citations", ("https://x.example",)))
    reply.message.extra |= {"rating": 5, "images": []}
    assert reply.message.is_blank
