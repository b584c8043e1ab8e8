"""API keys: environment, keyring, a command of the user's, then a file that only the user may read."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Mapping
from typing import Any

from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.text.secrets import Secret, parse_key
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import remove, safe_read, write_atomic
from chat_tui.storage.files.lock import locked
from chat_tui.storage.files.writer import Writer
from chat_tui.storage.keys import keyring_access
from chat_tui.storage.keys.command import KeyCommand
from chat_tui.storage.paths import Paths

_LIMIT = 1024 * 1024


class Keys:
    """Implements `KeyStore`.

    `credentials.toml` holds `[keys]`, and under `keyring` the names whose key is in the keyring, so that `has` need not
    ask it.
    """

    def __init__(self, paths: Paths, environ: Mapping[str, str], key_names: tuple[str, ...] = ()) -> None:
        """Reads nothing yet.

        Args:
            paths: where the credentials file is.
            environ: the environment.
            key_names: environment variables that hold keys, which no child process gets to see.
        """
        self._path = paths.credentials_file
        self._lock = paths.lock_file
        self._environ = environ
        self._command = KeyCommand(environ, key_names)
        self._keyring = keyring_access.Keyring()
        self._writer = Writer("keys")
        self.writers = (self._writer,)

    def has(self, provider: Provider) -> bool:
        """Whether a key is at hand, as far as can be told without a keyring, a command or an error. Quick."""
        if not provider.needs_key or provider.api_key_command:
            return True
        if any(self._environ.get(name, "").strip() for name in provider.key_variables):
            return True
        try:
            table = self._read()
        except StorageError:
            return False
        return provider.key in _keys(table) or provider.key in _marks(table)

    async def get(self, provider: Provider) -> Secret | None:
        """See `KeyStore.get`."""
        if not provider.needs_key:
            return None
        if keys := self._from_environment(provider):
            return keys[0]
        if kept := await self._keyring.get(provider.key):
            return _parse(kept, tr("The keyring"))
        if provider.api_key_command:
            return _parse(
                await self._command.run(provider),
                tr("The output of {program}", program=provider.api_key_command[0]),
            )
        if text := _keys(await asyncio.to_thread(self._read)).get(provider.key, ""):
            return _parse(text, str(self._path))
        return None

    async def all(self, provider: Provider) -> list[Secret]:
        """See `KeyStore.all`."""
        key = await self.get(provider)
        return self._from_environment(provider) or ([key] if key else [])

    def _from_environment(self, provider: Provider) -> list[Secret]:
        values = {name: self._environ.get(name, "").strip() for name in provider.key_variables}
        keys = [_parse(text, tr("The environment variable {name}", name=name)) for name, text in values.items() if text]
        return list(dict.fromkeys(keys))

    async def set(self, provider: str, key: Secret) -> str:
        """See `KeyStore.set`."""
        if await self._keyring.set(provider, key.reveal()):
            await self._writer.run(lambda: self._change(provider, None, in_keyring=True))
            return tr("to the system's keyring")
        await self._writer.run(lambda: self._change(provider, key.reveal()))
        return tr("to {path} (readable only by you; no keyring found)", path=self._path)

    async def delete(self, provider: str) -> bool:
        """See `KeyStore.delete`."""
        was_in_keyring = await self._keyring.delete(provider)
        was_in_file = await self._writer.run(lambda: self._remove(provider))
        return was_in_keyring or was_in_file

    def _remove(self, provider: str) -> bool:
        table = self._read()
        is_there = provider in _keys(table) or provider in _marks(table)
        if is_there:
            self._change(provider, None)
        return is_there

    def _change(self, provider: str, key: str | None, *, in_keyring: bool = False) -> None:
        import tomli_w  # late: seldom used

        with locked(self._lock):
            table = self._read()
            keys = {name: each for name, each in _keys(table).items() if name != provider}
            marks = [name for name in _marks(table) if name != provider]
            if key is not None:
                keys[provider] = key
            if in_keyring:
                marks.append(provider)
            if keys or marks:
                write_atomic(self._path, tomli_w.dumps({"keyring": sorted(marks), "keys": keys}).encode())
            else:
                remove(self._path)

    def _read(self) -> dict[str, Any]:
        """Reads the file.

        Raises:
            StorageError: others may read it, or it is no TOML.
        """
        try:
            data, status = safe_read(self._path, _LIMIT)
        except FileNotFoundError:
            return {}
        loose = stat.S_IMODE(status.st_mode) & 0o077
        if loose and _has_modes():
            raise StorageError(
                tr(
                    "{path} holds keys and others may read it, so it is not used. Run `chmod 600 {path}`, "
                    "and replace the keys if somebody else uses this machine.",
                    path=self._path,
                )
            )
        import tomllib

        try:
            return tomllib.loads(data.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
            # Not the parser's words: they may quote a key.
            raise StorageError(
                tr("{path} is not TOML. Fix it, or remove it and set the keys again.", path=self._path)
            ) from None


def _has_modes() -> bool:
    import os

    return os.name == "posix"


def _keys(table: dict[str, Any]) -> dict[str, str]:
    keys = table.get("keys")
    return {name: each for name, each in keys.items() if isinstance(each, str)} if isinstance(keys, dict) else {}


def _marks(table: dict[str, Any]) -> list[str]:
    marks = table.get("keyring")
    return [each for each in marks if isinstance(each, str)] if isinstance(marks, list) else []


def _parse(text: str, source: str) -> Secret:
    try:
        return parse_key(text)
    except ValueError as error:
        raise StorageError(tr("{source} gives no usable key: {error}.", source=source, error=error)) from None
