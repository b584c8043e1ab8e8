"""What chunk bodies mean, and errors inside a 200."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.backends.decoder.chunks import ChunkDecoder
from chat_tui.backends.decoder.output import Choice, ChunkOutput
from chat_tui.backends.decoder.sse import EventDecoder
from chat_tui.backends.errors.reporter import ErrorReporter, error_of_payload
from chat_tui.domain.conversation.chunk import Chunk, Finish, ReasoningDelta, TextDelta, UsageUpdate
from chat_tui.domain.conversation.message import Message, tool_call_text
from chat_tui.domain.errors import ErrorKind
from tests.backends.helpers import custom, reduced
from tests.servers import delta, sse
from tests.servers.providers import USAGE


def decode(pieces: list[bytes]) -> tuple[list[Chunk], ChunkDecoder]:
    report = ErrorReporter(custom("http://127.0.0.1"))
    events, decoder = EventDecoder(), ChunkDecoder(lambda payload: error_of_payload(report, payload))
    chunks: list[Chunk] = []
    for piece in pieces:
        chunks += decoder.feed(events.feed(piece))
    chunks += decoder.feed(events.flush()) + decoder.flush()
    return chunks, decoder


def answer(*payloads: object, done: bool = True) -> Message:
    """The message of a stream; checks that it is the same byte by byte."""
    stream = sse(*payloads, done=done)
    message = reduced(decode([stream])[0])
    other = reduced(decode([bytes([byte]) for byte in stream])[0])
    other.created = message.created
    assert message == other
    return message


def choice(**fields: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, **fields}]}


def test_a_burst_is_one_delta() -> None:
    chunks, _ = decode([sse(*(delta(word) for word in ("a", "b", "c")), delta(finish="stop"))])
    assert chunks == [TextDelta("abc"), Finish("stop")]


def test_choices_empty_or_null_are_nothing() -> None:
    assert answer({"choices": [], "prompt_filter_results": [{}]}, {"choices": None}, {}, delta("x")).content == "x"


def test_usage_is_replaced_never_added() -> None:
    usages = [{"total_tokens": n} for n in (1, 2, 3)]
    message = answer(*(delta("x") | {"usage": usage} for usage in usages))
    assert message.usage == {"total_tokens": 3}
    assert message.content == "xxx"


def test_usage_of_the_last_chunk_without_choices() -> None:
    assert answer(delta("x", finish="stop"), {"choices": [], "usage": USAGE}).usage == USAGE


def test_usage_elsewhere() -> None:
    assert answer(choice(delta={"content": "x"}, usage=USAGE)).usage == USAGE
    assert answer(delta("x") | {"x_groq": {"usage": USAGE}}).usage == USAGE


@pytest.mark.parametrize("empty", [{"delta": None}, {}, {"delta": {}}, {"delta": {"content": None, "role": ""}}])
def test_nothing_in_a_delta(empty: dict[str, object]) -> None:
    assert answer(choice(**empty), delta("x", role="assistant"), delta("y", role=None)).content == "xy"


def test_message_for_delta_whole_growing_and_beside_it() -> None:
    assert answer(choice(message={"content": "whole"}, finish_reason="stop")).content == "whole"
    growing = [choice(message={"content": text}) for text in ("a", "ab", "abc", "abc")]
    assert answer(*growing).content == "abc"
    beside = [choice(delta={"content": c}, message={"content": t}) for c, t in (("a", "a"), ("b", "ab"))]
    assert answer(*beside, choice(delta={}, message={"content": "ab"}, finish_reason="stop")).content == "ab"


def test_content_in_parts() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}
    message = answer(delta() | choice(delta={"content": [thinking, {"type": "text", "text": "yes"}]}))
    assert (message.reasoning, message.content) == ("hm", "yes")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "reasoning_text"])
def test_reasoning_under_each_name(field: str) -> None:
    message = answer(choice(delta={field: "hm"}), delta("yes"))
    assert (message.reasoning, message.content) == ("hm", "yes")


def test_two_names_with_one_text() -> None:
    details = [{"type": "reasoning.text", "text": "hm"}]
    assert answer(delta(reasoning="hm", reasoning_content="hm", reasoning_details=details)).reasoning == "hm"
    assert answer(delta(reasoning_details=[*details, {"type": "reasoning.encrypted", "data": "x"}])).reasoning == "hm"


@pytest.mark.parametrize("reason", ["", None, "null"])
def test_no_reason_is_no_end(reason: str | None) -> None:
    chunks, decoder = decode([sse(delta("a", finish=reason), done=False)])
    assert chunks == [TextDelta("a")]
    assert not decoder.is_finished


@pytest.mark.parametrize("reason", ["stop", "eos", "length", "end_turn", "something_new"])
def test_any_reason_is_an_end(reason: str) -> None:
    assert answer(delta("a", finish=reason)).finish_reason == reason


def test_a_reason_in_camel_case_or_with_the_last_text() -> None:
    assert answer(choice(delta={"content": "last"}, finishReason="stop")).content == "last"


def test_choices_stay_apart() -> None:
    stream = sse(delta("a", index=0), delta("1", index=1), delta("b", index=0), delta("2", index=1))
    chunks, _ = decode([stream])
    texts = {n: "".join(c.text for c in chunks if isinstance(c, TextDelta) and c.index == n) for n in (0, 1)}
    assert texts == {0: "ab", 1: "12"}


def test_object_and_id_do_not_matter() -> None:
    assert (
        answer(delta("x") | {"object": "text_completion", "id": "", "created": 0, "obfuscation": "zz"}).content == "x"
    )


def test_a_refusal_is_text() -> None:
    assert answer(delta(refusal="I can't.")).content == "I can't."


def call(arguments: object = None, **fields: Any) -> dict[str, Any]:
    function = {key: fields.pop(key) for key in ("name",) if key in fields}
    if arguments is not None:
        function["arguments"] = arguments
    return {**fields, "function": function}


def calls(*entries: dict[str, Any]) -> list[tuple[str, str]]:
    message = answer(*(delta(tool_calls=[entry]) for entry in entries), delta(finish="tool_calls"))
    made: list[Any] = [each["function"] for each in message.tool_calls]
    return [(each["name"], each["arguments"]) for each in made]


def test_tool_calls_in_pieces() -> None:
    pieces = [call("", index=0, id="1", name="ls"), call('{"a"', index=0), call(":1}", index=0)]
    assert calls(*pieces) == [("ls", '{"a":1}')]


def test_without_index() -> None:
    assert calls(call("{}", id="1", name="ls"), call("{}", id="2", name="cat")) == [("ls", "{}"), ("cat", "{}")]
    assert calls(call("{}", name="ls"), call("{}", name="cat")) == [("ls", "{}"), ("cat", "{}")]


def test_new_id_at_the_same_index_objects_and_names_twice() -> None:
    both = [call({"a": 1}, index=0, id="1", name="ls"), call({"b": 2}, index=0, id="2", name="cat")]
    assert calls(*both) == [("ls", '{"a": 1}'), ("cat", '{"b": 2}')]
    assert calls(call("{", index=0, id="1", name="ls"), call("}", index=0, id="1", name="ls")) == [("ls", "{}")]


def test_two_arguments_at_one_index() -> None:
    assert calls(call('{"a":1}', index=0, name="ls"), call('{"b":2}', index=0)) == [("ls", '{"a":1}'), ("", '{"b":2}')]


def test_an_old_function_call() -> None:
    message = answer(delta(function_call={"name": "ls", "arguments": "{"}), delta(function_call={"arguments": "}"}))
    assert message.tool_calls[0]["function"] == {"name": "ls", "arguments": "{}"}


def test_ollamas_own_lines() -> None:
    lines = [{"message": {"content": "a", "thinking": "t"}, "done": False}, {"message": {"content": "a"}}]
    end = {"message": {"content": ""}, "done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 2}
    chunks, decoder = decode(["\n".join(json.dumps(each) for each in [*lines, end]).encode()])
    message = reduced(chunks)
    assert (message.content, message.reasoning) == ("aa", "t")
    assert message.usage == {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    assert decoder.is_finished


ERRORS: dict[str, tuple[Any, ErrorKind, str]] = {
    "an error event": ({"error": {"message": "boom", "code": 503}}, ErrorKind.OVERLOADED, "boom"),
    "beside a choice": (
        {"error": {"code": 502, "message": "upstream"}, **choice(finish_reason="error", delta={"content": ""})},
        ErrorKind.OVERLOADED,
        "upstream",
    ),
    "alone": (choice(finish_reason="error", delta={}), ErrorKind.OVERLOADED, "overloaded"),
    "a string": ({"error": "model crashed"}, ErrorKind.REJECTED, "model crashed"),
    "an array": ([{"error": {"message": "quota exceeded", "code": 429}}], ErrorKind.RATE_LIMIT, "quota exceeded"),
    "Mistral's list": (
        {"object": "error", "message": {"detail": [{"loc": ["body", "n"], "msg": "too big"}]}},
        ErrorKind.REJECTED,
        "n: too big",
    ),
    "status error": ({"status": "error", "message": "no such thing"}, ErrorKind.REJECTED, "no such thing"),
    "spelling": ({"status": "error", "messege": "no such thing"}, ErrorKind.REJECTED, "no such thing"),
    "success": ({"success": False, "message": "no"}, ErrorKind.REJECTED, "no"),
    "code": ({"code": 30001, "msg": "balance is insufficient"}, ErrorKind.CREDIT, "Insufficient balance"),
    "a wrong path": (
        {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
        ErrorKind.NOT_FOUND,
        "Unexpected endpoint",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_inside_a_200_keep_what_came_before(name: str) -> None:
    payload, kind, words = ERRORS[name]
    chunks, decoder = decode([sse(delta("before"), payload, delta("after"))])
    assert reduced(chunks).content == "before"
    assert decoder.error is not None
    assert decoder.error.kind is kind
    assert words in decoder.error.message


def test_event_error_without_an_error_key() -> None:
    _, decoder = decode([b'event: error\ndata: {"message": "context window exceeds limit"}\n\n'])
    assert decoder.error is not None
    assert decoder.error.kind is ErrorKind.CONTEXT_LENGTH


def test_a_null_error_is_none() -> None:
    assert answer(delta("x") | {"error": None, "code": 0, "message": None}).content == "x"


@given(st.lists(st.integers(1, 700), max_size=12))
def test_any_split_gives_the_same_message(cuts: list[int]) -> None:
    stream = sse(
        delta("<thi", role="assistant"),
        delta("nk>a `</think>` b</th"),
        delta("ink>\n\nx 你\ud83d"),
        delta("\ude00\r"),
        delta("\ny"),
        delta(tool_calls=[call("{", index=0, id="1", name="ls")]),
        delta(finish="stop") | {"usage": USAGE},
    )
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    message = reduced(decode([stream[a:b] for a, b in zip(edges, edges[1:], strict=False)])[0])
    assert message.reasoning == "a `</think>` b"
    assert message.content == "x 你😀\ny"
    assert message.usage == USAGE


def test_usage_of_one_read_comes_once() -> None:
    chunks, _ = decode([sse(*({"choices": [], "usage": {"total_tokens": n}} for n in range(5)))])
    assert chunks == [UsageUpdate({"total_tokens": 4})]


def test_reasoning_and_text_keep_their_order() -> None:
    chunks, _ = decode([sse(delta(reasoning="a"), delta(reasoning="b"), delta("c"), delta(reasoning="d"))])
    assert chunks == [ReasoningDelta("ab"), TextDelta("c"), ReasoningDelta("d")]


def test_a_custom_tool_is_called_with_text() -> None:
    begun = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "math", "input": "4 "}}
    message = answer(delta(tool_calls=[begun]), delta(tool_calls=[{"index": 0, "custom": {"input": "+ 4"}}]))
    assert message.tool_calls == [{"id": "c", "type": "custom", "custom": {"name": "math", "input": "4 + 4"}}]
    assert tool_call_text(message.tool_calls[0]) == ("math", "4 + 4")


def test_an_empty_custom_field_beside_a_function_is_nothing() -> None:
    both = {
        "id": "c",
        "type": "function",
        "custom": {"name": "", "input": ""},
        "function": {"name": "f", "arguments": "{}"},
    }
    message = answer(choice(message={"tool_calls": [both]}, finish_reason="tool_calls"))
    assert message.tool_calls == [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]


def test_a_long_answer_is_kept_in_few_pieces() -> None:
    output, choice = ChunkOutput(), Choice(0)
    for number in range(20_000):
        output.text(f"{number} ", choice)
        output.reasoning(f"{number} ", choice)
    text = "".join(f"{number} " for number in range(20_000))
    for pieces in (choice.pieces, choice.reasoning_pieces):
        assert "".join(pieces) == text
        assert len(pieces) < 40
