"""The system's keyring, where the package `keyring` and a backend of it are there: never waited for beyond 3 s.

A locked Secret Service without a desktop hangs for ever, so every call has a daemon thread of its own,
which quitting does not wait for either, and after one that hung none is made any more.
"""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from chat_tui.storage.paths import APP

TIME_LIMIT = 3.0
"""Seconds."""
Result = TypeVar("Result")


class Keyring:
    """Gets, sets and deletes keys; whatever the keyring does, it raises nothing."""

    def __init__(self) -> None:
        self._usable: bool | None = None

    async def name(self) -> str:
        """What the keyring calls itself; empty where there is none, or it does not answer."""
        return await self._call(lambda keyring: str(keyring.get_keyring().name), "")

    async def get(self, name: str) -> str | None:
        """The key, or None: also where there is no keyring."""
        return await self._call(lambda keyring: keyring.get_password(APP, name), None)

    async def set(self, name: str, key: str) -> bool:
        """Stores a key; whether that was possible."""

        def work(keyring: Any) -> bool:
            keyring.set_password(APP, name, key)
            return bool(keyring.get_password(APP, name) == key)

        return await self._call(work, False)

    async def delete(self, name: str) -> bool:
        """Removes a key; whether there was one."""

        def work(keyring: Any) -> bool:
            if keyring.get_password(APP, name) is None:
                return False
            keyring.delete_password(APP, name)
            return True

        return await self._call(work, False)

    async def _call(self, work: Callable[[Any], Result], without: Result) -> Result:
        if self._usable is None:
            self._usable = _is_installed()
        if not self._usable:
            return without
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()

        def settle(value: Result) -> None:
            if not answer.done():
                answer.set_result(value)

        def run() -> None:
            value = without
            try:
                keyring = _open()
                if keyring is None:
                    self._usable = False
                else:
                    value = work(keyring)
            except Exception:  # noqa: BLE001 - backends raise what they like; without a keyring there is the file
                value = without
            try:
                loop.call_soon_threadsafe(settle, value)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return

        threading.Thread(target=run, name="keyring", daemon=True).start()
        try:
            return await asyncio.wait_for(answer, TIME_LIMIT)
        except TimeoutError:
            self._usable = False
            return without


def _open() -> Any:
    """The keyring, or None where it has no backend that keeps anything."""
    import keyring
    from keyring.backends import fail, null

    backend = keyring.get_keyring()
    return None if isinstance(backend, fail.Keyring | null.Keyring) else keyring


def _is_installed() -> bool:
    """Whether the package is there; asked without importing it, which is dear."""
    return importlib.util.find_spec("keyring") is not None
