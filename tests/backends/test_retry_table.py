"""Statuses times forms of Retry-After, on a fake clock and without sockets."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import httpx
import pytest

from chat_tui.backends.client import HttpBackend
from chat_tui.backends.http.transport import Transport
from chat_tui.backends.requests.builder import HttpRequest
from chat_tui.domain.conversation.chunk import Chunk, RetryWait
from chat_tui.domain.errors import ProviderError
from tests.backends.helpers import Keys, custom, turn

NOW = 1_700_000_000.0
STATUSES = (400, 401, 403, 404, 408, 409, 413, 422, 425, 429, 500, 501, 502, 503, 504, 507, 520, 524, 529, 599)
AGAIN = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
"""Statuses that are tried again."""
BACKOFF = [0.5, 1.0]
FORMS: dict[str, tuple[dict[str, str], list[float]]] = {
    "none": ({}, BACKOFF),
    "seconds": ({"retry-after": "7"}, [7.0, 7.0]),
    "a date": ({"retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"}, [30.0, 30.0]),
    "milliseconds": ({"retry-after-ms": "1500", "retry-after": "9"}, [1.5, 1.5]),
    "negative": ({"retry-after": "-5"}, BACKOFF),
    "too long": ({"retry-after": "99999999"}, []),
    "junk": ({"retry-after": "soon, NaN, 1e9"}, BACKOFF),
    "two minutes": ({"retry-after": "120"}, [120.0, 120.0]),
    "a date gone by": ({"retry-after": "Tue, 14 Nov 2000 22:13:50 GMT"}, [0.0, 0.0]),
}


class Wire:
    """Answers every request in the same way."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        self._reply = status, headers
        self.requests = 0

    async def send(self, made: HttpRequest, connect_timeout: float) -> httpx.Response:
        self.requests += 1
        status, headers = self._reply
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(b"{}"))

    async def aclose(self) -> None:
        pass


async def collect(backend: HttpBackend, chunks: list[Chunk]) -> None:
    async for chunk in backend.stream(turn()):
        chunks.append(chunk)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", STATUSES)
async def test_t10(tmp_path: Path, status: int, form: str) -> None:
    headers, waits = FORMS[form]
    expected = waits if status in AGAIN else []
    wire, waited = Wire(status, headers), list[float]()

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    provider = custom("https://llm.example")
    backend = HttpBackend(
        lambda: {"work": provider}, Keys(), tmp_path, tmp_path, sleep=sleep, jitter=lambda: 0, clock=lambda: NOW
    )
    backend._lazy_transport = cast(Transport, wire)
    with pytest.raises(ProviderError) as caught:
        await collect(backend, [])
    assert caught.value.http_status == status
    assert waited == expected
    assert wire.requests == 1 + len(expected)


@pytest.mark.parametrize(("seconds", "requests"), [("120", 3), ("120.5", 1)])
async def test_the_longest_wait(tmp_path: Path, seconds: str, requests: int) -> None:
    wire, chunks = Wire(429, {"retry-after": seconds}), list[Chunk]()

    async def sleep(seconds: float) -> None:
        return None

    backend = HttpBackend(lambda: {"work": custom("https://llm.example")}, Keys(), tmp_path, tmp_path, sleep=sleep)
    backend._lazy_transport = cast(Transport, wire)
    with pytest.raises(ProviderError):
        await collect(backend, chunks)
    assert wire.requests == requests
    assert [chunk.seconds for chunk in chunks if isinstance(chunk, RetryWait)] == [120.0] * (requests - 1)
