"""One of several answers, as a column: its head, and its text that grows."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.models.cost import Cost
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.session.several import ModelAnswer
from chat_tui.ui.text import wording
from chat_tui.ui.text.sanitizer import cut
from chat_tui.ui.transcript.turn import RenderContext
from chat_tui.ui.view.conversation import ConversationView
from chat_tui.ui.view.redraw import ReplyState
from chat_tui.ui.widgets.bars import whole_parts


class AnswerColumn(Vertical):
    """Shows one answer. It is drawn as a turn is, without the name and the figures: those are in the head."""

    def __init__(
        self,
        answer: ModelAnswer,
        context: Callable[[int], RenderContext],
        *,
        name: Callable[[ModelAnswer], str],
        cost: Callable[[Message], Cost | None],
        is_blind: Callable[[], bool],
    ) -> None:
        """Shows an answer once it is mounted.

        Args:
            answer: running or ended.
            context: what turns are drawn with, in a measure of some cells.
            name: what an answer is called: its number, its model and provider, or a letter.
            cost: what an answer cost; None where that is not known.
            is_blind: whether names, and figures by which a model is known, are hidden.
        """
        super().__init__()
        self.answer = answer
        self.has_focus_mark = False
        """Whether keys work on this column."""
        self._name_of = name
        self._cost = cost
        self._is_blind = is_blind
        self._head = Static("", classes="head")
        self._shown_head = Content("")
        self.view = ConversationView(context, empty=list, on_state=lambda state: self.refresh_head())

    def compose(self) -> ComposeResult:
        """The head and the text."""
        yield self._head
        yield self.view

    def on_mount(self) -> None:
        """Shows the answer."""
        self.show(self.answer)

    def show(self, answer: ModelAnswer) -> None:
        """Shows an answer in place of the one that is shown."""
        self.answer = answer
        if answer.is_running:
            self.view.show([], {})
            self.view.begin(answer.message, (1, 1), lambda: ReplyState(""))
        else:
            self.view.show([answer.message], {}, place=(answer.message.id, 0))
        self.refresh_head()

    def grow(self) -> None:
        """The answer has changed, or has ended."""
        if self.answer.is_running:
            self.view.grow(now=self.answer.message.finish_reason is not None)  # the last text, before it is saved
        else:
            self.view.end()
            self.refresh_head()

    def refresh_head(self) -> None:
        """Updates the head, if something in it has changed."""
        room = max(8, self.size.width - 4)
        mark = "▌" if self.has_focus_mark else " "
        name = cut(clean(self._name_of(self.answer), multiline=False), room)
        state = whole_parts(self._state(), room)
        style = "$accent bold" if self.has_focus_mark else "bold"
        message = self.answer.message
        state_style = "$error" if message.error and not self.answer.is_running else "$muted"
        head = Content.assemble((f"{mark} ", "$accent"), (name, style), "\n", (f"{mark} ", "$accent"))
        head = Content.assemble(head, (state, state_style))
        if head != self._shown_head:
            self._shown_head = head
            self._head.update(head, layout=False)

    def _state(self) -> str:
        message = self.answer.message
        if self.answer.is_running:
            return wording.answer_state(self.answer, is_blind=self._is_blind())
        if message.error is not None and message.status is not Status.COMPLETE:
            return tr("failed")
        if self._is_blind():
            return tr("finished") if message.status is Status.COMPLETE else wording.status(message)
        return wording.summary(message, self._cost(message), is_short=True) or wording.status(message)
