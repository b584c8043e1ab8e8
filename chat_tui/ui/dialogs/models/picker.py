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

from chat_tui.domain.conversation.choice import ChoiceCount
from chat_tui.domain.conversation.measurement import ModelStats
from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.model import Model, ModelList, ModelRef
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.i18n import tr
from chat_tui.session.key_check import lacks_key
from chat_tui.ui.commands.command import MODELS
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import fit, holds_input, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.models.api_key import AskKey
from chat_tui.ui.dialogs.models.columns import Columns, ModelRow, columns, description
from chat_tui.ui.dialogs.models.groups import ALL, ModelGroups, is_ref
from chat_tui.ui.dialogs.models.marked import MarkedModels
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.services import Services
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.fields import LineField

MOST_ROWS = 300
"""Rows shown at once; typing narrows them down."""
_NO_STATS, _NO_CHOICES = ModelStats(), ChoiceCount()


class ModelChoice(NamedTuple):
    """The answer of the model picker."""

    model: ModelRef
    regenerates: bool = False
    """Whether the last answer is regenerated with it."""
    models: tuple[ModelRef, ...] = ()
    """The models that were marked, to be asked at once."""
    is_blind: bool = False
    """Whether their names are hidden until one of their answers is chosen."""


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

    HEADING = tr("Choose a model")
    FILTER = _MarkingFilter
    PLACEHOLDER = tr("Type to filter, or provider/model-id")
    KEYS = (
        ("list_choose", tr("use")),
        ("dialog_back", tr("cancel")),
        ("model_mark", tr("mark several (or space)")),
        ("model_save_set", tr("save set")),
        ("model_blind", tr("hide names")),
        ("model_delete_set", tr("delete set")),
        ("model_families", tr("by family")),
        ("model_fallback", tr("fallback")),
        ("model_regenerate", tr("regenerate with")),
        ("model_favourite", tr("favourite")),
        ("model_add_provider", tr("add provider")),
        ("model_refresh", tr("refresh")),
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
            save: keeps settings when they change: `favourites`, `models_by_family`, `model_sets`.
        """
        super().__init__(host)
        settings = services.settings
        self._services = services
        self._backend = services.backend
        self._providers = settings.providers
        self._favourites = list(settings.favourites)
        self._recents = settings.recents
        self._marked = MarkedModels(settings.model_sets)
        self._is_blind = False
        """Whether the names of the marked models are hidden until an answer is chosen."""
        self._current = str(current) if current else None
        self._save = save
        self._by_family = settings.models_by_family
        self._columns = Columns(0, {})
        self._laid_out: tuple[int, bool] | None = None
        """The width and the grouping that the columns are laid out for; None once something else is known."""
        self._shown: dict[str, Model] = {}
        """The models in the list, by their rows' ids."""
        self._stats: dict[str, ModelStats] = {}
        self._choices: dict[str, ChoiceCount] = {}
        self._names: dict[str, tuple[str, bool]] = {}
        """The name of each provider, and whether it has a key."""
        self._lists: dict[str, ModelList] = {each.provider: each for each in self._backend.known_models()}

    def on_mount(self) -> None:
        """Requests the lists that were not requested yet, and what was measured."""
        super().on_mount()
        self._show_hints()
        self._read_stats()
        self._ask(refresh=False)

    @work(group="stats")
    async def _read_stats(self) -> None:
        self._stats, self._choices = await self._services.measurements.stats(), await self._services.choices.counts()
        self._laid_out = None
        if (self._stats or self._choices) and self.is_attached:
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
        return self._columns.heading() if self._shown else ""

    def refill(self, keep: str | None = None) -> None:
        """Shows the rows for the filter as it is now."""
        super().refill(keep)
        if self.is_attached:
            self._describe()

    @on(OptionList.OptionHighlighted, "#rows")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._describe()
        self._show_hints()

    def _describe(self) -> None:
        ref = self.chosen()
        if (name := self._marked.set_of(ref)) is not None:
            models = ", ".join(self._marked.sets[name])
            self.query_one("#description", Static).update(
                T(tr("Asks all of them with the next prompt:\n{models}", models=models))
            )
            return
        model = self._shown.get(ref) if ref else None
        is_short = self.has_class("-low") or self.has_class("-narrow")
        text = description(self._known(model), is_short=is_short) if model else "\n"
        self.query_one("#description", Static).update(T(text))

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Favourites, recent models, then the models of each provider."""
        rows = [] if query.startswith(ALL) else self._marked.rows(query, width)
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
                rows.append(Option(Content.styled(tr("Type to see more"), "$muted"), disabled=True))
                break
        self._shown = shown
        if dates := sorted({each.facts_date for each in shown.values() if each.facts_date}):
            note = tr("~ estimate from the built-in price list ({date})", date=dates[-1])
            rows += [Option("", disabled=True), Option(Content.styled(fit(note, width), "$muted"), disabled=True)]
        if not seen and not rows and query:
            note = (
                tr("Use {query}", query=query)
                if "/" in query
                else tr("No matching model. To use an unlisted one, type provider/model-id.")
            )
            rows.append(Option(Content.styled(note, "$muted"), disabled=True))
        return rows

    def _matches(self, query: str, *, with_others: bool) -> list[tuple[str, list[tuple[Model, FuzzyMatch]]]]:
        """The groups with the models that match, in each the best match first."""
        found = ModelGroups(self._lists, self._providers.values(), self._backend.has_key, with_others=with_others)
        if self._by_family:
            groups = found.by_family((self._current or "", *self._favourites, *self._recents))
        else:
            groups = found.by_provider(self._favourites, self._recents)
        candidates = [(number, model) for number, (_, models) in enumerate(groups) for model in models]
        matches = search(query, candidates, lambda each: self._texts(each[1]))
        return [
            (heading, [(model, match) for (at, model), match in matches if at == number])
            for number, (heading, _) in enumerate(groups)
        ]

    def _texts(self, model: Model) -> tuple[str, ...]:
        return model.ref.id, str(model.ref), model.name, self._known(model).provider

    def _known(self, model: Model) -> ModelRow:
        """A model with its provider's name and what was measured."""
        key = model.ref.provider
        name, has_key = self._names.get(key, (key, False))
        return ModelRow(model, name, *self._seen(str(model.ref)), has_key)

    def _seen(self, ref: str) -> tuple[ModelStats, ChoiceCount]:
        return self._stats.get(ref, _NO_STATS), self._choices.get(ref, _NO_CHOICES)

    def _all_known(self) -> list[ModelRow]:
        listed = [each for model_list in self._lists.values() for each in (*model_list.models, *model_list.others)]
        named = [Model(ModelRef.parse(each)) for each in (*self._favourites, *self._recents) if is_ref(each)]
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
        if self._marked.are_several:
            models = self._marked.refs
        elif (name := self._marked.set_of(row_id)) is not None:
            models = [ModelRef.parse(each) for each in self._marked.sets[name]]
        elif is_ref(text):
            models = [ModelRef.parse(text)]
        else:
            self.show_problem(tr("Type the full model id, for example modelmax/deepseek-v3.2."))
            return
        if unknown := [each.provider for each in models if each.provider not in self._providers]:
            names = ", ".join(self._providers)
            self.show_problem(tr("Unknown provider: {unknown}. Known: {names}", unknown=unknown[0], names=names))
            return
        self.host.input.cancel(self)
        self._use(models, regenerates=regenerates)

    @holds_input
    async def _use(self, models: Sequence[ModelRef], *, regenerates: bool) -> None:
        """Answers with a model, or with those that are marked, once their providers have keys."""
        for key in dict.fromkeys(each.provider for each in models):
            provider = self._providers[key]
            services = self._services
            lacks = await lacks_key(services.backend, services.keys, provider)
            if lacks and not await self.ask(AskKey, provider, services):
                return
        self.dismiss(ModelChoice(models[0], regenerates, tuple(models), self._is_blind))

    def action_mark(self) -> None:
        """Marks or unmarks the highlighted model or set, and goes to the next row."""
        ref = self.chosen()
        is_set = self._marked.set_of(ref) is not None
        if ref is None or not (is_set or ModelRef.parse(ref).provider in self._providers):
            return
        self._marked.toggle(ref)
        self.refill(ref)
        self.action_move(1)
        self._show_marked()

    def _show_marked(self) -> None:
        text, count = "", len(self._marked.models)
        if self._marked.are_several:
            text = tr("{n} models are asked at once.", n=count)
            if self._is_blind:
                text = tr("{n} models are asked at once, their names hidden until you choose an answer.", n=count)
        elif self._is_blind:
            text = tr("Their names are hidden until you choose an answer.")
        self.show_message(text)
        self._show_hints()

    def action_blind(self) -> None:
        """Hides the names of the marked models until one of their answers is chosen, or no longer."""
        if self._marked.are_several or self._marked.set_of(self.chosen()) is not None:
            self._is_blind = not self._is_blind
            self._show_marked()
        else:
            self.show_problem(tr("Mark several models first."))

    @holds_input
    async def action_save_set(self) -> None:
        """Saves the marked models under a name."""
        from chat_tui.ui.dialogs.question import AskText

        marked = self._marked
        if not marked.are_several:
            self.show_problem(tr("Mark several models first."))
        elif name := await self.ask(AskText, tr("Name of the set"), marked.name()):
            marked.sets[name] = list(marked.models)
            self._save(model_sets={**marked.sets})
            self.refill(self.chosen())
            self.show_message(tr("Saved as {name}.", name=name))

    @holds_input
    async def action_delete_set(self) -> None:
        """Deletes the highlighted set; its models stay."""
        row = self.chosen()
        if (name := self._marked.set_of(row)) is None:
            self.show_problem(tr("Only a saved set can be deleted."))
        elif await self.confirmation.confirms("model_delete_set", row, tr("delete this set"), can_undo=False):
            del self._marked.sets[name]
            self._save(model_sets={**self._marked.sets} or None)
            self.refill()
            self.show_message(tr("Set deleted."))

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
        if (ref := self.chosen()) is None or self._marked.set_of(ref) is not None:
            return
        if ref in self._favourites:
            self._favourites.remove(ref)
        else:
            self._favourites.append(ref)
        self._save(favourites=list(self._favourites))
        self.refill(ref)

    @holds_input
    async def action_fallback(self) -> None:
        """Asks which models answer where the highlighted one fails; offers those that are marked."""
        from chat_tui.ui.dialogs.models.fallback import AskFallback

        ref = self.chosen()
        if ref is None or not is_ref(ref) or ref not in self._shown:
            return
        model, rules = ModelRef.parse(ref), self._services.settings.fallback
        entries = [each for each in self._marked.models if each != ref] or rules.models.get(ref, ())
        chosen = await self.ask(AskFallback, model, entries, list(self._providers))
        if chosen is None:
            return
        try:
            await self._services.settings_store.set_fallback(ref, chosen)
        except StorageError as error:
            self.show_problem(str(error))
            return
        if self._services.settings.fallback.models.get(ref, ()) != chosen:
            self.show_problem(tr("config.toml has another list for this model."))
        else:
            names = ", ".join(chosen)
            self.show_message(tr("Fallback: {names}", names=names) if chosen else tr("No fallback of its own."))

    def action_families(self) -> None:
        """Groups the models by what they are, or by provider again; the choice is remembered."""
        self._by_family = not self._by_family
        self._save(models_by_family=self._by_family)
        self._show_hints()
        self.refill(self.chosen())

    def _show_hints(self) -> None:
        """Shows the key hints for what is marked and highlighted."""
        marked, is_set = self._marked, self._marked.set_of(self.chosen()) is not None
        is_asked = is_set or marked.are_several
        words = {
            "list_choose": tr("ask {n} models", n=len(marked.models))
            if marked.are_several
            else tr("ask all")
            if is_set
            else tr("use"),
            "model_save_set": tr("save set") if marked.are_several else "",
            "model_delete_set": tr("delete set") if is_set else "",
            "model_blind": (tr("show names") if self._is_blind else tr("hide names")) if is_asked else "",
            "model_families": tr("by provider") if self._by_family else tr("by family"),
        }
        words |= dict.fromkeys(("model_favourite", "model_fallback") if is_set else (), "")
        self.show_keys((key, shown) for key, word in self.KEYS if (shown := words.get(key, word)))

    def action_refresh_lists(self) -> None:
        """Requests every list again."""
        self._ask(refresh=True)
