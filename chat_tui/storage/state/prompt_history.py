"""The prompts that were sent last, in cache/prompts.jsonl: one a line, the oldest first.

It is in the cache because each of them is in its thread, too: who deletes it loses nothing.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.ports.stores import SentPrompt
from chat_tui.domain.text.clean import clean
from chat_tui.storage.files.records import JsonLines, RecordFile

LIMIT = 300
"""Prompts that are kept."""
LONGEST = 20_000
"""Characters of one; a longer one is in its thread alone."""


class FilePromptHistory:
    """Implements `PromptHistory`."""

    def __init__(self, file: Path, lock_file: Path) -> None:
        """Touches nothing.

        Args:
            file: of the prompts.
            lock_file: held while it is written: other programs write it too.
        """
        self._file = RecordFile(file, JsonLines(_read, _write), LIMIT, lock_file)
        self.writers = (self._file.writer,)

    async def add(self, prompt: SentPrompt) -> None:
        """See `PromptHistory.add`."""
        if len(prompt.text) > LONGEST:
            return
        with suppress(StorageError):
            await self._file.change(lambda prompts: [*(each for each in prompts if each.text != prompt.text), prompt])

    async def recent(self) -> list[SentPrompt]:
        """See `PromptHistory.recent`."""
        with suppress(StorageError):
            return list(reversed(await self._file.read()))
        return []

    async def remove(self, text: str) -> None:
        """See `PromptHistory.remove`."""
        await self._file.change(lambda prompts: [each for each in prompts if each.text != text])


def _read(source: JsonObject) -> SentPrompt | None:
    thread, text = source.get("thread"), source.get("text")
    return SentPrompt(thread, clean(text)) if isinstance(thread, str) and isinstance(text, str) else None


def _write(prompt: SentPrompt) -> JsonObject:
    return {"thread": prompt.thread_id, "text": prompt.text}
