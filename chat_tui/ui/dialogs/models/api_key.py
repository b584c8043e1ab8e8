"""Asks for the API key of a provider, and checks it before it is saved."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label

from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.text.secrets import Secret, parse_key
from chat_tui.i18n import sentences, tr
from chat_tui.session.key_check import REJECTIONS, UNREACHABLE, rejection
from chat_tui.ui.commands.command import KEY, LINE
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Dialog, holds_input
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.services import Services
from chat_tui.ui.terminal.external import child_environment, open_in_browser
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar
from chat_tui.ui.widgets.fields import LineField


class AskKey(Dialog[bool]):
    """Asks for a key, which is not shown; answers whether one has been saved."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LINE), *bindings(KEY)]

    def __init__(self, host: DialogHost, provider: Provider, services: Services, problem: str = "") -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            provider: whose key it is.
            services: try the key, and store it.
            problem: what is wrong with the key that there is.
        """
        super().__init__(host)
        self._provider = provider
        self._services = services
        self._problem = problem
        self._unchecked = ""
        """The key that could not be tried: it may be stored all the same."""

    def compose(self) -> ComposeResult:
        """The page where keys are created, the hidden line, the key hints."""
        with Vertical(classes="dialog"):
            yield Label(T(tr("{name} API key", name=self._provider.name)), classes="heading")
            if self._provider.keys_page:
                yield Label(T(tr("Create a key: {page}", page=self._provider.keys_page)), classes="hint")
            yield Label("")
            yield LineField(password=True, placeholder=tr("Paste your API key"))
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the key hints."""
        self._tell(self._problem)

    def _tell(self, problem: str, *, unchecked: str = "") -> None:
        self._unchecked = unchecked
        self.show_problem(problem)
        keys = [("line_take", tr("try again") if problem else tr("save"))]
        keys += [("key_save_anyway", tr("save anyway"))] if unchecked else []
        keys += [("key_page", tr("open key page"))] if self._provider.keys_page else []
        self.show_keys((*keys, ("dialog_back", tr("cancel"))))

    @on(Input.Changed)
    def _edited(self, event: Input.Changed) -> None:
        event.stop()
        if self._unchecked and event.value != self._unchecked:
            self._tell("")

    def action_take(self) -> None:
        """Checks the key and saves it."""
        value = self.query_one(Input).value
        try:
            key = parse_key(value)
        except ValueError as error:
            self._tell(tr("Not an API key: {error}.", error=error))
            return
        self.host.input.cancel(self)
        self._try(key, value)

    def action_save_anyway(self) -> None:
        """Saves a key that could not be checked."""
        if self._unchecked:
            self._store(parse_key(self._unchecked))

    def action_page(self) -> None:
        """Opens the page where keys are created."""
        open_in_browser(self._provider.keys_page, child_environment(self._services.settings))

    @holds_input
    async def _try(self, key: Secret, written: str) -> None:
        if not self._provider.models_paths:
            await self._keep(key)
            return
        self._tell("")
        self.query_one(".heading", Label).update(T(tr("Checking the key with {name}…", name=self._provider.name)))
        with self.host.input.waits():  # esc gives up
            answer = await self._services.backend.models(self._provider.key, key=key)
        self.query_one(".heading", Label).update(T(tr("{name} API key", name=self._provider.name)))
        if answer.failure in REJECTIONS:
            self._tell(f"✗ {rejection(self._provider, answer)}")
        elif answer.failure in UNREACHABLE:
            self._tell(sentences(tr("Could not check the key."), answer.problem), unchecked=written)
        else:
            await self._keep(key, answer.problem)

    @holds_input
    async def _store(self, key: Secret) -> None:
        await self._keep(key)

    async def _keep(self, key: Secret, problem: str = "") -> None:
        keys, provider = self._services.keys, self._provider
        try:
            where = await keys.set(provider.key, key)
            used = await keys.get(provider)
        except StorageError as error:
            self._tell(str(error))
            return
        if used != key:
            names = ", ".join(provider.key_variables)
            problem = tr("{names} is set and overrides it: change or unset it.", names=names)
        self.dismiss(True)
        self.notify(
            sentences(tr("Saved {where}.", where=where), problem),
            title=tr("API key"),
            severity="warning" if problem else "information",
        )
