"""Has models give titles to threads: at the user's wish, or by the settings after a thread's first answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.errors import ProviderError, StorageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import tr
from chat_tui.session.conversations import Conversation, Conversations
from chat_tui.session.model_catalogue import ModelCatalogue
from chat_tui.ui.chat.host import Notify
from chat_tui.ui.services import Services

if TYPE_CHECKING:
    from chat_tui.ui.chat.spending import Spending


class ThreadTitles:
    """Asks for titles; no key waits for an answer."""

    def __init__(
        self,
        services: Services,
        conversations: Conversations,
        models: ModelCatalogue,
        *,
        notify: Notify,
        run: Callable[[Callable[[], Coroutine[Any, Any, None]]], object],
        spending: Callable[[], Spending],
        refresh: Callable[[], None],
    ) -> None:
        """Asks for nothing yet.

        Args:
            services: the settings and the models.
            conversations: the open threads.
            models: prices.
            notify: shows the title and what it cost, or why there is none.
            run: runs a coroutine function in the background.
            spending: gives what knows the budget.
            refresh: shows the titles of all threads again.
        """
        self._services = services
        self._conversations = conversations
        self._models = models
        self._notify = notify
        self._run = run
        self._spending = spending
        self._refresh = refresh

    def answered(self, conversation: Conversation) -> None:
        """Asks for a title after the first answer, if the settings name a model, and the user gave no title."""
        named, reply = self._services.settings.title_model, conversation.session.reply
        if named is None or reply is None or reply.status is not Status.COMPLETE:
            return
        from chat_tui.session.requests.titles import is_automatic

        thread = conversation.thread
        answers = [each for each in thread.messages.values() if each.is_answer and each.content.strip()]
        if len(answers) == 1 and is_automatic(thread):
            self._run(partial(self._ask, conversation, ModelRef.parse(named), checks=True))

    def ask(self, conversation: Conversation, model: ModelRef) -> None:
        """Asks a model for a title, which can be undone; a title that changes meanwhile stays.

        Whether the budget permits it is for the caller to check.
        """
        self._run(partial(self._ask, conversation, model))

    async def _ask(self, conversation: Conversation, model: ModelRef, *, checks: bool = False) -> None:
        from chat_tui.domain.ports.backend import ChatRequest
        from chat_tui.session.requests.single_request import ask_once
        from chat_tui.session.requests.titles import title_of, title_request

        thread, before = conversation.thread, conversation.thread.title
        if (messages := title_request(thread)) is None:
            return
        request = ChatRequest(model, messages)
        if checks and (reason := await self._spending().refusal(request, thread)):
            self._notify(reason, title=tr("No title"), severity="warning")
            return
        try:
            answer = await ask_once(self._services.backend, request, "title")
        except ProviderError as error:
            self._notify(str(error), title=tr("No title"), severity="warning")
            return
        conversation.session.on_request_end(answer)
        is_there = not thread.is_temporary or self._conversations.get(thread.id) is conversation
        if (title := title_of(answer.content)) and thread.title == before and is_there:
            try:
                await self._conversations.change(thread.id, title=title)
            except StorageError as error:
                self._notify(str(error), title=tr("Not saved"), severity="warning")
                return
            self._refresh()
            self._notify(f"{title} · {self._price_text(answer, model)}", title=tr("Title"))

    def _price_text(self, answer: Message, model: ModelRef) -> str:
        from chat_tui.ui.text import wording

        cost = self._models.cost(answer)
        return f"{wording.price(cost) if cost else tr('price unknown')} · {model.id}"
