"""Keeps the bars around the conversation up to date: title, status, notice, key hints."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from functools import partial

from textual.timer import Timer

from chat_tui.domain.conversation.message import Message, Role, can_continue
from chat_tui.domain.conversation.tree import ASIDE, aside_of
from chat_tui.domain.models.response_format import asks_for_json
from chat_tui.domain.text.fence import has_fence
from chat_tui.i18n import tr
from chat_tui.session.conversations import Conversation
from chat_tui.session.model_catalogue import ModelCatalogue
from chat_tui.ui.chat.bars import key_hints, status
from chat_tui.ui.chat.prompt.composer import NO_DRAFT, DraftSize
from chat_tui.ui.chat.prompt.prompt import Prompt
from chat_tui.ui.commands.command import APPROVAL, COMPLETION, FIND_BAR, MESSAGES, SIDEBAR
from chat_tui.ui.commands.keymap import Bound
from chat_tui.ui.commands.table import labelled
from chat_tui.ui.services import Services
from chat_tui.ui.view.conversation import ConversationView
from chat_tui.ui.view.redraw import ReplyState
from chat_tui.ui.widgets.bars import Bar, KeyBar, NoticeBar

MOST_WARNINGS = 5
"""Warnings that are shown at once."""


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
        self._prompt_names: dict[str, str] = {}
        """The names of saved system prompts by their texts."""
        self._known_prompt = ""
        """The system prompt for which they were read last."""
        self._early: list[tuple[str, str, float]] = []
        """Notices from before there was a screen."""
        self._warnings: list[tuple[str, bool]] = []
        """Warnings that are shown for some seconds, and whether each is an error."""
        self._notice_timer: Timer | None = None
        self._storage_problem = ""
        self._list_problem = ""

    def refresh(self) -> None:
        """Updates all bars."""
        if not self._title.is_attached:  # on the way out answers and look-ups still end
            return
        early, self._early = self._early, []
        for text, severity, seconds in early:
            self.show_notice(text, severity, seconds)
        conversation, thread, model = self._current(), self._current().thread, self._current().session.model
        title = thread.display_title if thread.messages else ""
        if thread.is_temporary:
            title = tr("temporary · {title}", title=title) if title else tr("temporary · not saved")
        self._title.strong = title
        self._title.left = f"   {place}" if (place := status.place(thread)) else ""
        provider = self._services.settings.provider_name(model.provider) if model else ""
        if (prompt := thread.system_prompt.strip()) and prompt != self._known_prompt:
            self._known_prompt = prompt
            self._title.run_worker(self._learn_prompt_names(), group="prompt names", exclusive=True)
        name = self._prompt_names.get(prompt) or thread.saved_prompt
        self._status.left = status.about(conversation, self._bound.key, provider, name, self._tools_on().text)
        self._show_usage(self._draft_size())
        self.refresh_notice()
        self.refresh_keys()

    def refresh_usage(self) -> None:
        """Updates the usage, if the size of the draft has changed."""
        if (size := self._draft_size()) != self._shown_size:
            self._show_usage(size)

    def _show_usage(self, size: DraftSize) -> None:
        self._shown_size, conversation = size, self._current()
        thread, model, tools = conversation.thread, conversation.session.model, self._tools_on().tokens
        self._title.right, self._title.is_warning = status.usage(thread, model, self._models, size, tools)
        self._status.right = status.draft_size(thread, model, self._models, size, tools)

    def _tools_on(self) -> status.OnTools:
        selected = self._current().thread.tools
        return status.tools_on(selected, self._services.tools.toolbox.servers()) if selected else status.OnTools()

    async def _learn_prompt_names(self) -> None:
        """Reads which system prompts are saved, and under what names."""
        library = await self._services.prompts.prompts()
        self._prompt_names = {each.prompt.strip(): each.name for each in library}
        self.refresh()

    def show_reply(self, state: ReplyState | None) -> None:
        """Shows what the running answer does; None when it has ended."""
        if self._title.is_attached:
            text = f"{self._sign_of_life(state)} {state.text}" if state is not None and state.text else ""
            self._prompt.show_state(text, is_warning=state is not None and state.waits)
            self._status.state = "" if self._prompt.has_frame else text

    def _sign_of_life(self, state: ReplyState) -> str:
        """A mark that changes each second while nothing has come yet, unless the user wants no motion."""
        is_still = not state.is_pending or self._title.app.animation_level == "none" or "NO_COLOR" in os.environ
        return "●" if is_still or int(time.monotonic()) % 2 else "○"

    def show_notice(self, text: str, severity: str, seconds: float) -> None:
        """Shows a notice for some seconds: a warning or error above the prompt, anything else in the status line.

        Warnings are shown together; in the status line a later notice replaces the one before.
        """
        if not self._status.is_attached:
            self._early.append((text, severity, seconds))
            return
        if severity != "information":
            warning = (text, severity == "error")
            self._warnings = [*self._warnings, warning][-MOST_WARNINGS:]
            self._status.set_timer(seconds, partial(self._drop_warning, warning))
            self.refresh_notice()
            return
        self._status.notice = text
        if self._notice_timer is not None:
            self._notice_timer.stop()
        self._notice_timer = self._status.set_timer(seconds, partial(setattr, self._status, "notice", ""))

    def _drop_warning(self, warning: tuple[str, bool]) -> None:
        if warning in self._warnings:
            self._warnings.remove(warning)
            self.refresh_notice()

    # Notices

    def show_storage_problem(self, problem: str) -> None:
        """Shows that saving fails, for as long as it does; empty once it works."""
        advice = tr("{key} Save elsewhere", key=self._bound.key("command_palette"))
        if self._storage_problem and not problem:
            self._warnings.clear()  # they were about that
        self._storage_problem = f"{problem} {advice}" if problem else ""
        self.refresh_notice()

    def show_list_problem(self, problem: str) -> None:
        """Shows that the threads can't be listed, for as long as they can't; empty once they can."""
        self._list_problem = problem
        self.refresh_notice()

    def refresh_notice(self) -> None:
        """Updates what is above the prompt: a problem, the warnings of the moment, those of the last request."""
        if not self._title.is_attached:
            return
        session, problem = self._current().session, self._storage_problem or self._list_problem
        texts = [*filter(None, [problem]), *(text for text, _ in self._warnings)]
        if not problem and session.notices:
            texts.append(session.notices[-1])
        if not texts and ASIDE in session.thread.extra and aside_of(session.thread):
            texts.append(tr("Aside: not part of the conversation · {key} close", key=self._bound.key("aside")))
        if not texts and self._title.is_warning and self._can_compact():
            texts.append(tr("Context window nearly full · {key} compact", key=self._bound.key("compact")))
        self._notice.show("\n".join(texts), is_error=bool(problem) or any(is_error for _, is_error in self._warnings))

    def _can_compact(self) -> bool:
        from chat_tui.domain.conversation.summary import compaction  # few threads come near their window

        return compaction(self._current().thread) is not None

    # Keys

    def refresh_keys(self) -> None:
        """Updates the key hints."""
        self._keys.keys, self._keys.more = labelled(self._hints(), self._bound.keys), self._bound.key("help")

    def _hints(self) -> Iterable[key_hints.Hint]:
        conversation, place = self._current(), self._place()
        if place == MESSAGES and (message := self._view.selected) is not None:
            return key_hints.hints_for(self._facts(message))
        others = {
            APPROVAL: key_hints.APPROVAL,
            FIND_BAR: key_hints.FINDING,
            SIDEBAR: key_hints.THREAD_LIST,
            COMPLETION: key_hints.COMPLETION,
        }
        if place in others:
            return others[place]
        if self._prompt.has_mode:
            return key_hints.EDITING
        last = conversation.thread.messages.get(conversation.thread.head or "")
        return key_hints.hints_while_writing(
            is_busy=conversation.is_busy,
            queued=len(conversation.queue),
            has_failed=last is not None and last.error is not None,
            can_continue=(last is not None and can_continue(last)) or conversation.thread.has_calls_to_take_up,
        )

    def _facts(self, message: Message) -> key_hints.SelectedMessage:
        thread = self._current().thread
        return key_hints.SelectedMessage(
            is_answer=message.is_answer,
            is_result=message.role is Role.TOOL,
            is_busy=self._current().is_busy or message.written_elsewhere,
            can_continue=message.id == thread.head and (can_continue(message) or thread.has_calls_to_take_up),
            has_text=bool(message.content.strip()),
            has_code=message.is_answer and has_fence(message.content),
            can_unfold=self._view.can_unfold,
            is_summary=bool(message.summarizes),
            is_json=asks_for_json(message.parameters.get("response_format")) and message.content.lstrip()[:1] in "{[`~",
            is_invalid=message.id == thread.head and self._view.is_invalid,
            versions=len(thread.siblings(message.id)),
        )
