"""Keeps the conversation on the screen up to date: what is being written, what changed, what failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.settings import Settings
from chat_tui.i18n import tr
from chat_tui.session.conversations import Conversation
from chat_tui.ui.chat.bars.status_bars import StatusBars
from chat_tui.ui.chat.host import Host
from chat_tui.ui.terminal import bell
from chat_tui.ui.terminal.input_queue import TYPING
from chat_tui.ui.text import wording
from chat_tui.ui.view.conversation import ConversationView
from chat_tui.ui.view.redraw import ReplyState
from chat_tui.ui.view.viewport import Positions

if TYPE_CHECKING:
    from chat_tui.ui.view.stack import Stack


LONG = 500
"""Messages from which a thread is prepared before it is shown."""


@dataclass(eq=False, repr=False, slots=True)
class _Prepared:
    """A branch that is ready to be shown."""

    thread: Thread
    head: str | None
    count: int
    branch: list[Message]
    stack: Stack

    @classmethod
    def of(cls, thread: Thread, make: Callable[[Sequence[Message], Positions], Stack]) -> _Prepared:
        branch = thread.branch()
        return cls(thread, thread.head, len(thread.messages), branch, make(branch, thread.positions()))

    def is_of(self, thread: Thread) -> bool:
        """Whether the thread still shows this branch."""
        return self.thread is thread and (self.head, self.count) == (thread.head, len(thread.messages))


class ConversationPresenter:
    """Draws the conversation on the screen when it is notified of changes (`ConversationListener`)."""

    def __init__(
        self,
        view: ConversationView,
        bars: StatusBars,
        host: Host,
        settings: Callable[[], Settings],
        *,
        current: Callable[[], Conversation],
        restore: Callable[[Draft], None],
        on_turn: Callable[[Conversation], None],
        on_call: Callable[[], None],
        on_end: Callable[[Conversation], None],
        refresh_threads: Callable[[], object],
    ) -> None:
        """Draws nothing until `show_branch` is called.

        Args:
            view: shows the conversation.
            bars: around it.
            host: runs flows of input, shows notices, rings the bell.
            settings: as they are now.
            current: the conversation on the screen.
            restore: restores a prompt in the field.
            on_turn: called when a turn was added to any conversation.
            on_call: called when a tool call of the conversation on the screen has changed, or may have.
            on_end: called when a turn of any conversation has ended.
            refresh_threads: reads the list of threads again.
        """
        self._on_call = on_call
        self._announced: set[str] = set()
        """The calls whose wait for approval was announced, by their messages' ids."""
        self._view = view
        self._bars = bars
        self._host = host
        self._settings = settings
        self._current = current
        self._restore = restore
        self._on_turn = on_turn
        self._on_end = on_end
        self._refresh_threads = refresh_threads
        self._tick: Timer | None = None
        self._prepared: _Prepared | None = None

    def show_branch(self, *, stay: bool = False, place: tuple[str, int] | None = None) -> None:
        """Draws the shown branch of the open thread.

        Args:
            stay: leave the reader where they are.
            place: else the message to have at the top of the view, and which of its rows; the end, without.
        """
        thread, prepared, self._prepared = self._current().thread, self._prepared, None
        if prepared is not None and prepared.is_of(thread):
            self._view.show(prepared.branch, {}, stay=stay, place=place, stack=prepared.stack)
        else:
            self._view.show(thread.branch(), thread.positions(), stay=stay, place=place)
        self._begin_live()
        self._on_call()

    async def prepare(self, thread: Thread) -> None:
        """Prepares the turns of a long thread in a worker thread, so that no key waits for it.

        Args:
            thread: is about to be shown, and changed by nobody until then.
        """
        if len(thread.messages) >= LONG:
            self._prepared = await asyncio.to_thread(_Prepared.of, thread, self._view.stack_maker())

    def starting(self, conversation: Conversation) -> None:
        """A turn is being saved: keys that act on it, such as esc, wait until it is."""
        self._host.input.run(_wait_for_start(conversation), passing=TYPING)

    def started(self, conversation: Conversation) -> None:
        """A turn was added: shows what is new, the prompt and the answer to come."""
        if not self._view.is_attached:  # answers still finish while the app exits
            return
        if conversation is self._current():
            self._view.end()  # of tool calls, the last one
            self._draw_new_turns()
            self._begin_live()
            self._bars.refresh()
        if self._settings().announce:
            self._say_state(conversation, tr("waiting"))
        self._refresh_threads()
        self._on_turn(conversation)

    def _draw_new_turns(self) -> None:
        thread = self._current().thread
        branch, shown = thread.branch(), self._view.messages
        if shown == branch[:-2]:
            self._view.add(branch[-2])
        elif shown != branch[:-1]:
            self._view.show(branch[:-1], thread.positions())
        for each in branch[-3:-1]:
            if each.role is Role.TOOL:  # what it said to continue is no longer so
                self._view.redraw_message(each)

    def _begin_live(self) -> None:
        conversation = self._current()
        session, reply = conversation.session, conversation.session.reply
        if session.is_calling:
            reply = next((each for each in conversation.thread.branch()[-1:] if each.role is Role.TOOL), None)
        if reply is not None and (session.is_streaming or session.is_calling):
            if self._has_ended_first(conversation):
                self._bars.show_reply(self._state())
            else:
                self._view.begin(reply, self._siblings(reply), self._state)
            self._tick = self._tick or self._view.set_interval(1.0, self._each_second)
        elif conversation.waits_for_other:
            last = conversation.thread.branch()[-1]
            state = partial(ReplyState, wording.WRITTEN_ELSEWHERE)
            self._view.begin(last, self._siblings(last), lambda: state(queued=self._queued()))

    def _state(self) -> ReplyState:
        conversation = self._current()
        stop = self._host.bound.key("stop")
        if (several := conversation.several) is not None and several.is_running:
            return ReplyState(wording.several_state(several, stop), queued=self._queued())
        text, waits = wording.state(conversation.session, conversation.progress, conversation.last_change, stop)
        reply = conversation.session.reply
        return ReplyState(text, waits, reply is not None and reply.is_blank, self._queued())

    def _has_ended_first(self, conversation: Conversation) -> bool:
        """Whether the answer on the screen has ended before those of other models, and no prompt waits below it."""
        several, reply = conversation.several, conversation.session.reply
        if several is None or conversation.queue:
            return False
        return any(each.message is reply and not each.is_running for each in several.answers)

    def _queued(self) -> list[str]:
        return [prompt.typed for prompt in self._current().queue]

    def _each_second(self) -> None:
        session = self._current().session
        if session.is_streaming and not self._view.is_live:
            self._bars.show_reply(self._state())
        elif session.is_streaming or session.is_calling:
            self._view.grow()
        elif self._tick:
            self._tick.stop()
            self._tick = None

    def changed(self, conversation: Conversation) -> None:
        """The running answer, or the queue behind it, changed. Called for every chunk.

        The last text is drawn before the answer is saved.
        """
        if conversation is self._current():
            reply = conversation.session.reply
            if self._has_ended_first(conversation) == self._view.is_live and conversation.session.is_streaming:
                self._view.end()
                self._begin_live()
            self._view.grow(now=reply is not None and reply.finish_reason is not None)

    def called(self, conversation: Conversation, message: Message) -> None:
        """The result of a tool call was added, or changed. The reader stays where they are."""
        if not self._view.is_attached:
            return
        self._announce(conversation, message)
        if conversation is not self._current():
            return
        shown = self._view.messages
        if any(each is message for each in shown):
            calls = conversation.session.calls
            self._view.grow(message, now=calls is None or message.id not in calls.progress)
        else:
            self._view.end()  # the answer that calls it has finished
            branch = conversation.thread.branch()
            if branch[: len(shown)] != shown:
                self._view.show(branch[:-1], conversation.thread.positions(), stay=True)
            else:
                for each in branch[len(shown) : -1]:
                    self._view.append(each)
            self._begin_live()
        self._on_call()

    def changed_remotely(self) -> None:
        """An answer that another program is writing has changed."""
        thread = self._current().thread
        for message in thread.branch():
            if message.written_elsewhere and message.id == thread.head:
                self._view.grow()
            elif message.written_elsewhere:
                self._view.redraw_message(message)

    def finished(self, conversation: Conversation) -> None:
        """The answer has finished and is saved."""
        if not self._view.is_attached:
            return
        self._ring(conversation)
        if conversation is self._current():
            conversation.has_news = False
            self._view.end()
            self._bars.show_reply(None)
            self._on_call()
            self._bars.refresh()
        if self._settings().announce and (reply := conversation.session.reply) is not None:
            failed = tr("failed: {problem}", problem=reply.error.message) if reply.error is not None else ""
            self._say_state(conversation, failed or wording.summary(reply) or tr("done"))
        self._refresh_threads()
        self._on_end(conversation)

    def _say_state(self, conversation: Conversation, state: str) -> None:
        """Announces the state of an answer as text."""
        model = conversation.session.model
        self._host.notify(state, title=model.id if model is not None else "")

    def _announce(self, conversation: Conversation, message: Message) -> None:
        """Notifies of a call that waits for approval, where it may not be seen."""
        calls = conversation.session.calls
        if calls is None or not any(each.message is message for each in calls.pending) or message.id in self._announced:
            return
        self._announced.add(message.id)
        if conversation is not self._current():
            title = conversation.thread.display_title
            self._host.notify(tr("A tool call waits for approval in: {title}", title=title), severity="warning")
        if not self._host.app_focus:
            self._write_ring(tr("Waiting for approval"), conversation)

    def _ring(self, conversation: Conversation) -> None:
        """Notifies of a long answer's end while the terminal is in the background."""
        if self._host.app_focus or time.monotonic() - conversation.started_at < bell.LONG:
            return
        self._write_ring(tr("Answer failed") if conversation.has_failed else tr("Answer finished"), conversation)

    def _write_ring(self, text: str, conversation: Conversation) -> None:
        from chat_tui.ui.terminal.external import child_environment

        settings = self._settings()
        environment, title = child_environment(settings), conversation.thread.display_title
        self._host.write_terminal(bell.ring(environment, settings.notify, text, title))

    def rejected(self, conversation: Conversation, prompt: Draft, reason: str) -> None:
        """The prompt was not sent: restores it in the field."""
        if not self._view.is_attached:
            return
        self._host.notify(reason, title=tr("Not sent"), severity="error", timeout=10)
        if conversation is self._current():
            self._restore(prompt)

    def storage_changed(self, problem: str) -> None:
        """Saving fails for this reason, or works again where it is empty."""
        self._bars.show_storage_problem(problem)

    def _siblings(self, message: Message) -> tuple[int, int]:
        if message.role not in (Role.ASSISTANT, Role.USER):
            return 1, 1
        siblings = self._current().thread.siblings(message.id)
        return [sibling.id for sibling in siblings].index(message.id) + 1, len(siblings)


async def _wait_for_start(conversation: Conversation) -> None:
    await conversation.has_started.wait()
