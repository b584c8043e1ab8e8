"""Exports threads to files and imports those of other programs: `Exchange` over the thread store."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError, ThreadNotFoundError, UsageError
from chat_tui.domain.ports.files import ExportedThread, ExportFormat, ImportReport
from chat_tui.domain.ports.threads import ThreadStore
from chat_tui.domain.text.clean import clean
from chat_tui.storage.files.atomic import write_atomic
from chat_tui.storage.files.new_file import path_of, write_new
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.imports.foreign import Findings, derived_id
from chat_tui.storage.threads import codec
from chat_tui.storage.threads.codec import is_id

if TYPE_CHECKING:  # archives and databases are nobody's start-up time
    from chat_tui.storage.imports.source import ImportFindings

_MAX_NAME = 80
"""Characters of a file name made of a title."""
_LONGEST_ID = 150
_NOT_IN_NAMES = '<>:"/\\|?*'


class FileExchange:
    """Implements `Exchange`."""

    def __init__(self, store: ThreadStore, page: Path) -> None:
        """Makes it; writes nothing.

        Args:
            store: the threads.
            page: the file that `message_page` writes.
        """
        self._store = store
        self._page = page

    def file_name(self, thread: Thread, to: ExportFormat) -> str:
        """See `Exchange.file_name`."""
        title = clean(thread.display_title, multiline=False)
        letters = "".join(" " if each in _NOT_IN_NAMES or not each.isprintable() else each for each in title)
        name = " ".join(letters.split())[:_MAX_NAME].strip(" .")
        while len(name.encode()) > 200:
            name = name[:-1]
        return f"{name or thread.id}.{to}"

    async def export(self, thread: Thread, to: ExportFormat) -> bytes:
        """See `Exchange.export`."""
        try:
            snapshot = codec.encode(thread)  # an answer may go on while it is written out
            return await asyncio.to_thread(_converted, snapshot, to)
        except CodecError as error:
            raise StorageError(f"The thread can't be exported: {error}.") from error

    async def export_file(self, thread: Thread, name: str, to: ExportFormat | None = None) -> Path:
        """See `Exchange.export_file`."""
        path = path_of(name)
        chosen = await asyncio.to_thread(_format_of, path) if to is None else to
        data = await self.export(thread, chosen)
        return await asyncio.to_thread(write_new, path, self.file_name(thread, chosen), data)

    async def message_page(self, thread: Thread, message_id: str) -> Path:
        """See `Exchange.message_page`."""
        message = replace(thread.messages[message_id], parent=None)
        alone = Thread(thread.id, thread.title, message.created, head=message_id, messages={message_id: message})
        data = await self.export(alone, ExportFormat.HTML)
        await asyncio.to_thread(write_atomic, self._page, data)
        return self._page

    async def import_file(self, name: str) -> ImportReport:
        """See `Exchange.import_file`."""
        from chat_tui.storage.imports.source import threads_in

        path = path_of(name)
        report, findings = ImportReport(), Findings()
        threads = threads_in(path, findings)
        try:
            while found := await asyncio.to_thread(next, threads, None):
                await self._keep(found, report, findings)
        except StorageError as error:  # the disk: what comes after it would fail likewise
            findings.add(str(error))
        finally:
            await asyncio.to_thread(threads.close)
        report.problems = findings.lines()
        return report

    async def _keep(self, found: ImportFindings, report: ImportReport, findings: Findings) -> None:
        thread = found.thread
        title = clean(thread.display_title, multiline=False)
        if thread.read_only:
            findings.add("threads of a newer chat-tui were left out; update this one", title)
            return
        if thread.is_empty:
            findings.add("threads without a message were left out", title)
            return
        if found.is_own and not is_id(thread.id):
            thread.id = derived_id("", "chat-tui", thread.id, _digest(thread))
        there = await self._there(thread.id)
        if there is not None and found.is_own and _digest(there) != _digest(thread):
            findings.add("threads differ from those of the same id here; both are kept", title)
            thread.id = f"{thread.id[:_LONGEST_ID]}-{_digest(thread)[:10]}"
            there = await self._there(thread.id)
        kept = ExportedThread(thread.id, title)
        if there is not None:
            report.present.append(replace(kept, title=clean(there.display_title, multiline=False)))
            return
        await self._store.save(thread)
        report.imported.append(kept)

    async def _there(self, thread_id: str) -> Thread | None:
        try:
            return await self._store.load(thread_id)
        except ThreadNotFoundError:
            return None


def _converted(thread_file: bytes, to: ExportFormat) -> bytes:
    match to:
        case ExportFormat.JSON:
            return thread_file
        case ExportFormat.MARKDOWN:
            from chat_tui.storage.exports.markdown import to_markdown

            return to_markdown(codec.decode(thread_file)).encode()
        case ExportFormat.HTML:
            from chat_tui.storage.exports.html import to_html

            return to_html(codec.decode(thread_file)).encode()


def _format_of(path: Path) -> ExportFormat:
    if path.is_dir():
        return ExportFormat.MARKDOWN
    with suppress(ValueError):
        return ExportFormat(path.suffix.removeprefix(".").lower())
    raise UsageError(f"The file's name ends in {ExportFormat.suffixes()}: that sets the format.")


def _digest(thread: Thread) -> str:
    """Equal for equal threads, whatever their ids."""
    return hashlib.sha256(codec.encode(replace(thread, id=""))).hexdigest()
