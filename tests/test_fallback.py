"""Falling over to another model: cause by cause, counted at each server, on a clock that does not wait."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from chat_tui.backends.client import HttpBackend
from chat_tui.domain.conversation.chunk import Chunk, Notice
from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.models.fallback import FallbackRules, costs_more, same_model
from chat_tui.domain.models.model import Model, ModelFacts, ModelRef
from chat_tui.domain.models.provider import Auth, AuthKind, Provider
from chat_tui.domain.settings import Settings
from chat_tui.domain.usage.requests import requests_of
from chat_tui.session import ChatSession
from tests.backends.helpers import Keys
from tests.fakes import FakeStore
from tests.servers import CUT, Reply, ScriptedServer, delta, hello, json_reply, sse

NAMES = ("one", "two", "three")
PRICED = ModelFacts(price_in=1.0, price_out=2.0)
BUSY = json_reply({"error": {"message": "Overloaded"}}, 503)
BAD_KEY = json_reply({"error": {"message": "Incorrect API key"}}, 401)
FILTERED = json_reply({"error": {"message": "Flagged", "code": "content_filter"}}, 400)
USAGE = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9}}


class Answered:
    """What came of a prompt."""

    def __init__(self, session: ChatSession, counts: list[int], notices: Sequence[str]) -> None:
        assert session.reply is not None
        self.reply = session.reply
        self.counts = counts
        """Requests at each server."""
        self.notices = notices
        """All there were."""
        self.left = session.notices
        """Those that are still shown."""
        self.tried = [(each["model"], each["kind"]) for each in session.reply.tried]


async def ask(
    tmp_path: Path,
    *replies: Reply | None,
    rules: FallbackRules | None = None,
    facts: Sequence[ModelFacts | None] = (PRICED, PRICED, PRICED),
    ids: Sequence[str] = ("m", "m", "m"),
    half: str = "",
    own: Sequence[str] = (),
) -> Answered:
    """Asks `one/m`, whose server and those of its fallbacks reply so; None for a server that is down.

    Args:
        tmp_path: for caches.
        replies: a server for each.
        rules: the settings; the other models in their order, without.
        facts: what the models cost.
        ids: of the models.
        half: of an answer that is continued.
        own: the models that the thread lists itself.
    """
    servers = [ScriptedServer(each or hello()) for each in replies]
    providers: dict[str, Provider] = {}
    for name, server, reply, identity, known in zip(NAMES, servers, replies, ids, facts, strict=False):
        await server.__aenter__()
        if reply is None:
            await server.__aexit__(None, None, None)
        providers[name] = Provider(
            *(name, name.title(), f"{server.url}/v1"),
            auth=Auth(AuthKind.NONE),
            models=(identity,),
            models_paths=(),
            facts={identity: known} if known else {},
        )

    async def sleep(seconds: float) -> None:
        pass

    backend = HttpBackend(lambda: providers, Keys(), tmp_path, tmp_path, sleep=sleep, jitter=lambda: 0)
    others = tuple(f"{name}/{identity}" for name, identity in zip(NAMES, ids, strict=True))[1 : len(replies)]
    settings = Settings(providers=providers, fallback=rules or FallbackRules({f"one/{ids[0]}": others}))
    thread = Thread(fallback=list(own))
    if half:
        thread.add(Role.USER, "Hi")
        thread.add(Role.ASSISTANT, half).model = "one/m"
    session = ChatSession(
        thread, FakeStore(), backend, default_model=ModelRef("one", ids[0]), settings=lambda: settings
    )
    chunks = list[Chunk]()
    session.on_chunk = chunks.append
    await (session.continue_answer() if half else session.send("Hi"))
    await backend.aclose()
    for server, reply in zip(servers, replies, strict=True):
        if reply is not None:
            await server.__aexit__(None, None, None)
    assert session.thread.model in (None, f"one/{ids[0]}"), "the next turn goes to the chosen model again"
    notices = [each.text for each in chunks if isinstance(each, Notice)]
    return Answered(session, [len(each.requests) for each in servers], notices)


CAUSES: dict[str, tuple[Reply | None, int, str]] = {
    "overloaded": (BUSY, 3, "overloaded"),
    "rate limit": (json_reply({"error": {"message": "Too many requests"}}, 429), 3, "rate_limit"),
    "rate limit for hours": (json_reply({"error": {"message": "Slow"}}, 429, retry_after="9999"), 1, "rate_limit"),
    "quota": (json_reply({"error": {"message": "You exceeded your current quota"}}, 429), 1, "credit"),
    "no balance": (json_reply({"error": {"message": "No balance"}}, 402), 1, "credit"),
    "unknown model": (json_reply({"error": {"message": "model not found"}}, 404), 1, "not_found"),
    "server down": (None, 0, "connection"),
    "gateway timeout": (json_reply({}, 504), 3, "timeout"),
    "overloaded inside a 200": (Reply([sse({"error": {"message": "Overloaded", "code": 503}})]), 3, "overloaded"),
}
"""What falls over: the first server's reply, the requests that it gets, the kind of error."""


