"""Asks before a thread is summarized, says what that costs, and shows the summary while it is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, Static

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.summary import Compaction
from chat_tui.domain.conversation.tokens import estimate
from chat_tui.domain.errors import ProviderError, UsageError
from chat_tui.domain.models.model import Model
from chat_tui.domain.models.money import money
from chat_tui.i18n import sentences, tr, trn
from chat_tui.ui.commands.command import QUESTION
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import TextDialog, holds_input
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text import wording
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar

MOST_SHOWN = 10_000
"""Characters at the end of the summary that are shown while it is written."""


class CompactDialog(TextDialog[Message]):
    """Asks, then shows the summary as it is written; answers with it. Closing the dialog stops it: nothing changes."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(QUESTION)]

    def __init__(
        self,
        host: DialogHost,
        planned: Compaction,
        model_name: str,
        model: Model | None,
        run: Callable[[Callable[[Message], None]], Awaitable[Message]],
        *,
        is_free: bool = False,
    ) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            planned: what is summarized.
            model_name: of the model that does it.
            model: what is known of it.
            run: writes the summary, and calls what it is given with the text so far; cancelled with the dialog.
            is_free: whether the model costs nothing.
        """
        super().__init__(host)
        self._planned = planned
        self._model_name = model_name
        self._model = model
        self._run = run
        self._is_free = is_free
        self._is_running = False
        self._tokens = planned.tokens

    def compose(self) -> ComposeResult:
        """Heading, what it costs or the summary, keys."""
        with Vertical(classes="dialog"):
            yield Label(
                T(trn("Summarize {n} message?", "Summarize {n} messages?", self._planned.count)), classes="heading"
            )
            with VerticalScroll(can_focus=True):
                yield Static(id="text")
            yield Label(T(self._price_text()), classes="hint")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows what will be done."""
        kept = sum(each.pinned for each in self._planned.turns)
        lines = [
            tr("The summary is then sent in place of the messages above it; they stay in the thread."),
            *([trn("{n} pinned message is still sent.", "{n} pinned messages are still sent.", kept)] if kept else []),
            *([tr("The last prompt is sent again below the summary.")] if self._planned.prompt else []),
        ]
        self.query_one("#text", Static).update(T("\n".join(lines)))
        self.query_one(VerticalScroll).focus()
        self.show_keys((("question_yes", tr("summarize")), ("dialog_back", tr("cancel"))))
        window = self._model.context_window if self._model else None
        if window is not None and self._tokens > window:
            self.show_problem(tr("The messages may exceed the context window of {model}.", model=self._model_name))

    def _price_text(self) -> str:
        """`~12k tokens · ~$0.003 + the summary · short · Gateway`."""
        model, price = self._model, tr("price unknown")
        if self._is_free:
            price = tr("free")
        elif model is not None and model.price_in is not None:
            price = tr("~{price} + the summary", price=money(self._tokens * model.price_in / 1_000_000, model.currency))
        return tr(
            "~{tokens} tokens · {price} · {model}",
            tokens=wording.count(self._tokens),
            price=price,
            model=self._model_name,
        )

    def action_confirm(self) -> None:
        """Starts the summary."""
        if not self._is_running:
            self._is_running = True
            self.show_problem("")
            self.query_one("#text", Static).update(Content.styled(tr("waiting for first token …"), "$muted"))
            self.show_keys((("dialog_back", tr("stop")),))
            self._summarize()

    @holds_input
    async def _summarize(self) -> None:
        try:
            with self.host.input.waits():  # the key that stops it must come through
                summary = await self._run(self._show)
        except (ProviderError, UsageError) as error:
            self._is_running = False
            self.show_problem(sentences(error, tr("Nothing has changed.")))
            self.show_keys((("question_yes", tr("try again")), ("dialog_back", tr("close"))))
        else:
            self.dismiss(summary)

    def _show(self, summary: Message) -> None:
        """Shows how far it is."""
        text = summary.content or summary.reasoning
        state = tr("writing") if summary.content else tr("thinking")
        hint = tr(
            "{state} · ~{tokens} tokens · {model}",
            state=state,
            tokens=wording.count(estimate(text)),
            model=self._model_name,
        )
        self.query_one(".hint", Label).update(T(hint))
        if summary.content:
            self.query_one("#text", Static).update(T(text[-MOST_SHOWN:]))
            self.call_after_refresh(self.fit_height)
            self.query_one(VerticalScroll).scroll_end(animate=False)
