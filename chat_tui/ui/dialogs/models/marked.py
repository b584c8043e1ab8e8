"""The models that are marked in the model picker, to be asked at once, and the named sets that they are saved as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content
from textual.widgets.option_list import Option

from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.search.fuzzy import search
from chat_tui.i18n import tr
from chat_tui.ui.dialogs.base import fit, lit

_SET = "set:"
"""Before a set's name, in the id of its row: no provider's name has a colon."""


class MarkedModels:
    """The marked models, in the order in which they were marked, and the saved sets."""

    def __init__(self, sets: Mapping[str, Sequence[str]]) -> None:
        """Marks none.

        Args:
            sets: models by the name of their set, each `provider/model-id`.
        """
        self.sets = {name: list(models) for name, models in sets.items()}
        self.models: list[str] = []

    def __contains__(self, ref: str) -> bool:
        return ref in self.models

    @property
    def refs(self) -> list[ModelRef]:
        """The marked models."""
        return [ModelRef.parse(each) for each in self.models]

    @property
    def are_several(self) -> bool:
        """Whether there is more than one."""
        return len(self.models) > 1

    def set_of(self, row_id: str | None) -> str | None:
        """The name of the set that a row shows; None for other rows."""
        name = row_id.removeprefix(_SET) if row_id and row_id.startswith(_SET) else None
        return name if name in self.sets else None

    def toggle(self, row_id: str) -> None:
        """Marks a model, or all of a set; unmarks them where they were marked."""
        name = self.set_of(row_id)
        models = [row_id] if name is None else self.sets[name]
        others = [each for each in self.models if each not in models]
        self.models = others if all(each in self.models for each in models) else [*others, *models]

    def name(self) -> str:
        """The name under which the marked models are saved already; empty where they are not."""
        return next((name for name, models in self.sets.items() if {*models} == {*self.models}), "")

    def rows(self, query: str, width: int) -> list[Option]:
        """A row for each set in whose name a word begins like a query, below a heading; none without.

        Queries for a model find no set of it: enter would ask all of the set.
        """
        wanted = query.casefold()
        sets = [each for each in self.sets.items() if f" {each[0].casefold()}".find(f" {wanted}") >= 0 or not query]
        found = search(query, sets, lambda each: (each[0],))
        if not found:
            return []
        size = min(28, width // 3, max(len(name) for name in self.sets) + 2)
        rows = [Option(Content.styled(fit(tr("Sets"), width), "$muted"), disabled=True)]
        for (name, models), match in found:
            is_marked = all(each in self.models for each in models)
            about = tr(
                "{n} models: {names}", n=len(models), names=", ".join(ModelRef.parse(each).id for each in models)
            )
            parts = (("✓ " if is_marked else "  ", "$accent"), lit(fit(name, size), match), "  ")
            about = fit(about, max(1, width - size - 4))
            rows.append(Option(Content.assemble(*parts, (about, "$muted")), id=f"{_SET}{name}"))
        return rows
