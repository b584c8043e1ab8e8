"""`chat-tui models measure`: sends one prompt to several models in turn and compares how quick they are."""

from __future__ import annotations

import asyncio
import math
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wcwidth import wcswidth

from chat_tui.cli.choose import choose_model, require_key
from chat_tui.cli.commands.spending import note_usage
from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.domain.conversation.chunk import Chunk, RetryWait
from chat_tui.domain.conversation.measurement import Measurement, measure, median
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tokens import PER_TURN, estimate
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.cost import Cost, output_tokens
from chat_tui.domain.models.model import Model, ModelRef
from chat_tui.domain.models.money import USD, money, total_text, totals
from chat_tui.domain.ports.backend import Progress
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr, trn
from chat_tui.session.chat_session import ChatSession
from chat_tui.storage.files.atomic import safe_read

PROMPT = "Explain how a suspension bridge carries its load, in about 300 words of plain text."
MOST_PROMPT = 2**20
"""Bytes of a prompt's file."""
_UNKNOWN = "–"


@dataclass(slots=True)
class _Run:
    """One request."""

    message: Message
    measurement: Measurement | None
    cost: Cost | None
    is_cold: bool
    """Whether its connection had to be opened first."""
    retries: int

    @property
    def error(self) -> str:
        """Why it failed; empty where it did not."""
        return self.message.error.message if self.message.error else ""

    @property
    def is_measured(self) -> bool:
        """Whether its times count: it succeeded at once."""
        return self.measurement is not None and not self.error and not self.retries

    def to_json(self) -> JsonObject:
        it = self.measurement
        return {
            "cold": self.is_cold,
            "first_token_s": it.first_s if it else None,
            "total_s": it.total_s if it else None,
            "tokens": output_tokens(self.message.usage),
            "tokens_per_s": it.tokens_per_s if it else None,
            "estimated": bool(it and it.is_estimated),
            "cost": self.cost.to_json() if self.cost else None,
            "retries": self.retries,
            "error": self.error or None,
        }


@dataclass(slots=True)
class _Result:
    """What all requests to one model say."""

    model: ModelRef
    runs: list[_Run] = field(default_factory=list)

    def median(self, value: Callable[[Measurement], float | None], *, cold: bool | None = None) -> float | None:
        """The median of a value over the runs that count; of the cold or the warm ones alone, if asked."""
        wanted = [each for each in self.runs if each.is_measured and cold in (None, each.is_cold)]
        values = [value(each.measurement) for each in wanted if each.measurement]
        return median([each for each in values if each is not None])

    @property
    def first(self) -> float | None:
        """Seconds to the first token over an open connection; over a new one, where there was no other."""
        warm = self.median(lambda it: it.first_s, cold=False)
        return self.median(lambda it: it.first_s) if warm is None else warm

    @property
    def speed(self) -> float | None:
        return self.median(lambda it: it.tokens_per_s)

    @property
    def total(self) -> float | None:
        return self.median(lambda it: it.total_s)

    @property
    def is_estimated(self) -> bool:
        return any(each.measurement.is_estimated for each in self.runs if each.measurement and each.is_measured)

    @property
    def costs(self) -> dict[str, float]:
        return totals((each.cost.amount, each.cost.currency) for each in self.runs if each.cost)

    @property
    def is_cost_whole(self) -> bool:
        """Whether the cost of every answer is known."""
        return all(each.cost for each in self.runs if not each.error)

    def to_json(self) -> JsonObject:
        return {
            "model": str(self.model),
            "cold_first_token_s": self.median(lambda it: it.first_s, cold=True),
            "first_token_s": self.median(lambda it: it.first_s, cold=False),
            "tokens_per_s": self.speed,
            "estimated": self.is_estimated,
            "total_s": self.total,
            "cost": dict(self.costs),
            "runs": [each.to_json() for each in self.runs],
        }


def run(args: Namespace, container: Container, out: Output) -> int:
    """Measures models.

    Returns:
        0, or 1 where a request failed.

    Raises:
        UsageError: no model fits, one has no key, the prompt can't be read, or it may cost too much to go unasked.
    """
    for problem in container.settings.problems:
        out.problem(problem)
    prompt = _prompt(args.prompt) if args.prompt is not None else PROMPT
    return asyncio.run(_measure_all(args, container, out, prompt))


def _prompt(name: str) -> str:
    try:
        data, _ = safe_read(Path(name), MOST_PROMPT, follow=True)
    except (FileNotFoundError, StorageError) as error:
        why = str(error) if isinstance(error, StorageError) else tr("No such file: {name}.", name=name)
        raise UsageError(tr("--prompt: {why}", why=why)) from None
    text = clean(data.decode("utf-8", "replace")).strip()
    if not text:
        raise UsageError(tr("--prompt: {name} is empty.", name=name))
    return text


async def _measure_all(args: Namespace, container: Container, out: Output, prompt: str) -> int:
    results: list[_Result] = []
    try:
        models = await _models(args.model, container)
        await asyncio.to_thread(container.http.warm)  # with the prices that come with the program
        _confirm(args, out, [container.backend.model(each) for each in models], prompt)
        for number, model in enumerate(models):
            results.append(_Result(model))
            await container.backend.aclose()  # the next request opens a connection
            for at in range(args.n):
                where = Progress(
                    tr("{model} · {n} of {total}", model=model, n=at + 1, total=args.n),
                    number * args.n + at,
                    len(models) * args.n,
                )
                out.progress(where)
                results[-1].runs.append(await _ask(args, container, model, prompt, is_cold=at == 0))
    finally:
        out.end_progress()
        await container.backend.aclose()
        _print(args, out, results)
    return 1 if any(each.error for result in results for each in result.runs) else 0


