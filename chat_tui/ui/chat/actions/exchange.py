"""The commands that take a thread out into a file and bring other programs' threads in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_tui.domain.errors import StorageError, UsageError

if TYPE_CHECKING:
    from chat_tui.domain.exchange import ImportReport
    from chat_tui.ui.chat.screen import ChatScreen

_SHOWN_PROBLEMS = 6
"""Lines of an import's report that a notice holds; the command line prints all of them."""


def export_thread(screen: ChatScreen) -> None:
    """Asks for a file and writes the thread into it; the suffix says as what."""

    async def ask() -> None:
        from chat_tui.domain.exchange import ExportFormat
        from chat_tui.ui.dialogs.question import AskText

        thread, exchange = screen.conversation.thread, screen.services.exchange
        proposed = f"~/{exchange.file_name(thread, ExportFormat.MARKDOWN)}"
        typed = await screen.app.push_screen_wait(AskText("Export to a new file: .md, .html or .json", proposed))
        if not typed:
            return
        try:
            written = await exchange.export_file(thread, typed)
        except (StorageError, UsageError) as error:
            screen.app.notify(str(error), title="Not exported", severity="warning")
        else:
            screen.app.notify(str(written), title="Exported")

    screen.chat_app.input.run(ask())


def import_threads(screen: ChatScreen) -> None:
    """Asks for a file, reads the threads in it, and says what came of it."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.question import AskText

        heading = "Import a file of chat-tui, ChatGPT, Claude, elia or oterm: JSON, zip or database"
        typed = await screen.app.push_screen_wait(AskText(heading, "~/"))
        if not typed:
            return
        try:
            report = await screen.services.exchange.import_file(typed)
        except (StorageError, UsageError) as error:
            screen.app.notify(str(error), title="Not imported", severity="warning")
            return
        screen.refresh_threads()
        _tell(screen, report)

    screen.chat_app.input.run(ask())


def _tell(screen: ChatScreen, report: ImportReport) -> None:
    counted = f"{len(report.imported)} imported, {len(report.present)} already there."
    screen.app.notify(counted, title="Import", severity="information" if report.imported else "warning")
    if report.problems:
        more = len(report.problems) - _SHOWN_PROBLEMS
        lines = [*report.problems[:_SHOWN_PROBLEMS], *([f"and {more} more"] if more > 0 else [])]
        screen.app.notify("\n".join(lines), title="What did not come over", severity="warning", timeout=20)
