"""Several models' answers to one prompt: beside each other where there is room, else one at a time, with digits."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.models.cost import Cost
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.session.several import ModelAnswer, SeveralAnswers
from chat_tui.session.several_choice import letter
from chat_tui.ui.chat.answers.column import AnswerColumn
from chat_tui.ui.commands.command import ANSWERS
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Dialog, holds_input
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.view.conversation import ConversationView
from chat_tui.ui.widgets.bars import KeyBar

if TYPE_CHECKING:
    from chat_tui.domain.ports.backend import ChatRequest
    from chat_tui.ui.chat.turns.drawing import TurnDrawing
    from chat_tui.ui.transcript.markdown.document import Painter
    from chat_tui.ui.transcript.turn import RenderContext

BESIDE = 120
"""Columns of the window from which on answers are beside each other."""
LEAST = 48
"""Cells of one of them, at the least."""
LEAST_TAB = 4
"""Cells of a model's name in a tab; with less room there is its number alone."""
STEP = 3
"""Rows that a key scrolls."""


class AnswersView(Dialog[ModelAnswer]):
    """Shows the answers while they grow; answers with the one that is chosen."""

    COVERS_WINDOW = True
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(ANSWERS)]

    def __init__(
        self,
        host: DialogHost,
        several: SeveralAnswers,
        *,
        drawing: TurnDrawing,
        cost: Callable[[Message], Cost | None],
        provider_name: Callable[[str], str],
        permits: Callable[[ChatRequest], Coroutine[Any, Any, bool]],
        ask_again: Callable[[ModelAnswer], ModelAnswer | None],
        copy: Callable[[str, str], None],
        open_link: Callable[[str], Coroutine[Any, Any, None]],
        painter: Painter,
    ) -> None:
        """Shows.

        Args:
            host: the application.
            several: the answers.
            drawing: what turns are drawn with.
            cost: what an answer cost; None where that is not known.
            provider_name: a provider's name by its key.
            permits: whether a request may be sent, for all of the budget.
            ask_again: asks the model of an answer once more; None where that can't be done now.
            copy: copies a text, and says so with a title.
            open_link: asks, then opens or copies a link.
            painter: draws a comparison.
        """
        super().__init__(host)
        self._several = several
        self._drawing = drawing
        self._provider_name = provider_name
        self._permits = permits
        self._ask_again = ask_again
        self._copy = copy
        self._open_link = open_link
        self._painter = painter
        self._focused = 0
        self._before = 0
        """The column that had the focus before."""
        self._first = 0
        """The first column that is shown."""
        self._is_together = True
        """Whether keys scroll all columns."""
        self._last_key = ""
        self._outer = several.on_change
        """The callback for changes from before."""
        self._columns = [
            AnswerColumn(each, self._column_context, name=self._answer_name, cost=cost, is_blind=self._is_blind)
            for each in several.answers
        ]

    def compose(self) -> ComposeResult:
        """The prompt, the tabs, the columns, keys."""
        with Vertical(classes="dialog"):
            yield Static(self._prompt(), classes="heading")
            yield Static("", id="tabs")
            with Horizontal(id="answers"):
                yield from self._columns
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Follows the answers."""
        self._several.on_change = self._changed
        self._drawing.columns += [each.view for each in self._columns]
        for each in self._columns:
            each.view.on_wheel = partial(self._turn_wheel, each.view)
        self.set_interval(1.0, self._refresh)
        self._lay_out()

    def on_unmount(self) -> None:
        """Restores the callback for changes from before."""
        super().on_unmount()
        self._several.on_change = self._outer
        self._drawing.columns.clear()

    def on_resize(self) -> None:
        """Shows as many columns as have room."""
        self._lay_out()

    def on_key(self, event: events.Key) -> None:
        """Keeps the key: one command has a key for each answer."""
        self._last_key = event.key

    # What is shown

    def _prompt(self) -> Content:
        message = self._several.answers[0].message
        prompt = self._several.session.thread.messages.get(message.parent or "")
        return T(" ".join(prompt.content.split())[:500] if prompt is not None else tr("Answers"))

    def _is_blind(self) -> bool:
        return self._several.is_blind

    def _answer_name(self, answer: ModelAnswer) -> str:
        at = self._several.answers.index(answer)
        if self._several.is_blind:
            return letter(at)
        return f"{at + 1}  {cut(answer.model.id, 60)} · {self._provider_name(answer.model.provider)}"

    def _column_context(self, width: int) -> RenderContext:
        return replace(self._drawing.context(width), is_column=True, is_blind=lambda message: self._several.is_blind)

    @property
    def _fit(self) -> int:
        """How many columns have room."""
        width = self.app.size.width
        return 1 if width < BESIDE else max(2, width // LEAST)

    @property
    def _column(self) -> AnswerColumn:
        return self._columns[self._focused]

    def _visible(self) -> Sequence[AnswerColumn]:
        return self._columns[self._first : self._first + self._fit]

    def _lay_out(self) -> None:
        fit, last = self._fit, len(self._columns) - 1
        if not self._first <= self._focused < self._first + fit:
            self._first = self._focused if self._focused < self._first else self._focused - fit + 1
        self._first = max(0, min(self._first, last + 1 - fit))
        is_moved = False
        for at, each in enumerate(self._columns):
            is_moved |= each.display != (self._first <= at < self._first + fit)
            each.display = self._first <= at < self._first + fit
            each.view.share_frames(min(fit, last + 1))
            each.has_focus_mark = at == self._focused
            each.set_class(at > self._first, "-later")
        if is_moved or not self.is_attached:
            self.call_after_refresh(self._refresh)  # heads are as wide as their columns then
        else:
            self._refresh()

    def _refresh(self) -> None:
        for each in self._visible():
            each.refresh_head()
        tabs = self.query_one("#tabs", Static)
        tabs.display = len(self._columns) > self._fit
        if tabs.display:
            tabs.update(self._tabs(), layout=False)
        self._show_keys()

    def _tabs(self) -> Content:
        parts: list[tuple[str, str]] = []
        room = min(16, self.query_one("#tabs").size.width // len(self._columns) - 6)
        for at, each in enumerate(self._columns):
            answer, message = each.answer, each.answer.message
            is_whole = message.status is Status.COMPLETE
            mark = "●" if answer.is_running else "✗" if message.error else "✓" if is_whole else "■"
            name = letter(at) if self._several.is_blind else str(at + 1)
            if not self._several.is_blind and room >= LEAST_TAB:
                name += f" {cut(clean(answer.model.id, multiline=False), room)}"
            style = "$accent bold" if at == self._focused else "$error" if mark == "✗" else "$muted"
            parts.append((f" {name} {mark} ", style))
        return Content.assemble(*parts)

    def _show_keys(self) -> None:
        is_running = self._several.is_running
        keys = [("answers_choose", tr("choose")), ("answers_left answers_right", tr("answer"))]
        keys.append(("dialog_back", tr("stop") if is_running else tr("close")))
        if len(self._columns) > 1:
            keys.append(("answers_compare", tr("compare")))
        keys += [("answers_again", tr("regenerate")), ("answers_copy", tr("copy"))]
        if self._column.answer.message.reasoning:
            keys.append(("answers_unfold", tr("reasoning")))
        keys.append(("answers_blind", tr("show names") if self._several.is_blind else tr("hide names")))
        if self._fit > 1:
            keys.append(("answers_together", tr("scroll apart") if self._is_together else tr("scroll together")))
        keys.append(("answers_leave", tr("prompt")))
        self.show_keys(keys)

    # The answers

    def _changed(self, answer: ModelAnswer) -> None:
        column = next((each for each in self._columns if each.answer is answer), None)
        if column is not None and self.is_mounted:
            column.grow()
        if not answer.is_running and self.is_mounted:
            self._refresh()

    # Keys

    def action_step(self, step: int) -> None:
        """Goes to the answer at the left (-1) or the right (1)."""
        self._go_to((self._focused + step) % len(self._columns))

    def action_pick(self) -> None:
        """Goes to the answer with the number of the key."""
        if self._last_key.isdigit() and 0 < int(self._last_key) <= len(self._columns):
            self._go_to(int(self._last_key) - 1)

    def _go_to(self, index: int) -> None:
        if index != self._focused:
            self._before, self._focused = self._focused, index
            self.show_message("")
            self._lay_out()

    def action_choose(self) -> None:
        """Answers with the answer; one that has no text can't be chosen."""
        if self._column.answer.message.is_blank:
            self.show_problem(tr("This answer has no text."))
        else:
            self.dismiss(self._column.answer)

    def action_back(self) -> None:
        """Stops the answer; one that has ended: all that run. Closes the view where none does."""
        self.show_message("")
        if self._column.answer.is_running:
            self._several.stop(self._column.answer)
        elif self._several.is_running:
            for each in self._several.answers:
                self._several.stop(each)
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        """Goes to the prompt; answers that run go on."""
        self.dismiss(None)

    @holds_input
    async def action_again(self) -> None:
        """Asks the model once more; the answer that there is, is kept as a branch."""
        column = self._column
        if column.answer.is_running:
            self.show_problem(tr("This answer is still running. Stop it first."))
        elif not await self._permits(self._several.request(column.answer)):
            return
        elif (new := self._ask_again(column.answer)) is None:
            self.show_problem(tr("Another answer is running in this thread."))
        else:
            self.show_message("")
            column.show(new)
            self._refresh()

    def action_copy(self) -> None:
        """Copies the source of the answer."""
        self._copy(self._column.answer.message.content, tr("Answer"))

    def action_unfold(self) -> None:
        """Expands or collapses the reasoning of the answer."""
        self._column.view.toggle_reasoning()

    def action_fold_json(self, step: int) -> None:
        """Shows fewer (-1) or more (1) levels of an answer in JSON."""
        self._column.view.fold_json(self._column.answer.message, step)

    def action_diagrams(self) -> None:
        """Shows the diagrams of the answer as source, or drawn again."""
        if self._column.view.toggle_diagrams(self._column.answer.message):
            for each in self._columns:  # the same diagram may be in others
                each.view.update_diagrams()

    def action_blind(self) -> None:
        """Hides the names, in another order, or shows them again."""
        several = self._several
        several.is_blind = not several.is_blind
        if several.is_blind:
            random.shuffle(several.answers)
            for column, answer in zip(self._columns, several.answers, strict=True):
                column.show(answer)
        for each in self._columns:
            each.view.repaint()
        self._refresh()

    def action_together(self) -> None:
        """Scrolls all columns together, or each by itself."""
        self._is_together = not self._is_together
        self._refresh()

    @holds_input
    async def action_compare(self) -> None:
        """Compares the answer with the one that had the focus before, or the next one."""
        from chat_tui.ui.dialogs.messages.diff import Diff

        count = len(self._columns)
        other = self._before if self._before != self._focused else (self._focused + 1) % count
        if other == self._focused:
            return
        messages = [each.answer.message for each in self._columns]
        if self._several.is_blind:
            messages = [replace(each, model=f"blind/{letter(at)}") for at, each in enumerate(messages)]
        await self.ask(Diff, self._painter, messages, (min(other, self._focused), max(other, self._focused)))

    def action_scroll(self, rows: int) -> None:
        """Scrolls by rows."""
        for each in self._scrolled():
            each.scroll_rows(rows * STEP)

    def action_page(self, direction: int) -> None:
        """Scrolls by a page."""
        for each in self._scrolled():
            each.page(direction)

    def action_go_to_end(self, end: int) -> None:
        """Scrolls to the start (-1) or the end (1)."""
        for each in self._scrolled():
            if end > 0:
                each.go_to_end()
            else:
                each.go_to_start()

    def _turn_wheel(self, view: ConversationView, rows: int) -> None:
        for each in self._scrolled() if self._is_together else [view]:
            each.scroll_rows(rows)

    def _scrolled(self) -> list[ConversationView]:
        return [each.view for each in (self._visible() if self._is_together else [self._column])]

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Goes to the answer that was clicked."""
        shown = ((at, each) for at, each in enumerate(self._columns) if each.display)
        at = next((at for at, each in shown if each.region.contains(event.screen_x, event.screen_y)), self._focused)
        self._go_to(at)

    def on_conversation_view_link_clicked(self, event: ConversationView.LinkClicked) -> None:
        """Asks before the link is opened."""
        event.stop()
        self.host.input.run(self._open_link(event.url), owner=self)

    def on_conversation_view_text_selected(self, event: ConversationView.TextSelected) -> None:
        """Copies the selected text, as terminals do."""
        event.stop()
        self._copy(event.text, tr("Selection"))
