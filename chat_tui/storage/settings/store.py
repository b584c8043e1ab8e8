"""The settings: `config.toml`, which a person writes, and `settings.toml`, which the app does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chat_tui.domain.conversation.message import now
from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.provider import KEY_PATTERN, Auth, Provider, normalise_base_url
from chat_tui.domain.settings import Settings
from chat_tui.storage.files.atomic import move, write_atomic
from chat_tui.storage.files.lock import locked
from chat_tui.storage.files.toml_file import read_toml
from chat_tui.storage.paths import Paths
from chat_tui.storage.settings.reader import read_settings

CHOICES = ("theme", "density", "default_model", "favourites", "recents", "sidebar", "notify", "welcomed")
"""What `update` writes."""


class FileSettings:
    """Implements `keeping.SettingsStore`."""

    def __init__(self, paths: Paths, builtin: Mapping[str, Provider]) -> None:
        self._paths = paths
        self._builtin = builtin
        self._current: Settings | None = None

    @property
    def current(self) -> Settings:
        """The settings as they were last read; they are read now, if they never were."""
        return self._current or self.load()

    def load(self) -> Settings:
        """See `keeping.SettingsStore.load`."""
        files = (read_toml(self._paths.settings_file), read_toml(self._paths.config_file))
        self._current = read_settings(files, self._builtin)
        return self._current

    def update(self, **choices: object) -> Settings:
        """See `keeping.SettingsStore.update`. A choice of None is taken out again.

        Raises:
            StorageError: it can't be written.
            TypeError: a choice that there is not.
        """
        if wrong := choices.keys() - set(CHOICES):
            raise TypeError(f"no such choice: {', '.join(sorted(wrong))}")

        def change(table: dict[str, Any]) -> None:
            for name, value in choices.items():
                if value is None:
                    table.pop(name, None)
                else:
                    table[name] = value

        return self._change(change)

    def add_provider(self, key: str, name: str, base_url: str, auth: str = "bearer") -> Settings:
        """See `keeping.SettingsStore.add_provider`.

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

        return self._change(change)

    def _change(self, change: Callable[[dict[str, Any]], None]) -> Settings:
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
                raise StorageError(f"Could not write {path}: {error}.") from error
            write_atomic(path, text.encode(), follow=True)
        return self.load()

    def _set_aside(self, problem: str) -> None:
        """Keeps a file that can't be read beside the one that is written now."""
        path = self._paths.settings_file
        stamp = now().replace("-", "").replace(":", "")
        try:
            move(path, path.with_name(f"{path.name}.broken-{stamp}"))
        except (FileNotFoundError, FileExistsError) as error:
            raise StorageError(f"{problem}. Nothing was written.") from error
