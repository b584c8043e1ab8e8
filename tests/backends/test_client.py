"""Whole turns over loopback sockets: the four providers, faults, clocks, retries."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from chat_tui.backends import answer as answer_module
from chat_tui.backends.client import HttpBackend
from chat_tui.domain.conversation.chunk import TextDelta
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.models.provider import Timeouts
from tests.backends.helpers import KEY, Keys, ask, at, custom, run, turn
from tests.servers import CUT, Reply, Request, ScriptedServer, delta, hello, json_reply, providers, sse

K = ErrorKind


async def test_plain_openai(tmp_path: Path) -> None:
    outcome, server = await ask(tmp_path, hello())
    assert outcome.error is None
    assert outcome.message.content == "Hello there"
    assert outcome.message.finish_reason == "stop"
    assert outcome.message.usage == {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    assert server.requests[0].target == "/v1/chat/completions"
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_modelslab(tmp_path: Path) -> None:
    async with ScriptedServer(providers.modelslab()) as server:
        outcome = await run(at("modelslab", server.url), tmp_path)
    message = outcome.message
    assert outcome.error is None
    assert (message.content, message.reasoning) == ("Hello! How can I help?", "A greeting.\n")
    assert (message.finish_reason, message.usage) == ("stop", providers.USAGE)
    sent = server.requests[0].json
    assert server.requests[0].target == "/api/v7/llm/chat/completions"
    assert (sent["key"], sent["model_id"], sent["streaming"]) == (KEY, "m", True)
    assert "authorization" not in server.requests[0].headers


async def test_modelslab_error_under_a_200(tmp_path: Path) -> None:
    async with ScriptedServer(providers.modelslab_error()) as server:
        outcome = await run(at("modelslab", server.url), tmp_path)
    assert outcome.failure.kind is K.RATE_LIMIT
    assert "request limit exceeded" in outcome.failure.message
    assert outcome.waits == [30.0, 30.0]
    assert not outcome.message.content


async def test_siliconflow(tmp_path: Path) -> None:
    async with ScriptedServer(providers.siliconflow()) as server:
        outcome = await run(at("siliconflow", server.url), tmp_path)
    message = outcome.message
    assert outcome.error is None
    assert (message.content, message.reasoning) == ("你好!", "A greeting.")
    assert (message.finish_reason, message.usage) == ("eos", providers.USAGE)
    assert "stream_options" not in server.requests[0].json


async def test_siliconflow_error_with_its_trace_id(tmp_path: Path) -> None:
    status, body = providers.SILICONFLOW_ERRORS[0]
    async with ScriptedServer(json_reply(body, status, x_siliconcloud_trace_id="ti_42")) as server:
        failure = (await run(at("siliconflow", server.url), tmp_path)).failure
    assert (failure.kind, failure.http_status, failure.request_id) == (K.NOT_FOUND, 400, "ti_42")


async def test_lanrui(tmp_path: Path) -> None:
    async with ScriptedServer(providers.lanrui()) as server:
        outcome = await run(at("lanrui", server.url), tmp_path)
    assert outcome.error is None
    assert (outcome.message.content, outcome.message.finish_reason) == ("Hello!", "stop")
    assert outcome.message.usage == providers.USAGE
    assert set(server.requests[0].json) == {"model", "messages", "stream"}


async def test_lanrui_reasoning_and_error(tmp_path: Path) -> None:
    lines = sse(delta("<think>hm</think>yes"), delta(finish="stop"), done=False).replace(b"data: ", b"")
    async with ScriptedServer(Reply([lines]), json_reply({"message": "invalid model"}, 400)) as server:
        outcome = await run(at("lanrui", server.url), tmp_path)
        failed = await run(at("lanrui", server.url), tmp_path)
    assert (outcome.message.reasoning, outcome.message.content) == ("hm", "yes")
    assert failed.failure.kind is K.NOT_FOUND


async def test_modelmax(tmp_path: Path) -> None:
    async with ScriptedServer(providers.modelmax(), providers.modelmax_error()) as server:
        outcome = await run(at("modelmax", server.url), tmp_path)
        failed = await run(at("modelmax", server.url), tmp_path)
    assert outcome.error is None
    assert (outcome.message.content, outcome.message.finish_reason) == ("Once upon", "stop")
    assert outcome.message.usage == providers.USAGE
    assert (failed.failure.kind, failed.failure.http_status, failed.waits) == (K.CREDIT, 402, [])
    assert "Top up" in failed.failure.advice


async def test_without_streaming(tmp_path: Path) -> None:
    body = {
        "choices": [{"index": 0, "message": {"content": "Hello", "reasoning_content": "hm"}, "finish_reason": "stop"}]
    }
    async with ScriptedServer(json_reply(body | {"usage": providers.USAGE})) as server:
        outcome = await run(custom(server.url), tmp_path, turn(stream=False))
    assert "stream" not in server.requests[0].json
    assert (outcome.message.content, outcome.message.reasoning) == ("Hello", "hm")
    assert outcome.message.usage == providers.USAGE
    assert outcome.error is None


async def test_a_json_body_for_a_stream_and_back(tmp_path: Path) -> None:
    body = {"choices": [{"message": {"content": "Hello"}}]}
    outcome, _ = await ask(tmp_path, json_reply(body))
    assert (outcome.message.content, outcome.error) == ("Hello", None)
    async with ScriptedServer(hello()) as server:
        assert (await run(custom(server.url), tmp_path, turn(stream=False))).message.content == "Hello there"


async def test_text_comes_while_the_server_still_writes(tmp_path: Path) -> None:
    more = asyncio.Event()
    async with ScriptedServer(Reply([sse(delta("a"), done=False), more, sse(delta("b", finish="stop"))])) as server:
        provider = custom(server.url)
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path, tmp_path)
        async with aclosing(backend.stream(turn())) as chunks:
            assert await anext(chunks) == TextDelta("a")
            more.set()
            assert await anext(chunks) == TextDelta("b")
        await backend.aclose()


async def test_closing_the_generator_closes_the_connection(tmp_path: Path) -> None:
    async with ScriptedServer(Reply([sse(delta("a"), done=False), asyncio.Event()])) as server:
        provider = custom(server.url)
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path, tmp_path)
        async with aclosing(backend.stream(turn())) as chunks:
            assert await anext(chunks) == TextDelta("a")
            start = time.perf_counter()
        assert time.perf_counter() - start < 0.1
        async with asyncio.timeout(5):
            await server.disconnected.wait()
        await backend.aclose()


async def test_cancelling_before_the_first_byte_closes_the_connection(tmp_path: Path) -> None:
    arrived = asyncio.Event()

    def reply(request: Request) -> Reply:
        arrived.set()
        return Reply([asyncio.Event()])

    async with ScriptedServer(reply) as server:
        task = asyncio.create_task(run(custom(server.url), tmp_path))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5):
            await server.disconnected.wait()


# The end of an answer


@pytest.mark.parametrize("chunked", [True, False])
async def test_an_end_without_finish_or_done_is_a_break(tmp_path: Path, chunked: bool) -> None:
    outcome, _ = await ask(tmp_path, Reply([sse(delta("Hello"), done=False)], chunked=chunked))
    assert outcome.message.content == "Hello"
    assert outcome.failure.kind is K.INTERRUPTED
    assert not outcome.waits


async def test_finish_without_done_and_done_without_finish_are_complete(tmp_path: Path) -> None:
    for stream in (sse(delta("x", finish="stop"), done=False), sse(delta("x"))):
        outcome, _ = await ask(tmp_path, Reply([stream], chunked=False))
        assert (outcome.message.content, outcome.error) == ("x", None)


async def test_a_server_that_neither_says_done_nor_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_module, "AFTER_FINISH", 0.1)
    outcome, _ = await ask(tmp_path, Reply([sse(delta("x", finish="stop"), done=False), asyncio.Event()]))
    assert (outcome.message.content, outcome.error) == ("x", None)


async def test_a_connection_cut_mid_answer_keeps_the_text(tmp_path: Path) -> None:
    ready = asyncio.Event()
    ready.set()
    outcome, _ = await ask(tmp_path, Reply([sse(delta("Hello"), done=False), ready]), timeouts=Timeouts())
    async with ScriptedServer(Reply([sse(delta("Hel"), done=False) + b'data: {"choi', CUT])) as server:
        cut = await run(custom(server.url), tmp_path)
    # A reset may overtake what was sent before it: then nothing came, and the words say that instead.
    assert cut.failure.kind in (K.INTERRUPTED, K.CONNECTION)
    assert outcome.failure.kind is K.INTERRUPTED


async def test_a_connection_broken_off_inside_an_event(tmp_path: Path) -> None:
    outcome, _ = await ask(tmp_path, Reply([sse(delta("Hel"), done=False) + b'data: {"choi'], chunked=False))
    assert outcome.message.content == "Hel"
    assert outcome.failure.kind is K.INTERRUPTED


async def test_a_damaged_event_is_no_silent_loss(tmp_path: Path) -> None:
    stream = sse(delta("a"), '{"choices": [{"delta": {"content": oops', delta("b", finish="stop"))
    outcome, _ = await ask(tmp_path, Reply([stream]))
    assert outcome.message.content == "ab"
    assert outcome.failure.kind is K.INTERRUPTED


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply([]), K.EMPTY, "Empty answer"),
        (Reply([sse()]), K.EMPTY, "Empty answer"),
        (Reply([b": ping\n\n"]), K.EMPTY, "Empty answer"),
        (Reply([sse(delta("", finish="stop"))]), K.EMPTY, "Empty answer"),
        (Reply([sse(delta("", finish="length"))]), K.EMPTY, "Empty answer"),
        (Reply([sse(delta("", finish="content_filter"))]), K.CONTENT_FILTER, "filter"),
        (Reply([b"<!DOCTYPE html><title>Log in to the hotel</title>"]), K.NOT_UNDERSTOOD, "web page"),
        (Reply([b"Hello, I am no chat server.\n"]), K.NOT_UNDERSTOOD, "no chat server"),
        (json_reply("Invalid token"), K.AUTHENTICATION, "key"),
        (json_reply({"error": "Unexpected endpoint or method. (POST /chat/completions)"}), K.NOT_FOUND, "Unexpected"),
        (Reply([sse({"error": {"message": "boom", "code": 400}})]), K.REJECTED, "boom"),
        (
            Reply([b'error: {"code":400,"message":"exceeds the available context size"}\n\ndata: [DONE]\n\n']),
            K.CONTEXT_LENGTH,
            "Context window",
        ),
    ],
)
async def test_a_200_that_holds_no_answer(tmp_path: Path, reply: Reply, kind: ErrorKind, words: str) -> None:
    outcome, _ = await ask(tmp_path, reply)
    assert outcome.failure.kind is kind
    assert words in str(outcome.failure)
    assert not outcome.message.content


async def test_an_error_after_text_keeps_both(tmp_path: Path) -> None:
    stream = sse(delta("Hello"), {"error": {"message": "overloaded", "code": 503}})
    outcome, server = await ask(tmp_path, Reply([stream]))
    assert outcome.message.content == "Hello"
    assert outcome.failure.kind is K.OVERLOADED
    assert not outcome.failure.retryable
    assert len(server.requests) == 1


async def test_a_compressed_body_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * 2**20)
    outcome, _ = await ask(tmp_path, Reply([bomb], headers={"Content-Encoding": "gzip"}))
    assert outcome.failure.kind is K.NOT_UNDERSTOOD
    assert "a gzip body" in outcome.failure.message
    outcome, _ = await ask(tmp_path, Reply([bomb], 400, headers={"Content-Encoding": "gzip"}))
    assert outcome.failure.kind is K.REJECTED


async def test_only_the_beginning_of_an_error_is_read_and_its_connection_closed(tmp_path: Path) -> None:
    async with ScriptedServer(Reply([b"x" * 2**16, asyncio.Event()], 400)) as server:
        provider = custom(server.url)
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path, tmp_path)
        with pytest.raises(ProviderError) as caught:
            await anext(backend.stream(turn()))
        assert "xxx" in caught.value.detail
        assert len(caught.value.detail) <= 2048
        async with asyncio.timeout(5):
            await server.disconnected.wait()
        await backend.aclose()


@pytest.mark.parametrize("charset", ["utf-16", "ISO-8859-1", "zip"])
async def test_the_headers_charset_does_not_matter(tmp_path: Path, charset: str) -> None:
    headers = {"Content-Type": f"text/event-stream;charset={charset}"}
    outcome, _ = await ask(tmp_path, Reply([sse(delta("你好", finish="stop"))], headers=headers))
    assert outcome.message.content == "你好"


async def test_hostile_headers_are_cleaned(tmp_path: Path) -> None:
    headers = {"x-request-id": "a\x1b]0;own\x07"}
    outcome, _ = await ask(tmp_path, Reply([b"no"], 401, headers, reason="Un\x1b]0;PWN\x07auth"))
    shown = f"{outcome.failure}{outcome.failure.request_id}{outcome.failure.detail}"
    assert "\x1b" not in shown
    assert "\x07" not in shown


async def test_what_is_sent_can_be_seen_without_the_key(tmp_path: Path) -> None:
    async with ScriptedServer(hello()) as server:
        provider = at("modelslab", server.url)
        backend = HttpBackend(lambda: {"modelslab": provider}, Keys(), tmp_path, tmp_path)
        shown, curl = backend.preview(turn("modelslab"))
        async with aclosing(backend.stream(turn("modelslab"))) as chunks:
            await anext(chunks)
        await backend.aclose()
    sent = server.requests[0].json
    assert json.loads(shown) == sent | {"key": "$MODELSLAB_API_KEY"}
    assert KEY not in shown + curl


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (json_reply({"error": {"message": "[] is too short - 'messages'", "param": "messages"}}, 400), ""),
        (json_reply({"error": {"code": "404", "message": "Resource not found"}}, 404), "Resource not found"),
        (json_reply({"error": {"code": "401", "message": "Access denied"}}, 401), "Invalid API key"),
    ],
)
async def test_a_probe_tells_a_wrong_address_from_a_request_without_messages(
    tmp_path: Path, reply: Reply, words: str
) -> None:
    async with ScriptedServer(reply) as server:
        provider = replace(custom(server.url), base_url=f"{server.url}/openai/deployments/d?api-version=1")
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path, tmp_path)
        said = await backend.probe("work")
        await backend.models("work")
        await backend.aclose()
    assert words in said
    assert bool(said) == bool(words)
    targets = [request.target for request in server.requests]
    assert targets[0] == "/openai/deployments/d/chat/completions?api-version=1"
    assert targets[1] == "/openai/deployments/d/models?api-version=1"
