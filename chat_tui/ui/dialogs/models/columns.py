"""What the model picker shows of a model: columns for as much as a width has room for, and all of it in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content

from chat_tui.domain.conversation.choice import ChoiceCount
from chat_tui.domain.conversation.measurement import LATELY, ModelStats
from chat_tui.domain.models.model import Model
from chat_tui.domain.models.money import per_million, sign
from chat_tui.i18n import tr, trn
from chat_tui.ui.dialogs.base import fit, right
from chat_tui.ui.text import wording

LEAST_NAME = 28
"""Cells of the longest name before other columns are left out for it."""
LEAST_OF_FAMILY = 20
"""The same below a heading that names the model."""
MOST_PROVIDER = 18
UNKNOWN = "–"
_HEADINGS = {
    "provider": "",
    "context": tr("context"),
    "price": tr("price / 1M"),
    "first": tr("first"),
    "speed": "tok/s",
    "seen": tr("n · age"),
    "failed": tr("failed"),
    "chosen": tr("chosen"),
}
"""The columns in their order, and what stands above them."""
_BY_PROVIDER = ("chosen", "seen", "failed", "", "provider", "first", "price", "speed", "context")
"""What is left out first where room is short; the empty name stands for the ends of long names."""
_BY_FAMILY = ("", "chosen", "seen", "failed", "context", "first", "price", "speed", "provider")
"""The same where all rows below a heading have one name: the provider is what tells them apart."""


class ModelRow(NamedTuple):
    """A model with all that is known of it."""

    model: Model
    provider: str
    """The provider's name."""
    stats: ModelStats
    choices: ChoiceCount = ChoiceCount()
    """How often its answer was chosen over those of others."""
    has_key: bool = True
    """Whether it can be used at once."""

    @property
    def label(self) -> str:
        """Its id, and its retirement and replacement, or that it can't chat."""
        model = self.model
        goes = (
            tr(" · deprecated")
            if model.ends == "deprecated"
            else tr(" · until {ends}", ends=model.ends)
            if model.ends
            else ""
        )
        goes += f" → {model.replacement}" if goes and model.replacement else ""
        return f"{model.ref.id}{goes}" if model.can_chat else tr("{id}{goes} · can't chat", id=model.ref.id, goes=goes)


class Columns(NamedTuple):
    """The widths of the columns in cells."""

    name: int
    others: dict[str, int]
    """Those that are shown, in their order."""

    def heading(self) -> str:
        """The names of the columns; empty where none needs one."""
        if not any(_HEADINGS[each] for each in self.others):
            return ""
        return fit("", 2 + self.name) + self._joined(_HEADINGS)

    def cells(self, row: ModelRow) -> Content:
        """What stands behind the name; many failures are marked."""
        text = self._joined(_texts(row))
        stats, end = row.stats, len(text)
        if "chosen" in self.others:
            end -= 2 + self.others["chosen"]
        is_failing = "failed" in self.others and stats.failures * 4 >= stats.attempts > 0
        marked = end - self.others["failed"] if is_failing else end
        return Content.assemble((text[:marked], "$muted"), (text[marked:end], "$error"), (text[end:], "$muted"))

    def _joined(self, texts: dict[str, str]) -> str:
        return "".join(
            "  " + (fit if each == "provider" else right)(texts[each], width) for each, width in self.others.items()
        )


def columns(rows: Sequence[ModelRow], width: int, *, by_family: bool) -> Columns:
    """Lays the columns out: as wide as what is in them; one of which nothing is known, or without room, is left out.

    Args:
        rows: all that may be shown.
        width: cells there are.
        by_family: whether rows are grouped by what they name.
    """
    name = max((cell_len(each.label) for each in rows), default=0)
    shown = dict.fromkeys(_HEADINGS, 0)
    for row in rows:
        for each, text in _texts(row).items():
            if text != UNKNOWN and (cells := cell_len(text)) > shown[each]:
                shown[each] = cells
    shown = {each: max(cells, cell_len(_HEADINGS[each])) for each, cells in shown.items() if cells}
    if "provider" in shown:
        shown["provider"] = min(MOST_PROVIDER, shown["provider"])
    room, least = width - 2, name
    for each in _BY_FAMILY if by_family else _BY_PROVIDER:
        if least + sum(2 + size for size in shown.values()) <= room:
            break
        if each:
            shown.pop(each, None)
        else:
            least = min(name, LEAST_OF_FAMILY if by_family else LEAST_NAME)
    rest = room - sum(2 + size for size in shown.values())
    return Columns(max(0, min(name, rest)), {each: shown[each] for each in _HEADINGS if each in shown})


