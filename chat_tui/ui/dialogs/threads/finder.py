"""Finds and opens threads; renames, tags, pins, archives, duplicates and deletes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.css.query import NoMatches
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from chat_tui.domain.conversation.thread import ThreadSummary, tags_from
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.ports.threads import ThreadStore
from chat_tui.domain.search.fuzzy import match_any
from chat_tui.domain.search.query import FILTERS, parse_query
from chat_tui.domain.search.results import SearchResult, ThreadHit
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr, trn
from chat_tui.session.conversations import Conversations
from chat_tui.ui.commands.command import FINDER
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import fit, holds_input, lit, right, searches
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.dialogs.question import AskTags, AskText
from chat_tui.ui.dialogs.threads.preview import ThreadPreview
from chat_tui.ui.text import wording
from chat_tui.ui.text.sanitizer import T, cut

if TYPE_CHECKING:
    from chat_tui.ui.transcript.markdown.document import Painter

MOST_ROWS = 200
"""Rows shown at once; typing narrows them down."""
_AGAIN = 0.5
"""Seconds after which an answer that was not complete is asked for again."""
_COLUMNS = 60
"""Cells of a row from which on it has columns for the model and the number of messages."""
_NAMES = 12
"""Cells that a long title leaves to tags and marks."""
Place = tuple[str, str | None]
"""A thread's id, and the message to show of it; None for its end."""


