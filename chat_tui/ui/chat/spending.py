"""What the app does about money: notes what answers use, warns of the budget, asks before a request that is over it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import UsageError
from chat_tui.domain.usage.budget import budget_warnings, estimate, over_budget_of_all
from chat_tui.domain.usage.ledger import Spent
from chat_tui.i18n import tr
from chat_tui.session.background import SOON, BackgroundTasks
from chat_tui.session.conversations import Conversation
from chat_tui.session.model_catalogue import ModelCatalogue
from chat_tui.session.requests.usage import record_usage
from chat_tui.ui.chat.host import Host
from chat_tui.ui.services import Services

if TYPE_CHECKING:
    from chat_tui.domain.ports.backend import ChatRequest


class Spending:
    """Knows the budget and the ledger. Made when the first answer ends, or a budget is to be checked."""

    def __init__(
        self,
        services: Services,
        models: ModelCatalogue,
        host: Host,
        background: BackgroundTasks,
        current: Callable[[], Conversation],
    ) -> None:
        """Reads nothing yet.

        Args:
            services: the ledger and the settings.
            models: the prices.
            host: asks and warns.
            background: runs what no key waits for.
            current: the conversation on the screen.
        """
        self._services = services
        self._models = models
        self._host = host
        self._background = background
        self._current = current
        self._warned: set[str] = set()
        """The limits of which a warning was shown."""
        self._is_checking = False

    def record(self, thread: Thread, answer: Message) -> None:
        """Notes what an answer used, when its request has ended; warns where a budget is nearly used up. Quick."""
        where = "" if thread.is_temporary else thread.id
        record_usage(self._services.ledger, answer, where, self._models.cost)
        if self._services.settings.budget:
            self._background.start(self._warn())

    async def _warn(self) -> None:
        if (spent := await self._services.ledger.spent()) is None:
            return
        for each in budget_warnings(self._services.settings.budget, spent):
            if each.key not in self._warned:
                self._warned.add(each.key)
                self._host.notify(each.text, title=tr("Budget"), severity="warning")

    async def allows(self, prompt: Draft | str = "") -> bool:
        """Whether a request of the conversation on the screen may be sent; asks where it is over the budget.

        Args:
            prompt: what is sent with it.
        """
        session = self._current().session
        if not self._is_limited(session.thread):
            return True
        try:
            request = session.request(prompt)
        except UsageError:  # sending it says so
            return True
        return await self.permits(request)

    async def permits(self, request: ChatRequest) -> bool:
        """Whether a request for the thread on the screen may be sent; asks where it is over the budget."""
        session = self._current().session
        if self._is_checking:  # the key was pressed again while the ledger was locked
            return False
        self._is_checking = True
        try:
            reason = await self._reason(request, session.thread, self._spent)
        finally:
            self._is_checking = False
        return not reason or (await self._ask(reason) and self._current().session is session)

    async def refusal(self, request: ChatRequest, thread: Thread) -> str:
        """Why a request that nobody waits for is over the budget, a sentence; empty where it is not."""
        return await self._reason(request, thread, self._services.ledger.spent)

    async def _reason(
        self, request: ChatRequest, thread: Thread, spent: Callable[[], Coroutine[Any, Any, Spent | None]]
    ) -> str:
        if not self._is_limited(thread):
            return ""
        models = self._current().models if self._current().thread is thread else ()
        known = [self._models.get(str(each)) for each in models or (request.model,)]
        tools = () if models else request.tools
        costs = [estimate(each, request.messages, request.parameters, tools) for each in known]
        return over_budget_of_all(self._services.settings.budget, await spent(), costs, thread.request_budget)

    def _is_limited(self, thread: Thread) -> bool:
        return bool(self._services.settings.budget) or thread.request_budget is not None

    async def _spent(self) -> Spent | None:
        """What was spent. Keys wait for that but a moment, however long another program holds the ledger."""
        task = self._background.start(self._services.ledger.spent())
        await asyncio.wait([task], timeout=SOON)
        if not task.done():
            with self._host.input.waits():
                await asyncio.wait([task])
        return task.result()

    async def _ask(self, reason: str) -> bool:
        from chat_tui.ui.dialogs.host import ask
        from chat_tui.ui.dialogs.over_budget import OverBudget

        return await ask(self._host, OverBudget, reason) is True