async def test_a_thread_may_list_models_of_its_own(tmp_path: Path) -> None:
    answered = await ask(tmp_path, BUSY, None, hello(), rules=FallbackRules(), own=["three/m"])
    assert (answered.reply.model, answered.counts) == ("three/m", [3, 0, 1])


@pytest.mark.parametrize("cause", CAUSES)
async def test_the_next_model_answers_once_and_signs(tmp_path: Path, cause: str) -> None:
    reply, requests, kind = CAUSES[cause]
    answered = await ask(tmp_path, reply, hello())
    assert answered.counts == [requests, 1]
    assert (answered.reply.content, answered.reply.model) == ("Hello there", "two/m")
    assert (answered.reply.status, answered.reply.error) == (Status.COMPLETE, None)
    assert answered.tried == [("one/m", kind)]
    assert len(requests_of(answered.reply)) == 1
    assert answered.notices[-1].endswith("Trying m · Two.")
    assert answered.left == [], "the answer itself says it now"


KEPT: dict[str, tuple[Reply, int, str]] = {
    "bad key": (BAD_KEY, 1, "authentication"),
    "forbidden": (json_reply({"error": {"message": "No"}}, 403), 1, "forbidden"),
    "rejected": (json_reply({"error": {"message": "n must be 1"}}, 422), 1, "rejected"),
    "too long": (json_reply({"error": {"message": "maximum context length is 8"}}, 400), 1, "context_length"),
    "content filter": (FILTERED, 1, "content_filter"),
    "filter that wants another try": (
        json_reply({"error": {"message": "Flagged", "code": "content_filter"}}, 400, x_should_retry="true"),
        3,
        "content_filter",
    ),
    "cut before anything came": (Reply([CUT]), 1, "connection"),
    "cut answer": (Reply([sse(delta("Hel"), done=False), CUT]), 1, "interrupted"),
    "empty answer": (Reply([sse(delta(finish="stop"))]), 1, "empty"),
    "usage, then overloaded": (Reply([sse(USAGE, {"error": {"message": "Overloaded", "code": 503}})]), 3, "overloaded"),
}
"""What does not: an error of the request, a refusal, and whatever may have to be paid for already."""


@pytest.mark.parametrize("cause", KEPT)
async def test_no_other_model_is_asked(tmp_path: Path, cause: str) -> None:
    reply, requests, kind = KEPT[cause]
    answered = await ask(tmp_path, reply, hello())
    assert answered.counts == [requests, 0]
    assert answered.reply.error is not None
    assert (answered.reply.error.kind, answered.reply.model, answered.tried) == (kind, "one/m", [])


@pytest.mark.parametrize(
    ("second", "counts", "model", "kind", "tried"),
    [
        (BUSY, [3, 3, 1], "three/m", None, ["one/m", "two/m"]),
        (BAD_KEY, [3, 1, 1], "three/m", None, ["one/m", "two/m"]),
        (FILTERED, [3, 1, 0], "two/m", "content_filter", ["one/m"]),
        (Reply([sse(delta("Hel"), done=False), CUT]), [3, 1, 0], "two/m", "interrupted", ["one/m"]),
        (Reply([CUT]), [3, 1, 0], "two/m", "connection", ["one/m"]),
    ],
    ids=["busy", "bad key", "filter", "cut answer", "may be billed"],
)
async def test_what_the_second_model_s_failure_means(
    tmp_path: Path, second: Reply, counts: list[int], model: str, kind: str | None, tried: list[str]
) -> None:
    answered = await ask(tmp_path, BUSY, second, hello())
    error = answered.reply.error
    assert (answered.counts, answered.reply.model, error and error.kind) == (counts, model, kind)
    assert [name for name, _ in answered.tried] == tried


async def test_where_all_fail_the_error_is_the_chosen_model_s(tmp_path: Path) -> None:
    answered = await ask(tmp_path, BUSY, BAD_KEY, json_reply({"error": {"message": "No balance"}}, 402))
    assert answered.counts == [3, 1, 1]
    assert answered.reply.error is not None
    assert (answered.reply.error.kind, answered.reply.model) == ("overloaded", "one/m")
    assert answered.tried == [("two/m", "authentication"), ("three/m", "credit")]
    assert requests_of(answered.reply) == [], "nothing was answered, so nothing is billed"


