"""The thread on the screen: opened, shown, kept, left for another; and what the screen says around it."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from textual import work
from textual.getters import query_one

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.unfinished import SYSTEM_PROMPT, unfinished
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.models.model import ModelRef
from chat_tui.ui.chat import status
from chat_tui.ui.chat.composer import DraftSize
from chat_tui.ui.chat.prompt import Prompt
from chat_tui.ui.chat.sidebar import Sidebar
from chat_tui.ui.chat.status import NO_DRAFT
from chat_tui.ui.commands.table import key_of
from chat_tui.ui.compat.first_frame import FirstFrame
from chat_tui.ui.view.conversation import ConversationView
from chat_tui.ui.widgets.bars import Bar, KeyBar, NoticeBar

if TYPE_CHECKING:
    from chat_tui.domain.settings import Settings
    from chat_tui.session.conversations import Conversation
    from chat_tui.ui.app import ChatApp
    from chat_tui.ui.chat.composer import PromptComposer
    from chat_tui.ui.chat.model_catalogue import ModelCatalogue
    from chat_tui.ui.chat.presenter import ConversationPresenter
    from chat_tui.ui.services import Services


class ThreadScreen(FirstFrame):
    """Shows one thread, and goes to all others. Laid out by who inherits it."""

    title_bar = query_one("#title", Bar)
    status = query_one("#status", Bar)
    notice = query_one(NoticeBar)
    key_bar = query_one("#keys", KeyBar)
    side = query_one("#side", Sidebar)
    view = query_one(ConversationView)
    prompt = query_one(Prompt)

    conversation: Conversation
    """The thread on the screen; there once the screen is mounted, like `known` and `writing`."""
    known: ModelCatalogue
    writing: PromptComposer
    draft_size: DraftSize = NO_DRAFT
    """How much was written when the status line was made last."""
    presenter: ConversationPresenter

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

    def open_new(self) -> Conversation:
        """An empty thread, not shown yet: with the model in use, and the user's parameters."""
        shown: Conversation | None = getattr(self, "conversation", None)
        return self.take(Thread(), shown.session.model if shown else None)

    def take(self, thread: Thread, model: ModelRef | None = None) -> Conversation:
        """Opens a thread that is in memory.

        Args:
            thread: the thread.
            model: answers if the thread names none; the user's default, without one.
        """
        parameters = self.services.settings.parameters
        return self.chat_app.conversations.take(thread, model or self.default_model(), parameters)

    def default_model(self) -> ModelRef | None:
        """The model of new threads: chosen, used last, or the only thing there is."""
        settings = self.services.settings
        for text in (settings.default_model, *settings.recents):
            with suppress(ValueError):
                if text:
                    return ModelRef.parse(text)
        return self.services.default_model()

    async def open(self, thread_id: str) -> Conversation | None:
        """Opens a thread, or finds it open; None where that can't be, and the user has been told why."""
        if (conversation := self.chat_app.conversations.get(thread_id)) is not None:
            return conversation
        try:
            thread = await self.services.store.load(thread_id)
        except ThreadNotFoundError as error:
            self.app.notify(str(error), title="Not found", severity="warning")
        except StorageError as error:
            self.app.notify(str(error), title="Not readable", severity="error")
            self.refresh_threads()
        else:
            thread.show_starred()
            position = await self.services.positions.get(thread_id)
            await self.presenter.prepare(thread)
            if (conversation := self.chat_app.conversations.get(thread_id)) is None:  # it was not opened meanwhile
                conversation = self.take(thread)
                conversation.position = position
            return conversation
        return None

    async def switch_to(self, thread_id: str) -> None:
        """Shows another thread; the one on the screen stays open while it writes."""
        if (conversation := await self.open(thread_id)) is not None:
            self.show(conversation)

    def show_message(self, message_id: str) -> None:
        """Goes to a message of the open thread, on whatever branch it is."""
        if self.conversation.session.show_message(message_id):
            if self.view.messages != self.conversation.thread.branch():
                self.presenter.show_branch()
                self.refresh_bars()
            self.view.show_message(message_id)

    def show(self, conversation: Conversation) -> None:
        """Puts an open thread on the screen, its draft in the prompt."""
        self.note_draft()
        self.note_place()
        self.chat_app.conversations.leave(self.conversation)
        conversation.is_left = False
        self.conversation = conversation
        self.show_thread()
        self.refresh_threads()

    def show_thread(self) -> None:
        """Draws the open thread whole."""
        conversation, thread = self.conversation, self.conversation.thread
        conversation.has_news = False
        self.presenter.show_branch(place=conversation.position if thread.messages else None)
        self.writing.show(conversation.prompt)
        self.prompt.focus()
        self.refresh_bars()
        if begun := unfinished(thread):
            does = self.key("system_prompt") if SYSTEM_PROMPT in begun else f"{self.key('edit_message')} on the message"
            self.app.notify(f"What was not finished is kept. {does} opens it.", title="Unfinished edit")

    def show_branch(self, *, stay: bool = False) -> None:
        """Draws the conversation again, after its thread was changed; `stay` leaves the reader where they are."""
        self.presenter.show_branch(stay=stay)
        self.refresh_bars()

    def redraw_message(self, message: Message) -> None:
        """Draws a message again whose marks have changed."""
        self.view.redraw_message(message)
        self.refresh_bars()

    def forget_and_begin(self) -> None:
        """Leaves a thread that is not to be saved again, for an empty one."""
        self.chat_app.conversations.drop(self.conversation)
        self.conversation = self.open_new()
        self.show_thread()
        self.refresh_threads()

    def note_draft(self) -> None:
        """Takes what stands in the prompt for the thread's draft."""
        self.conversation.prompt = self.writing.stored
        self.conversation.keep_draft()

    def note_place(self) -> None:
        """Notes where the thread on the screen is read."""
        conversation, position = self.conversation, self.view.place
        if conversation.thread.messages:
            conversation.position = position
            self.chat_app.conversations.background.start(self.services.positions.set(conversation.thread.id, position))

    @work(exclusive=True, group="threads")
    async def refresh_threads(self) -> None:
        """Reads the thread list again; where it can't be read, it stays, and the reason is shown above the prompt."""
        conversations = self.chat_app.conversations
        try:
            recent = await self.services.store.recent(limit=100)
        except StorageError as error:
            self.presenter.unlisted(str(error))
            return
        self.presenter.unlisted("")
        writing = {conversation.thread.id for conversation in conversations.busy()}
        news = {
            each.id
            for each in recent
            if (conversation := conversations.get(each.id))
            and conversation.has_news
            and conversation is not self.conversation
        }
        failed = {each for each in news if (conversation := conversations.get(each)) and conversation.has_failed}
        if self.query("#side"):  # not on the way out
            await self.side.show(recent, self.conversation.thread.id, writing, news, failed)

    # Settings

    def update_settings(self, **choices: object) -> None:
        """Makes choices, which hold at once; where they can't be written, the user is notified."""
        self.chat_app.conversations.background.start(self._written(self.services.settings_store.update(**choices)))

    async def _written(self, settings: Coroutine[Any, Any, Settings]) -> None:
        try:
            await settings
        except StorageError as error:
            self.app.notify(str(error), title="Not saved", severity="warning")

    def provider_name(self, key: str) -> str:
        """A provider's display name."""
        return self.services.settings.provider_name(key)

    # What is around the conversation

    def refresh_bars(self) -> None:
        """Title and status, as they are now."""
        if not self.has_parts:
            return
        conversation, thread, model = self.conversation, self.conversation.thread, self.conversation.session.model
        self.title_bar.strong = "chat-tui"
        self.title_bar.left = f"   {thread.display_title}" if thread.messages else ""
        self.title_bar.right = status.signature(model, self.provider_name(model.provider) if model else "")
        self.status.left = status.about(conversation, self.key)
        self.refresh_usage()
        self.presenter.show_notice()

    def refresh_usage(self) -> None:
        """What the next turn takes, as it is now."""
        self.draft_size = self.writing.size
        conversation = self.conversation
        self.status.right = status.usage(conversation.thread, conversation.session.model, self.known, self.draft_size)

    def key(self, command: str) -> str:
        """The first key of a command, as it is bound now."""
        return key_of(command, self.chat_app.bound.keys)
