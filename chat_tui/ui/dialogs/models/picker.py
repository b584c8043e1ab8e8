"""The model picker: every model of every provider, favourites and recent ones first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import work
from textual.binding import BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from chat_tui.domain.models.model import Model, ModelList, ModelRef
from chat_tui.domain.models.money import per_million, sign
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.ui.commands.command import MODELS
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import fit, holds_input, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.models.api_key import AskKey, lacks_key
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.services import Services
from chat_tui.ui.text import wording

ALL = "all:"
"""Before what is typed: models that can't chat are listed too."""
MOST_ROWS = 300
"""Rows shown at once; typing narrows them down."""

LEAST_NAME = 28
"""Cells of the longest name before other columns are left out for it."""
MOST_PROVIDER = 18
CONTEXT = len("context")
PRICE = len("~$100.00 / 100.00")


class _Sizes(NamedTuple):
    """The widths of the columns in cells; 0 for one that is left out."""

    name: int = 0
    provider: int = 0
    context: int = 0
    price: int = 0


class ModelChoice(NamedTuple):
    """The answer of the model picker."""

    model: ModelRef
    regenerates: bool = False
    """Whether the last answer is regenerated with it."""


class ModelPicker(Picker[ModelChoice]):
    """Asks for a model."""

    HEADING = "Choose a model"
    PLACEHOLDER = "Type to filter, or provider/model-id"
    KEYS = (
        ("list_choose", "use"),
        ("dialog_back", "cancel"),
        ("model_regenerate", "regenerate with"),
        ("model_favourite", "favourite"),
        ("model_add_provider", "add provider"),
        ("model_refresh", "refresh"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MODELS)]

    def __init__(
        self,
        host: DialogHost,
        services: Services,
        current: ModelRef | None,
        on_favourites: Callable[[list[str]], None],
    ) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            services: know the lists, the providers, favourites and recents.
            current: the model in use.
            on_favourites: keeps the favourites when they change.
        """
        super().__init__(host)
        settings = services.settings
        self._services = services
        self._backend = services.backend
        self._providers = settings.providers
        self._favourites = list(settings.favourites)
        self._recents = settings.recents
        self._current = str(current) if current else None
        self._on_favourites = on_favourites
        self._sizes = _Sizes()
        self._lists: dict[str, ModelList] = {each.provider: each for each in self._backend.known_models()}

    def on_mount(self) -> None:
        """Requests the lists that were not requested yet."""
        super().on_mount()
        self._ask(refresh=False)

    @work(exclusive=True)
    async def _ask(self, *, refresh: bool) -> None:
        usable = [
            each for each in self._providers.values() if self._usable(each) and (refresh or self._is_unlisted(each))
        ]
        problems: list[str] = []

        async def one(provider: Provider) -> None:
            answer = await self._backend.models(provider.key, refresh=refresh)
            self._lists[provider.key] = answer
            if answer.problem and self._is_own(provider):
                problems.append(f"{provider.name}: {answer.problem}")
            if self.is_attached:
                self.refill(self.chosen())

        await asyncio.gather(*(one(each) for each in usable))
        if self.is_attached:
            self.show_problem("\n".join(problems[:3]))

    def _usable(self, provider: Provider) -> bool:
        return bool(provider.models_paths or provider.is_local) and self._backend.has_key(provider)

    def _is_unlisted(self, provider: Provider) -> bool:
        models = self._lists.get(provider.key)
        return models is None or models.fetched is None

    def _is_own(self, provider: Provider) -> bool:
        """Whether the user set this provider up: silence from a server that may not even run is no problem."""
        return provider.needs_key or not provider.builtin

    def columns(self, width: int) -> str:
        """The names of the columns, if one of them needs it."""
        sizes = self._sizes
        if not sizes.context and not sizes.price:
            return ""
        return fit("", 2 + sizes.name) + _columns(sizes, "", "context", "1M in / out")

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Favourites, recent models, then the models of each provider."""
        rows: list[Option] = []
        seen: set[str] = set()
        shown: list[Model] = []
        with_others = query.startswith(ALL)
        self._sizes = self._measure(width)
        for heading, models in self._matches(query.removeprefix(ALL).strip(), with_others=with_others):
            unseen = [(each, match) for each, match in models if str(each.ref) not in seen]
            if not unseen:
                continue
            rows += [Option("", disabled=True)] if rows else []
            rows.append(Option(Content.styled(fit(heading, width), "$muted"), disabled=True))
            for model, match in unseen:
                seen.add(str(model.ref))
                shown.append(model)
                rows.append(Option(self._row(model, match), id=str(model.ref)))
            if len(rows) > MOST_ROWS:
                rows.append(Option(Content.styled("Type to see more", "$muted"), disabled=True))
                break
        if dates := sorted({each.facts_date for each in shown if each.facts_date}):
            note = f"~ estimate from the built-in price list ({dates[-1]})"
            rows += [Option("", disabled=True), Option(Content.styled(fit(note, width), "$muted"), disabled=True)]
        if not seen and query:
            note = (
                f"Use {query}" if "/" in query else "No matching model. To use an unlisted one, type provider/model-id."
            )
            rows.append(Option(Content.styled(note, "$muted"), disabled=True))
        return rows

    def _groups(self, *, with_others: bool) -> list[tuple[str, list[Model]]]:
        by_ref = {str(model.ref): model for each in self._lists.values() for model in (*each.models, *each.others)}

        def named(ids: Sequence[str]) -> list[Model]:
            return [by_ref.get(each) or Model(ModelRef.parse(each)) for each in ids if _is_ref(each)]

        groups = [("Favourites", named(self._favourites)), ("Recent", named(self._recents))]
        order = sorted(self._providers.values(), key=lambda each: not self._backend.has_key(each))
        for provider in order:
            model_list = self._lists.get(provider.key)
            if model_list and model_list.models:
                key = "" if self._backend.has_key(provider) else " · no API key"
                age = f" · updated {wording.clock(model_list.fetched)}" if model_list.fetched else ""
                models = [*model_list.models, *(model_list.others if with_others else ())]
                hidden = (
                    f" · {len(model_list.others)} can't chat ({ALL} to list)"
                    if model_list.others and not with_others
                    else ""
                )
                groups.append((f"{provider.name}{key}{age}{hidden}", models))
        return groups

    def _matches(self, query: str, *, with_others: bool) -> list[tuple[str, list[tuple[Model, FuzzyMatch]]]]:
        """The groups with the models that match, in each the best match first."""
        groups = self._groups(with_others=with_others)
        candidates = [(number, model) for number, (_, models) in enumerate(groups) for model in models]
        matches = search(query, candidates, lambda each: self._texts(each[1]))
        return [
            (heading, [(model, match) for (at, model), match in matches if at == number])
            for number, (heading, _) in enumerate(groups)
        ]

    def _texts(self, model: Model) -> tuple[str, ...]:
        provider = self._providers.get(model.ref.provider)
        return model.ref.id, str(model.ref), model.name, provider.name if provider else ""

    def _measure(self, width: int) -> _Sizes:
        """Makes the columns as wide as what is in them; where that is too much, the provider's goes first."""
        models = [each for model_list in self._lists.values() for each in (*model_list.models, *model_list.others)] + [
            Model(ModelRef.parse(each)) for each in (*self._favourites, *self._recents) if _is_ref(each)
        ]
        context = CONTEXT if any(each.context_window for each in models) else 0
        price = PRICE if any(each.price_in is not None for each in models) else 0
        name = max((cell_len(self._label(each)) for each in models), default=0)
        provider = min(MOST_PROVIDER, max((cell_len(self._provider_of(each)) for each in models), default=0))
        room = width - 2
        for sizes in (
            _Sizes(name, provider, context, price),
            _Sizes(min(name, LEAST_NAME), provider, context, price),
            _Sizes(min(name, LEAST_NAME), 0, context, price),
            _Sizes(min(name, LEAST_NAME), 0, context, 0),
            _Sizes(min(name, room), 0, 0, 0),
        ):
            if (rest := room - sizes.name - len(_columns(sizes, "", "", ""))) >= 0:
                break
        return sizes._replace(name=min(name, sizes.name + rest))

    def _label(self, model: Model) -> str:
        return f"{model.ref.id}{_availability(model)}"

    def _provider_of(self, model: Model) -> str:
        provider = self._providers.get(model.ref.provider)
        return provider.name if provider else model.ref.provider

    def _row(self, model: Model, match: FuzzyMatch) -> Content:
        ref, sizes = str(model.ref), self._sizes
        doubt = "~" if model.facts_date else ""
        window = doubt + wording.count(model.context_window) if model.context_window else ""
        price = ""
        if model.price_in is not None:
            price = f"{doubt}{sign(model.currency)}{per_million(model.price_in)} / {per_million(model.price_out)}"
        return Content.assemble(
            ("★ " if ref in self._favourites else "  ", "$accent"),
            lit(fit(self._label(model), sizes.name), match, "$accent bold" if ref == self._current else ""),
            (_columns(sizes, self._provider_of(model), window, price), "$muted"),
        )

    def first(self) -> str | None:
        """The model in use."""
        return self._current

    def choose(self, row_id: str | None, query: str) -> None:
        """Answers with the row's model, or with the typed id."""
        self._choose(row_id, query, regenerates=False)

    def action_regenerate(self) -> None:
        """Answers with the highlighted model, to regenerate the last answer with it."""
        self._choose(self.chosen(), self.query_text, regenerates=True)

    def _choose(self, row_id: str | None, query: str, *, regenerates: bool) -> None:
        text = row_id or query.removeprefix(ALL).strip()
        if not _is_ref(text):
            self.show_problem("Type the full model id, for example modelmax/deepseek-v3.2.")
            return
        ref = ModelRef.parse(text)
        if ref.provider not in self._providers:
            names = ", ".join(self._providers)
            self.show_problem(f"Unknown provider: {ref.provider}. Known: {names}")
            return
        self.host.input.cancel(self)
        self._use(ref, regenerates=regenerates)

    @holds_input
    async def _use(self, ref: ModelRef, *, regenerates: bool) -> None:
        """Answers with a model, once its provider has a key."""
        provider = self._providers[ref.provider]
        if await lacks_key(self._services, provider):
            answer = await self.ask(AskKey, provider, self._services)
            if not answer:
                return
        self.dismiss(ModelChoice(ref, regenerates))

    @holds_input
    async def action_add_provider(self) -> None:
        """Adds a provider or its key, and shows its models."""
        from chat_tui.ui.dialogs.models.welcome import Welcome

        added = await self.ask(Welcome, self._services)
        if added is not None:
            self._providers = self._services.settings.providers
            self._lists = {each.provider: each for each in self._backend.known_models()}
            models = self._lists[added].models if added in self._lists else ()
            self.refill(str(models[0].ref) if models else None)
            self._ask(refresh=False)

    def action_favourite(self) -> None:
        """Marks or unmarks the highlighted model."""
        if (ref := self.chosen()) is None:
            return
        if ref in self._favourites:
            self._favourites.remove(ref)
        else:
            self._favourites.append(ref)
        self._on_favourites(self._favourites)
        self.refill(ref)

    def action_refresh_lists(self) -> None:
        """Requests every list again."""
        self._ask(refresh=True)


def _columns(sizes: _Sizes, provider: str, context: str, price: str) -> str:
    """The columns behind the name, those without a size left out."""
    parts = (
        f"  {fit(provider, sizes.provider)}" if sizes.provider else "",
        f"  {context:>{sizes.context}}" if sizes.context else "",
        f"  {price:>{sizes.price}}" if sizes.price else "",
    )
    return "".join(parts)


def _is_ref(text: str) -> bool:
    try:
        ModelRef.parse(text)
    except ValueError:
        return False
    return True


def _availability(model: Model) -> str:
    """The notes on a model: its retirement and replacement, whether it can chat."""
    goes = " · deprecated" if model.ends == "deprecated" else f" · until {model.ends}" if model.ends else ""
    goes += f" → {model.replacement}" if goes and model.replacement else ""
    return goes if model.can_chat else f"{goes} · can't chat"
