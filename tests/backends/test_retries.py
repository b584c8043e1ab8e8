"""Clocks and second tries over loopback sockets."""

from __future__ import annotations

import asyncio
from itertools import chain, repeat
from pathlib import Path

import pytest

from chat_tui.backends import answer
from chat_tui.backends.client import HttpBackend
from chat_tui.domain.conversation.chunk import RetryWait, TextDelta
from chat_tui.domain.errors import ErrorKind
from chat_tui.domain.models.provider import Timeouts
from tests.backends.helpers import SHORT, Keys, ask, custom, run, turn
from tests.servers import Reply, Request, ScriptedServer, delta, hello, json_reply, sse

K = ErrorKind


# Clocks


@pytest.mark.parametrize(
    "steps", [[asyncio.Event()], [b": ping\n\n", asyncio.Event()], [sse(delta(""), done=False), asyncio.Event()]]
)
async def test_no_first_token(tmp_path: Path, steps: list[object]) -> None:
    outcome, server = await ask(tmp_path, Reply(steps), timeouts=SHORT)
    assert outcome.failure.kind is K.TIMEOUT
    assert len(server.requests) <= 1  # not asked twice: it may be running, and billed
    assert not outcome.waits


async def test_comments_do_not_hold_the_clock_off(tmp_path: Path) -> None:
    """A server that pings for ever: the answer has stalled all the same."""
    pings = repeat(b": keep-alive\n\n" + sse({"choices": []}, delta(""), done=False))
    async with asyncio.timeout(30):
        outcome, _ = await ask(
            tmp_path, Reply(chain([sse(delta("Hel"), done=False)], pings)), timeouts=Timeouts(idle=0.15)
        )
    assert outcome.message.content == "Hel"
    assert outcome.failure.kind is K.INTERRUPTED
    assert "No data for" in outcome.failure.message


async def test_comments_do_not_hold_the_clock_off_after_the_answers_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "AFTER_FINISH", 0.15)
    pings = repeat(b": keep-alive\n\n")
    async with asyncio.timeout(30):
        outcome, _ = await ask(tmp_path, Reply(chain([sse(delta("Hel", finish="stop"), done=False)], pings)))
    assert outcome.message.content == "Hel"
    assert outcome.message.finish_reason == "stop"


# Retries


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
async def test_tried_again_at_most_twice(tmp_path: Path, status: int) -> None:
    outcome, server = await ask(tmp_path, json_reply({}, status))
    assert len(server.requests) == 3
    assert outcome.waits == [0.5, 1.0]
    assert outcome.failure.http_status == status
    assert [type(chunk) for chunk in outcome.chunks] == [RetryWait, RetryWait]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 524])
async def test_not_tried_again(tmp_path: Path, status: int) -> None:
    outcome, server = await ask(tmp_path, json_reply({}, status))
    assert len(server.requests) == 1
    assert outcome.failure.http_status == status


async def test_a_retry_that_succeeds(tmp_path: Path) -> None:
    outcome, server = await ask(tmp_path, json_reply({}, 503, retry_after="7"), hello())
    assert (outcome.message.content, outcome.waits, len(server.requests)) == ("Hello there", [7.0], 2)
    assert isinstance(outcome.chunks[0], RetryWait)
    assert outcome.error is None


async def test_a_long_wait_is_the_users_to_decide(tmp_path: Path) -> None:
    outcome, server = await ask(tmp_path, json_reply({}, 429, retry_after="121"))
    assert (outcome.failure.retry_after, len(server.requests)) == (121.0, 1)


async def test_nothing_is_asked_twice_once_text_came(tmp_path: Path) -> None:
    outcome, server = await ask(tmp_path, Reply([sse(delta("a"), {"error": {"code": 503, "message": "x"}})]), hello())
    assert (outcome.message.content, len(server.requests)) == ("a", 1)


async def test_refused_connections_are_tried_again(tmp_path: Path) -> None:
    async with ScriptedServer(hello()) as server:
        url = server.url
    outcome = await run(custom(url), tmp_path)
    assert outcome.failure.kind is K.CONNECTION
    assert outcome.waits == [0.5, 1.0]


async def test_a_refused_stream_option_is_left_out_from_then_on(tmp_path: Path) -> None:
    def reply(request: Request) -> Reply:
        if "stream_options" in request.json:
            return json_reply(
                {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}, 422
            )
        return hello()

    async with ScriptedServer(reply) as server:
        provider = custom(server.url)
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path, tmp_path)
        for _ in range(2):
            texts = [chunk.text async for chunk in backend.stream(turn()) if isinstance(chunk, TextDelta)]
            assert "".join(texts) == "Hello there"
        await backend.aclose()
    assert len(server.requests) == 3


async def test_max_tokens_under_its_new_name(tmp_path: Path) -> None:
    def reply(request: Request) -> Reply:
        if "max_tokens" in request.json:
            text = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            return json_reply({"error": {"message": text, "code": "unsupported_parameter"}}, 400)
        return hello()

    async with ScriptedServer(reply) as server:
        outcome = await run(custom(server.url), tmp_path, turn(parameters={"max_tokens": 9}))
    assert outcome.message.content == "Hello there"
    assert server.requests[-1].json["max_completion_tokens"] == 9