async def _models(names: Sequence[str], container: Container) -> list[ModelRef]:
    providers, known = container.settings.providers, container.backend.known_models()
    models = list(dict.fromkeys(choose_model(each, providers, known, container.keys.has) for each in names))
    for each in models:
        await require_key(container.provider(each.provider), container.keys)
    return models


def _confirm(args: Namespace, out: Output, models: Sequence[Model], prompt: str) -> None:
    """Says what it will cost at most, and asks where that is more than the limit.

    Raises:
        UsageError: it is more, and there is nobody to ask, or the answer is no.
    """
    tokens = estimate(prompt) + PER_TURN
    priced = [(each, each.price_in, each.price_out) for each in models]
    most = totals(
        (args.n * (tokens * price_in + args.max_tokens * price_out) / 1e6, each.currency or USD)
        for each, price_in, price_out in priced
        if price_in is not None and price_out is not None
    )
    unknown = [str(each.ref) for each, *prices in priced if None in prices]
    text = trn("{n} request", "{n} requests", len(models) * args.n)
    if most:
        text = trn(
            "{n} request, at most about {price}",
            "{n} requests, at most about {price}",
            len(models) * args.n,
            price=total_text(most),
        )
    if unknown:
        text = tr("{requests}; price unknown: {models}", requests=text, models=", ".join(unknown))
    if args.yes or max(most.values(), default=0.0) <= args.limit:
        out.explain(f"{text}.")
        return
    limits = tr(" or ").join(money(args.limit, each) for each in most)
    over = tr("{requests}. That is more than {limit}", requests=text, limit=limits)
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty() or not out.notes_on_terminal:
        raise UsageError(tr("{problem}: add --yes, or raise --limit.", problem=over))
    out.explain(tr("{problem}. Continue? [y/N]", problem=over))
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError(tr("Nothing was sent."))


async def _ask(args: Namespace, container: Container, model: ModelRef, prompt: str, *, is_cold: bool) -> _Run:
    """Sends one request and keeps what is measured."""
    from chat_tui.session.model_catalogue import ModelCatalogue

    retries = 0

    def see(chunk: Chunk) -> None:
        nonlocal retries
        retries += isinstance(chunk, RetryWait)

    parameters: JsonObject = {"max_tokens": args.max_tokens}
    thread = Thread(model=str(model))
    session = ChatSession(
        thread, container.store, container.backend, default_parameters=parameters, keep=False, source="measure"
    )
    session.on_chunk, session.on_request_end = see, lambda answer: note_usage(container, answer)
    await session.send(prompt)
    message = session.reply
    assert message is not None  # it was sent
    measurement = measure(message)
    if measurement is not None and not retries:
        await container.measurements.add(measurement)
    return _Run(message, measurement, ModelCatalogue(container.backend).cost(message), is_cold, retries)


_ORDERS: dict[str, Callable[[_Result], tuple[str, float]]] = {
    "given": lambda each: ("", 0.0),
    "first": lambda each: ("", math.inf if each.first is None else each.first),
    "speed": lambda each: ("", math.inf if each.speed is None else -each.speed),
    "total": lambda each: ("", math.inf if each.total is None else each.total),
    "cost": lambda each: next(iter(each.costs.items()), ("unknown", 0.0)),  # of each currency for itself
}


def _print(args: Namespace, out: Output, results: Sequence[_Result]) -> None:
    """Prints what was measured, sorted: as a table, or as JSON."""
    measured = sorted((each for each in results if each.runs), key=_ORDERS[args.sort])
    if not measured:
        return
    if args.json:
        rows: list[Json] = [each.to_json() for each in measured]
        out.json(rows)
        return
    table = [
        (tr("first (cold)"), tr("first (warm)"), "tokens/s", tr("total"), tr("cost"), tr("model")),
        *map(_row, measured),
    ]
    widths = [max(wcswidth(row[at]) for row in table) for at in range(len(table[0]) - 1)]
    for row in table:
        cells = [" " * (width - wcswidth(cell)) + cell for cell, width in zip(row, widths, strict=False)]
        out.line("  ".join((*cells, row[-1])))
    if any(each.is_estimated for each in measured):
        out.note(tr("~ estimated: the server does not count tokens"))
    for each in measured:
        failed = [run.error for run in each.runs if run.error]
        if failed:
            out.problem(
                tr(
                    "{model}: {n} of {total} failed: {error}",
                    model=each.model,
                    n=len(failed),
                    total=len(each.runs),
                    error=failed[-1],
                )
            )
        if retried := sum(1 for run in each.runs if run.retries and not run.error):
            out.note(
                tr(
                    "{model}: {n} of {total} answered after a retry, not counted",
                    model=each.model,
                    n=retried,
                    total=len(each.runs),
                )
            )


def _row(result: _Result) -> tuple[str, ...]:
    warm = result.median(lambda it: it.first_s, cold=False)
    speed = result.speed
    cost = total_text(result.costs) or _UNKNOWN
    return (
        _seconds(result.median(lambda it: it.first_s, cold=True)),
        _seconds(warm),
        _UNKNOWN if speed is None else f"{'~' * result.is_estimated}{speed:.0f}",
        _seconds(result.total),
        cost if result.is_cost_whole or not result.costs else f"≥ {cost}",
        clean(str(result.model), multiline=False),
    )


def _seconds(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.2f} s"
