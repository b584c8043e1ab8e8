"""`ask` keeps up with its server, whose every token is an HTTP chunk and so a read of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Chat, Script

MANY = 300


def test_ask_reads_what_has_arrived_without_waiting(acme: Script, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = 0
    call_at = asyncio.BaseEventLoop.call_at

    def count(
        loop: asyncio.BaseEventLoop, when: float, callback: Callable[..., object], *args: Any, **kwargs: Any
    ) -> Any:
        nonlocal waits
        waits += 1
        return call_at(loop, when, callback, *args, **kwargs)

    monkeypatch.setattr(asyncio.BaseEventLoop, "call_at", count)
    acme.pieces = ["word "] * MANY
    assert chat("ask", "Hi").out == "word " * MANY
    assert 0 < waits < MANY / 10
