"""Several models asked at once: their answers are siblings below one prompt, and each ends by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.errors import ErrorKind, ProviderError, UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import tr
from chat_tui.session.chat_session import ChatSession
from chat_tui.session.thread_edits import WRITTEN_ELSEWHERE
from chat_tui.session.tool_calls import settle

if TYPE_CHECKING:
    from chat_tui.domain.conversation.chunk import RetryWait
    from chat_tui.domain.ports.backend import Backend, ChatRequest
    from chat_tui.session.requests.reply_builder import ReplyBuilder

TOOLS_OFF = tr("Tools are not offered while several models are asked.")


class ModelAnswer:
    """The answer of one of the models."""

    def __init__(self, model: ModelRef, message: Message) -> None:
        self.model = model
        self.message = message
        self.started = time.monotonic()
        """When its request began (`time.monotonic`)."""
        self.last_change = self.started
        """When its last chunk was received."""
        self.retry_wait: RetryWait | None = None
        """Why and how long its request waits before it is sent again; None while it does not."""
        self.task: asyncio.Task[None] | None = None
        """Runs it; None once it has ended and is saved."""

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.task is not None


class SeveralAnswers:
    """Asks several models the same, and keeps their answers while they grow.

    Tools are not offered, and no other model is asked in place of one that fails: each answer is its own model's.
    `send`, `regenerate` and `wait` return when all answers have ended, in whatever way, and are saved. Cancelling
    their task stops all of them; the text that came is kept.
    """

    def __init__(
        self, session: ChatSession, backend: Backend, models: Sequence[ModelRef], *, source: str = "app"
    ) -> None:
        """Asks nothing yet.

        Args:
            session: the thread's; while answers run, it says that one is running, and `reply` is the first of them.
            backend: who answers.
            models: the models, each once.
            source: what sends the requests, for the usage ledger.
        """
        self.session = session
        self.models = tuple(dict.fromkeys(models))
        self.answers: list[ModelAnswer] = []
        """The last answer of each model, in the order of the models."""
        self.chosen: ModelAnswer | None = None
        """The answer that the user chose."""
        self.is_blind = False
        """Whether the names of the models are hidden until one answer is chosen."""
        self.on_change: Callable[[ModelAnswer], None] | None = None
        """Called with an answer when it has begun, changed or ended; must be quick. None while nobody watches."""
        self._backend = backend
        self._source = source
        self._retired: list[ModelAnswer] = []
        """Answers that still run while another one of their model was asked for."""

    @property
    def is_running(self) -> bool:
        """Whether an answer has not ended yet."""
        return any(each.is_running for each in (*self.answers, *self._retired))

    async def send(self, prompt: Draft | str) -> None:
        """Adds the user's turn, saves it, then asks all models.

        Raises:
            UsageError: a model reads no images, or the thread can't be written.
            StorageError: the prompt is not on disk, so nothing was sent; the thread is as before.
        """
        await self.session.add_prompt(prompt, self.models)
        await self._ask_all()

    async def regenerate(self) -> None:
        """Asks all models for an answer to the last prompt, beside those that there are.

        Raises:
            UsageError: there is no prompt to answer, or another program is answering it.
        """
        thread = self.session.thread
        head = thread.messages.get(thread.head or "")
        if head is None or head.summarizes or (head.is_answer and head.parent is None):
            raise UsageError(tr("No prompt to answer."))
        if head.written_elsewhere:
            raise UsageError(WRITTEN_ELSEWHERE)
        if head.is_answer:
            thread.head = head.parent
        await self._ask_all()

    async def wait(self) -> None:
        """Waits until all answers have ended."""
        session = self.session
        try:
            while tasks := [each.task for each in (*self.answers, *self._retired) if each.task is not None]:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            tasks = [each.task for each in (*self.answers, *self._retired) if each.task is not None]
            for task in tasks:
                task.cancel()
            while left := [each for each in tasks if not each.done()]:  # a second cancellation does not end the wait
                try:
                    await asyncio.wait(left)
                except asyncio.CancelledError:
                    continue
            raise
        finally:
            session.started, session.retry_wait = None, None
            self._show_best()
        await session.autosaver.save_quietly()

    def ask_again(self, answer: ModelAnswer) -> ModelAnswer:
        """Asks the model of an answer once more, beside it; whoever runs this calls `wait` unless it is being waited.

        Returns:
            The new answer, which takes the place of the other in `answers`.
        """
        thread = self.session.thread
        head = thread.head
        new = self._begin(answer.model, answer.message.parent)
        thread.head = new.message.id if head == answer.message.id else head
        self.answers[self.answers.index(answer)] = new
        if answer.is_running:
            self._retired.append(answer)
        self._start(new)
        return new

    def stop(self, answer: ModelAnswer) -> None:
        """Stops one answer; its text is kept."""
        if answer.task is not None:
            answer.task.cancel()

    # Inside

    async def _ask_all(self) -> None:
        session, thread = self.session, self.session.thread
        thread.model = thread.model or str(self.models[0])
        if settled := settle(thread.branch()):
            session.autosaver.changed(*settled)
        parent = thread.head
        self.answers = [self._begin(each, parent) for each in self.models]
        thread.head = self.answers[0].message.id
        session.notices = [TOOLS_OFF] if thread.tools else []
        for each in self.answers:
            self._start(each)
        session.on_start()
        await self.wait()

    def _begin(self, model: ModelRef, parent: str | None) -> ModelAnswer:
        message = self.session.thread.add(Role.ASSISTANT, parent=parent, as_root=parent is None)
        message.model, message.status = str(model), Status.INTERRUPTED
        return ModelAnswer(model, message)

    def _start(self, answer: ModelAnswer) -> None:
        from chat_tui.session.requests.reply_builder import ReplyBuilder

        session = self.session
        if session.started is None:
            session.started = time.monotonic()
        if answer.message.id == session.thread.head:
            session.reply = answer.message
        request = self.request(answer)
        answer.message.parameters = dict(request.parameters)
        builder = ReplyBuilder(session.thread, answer.message, self._source, session.on_request_end)
        answer.task = asyncio.get_running_loop().create_task(self._run(answer, request, builder))
        answer.task.add_done_callback(lambda task: self._ended(answer, task, builder))
        self._grow()

    def request(self, answer: ModelAnswer) -> ChatRequest:
        """What the model of an answer is asked, for it or for another one beside it."""
        thread = self.session.thread
        head, thread.head = thread.head, answer.message.parent
        try:
            request = self.session.request()
        finally:
            thread.head = head
        parameters = {name: value for name, value in request.parameters.items() if name != "n"}
        return replace(request, model=answer.model, parameters=parameters, tools=())

    async def _run(self, answer: ModelAnswer, request: ChatRequest, builder: ReplyBuilder) -> None:
        from chat_tui.domain.conversation.chunk import RetryWait

        session = self.session
        try:
            async with aclosing(self._backend.stream(request)) as chunks:
                async for chunk in chunks:
                    builder.take(chunk)
                    answer.retry_wait = chunk if isinstance(chunk, RetryWait) else None
                    answer.last_change = time.monotonic()
                    session.autosaver.changed()
                    self._notify(answer)
            builder.complete()
        except ProviderError as error:
            builder.fail(error)
        except asyncio.CancelledError:
            builder.stop(session.cancel_status)
        except Exception as error:  # noqa: BLE001 - a defect must not lose the text received so far
            text = tr("Internal error while reading the answer ({name}).", name=type(error).__name__)
            builder.fail(ProviderError(ErrorKind.INTERNAL, text, tr("Try again; if it keeps happening, report it.")))
        answer.retry_wait = None
        await session.autosaver.save_to_the_end()

    def _ended(self, answer: ModelAnswer, task: asyncio.Task[None], builder: ReplyBuilder) -> None:
        if task.cancelled():  # before it began
            builder.stop(self.session.cancel_status)
        answer.task = None
        self._retired = [each for each in self._retired if each is not answer]
        self._grow()
        self._notify(answer)

    def _grow(self) -> None:
        """Tells what saves the thread which answers grow."""
        everything = (*self.answers, *self._retired)
        self.session.autosaver.growing = [each.message for each in everything if each.is_running]

    def _notify(self, answer: ModelAnswer) -> None:
        if self.on_change is not None:
            self.on_change(answer)

    def _show_best(self) -> None:
        """Moves the head to the first whole answer, where it is at one that failed and nobody has moved it."""
        session, thread = self.session, self.session.thread
        messages = [each.message for each in self.answers]
        head = next((each for each in messages if each.id == thread.head), None)
        if self.chosen is None and head is not None and head.status is not Status.COMPLETE:
            whole = next((each for each in messages if each.status is Status.COMPLETE), head)
            thread.head, session.reply = whole.id, whole
