"""The state of plain mode: the open thread, what is written and not sent, what was listed last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from chat_tui.cli.commands.ask.call_approval import ASK, CallApproval
from chat_tui.cli.commands.spending import note_usage
from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.cli.plain.lines import Interrupted, LineServer
from chat_tui.cli.plain.page import Page
from chat_tui.cli.plain.turns import TurnPrinter
from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import sentences, tr
from chat_tui.session import ChatSession
from chat_tui.session.conversations import Conversation, Conversations
from chat_tui.ui.chat.preferences import Preferences

if TYPE_CHECKING:
    from chat_tui.domain.ports.backend import ChatRequest


class PlainChat:
    """What commands of plain mode work with."""

    def __init__(self, container: Container, out: Output, page: Page, lines: LineServer) -> None:
        """Has no thread until `show` is called.

        Args:
            container: the stores, the backend, the settings.
            out: prints to the same place as `page`, for what prints by itself.
            page: prints.
            lines: what is typed.
        """
        self.container = container
        self.out = out
        self.page = page
        self._lines = lines
        self._printer = TurnPrinter(page, container.prices.cost, self.restore)
        self.conversations = Conversations(
            container.store,
            container.undo,
            container.backend,
            self._printer,
            container.measurements,
            container.tools,
            on_answer=self._answered,
            settings=lambda: container.settings,
        )
        self.preferences = Preferences(container, self.conversations.background, self._notify)
        self.conversation: Conversation
        """The open one; there after `show`."""
        self.written = Draft()
        """What was written for the next prompt: lines that go on, attachments."""
        self.kept = ""
        """A draft from before: it is sent, edited or dropped by a command, never by a line that is typed."""
        self.listed: dict[str, Sequence[str]] = {}
        """What a number means, by what was listed: ids of threads, names of models."""
        self.notices: list[str] = []
        """What is said before the next prompt."""
        self.is_leaving = False
        self.running: asyncio.Task[None] | None = None
        """The command that runs: ctrl+c cancels it where no answer runs."""
        self._approvals: list[CallApproval] = []
        self._warned = set[str]()

    @property
    def thread(self) -> Thread:
        """The open thread."""
        return self.conversation.thread

    @property
    def session(self) -> ChatSession:
        """The session of the open thread."""
        return self.conversation.session

    # What is said and asked

    def say(self, text: str) -> None:
        """Prints lines."""
        self.page.say(text)

    async def ask(self, question: str, *, is_secret: bool = False) -> str:
        """The line that is typed to a question, without blanks around it; empty at the end of input.

        Raises:
            Interrupted: ctrl+c was pressed.
        """
        self.page.end_line()
        line = await self._lines.ask(question, is_secret=is_secret)
        return (line or "").strip()

    async def confirm(self, question: str) -> bool:
        """Whether a question is answered with yes."""
        return (await self.ask(f"{question} [y/n] ")).lower() in ("y", "yes")

    async def edited(self, text: str) -> str:
        """A text as the user's editor leaves it.

        Raises:
            UsageError: there is no editor, or it failed.
        """
        from chat_tui.ui.terminal.external import EditorError, child_environment, edit

        self.page.end_line()
        try:
            return await asyncio.to_thread(edit, text, child_environment(self.container.settings))
        except EditorError as error:
            raise UsageError(str(error)) from None

    def numbered(self, kind: str, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Prints a list whose numbers a command takes."""
        self.listed[kind] = ids
        for number, text in enumerate(texts, 1):
            self.say(f"{number}. {text}")

    def named(self, kind: str, word: str) -> str:
        """What a number of the list printed last stands for; any other word as it is.

        Raises:
            UsageError: the list has no such number.
        """
        if not word.isdecimal() or kind not in self.listed:
            return word
        if not 0 < int(word) <= len(self.listed[kind]):
            raise UsageError(tr("No number {n} in the list of {kind}.", n=word, kind=kind))
        return self.listed[kind][int(word) - 1]

    def _notify(
        self, message: str, *, title: str = "", severity: str = "information", timeout: float | None = None
    ) -> None:
        self.notices.append(tr("{what}: {why}", what=title, why=message) if title else message)

    # Threads

    def begin(self, model: ModelRef | None = None, *, is_temporary: bool = False) -> None:
        """Opens an empty thread with a model; the user's default, without one."""
        self.show(self.take(Thread(is_temporary=is_temporary), model))

    def take(self, thread: Thread, model: ModelRef | None = None) -> Conversation:
        """Opens a thread that is in memory; its calls of tools are asked about here."""
        parameters = self.container.settings.parameters
        conversation = self.conversations.take(thread, model or self._default_model(), parameters)
        if conversation.session.calls is not None:
            approval = CallApproval(conversation.session.calls, self.out, ASK, self._ask_about_call)
            self._approvals.append(approval)
        return conversation

    def _default_model(self) -> ModelRef | None:
        settings = self.container.settings
        for text in (settings.default_model, *settings.recents):
            with suppress(ValueError):
                if text:
                    return ModelRef.parse(text)
        return self.container.default_model()

    def show(self, conversation: Conversation) -> None:
        """Makes a conversation the open one; the one before is saved and closed."""
        if hasattr(self, "conversation"):
            self.note_draft()
            self.conversations.leave(self.conversation)
        conversation.is_left = False
        self.conversation, self.kept, self.written = conversation, conversation.prompt, Draft()

    async def open(self, thread_id: str) -> None:
        """Opens a saved thread.

        Raises:
            StorageError: it can't be read.
        """
        conversation = self.conversations.get(thread_id)
        if conversation is None:
            thread = await self.container.store.load(thread_id)
            thread.show_starred()
            conversation = self.take(thread)
        self.show(conversation)

    async def may_leave(self) -> bool:
        """Whether the open thread may be left; asks what becomes of a temporary one."""
        self.note_draft()
        if not self.thread.is_temporary or self.thread.is_empty:
            return True
        answer = (await self.ask("This thread is temporary: [d] discard, [s] save, enter to stay: ")).lower()[:1]
        if answer == "s":
            await self.conversations.keep(self.conversation)
        elif answer == "d":
            self.conversations.drop(self.conversation)
        return answer in ("s", "d")

    # The draft

    def restore(self, draft: Draft) -> None:
        """Takes a prompt that was not sent back, before what was written since."""
        self.written = draft.joined(self.written)
        self.note_draft()

    def note_draft(self) -> None:
        """Keeps in the thread what is written and not sent."""
        kept = (each for each in (self.kept, self.written.stored) if each.strip())
        self.conversation.prompt = "\n\n".join(kept)
        self.conversation.keep_draft()

    # Answers

    async def turn(self, start: Callable[[], None]) -> None:
        """Starts a turn of the open thread, and prints it to its end."""
        conversation = self.conversation
        if not conversation.models:
            conversation.several = None  # those of the turn before
        start()
        watching = asyncio.create_task(self._printer.watch(conversation))
        try:
            while (task := conversation.task) is not None:
                await asyncio.wait([task])
        finally:
            watching.cancel()

    def interrupt(self) -> None:
        """Stops the answer that runs and keeps its text; without one, cancels the command that runs."""
        if self.conversation.task is not None:
            self.conversation.task.cancel()
        elif self.running is not None:
            self.running.cancel()

    async def _ask_about_call(self, question: str) -> str | None:
        self.page.end_line()
        try:
            return await self._lines.ask(question)
        except (Interrupted, UsageError):
            self.interrupt()
            if self.conversation.task is not None:
                await asyncio.wait([self.conversation.task])
            return None

    def _answered(self, thread: Thread, answer: Message) -> None:
        note_usage(self.container, answer, "" if thread.is_temporary else thread.id)
        if self.container.settings.budget:
            self.conversations.background.start(self._warn_of_budget())

    async def _warn_of_budget(self) -> None:
        from chat_tui.domain.usage.budget import budget_warnings

        if (spent := await self.container.ledger.spent()) is not None:
            for each in budget_warnings(self.container.settings.budget, spent):
                if each.key not in self._warned:
                    self._warned.add(each.key)
                    self.notices.append(tr("Budget: {problem}", problem=each.text))

    async def refusal(self, request: ChatRequest, models: Sequence[ModelRef] = ()) -> str:
        """Why a request of the open thread is over the budget, a sentence; empty where it is not."""
        budget, most = self.container.settings.budget, self.thread.request_budget
        if not budget and most is None:
            return ""
        from chat_tui.domain.usage.budget import estimate, over_budget_of_all

        known = [self.container.prices.model(str(each)) for each in models or (request.model,)]
        tools = () if models else request.tools
        costs = [estimate(each, request.messages, request.parameters, tools) for each in known]
        return over_budget_of_all(budget, await self.container.ledger.spent(), costs, most)

    async def permits(self, request: ChatRequest, models: Sequence[ModelRef] = ()) -> bool:
        """Whether a request may be sent; asks where it is over the budget."""
        reason = await self.refusal(request, models)
        return not reason or await self.confirm(sentences(reason, tr("Send it anyway?")))

    async def allows(self, prompt: Draft | str = "") -> bool:
        """Whether the next request of the open thread may be sent; asks where it is over the budget."""
        if not self.container.settings.budget and self.thread.request_budget is None:
            return True
        return await self.permits(self.session.request(prompt), self.conversation.models)

    def require_idle(self) -> None:
        """Sees to it that no other program writes the end of the thread.

        Raises:
            UsageError: one does.
        """
        if self.conversation.waits_for_other:
            raise UsageError(tr("Another program is writing this answer; wait until it is finished."))

    def use_model(self, model: ModelRef) -> None:
        """Sets the model of the next turn, and remembers the one before."""
        if (before := self.session.model) is not None and before != model:
            self.preferences.remember_model(str(before))
        self.session.set_model(model)
        if self.container.settings.default_model is None:
            self.preferences.update(default_model=str(model))

    # The end

    async def close(self) -> None:
        """Stops what runs, saves everything, lets servers go.

        Raises:
            StorageError: something is not on disk.
        """
        for each in self._approvals:
            each.close()
        try:
            self.note_draft()
            await self.conversations.stop_all()
            await self.conversations.save_all()
        finally:
            await self.container.backend.aclose()
            await self.container.close_tools()
