"""Which answers the user chose, where several models were asked the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from chat_tui.i18n import tr

KEPT = 1000
"""Choices that are kept, the last."""


@dataclass(frozen=True, slots=True)
class ChosenAnswer:
    """One answer that was chosen over others."""

    message: str
    """The message's id: an answer is chosen once."""
    model: str
    """`provider/model-id`."""
    over: tuple[str, ...]
    """The other models that had answered."""
    at: str
    """When (ISO 8601, UTC)."""
    is_blind: bool = False
    """Whether the names were hidden."""


class ChoiceCount(NamedTuple):
    """How often a model was chosen."""

    chosen: int = 0
    compared: int = 0
    """How often it was one of those that answered."""

    def __str__(self) -> str:
        return tr("chosen {n} of {total}", n=self.chosen, total=self.compared)


def count_choices(choices: Iterable[ChosenAnswer]) -> dict[str, ChoiceCount]:
    """How often each model was chosen, by `provider/model-id`."""
    counts: dict[str, ChoiceCount] = {}
    for each in choices:
        for model in (each.model, *each.over):
            chosen, compared = counts.get(model, ChoiceCount())
            counts[model] = ChoiceCount(chosen + (model == each.model), compared + 1)
    return counts
