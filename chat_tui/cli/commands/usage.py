"""`chat-tui usage`: what requests used and cost, as a table, JSON or CSV."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.money import money
from chat_tui.domain.ports.backend import Progress
from chat_tui.domain.search.query import moment
from chat_tui.domain.text.clean import clean
from chat_tui.domain.usage.ledger import FREE, Grouping, UsageSum, total_of
from chat_tui.i18n import tr, trn

_LABEL = 48
"""Cells of the first column at most."""
_HEADINGS = {
    Grouping.DAY: tr("day"),
    Grouping.MODEL: tr("model"),
    Grouping.PROVIDER: tr("provider"),
    Grouping.THREAD: tr("thread"),
    Grouping.TAG: tr("tag"),
}
_NONE = {Grouping.DAY: tr("(unknown day)"), Grouping.THREAD: tr("(no thread)"), Grouping.TAG: tr("(no tag)")}


def run(args: Namespace, container: Container, out: Output) -> int:
    """Prints sums.

    Returns:
        0; 1 where the threads could not all be read.

    Raises:
        UsageError: `--since` is no date.
        StorageError: the ledger can't be read.
    """
    since = ""
    if args.since is not None and not (since := moment(args.since)):
        raise UsageError(tr("--since takes a date, such as 2026-11 or 2026-11-25, not {since!r}.", since=args.since))
    return asyncio.run(report(args, since, container, out))


async def report(args: Namespace, since: str, container: Container, out: Output) -> int:
    """Prints the sums since a time; see `run`."""
    ledger, by = container.ledger, Grouping(args.by)
    is_whole = await ledger.sync(lambda done, of: out.progress(Progress(tr("Reading threads"), done, of)))
    out.end_progress()
    sums = await ledger.sums(by, since)
    if sums is None:
        where = container.paths.cache / "usage.sqlite3"
        raise StorageError(
            tr("Could not read {where}. Close other programs that use it, and check the disk.", where=where)
        )
    if args.json:
        rows: list[Json] = [_json(each, by) for each in sums]
        out.json(rows)
    elif args.csv:
        out.line(_csv(sums, by))
    else:
        _print_table(sums, by, out)
        await _print_budget(container, out)
    if not is_whole:
        out.problem(tr("Could not read all threads: the sums may be too low."))
    return 0 if is_whole else 1


def _json(row: UsageSum, by: Grouping) -> JsonObject:
    title: JsonObject = {"title": row.label} if by is Grouping.THREAD else {}
    return {
        str(by): row.key or None,
        **title,
        "requests": row.requests,
        "input_tokens": row.input,
        "cached_tokens": row.cached,
        "output_tokens": row.output,
        "reasoning_tokens": row.reasoning,
        "costs": {currency: amount for currency, amount in row.costs.items() if currency != FREE},
        "requests_without_tokens": row.unknown_tokens,
        "requests_without_cost": row.unknown_costs,
    }


def _csv(sums: Sequence[UsageSum], by: Grouping) -> str:
    """The rows as CSV, with a column for each currency."""
    import csv
    import io

    currencies = sorted({currency for each in sums for currency in each.costs if currency != FREE})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    titles = ["title"] if by is Grouping.THREAD else []
    counts = ["requests", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"]
    without = ["requests_without_tokens", "requests_without_cost"]
    writer.writerow([str(by), *titles, *counts, *(f"cost_{each}" for each in currencies), *without])
    for each in sums:
        labels = [_cell(each.key), *([_cell(each.label)] if titles else [])]
        tokens = [each.requests, each.input, each.cached, each.output, each.reasoning]
        costs = [each.costs.get(currency, "") for currency in currencies]
        writer.writerow([*labels, *tokens, *costs, each.unknown_tokens, each.unknown_costs])
    return text.getvalue().rstrip("\n")


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    text = clean(text, multiline=False)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _print_table(sums: Sequence[UsageSum], by: Grouping, out: Output) -> None:
    if not sums:
        out.note(tr("No requests yet."))
        return
    total = total_of(sums)
    rows = [[_HEADINGS[by], tr("requests"), tr("input"), tr("cached"), tr("output"), tr("reasoning"), tr("cost")]]
    rows += [_cells(each, each.label or _NONE.get(by, tr("(unknown)"))) for each in sums]
    if by is not Grouping.TAG:  # a request counts with each of its thread's tags
        rows.append(_cells(total, tr("total")))
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [row[0] + " " * (widths[0] - _width(row[0]))]
        cells += [" " * (width - _width(cell)) + cell for cell, width in zip(row[1:], widths[1:], strict=True)]
        out.line("  ".join(cells))
    if total.unknown_costs:
        out.note(tr("≥ at least: the cost of {requests} is not known.", requests=_requests(total.unknown_costs)))
    if total.unknown_tokens:
        out.note(
            tr("The tokens of {requests} are not known and not counted.", requests=_requests(total.unknown_tokens))
        )


def _cells(row: UsageSum, label: str) -> list[str]:
    from wcwidth import width

    label = clean(label, multiline=False)
    if width(label) > _LABEL:
        from wcwidth import clip

        label = clip(label, 0, _LABEL - 1) + "…"
    counts = (row.requests, row.input, row.cached, row.output, row.reasoning)
    return [label, *(f"{each:,}" for each in counts), row.cost_text()]


def _width(text: str) -> int:
    from wcwidth import width

    return width(text)


def _requests(count: int) -> str:
    return trn("{n:,} request", "{n:,} requests", count)


async def _print_budget(container: Container, out: Output) -> None:
    budget = container.settings.budget
    spent = await container.ledger.spent() if budget else None
    if spent is None:
        return
    for currency, limits in budget.items():
        for name, limit, amounts in (
            (tr("today"), limits.day, spent.day),
            (tr("this month"), limits.month, spent.month),
        ):
            if limit is not None:
                used = money(amounts.get(currency, 0.0), currency)
                out.note(
                    tr("Budget {period}: {spent} of {limit}", period=name, spent=used, limit=money(limit, currency))
                )
