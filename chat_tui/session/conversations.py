"""The threads that are open: which answers are running, which prompts wait. Knows nothing of the screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias, Unpack

from chat_tui.domain.conversation.draft import NOTHING, Draft
from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.conversation.thread import Header, Thread
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.model import ModelRef
from chat_tui.session.background import BackgroundTasks
from chat_tui.session.chat_session import ChatSession
from chat_tui.session.history import ThreadHistory, change_name

if TYPE_CHECKING:
    from chat_tui.domain.conversation.undo import Change
    from chat_tui.domain.ports.backend import Backend, Progress, ProgressCallback
    from chat_tui.domain.ports.stores import Measurements, UndoLog
    from chat_tui.domain.ports.threads import News, ThreadStore
    from chat_tui.domain.settings import Settings
    from chat_tui.session.several import ModelAnswer, SeveralAnswers
    from chat_tui.session.tool_calls import ToolServices


class Conversation:
    """One open thread: its session, the task of its running answer, the prompts that wait for it to end."""

    def __init__(self, session: ChatSession) -> None:
        self.session = session
        self.queue: list[Draft] = []
        """Prompts sent while an answer runs, the next first."""
        self.position: tuple[str, int] | None = None
        """Where it was read last (`Positions`); None for its end."""
        self.is_left = False
        """Whether another thread has taken its place on the screen: it is closed once it is saved."""
        self.prompt = session.thread.draft
        """The text of the prompt, as it is stored."""
        self.progress: Progress | None = None
        self.last_change = 0.0
        """When the last chunk was received (`time.monotonic`)."""
        self.has_news = False
        """Whether an answer finished that the user has not seen."""
        self.started_at = 0.0
        """When the running turn started, or the last one that ran (`time.monotonic`)."""
        self.task: asyncio.Task[None] | None = None
        self.changes: list[Change] = []
        """What can be undone in a temporary thread; of others the undo log has it."""
        self.is_requested = False
        """Whether the answer of the running turn has been requested."""
        self.has_started = asyncio.Event()
        """Set once the running turn is saved and its answer requested, or has failed before that."""
        self.models: tuple[ModelRef, ...] = ()
        """The models that are asked with the next prompt, where several were chosen."""
        self.is_blind = False
        """Whether their names are hidden until one answer is chosen."""
        self.several: SeveralAnswers | None = None
        """The answers of several models: those that run, or ran last and are still to be chosen from."""

    @property
    def thread(self) -> Thread:
        """The thread itself."""
        return self.session.thread

    def keep_draft(self) -> None:
        """Sets the thread's draft to all that was written and not sent: the queue, then the prompt."""
        texts = [*(each.stored for each in self.queue), self.prompt]
        self.session.set_draft("\n\n".join(each for each in texts if each.strip()))

    @property
    def has_failed(self) -> bool:
        """Whether the last answer that ran ended with an error."""
        return not self.is_busy and self.session.reply is not None and self.session.reply.error is not None

    @property
    def waits_for_other(self) -> bool:
        """Whether another program is writing the answer at the end of the shown branch."""
        head = self.thread.messages.get(self.thread.head or "")
        return head is not None and head.written_elsewhere

    @property
    def is_busy(self) -> bool:
        """Whether a turn is under way, from before its prompt is saved until its answer is."""
        return self.task is not None


Turn: TypeAlias = "Callable[[ProgressCallback], Awaitable[None]]"
"""Runs a turn of a session."""


class ConversationListener(Protocol):
    """Is notified of what happens in open threads. All methods are called on the event loop and must be quick."""

    def starting(self, conversation: Conversation) -> None:
        """A turn is being saved; `Conversation.has_started` is set when that is done."""

    def started(self, conversation: Conversation) -> None:
        """A turn was added and its answer requested."""

    def changed(self, conversation: Conversation) -> None:
        """The running answer, its progress or the queue changed."""

    def called(self, conversation: Conversation, message: Message) -> None:
        """The result of a tool call was added or changed; see `ChatSession.calls`."""

    def finished(self, conversation: Conversation) -> None:
        """The answer has finished, in whatever way, and is saved."""

    def rejected(self, conversation: Conversation, prompt: Draft, reason: str) -> None:
        """A prompt could not be saved, so it is not sent."""

    def storage_changed(self, problem: str) -> None:
        """Saving fails for this reason, or works again where it is empty."""


