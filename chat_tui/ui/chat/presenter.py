"""Keeps the conversation on the screen in step with the open threads: who writes, what grew, what failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.timer import Timer

from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.session.conversations import Conversation
from chat_tui.ui.terminal import bell
from chat_tui.ui.terminal.input_queue import TYPING
from chat_tui.ui.text import wording
from chat_tui.ui.view.conversation import ConversationView
from chat_tui.ui.view.viewport import Positions

if TYPE_CHECKING:
    from chat_tui.ui.chat.screen import ChatScreen
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
        """Whether it is still what the thread shows."""
        return self.thread is thread and (self.head, self.count) == (thread.head, len(thread.messages))


class ConversationPresenter:
    """Hears what the desk tells (`conversation.Listener`) and draws it where it is on the screen."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._tick: Timer | None = None
        self._trouble = ""
        """Why nothing can be saved; empty while it can."""
        self._prepared: _Prepared | None = None
        self._unlisted = ""
        """Why the threads can't be listed; empty while they can."""
        self._growing: ConversationView | None = None
        """The conversation, once an answer has begun in it: asked for at every chunk, and dear to look up."""

    def show_branch(self, *, stay: bool = False, place: tuple[str, int] | None = None) -> None:
        """Draws the shown branch of the open thread whole.

        Args:
            stay: leave the reader where they are.
            place: else the message to have at the top of the view, and which of its rows; the end, without.
        """
        screen = self._screen
        thread, prepared, self._prepared = screen.conversation.thread, self._prepared, None
        if prepared is not None and prepared.is_of(thread):
            screen.view.show(prepared.branch, {}, stay=stay, place=place, stack=prepared.stack)
        else:
            screen.view.show(thread.branch(), thread.positions(), stay=stay, place=place)
        self._begin_live()

    async def prepare(self, thread: Thread) -> None:
        """Does in another thread of execution what showing a long thread takes first, so that no key waits for it.

        Args:
            thread: is about to be shown, and changed by nobody until then.
        """
        if len(thread.messages) >= LONG:
            make = self._screen.view.stack_maker()
            self._prepared = await asyncio.to_thread(_Prepared.of, thread, make)

    def starts(self, conversation: Conversation) -> None:
        """A turn is being saved: keys that act on it, esc for one, wait until it is."""

        async def started() -> None:
            await conversation.has_started.wait()

        self._screen.chat_app.input.run(started(), passing=TYPING)

    def began(self, conversation: Conversation) -> None:
        """A turn was added: shows what is new, the prompt and the answer to come."""
        if not self._screen.has_parts:
            return
        if conversation is self._screen.conversation:
            self._draw_new_turns()
            self._begin_live()
            self._screen.refresh_bars()
        self._screen.remember(conversation)
        self._screen.refresh_threads()
        if conversation.session.model:
            self._screen.learn(conversation.session.model.provider)

    def _draw_new_turns(self) -> None:
        branch = self._screen.conversation.thread.branch()
        shown = self._screen.view.messages
        if shown == branch[:-2]:
            self._screen.view.add(branch[-2])
        elif shown != branch[:-1]:
            self._screen.view.show(branch[:-1], self._screen.conversation.thread.positions())

    def _begin_live(self) -> None:
        reply = self._screen.conversation.session.reply
        if reply is not None and self._screen.conversation.session.is_streaming:
            self._growing = self._screen.view
            self._growing.begin(reply, self._siblings(reply), self._state)
            self._tick = self._tick or self._screen.set_interval(1.0, self._each_second)
        elif self._screen.conversation.waits_for_other:
            last = self._screen.conversation.thread.branch()[-1]
            self._screen.view.begin(last, self._siblings(last), lambda: (wording.WRITTEN_ELSEWHERE, False))

    def _state(self) -> tuple[str, bool]:
        conversation = self._screen.conversation
        return wording.state(
            conversation.session, conversation.progress, conversation.last_change, self._screen.key("stop")
        )

    def _each_second(self) -> None:
        if self._screen.conversation.session.is_streaming:
            self._screen.view.grow()
        elif self._tick:
            self._tick.stop()
            self._tick = None

    def grew(self, conversation: Conversation) -> None:
        """The running answer changed. Called for every chunk; the last words are not kept waiting until it is saved."""
        if conversation is self._screen.conversation and self._growing is not None:
            reply = conversation.session.reply
            self._growing.grow(now=reply is not None and reply.finish_reason is not None)

    def grew_elsewhere(self) -> None:
        """An answer that another program is writing has grown."""
        thread, view = self._screen.conversation.thread, self._screen.view
        for message in thread.branch():
            if message.written_elsewhere and message.id == thread.head:
                view.grow()
            elif message.written_elsewhere:
                view.redraw_message(message)

    def ended(self, conversation: Conversation) -> None:
        """The answer has ended and is saved."""
        if not self._screen.has_parts:
            return
        self._ring(conversation)
        if conversation is self._screen.conversation:
            conversation.has_news = False
            self._screen.view.end()
            self._screen.refresh_bars()
        self._screen.refresh_threads()

    def _ring(self, conversation: Conversation) -> None:
        """Rings where nobody looks and the answer was long in coming."""
        app, settings = self._screen.chat_app, self._screen.services.settings
        if app.app_focus or time.monotonic() - conversation.begun < bell.LONG:
            return
        from chat_tui.ui.terminal.external import child_environment

        words = "An answer failed" if conversation.has_failed else "An answer is there"
        app.write_terminal(
            bell.ring(child_environment(settings), settings.notify, words, conversation.thread.display_title)
        )

    def refused(self, conversation: Conversation, prompt: Draft, reason: str) -> None:
        """The prompt is not sent: it goes back where it was written."""
        if not self._screen.has_parts:
            return
        self._screen.app.notify(reason, title="Not sent", severity="error", timeout=10)
        if conversation is self._screen.conversation:
            self._screen.give_back(prompt)

    def storage(self, trouble: str) -> None:
        """Says above the prompt that saving fails, for as long as it does."""
        advice = f"{self._screen.key('command_palette')} Save elsewhere offers another place."
        self._trouble = f"{trouble} {advice}" if trouble else ""
        if self._screen.has_parts:
            self.show_notice()

    def unlisted(self, trouble: str) -> None:
        """Says above the prompt that the threads can't be listed, for as long as they can't."""
        self._unlisted = trouble
        if self._screen.has_parts:
            self.show_notice()

    def show_notice(self) -> None:
        """Shows above the prompt what is wrong, else what the last request had to leave out."""
        notices, trouble = self._screen.conversation.session.notices, self._trouble or self._unlisted
        self._screen.notice.show(trouble or (notices[-1] if notices else ""), is_error=bool(trouble))

    def _siblings(self, message: Message) -> tuple[int, int]:
        if message.role not in (Role.ASSISTANT, Role.USER):
            return 1, 1
        every = self._screen.conversation.thread.siblings(message.id)
        return [each.id for each in every].index(message.id) + 1, len(every)
