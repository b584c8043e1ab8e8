"""Opens, shows and leaves threads; saves the draft and the scroll position of the one that is left."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.unfinished import SYSTEM_PROMPT, unfinished
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import tr
from chat_tui.session.conversations import Conversation, Conversations
from chat_tui.ui.chat.bars.status_bars import StatusBars
from chat_tui.ui.chat.host import Host
from chat_tui.ui.chat.presenter import ConversationPresenter
from chat_tui.ui.chat.prompt.composer import PromptComposer
from chat_tui.ui.dialogs.host import ask
from chat_tui.ui.services import Services
from chat_tui.ui.view.conversation import ConversationView


class ThreadNavigator:
    """Holds the conversation on the screen, and switches to others."""

    def __init__(
        self,
        services: Services,
        conversations: Conversations,
        *,
        view: ConversationView,
        composer: PromptComposer,
        presenter: ConversationPresenter,
        bars: StatusBars,
        host: Host,
        refresh_threads: Callable[[], object],
    ) -> None:
        """Has no conversation until `begin` is called.

        Args:
            services: the stores and the settings.
            conversations: the open threads.
            view: shows the conversation.
            composer: holds what is written and not sent.
            presenter: draws branches in the view.
            bars: around the conversation.
            host: the keys, notices and dialogs.
            refresh_threads: reads the list of threads again.
        """
        self._services = services
        self._conversations = conversations
        self._view = view
        self._composer = composer
        self._presenter = presenter
        self._bars = bars
        self._host = host
        self._bound = host.bound
        self._notify = host.notify
        self.refresh_threads = refresh_threads
        self.conversation: Conversation
        """The conversation on the screen; there after `begin`."""
        self.begun = ""
        """The id of the empty thread that the key for a new one opened last."""

    # Opening

    def begin(self, model: str | None, *, is_temporary: bool = False) -> None:
        """Opens the first, empty thread; it is not drawn yet.

        Args:
            model: answers in it, `provider/model-id`; the user's default, without one.
            is_temporary: whether nothing of it is written.
        """
        self.conversation = self.take(Thread(is_temporary=is_temporary))
        if model is not None:
            self.conversation.session.set_model(ModelRef.parse(model))

    def open_new(self, *, is_temporary: bool = False) -> Conversation:
        """Opens an empty thread with the model in use and the user's parameters; it is not shown yet."""
        return self.take(Thread(is_temporary=is_temporary), self.conversation.session.model)

    def take(self, thread: Thread, model: ModelRef | None = None) -> Conversation:
        """Opens a thread that is in memory.

        Args:
            thread: the thread.
            model: answers if the thread names none; the user's default, without one.
        """
        parameters = self._services.settings.parameters
        return self._conversations.take(thread, model or self._default_model(), parameters)

    def _default_model(self) -> ModelRef | None:
        """The model of new threads: chosen, used last, or the only one there is."""
        settings = self._services.settings
        for text in (settings.default_model, *settings.recents):
            with suppress(ValueError):
                if text:
                    return ModelRef.parse(text)
        return self._services.default_model()

    async def open(self, thread_id: str) -> Conversation | None:
        """Opens a thread, if it is not open already; None, with a notice, if it can't be read."""
        if (conversation := self._conversations.get(thread_id)) is not None:
            return conversation
        try:
            thread = await self._services.store.load(thread_id)
        except ThreadNotFoundError as error:
            self._notify(str(error), title=tr("Not found"), severity="warning")
        except StorageError as error:
            self._notify(str(error), title=tr("Not opened"), severity="error")
            self.refresh_threads()
        else:
            thread.show_starred()
            position = await self._services.positions.get(thread_id)
            await self._presenter.prepare(thread)
            if (conversation := self._conversations.get(thread_id)) is None:  # it was not opened meanwhile
                conversation = self.take(thread)
                conversation.position = position
            return conversation
        return None

    # Showing

    async def switch_to(self, thread_id: str) -> None:
        """Shows another thread; the one that is left stays open while its answer runs."""
        was_open = self._conversations.get(thread_id) is not None
        if (conversation := await self.open(thread_id)) is None:
            return
        if await self.may_leave():
            self.show(conversation)
        elif not was_open:
            self._conversations.drop(conversation)

    def show(self, conversation: Conversation) -> None:
        """Shows an open thread, its draft in the prompt."""
        self._composer.end_edit(keep=True)
        self.note_draft()
        self.note_place()
        self._conversations.leave(self.conversation)
        conversation.is_left = False
        self.conversation = conversation
        self.show_thread()
        self.refresh_threads()

    def show_thread(self) -> None:
        """Draws the shown thread."""
        conversation, thread = self.conversation, self.conversation.thread
        conversation.has_news = False
        self._presenter.show_branch(place=conversation.position if thread.messages else None)
        self._composer.show(conversation.prompt)
        self._composer.prompt.focus()
        self._bars.refresh()
        if drafts := unfinished(thread):
            key = self._bound.key
            if SYSTEM_PROMPT in drafts:
                text = tr("{key} to continue", key=key("system_prompt"))
            else:
                text = tr("{key} on the message to continue", key=key("edit_message"))
            self._notify(text, title=tr("Unfinished edit"))

    def show_branch(self, *, stay: bool = False) -> None:
        """Draws the conversation again after a change; `stay` keeps the scroll position."""
        self._presenter.show_branch(stay=stay)
        self._bars.refresh()

    def show_message(self, message_id: str) -> None:
        """Scrolls to a message of the thread on the screen, on whatever branch it is."""
        if self.conversation.session.show_message(message_id):
            if self._view.messages != self.conversation.thread.branch():
                self.show_branch()
            self._view.show_message(message_id)

    def redraw_message(self, message: Message) -> None:
        """Draws a message again whose marks have changed."""
        self._view.redraw_message(message)
        self._bars.refresh()

    def forget_and_begin(self) -> None:
        """Replaces a thread that must not be saved again by an empty one."""
        self._conversations.drop(self.conversation)
        self.conversation = self.open_new()
        self.show_thread()
        self.refresh_threads()

    # Leaving

    @property
    def is_lost_on_leaving(self) -> bool:
        """Whether the thread on the screen is temporary and holds anything."""
        self.note_draft()
        return self.conversation.thread.is_temporary and not self.conversation.thread.is_empty

    async def may_leave(self) -> bool:
        """Whether another thread may take the place of the one on the screen; asks what becomes of a temporary one."""
        if not self.is_lost_on_leaving:
            return True
        from chat_tui.ui.dialogs.threads.temporary import LeaveTemporary, Leaving

        answer = await ask(self._host, LeaveTemporary, len(self.conversation.thread.messages))
        if answer is Leaving.SAVE:
            return await self.keep()
        if answer is Leaving.DISCARD:
            await self.discard()
        return answer is Leaving.DISCARD

    async def discard(self) -> None:
        """Closes the temporary thread on the screen, of which nothing is left; another one has to take its place."""
        self.conversation.queue.clear()
        await self._conversations.stop(self.conversation)
        self._conversations.drop(self.conversation)

    async def keep(self) -> bool:
        """Saves the temporary thread on the screen; whether it is on disk."""
        try:
            await self._conversations.keep(self.conversation)
        except StorageError as error:
            self._notify(str(error), title=tr("Not saved"), severity="error")
            return False
        self._bars.refresh()
        self.refresh_threads()
        return True

    def note_draft(self) -> None:
        """Sets the thread's draft to the text of the prompt."""
        self.conversation.prompt = self._composer.stored
        self.conversation.keep_draft()

    def note_place(self) -> None:
        """Saves the scroll position of the thread on the screen."""
        conversation, position = self.conversation, self._view.place
        if conversation.thread.messages:
            conversation.position = position
        if conversation.thread.messages and not conversation.thread.is_temporary:
            self._conversations.background.start(self._services.positions.set(conversation.thread.id, position))
