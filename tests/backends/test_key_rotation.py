"""Several API keys of one provider: which is sent with which request, counted at the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chat_tui.backends.client import HttpBackend
from chat_tui.domain.conversation.chunk import Chunk, Notice, RetryWait, TextDelta
from chat_tui.domain.errors import ErrorKind, ProviderError
from tests.backends.helpers import Keys, custom, turn
from tests.servers import Reply, Request, ScriptedServer, delta, hello, json_reply, sse

A, B, C = KEYS = ("canary-aaaaaaaaaaaa", "canary-bbbbbbbbbbbb", "canary-cccccccccccc")
LIMITED = json_reply({"error": {"message": "Too many requests"}}, 429)
NO_QUOTA = json_reply({"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}, 429)
POOR = json_reply({"error": {"message": "No balance"}}, 402)


def key_of(request: Request) -> str:
    return request.headers["authorization"].removeprefix("Bearer ")


class Asked:
    """A provider with three keys, asked as often as `turns` says."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.chunks: list[Chunk] = []
        self.waits: list[float] = []
        self.failure: ProviderError | None = None

    @property
    def text(self) -> str:
        return "".join(each.text for each in self.chunks if isinstance(each, TextDelta))


async def ask(tmp_path: Path, reply: Callable[[str, int], Reply], turns: int = 1) -> Asked:
    """Asks a server whose reply depends on the key and on how many requests came before."""
    asked = Asked()

    def answer(request: Request) -> Reply:
        asked.sent.append(key_of(request))
        return reply(asked.sent[-1], len(asked.sent))

    async def sleep(seconds: float) -> None:
        asked.waits.append(seconds)

    async with ScriptedServer(answer) as server:
        provider = custom(server.url)
        backend = HttpBackend(
            lambda: {"work": provider}, Keys(*KEYS), tmp_path, tmp_path, sleep=sleep, jitter=lambda: 0
        )
        for _ in range(turns):
            try:
                async for chunk in backend.stream(turn()):
                    asked.chunks.append(chunk)
            except ProviderError as error:
                asked.failure = error
        await backend.aclose()
    return asked


@pytest.mark.parametrize("refusal", [LIMITED, NO_QUOTA, POOR], ids=["429", "quota", "402"])
async def test_the_next_key_takes_over_at_once_and_is_kept(tmp_path: Path, refusal: Reply) -> None:
    asked = await ask(tmp_path, lambda key, count: refusal if key == A else hello(), turns=2)
    assert (asked.sent, asked.waits, asked.failure) == ([A, B, B], [], None)
    assert asked.text == "Hello there" * 2
    notices = [each.text for each in asked.chunks if isinstance(each, Notice)]
    assert len(notices) == 1
    assert notices[0].endswith("Switched to the next API key.")


async def test_each_key_is_used_once_between_two_waits(tmp_path: Path) -> None:
    asked = await ask(tmp_path, lambda key, count: LIMITED)
    assert asked.sent == [A, B, C] * 3
    assert asked.waits == [0.5, 1.0]
    assert asked.failure is not None
    assert asked.failure.kind is ErrorKind.RATE_LIMIT


async def test_a_key_without_quota_is_not_used_again_and_its_error_hides_no_rate_limit(tmp_path: Path) -> None:
    asked = await ask(tmp_path, lambda key, count: LIMITED if key == B and count < 5 else POOR if key != B else hello())
    assert asked.sent == [A, B, C, B, B]
    assert asked.text == "Hello there"
    assert len([each for each in asked.chunks if isinstance(each, RetryWait)]) == 2


async def test_no_key_with_quota_is_no_reason_to_wait(tmp_path: Path) -> None:
    asked = await ask(tmp_path, lambda key, count: POOR)
    assert (asked.sent, asked.waits) == ([A, B, C], [])
    assert asked.failure is not None
    assert asked.failure.kind is ErrorKind.CREDIT


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_other_errors_are_the_same_with_every_key(tmp_path: Path, status: int) -> None:
    asked = await ask(tmp_path, lambda key, count: json_reply({}, status))
    assert asked.sent == [A]


async def test_overload_is_retried_with_the_same_key(tmp_path: Path) -> None:
    asked = await ask(tmp_path, lambda key, count: json_reply({}, 503) if count == 1 else hello())
    assert (asked.sent, asked.waits) == ([A, A], [0.5])


async def test_nothing_is_sent_twice_once_text_came(tmp_path: Path) -> None:
    cut = Reply([sse(delta("a"), {"error": {"code": 429, "message": "Too many requests"}})])
    asked = await ask(tmp_path, lambda key, count: cut)
    assert (asked.sent, asked.text) == ([A], "a")


async def test_no_key_is_in_what_is_shown(tmp_path: Path) -> None:
    def echo(key: str, count: int) -> Reply:
        return json_reply({"error": {"message": f"Too many requests with {key}"}}, 429)

    asked = await ask(tmp_path, echo)
    assert asked.failure is not None
    shown = f"{asked.chunks} {asked.failure!r} {asked.failure.detail}"
    assert not any(key in shown for key in KEYS)
