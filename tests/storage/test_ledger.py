"""The usage ledger against a count by hand, lost, damaged, locked, and written by two programs at once."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

import pytest

from chat_tui.domain.conversation.message import Message, MessageError, Role, Status, Timing
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.cost import Cost, cost_of
from chat_tui.domain.models.model import Model, ModelRef, PriceFrom
from chat_tui.domain.usage.ledger import Grouping, LedgerEntry, UsageSum, entries_of
from chat_tui.domain.usage.requests import RequestLog
from chat_tui.storage.files import database
from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads.codec import encode
from chat_tui.storage.usage.ledger import FileLedger

PRICES = {"usd": (2.0, 8.0, 0.5, "USD"), "cny": (4.0, 16.0, None, "CNY")}


def price(message: Message) -> Cost | None:
    """Two providers have prices; of others nothing is known but what they say themselves."""
    provider, _, identity = (message.model or "").partition("/")
    model = Model(ModelRef(provider or "?", identity or "?"))
    if provider in PRICES:
        price_in, price_out, cached, currency = PRICES[provider]
        model = Model(
            model.ref, price_in=price_in, price_out=price_out, price_cached=cached, currency=currency,
            price_from=PriceFrom.LIST,
        )  # fmt: skip
    return cost_of(message.usage, model)


class Used(NamedTuple):
    """What a request used, as the test knows it: input, cached, output, reasoning; a stated cost."""

    input: int | None
    cached: int
    output: int | None
    reasoning: int
    stated: float | None = None
    is_usd: bool = False
    """Whether that is in US dollars, whatever the provider bills in."""


def shape(rng: random.Random) -> tuple[JsonObject | None, Used]:
    """A usage in one of the forms that servers have, and what it means."""
    prompt, output = rng.randrange(1, 5000), rng.randrange(1, 3000)
    cached, thought = rng.randrange(prompt + 1), rng.randrange(output + 1)
    plain: JsonObject = {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}
    stated = rng.randrange(1, 1000) / 10_000
    forms: list[tuple[JsonObject | None, Used]] = [
        (plain, Used(prompt, 0, output, 0)),
        (
            plain
            | {
                "prompt_tokens_details": {"cached_tokens": cached},
                "completion_tokens_details": {"reasoning_tokens": thought},
            },
            Used(prompt, cached, output, thought),
        ),
        (plain | {"prompt_cache_hit_tokens": cached}, Used(prompt, cached, output, 0)),
        (plain | {"cached_tokens": cached}, Used(prompt, cached, output, 0)),
        # Reasoning beside the completion: only the total has it.
        (
            plain
            | {
                "total_tokens": prompt + output + thought,
                "completion_tokens_details": {"reasoning_tokens": thought},
            },
            Used(prompt, 0, output + thought, thought),
        ),
        (plain | {"cost": stated}, Used(prompt, 0, output, 0, stated)),
        (plain | {"cost": {"total_cost": stated}}, Used(prompt, 0, output, 0, stated)),
        (plain | {"cost_in_usd_ticks": round(stated * 1e10)}, Used(prompt, 0, output, 0, stated, is_usd=True)),
        ({"prompt_tokens": prompt}, Used(prompt, 0, None, 0)),
        ({"completion_tokens": output}, Used(None, 0, output, 0)),
        (None, Used(None, 0, None, 0)),
    ]
    return rng.choice(forms)


@dataclass
class Counted:
    """A sum by hand."""

    numbers: list[int] = field(default_factory=lambda: [0] * 7)
    costs: dict[str, float] = field(default_factory=dict)

    def add(self, provider: str, used: Used) -> None:
        known = used.input is not None and used.output is not None
        cost = None
        currency = "USD"
        if provider == "local":
            cost, currency = 0.0, ""
        elif used.stated is not None:
            cost, currency = used.stated, "USD" if used.is_usd else PRICES.get(provider, (0, 0, 0, "USD"))[3]
        elif provider in PRICES and used.input is not None and used.output is not None:
            price_in, price_out, price_cached, currency = PRICES[provider]
            cached = price_in if price_cached is None else price_cached
            cost = ((used.input - used.cached) * price_in + used.cached * cached + used.output * price_out) / 1e6
        row = (1, used.input or 0, used.cached, used.output or 0, used.reasoning, not known, cost is None)
        self.numbers = [a + b for a, b in zip(self.numbers, row, strict=True)]
        if cost is not None:
            self.costs[currency] = self.costs.get(currency, 0.0) + cost


Book = dict[Grouping, dict[str, Counted]]


def generate(rng: random.Random, requests: int) -> tuple[list[Thread], Book]:
    """Threads with so many requests in every form, and their sums by hand."""
    book: Book = {by: defaultdict(Counted) for by in Grouping}
    threads: list[Thread] = []
    done, ids = 0, count()
    while done < requests:
        thread = Thread(f"2026{len(threads):05}", title=f"T{len(threads)}", tags=rng.sample(["a", "b", "雪"], 2))
        threads.append(thread)
        for _ in range(20):
            if done == requests:
                break
            provider = rng.choice(["usd", "cny", "local", "dark"])
            day = f"2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 28):02}"
            message = answer(thread, f"{next(ids):08x}", f"{provider}/m{rng.randrange(3)}", f"{day}T12:00:00Z")
            for number in range(min(rng.choice([1, 1, 1, 2]), requests - done)):
                usage, used = shape(rng)
                log = RequestLog(message)
                message.timing = Timing()
                before = message.usage
                log.end(usage, was_answered=True)
                message.usage = (before or {}) | (usage or {}) or None
                days = [day] if not number else [str(message.extra["requests"][-1]["created"])[:10]]  # type: ignore[index, call-overload]
                keys = ((Grouping.DAY, days), (Grouping.MODEL, [message.model]), (Grouping.PROVIDER, [provider]))
                for by, names in (*keys, (Grouping.THREAD, [thread.id]), (Grouping.TAG, thread.tags)):
                    for name in names:
                        book[by][str(name)].add(provider, used)
                done += 1
            message.deleted = rng.choice(["", "", message.created])
        unbilled(thread, f"{next(ids):08x}", f"{next(ids):08x}")
    return threads, book


def answer(thread: Thread, identity: str, model: str, created: str = "2026-11-25T12:00:00Z") -> Message:
    message = Message(identity, None, Role.ASSISTANT, "Yes.", created, model=model, status=Status.COMPLETE)
    thread.messages[identity] = message
    return message


def unbilled(thread: Thread, *ids: str) -> None:
    """A request that was refused, and a version of an answer that the user wrote."""
    refused = answer(thread, ids[0], "usd/m")
    refused.status, refused.timing, refused.error = Status.FAILED, Timing(), MessageError("rate_limit", "No.")
    answer(thread, ids[1], "usd/m")


def entries(threads: list[Thread]) -> list[LedgerEntry]:
    return [
        entry for each in threads for message in each.messages.values() for entry in entries_of(message, each.id, price)
    ]


def put(paths: Paths, *threads: Thread) -> None:
    paths.threads.mkdir(parents=True, exist_ok=True)
    for each in threads:
        (paths.threads / f"{each.id}.json").write_bytes(encode(each))


def as_counted(sums: list[UsageSum] | None) -> dict[str, tuple[list[int], dict[str, float]]]:
    assert sums is not None
    return {
        each.key: (
            [each.requests, each.input, each.cached, each.output, each.reasoning, each.unknown_tokens]
            + [each.unknown_costs],
            {currency: round(amount, 9) for currency, amount in each.costs.items()},
        )
        for each in sums
    }


async def test_every_sum_is_that_of_a_count_by_hand_and_the_same_when_rebuilt(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    threads, book = generate(random.Random(15), 2000)
    put(paths, *threads)
    ledger = FileLedger(paths, price)
    ledger.add(entries(threads))
    noted = [await ledger.sums(by) for by in Grouping]
    for by, found in zip(Grouping, noted, strict=True):
        by_hand = {
            key: (each.numbers, {currency: round(amount, 9) for currency, amount in each.costs.items()})
            for key, each in book[by].items()
        }
        if by is not Grouping.TAG:  # no file was read: the tags are not known yet
            assert as_counted(found) == by_hand
    assert sum(each.requests for each in noted[0] or []) == 2000

    assert await ledger.sync()  # the same requests, seen again
    again = [await ledger.sums(by) for by in Grouping]
    assert list(map(as_counted, again[:-1])) == list(map(as_counted, noted[:-1]))
    (paths.cache / "usage.sqlite3").unlink()
    rebuilt = FileLedger(paths, price)
    assert await rebuilt.sync()
    assert [await rebuilt.sums(by) for by in Grouping] == again
    tagged = {key: each.numbers for key, each in book[Grouping.TAG].items()}
    assert {key: numbers for key, (numbers, _) in as_counted(again[-1]).items()} == tagged


async def one(paths: Paths, **fields: str) -> tuple[Thread, FileLedger]:
    """A saved thread with one answer of 3 + 2 tokens, in a ledger that has read it."""
    thread = Thread("20260101-a", **fields)  # type: ignore[arg-type]
    answer(thread, "00000001", "usd/m").usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    put(paths, thread)
    ledger = FileLedger(paths, price)
    assert await ledger.sync()
    return thread, ledger


async def count_of(ledger: FileLedger, by: Grouping = Grouping.THREAD) -> dict[str, int]:
    return {each.key: each.requests for each in await ledger.sums(by) or []}


async def test_a_copy_of_a_thread_costs_nothing(paths: Paths, store: FileThreadStore) -> None:
    thread, ledger = await one(paths)
    copy = await store.duplicate(thread.id)
    assert await ledger.sync()
    assert await count_of(ledger) == {thread.id: 1}
    assert copy != thread.id


@pytest.mark.parametrize("keeps", [True, False])
async def test_what_is_in_the_trash_counts_and_what_is_gone_does_where_it_is_kept(
    paths: Paths, store: FileThreadStore, keeps: bool
) -> None:
    thread, _ = await one(paths)
    ledger = FileLedger(paths, price, lambda: keeps)
    await store.delete(thread.id)
    assert await ledger.sync()
    assert await count_of(ledger) == {thread.id: 1}
    await store.empty_trash()
    assert await ledger.sync()
    assert await count_of(ledger) == ({"": 1} if keeps else {})


async def test_two_programs_write_the_same_and_other_requests_at_once(paths: Paths) -> None:
    threads, _ = generate(random.Random(1), 200)
    all_of_them = entries(threads)
    one, other = FileLedger(paths, price), FileLedger(paths, price)
    for at in range(0, len(all_of_them), 10):
        one.add(all_of_them[at : at + 10])
        other.add(all_of_them[max(0, at - 5) : at + 15])
    first, second = await asyncio.gather(one.sums(Grouping.PROVIDER), other.sums(Grouping.PROVIDER))
    assert first is not None
    assert second is not None
    final = await count_of(one, Grouping.PROVIDER)
    assert sum(final.values()) == 200


async def test_what_a_lock_held_back_is_written_with_the_next(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    thread, ledger = await one(paths)
    more = [LedgerEntry(key, "2026-11-25T12:00:00Z", "usd", "m", thread.id) for key in ("one", "two")]
    other = sqlite3.connect(paths.cache / "usage.sqlite3")
    other.execute("BEGIN EXCLUSIVE")
    ledger.add(more[:1])
    assert await ledger.sums(Grouping.DAY) is None
    assert await ledger.spent() is None
    other.rollback()
    other.close()
    ledger.add(more[1:])
    assert await count_of(ledger) == {thread.id: 3}


async def test_a_damaged_ledger_is_made_anew(paths: Paths) -> None:
    thread, ledger = await one(paths)
    (paths.cache / "usage.sqlite3").write_bytes(b"no database" * 1000)
    assert await ledger.sync()
    assert await count_of(ledger) == {thread.id: 1}


async def test_a_request_that_is_running_is_known_better_later(paths: Paths) -> None:
    thread, ledger = await one(paths)
    message = answer(thread, "00000002", "usd/m", "2026-11-25T13:00:00Z")
    message.timing, message.status = Timing(), Status.INTERRUPTED
    put(paths, thread)
    assert await ledger.sync()
    (day,) = await ledger.sums(Grouping.DAY) or []
    assert (day.requests, day.unknown_costs, day.cost_text()) == (2, 1, "≥ $0.000022")
    message.usage = {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11}
    put(paths, thread)
    assert await ledger.sync()
    (day,) = await ledger.sums(Grouping.DAY) or []
    assert (day.requests, day.unknown_costs, day.input) == (2, 0, 13)


async def test_hostile_files_are_no_harm(paths: Paths) -> None:
    evil = "\x1b[2J\ud800\u202e" + "x" * 5000
    thread, ledger = await one(paths, title=evil, tags=[evil, "", evil])  # type: ignore[arg-type]
    thread.messages["00000001"].extra["requests"] = [{"created": 7, "cost": {"amount": 10**400}}, "x", None]
    for number, created in enumerate(("", "yesterday", "9999-99-99T00:00:00Z", "0001-01-01T00:00:00+14:00", evil)):
        message = answer(thread, f"e{number}", f"{evil}/{evil}", created)
        message.usage = {"prompt_tokens": 10**30, "completion_tokens": 10**30, "cost": 10**300}
    (paths.threads / f"{thread.id}.json").write_bytes(encode(thread))
    assert await ledger.sync()
    assert await count_of(ledger) == {thread.id: 6}
    for by in Grouping:
        for each in await ledger.sums(by) or []:
            assert "\x1b" not in each.label + each.key
    assert await ledger.spent() is not None


async def test_spending_is_that_of_today_and_of_this_month(paths: Paths) -> None:
    from datetime import UTC, datetime, timedelta

    moment = datetime.now().astimezone()
    first = moment.replace(day=1, hour=0, minute=0, second=0)
    midnight = moment.replace(hour=0, minute=0, second=0)

    def at(key: str, when: datetime, cost: float, currency: str = "USD") -> LedgerEntry:
        time = when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return LedgerEntry(key, time, "p", "m", "", cost=cost, currency=currency)

    ledger = FileLedger(paths, price)
    ledger.add([at("now", moment, 1.0), at("yuan", moment, 5.0, "CNY"), at("midnight", midnight, 2.0)])
    ledger.add(
        [at("before", midnight - timedelta(seconds=1), 4.0), at("last month", first - timedelta(seconds=1), 8.0)]
    )
    spent = await ledger.spent()
    assert spent is not None
    assert spent.day == {"USD": 3.0, "CNY": 5.0}
    assert spent.month == {"USD": 3.0 if moment.day == 1 else 7.0, "CNY": 5.0}


async def test_a_ledger_that_two_programs_make_at_once_keeps_the_rows_of_both(paths: Paths) -> None:
    for number in range(10):
        (paths.cache / "usage.sqlite3").unlink(missing_ok=True)
        ledgers = [FileLedger(paths, price) for _ in range(3)]
        for at, each in enumerate(ledgers):
            each.add([LedgerEntry(f"{number} {at}", "2026-11-25T12:00:00Z", "p", "m", "")])
        await asyncio.gather(*(each.sums(Grouping.DAY) for each in ledgers))
        assert await count_of(ledgers[0], Grouping.DAY) == {"2026-11-25": 3}
