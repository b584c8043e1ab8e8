"""Opens, shows and leaves threads; saves the draft and the scroll position of the one that is left."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.unfinished import SYSTEM_PROMPT, unfinished
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.models.model import ModelRef
from chat_tui.session.conversations import Conversation, Conversations
from chat_tui.ui.chat.bars.status_bars import StatusBars
from chat_tui.ui.chat.host import Notify
from chat_tui.ui.chat.presenter import ConversationPresenter
from chat_tui.ui.chat.prompt.composer import PromptComposer
from chat_tui.ui.commands.keymap import Bound
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
        bound: Bound,
        notify: Notify,
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
            bound: the keys of every command.
            notify: shows a notice.
            refresh_threads: reads the list of threads again.
        """
        self._services = services
        self._conversations = conversations
        self._view = view
        self._composer = composer
        self._presenter = presenter
        self._bars = bars
        self._bound = bound
        self._notify = notify
        self.refresh_threads = refresh_threads
        self.conversation: Conversation
        """The conversation on the screen; there after `begin`."""

    # Opening

    def begin(self, model: str | None) -> None:
        """Opens the first, empty thread; it is not drawn yet.

        Args:
            model: answers in it, `provider/model-id`; the user's default, without one.
        """
        self.conversation = self.take(Thread())
        if model is not None:
            self.conversation.session.set_model(ModelRef.parse(model))

    def open_new(self) -> Conversation:
        """Opens an empty thread with the model in use and the user's parameters; it is not shown yet."""
        return self.take(Thread(), self.conversation.session.model)

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
            self._notify(str(error), title="Not found", severity="warning")
        except StorageError as error:
            self._notify(str(error), title="Not opened", severity="error")
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
        if (conversation := await self.open(thread_id)) is not None:
            self.show(conversation)

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
            how = key("system_prompt") if SYSTEM_PROMPT in drafts else f"{key('edit_message')} on the message"
            self._notify(f"{how} to continue", title="Unfinished edit")

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

    def note_draft(self) -> None:
        """Sets the thread's draft to the text of the prompt."""
        self.conversation.prompt = self._composer.stored
        self.conversation.keep_draft()

    def note_place(self) -> None:
        """Saves the scroll position of the thread on the screen."""
        conversation, position = self.conversation, self._view.place
        if conversation.thread.messages:
            conversation.position = position
            self._conversations.background.start(self._services.positions.set(conversation.thread.id, position))
