"""Wires the program: settings, keys, stores and backend. The app, the commands and the tests all use this container."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from chat_tui.cli.deferred import deferred
from chat_tui.domain.errors import UsageError
from chat_tui.i18n import tr
from chat_tui.storage.paths import Paths

if TYPE_CHECKING:
    from chat_tui.backends.client import HttpBackend
    from chat_tui.cli.prices import Prices
    from chat_tui.domain.models.model import ModelRef
    from chat_tui.domain.models.provider import Provider
    from chat_tui.domain.ports.backend import Backend
    from chat_tui.domain.settings import PromptTemplate, Settings
    from chat_tui.domain.text.secrets import Secret
    from chat_tui.session.tool_calls import ToolServices
    from chat_tui.storage.attachments.pictures import ChildPictures
    from chat_tui.storage.attachments.reader import FileAttachments
    from chat_tui.storage.diagrams.renderer import ChildDiagrams
    from chat_tui.storage.exchange import FileExchange
    from chat_tui.storage.files.new_file import FileTexts
    from chat_tui.storage.files.writer import Writer
    from chat_tui.storage.keys.store import Keys
    from chat_tui.storage.settings.prompt_library import FilePrompts
    from chat_tui.storage.settings.store import FileSettings
    from chat_tui.storage.state.choices import FileAnswerChoices
    from chat_tui.storage.state.measurements import FileMeasurements
    from chat_tui.storage.state.positions import FilePositions
    from chat_tui.storage.state.prompt_history import FilePromptHistory
    from chat_tui.storage.state.tool_approvals import FileToolApprovals
    from chat_tui.storage.state.undo_log import FileUndoLog
    from chat_tui.storage.thread_store import FileThreadStore
    from chat_tui.storage.usage.ledger import FileLedger
    from chat_tui.tools.toolbox import ServerToolbox
    from chat_tui.tools.validation import ChildSchemas


PATIENCE = 10.0
"""Seconds that the end of the program waits for what is being written."""


class _HasWriters(Protocol):
    @property
    def writers(self) -> Sequence[Writer]: ...


Drained = TypeVar("Drained", bound=_HasWriters)


class Container:
    """What a command, or the app, works with (`ui.services.Services`).

    Every part is made when it is first used, so that what needs little loads little. A test puts a stand-in in the
    place of a part before it is used: `container.backend = FakeBackend()`.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Touches nothing.

        Args:
            environ: says where the files are, and holds keys.
        """
        self.environ = environ
        self._writers: list[Writer] = []
        self._opened_store: FileThreadStore | None = None
        self._opened_ledger: FileLedger | None = None
        self._opened_toolbox: ServerToolbox | None = None
        self.folders: list[str] = []
        """Absolute: what the tool `read_file` may read besides the folders of the settings."""

    @cached_property
    def paths(self) -> Paths:
        """Where the files are."""
        return Paths.find(self.environ)

    @cached_property
    def settings_store(self) -> FileSettings:
        """The settings' files, over the built-in providers."""
        from chat_tui.backends.catalog import builtin_providers
        from chat_tui.storage.settings.store import FileSettings

        return self._drained(FileSettings(self.paths, builtin_providers()))

    @property
    def settings(self) -> Settings:
        """The settings as they are now: with what was chosen since the start."""
        return self.settings_store.current

    @cached_property
    def store(self) -> FileThreadStore:
        """The threads."""

        def make() -> FileThreadStore:
            from chat_tui.storage.thread_store import FileThreadStore

            self._opened_store = self._drained(FileThreadStore(self.paths))
            return self._opened_store

        return deferred(make)

    @cached_property
    def undo(self) -> FileUndoLog:
        """What can be undone."""

        def make() -> FileUndoLog:
            from chat_tui.storage.state.undo_log import FileUndoLog

            return self._drained(FileUndoLog(self.paths.undo_file, self.paths.lock_file))

        return deferred(make)

    @cached_property
    def positions(self) -> FilePositions:
        """Where the threads were read last."""

        def make() -> FilePositions:
            from chat_tui.storage.state.positions import FilePositions

            return self._drained(FilePositions(self.paths.positions_file))

        return deferred(make)

    @cached_property
    def history(self) -> FilePromptHistory:
        """The prompts that were sent last."""

        def make() -> FilePromptHistory:
            from chat_tui.storage.state.prompt_history import FilePromptHistory

            return self._drained(FilePromptHistory(self.paths.prompts_file, self.paths.lock_file))

        return deferred(make)

    @cached_property
    def ledger(self) -> FileLedger:
        """What requests used and cost."""

        def make() -> FileLedger:
            from chat_tui.storage.usage.ledger import FileLedger

            ledger = FileLedger(self.paths, self.prices.cost, lambda: self.settings.keeps_deleted_usage)
            self._opened_ledger = self._drained(ledger)
            return ledger

        return deferred(make)

    @cached_property
    def measurements(self) -> FileMeasurements:
        """How quick each model was."""

        def make() -> FileMeasurements:
            from chat_tui.storage.state.measurements import FileMeasurements

            return self._drained(FileMeasurements(self.paths.measurements_file))

        return deferred(make)

    @cached_property
    def choices(self) -> FileAnswerChoices:
        """Which answers were chosen over others."""

        def make() -> FileAnswerChoices:
            from chat_tui.storage.state.choices import FileAnswerChoices

            return self._drained(FileAnswerChoices(self.paths.choices_file, self.paths.lock_file))

        return deferred(make)

    @cached_property
    def prices(self) -> Prices:
        """What answers cost."""
        from chat_tui.cli.prices import Prices

        return Prices(lambda: self.http)

    @cached_property
    def prompts(self) -> FilePrompts:
        """The system-prompt library."""

        def make() -> FilePrompts:
            from chat_tui.storage.settings.prompt_library import FilePrompts

            return self._drained(FilePrompts(self.paths))

        return deferred(make)

    @cached_property
    def exchange(self) -> FileExchange:
        """Exports and imports threads."""

        def make() -> FileExchange:
            from chat_tui.storage.exchange import FileExchange

            return FileExchange(self.store, self.paths.message_page, self.prompts, self._model_named)

        return deferred(make)

    def _model_named(self, name: str) -> str | None:
        """The model that another program calls so: `openai:gpt-4o`, `gpt-4o`; None where none or several fit."""
        from chat_tui.cli.choose import choose_model

        known = self.backend.known_models()
        for each in (name.replace(":", "/", 1), name.partition(":")[2], name):
            with suppress(UsageError):
                return str(choose_model(each, self.settings.providers, known, self.keys.has))
        return None

    @cached_property
    def texts(self) -> FileTexts:
        """Files that pieces of threads are written into."""

        def make() -> FileTexts:
            from chat_tui.storage.files.new_file import FileTexts

            return FileTexts(self.paths.copied)

        return deferred(make)

    @cached_property
    def attachments(self) -> FileAttachments:
        """Reads what is attached."""

        def make() -> FileAttachments:
            from chat_tui.storage.attachments.reader import FileAttachments

            return FileAttachments(lambda url, limit: self.http.fetch(url, limit), self.store)

        return deferred(make)

    @cached_property
    def diagrams(self) -> ChildDiagrams:
        """Draws diagrams."""

        def make() -> ChildDiagrams:
            from chat_tui.storage.diagrams.renderer import ChildDiagrams

            return ChildDiagrams()

        return deferred(make)

    @cached_property
    def schemas(self) -> ChildSchemas:
        """Checks values by JSON Schemas."""

        def make() -> ChildSchemas:
            from chat_tui.tools.validation import ChildSchemas

            return ChildSchemas()

        return deferred(make)

    @cached_property
    def pictures(self) -> ChildPictures:
        """Decodes pictures."""

        def make() -> ChildPictures:
            from chat_tui.storage.attachments.pictures import ChildPictures

            return ChildPictures()

        return deferred(make)

    @cached_property
    def approvals(self) -> FileToolApprovals:
        """Which tools the user approved."""

        def make() -> FileToolApprovals:
            from chat_tui.storage.state.tool_approvals import FileToolApprovals

            return self._drained(FileToolApprovals(self.paths.approvals_file))

        return deferred(make)

    @cached_property
    def tools(self) -> ToolServices:
        """What runs the tools that models call."""
        from chat_tui.session.tool_calls import ToolServices

        return ToolServices(self.toolbox, self.schemas, self.approvals, lambda: self.settings.tool_rounds)

    @cached_property
    def keys(self) -> Keys:
        """The API keys."""

        def make() -> Keys:
            from chat_tui.storage.keys.store import Keys

            names = tuple(name for each in self.settings.providers.values() for name in each.key_variables)
            return self._drained(Keys(self.paths, self.environ, names))

        return deferred(make)

    @cached_property
    def http(self) -> HttpBackend:
        """The backend of this program, with what only the command line asks of it."""

        def make() -> HttpBackend:
            from chat_tui.backends.client import HttpBackend

            return HttpBackend(lambda: self.settings.providers, self.keys, self.paths.cache, self.paths.data)

        return deferred(make)

    @cached_property
    def backend(self) -> Backend:
        """The backend, as everybody else sees it."""
        return self.http

    @cached_property
    def toolbox(self) -> ServerToolbox:
        """The tools of the servers in the settings, and the program's own."""

        def make() -> ServerToolbox:
            from chat_tui.tools.built_in import BuiltInTools
            from chat_tui.tools.toolbox import ServerToolbox

            paths = self.paths
            built_in = BuiltInTools(
                lambda url, limit: self.http.fetch(url, limit, public=True),
                lambda: [*self.folders, *self.settings.tool_folders],
                (paths.config, paths.data, paths.cache),
            )
            self._opened_toolbox = ServerToolbox(
                lambda: self.settings, self.environ, built_in, paths.tool_logs, paths.tool_results
            )
            return self._opened_toolbox

        return deferred(make)

    async def close_tools(self) -> None:
        """Stops the tool servers that were started."""
        if self._opened_toolbox is not None:
            await self._opened_toolbox.aclose()

    def load(self) -> None:
        """Imports what the list of threads and the first turn need."""
        import chat_tui.backends.client
        import chat_tui.storage.state.prompt_history
        import chat_tui.storage.thread_store  # noqa: F401

    def warm(self) -> None:
        """Imports what a first request needs."""
        self.http.warm()

    def close(self) -> list[str]:
        """Waits for what is being written, but not for a disk that never answers; lets go of what was taken.

        Returns:
            The names of the stores whose last changes are not on disk.
        """
        if self._opened_ledger is not None:
            self._opened_ledger.close()
        deadline = time.monotonic() + PATIENCE
        late = [writer.name for writer in self._writers if not writer.drain(deadline)]
        if self._opened_store is not None:
            self._opened_store.close()
        return late

    def _drained(self, store: Drained) -> Drained:
        """Notes that the store's writers are waited for at the end."""
        self._writers += store.writers
        return store

    def provider(self, key: str) -> Provider:
        """The provider of this name.

        Raises:
            UsageError: there is none; says which come near.
        """
        if (found := self.settings.providers.get(key)) is not None:
            return found
        from difflib import get_close_matches

        near = get_close_matches(key, self.settings.providers, 1)
        advice = tr("did you mean {near}?", near=near[0]) if near else tr("`chat-tui providers` lists them.")
        raise UsageError(tr("No provider named {provider!r}; {advice}", provider=key, advice=advice))

    async def prompt(self, name: str) -> PromptTemplate:
        """The system prompt of this name.

        Raises:
            UsageError: there is none; says which there are.
        """
        library = {each.name: each for each in await self.prompts.prompts()}
        if name in library:
            return library[name]
        known = (
            tr("Saved: {names}.", names=", ".join(library))
            if library
            else tr("None is saved yet in {folder}.", folder=self.paths.prompts)
        )
        raise UsageError(tr("No saved prompt named {name!r}. {known}", name=name, known=known))

    def default_model(self) -> ModelRef | None:
        """The model that goes without saying; None where the app has to ask for one."""
        from chat_tui.cli.choose import default_model

        try:
            return default_model(self.settings, self.backend.known_models(), self.keys.has)
        except UsageError:
            return None

    @property
    def theme_folders(self) -> list[Path]:
        """Where themes lie: the program's own, then the user's."""
        from chat_tui.resources import themes_folder

        own = themes_folder()
        return [*([own] if own else []), self.paths.themes]

    def write_crash_report(self, error: BaseException) -> str:
        """Writes a report without locals and keys; returns where, an empty string where it can't be written."""
        from chat_tui.cli.crash import write_report

        try:
            return write_report(error, self.paths.cache, self._environment_keys())
        except UsageError:  # it is not known where files go
            return ""

    def _environment_keys(self) -> list[Secret]:
        """The keys in the environment: in variables that are named like one, or that a provider names."""
        from chat_tui.domain.text.secrets import Secret

        named: set[str] = set()
        with suppress(Exception):  # what crashed may be the settings
            named = {name for each in self.settings.providers.values() for name in each.key_variables}
        found = [value for name, value in self.environ.items() if name in named or name.endswith("_API_KEY")]
        return [
            Secret(each) for value in found for each in (value, value.strip(), value.strip(" \"'`")) if each.strip()
        ]