@pytest.mark.parametrize(
    ("price", "factor", "is_asked"),
    [
        (ModelFacts(price_in=2.0, price_out=4.0), 2.0, True),
        (ModelFacts(price_in=2.1, price_out=4.0), 2.0, False),
        (ModelFacts(price_in=1.0, price_out=9.0), 2.0, False),
        (ModelFacts(price_in=1.0, price_out=9.0), 9.0, True),
        (ModelFacts(price_in=1.0, price_out=9.0), 0.0, True),
        (None, 2.0, False),
        (None, 0.0, True),
    ],
)
async def test_a_dearer_model_is_not_asked_and_that_is_told(
    tmp_path: Path, price: ModelFacts | None, factor: float, is_asked: bool
) -> None:
    rules = FallbackRules({"*": ("two/m",)}, factor)
    answered = await ask(tmp_path, BUSY, hello(), rules=rules, facts=(PRICED, price))
    assert answered.counts == [3, int(is_asked)]
    if not is_asked:
        assert answered.left == ["Not tried: m · Two (costs more than 2 times as much, or its price is unknown)."]


async def test_the_family_is_the_same_model_at_other_providers(tmp_path: Path) -> None:
    ids = ("deepseek-v3", "deepseek-ai/DeepSeek-V3", "Pro/deepseek-ai/DeepSeek-V3-0324")
    rules = FallbackRules({"one/deepseek-v3": ("family",)})
    answered = await ask(tmp_path, BUSY, BUSY, hello(), rules=rules, ids=ids)
    assert answered.counts == [3, 3, 0], "the version of a date is another model"
    assert answered.tried == [(f"two/{ids[1]}", "overloaded")]


def test_the_cheapest_of_a_family_comes_first() -> None:
    known = [
        Model(ModelRef("a", "Qwen/Qwen3-8B")),
        Model(ModelRef("b", "qwen3-8b"), price_in=2.0, price_out=2.0),
        Model(ModelRef("c", "qwen-qwen3-8b"), price_in=1.0, price_out=1.0),
        Model(ModelRef("c", "qwen3-8b-embedding"), price_in=0.0, price_out=0.0),
        Model(ModelRef("d", "qwen3-8b"), can_chat=False),
        Model(ModelRef("x", "QWEN3-8B"), price_in=0.0, price_out=0.0),
    ]
    assert [each.provider for each in same_model(ModelRef("x", "qwen3-8b"), known)] == ["c", "b", "a"]


def test_prices_are_compared_within_a_currency_alone() -> None:
    def model(name: str, price: float, currency: str = "") -> Model:
        return Model(ModelRef(name, "qwen3-8b"), price_in=price, price_out=price, currency=currency)

    known = [model("x", 2, "CNY"), model("a", 1), model("b", 9, "CNY"), model("c", 8, "CNY"), model("d", 0.5, "USD")]
    assert [each.provider for each in same_model(known[0].ref, known)] == ["c", "b", "d", "a"]
    assert [each.provider for each in same_model(known[1].ref, known)] == ["d", "x", "c", "b"]
    x, a, b = known[:3]
    pairs = ((b, x), (x, b), (b, a), (Model(ModelRef("e", "m")), x))
    assert [costs_more(*each) for each in pairs] == [True, False, False, False]


async def test_what_is_listed_and_can_not_be_asked_is_told_once(tmp_path: Path) -> None:
    answered = await ask(tmp_path, BUSY, hello(), rules=FallbackRules({"*": ("nope/m", "three/m", "two/m")}))
    assert answered.counts == [3, 1]
    (said,) = (each for each in answered.notices if "nope" in each)
    assert said.endswith(" Not tried: m · nope (unknown provider), m · three (unknown provider). Trying m · Two.")
    answered = await ask(tmp_path, BUSY, rules=FallbackRules({"*": ("nope/m",)}))
    assert answered.left == ["Not tried: m · nope (unknown provider)."]


async def test_an_answer_that_has_begun_is_continued_by_nobody_else(tmp_path: Path) -> None:
    answered = await ask(tmp_path, BUSY, hello(), half="Hel")
    assert answered.counts == [3, 0]
    assert isinstance(answered.reply, Message)
    assert (answered.reply.content, answered.reply.model, answered.tried) == ("Hel", "one/m", [])
