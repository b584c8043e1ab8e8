"""Keeps the bars around the conversation up to date: title, status, notice, key hints."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chat_tui.domain.conversation.message import Message, may_go_on
from chat_tui.domain.text.fence import has_fence
from chat_tui.session.conversations import Conversation
from chat_tui.ui.chat.bars import key_hints, status
from chat_tui.ui.chat.model_catalogue import ModelCatalogue
from chat_tui.ui.chat.prompt.composer import NO_DRAFT, DraftSize
from chat_tui.ui.chat.prompt.prompt import Prompt
from chat_tui.ui.commands.command import COMPLETION, FIND_BAR, MESSAGES, SIDEBAR
from chat_tui.ui.commands.keymap import Bound
from chat_tui.ui.commands.table import labelled
from chat_tui.ui.services import Services
from chat_tui.ui.view.conversation import ConversationView
from chat_tui.ui.view.redraw import ReplyState
from chat_tui.ui.widgets.bars import Bar, KeyBar, NoticeBar


class StatusBars:
    """Keeps the bars in step with the conversation on the screen."""

    def __init__(
        self,
        *,
        title: Bar,
        status: Bar,
        notice: NoticeBar,
        keys: KeyBar,
        prompt: Prompt,
        services: Services,
        models: ModelCatalogue,
        bound: Bound,
        view: ConversationView,
        current: Callable[[], Conversation],
        draft_size: Callable[[], DraftSize],
        place: Callable[[], str],
    ) -> None:
        """Shows nothing until `refresh` is called.

        Args:
            title: above the conversation.
            status: below the prompt.
            notice: above the prompt.
            keys: at the bottom edge.
            prompt: its border shows what the running answer does.
            services: the settings.
            models: context windows and prices.
            bound: the keys of every command.
            view: shows the conversation.
            current: the conversation on the screen.
            draft_size: how much is written in the prompt.
            place: where keys go now: one of `commands.command.PLACES`.
        """
        self._title = title
        self._status = status
        self._notice = notice
        self._keys = keys
        self._prompt = prompt
        self._services = services
        self._models = models
        self._bound = bound
        self._view = view
        self._current = current
        self._draft_size = draft_size
        self._place = place
        self._shown_size = NO_DRAFT
        """How much was written when the status was shown last."""
        self._storage_problem = ""
        self._list_problem = ""

    def refresh(self) -> None:
        """Updates all bars."""
        if not self._title.is_attached:  # on the way out answers and look-ups still end
            return
        conversation, thread, model = self._current(), self._current().thread, self._current().session.model
        self._title.strong = "chat-tui"
        self._title.left = f"   {thread.display_title}" if thread.messages else ""
        provider = self._services.settings.provider_name(model.provider) if model else ""
        self._title.right = status.signature(model, provider)
        self._status.left = status.about(conversation, self._bound.key)
        self._show_usage(self._draft_size())
        self.refresh_notice()
        self.refresh_keys()

    def refresh_usage(self) -> None:
        """Updates the usage, if the size of the draft has changed."""
        if (size := self._draft_size()) != self._shown_size:
            self._show_usage(size)

    def _show_usage(self, size: DraftSize) -> None:
        self._shown_size, conversation = size, self._current()
        self._status.right = status.usage(conversation.thread, conversation.session.model, self._models, size)

    def show_reply(self, state: ReplyState | None) -> None:
        """Shows what the running answer does; None when it has ended."""
        if self._title.is_attached:
            self._prompt.show_state(state.text if state else "", is_warning=state is not None and state.waits)

    # Notices

    def show_storage_problem(self, problem: str) -> None:
        """Shows that saving fails, for as long as it does; empty once it works."""
        advice = f"{self._bound.key('command_palette')} Save elsewhere"
        self._storage_problem = f"{problem} {advice}" if problem else ""
        self.refresh_notice()

    def show_list_problem(self, problem: str) -> None:
        """Shows that the threads can't be listed, for as long as they can't; empty once they can."""
        self._list_problem = problem
        self.refresh_notice()

    def refresh_notice(self) -> None:
        """Updates the notice: a problem, else the warnings of the last request."""
        if not self._title.is_attached:
            return
        warnings, problem = self._current().session.notices, self._storage_problem or self._list_problem
        self._notice.show(problem or (warnings[-1] if warnings else ""), is_error=bool(problem))

    # Keys

    def refresh_keys(self) -> None:
        """Updates the key hints."""
        self._keys.keys, self._keys.more = labelled(self._hints(), self._bound.keys), self._bound.key("help")

    def _hints(self) -> Iterable[key_hints.Hint]:
        conversation, place = self._current(), self._place()
        if place == MESSAGES and (message := self._view.selected) is not None:
            return key_hints.hints_for(self._facts(message))
        others = {FIND_BAR: key_hints.FINDING, SIDEBAR: key_hints.THREAD_LIST, COMPLETION: key_hints.COMPLETION}
        if place in others:
            return others[place]
        last = conversation.thread.messages.get(conversation.thread.head or "")
        return key_hints.hints_while_writing(
            is_busy=conversation.is_busy,
            queued=len(conversation.queue),
            has_failed=last is not None and last.error is not None,
            can_continue=last is not None and may_go_on(last),
        )

    def _facts(self, message: Message) -> key_hints.SelectedMessage:
        thread = self._current().thread
        return key_hints.SelectedMessage(
            is_answer=message.is_answer,
            is_busy=self._current().is_busy or message.written_elsewhere,
            can_continue=message.id == thread.head and may_go_on(message),
            has_text=bool(message.content.strip()),
            has_code=message.is_answer and has_fence(message.content),
            can_unfold=self._view.can_unfold,
            versions=len(thread.siblings(message.id)),
        )
