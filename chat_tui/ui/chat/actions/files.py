"""Actions on the files of threads: trash, damaged files, another folder to save in, export and import."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.i18n import tr
from chat_tui.ui.chat.actions.context import ActionContext

if TYPE_CHECKING:
    from chat_tui.domain.ports.backend import Progress
    from chat_tui.domain.ports.files import ImportReport

_PAUSE = 2.0
"""Seconds between two notices of an import that is under way."""
_SHOWN_PROBLEMS = 6
"""Lines of an import's report that a notice holds; the command line prints all of them."""


async def trash(context: ActionContext) -> None:
    """Shows the trash; opens a thread that is restored."""
    from chat_tui.ui.dialogs.threads.trash import TrashPicker

    restored = await context.ask(TrashPicker, context.services.store)
    await _open_restored(context, restored)


async def damaged(context: ActionContext) -> None:
    """Shows the damaged files; opens a thread that is salvaged."""
    from chat_tui.ui.dialogs.threads.trash import DamagedPicker

    salvaged = await context.ask(DamagedPicker, context.services.store)
    await _open_restored(context, salvaged)


async def _open_restored(context: ActionContext, thread_id: str | None) -> None:
    context.threads.refresh_threads()
    if thread_id is not None:
        await context.threads.switch_to(thread_id)


async def save_elsewhere(context: ActionContext) -> None:
    """Asks for a folder in which threads are saved while their own place can't be written."""
    from chat_tui.ui.dialogs.question import AskText

    proposed = str(Path.home() / "chat-tui-rescue")
    folder = await context.ask(AskText, tr("Save threads in another folder"), proposed)
    if not folder:
        return
    path = _absolute(folder)
    context.services.store.save_elsewhere(path)
    try:
        await context.conversations.save_all()
    except StorageError as error:
        context.notify(str(error), title=tr("Not saved"), severity="error")
        return
    context.bars.show_storage_problem("")
    text = tr(
        "Threads are saved in {path} until the disk works again. To import them: chat-tui threads import", path=path
    )
    context.notify(text, title=tr("Saved elsewhere"), timeout=12)


def _absolute(folder: str) -> Path:
    return Path(folder).expanduser().absolute()


async def export_thread(context: ActionContext) -> None:
    """Asks for a file and writes the thread into it; the suffix says in which format."""
    from chat_tui.domain.ports.files import ExportFormat
    from chat_tui.ui.dialogs.threads.export import AskExport
    from chat_tui.ui.terminal.external import hand_over

    thread, exchange = context.thread, context.services.exchange
    name = exchange.file_name(thread, ExportFormat.MARKDOWN)
    typed = await context.ask(AskExport, f"{datetime.now().astimezone():%Y-%m-%d}-{name}")
    if not typed:
        return
    try:
        path = await exchange.export_file(thread, typed)
    except (StorageError, UsageError) as error:
        context.notify(str(error), title=tr("Not exported"), severity="warning")
    else:
        await hand_over(path, os.environ)
        context.notify(str(path), title=tr("Exported"))


async def import_threads(context: ActionContext) -> None:
    """Asks for a file, imports the threads in it, and shows what was imported."""
    from chat_tui.ui.dialogs.question import AskText

    programs = tr("From ChatGPT, Claude and other programs")
    typed = await context.ask(
        AskText, tr("Import threads (file, zip, database or folder)"), "", programs, verb=tr("import")
    )
    if not typed:
        return
    try:
        with context.host.input.waits():  # keys need not wait for the disk
            report = await context.services.exchange.import_file(typed, _announcer(context))
    except (StorageError, UsageError) as error:
        context.notify(str(error), title=tr("Not imported"), severity="warning")
        return
    context.threads.refresh_threads()
    _show_report(context, report)


async def import_prompts(context: ActionContext) -> None:
    """Asks for a file or a folder, and puts the prompts in it into the library."""
    from chat_tui.ui.dialogs.question import AskText

    kinds = tr("Character cards, roles, templates, fabric's patterns")
    typed = await context.ask(AskText, tr("Import saved prompts (file or folder)"), "", kinds, verb=tr("import"))
    if not typed:
        return
    try:
        with context.host.input.waits():
            report = await context.services.exchange.import_prompts(typed)
    except (StorageError, UsageError) as error:
        context.notify(str(error), title=tr("Not imported"), severity="warning")
        return
    names = [each.name for each in report.imported]
    shown = f": {', '.join(names[:_SHOWN_PROBLEMS])}{'…' * (len(names) > _SHOWN_PROBLEMS)}" if names else ""
    context.notify(
        f"{report.counts()}{shown}", title=tr("Saved prompts"), severity="information" if report.count else "warning"
    )
    _show_problems(context, report.problems, tr("Changed or left out"))


def _announcer(context: ActionContext) -> Callable[[Progress], None]:
    """Shows how far an import has come, from time to time."""
    last = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= _PAUSE:
            last = time.monotonic()
            part = f" · {progress.done / progress.total:.0%}" if progress.total else ""
            context.notify(f"{progress.message}{part}", title=tr("Import"), timeout=_PAUSE + 1)

    return show


def _show_report(context: ActionContext, report: ImportReport) -> None:
    new = report.imported or report.grown
    context.notify(
        tr("{counts}. {messages}.", counts=report.counts(), messages=report.new_messages()),
        title=tr("Import"),
        severity="information" if new else "warning",
    )
    if report.prompts:
        context.notify(", ".join(report.prompts), title=tr("System prompts saved"))
    _show_problems(context, report.problems, tr("Not imported"))


def _show_problems(context: ActionContext, problems: list[str], title: str) -> None:
    if problems:
        more = len(problems) - _SHOWN_PROBLEMS
        lines = [*problems[:_SHOWN_PROBLEMS], *([tr("and {more} more", more=more)] if more > 0 else [])]
        context.notify("\n".join(lines), title=title, severity="warning", timeout=20)
