"""load(save(x)) == x; what is unknown survives; what is damaged is said, not crashed on."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.domain.conversation.message import Message, MessageError, Role, Status, Timing, ToolRun, ToolState
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.threads.codec import Lines, decode, encode, encode_lines, message_to_json, thread_to_json

text = st.text(max_size=20)  # no lone surrogates: those are repaired, below
maybe = st.none() | text
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
values = st.recursive(
    scalars, lambda of: st.lists(of, max_size=3) | st.dictionaries(text, of, max_size=3), max_leaves=5
)
tables = st.dictionaries(text, values, max_size=3)
extras = st.dictionaries(text.map("x-".__add__), values, max_size=3)
numbers = st.none() | st.integers(0, 10**9) | st.floats(0, 1e9)
errors = st.builds(
    MessageError,
    kind=text,
    message=text,
    http_status=st.none() | st.integers(),
    request_id=maybe,
    advice=text,
    detail=text,
    extra=extras,
)
timings = st.builds(Timing, first_token_s=numbers, total_s=numbers, reasoning_s=numbers, extra=extras)
messages = st.builds(
    Message,
    id=text,
    parent=maybe,
    role=st.sampled_from(Role),
    content=text,
    created=text,
    reasoning=text,
    model=maybe,
    parameters=tables,
    status=st.none() | st.sampled_from(Status),
    finish_reason=maybe,
    usage=st.none() | tables,
    timing=st.none() | timings,
    error=st.none() | errors,
    tool_calls=st.lists(tables, max_size=2),
    tool_call_id=maybe,
    pinned=st.booleans(),
    muted=st.booleans(),
    deleted=st.just("") | st.text(max_size=20),
    hidden=st.integers(0, 10**6),
    extra=extras,
)
threads = st.builds(
    Thread,
    id=text,
    title=text,
    created=text,
    updated=text,
    pinned=st.booleans(),
    archived=st.booleans(),
    tags=st.lists(text, max_size=3),
    system_prompt=text,
    model=maybe,
    parameters=tables,
    draft=text,
    head=maybe,
    messages=st.lists(messages, max_size=4, unique_by=lambda each: each.id).map(
        lambda several: {each.id: each for each in several}
    ),
    extra=extras,
)


@given(threads)
def test_a_thread_comes_back_as_it_was(thread: Thread) -> None:
    data = encode(thread)
    assert decode(data) == thread
    assert encode(decode(data)) == data
    assert data.endswith(b"}\n")
    assert json.loads(data) == thread_to_json(thread)


# Any JSON in any place: what is of a wrong type falls back, and goes back as it came.
fields = ["title", "created", "pinned", "tags", "model", "parameters", "draft", "head", "archived", "system_prompt"]
message_fields = ["role", "content", "parent", "status", "error", "timing", "usage", "tool_calls", "parameters", "id"]


@given(
    st.dictionaries(st.sampled_from(fields), values), st.lists(st.dictionaries(st.sampled_from(message_fields), values))
)
def test_wrong_types_neither_crash_nor_get_lost(header: dict[str, Any], entries: list[dict[str, Any]]) -> None:
    source = {"format": "chat-tui.thread", "version": 1, **header, "messages": entries}
    thread = decode(json.dumps(source).encode())
    again: dict[str, Any] = thread_to_json(thread)
    assert decode(encode(thread)) == thread
    for name, value in header.items():
        assert again[name] == value
    written = again["messages"]
    assert isinstance(written, list)
    for before, after in zip(entries, written, strict=True):
        assert isinstance(after, dict)
        for name, value in before.items():
            if name != "id" and value is not None and value not in ([], {}):
                assert after[name] == value or (name in ("error", "timing") and value.items() <= after[name].items())


def test_the_example_of_the_contract_keeps_its_fields_and_their_order() -> None:
    source = """{"format": "chat-tui.thread", "version": 1, "id": "20261121-202700-k3f9", "title": "On U+2028",
 "created": "2026-11-21T20:27:00Z", "updated": "2026-11-21T20:27:09Z", "pinned": false, "archived": false, "tags": [],
 "system_prompt": "You are terse.", "model": "modelmax/deepseek-v3.2", "parameters": {"temperature": 0.7}, "draft": "",
 "head": "b41c09aa", "messages": [
  {"id": "9f1e22d0", "parent": null, "role": "user", "content": "How?", "created": "1"},
  {"id": "b41c09aa", "parent": "9f1e22d0", "role": "assistant", "content": "Like so.", "reasoning": "hm",
   "created": "2",
   "model": "modelmax/deepseek-v3.2", "parameters": {"temperature": 0.7}, "status": "complete", "finish_reason": "stop",
   "usage": {"prompt_tokens": 17, "completion_tokens": 10, "total_tokens": 27},
   "timing": {"first_token_s": 0.41, "total_s": 1.2}}]}"""
    written = encode(decode(source.encode())).decode()
    assert json.dumps(json.loads(written)) == json.dumps(json.loads(source))


def test_unknown_fields_survive_at_every_level() -> None:
    thread = Thread(extra={"color": "red"})
    message = thread.add(Role.ASSISTANT, "x")
    message.extra = {"score": 1}
    message.error = MessageError("internal", "m", extra={"trace": [1]})
    message.timing = Timing(1.0, extra={"queue_s": 0.1})
    source = json.loads(encode(thread))
    assert source["color"] == "red"
    stored = source["messages"][0]
    assert (stored["score"], stored["error"]["trace"], stored["timing"]["queue_s"]) == (1, [1], 0.1)
    assert decode(encode(thread)) == thread


def test_optional_fields_are_written_only_when_set() -> None:
    thread = Thread()
    assert list(message_to_json(thread.add(Role.USER, "x"))) == ["id", "parent", "role", "content", "created"]


def test_a_changed_field_is_written_and_not_its_odd_original() -> None:
    thread = decode(b'{"format": "chat-tui.thread", "version": 1, "title": 5}')
    assert thread_to_json(thread)["title"] == 5
    thread.title = "Five"
    assert thread_to_json(thread)["title"] == "Five"


def test_content_in_parts() -> None:
    parts = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "data:"}},
        {"type": "text", "text": "b"},
    ]
    source = {"format": "chat-tui.thread", "version": 1, "messages": [{"id": "1", "role": "user", "content": parts}]}
    thread = decode(json.dumps(source).encode())
    assert thread.messages["1"].content == "a\nb"
    assert json.loads(encode(thread))["messages"][0]["content"] == parts


def test_messages_without_an_id_of_their_own_get_one_and_others_stay() -> None:
    entries = [{"content": "a"}, {"id": "x", "content": "b"}, {"id": "x", "content": "c"}, 7, {"id": "00000000"}]
    source = {"format": "chat-tui.thread", "version": 1, "messages": entries}
    thread = decode(json.dumps(source).encode())
    assert [each.content for each in thread.messages.values()] == ["a", "b", "c", ""]
    assert json.loads(encode(thread))["messages"][-1] == 7
    assert decode(encode(thread)) == thread


def test_a_newer_version_is_read_only() -> None:
    thread = decode(
        b'{"format": "chat-tui.thread", "version": 2, "title": "t", "messages": [{"id": "1", "content": "c"}]}'
    )
    assert thread.read_only
    assert thread.messages["1"].content == "c"
    assert thread_to_json(thread)["version"] == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"\0" * 100, "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "not a thread"),
        (b'{"format": "chat-tui.thread"}', "version"),
        (b'{"format": "chat-tui.thread", "version": true}', "version"),
        (b'{"format": "chat-tui.thread", "version": 1, "x": NaN}', "number"),
        (b'{"format": "chat-tui.thread", "version": 1, "x": -Infinity}', "number"),
        (b'{"format": "chat-tui.thread", "version": 1, "x": 1e999}', "out of range"),
        (b'{"format": "chat-tui.thread", "version": 1, "x": ' + b"9" * 5000 + b"}", "number"),
        (b'{"x": ' * 100_000, "nested"),
        (b"[" * 101 + b"]" * 101, "nested"),
        (b'{"format": "\xff"}', "UTF-8"),
    ],
)
def test_what_is_no_thread_is_said_in_words(data: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        decode(data)


def test_a_byte_order_mark_and_duplicate_keys_are_taken() -> None:
    thread = decode(b'\xef\xbb\xbf{"format": "chat-tui.thread", "version": 1, "title": "a", "title": "b"}')
    assert thread.title == "b"


def test_lone_surrogates_are_repaired_both_ways() -> None:
    thread = decode(rb'{"format": "chat-tui.thread", "version": 1, "title": "\ud83d", "draft": "\ud83d\ude00"}')
    assert (thread.title, thread.draft) == ("\ufffd", "😀")
    thread.title = "a\ud83d"
    assert decode(encode(thread)).title == "a\ufffd"


CHANGES: dict[str, Any] = {
    "parent": lambda m: setattr(m, "parent", "p"),
    "role": lambda m: setattr(m, "role", Role.TOOL),
    "content": lambda m: setattr(m, "content", m.content + "x"),
    "created": lambda m: setattr(m, "created", "now"),
    "reasoning": lambda m: setattr(m, "reasoning", "r"),
    "model": lambda m: setattr(m, "model", "a/b"),
    "parameters": lambda m: m.parameters.update(a=1),
    "status": lambda m: setattr(m, "status", Status.STOPPED),
    "finish_reason": lambda m: setattr(m, "finish_reason", "stop"),
    "usage": lambda m: m.usage["prompt"].update(tokens=2),
    "timing": lambda m: setattr(m.timing, "total_s", 9.0),
    "error": lambda m: m.error.extra.update(a=1),
    "tool_calls": lambda m: m.tool_calls[0]["function"].update(name="f"),
    "answered_by": lambda m: setattr(m, "answered_by", "c"),
    "upstream_provider": lambda m: setattr(m, "upstream_provider", "Acme"),
    "sources": lambda m: m.sources[0].update(title="t"),
    "summarizes": lambda m: setattr(m, "summarizes", 4),
    "tried": lambda m: m.tried.append({"model": "a/b"}),
    "tool_call_id": lambda m: setattr(m, "tool_call_id", "t"),
    "parts": lambda m: setattr(m, "parts", [{"type": "text"}]),
    "tool_run": lambda m: setattr(m.tool_run, "state", ToolState.DONE),
    "pinned": lambda m: setattr(m, "pinned", True),
    "muted": lambda m: setattr(m, "muted", True),
    "deleted": lambda m: setattr(m, "deleted", "2026-11-22T00:00:00Z"),
    "hidden": lambda m: setattr(m, "hidden", 3),
    "extra": lambda m: m.extra["deep"].append(1),
}


@pytest.mark.parametrize(
    "name", sorted({each.name for each in dataclasses.fields(Message)} - {"id", "written_elsewhere"})
)
def test_a_known_line_is_used_until_any_field_changes_also_within(name: str) -> None:
    thread = Thread()
    message, other = thread.add(Role.ASSISTANT, "x"), thread.add(Role.USER, "y")
    message.timing, message.error, message.extra = Timing(), MessageError("k", "m"), {"deep": []}
    message.usage, message.tool_calls = {"prompt": {"tokens": 1}}, [{"function": {"name": "g"}}]
    message.sources, message.tool_run = [{"url": "https://a.example"}], ToolRun("time", "now")
    known: Lines = {}
    _, first = encode_lines(thread, known)
    CHANGES[name](message)
    _, second = encode_lines(thread, known)
    assert second == encode_lines(thread)[1]
    assert second[message.id] != first[message.id]
    assert second[other.id] is first[other.id]
    del thread.messages[message.id]
    encode_lines(thread, known)
    assert list(known) == [other.id]


def test_what_has_no_json_is_refused() -> None:
    with pytest.raises(CodecError):
        encode(Thread(parameters={"temperature": float("nan")}))
