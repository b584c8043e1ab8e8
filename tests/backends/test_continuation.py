"""Continuing a cut answer: each server is asked in its way, and the halves join without a seam."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chat_tui.backends.catalog import builtin_providers
from chat_tui.backends.requests.builder import chat_request
from chat_tui.backends.requests.continuation import ASK, ContinuationSeam
from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.provider import Continuation
from chat_tui.domain.ports.backend import ChatRequest
from tests.backends.helpers import custom, run
from tests.servers import CUT, Reply, ScriptedServer, delta, sse

HALF = "The moon is far away, and it "
TURNS = [Message("1", None, Role.USER, "How far?"), Message("2", "1", Role.ASSISTANT, HALF)]


def body(provider: str) -> dict[str, Any]:
    request = ChatRequest(ModelRef(provider, "m"), TURNS)
    made = chat_request(request, builtin_providers()[provider], None)
    return made.body or {}


def test_a_server_that_takes_a_begun_answer_gets_it_in_its_own_way() -> None:
    begun = {"role": "assistant", "content": HALF.rstrip()}
    assert body("llamacpp")["messages"][-1] == begun
    assert body("mistral")["messages"][-1] == begun | {"prefix": True}
    vllm = body("vllm")
    assert vllm["messages"][-1] == begun
    assert (vllm["add_generation_prompt"], vllm["continue_final_message"]) == (False, True)


@pytest.mark.parametrize("provider", ["modelslab", "siliconflow", "lanrui", "modelmax", "openai"])
def test_the_others_are_asked_in_words(provider: str) -> None:
    last = body(provider)["messages"][-2:]
    assert last == [{"role": "assistant", "content": HALF}, {"role": "user", "content": ASK}]


JOINS = [
    # asked, first half, second half, whole
    (False, "The moo", "n is far", "The moon is far"),
    (False, "ha ha", " ha", "ha ha ha"),
    (False, "The moon ", " is far", "The moon is far"),
    (False, "The moon", "The moon is far", "The moon is far"),
    (True, "The moon", "is far", "The moon is far"),
    (True, "The moon is,", "and was", "The moon is, and was"),
    (True, "The moon is far away", "moon is far away, and cold", "The moon is far away, and cold"),
    (True, "a\nfor x in", "for x in range(3):", "a\nfor x in range(3):"),
    (True, "月亮很", "远", "月亮很远"),
    (True, "one\n", "\ntwo", "one\ntwo"),
    (True, "f(", "x)", "f(x)"),
    (True, "so", "", "so"),
    (True, "The moon is far away", "The moon is far", "The moon is far away The moon is far"),
]


@pytest.mark.parametrize(("asked", "first", "second", "whole"), JOINS)
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_the_halves_join_whatever_the_pieces(asked: bool, first: str, second: str, whole: str, size: int) -> None:
    seam = ContinuationSeam(first, is_asked=asked)
    pieces = [seam.feed(second[at : at + size]) for at in range(0, len(second), size)]
    assert first + "".join(pieces) + seam.flush() == whole


def test_text_that_repeats_nothing_is_not_held_back() -> None:
    seam = ContinuationSeam("The moon is far away", is_asked=False)
    assert seam.feed(" from") == " from"
    assert seam.feed("The moon") == "The moon"


async def test_a_server_that_refuses_a_begun_answer_is_asked_in_words(tmp_path: Path) -> None:
    words = "Assistant response prefill is incompatible with enable_thinking."
    refusal = Reply([json.dumps({"error": {"message": words}}).encode()], 400, {"Content-Type": "application/json"})
    async with ScriptedServer(refusal, Reply([sse(delta("is cold."), delta(finish="stop"))])) as server:
        provider = custom(server.url, continuation=Continuation.LAST_MESSAGE)
        outcome = await run(provider, tmp_path, ChatRequest(ModelRef("work", "m"), TURNS))
    assert outcome.message.content == "is cold."
    assert [each.json["messages"][-1]["role"] for each in server.requests] == ["assistant", "user"]


async def test_what_was_held_back_for_the_seam_comes_before_the_error(tmp_path: Path) -> None:
    async with ScriptedServer(Reply([sse(delta("The mo"), done=False), CUT])) as server:
        outcome = await run(custom(server.url), tmp_path, ChatRequest(ModelRef("work", "m"), TURNS))
    assert outcome.message.content == "The mo"
    assert outcome.failure.kind == "interrupted"
