"""The model picker: every model of every provider, by provider or by what they are, with what is known of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chat_tui.domain.conversation.measurement import ModelStats
from chat_tui.domain.models.model import Model, ModelList, ModelRef
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.session.key_check import lacks_key
from chat_tui.ui.commands.command import MODELS
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import fit, holds_input, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.models.api_key import AskKey
from chat_tui.ui.dialogs.models.columns import Columns, ModelRow, columns, description
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.services import Services
from chat_tui.ui.text import wording
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.fields import LineField

ALL = "all:"
"""Before what is typed: models that can't chat are listed too."""
MOST_ROWS = 300
"""Rows shown at once; typing narrows them down."""
_NO_STATS = ModelStats()


class ModelChoice(NamedTuple):
    """The answer of the model picker."""

    model: ModelRef
    regenerates: bool = False
    """Whether the last answer is regenerated with it."""
    models: tuple[ModelRef, ...] = ()
    """The models that were marked, to be asked at once."""


class _MarkingFilter(LineField):
    """The filter of the models: while it is empty, space marks a model."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "space" and not self.value and isinstance(picker := self.screen, ModelPicker):
            event.stop()
            event.prevent_default()
            picker.action_mark()
        else:
            await super()._on_key(event)


class ModelPicker(Picker[ModelChoice]):
    """Asks for a model."""

    HEADING = "Choose a model"
    FILTER = _MarkingFilter
    PLACEHOLDER = "Type to filter, or provider/model-id"
    KEYS = (
        ("list_choose", "use"),
        ("dialog_back", "cancel"),
        ("model_mark", "mark several (or space)"),
        ("model_families", "by family"),
        ("model_regenerate", "regenerate with"),
        ("model_favourite", "favourite"),
        ("model_add_provider", "add provider"),
        ("model_refresh", "refresh"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MODELS)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]

    def __init__(
        self,
        host: DialogHost,
        services: Services,
        current: ModelRef | None,
        save: Callable[..., None],
    ) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            services: know the lists, the providers, favourites and recents.
            current: the model in use.
            save: keeps settings when they change: `favourites`, `models_by_family`.
        """
        super().__init__(host)
        settings = services.settings
        self._services = services
        self._backend = services.backend
        self._providers = settings.providers
        self._favourites = list(settings.favourites)
        self._recents = settings.recents
        self._marked: list[str] = []
        """The models that are asked at once, in the order in which they were marked."""
        self._current = str(current) if current else None
        self._save = save
        self._by_family = settings.models_by_family
        self._columns = Columns(0, {})
        self._laid_out: tuple[int, bool] | None = None
        """The width and the grouping that the columns are laid out for; None once something else is known."""
        self._shown: dict[str, Model] = {}
        """The models in the list, by their rows' ids."""
        self._stats: dict[str, ModelStats] = {}
        self._names: dict[str, tuple[str, bool]] = {}
        """The name of each provider, and whether it has a key."""
        self._lists: dict[str, ModelList] = {each.provider: each for each in self._backend.known_models()}

    def on_mount(self) -> None:
        """Requests the lists that were not requested yet, and what was measured."""
        super().on_mount()
        self._show_grouping()
        self._read_stats()
        self._ask(refresh=False)

    @work(group="stats")
    async def _read_stats(self) -> None:
        self._stats, self._laid_out = await self._services.measurements.stats(), None
        if self._stats and self.is_attached:
            self.refill(self.chosen())

    @work(exclusive=True)
    async def _ask(self, *, refresh: bool) -> None:
        usable = [
            each for each in self._providers.values() if self._usable(each) and (refresh or self._is_unlisted(each))
        ]
        problems: list[str] = []

        async def one(provider: Provider) -> None:
            answer = await self._backend.models(provider.key, refresh=refresh)
            self._lists[provider.key], self._laid_out = answer, None
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

    def body(self) -> ComposeResult:
        """The list, and all that is known of the highlighted model."""
        yield from super().body()
        yield Static("", id="description", markup=False)

    def columns(self, width: int) -> str:
        """The names of the columns, if one of them needs it."""
        return self._columns.heading()

    def refill(self, keep: str | None = None) -> None:
        """Shows the rows for the filter as it is now."""
        super().refill(keep)
        if self.is_attached:
            self._describe()

    @on(OptionList.OptionHighlighted, "#rows")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._describe()

    def _describe(self) -> None:
        ref = self.chosen()
        model = self._shown.get(ref) if ref else None
        is_short = self.has_class("-low") or self.has_class("-narrow")
        text = description(self._known(model), is_short=is_short) if model else "\n"
        self.query_one("#description", Static).update(T(text))

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Favourites, recent models, then the models of each provider."""
        rows: list[Option] = []
        seen: set[str] = set()
        shown: dict[str, Model] = {}
        with_others = query.startswith(ALL)
        self._names = {each.key: (each.name, self._backend.has_key(each)) for each in self._providers.values()}
        if self._laid_out != (layout := (width, self._by_family)):
            self._laid_out = layout
            self._columns = columns(self._all_known(), width, by_family=self._by_family)
        for heading, models in self._matches(query.removeprefix(ALL).strip(), with_others=with_others):
            unseen = [(each, match) for each, match in models if str(each.ref) not in seen]
            if not unseen:
                continue
            rows += [Option("", disabled=True)] if rows else []
            rows.append(Option(Content.styled(fit(heading, width), "$muted"), disabled=True))
            for model, match in unseen:
                seen.add(str(model.ref))
                shown[str(model.ref)] = model
                rows.append(Option(self._row(model, match), id=str(model.ref)))
            if len(rows) > MOST_ROWS:
                rows.append(Option(Content.styled("Type to see more", "$muted"), disabled=True))
                break
        self._shown = shown
        if dates := sorted({each.facts_date for each in shown.values() if each.facts_date}):
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
        groups = (self._families if self._by_family else self._groups)(with_others=with_others)
        candidates = [(number, model) for number, (_, models) in enumerate(groups) for model in models]
        matches = search(query, candidates, lambda each: self._texts(each[1]))
        return [
            (heading, [(model, match) for (at, model), match in matches if at == number])
            for number, (heading, _) in enumerate(groups)
        ]

    def _families(self, *, with_others: bool) -> list[tuple[str, list[Model]]]:
        """The models with several offers, then the others; those of the current, favourite and recent ones first."""
        from chat_tui.domain.models.families import model_family, model_name

        families: dict[str, list[Model]] = {}
        order = sorted(self._providers.values(), key=lambda each: not self._backend.has_key(each))
        for provider in order:
            if listed := self._lists.get(provider.key):
                for model in (*listed.models, *(listed.others if with_others else ())):
                    families.setdefault(model_family(model.ref.id), []).append(model)
        used = (self._current or "", *self._favourites, *self._recents)
        liked = [ModelRef.parse(each).id for each in used if _is_ref(each)]
        rank = {model_family(each): at for at, each in reversed(list(enumerate(liked)))}
        names = {key: model_name(models[0].ref.id).label for key, models in families.items()}
        keys = sorted(families, key=lambda each: (rank.get(each, len(rank)), names[each]))
        shared = [(f"{names[key]} · {len(families[key])} offers", families[key]) for key in keys if families[key][1:]]
        return [*shared, ("Single offers", [families[key][0] for key in keys if not families[key][1:]])]

    def _texts(self, model: Model) -> tuple[str, ...]:
        return model.ref.id, str(model.ref), model.name, self._known(model).provider

    def _known(self, model: Model) -> ModelRow:
        """A model with its provider's name and what was measured."""
        key = model.ref.provider
        name, has_key = self._names.get(key, (key, False))
        return ModelRow(model, name, self._stats.get(str(model.ref), _NO_STATS), has_key)

    def _all_known(self) -> list[ModelRow]:
        listed = [each for model_list in self._lists.values() for each in (*model_list.models, *model_list.others)]
        named = [Model(ModelRef.parse(each)) for each in (*self._favourites, *self._recents) if _is_ref(each)]
        return [self._known(each) for each in (*listed, *named)]

    def _row(self, model: Model, match: FuzzyMatch) -> Content:
        ref, row = str(model.ref), self._known(model)
        style = "$accent bold" if ref == self._current else "" if row.has_key else "$muted"
        return Content.assemble(
            ("✓ " if ref in self._marked else "★ " if ref in self._favourites else "  ", "$accent"),
            lit(fit(row.label, self._columns.name), match, style),
            self._columns.cells(row),
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
        models = [ModelRef.parse(each) for each in self._marked]
        self._use(models if len(models) > 1 else [ref], regenerates=regenerates)

    @holds_input
    async def _use(self, models: Sequence[ModelRef], *, regenerates: bool) -> None:
        """Answers with a model, or with those that are marked, once their providers have keys."""
        for key in dict.fromkeys(each.provider for each in models):
            provider = self._providers[key]
            services = self._services
            lacks = await lacks_key(services.backend, services.keys, provider)
            if lacks and not await self.ask(AskKey, provider, services):
                return
        self.dismiss(ModelChoice(models[0], regenerates, tuple(models)))

    def action_mark(self) -> None:
        """Marks or unmarks the highlighted model, and goes to the next one."""
        ref = self.chosen()
        if ref is None or ModelRef.parse(ref).provider not in self._providers:
            return
        if ref in self._marked:
            self._marked.remove(ref)
        else:
            self._marked.append(ref)
        self.refill(ref)
        self.action_move(1)
        self.show_message(f"{len(self._marked)} models are asked at once." if len(self._marked) > 1 else "")

    @holds_input
    async def action_add_provider(self) -> None:
        """Adds a provider or its key, and shows its models."""
        from chat_tui.ui.dialogs.models.welcome import Welcome

        added = await self.ask(Welcome, self._services)
        if added is not None:
            self._providers = self._services.settings.providers
            self._lists, self._laid_out = {each.provider: each for each in self._backend.known_models()}, None
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
        self._save(favourites=list(self._favourites))
        self.refill(ref)

    def action_families(self) -> None:
        """Groups the models by what they are, or by provider again; the choice is remembered."""
        self._by_family = not self._by_family
        self._save(models_by_family=self._by_family)
        self._show_grouping()
        self.refill(self.chosen())

    def _show_grouping(self) -> None:
        """Shows in the key hints how the models can be grouped instead."""
        other = "by provider" if self._by_family else "by family"
        self.show_keys([(key, other if key == "model_families" else word) for key, word in self.KEYS])

    def action_refresh_lists(self) -> None:
        """Requests every list again."""
        self._ask(refresh=True)


def _is_ref(text: str) -> bool:
    try:
        ModelRef.parse(text)
    except ValueError:
        return False
    return True
