"""Connects a provider: choose one, paste a key or an address, or run the local model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import urlsplit

from textual.content import Content
from textual.widgets import Label
from textual.widgets.option_list import Option

from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.model import ModelList
from chat_tui.domain.models.provider import LOCAL, Provider, in_order, normalise_base_url
from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.i18n import tr
from chat_tui.session.key_check import REJECTIONS, UNREACHABLE, rejection
from chat_tui.ui.dialogs.base import fit, holds_input, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.models.api_key import AskKey
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.services import Services
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.text.wording import provider_note

_ADDRESS = re.compile(
    r"https?://\S+|(?:localhost|[\w.-]+\.[a-z]{2,}|\d+(?:\.\d+){3}|\[[0-9a-f:]+\])(?::\d+)?(?:/\S*)?", re.IGNORECASE
)


class Welcome(Picker[str]):
    """Connects a provider; answers with its id once it can be used."""

    HEADING = tr("Choose a provider")
    PLACEHOLDER = tr("Type to filter, or paste a server's address")
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (("list_choose", tr("choose")), ("dialog_back", tr("close")))

    def __init__(self, host: DialogHost, services: Services, chosen: Provider | None = None) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            services: the providers, their keys and models.
            chosen: is connected at once; the list is for another choice.
        """
        super().__init__(host)
        self._services = services
        self._chosen = chosen

    def on_mount(self) -> None:
        """Connects the provider that was chosen before."""
        super().on_mount()
        if self._chosen is not None:
            self._use(self._chosen)

    def first(self) -> str | None:
        """The provider that was chosen before."""
        return self._chosen.key if self._chosen else None

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """The local model first, then the providers."""
        providers = in_order(self._services.settings.providers.values(), self._services.backend.has_key)
        rows = [
            Option(self._row(each, match, width), id=each.key)
            for each, match in search(query, providers, lambda each: (each.name, each.key, each.base_url))
        ]
        if not rows:
            address = _ADDRESS.fullmatch(query)
            text = (
                tr("Add the server at {query}", query=query)
                if address
                else tr("No matching provider. To add one, paste its address.")
            )
            return [Option(Content.styled(text, "$muted"), id=None, disabled=not address)]
        return rows

    def _ready(self, provider: Provider) -> bool:
        return provider.needs_key and self._services.backend.has_key(provider)

    def _row(self, provider: Provider, match: FuzzyMatch, width: int) -> Content:
        is_ready = self._ready(provider)
        about = provider_note(provider, has_key=is_ready)
        mark = "✓ " if is_ready else "  "
        name = lit(fit(provider.name, 18), match)
        return Content.assemble((mark, "$success"), name, (fit(about, max(1, width - 20)), "$muted"))

    def choose(self, row_id: str | None, query: str) -> None:
        """Connects the chosen provider, or the pasted address; cancels an earlier choice."""
        self.host.input.cancel(self)
        if row_id is not None:
            self._use(self._services.settings.providers[row_id])
        elif query:
            self._add(query)

    @holds_input
    async def _use(self, provider: Provider) -> None:
        if provider.key == LOCAL:
            self.dismiss(provider.key)
        elif provider.needs_key and not self._ready(provider):
            await self._ask_key(provider)
        else:
            await self._check(provider)

    async def _ask_key(self, provider: Provider, problem: str = "") -> None:
        """Asks for a key until the provider accepts it."""
        if await self.ask(AskKey, provider, self._services, problem):
            self.dismiss(provider.key)

    async def _check(self, provider: Provider) -> None:
        """Checks a provider by its list of models. One without a list is accepted as it is."""
        if not provider.models_paths:
            self.dismiss(provider.key)
            return
        self.show_problem("")
        self.query_one(".heading", Label).update(T(tr("Loading models from {name}…", name=provider.name)))
        answer = await self._models(provider.key)
        self.query_one(".heading", Label).update(T(self.HEADING))
        if answer.failure in REJECTIONS and provider.needs_key:
            await self._ask_key(provider, f"✗ {rejection(provider, answer)}")
        elif answer.problem and not answer.models:
            self.show_problem(f"{provider.name}: {answer.problem}")
        else:
            self.dismiss(provider.key)  # what is wrong with a list, the model picker says

    async def _models(self, provider: str) -> ModelList:
        """Fetches a server's models; keys work meanwhile, such as esc."""
        with self.host.input.waits():
            return await self._services.backend.models(provider, refresh=True)

    @holds_input
    async def _add(self, address: str) -> None:
        try:
            url = normalise_base_url(address)
        except ValueError as error:
            self.show_problem(tr("Expected {error}.", error=error))
            return
        host = urlsplit(url).netloc
        key = re.sub(r"[^a-z0-9.-]+", "-", host.lower()).strip("-.")
        # Many servers of one's own want no key: it is asked for once the list can't be had without.
        if await self._put(key, host, url, "none") is None:
            return
        answer = await self._models(key)
        if not answer.problem:
            self.dismiss(key)
        elif answer.failure in UNREACHABLE:
            self.show_problem(answer.problem)
        elif (provider := await self._put(key, host, url, "bearer")) is not None:
            if self._ready(provider):
                await self._check(provider)
            else:
                await self._ask_key(provider)

    async def _put(self, key: str, host: str, url: str, auth: str) -> Provider | None:
        try:
            settings = await self._services.settings_store.add_provider(key, host, url, auth)
        except (StorageError, ValueError) as error:
            self.show_problem(str(error))
            return None
        return settings.providers[key]
