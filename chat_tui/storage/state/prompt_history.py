"""The prompts that were sent last, in cache/prompts.jsonl: one a line, the oldest first.

It stands in the cache because each of them is in its thread, too: who deletes it loses nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from chat_tui.domain.errors import StorageError
from chat_tui.domain.store_ports import SentPrompt
from chat_tui.domain.text.clean import clean
from chat_tui.storage.files.atomic import safe_read, write_atomic
from chat_tui.storage.files.lock import locked
from chat_tui.storage.files.strict_json import CodecError, dump, parse

MOST = 300
"""Prompts that are kept."""
LONGEST = 20_000
"""Characters of one; a longer one is in its thread alone."""


class FilePromptHistory:
    """Implements `keeping.PromptHistory`."""

    def __init__(self, file: Path, lock_file: Path) -> None:
        """Touches nothing.

        Args:
            file: of the prompts.
            lock_file: held while it is written: other programs write it too.
        """
        self._file = file
        self._lock_file = lock_file

    async def add(self, prompt: SentPrompt) -> None:
        """See `keeping.PromptHistory.add`."""
        await asyncio.to_thread(self._add, prompt)

    async def recent(self) -> list[SentPrompt]:
        """See `keeping.PromptHistory.recent`."""
        return list(reversed(await asyncio.to_thread(self._read)))

    def _add(self, prompt: SentPrompt) -> None:
        if len(prompt.text) > LONGEST:
            return
        with suppress(StorageError), locked(self._lock_file):
            kept = [each for each in self._read() if each.text != prompt.text]
            lines = (dump({"thread": each.thread_id, "text": each.text}) for each in [*kept, prompt][-MOST:])
            write_atomic(self._file, "".join(line + "\n" for line in lines).encode())

    def _read(self) -> list[SentPrompt]:
        """The prompts; lines that are none are left out."""
        try:
            lines = safe_read(self._file)[0].splitlines()
        except (FileNotFoundError, StorageError):
            return []
        found = []
        for line in lines:
            with suppress(CodecError):
                entry = parse(line)
                thread, text = entry.get("thread"), entry.get("text")
                if isinstance(thread, str) and isinstance(text, str):
                    found.append(SentPrompt(thread, clean(text)))
        return found
