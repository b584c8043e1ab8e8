"""Shows what requests used and cost: bars by day, and a table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, Static

from chat_tui.domain.models.money import money
from chat_tui.domain.ports.ledger import UsageLedger
from chat_tui.domain.settings import Settings
from chat_tui.domain.usage.budget import WARN_AT
from chat_tui.domain.usage.ledger import FREE, Grouping, Spent, UsageSum, leading_currency, total_of
from chat_tui.i18n import tr, trn
from chat_tui.ui.commands.command import USAGE
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import TextDialog, fit, searches
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.text.wording import count
from chat_tui.ui.widgets.bars import KeyBar

PERIODS = (7, 30, 90, 365)
"""Days that are shown."""
TOKENS = "tokens"
"""What the bars show besides the currencies."""
MOST_ROWS = 200
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_HIGH, _MIDDLE, _LOW = 8, 5, 3
"""Rows of the bars."""
_GROUPINGS = {
    Grouping.DAY: tr("day"),
    Grouping.MODEL: tr("model"),
    Grouping.PROVIDER: tr("provider"),
    Grouping.THREAD: tr("thread"),
    Grouping.TAG: tr("tag"),
}
_NONE = {Grouping.DAY: tr("(unknown day)"), Grouping.THREAD: tr("(no thread)"), Grouping.TAG: tr("(no tag)")}
_COST_CELLS = 24


class DayBar(NamedTuple):
    """One bar: some days in a row, mostly one."""

    first: date
    last: date
    value: float


class UsageView(TextDialog[None]):
    """Shows the ledger: what is known at once, then what the threads add to it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(USAGE)]

    def __init__(self, host: DialogHost, ledger: UsageLedger, settings: Callable[[], Settings]) -> None:
        """Shows.

        Args:
            host: the program around the dialog.
            ledger: what is shown.
            settings: the budget, the names of providers.
        """
        super().__init__(host)
        self._ledger = ledger
        self._settings = settings
        self._by = Grouping.DAY
        self._days = 30
        self._measure = ""
        """What the bars show, a currency or `TOKENS`; empty until the ledger was read."""
        self._by_day: list[UsageSum] = []
        self._sums: list[UsageSum] = []
        self._spent: Spent | None = None
        self._is_whole = False
        """Whether all threads were read."""

    def compose(self) -> ComposeResult:
        """Heading, bars, sums, table, keys."""
        with Vertical(classes="dialog"):
            yield Label(tr("Usage"), classes="heading")
            yield Static(id="bars")
            yield Label("", classes="hint", id="total")
            yield Label("", classes="columns", id="columns")
            with VerticalScroll(can_focus=True):
                yield Static(id="text")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows what is known; reads the threads meanwhile."""
        self.query_one(VerticalScroll).focus()
        self._show_measure_keys()
        self._load()

    def on_resize(self) -> None:
        """Lays everything out anew."""
        super().on_resize()
        self.call_after_refresh(self._fill)

    # Reading

    @searches
    async def _load(self) -> None:
        with self.host.input.waits():  # other keys need not wait for a disk
            await self._read()
            if not self._is_whole:
                loop = asyncio.get_running_loop()

                def report(done: int, of: int) -> None:
                    loop.call_soon_threadsafe(self._show_progress, done, of)

                self._is_whole = await self._ledger.sync(report)
                if not self._is_whole:
                    self.show_problem(tr("Could not read all threads: the sums may be too low."))
                else:
                    self.show_message("")
                await self._read()

    def _reload(self) -> None:
        self.host.input.cancel(self)  # what was asked for before would come in between
        self._load()

    async def _read(self) -> None:
        first = datetime.combine(_today() - timedelta(days=self._days - 1), time.min).astimezone(UTC)
        since = first.strftime("%Y-%m-%dT%H:%M:%SZ")
        by_day = await self._ledger.sums(Grouping.DAY, since)
        sums = by_day if self._by is Grouping.DAY else await self._ledger.sums(self._by, since)
        if by_day is None or sums is None:
            self.show_problem(tr("Could not read the usage ledger: another program uses it."))
            return
        self._by_day, self._sums = by_day, sums
        self._spent = await self._ledger.spent() if self._settings().budget else None
        if self._measure not in self._measures():
            self._measure = leading_currency(by_day) or TOKENS
        self._fill()

    def _show_progress(self, done: int, of: int) -> None:
        if self.is_attached and of:
            self.show_message(tr("Reading threads · {done:,} of {of:,}", done=done, of=of))

    # Drawing

    def _measures(self) -> list[str]:
        """What the bars can show."""
        currencies = {currency for each in self._by_day for currency in each.costs if currency != FREE}
        return [*sorted(currencies), TOKENS]

    def _fill(self) -> None:
        if not self.is_attached or not self._measure:
            return
        if (width := self.query_one("#columns").size.width) < 20:
            return
        bars = self._bars(width)
        what = tr("tokens") if self._measure == TOKENS else tr("cost in {measure}", measure=self._measure)
        period = tr("12 months") if self._days == PERIODS[-1] else tr("{days} days", days=self._days)
        days = (bars[-1].last - bars[-1].first).days + 1
        each = tr(" · {days} days a bar", days=days) if days > 1 else ""
        self.query_one(".heading", Label).update(
            T(tr("Usage · {what} · last {period}{bars}", what=what, period=period, bars=each))
        )
        rows = _LOW if self.size.height < 24 else _MIDDLE if self.size.height < 36 else _HIGH
        self.query_one("#bars", Static).update(draw_bars(bars, width, rows, self._amount, self._day_limit()))
        self.query_one("#total", Label).update(T("\n".join(self._totals(width))))
        head, *lines = table(self._rows(), _GROUPINGS[self._by], width - 2)  # beside the scrollbar
        self.query_one("#columns", Label).update(T(head))
        left = len(self._sums) - MOST_ROWS
        more = [tr("… {n:,} more; `chat-tui usage --by {by}` prints all", n=left, by=self._by)] if left > 0 else []
        empty = [] if lines else [tr("No requests in this time.")]
        self.query_one("#text", Static).update(T("\n".join((*lines, *more, *empty))))
        self._show_measure_keys()
        self.call_after_refresh(self.fit_height)

    def _show_measure_keys(self) -> None:
        measures = self._measures()
        following = measures[(measures.index(self._measure) + 1) % len(measures)] if self._measure in measures else ""
        keys = [
            ("usage_by", tr("by {group}", group=_GROUPINGS[Grouping(_next(list(Grouping), self._by))])),
            ("usage_shorter usage_longer", tr("period")),
        ]
        if len(measures) > 1:
            keys.append(("usage_measure", tr("tokens") if following == TOKENS else following))
        self.show_keys((*keys, ("dialog_back", tr("close")), ("read_up read_down", tr("scroll"))))

    def _totals(self, width: int) -> list[str]:
        """The sum of the period, as many parts of it as there is room for, and what of the budget is used."""
        total = total_of(self._by_day)
        cost = total.cost_text()
        parts = [tr("cost unknown") if cost == "?" else cost] if cost else []
        tokens_in = tr("{tokens} tokens in", tokens=count(total.input))
        if total.cached:
            tokens_in = tr(
                "{tokens} tokens in ({cached} cached)", tokens=count(total.input), cached=count(total.cached)
            )
        tokens_out = tr("{tokens} out", tokens=count(total.output))
        if total.reasoning:
            tokens_out = tr(
                "{tokens} out ({reasoning} reasoning)", tokens=count(total.output), reasoning=count(total.reasoning)
            )
        parts += [
            trn("{n:,} request", "{n:,} requests", total.requests),
            tokens_in,
            tokens_out,
        ]
        while len(parts) > 1 and cell_len(" · ".join(parts)) > width:
            parts.pop()
        lines, budget, spent = [" · ".join(parts)], [], self._spent
        for currency, limits in self._settings().budget.items():
            if spent is None:
                break
            for name, limit, sums in (
                (tr("today"), limits.day, spent.day),
                (tr("this month"), limits.month, spent.month),
            ):
                if limit is not None:
                    budget.append(
                        tr(
                            "{period} {spent} of {limit}",
                            period=name,
                            spent=money(sums.get(currency, 0.0), currency),
                            limit=money(limit, currency),
                        )
                    )
        return [*lines, tr("Budget: {budget}", budget=" · ".join(budget))] if budget else lines

    def _rows(self) -> list[tuple[str, UsageSum]]:
        """What the table shows, with a label each; the last day first."""
        sums = self._sums[::-1] if self._by is Grouping.DAY else self._sums
        return [(self._label(each), each) for each in sums[:MOST_ROWS]]

    def _label(self, row: UsageSum) -> str:
        if self._by is Grouping.PROVIDER and row.key:
            return self._settings().provider_name(row.key)
        return row.label or _NONE.get(self._by, tr("(unknown)"))

    def _bars(self, width: int) -> list[DayBar]:
        values = {each.key: _value(each, self._measure) for each in self._by_day}
        return joined(days_until(_today(), self._days, values), width, self._amount)

    def _day_limit(self) -> float | None:
        limits = self._settings().budget.get(self._measure)
        return limits.day if limits else None

    def _amount(self, value: float) -> str:
        return count(int(value)) if self._measure == TOKENS else money(value, self._measure)

    # Keys

    def action_next_grouping(self) -> None:
        """Makes the sums by the next thing."""
        self._by = Grouping(_next(list(Grouping), self._by))
        self._reload()

    def action_period(self, step: int) -> None:
        """Shows a longer (1) or a shorter (-1) period."""
        at = max(0, min(len(PERIODS) - 1, PERIODS.index(self._days) + step))
        self._days = PERIODS[at]
        self._reload()

    def action_next_measure(self) -> None:
        """Shows bars of the next currency, or of tokens."""
        if self._measure in (measures := self._measures()):
            self._measure = _next(measures, self._measure)
            self._fill()


def _next(values: Sequence[str], value: str) -> str:
    return values[(values.index(value) + 1) % len(values)]


def _today() -> date:
    return datetime.now().astimezone().date()


def _value(row: UsageSum, measure: str) -> float:
    return float(row.tokens) if measure == TOKENS else row.costs.get(measure, 0.0)


def days_until(last: date, count: int, values: Mapping[str, float]) -> list[DayBar]:
    """A bar for each of some days up to the last; `values` are by day, as `2026-11-25`."""
    days = [last - timedelta(days=each) for each in range(count - 1, -1, -1)]
    return [DayBar(each, each, values.get(each.isoformat(), 0.0)) for each in days]


def _gutter(bars: Sequence[DayBar], amount: Callable[[float], str]) -> int:
    """The cells at the left of bars: no sum of any of them is longer."""
    return max(cell_len(amount(sum(each.value for each in bars))), 6) + 1


def joined(days: Sequence[DayBar], width: int, amount: Callable[[float], str]) -> list[DayBar]:
    """As many bars as a width in cells has room for: days in a row are added up, and the last bar is whole."""
    size = -(-len(days) // max(1, width - _gutter(days, amount)))
    start = len(days) % size
    groups = [days[:start]] if start else []
    groups += [days[at : at + size] for at in range(start, len(days), size)]
    return [DayBar(each[0].first, each[-1].last, sum(day.value for day in each)) for each in groups]


def draw_bars(
    bars: Sequence[DayBar], width: int, rows: int, amount: Callable[[float], str], limit: float | None = None
) -> Content:
    """Draws bars in blocks of eighths, an axis with dates below, the highest amount at the left.

    Args:
        bars: those of `joined`.
        width: cells.
        rows: of the bars.
        amount: writes a value.
        limit: of a day: bars near it and above it are marked.
    """
    gutter = _gutter(bars, amount)
    most = max(each.value for each in bars)
    cells = max(1, min(8, (width - gutter) // len(bars)))
    filled = cells - 1 if cells > 2 else cells
    heights = [max(1, round(each.value / most * rows * 8)) if each.value else 0 for each in bars]
    lines: list[Content] = []
    for row in range(rows - 1, -1, -1):
        label = amount(most) if row == rows - 1 and most else "0" if row == 0 else ""
        parts = [Content.styled(label.rjust(gutter - 1) + " ", "$muted")]
        for each, height in zip(bars, heights, strict=True):
            block = _EIGHTHS[max(0, min(8, height - row * 8))]
            style = _style(each.value, limit) if each.first == each.last else "$accent"
            parts.append(Content.styled(block * filled + " " * (cells - filled), style))
        lines.append(Content.assemble(*parts))
    lines.append(Content.styled(" " * gutter + _axis(bars, cells), "$muted"))
    return Content("\n").join(lines)


def _style(value: float, limit: float | None) -> str:
    if limit is None or value < limit * WARN_AT:
        return "$accent"
    return "$error" if value > limit else "$warning"


def _axis(bars: Sequence[DayBar], cells: int) -> str:
    """Dates below bars, as many as have room."""
    line = ""
    for at, each in enumerate(bars):
        label = tr("{day.day} {day:%b}", day=each.first)
        if at * cells >= len(line) + 2 * bool(line) and at * cells + len(label) <= len(bars) * cells:
            is_step = not line or at * cells - len(line) >= 6
            line = line.ljust(at * cells) + label if is_step else line
    return line


def table(rows: Sequence[tuple[str, UsageSum]], by: str, width: int) -> list[str]:
    """A table in a width in cells, its head first; narrow ones leave columns out.

    Args:
        rows: a label and a sum each.
        by: the name of the first column.
        width: cells.
    """
    columns: list[tuple[str, Callable[[UsageSum], str]]] = [(tr("requests"), lambda each: f"{each.requests:,}")]
    if width >= 56:
        columns += [(tr("in"), lambda each: count(each.input)), (tr("out"), lambda each: count(each.output))]
    if width >= 80:
        columns.insert(2, (tr("cached"), lambda each: count(each.cached)))
        columns.append((tr("reasoning"), lambda each: count(each.reasoning)))
    columns.append((tr("cost"), lambda each: each.cost_text()))
    cells = [[name, *(text(each) for _, each in rows)] for name, text in columns]
    sizes = [max(8 if at < len(cells) - 1 else 0, *map(cell_len, column)) for at, column in enumerate(cells)]
    sizes[-1] = min(sizes[-1], _COST_CELLS)
    label = max(8, width - sum(sizes) - 2 * len(sizes))
    lines = []
    for at, name in enumerate([by, *(each for each, _ in rows)]):
        numbers = [" " * (size - cell_len(each[at])) + each[at] for size, each in zip(sizes, cells, strict=True)]
        lines.append("  ".join((fit(name, label), *numbers)))
    return lines
