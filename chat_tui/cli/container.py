"""Puts the program together: settings, providers, keys, threads and the backend, each made when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.domain.errors import UsageError
from chat_tui.storage.paths import Paths

if TYPE_CHECKING:
    from chat_tui.backends.client import HttpBackend
    from chat_tui.domain.models.provider import Provider
    from chat_tui.domain.ports import Backend
    from chat_tui.domain.settings import PromptTemplate, Settings
    from chat_tui.storage.attachments.reader import FileAttachments
    from chat_tui.storage.exchange import FileExchange
    from chat_tui.storage.files.new_file import FileTexts
    from chat_tui.storage.keys.store import Keys
    from chat_tui.storage.settings.prompt_library import FilePrompts
    from chat_tui.storage.settings.store import FileSettings
    from chat_tui.storage.state.positions import FilePositions
    from chat_tui.storage.state.prompt_history import FilePromptHistory
    from chat_tui.storage.state.undo_log import FileUndoLog
    from chat_tui.storage.thread_store import FileThreadStore


class Container:
    """What a command works with. Commands that need little load little."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    @cached_property
    def paths(self) -> Paths:
        """Where the files are."""
        return Paths.find(self.environ)

    @cached_property
    def settings_store(self) -> FileSettings:
        """The settings' files, over the built-in providers."""
        from chat_tui.backends.catalog import builtin_providers
        from chat_tui.storage.settings.store import FileSettings

        return FileSettings(self.paths, builtin_providers())

    def close(self) -> None:
        """Lets go of what was taken."""
        if "store" in self.__dict__:
            self.store.close()

    @property
    def settings(self) -> Settings:
        """The settings as they stand: with what was added in the app since the start."""
        return self.settings_store.current

    @cached_property
    def store(self) -> FileThreadStore:
        """The threads."""
        from chat_tui.storage.thread_store import FileThreadStore

        return FileThreadStore(self.paths)

    @cached_property
    def undo(self) -> FileUndoLog:
        """What can be taken back."""
        from chat_tui.storage.state.undo_log import FileUndoLog

        return FileUndoLog(self.paths.undo_file, self.paths.lock_file)

    @cached_property
    def positions(self) -> FilePositions:
        """Where the threads were read last."""
        from chat_tui.storage.state.positions import FilePositions

        return FilePositions(self.paths.positions_file)

    @cached_property
    def exchange(self) -> FileExchange:
        """The way of threads out and in."""
        from chat_tui.storage.exchange import FileExchange

        return FileExchange(self.store)

    @cached_property
    def texts(self) -> FileTexts:
        """Files that pieces of threads are written into."""
        from chat_tui.storage.files.new_file import FileTexts

        return FileTexts(self.paths.copied)

    @cached_property
    def prompts(self) -> FilePrompts:
        """The system-prompt library."""
        from chat_tui.storage.settings.prompt_library import FilePrompts

        return FilePrompts(self.paths)

    @cached_property
    def history(self) -> FilePromptHistory:
        """The prompts that were sent last."""
        from chat_tui.storage.state.prompt_history import FilePromptHistory

        return FilePromptHistory(self.paths.prompts_file, self.paths.lock_file)

    @cached_property
    def attachments(self) -> FileAttachments:
        """Reads what is attached."""
        from chat_tui.storage.attachments.reader import FileAttachments

        return FileAttachments(lambda url, limit: self.http.fetch(url, limit))

    @cached_property
    def keys(self) -> Keys:
        """The API keys."""
        from chat_tui.storage.keys.store import Keys

        names = tuple(each.api_key_env for each in self.settings.providers.values() if each.api_key_env)
        return Keys(self.paths, self.environ, names)

    @cached_property
    def http(self) -> HttpBackend:
        """The backend of this program."""
        from chat_tui.backends.client import HttpBackend

        return HttpBackend(self._providers, self.keys, self.paths.cache, self.paths.data)

    @property
    def backend(self) -> Backend:
        """The backend, as everybody else sees it."""
        return self.http

    def _providers(self) -> Mapping[str, Provider]:
        return self.settings.providers

    def provider(self, key: str) -> Provider:
        """The provider of this name.

        Raises:
            UsageError: there is none; says which come near.
        """
        if (found := self.settings.providers.get(key)) is not None:
            return found
        from difflib import get_close_matches

        near = get_close_matches(key, self.settings.providers, 1)
        advice = f"did you mean {near[0]}?" if near else "`chat-tui providers` lists them."
        raise UsageError(f"There is no provider {key!r}; {advice}")

    def prompt(self, name: str) -> PromptTemplate:
        """The system prompt of this name.

        Raises:
            UsageError: there is none; says which there are.
        """
        library = {each.name: each for each in self.prompts.prompts()}
        if name in library:
            return library[name]
        known = f"There are: {', '.join(library)}." if library else f"There is none yet in {self.paths.prompts}."
        raise UsageError(f"There is no prompt {name!r}. {known}")

    def theme_folders(self) -> list[Path]:
        """Where themes lie: the program's own, then the user's."""
        from chat_tui.resources import themes_folder

        own = themes_folder()
        return [*([own] if own else []), self.paths.themes]
