"""The groups of the model picker: the models of each provider, or what several providers offer of one family."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from chat_tui.domain.models.model import Model, ModelList, ModelRef
from chat_tui.domain.models.provider import Provider
from chat_tui.i18n import tr
from chat_tui.ui.text import wording

ALL = "all:"
"""Before what is typed: models that can't chat are listed too."""


class ModelGroups:
    """Groups all models that are known."""

    def __init__(
        self,
        lists: Mapping[str, ModelList],
        providers: Iterable[Provider],
        has_key: Callable[[Provider], bool],
        *,
        with_others: bool,
    ) -> None:
        """Groups nothing yet.

        Args:
            lists: the models of providers, by the provider's key.
            providers: all there are; those with a key come first.
            has_key: whether a provider can be used at once.
            with_others: whether models that can't chat are among them.
        """
        self._lists = lists
        self._order = sorted(providers, key=lambda each: not has_key(each))
        self._has_key = has_key
        self._with_others = with_others

    def by_provider(self, favourites: Sequence[str], recents: Sequence[str]) -> list[tuple[str, list[Model]]]:
        """Favourites, recent models, then those of each provider; each group with its heading."""
        by_ref = {str(model.ref): model for each in self._lists.values() for model in (*each.models, *each.others)}

        def named(ids: Sequence[str]) -> list[Model]:
            return [by_ref.get(each) or Model(ModelRef.parse(each)) for each in ids if is_ref(each)]

        groups = [(tr("Favourites"), named(favourites)), (tr("Recent"), named(recents))]
        for provider in self._order:
            model_list = self._lists.get(provider.key)
            if model_list and model_list.models:
                key = "" if self._has_key(provider) else tr(" · no API key")
                age = tr(" · updated {time}", time=wording.clock(model_list.fetched)) if model_list.fetched else ""
                is_partial = model_list.others and not self._with_others
                hidden = (
                    tr(" · {n} can't chat ({word} to list)", n=len(model_list.others), word=ALL) if is_partial else ""
                )
                groups.append((f"{provider.name}{key}{age}{hidden}", self._models(model_list)))
        return groups

    def by_family(self, used: Iterable[str]) -> list[tuple[str, list[Model]]]:
        """The families with several offers, then the models with one.

        Args:
            used: models whose families come first, in their order.
        """
        from chat_tui.domain.models.families import model_family, model_name

        families: dict[str, list[Model]] = {}
        for provider in self._order:
            if listed := self._lists.get(provider.key):
                for model in self._models(listed):
                    families.setdefault(model_family(model.ref.id), []).append(model)
        liked = [ModelRef.parse(each).id for each in used if is_ref(each)]
        rank = {model_family(each): at for at, each in reversed(list(enumerate(liked)))}
        names = {key: model_name(models[0].ref.id).label for key, models in families.items()}
        keys = sorted(families, key=lambda each: (rank.get(each, len(rank)), names[each]))
        shared = [
            (tr("{model} · {n} offers", model=names[key], n=len(families[key])), families[key])
            for key in keys
            if families[key][1:]
        ]
        return [*shared, (tr("One provider"), [families[key][0] for key in keys if not families[key][1:]])]

    def _models(self, model_list: ModelList) -> list[Model]:
        return [*model_list.models, *(model_list.others if self._with_others else ())]


def is_ref(text: str) -> bool:
    """Whether a text is a model, `provider/model-id`."""
    try:
        ModelRef.parse(text)
    except ValueError:
        return False
    return True