class ThreadPicker(Picker[Place]):
    """Finds a thread; answers with its id and the id of a message in it."""

    HEADING = tr("Threads")
    PLACEHOLDER = tr('Type words, a "phrase", or a filter')
    KEYS = (
        ("list_choose", tr("open")),
        ("dialog_back", tr("close")),
        ("command_palette", tr("commands")),
        ("finder_rename", tr("rename")),
        ("finder_delete", tr("delete")),
        ("finder_undo", tr("undo")),
        ("finder_tags", tr("tags")),
        ("finder_pin", tr("pin")),
        ("finder_archive", tr("archive")),
        ("finder_duplicate", tr("copy")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FINDER)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]

    def __init__(
        self,
        host: DialogHost,
        store: ThreadStore,
        current: str,
        conversations: Conversations,
        painter: Callable[[], Painter],
    ) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            store: has the threads.
            current: the id of the thread on the screen.
            conversations: changes and deletes threads, open or not, so that it can be undone.
            painter: draws the preview in the colours in use.
        """
        super().__init__(host)
        self._painter = painter
        self._store = store
        self._current = current
        self._result = SearchResult()
        self._conversations = conversations
        self._looking = False
        self._look_again = False
        self._failed = False
        self._keep: str | None = None
        """The row to highlight once the rows are there."""

    def body(self) -> ComposeResult:
        """The syntax of queries, the list, and a preview of the highlighted thread."""
        yield Label(T(FILTERS), classes="hint", id="filters")
        with Container(id="finder"):
            yield from super().body()
            yield ThreadPreview(self._painter, id="preview")

    def first(self) -> str | None:
        """The thread on the screen."""
        return self._current

    # What is found

    def refill(self, keep: str | None = None) -> None:
        """Starts a search; the rows are shown when it is done. During one search, at most one more is queued."""
        if not self.is_attached:
            return
        self._keep = keep
        if self._looking:
            self._look_again = True
        else:
            self._looking = True
            self._look_up()

    @searches
    async def _look_up(self) -> None:
        problem = ""
        with suppress(NoMatches):  # the finder is being closed
            try:
                self._result = await self._store.search(self.query_one("#filter", Input).value, MOST_ROWS)
            except StorageError as error:
                problem = str(error)
            finally:
                self._looking = False
            if self._look_again:
                self._look_again = False
                self.refill(self._keep)
                return
            super().refill(self._keep)
            self._preview()
            if problem or self._failed:  # else a message of what was done would go at once
                self.show_problem(problem)
            self._failed = bool(problem)
            if not self._result.complete:
                self.set_timer(_AGAIN, lambda: self.refill(self.chosen()))

    def _hit(self, thread_id: str | None) -> ThreadHit | None:
        return next((each for each in self._result.hits if each.summary.id == thread_id), None)

    # Rows

    def columns(self, width: int) -> str:
        """The progress of an incomplete search."""
        if self._result.complete:
            return ""
        return trn(
            "Texts are still being searched (titles and tags: done).",
            "{n:,} threads are still being searched (titles and tags: done).",
            max(1, self._result.unread),
        )

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Title, tags, model, messages and time, in columns."""
        if not self._result.hits:
            notice = tr("No matching thread.") if self._result.complete else tr("No match yet. Still searching…")
            text = notice if query else tr("No saved threads.")
            return [Option(Content.styled(text, "$muted"), disabled=True)]
        terms = [term.text for term in parse_query(query).terms]
        return [Option(self._row(each.summary, terms, width), id=each.summary.id) for each in self._result.hits]

    def _row(self, thread: ThreadSummary, terms: Sequence[str], width: int) -> Content:
        mark = "▌ " if thread.id == self._current else "• " if thread.pinned else "  "
        style = "$accent bold" if thread.id == self._current else "$muted" if thread.archived else ""
        model = (thread.model or "").rpartition("/")[2]
        about = f"{fit(model, 14)} {thread.message_count:>4}" if width >= _COLUMNS else ""
        meta = f"  {about} {right(wording.short_date(thread.updated), 8)}"
        room = width - 2 - Content(meta).cell_length
        names = _names(thread)
        title = cut(thread.title, room - min(Content(names).cell_length + 2, _NAMES) * bool(names))
        rest = fit(f"  {names}" * bool(names), room - Content(title).cell_length)
        return Content.assemble((mark, "$accent"), lit(title, match_any(terms, title), style), (rest + meta, "$muted"))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._preview()

    def _preview(self) -> None:
        """Shows the text around the hit of the highlighted row, with the matches marked."""
        preview, hit = self.query_one(ThreadPreview), self._hit(self.chosen())
        if hit is None:
            preview.show(None, "")
            return
        thread = hit.summary
        messages = trn("{n} message", "{n} messages", thread.message_count)
        if hit.messages:
            messages = tr("found in {n} of {total} messages", n=hit.messages, total=thread.message_count)
        parts = [
            messages,
            clean(thread.model or "", multiline=False),
            _names(thread),
        ]
        preview.show(hit, " · ".join(each for each in parts if each))

    def choose(self, row_id: str | None, query: str) -> None:
        """Opens the row."""
        if (hit := self._hit(row_id)) is not None:
            self.dismiss((hit.summary.id, hit.message_id))

    # What is done with the highlighted thread

    @holds_input
    async def action_rename(self) -> None:
        """Renames the thread."""
        if (hit := self._hit(self.chosen())) is not None:
            title = await self.ask(AskText, tr("Rename thread"), hit.summary.title)
            if title:
                await self._do(self._conversations.change(hit.summary.id, title=title))

    @holds_input
    async def action_tags(self) -> None:
        """Edits the thread's tags."""
        if (hit := self._hit(self.chosen())) is not None:
            tags = await self.ask(AskTags, hit.summary.tags)
            if tags is not None:
                await self._do(self._conversations.change(hit.summary.id, tags=tags_from(tags)))

    @holds_input
    async def action_pin(self) -> None:
        """Pins or unpins the thread."""
        if (hit := self._hit(self.chosen())) is not None:
            await self._do(self._conversations.change(hit.summary.id, pinned=not hit.summary.pinned))

    @holds_input
    async def action_archive(self) -> None:
        """Archives or unarchives the thread."""
        if (hit := self._hit(self.chosen())) is not None:
            archived = not hit.summary.archived
            goes = archived and not self.query_text
            keep = self._neighbour(hit.summary.id) if goes else hit.summary.id
            if await self._do(self._conversations.change(hit.summary.id, archived=archived), keep) and goes:
                self.show_message(tr("Archived. Find it with is:archived"))

    @holds_input
    async def action_duplicate(self) -> None:
        """Duplicates the thread."""
        if (hit := self._hit(self.chosen())) is not None:
            await self._do(self._store.duplicate(hit.summary.id))

    @holds_input
    async def action_delete(self) -> None:
        """Moves the thread to the trash, at the second press; can be undone."""
        if (thread_id := self.chosen()) is None:
            return
        if thread_id == self._current:
            self.show_problem(tr("This thread is open: switch to another one, then delete it."))
        elif await self.confirmation.confirms("finder_delete", thread_id, tr("delete this thread")) and await self._do(
            self._conversations.delete(thread_id), self._neighbour(thread_id)
        ):
            self.show_message(tr("Thread moved to the trash · {key} to undo", key=self.key("finder_undo")))

    def _neighbour(self, thread_id: str) -> str | None:
        ids = [each.summary.id for each in self._result.hits]
        at = ids.index(thread_id)
        return next(iter([*ids[at + 1 :], *reversed(ids[:at])]), None)

    @holds_input
    async def action_undo(self) -> None:
        """Undoes the last change made in a list of threads, also of an earlier run."""
        try:
            change = await self._conversations.undo_in_list()
        except (StorageError, UsageError) as error:
            self.show_problem(str(error))
            return
        if change is not None:
            self.refill(change.thread_id)
        self.show_message(
            tr("Undone: {change}: {title}", change=change.what, title=change.thread_title)
            if change
            else tr("Nothing to undo.")
        )

    async def _do(self, doing: Awaitable[object], keep: str | None = None) -> bool:
        """Runs a change and updates the rows, keeping the highlight; whether it succeeded."""
        keep = keep or self.chosen()
        try:
            await doing
        except StorageError as error:
            self.show_problem(str(error))
            return False
        self.refill(keep)
        return True


def _names(thread: ThreadSummary) -> str:
    """A thread's tags and marks, on one line."""
    marks = [tr("archived")] * thread.archived + [tr("draft")] * thread.has_draft
    return " ".join([*marks, *(f"#{clean(each, multiline=False)}" for each in thread.tags)])
