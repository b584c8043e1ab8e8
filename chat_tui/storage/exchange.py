"""Exports threads to files and imports those of other programs: `Exchange` over the thread store."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError, ThreadNotFoundError, UsageError
from chat_tui.domain.ports.backend import Progress
from chat_tui.domain.ports.files import ExportedThread, ExportFormat, ExportReport, ImportReport, PromptReport
from chat_tui.domain.ports.stores import PromptLibrary
from chat_tui.domain.settings import PromptTemplate
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import write_atomic
from chat_tui.storage.files.new_file import path_of, write_new
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads import codec
from chat_tui.storage.threads.codec import is_id

if TYPE_CHECKING:  # archives and databases are nobody's start-up time
    from chat_tui.storage.exports.folder import ExportFolder
    from chat_tui.storage.imports.foreign import Findings, ImportContext
    from chat_tui.storage.imports.source import ImportFindings

_MAX_NAME = 80
"""Characters of a file name made of a title."""
_LONGEST_ID = 150
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MARKDOWN = "chat-tui-markdown"
_NOT_IN_NAMES = '<>:"/\\|?*'


class FileExchange:
    """Implements `Exchange`."""

    def __init__(
        self,
        store: FileThreadStore,
        page: Path,
        prompts: PromptLibrary | None = None,
        model_named: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        """Makes it; writes nothing.

        Args:
            store: the threads.
            page: the file that `message_page` writes.
            prompts: gets the saved prompts that an import finds.
            model_named: the `provider/model-id` of what another program calls a model; None where that is not known.
        """
        self._store = store
        self._page = page
        self._prompts = prompts
        self._model_named = model_named

    def file_name(self, thread: Thread, to: ExportFormat) -> str:
        """See `Exchange.file_name`."""
        title = clean(thread.display_title, multiline=False)
        letters = "".join(" " if each in _NOT_IN_NAMES or not each.isprintable() else each for each in title)
        name = " ".join(letters.split())[:_MAX_NAME].strip(" .")
        while len(name.encode()) > 200:
            name = name[:-1]
        return f"{name or thread.id}.{to.suffix}"

    async def export(self, thread: Thread, to: ExportFormat) -> bytes:
        """See `Exchange.export`."""
        try:
            snapshot = codec.encode(thread)  # an answer may go on while it is written out
            return await asyncio.to_thread(_converted, snapshot, to)
        except CodecError as error:
            raise StorageError(tr("The thread can't be exported: {error}.", error=error)) from error

    async def export_file(self, thread: Thread, name: str, to: ExportFormat | None = None) -> Path:
        """See `Exchange.export_file`."""
        path = path_of(name)
        chosen = await asyncio.to_thread(_format_of, path) if to is None else to
        data = await self.export(thread, chosen)
        return await asyncio.to_thread(write_new, path, self.file_name(thread, chosen), data)

    async def export_all(
        self, name: str, to: ExportFormat, progress: Callable[[Progress], None] | None = None
    ) -> ExportReport:
        """See `Exchange.export_all`."""
        from chat_tui.storage.exports.folder import ExportFolder

        folder = await asyncio.to_thread(ExportFolder, path_of(name), to.suffix, str(to))
        report, signatures = ExportReport(), await self._store.signatures()
        try:
            for number, (thread_id, signature) in enumerate(sorted(signatures.items())):
                state = "-".join(map(str, signature))
                if await asyncio.to_thread(folder.is_current, thread_id, state):
                    report.current += 1
                else:
                    await self._export_to(folder, thread_id, state, to, report)
                if progress is not None:
                    progress(Progress(tr("Exporting threads"), number + 1, len(signatures)))
        finally:
            await asyncio.to_thread(folder.finish, set(signatures))
        return report

    async def _export_to(
        self, folder: ExportFolder, thread_id: str, state: str, to: ExportFormat, report: ExportReport
    ) -> None:
        try:
            thread = await self._store.update(thread_id, lambda _: False)
            data = await asyncio.to_thread(lambda: _converted(codec.encode(thread), to))
        except (StorageError, CodecError) as error:
            report.problems.append(clean(f"{thread_id}: {error}", multiline=False))
            return
        stem = self.file_name(thread, to).removesuffix(f".{to.suffix}")
        day, title = thread.created[:10], clean(thread.display_title, multiline=False)
        stem = f"{day} {stem}" if _DAY.fullmatch(day) else stem
        await asyncio.to_thread(folder.put, thread_id, state, title, thread.updated, stem, data)
        report.written += 1

    async def message_page(self, thread: Thread, message_id: str) -> Path:
        """See `Exchange.message_page`."""
        message = replace(thread.messages[message_id], parent=None)
        alone = Thread(thread.id, thread.title, message.created, head=message_id, messages={message_id: message})
        data = await self.export(alone, ExportFormat.HTML)
        await asyncio.to_thread(write_atomic, self._page, data)
        return self._page

    async def import_file(
        self, name: str, progress: Callable[[Progress], None] | None = None, *, dry_run: bool = False
    ) -> ImportReport:
        """See `Exchange.import_file`."""
        from chat_tui.storage.imports.foreign import Findings, ImportContext
        from chat_tui.storage.imports.source import threads_in

        path = path_of(name)
        report, context = ImportReport(), ImportContext(Findings())
        importing = _Import(self._store, report, context, dry_run=dry_run)
        threads = threads_in(path, context)
        try:
            await importing.begin()
            while found := await asyncio.to_thread(next, threads, None):
                await importing.keep(found)
                if progress is not None:
                    progress(
                        Progress(
                            tr("Reading {name}: {n:,} threads", name=path.name, n=report.count),
                            found.done,
                            found.total,
                        )
                    )
            if not dry_run:
                await self._keep_prompts(context, report)
        except StorageError as error:  # the disk: what comes after it would fail likewise
            context.findings.add(str(error))
        finally:
            await asyncio.to_thread(threads.close)
        report.problems = context.findings.lines()
        return report

    async def _keep_prompts(self, context: ImportContext, report: ImportReport) -> None:
        """Puts saved prompts into the library, but never over one that is there."""
        if not context.prompts or self._prompts is None:
            return
        there = {each.name for each in await self._prompts.prompts()}
        for name, prompt in context.prompts.items():
            if name not in there:
                await self._prompts.save(PromptTemplate(name, prompt))
                report.prompts.append(name)

    async def import_prompts(self, name: str, *, replaces: bool = False, dry_run: bool = False) -> PromptReport:
        """See `Exchange.import_prompts`."""
        from chat_tui.storage.imports.foreign import Findings
        from chat_tui.storage.prompt_formats.source import prompts_in

        assert self._prompts is not None  # where prompts are imported there is a library
        findings, report = Findings(), PromptReport()
        found = await asyncio.to_thread(lambda: list(prompts_in(path_of(name), findings)))
        there = {each.name: each for each in await self._prompts.prompts()}
        for each in found:
            prompt = self._with_known_model(each, findings)
            before = there.get(prompt.name)
            if before == prompt:
                report.present.append(prompt.name)
                continue
            if before is not None and not replaces:
                report.kept.append(prompt.name)
                continue
            if not dry_run:
                await self._prompts.save(prompt)
            there[prompt.name] = prompt
            report.imported.append(prompt)
        report.problems = findings.lines()
        return report

    def _with_known_model(self, prompt: PromptTemplate, findings: Findings) -> PromptTemplate:
        if prompt.model is None:
            return prompt
        model = self._model_named(prompt.model)
        if model is None:
            findings.add(
                tr("the model {model} is not known here and was left out", model=prompt.model[:80]), prompt.name
            )
        return replace(prompt, model=model)


class _Import:
    """One import on its way: each thread is new, has grown, or is there already."""

    def __init__(
        self, store: FileThreadStore, report: ImportReport, context: ImportContext, *, dry_run: bool = False
    ) -> None:
        self._store = store
        self._report = report
        self._findings = context.findings
        self._dry_run = dry_run
        self._ids: dict[str, str] = {}
        """The threads that are there, by what their source makes of their ids; see `derived_id`."""
        self._trashed: set[str] = set()

    async def begin(self) -> None:
        """Looks at what is there."""
        self._ids = {_origin(each): each for each in await self._store.ids()}
        self._trashed = {_origin(each) for each in await self._store.trashed_ids()}

    async def keep(self, found: ImportFindings) -> None:
        """Puts a thread where it belongs, and notes that in the report."""
        thread, report = found.thread, self._report
        title = clean(thread.display_title, multiline=False)
        if thread.read_only:
            self._findings.add(tr("threads of a newer chat-tui were left out; update this one"), title)
        elif thread.is_empty:
            self._findings.add(tr("threads without a message were left out"), title)
        else:
            report.kinds[found.kind] = report.kinds.get(found.kind, 0) + 1
            await (self._keep_own(thread, title) if found.is_own else self._keep_foreign(thread, title))

    async def _keep_own(self, thread: Thread, title: str) -> None:
        from chat_tui.storage.imports.foreign import derived_id

        if not is_id(thread.id):
            thread.id = derived_id("", "chat-tui", thread.id, _digest(thread))
        there = await self._there(thread.id)
        if there is not None and _digest(there) != _digest(thread):
            self._findings.add(tr("threads differ from those of the same id here; both are kept"), title)
            thread.id = f"{thread.id[:_LONGEST_ID]}-{_digest(thread)[:10]}"
            there = await self._there(thread.id)
        if there is None:
            await self._add(thread, title)
        else:
            shown = clean(there.display_title, multiline=False)
            self._report.present.append(ExportedThread(thread.id, shown))

    async def _keep_foreign(self, thread: Thread, title: str) -> None:
        from chat_tui.storage.imports.foreign import ORIGIN
        from chat_tui.storage.imports.growth import grow

        origin = _origin(thread.id)
        of = thread.extra.get(ORIGIN)
        if isinstance(of, dict) and of.get("format") == _MARKDOWN and of.get("id") in self._ids:
            origin = str(of["id"])  # the thread that was exported is still here
        known = self._ids.get(origin)
        if known is None:
            if origin in self._trashed:
                self._findings.add(tr("threads in the trash were left there; restore them first"), title)
            else:
                await self._add(thread, title)
            return
        count = 0

        def change(there: Thread) -> bool:
            nonlocal count
            count = 0 if there.read_only else grow(there, thread)
            return count > 0 and not self._dry_run

        there = await self._store.update(known, change)
        kept = ExportedThread(known, clean(there.display_title, multiline=False))
        (self._report.grown if count else self._report.present).append(kept)
        self._report.messages += count

    async def _add(self, thread: Thread, title: str) -> None:
        if not self._dry_run:
            await self._store.add(thread)
        self._ids[_origin(thread.id)] = thread.id
        self._report.imported.append(ExportedThread(thread.id, title))
        self._report.messages += len(thread.messages)

    async def _there(self, thread_id: str) -> Thread | None:
        try:
            return await self._store.update(thread_id, lambda _: False)
        except ThreadNotFoundError:
            return None


_DERIVED = re.compile(r"\d{8}-\d{6}-([0-9a-f]{10})")


def _origin(thread_id: str) -> str:
    """What of a thread's id its source alone decides: not the time before it, of which exports differ."""
    found = _DERIVED.fullmatch(thread_id)
    return found[1] if found else thread_id


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
        case ExportFormat.JSON_LINES:
            from chat_tui.storage.exports.messages import to_lines

            return to_lines(codec.decode(thread_file)).encode()
        case ExportFormat.OPENAI:
            from chat_tui.storage.exports.messages import to_openai

            return to_openai(codec.decode(thread_file)).encode()


def _format_of(path: Path) -> ExportFormat:
    if path.is_dir():
        return ExportFormat.MARKDOWN
    suffix = path.suffix.removeprefix(".").lower()
    if suffix in ExportFormat.by_suffix():
        return ExportFormat(suffix)
    raise UsageError(tr("The file's name ends in {endings}: that sets the format.", endings=ExportFormat.suffixes()))


def _digest(thread: Thread) -> str:
    """Equal for equal threads, whatever their ids."""
    return hashlib.sha256(codec.encode(replace(thread, id=""))).hexdigest()
