"""Which models may answer in place of one that fails: by the settings, by family, by price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

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
    """The same model at other providers, the cheapest first, unknown prices last.

    Prices are compared within a currency alone: those in another one than the model's come after its own.
    """
    from chat_tui.domain.models.families import model_family

    family = model_family(model.id)
    stem = family[:3]  # names of one model begin alike, wherever in the id; that is told sooner than its family
    models = list(known)
    currency = next((each.currency or USD for each in models if each.ref == model), USD)
    others = [
        each
        for each in models
        if each.ref.provider != model.provider
        and stem in each.ref.id.lower().translate(_MARKS)
        and each.can_chat
        and model_family(each.ref.id) == family
    ]
    return [each.ref for each in sorted(others, key=partial(_order, currency))]


def _order(currency: str, model: Model) -> tuple[bool, bool, str, float, str]:
    own = model.currency or USD
    is_unknown = model.price_in is None or model.price_out is None
    total = 0.0 if is_unknown else (model.price_in or 0.0) + (model.price_out or 0.0)
    return is_unknown, own != currency, own, total, str(model.ref)


def is_dearer(model: Model, failed: Model, factor: float) -> bool:
    """Whether a model costs more than `factor` times as much as the one that failed; 0 allows any price.

    A price that is not known, or is in another currency, counts as more.
    """
    if factor == 0:
        return False
    if not _are_comparable(model, failed):
        return True
    return any(
        new is None or old is None or new > old * factor
        for new, old in ((model.price_in, failed.price_in), (model.price_out, failed.price_out))
    )


def costs_more(model: Model, failed: Model) -> bool:
    """Whether a model is known to cost more than the one that failed."""
    are_known = None not in (model.price_in, model.price_out, failed.price_in, failed.price_out)
    return are_known and _are_comparable(model, failed) and is_dearer(model, failed, 1.0)


def _are_comparable(model: Model, other: Model) -> bool:
    return (model.currency or USD) == (other.currency or USD)


def unusable_entries(entries: Iterable[str]) -> Iterator[str]:
    """Those that are neither a model nor `FAMILY`."""
    for entry in entries:
        try:
            if entry != FAMILY:
                ModelRef.parse(entry)
        except ValueError:
            yield entry
