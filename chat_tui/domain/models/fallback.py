"""Which models may answer in place of one that fails: by the settings, by family, by price."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chat_tui.domain.models.model import Model, ModelRef
from chat_tui.domain.models.money import USD

FAMILY = "family"
"""In a list of models: the same model at other providers, the cheapest first."""
ANY_MODEL = "*"
"""In the settings: every model that has no list of its own."""
_MARKS = {ord(each): None for each in "-_. :/@"}


@dataclass(frozen=True, slots=True)
class FallbackRules:
    """The settings' `[fallback]`."""

    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """For a model (`provider/model-id`, or `ANY_MODEL`) those that are asked in its place, in order; see `FAMILY`."""
    max_price_factor: float = 2.0
    """How many times as much as the model that failed another may cost; 0 for any price."""

    def for_thread(self, models: Iterable[str]) -> FallbackRules:
        """The rules of a thread that lists models of its own; without any, these."""
        own = tuple(models)
        return FallbackRules({ANY_MODEL: own}, self.max_price_factor) if own else self

    def of(self, model: ModelRef) -> tuple[str, ...]:
        """What is listed for a model."""
        return self.models.get(str(model), self.models.get(ANY_MODEL, ()))


def listed_models(entries: Iterable[str], failed: ModelRef, known: Iterable[Model]) -> list[ModelRef]:
    """The models that entries of the settings mean, none twice and without the one that failed.

    Args:
        entries: of `FallbackRules`.
        failed: the model in whose place they are asked.
        known: the models of all lists; read only where an entry asks for the family.
    """
    found: dict[ModelRef, None] = {}
    for entry in entries:
        refs = same_model(failed, known) if entry == FAMILY else [ModelRef.parse(entry)]
        found |= dict.fromkeys(refs)
    found.pop(failed, None)
    return list(found)


def same_model(model: ModelRef, known: Iterable[Model]) -> list[ModelRef]:
    """The same model at other providers, the cheapest first, unknown prices last."""
    from chat_tui.domain.models.families import model_family

    family = model_family(model.id)
    stem = family[:3]  # names of one model begin alike, wherever in the id; that is told sooner than its family
    others = [
        each
        for each in known
        if each.ref.provider != model.provider
        and stem in each.ref.id.lower().translate(_MARKS)
        and each.can_chat
        and model_family(each.ref.id) == family
    ]
    return [each.ref for each in sorted(others, key=_order)]


def _order(model: Model) -> tuple[float, str]:
    prices = model.price_in, model.price_out
    return sum(each for each in prices if each is not None) if None not in prices else math.inf, str(model.ref)


def is_dearer(model: Model, failed: Model, factor: float) -> bool:
    """Whether a model costs more than `factor` times as much as the one that failed; 0 allows any price.

    A price that is not known, or is in another currency, counts as more.
    """
    if factor == 0:
        return False
    if (model.currency or USD) != (failed.currency or USD):
        return True
    return any(
        new is None or old is None or new > old * factor
        for new, old in ((model.price_in, failed.price_in), (model.price_out, failed.price_out))
    )


def unusable_entries(entries: Iterable[str]) -> Iterator[str]:
    """Those that are neither a model nor `FAMILY`."""
    for entry in entries:
        try:
            if entry != FAMILY:
                ModelRef.parse(entry)
        except ValueError:
            yield entry
