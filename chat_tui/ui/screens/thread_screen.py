"""The thread on the screen: opened, shown, kept, left for another; and what the screen says around it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from textual import work
from textual.getters import query_one

from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.message import Message
from chat_tui.domain.model import ModelRef
from chat_tui.domain.thread import Thread
from chat_tui.domain.unfinished import SYSTEM_PROMPT, unfinished
from chat_tui.ui import status
from chat_tui.ui.commands import key_of
from chat_tui.ui.first_frame import FirstFrame
from chat_tui.ui.status import NO_DRAFT
from chat_tui.ui.widgets.bars import Bar, KeyBar, Notice
from chat_tui.ui.widgets.conversation import Conversation
from chat_tui.ui.widgets.prompt import Prompt
from chat_tui.ui.widgets.sidebar import Sidebar
from chat_tui.ui.writing import DraftSize

if TYPE_CHECKING:
    from chat_tui.ui.app import ChatApp
    from chat_tui.ui.known import KnownModels
    from chat_tui.ui.live import OpenThread
    from chat_tui.ui.services import Services
    from chat_tui.ui.stage import Stage
    from chat_tui.ui.writing import Writing


class ThreadScreen(FirstFrame):
    """Shows one thread, and goes to all others. Laid out by who inherits it."""

    title_bar = query_one("#title", Bar)
    status = query_one("#status", Bar)
    notice = query_one(Notice)
    key_bar = query_one("#keys", KeyBar)
    side = query_one("#side", Sidebar)
    conversation = query_one(Conversation)
    prompt = query_one(Prompt)

    live: OpenThread
    """The thread on the screen; there once the screen is mounted, like `known` and `writing`."""
    known: KnownModels
    writing: Writing
    draft_size: DraftSize = NO_DRAFT
    """How much was written when the status line was made last."""
    stage: Stage

    @property
    def chat_app(self) -> ChatApp:
        """The app, as what it is."""
        return cast("ChatApp", self.app)

    @property
    def services(self) -> Services:
        """The outside world."""
        return self.chat_app.services

    @property
    def has_parts(self) -> bool:
        """Whether its widgets are there: on the way out they go first, while answers and look-ups still end."""
        return bool(self.query("#title"))

    # Threads

    def open_new(self) -> OpenThread:
        """An empty thread, not shown yet: with the model in use, and the user's parameters."""
        shown: OpenThread | None = getattr(self, "live", None)
        return self.take(Thread(), shown.session.model if shown else None)

    def take(self, thread: Thread, model: ModelRef | None = None) -> OpenThread:
        """Opens a thread that is in memory.

        Args:
            thread: the thread.
            model: answers if the thread names none; the user's default, without one.
        """
        parameters = self.services.settings.parameters
        return self.chat_app.desk.take(thread, model or self.default_model(), parameters)

    def default_model(self) -> ModelRef | None:
        """The model of new threads: chosen, used last, or the only thing there is."""
        settings = self.services.settings
        for text in (settings.default_model, *settings.recents):
            with suppress(ValueError):
                if text:
                    return ModelRef.parse(text)
        return self.services.default_model()

    async def open(self, thread_id: str) -> OpenThread | None:
        """Opens a thread, or finds it open; None where that can't be, and the user has been told why."""
        if (live := self.chat_app.desk.get(thread_id)) is not None:
            return live
        try:
            thread = await self.services.store.load(thread_id)
        except ThreadNotFoundError as error:
            self.app.notify(str(error), title="Not found", severity="warning")
        except StorageError as error:
            self.app.notify(str(error), title="Not readable", severity="error")
            self.refresh_threads()
        else:
            thread.show_starred()
            await self.stage.prepare(thread)
            if (live := self.chat_app.desk.get(thread_id)) is None:  # it was not opened meanwhile
                live = self.take(thread)
            return live
        return None

    async def switch_to(self, thread_id: str) -> None:
        """Shows another thread; the one on the screen stays open while it writes."""
        if (live := await self.open(thread_id)) is not None:
            self.show(live)

    def show_message(self, message_id: str) -> None:
        """Goes to a message of the open thread, on whatever branch it is."""
        if self.live.session.show_message(message_id):
            if self.conversation.messages != self.live.thread.branch():
                self.stage.show_branch()
                self.refresh_bars()
            self.conversation.show_message(message_id)

    def show(self, live: OpenThread) -> None:
        """Puts an open thread on the screen, its draft in the prompt."""
        before = self.live
        self._keep_draft()
        self.live = live
        if before is not live:
            self.chat_app.desk.drop(before)
        self.show_thread()
        self.refresh_threads()

    def show_thread(self) -> None:
        """Draws the open thread whole."""
        live, thread = self.live, self.live.thread
        live.has_news = False
        self.stage.show_branch(place=self.services.positions.get(thread.id) if thread.messages else None)
        self.writing.show(live.prompt)
        self.prompt.focus()
        self.refresh_bars()
        if begun := unfinished(thread):
            does = self.key("system_prompt") if SYSTEM_PROMPT in begun else f"{self.key('edit_message')} on the message"
            self.app.notify(f"What was not finished is kept. {does} opens it.", title="Unfinished edit")

    def show_branch(self, *, stay: bool = False) -> None:
        """Draws the conversation again, after its thread was changed; `stay` leaves the reader where they are."""
        self.stage.show_branch(stay=stay)
        self.refresh_bars()

    def redraw_message(self, message: Message) -> None:
        """Draws a message again whose marks have changed."""
        self.conversation.redraw_message(message)
        self.refresh_bars()

    def forget_and_begin(self) -> None:
        """Leaves a thread that is not to be saved again, for an empty one."""
        self.chat_app.desk.drop(self.live)
        self.live = self.open_new()
        self.show_thread()
        self.refresh_threads()

    def note_draft(self) -> None:
        """Takes what stands in the prompt for the thread's draft."""
        self.live.prompt = self.writing.stored
        self.live.keep_draft()

    def note_place(self) -> None:
        """Notes where the thread on the screen is read."""
        if self.live.thread.messages:
            self.services.positions.set(self.live.thread.id, self.conversation.place)

    def _keep_draft(self) -> None:
        self.note_draft()
        self.note_place()
        with suppress(StorageError):
            self.live.session.save_now()

    @work(exclusive=True, group="threads")
    async def refresh_threads(self) -> None:
        """Reads the thread list again; where it can't be read, it stays, and the reason is shown above the prompt."""
        desk = self.chat_app.desk
        try:
            recent = await self.services.store.recent(limit=100)
        except StorageError as error:
            self.stage.unlisted(str(error))
            return
        self.stage.unlisted("")
        writing = {live.thread.id for live in desk.busy()}
        news = {each.id for each in recent if (live := desk.get(each.id)) and live.has_news and live is not self.live}
        failed = {each for each in news if (live := desk.get(each)) and live.has_failed}
        if self.query("#side"):  # not on the way out
            await self.side.show(recent, self.live.thread.id, writing, news, failed)

    # Settings

    def update_settings(self, **choices: object) -> None:
        """Writes choices; where they can't be, they hold until the program ends, and the user hears of it."""
        try:
            self.services.settings = self.services.settings_store.update(**choices)
        except StorageError as error:
            for name, value in choices.items():
                setattr(self.services.settings, name, value)
            self.app.notify(str(error), title="Not saved", severity="warning")

    def provider_name(self, key: str) -> str:
        """A provider's display name."""
        provider = self.services.settings.providers.get(key)
        return provider.name if provider else key

    # What is around the conversation

    def refresh_bars(self) -> None:
        """Title and status, as they are now."""
        if not self.has_parts:
            return
        live, thread, model = self.live, self.live.thread, self.live.session.model
        self.title_bar.strong = "chat-tui"
        self.title_bar.left = f"   {thread.display_title}" if thread.messages else ""
        self.title_bar.right = status.signature(model, self.provider_name(model.provider) if model else "")
        self.status.left = status.about(live, self.key)
        self.refresh_usage()
        self.stage.show_notice()

    def refresh_usage(self) -> None:
        """What the next turn takes, as it is now."""
        self.draft_size = self.writing.size
        live = self.live
        self.status.right = status.usage(live.thread, live.session.model, self.known, self.draft_size)

    def key(self, command: str) -> str:
        """The first key of a command, as it is bound now."""
        return key_of(command, self.chat_app.bound.keys)
