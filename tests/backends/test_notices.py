"""What is told beside an answer that is complete."""

from __future__ import annotations

from pathlib import Path

from chat_tui.domain.conversation.chunk import Notice
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.ports.backend import ChatRequest
from tests.backends.helpers import custom, run, turn, user
from tests.servers import Reply, ScriptedServer, delta, hello, sse


async def told(tmp_path: Path, request: ChatRequest, reply: Reply) -> list[str]:
    async with ScriptedServer(reply) as server:
        outcome = await run(custom(server.url), tmp_path, request)
    assert outcome.error is None
    return [chunk.text for chunk in outcome.chunks if isinstance(chunk, Notice)]


def counted(tokens: int) -> Reply:
    usage = {"prompt_tokens": tokens, "completion_tokens": 1}
    return Reply([sse(delta("Hi"), delta(finish="stop") | {"usage": usage})])


async def test_a_prompt_that_was_cut_is_said(tmp_path: Path) -> None:
    long = ChatRequest(ModelRef("work", "m"), [user("word " * 20_000)])
    (words,) = await told(tmp_path, long, counted(4096))
    assert "4,096 tokens" in words
    assert await told(tmp_path, long, counted(20_000)) == []
    assert await told(tmp_path, ChatRequest(ModelRef("work", "m"), [user(" " * 7000)]), counted(5)) == []


async def test_fewer_answers_than_asked_for(tmp_path: Path) -> None:
    (words,) = await told(tmp_path, turn(parameters={"n": 3}), hello())
    assert "3 answers" in words
    both = Reply([sse(delta("a"), delta("b", index=1), delta(finish="stop"), delta(finish="stop", index=1))])
    assert await told(tmp_path, turn(parameters={"n": 2}), both) == []
