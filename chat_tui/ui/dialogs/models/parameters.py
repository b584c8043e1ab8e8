"""The parameters of a thread: those that the provider documents, with their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input
from textual.widgets.option_list import Option

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.parameters import FIRST, ParameterSpec, as_text, offered, read_value
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.models.response_format import describe_format
from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import PARAMETERS
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import fit, holds_input, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.dialogs.question import LineDialog
from chat_tui.ui.text.sanitizer import cut


class ParameterPanel(Picker[JsonObject]):
    """Edits a thread's parameters; answers with them, also on esc."""

    HEADING = tr("Parameters of this thread")
    KEYS = (("list_choose", tr("set")), ("parameter_reset", tr("unset")), ("dialog_back", tr("close")))
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PARAMETERS)]

    def __init__(self, host: DialogHost, provider: Provider | None, values: JsonObject, defaults: JsonObject) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            provider: of the model that answers next; None where none is chosen.
            values: what the thread sets.
            defaults: what is sent where the thread sets nothing: the user's, over the provider's.
        """
        super().__init__(host)
        self._values = dict(values)
        self._defaults = defaults
        self._specs = {each.name: each for each in offered(provider.parameters if provider else ())}
        for name in [*values, *defaults]:
            self._specs.setdefault(name, ParameterSpec(name, "any"))

    def columns(self, width: int) -> str:
        """The names of the columns."""
        return fit("", 24) + fit(tr("this thread"), _value_cells(width)) + tr("range")

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Name, value and range: those that are set first, then the common ones."""
        names = sorted(self._specs, key=lambda name: (name not in self._values, _rank(name), name))
        matching = search(query, names, lambda name: (name,), ranked=False)
        options = [Option(self._row(name, match, width), id=name) for name, match in matching]
        new = Content.styled(
            tr("Undocumented parameter: {key} to set {query}", key=self.key("list_choose"), query=query), "$muted"
        )
        return options or [Option(new, disabled=True)]

    def _row(self, name: str, match: FuzzyMatch, width: int) -> Content:
        room = _value_cells(width)
        spec = self._specs[name]
        limits = spec.range_text() or spec.hint() or spec.type_text()
        if name in self._values:
            value = (_fit(_shown(name, self._values[name]), room), "$accent bold")
        elif name in self._defaults:
            value = (_fit(tr("default: {value}", value=_shown(name, self._defaults[name])), room), "$muted")
        else:
            value = (fit(tr("not set"), room), "$muted")
        return Content.assemble(lit(fit(name, 24), match), value, (cut(limits, max(1, width - 24 - room)), "$muted"))

    def choose(self, row_id: str | None, query: str) -> None:
        """Asks for the value of a parameter, also of an unknown one."""
        name = row_id or clean(query, multiline=False)
        if name:
            self._ask(self._specs.setdefault(name, ParameterSpec(name, "any")))

    @holds_input
    async def _ask(self, spec: ParameterSpec) -> None:
        value = self._values.get(spec.name)
        answer = await self.ask(AskValue, spec, "" if value is None else as_text(value))
        if answer is not None:
            self._set(spec.name, answer[0])

    def action_reset(self) -> None:
        """Unsets the highlighted parameter."""
        if (name := self.chosen()) is not None:
            self._set(name, None)

    def _set(self, name: str, value: Json) -> None:
        if value is None:
            self._values.pop(name, None)
        else:
            self._values[name] = value
        self.query_one("#filter", Input).value = ""
        self.refill(name)

    def action_back(self) -> None:
        """Answers with the parameters."""
        self.dismiss(self._values)


class AskValue(LineDialog[tuple[Json]]):
    """Asks for the value of a parameter; answers with it in a tuple, `(None,)` to unset it."""

    PLACEHOLDER = tr("not set")
    KEYS = (("line_take", tr("save (empty to unset)")), ("dialog_back", tr("cancel")))

    def __init__(self, host: DialogHost, spec: ParameterSpec, value: str) -> None:
        limits = (spec.type_text(), spec.range_text(), spec.hint())
        super().__init__(host, spec.name, value, " · ".join(limit for limit in limits if limit))
        self._spec = spec

    def read(self, text: str) -> tuple[Json]:
        """The value in a tuple, as None alone means that the user went back; `(None,)` for no text."""
        return (read_value(self._spec, text) if text else None,)


def _shown(name: str, value: Json) -> str:
    return clean(describe_format(value), multiline=False) if name == "response_format" else as_text(value)


def _fit(text: str, room: int) -> str:
    """A text in a column, with a gap to the next."""
    return fit(text, room - 1) + " "


def _value_cells(width: int) -> int:
    """The cells of the values; the ranges, which are longer, have the rest."""
    return max(12, min(28, width - 52))


def _rank(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)
