"""The settings: `config.toml`, which a person writes, and `settings.toml`, which the app does."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from chat_tui.domain.conversation.message import now
from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.provider import KEY_PATTERN, Auth, Provider, normalise_base_url
from chat_tui.domain.settings import Settings
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import move, write_atomic
from chat_tui.storage.files.lock import locked
from chat_tui.storage.files.toml_file import read_toml
from chat_tui.storage.files.writer import Writer
from chat_tui.storage.paths import Paths
from chat_tui.storage.settings.reader import read_settings

CHOICES = (
    *("theme", "density", "default_model", "favourites", "recents", "recent_commands", "sidebar", "outline", "notify"),
    "welcomed",
    "models_by_family",
    "model_sets",
)
"""What `update` writes."""


class FileSettings:
    """Implements `SettingsStore`."""

    def __init__(self, paths: Paths, builtin: Mapping[str, Provider]) -> None:
        self._paths = paths
        self._builtin = builtin
        self._current: Settings | None = None
        self._unsaved: dict[str, object] = {}
        """Choices that are not on disk: on their way, or refused by the disk."""
        self._writer = Writer("settings")
        self.writers = (self._writer,)

    @property
    def current(self) -> Settings:
        """See `SettingsStore.current`. They are read now, if they never were: at the start, before there is a loop."""
        if self._current is None:
            self._current = self._read()
        return self._current

    def update(self, **choices: object) -> Coroutine[Any, Any, Settings]:
        """See `SettingsStore.update`. A choice of None is taken out again.

        Raises:
            StorageError: it can't be written.
            TypeError: a choice that there is not.
        """
        if wrong := choices.keys() - set(CHOICES):
            raise TypeError(f"no such choice: {', '.join(sorted(wrong))}")
        self._unsaved |= choices
        self._current = self._with_unsaved(self.current)

        def change(table: dict[str, Any]) -> None:
            for name, value in choices.items():
                if value is None:
                    table.pop(name, None)
                else:
                    table[name] = value

        return self._change(change, choices)

    async def add_provider(self, key: str, name: str, base_url: str, auth: str = "bearer") -> Settings:
        """See `SettingsStore.add_provider`.

        Raises:
            StorageError: it can't be written.
            ValueError: the key, the URL or `auth` is none; the message says what is expected.
        """
        if not KEY_PATTERN.fullmatch(key):
            raise ValueError("a provider's key is made of a-z 0-9 _ . -")
        entry = {"name": name, "base_url": normalise_base_url(base_url), "auth": str(Auth.parse(auth))}

        def change(table: dict[str, Any]) -> None:
            providers = table.get("providers")
            providers = providers if isinstance(providers, dict) else {}
            old = providers.get(key)
            table["providers"] = providers | {key: (old if isinstance(old, dict) else {}) | entry}

        return await self._change(change, {})

    async def set_fallback(self, model: str, entries: Sequence[str]) -> Settings:
        """See `SettingsStore.set_fallback`.

        Raises:
            StorageError: it can't be written.
        """

        def change(table: dict[str, Any]) -> None:
            rules = table.get("fallback")
            rules = dict(rules) if isinstance(rules, dict) else {}
            rules.pop(model, None)
            table["fallback"] = rules | ({model: list(entries)} if entries else {})

        return await self._change(change, {})

    async def add_tool_servers(self, tables: Mapping[str, Mapping[str, Any]]) -> Settings:
        """Adds tool servers, each a table of `[mcp.NAME]`; one that is there is replaced.

        Raises:
            StorageError: they can't be written.
        """

        def change(table: dict[str, Any]) -> None:
            servers = table.get("mcp")
            table["mcp"] = (servers if isinstance(servers, dict) else {}) | {
                name: dict(each) for name, each in tables.items()
            }

        return await self._change(change, {})

    async def _change(self, change: Callable[[dict[str, Any]], None], choices: dict[str, object]) -> Settings:
        """Writes a change that puts `choices` on disk, and takes up what the files say then."""
        settings = await self._writer.run(lambda: self._write(change))
        for name, value in choices.items():
            if name in self._unsaved and self._unsaved[name] is value:  # else it was chosen anew meanwhile
                del self._unsaved[name]
        self._current = self._with_unsaved(settings)
        return self._current

    def _with_unsaved(self, settings: Settings) -> Settings:
        for name, value in self._unsaved.items():
            setattr(settings, name, getattr(Settings(), name) if value is None else value)
        return settings

    def _read(self) -> Settings:
        files = (read_toml(self._paths.settings_file), read_toml(self._paths.config_file))
        return read_settings(files, self._builtin)

    def _write(self, change: Callable[[dict[str, Any]], None]) -> Settings:
        import tomli_w  # late: most starts write nothing

        path = self._paths.settings_file
        with locked(self._paths.lock_file):
            file = read_toml(path)
            if file.problem:
                self._set_aside(file.problem)
            change(file.table)
            try:
                text = tomli_w.dumps(file.table)
            except (TypeError, ValueError) as error:
                raise StorageError(tr("Could not write {path}: {error}.", path=path, error=error)) from error
            write_atomic(path, text.encode(), follow=True)
        return self._read()

    def _set_aside(self, problem: str) -> None:
        """Keeps a file that can't be read beside the one that is written now."""
        path = self._paths.settings_file
        stamp = now().replace("-", "").replace(":", "")
        try:
            move(path, path.with_name(f"{path.name}.broken-{stamp}"))
        except (FileNotFoundError, FileExistsError) as error:
            raise StorageError(tr("{problem}. Nothing was written.", problem=problem)) from error