class Conversations:
    """Opens threads and runs their answers, any number at once."""

    def __init__(
        self,
        store: ThreadStore,
        undo: UndoLog,
        backend: Backend,
        listener: ConversationListener,
        measurements: Measurements,
        tools: ToolServices | None = None,
        on_answer: Callable[[Thread, Message], None] = lambda thread, answer: None,
        settings: Callable[[], Settings] | None = None,
    ) -> None:
        self._on_answer = on_answer
        self._store = store
        self._settings = settings
        self._tools = tools
        self._undo = undo
        self._backend = backend
        self._listener = listener
        self._measurements = measurements
        self._history = ThreadHistory(store, undo)
        self._open: dict[str, Conversation] = {}
        self.background = BackgroundTasks()
        """Saves that no key waits for; `save_all` does."""

    def take(self, thread: Thread, default_model: ModelRef | None, default_parameters: JsonObject) -> Conversation:
        """Opens a thread that is in memory."""
        session = ChatSession(
            thread,
            self._store,
            self._backend,
            default_model=default_model,
            default_parameters=default_parameters,
            keep=not thread.is_temporary,
            on_storage=self._listener.storage_changed,
            tools=self._tools,
            settings=self._settings,
        )
        conversation = self._open[thread.id] = Conversation(session)
        session.on_start = lambda: self._started(conversation)
        session.on_chunk = lambda chunk: self._changed(conversation)
        session.on_request_end = lambda answer: self._answered(thread, answer)
        session.on_change = lambda change: self._note_undo(conversation, change)
        if session.calls is not None:
            session.calls.on_change = lambda message: self._called(conversation, message)
        return conversation

    def get(self, thread_id: str) -> Conversation | None:
        """The open thread with this id."""
        return self._open.get(thread_id)

    def busy(self) -> list[Conversation]:
        """The threads whose answers are running."""
        return [conversation for conversation in self._open.values() if conversation.is_busy]

    def drop(self, conversation: Conversation) -> None:
        """Closes a thread that has nothing running and nothing unsaved."""
        if not conversation.is_busy and not conversation.session.is_unsaved:
            self._open.pop(conversation.thread.id, None)

    def leave(self, conversation: Conversation) -> None:
        """Saves a thread that another one replaces on the screen; then closes it, unless it has been shown again."""
        conversation.is_left = True
        self.background.start(self._close(conversation))

    async def save_soon(self, conversation: Conversation) -> None:
        """Saves an open thread, and waits for a moment. A failure goes to the listener, and is tried again."""
        await self.background.run(conversation.session.save_quietly())

    async def _close(self, conversation: Conversation) -> None:
        await conversation.session.save_quietly()
        if conversation.is_left:
            self.drop(conversation)

    async def change(self, thread_id: str, **fields: Unpack[Header]) -> None:
        """Changes title, marks or tags of a thread, whether it is open or not; can be undone.

        Raises:
            StorageError: it is not open, and can't be read or written.
        """
        if (conversation := self._open.get(thread_id)) is not None:
            conversation.session.change(change_name(fields), **fields)
            await self.save_soon(conversation)
        else:
            await self._history.change(thread_id, **fields)

    async def keep(self, conversation: Conversation) -> None:
        """Makes a temporary thread one that is saved, with what can be undone in it.

        Raises:
            StorageError: it is not on disk; it is tried again later.
        """
        changes, conversation.changes = conversation.changes, []
        await conversation.session.keep()
        for each in changes:
            self.background.start(self._undo.add(each))

    async def delete(self, thread_id: str) -> None:
        """Moves a thread to the trash, open or not; what it was writing is stopped and goes with it.

        Raises:
            StorageError: it can't be moved.
        """
        title = ""
        if (conversation := self._open.get(thread_id)) is not None:
            await self.stop(conversation)
            await conversation.session.save()
            title = conversation.thread.display_title
            self.drop(conversation)
        await self._history.delete(thread_id, title)

    async def sync_from_disk(self, conversation: Conversation) -> News:
        """Merges what other programs wrote into an open thread, and sends the prompts that waited for their answer."""
        waited = conversation.waits_for_other
        news = await self._store.sync_from_disk(conversation.thread)
        if waited and not conversation.waits_for_other and not conversation.is_busy:
            self._next(conversation, conversation.thread.messages.get(conversation.thread.head or ""))
        return news

    def send(self, conversation: Conversation, prompt: Draft) -> None:
        """Sends a prompt, or queues it behind the answer that runs, here or in another program."""
        if conversation.is_busy or conversation.waits_for_other:
            conversation.queue.append(prompt)
            conversation.keep_draft()
            self._listener.changed(conversation)
        elif conversation.models:
            several = self._several(conversation)
            self._start(conversation, lambda on_progress: several.send(prompt), prompt)
        else:
            conversation.several = None
            self._start(conversation, lambda on_progress: conversation.session.send(prompt, on_progress), prompt)

    def regenerate(self, conversation: Conversation) -> None:
        """Regenerates the last answer; the current one is kept."""
        if not conversation.is_busy:
            self._start(conversation, conversation.session.regenerate)

    def regenerate_several(self, conversation: Conversation) -> None:
        """Asks the chosen models for answers to the last prompt; those that there are, are kept."""
        if not conversation.is_busy:
            several = self._several(conversation)
            self._start(conversation, lambda on_progress: several.regenerate())

    def ask_again(self, conversation: Conversation, answer: ModelAnswer) -> ModelAnswer | None:
        """Asks one of several models once more, also while others answer; None where something else is running."""
        several = conversation.several
        if several is None or (conversation.is_busy and not several.is_running):
            return None
        new = several.ask_again(answer)
        if not conversation.is_busy:
            conversation.is_requested = True
            self._start(conversation, lambda on_progress: several.wait())
            conversation.has_started.set()
        return new

    def _several(self, conversation: Conversation) -> SeveralAnswers:
        from chat_tui.session.several import SeveralAnswers

        models = conversation.models
        if conversation.is_blind:  # their order says nothing either
            import random

            models = tuple(random.sample(models, len(models)))
        several = SeveralAnswers(conversation.session, self._backend, models)
        several.is_blind, several.on_change = conversation.is_blind, lambda answer: self._changed(conversation)
        conversation.several, conversation.models, conversation.is_blind = several, (), False
        return several

    def continue_answer(self, conversation: Conversation) -> None:
        """Continues the last answer where it stopped."""
        if not conversation.is_busy:
            self._start(conversation, conversation.session.continue_answer)

    def edit(self, conversation: Conversation, message_id: str, prompt: Draft) -> None:
        """Sends another prompt in place of an earlier one, as a new branch."""
        if not conversation.is_busy:
            session = conversation.session
            self._start(conversation, lambda on_progress: session.edit(message_id, prompt, on_progress), prompt)

    async def undo_in_list(self) -> Change | None:
        """Undoes the last change that is seen in a list of threads; returns it, or None where there is none.

        Raises:
            StorageError: its thread can't be read or written.
            UsageError: an answer of the thread is running.
        """
        change = await self._undo.last()
        if change is not None:
            await self.undo(change)
        return change

    async def last_change(self, conversation: Conversation) -> Change | None:
        """The last change of an open thread that can be undone."""
        if conversation.thread.is_temporary:
            return conversation.changes[-1] if conversation.changes else None
        return await self._undo.last(conversation.thread.id)

    async def undo(self, change: Change) -> None:
        """Undoes a change, whether its thread is open or not.

        Raises:
            StorageError: its thread is not open, and can't be read or written.
            UsageError: an answer of the thread is running.
        """
        conversation = self._open.get(change.thread_id)
        if change.trashed or conversation is None:
            await self._history.undo(change)
        else:
            conversation.session.undo(change)
            if change in conversation.changes:
                conversation.changes.remove(change)
            else:
                self.background.start(self._undo.remove(change))
            await self.save_soon(conversation)

    async def stop(self, conversation: Conversation) -> None:
        """Stops the running answer and waits until it is saved."""
        if conversation.task is not None:
            conversation.task.cancel()
            await asyncio.wait([conversation.task])

    async def stop_all(self) -> None:
        """Stops every answer; queued prompts go back into the drafts."""
        for conversation in self._open.values():
            if conversation.queue:
                conversation.keep_draft()
                conversation.prompt = conversation.thread.draft
                conversation.queue.clear()
        for conversation in self.busy():
            await self.stop(conversation)

    async def save_all(self) -> None:
        """Writes every open thread whole, and waits for the saves in the background.

        Raises:
            StorageError: something is not on disk; all else has been written.
        """
        problem: StorageError | None = None
        for conversation in list(self._open.values()):
            try:
                await conversation.session.save()
            except StorageError as error:
                problem = error
        await self.background.wait()
        if problem:
            raise problem

    def save_all_blocking(self, status: Status) -> None:
        """Writes every open thread whole, and blocks: the process is about to end.

        Args:
            status: what the running answers become.

        Raises:
            StorageError: something is not on disk; all else has been written.
        """
        problem: StorageError | None = None
        for conversation in self._open.values():
            conversation.session.cancel_status = status
            try:
                conversation.session.save_blocking()
            except StorageError as error:
                problem = error
        if problem:
            raise problem

    # A turn

    def _started(self, conversation: Conversation) -> None:
        conversation.is_requested = True
        conversation.has_started.set()
        conversation.keep_draft()  # the prompt that was sent is none any more; what else was written still is
        self._listener.started(conversation)

    def _note_undo(self, conversation: Conversation, change: Change) -> None:
        if conversation.thread.is_temporary:
            conversation.changes.append(change)
        else:
            self.background.start(self._undo.add(change))

    def _answered(self, thread: Thread, answer: Message) -> None:
        from chat_tui.domain.conversation.measurement import measure_all

        self._on_answer(thread, answer)
        if not thread.is_temporary and (found := measure_all(answer)):
            self.background.start(self._measurements.add(*found))

    def _changed(self, conversation: Conversation) -> None:
        conversation.last_change = time.monotonic()
        self._listener.changed(conversation)

    def _called(self, conversation: Conversation, message: Message) -> None:
        calls = conversation.session.calls
        if calls is None or message.id not in calls.progress:  # what a server reports is no change of the call
            conversation.last_change = time.monotonic()
        self._listener.called(conversation, message)

    def _start(self, conversation: Conversation, run: Turn, prompt: Draft = NOTHING) -> None:
        conversation.has_started.clear()
        conversation.task = asyncio.get_running_loop().create_task(self._turn(conversation, run, prompt))
        self._listener.starting(conversation)

    async def _turn(self, conversation: Conversation, run: Turn, prompt: Draft) -> None:
        """Runs a turn to its end; `prompt` is what the user wrote for it."""
        conversation.progress, conversation.started_at = None, time.monotonic()
        conversation.last_change = conversation.started_at

        def on_progress(progress: Progress) -> None:
            conversation.progress = progress
            self._listener.changed(conversation)

        try:
            await run(on_progress)
        except (UsageError, StorageError) as error:
            self._listener.rejected(conversation, prompt, str(error))
        finally:
            conversation.task = None
            conversation.has_started.set()
            if conversation.is_requested:
                conversation.is_requested, conversation.has_news = False, True
                self._listener.finished(conversation)
        self._next(conversation, conversation.session.reply)

    def _next(self, conversation: Conversation, reply: Message | None) -> None:
        if conversation.queue and reply is not None and reply.status is Status.COMPLETE:
            self.send(conversation, conversation.queue.pop(0))