def _texts(row: ModelRow) -> dict[str, str]:
    model, stats = row.model, row.stats
    doubt = "~" if model.facts_date else ""
    price = f"{doubt}{sign(model.currency)}{per_million(model.price_in)} / {per_million(model.price_out)}"
    return {
        "provider": row.provider,
        "context": doubt + wording.count(model.context_window) if model.context_window else UNKNOWN,
        "price": price if model.price_in is not None else UNKNOWN,
        "first": UNKNOWN if stats.first_s is None else f"{stats.first_s:.{1 if stats.first_s < 100 else 0}f} s",
        "speed": _speed(stats),
        "seen": f"{stats.answers} · {wording.age(stats.last)}" if stats.answers else UNKNOWN,
        "failed": f"{stats.failures}/{stats.attempts}" if stats.attempts else UNKNOWN,
        "chosen": f"{row.choices.chosen}/{row.choices.compared}" if row.choices.compared else UNKNOWN,
    }


def _speed(stats: ModelStats) -> str:
    return UNKNOWN if stats.tokens_per_s is None else f"{'~' * stats.is_estimated}{stats.tokens_per_s:.0f}"


def description(row: ModelRow, *, is_short: bool) -> str:
    """All that is known of a model, and what is not, in two lines.

    Args:
        row: the model.
        is_short: whether there is room for few words.
    """
    model, stats = row.model, row.stats
    doubt = "~" if model.facts_date else ""
    facts = [row.provider] if is_short else [model.name or model.ref.id, row.provider]
    facts += [] if row.has_key else [tr("no API key")]
    if model.price_in is None or model.price_from is None:
        facts.append(tr("price unknown"))
    else:
        mark = doubt + sign(model.currency)
        price = tr(
            "{price_in} in, {price_out} out per 1M",
            price_in=mark + per_million(model.price_in),
            price_out=mark + per_million(model.price_out),
        )
        source = wording.PRICE_FROM[model.price_from]
        facts.append(price if is_short else tr("{price} ({source})", price=price, source=source))
    facts.append(
        tr("context {size}", size=doubt + wording.count(model.context_window))
        if model.context_window
        else tr("context unknown")
    )
    chosen = f" · {row.choices}" if row.choices.compared else ""
    return f"{' · '.join(facts)}\n{_experience(stats, is_short=is_short)}{chosen}"


def _experience(stats: ModelStats, *, is_short: bool) -> str:
    if not stats.attempts and not stats.answers:
        return tr("not measured yet")
    parts = []
    if stats.first_s is not None:
        parts.append(
            tr("first {seconds:.2f} s", seconds=stats.first_s)
            if is_short
            else tr("{seconds:.2f} s to first token", seconds=stats.first_s)
        )
    parts.append(tr("speed unknown") if stats.tokens_per_s is None else f"{_speed(stats)} tok/s")
    if is_short and stats.attempts:
        parts.append(tr("{failures}/{attempts} failed", failures=stats.failures, attempts=stats.attempts))
    if stats.answers:
        age, is_one = wording.age(stats.last), stats.answers == 1
        last = age if age == tr("now") else tr("{age} ago", age=age)
        if is_one or is_short:
            parts.append(trn("{n} answer, {last}", "{n} answers, {last}", stats.answers, last=last))
        else:
            parts.append(tr("median of {n} answers, the last {last}", n=stats.answers, last=last))
    if stats.attempts and not is_short:
        parts.append(
            tr(
                "{failures} of {attempts} failed in {days} days",
                failures=stats.failures,
                attempts=stats.attempts,
                days=LATELY.days,
            )
        )
    return " · ".join(parts)
