"""One live thread: sends turns, keeps answers, and is the only writer of its thread.

The app and `ask` both run this code; neither knows the backend or the files, only their ports.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from chat_tui.domain.chunk import Chunk, Notice, ReasoningDelta, RetryWait, TextDelta, ToolCallDelta
from chat_tui.domain.errors import ErrorKind, ProviderError, StorageError, UsageError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.message import Message, MessageError, Reply, Role, Status, Timing
from chat_tui.domain.model import ModelRef
from chat_tui.domain.parameters import merge_parameters
from chat_tui.domain.ports import Backend, ChatRequest, ProgressCallback, ThreadStore
from chat_tui.domain.thread import Thread

SAVE_DELAY = 0.8
"""Seconds after which a change is on its way to the disk: within the second that PRODUCT.md §6 promises."""


class ChatSession:
    """A thread that is being written.

    `send`, `regenerate` and `answer` yield the chunks of the answer as they come, after they have been applied to
    `reply`: who draws the conversation reads the message, who pipes it reads the chunks. They end normally however
    the answer ended; `reply.status` and `reply.error` say how. Cancelling the task that iterates stops the answer
    and keeps its text.
    """

    def __init__(
        self,
        thread: Thread,
        store: ThreadStore,
        backend: Backend,
        *,
        default_model: ModelRef | None = None,
        default_parameters: JsonObject | None = None,
        keep: bool = True,
        on_storage: Callable[[str], None] | None = None,
    ) -> None:
        """Takes up a thread.

        Args:
            thread: new or loaded; from now on changed by this session alone.
            store: where it is kept.
            backend: who answers.
            default_model: answers where the thread names no model.
            default_parameters: sent where the thread does not set them.
            keep: whether anything is written at all (`ask --no-save`).
            on_storage: hears of a failed save in the background, with words, and of the next good one, with "".
        """
        self.thread = thread
        self.reply: Message | None = None
        """The answer that is being written, or was written last."""
        self.retry_wait: RetryWait | None = None
        """Why and how long the request waits before it is sent again; None while it does not."""
        self.notices: list[str] = []
        """What the user should know of the last request: a parameter that the server does not take, and the like."""
        self.started: float | None = None
        """When the running request began (`time.monotonic`); None while none runs."""
        self.cancel_status = Status.STOPPED
        """What a cancelled answer becomes: `stopped` by the user, `interrupted` by a dying program."""
        self.on_begin: Callable[[], None] = lambda: None
        """Called once a turn is saved and its answer is about to be asked for: `reply` is there, still blank."""
        self._store = store
        self._backend = backend
        self._default_model = default_model
        self._default_parameters = default_parameters or {}
        self._keep = keep and not thread.read_only
        self._on_storage = on_storage or (lambda words: None)
        self._storage_failed = False
        self._save_timer: asyncio.TimerHandle | None = None
        self._saving: set[asyncio.Task[None]] = set()

    # What the next turn uses

    @property
    def model(self) -> ModelRef | None:
        """The model that answers the next turn."""
        if self.thread.model:
            try:
                return ModelRef.parse(self.thread.model)
            except ValueError:
                return self._default_model
        return self._default_model

    def set_model(self, model: ModelRef) -> None:
        """Lets another model answer from the next turn on."""
        self.thread.model = str(model)
        self._changed()

    def set_system_prompt(self, text: str) -> None:
        """Changes the instructions that stand before the conversation."""
        self.thread.system_prompt = text
        self._changed()

    def set_parameters(self, parameters: JsonObject) -> None:
        """Replaces the thread's own parameters."""
        self.thread.parameters = parameters
        self._changed()

    def set_draft(self, text: str) -> None:
        """Keeps what stands in the prompt."""
        if text != self.thread.draft:
            self.thread.draft = text
            self._changed()

    def rename(self, title: str) -> None:
        """Gives the thread a title of the user's."""
        self.thread.title = title
        self._changed()

    def shorten(self) -> int:
        """Leaves the oldest half of the turns out of what is sent from now on; they stay in the thread.

        Returns:
            How many prompts are still sent.

        Raises:
            UsageError: there is only one.
        """
        prompts = [each for each in self._sent_turns() if each.role is Role.USER]
        if len(prompts) < 2:
            raise UsageError("Only the last prompt is sent; there is nothing older to leave out.")
        kept = prompts[(len(prompts) + 1) // 2 :]
        self.thread.send_from = kept[0].id
        self._changed()
        return len(kept)

    def send_everything(self) -> None:
        """Sends the whole branch again."""
        self.thread.send_from = None
        self._changed()

    def show_sibling(self, step: int) -> bool:
        """Shows the answer before (-1) or after (1) the last one among its siblings; whether there is one.

        Raises:
            UsageError: an answer is on its way.
        """
        if self.is_streaming:
            raise UsageError("An answer is on its way; stop it first.")
        last = next((each for each in reversed(self.thread.branch()) if each.is_answer), None)
        if last is None:
            return False
        siblings = self.thread.siblings(last.id)
        at = [each.id for each in siblings].index(last.id) + step
        if not 0 <= at < len(siblings):
            return False
        self.thread.head = self.thread.leaf_below(siblings[at].id)
        self._changed()
        return True

    # Answers

    @property
    def is_streaming(self) -> bool:
        """Whether an answer is on its way."""
        return self.started is not None

    async def send(self, text: str, progress: ProgressCallback | None = None) -> AsyncGenerator[Chunk]:
        """Adds the user's turn, saves it, then asks for the answer.

        Raises:
            UsageError: no model is chosen, or the thread can't be written.
            StorageError: the prompt is not on disk, so nothing was sent; the thread is as before.
        """
        self._require_model()
        thread = self.thread
        before = (thread.head, thread.title, thread.draft, thread.updated)
        message = thread.add(Role.USER, text)
        thread.draft = ""
        try:
            await self._save()
        except StorageError:
            del thread.messages[message.id]
            thread.head, thread.title, thread.draft, thread.updated = before
            raise
        async with aclosing(self.answer(progress)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def regenerate(self, progress: ProgressCallback | None = None) -> AsyncGenerator[Chunk]:
        """Asks for the last turn's answer once more, as a sibling of the one there is; also after a failure.

        Raises:
            UsageError: there is no turn to answer, or no model.
        """
        self._require_model()
        head = self.thread.messages.get(self.thread.head or "")
        if head and head.is_answer:
            if head.parent is None:
                raise UsageError("There is no prompt to answer.")
            self.thread.head = head.parent
        elif head is None:
            raise UsageError("There is no prompt to answer.")
        async with aclosing(self.answer(progress)) as chunks:
            async for chunk in chunks:
                yield chunk

    def request(self, text: str = "") -> ChatRequest:
        """What `send(text)` would ask the backend, and without a text, what `answer` would; nothing is changed.

        Raises:
            UsageError: no model is chosen.
        """
        model = self._require_model()
        turns = self._request_messages() + ([Message("prompt", None, Role.USER, text)] if text else [])
        return ChatRequest(model, turns, merge_parameters(self._default_parameters, self.thread.parameters))

    async def answer(self, progress: ProgressCallback | None = None) -> AsyncGenerator[Chunk]:
        """Asks for an answer to the shown branch as it stands, and keeps it while it comes.

        Raises:
            UsageError: no model is chosen.
        """
        request = self.request()
        message = self.thread.add(Role.ASSISTANT)
        message.model, message.parameters = str(request.model), request.parameters
        message.status = Status.INTERRUPTED
        self.thread.model = str(request.model)
        replies, clock = [Reply(message)], _Clock(message)
        self.reply, self.started, self.retry_wait, self.notices = message, clock.start, None, []
        self.on_begin()
        try:
            async with aclosing(self._backend.stream(request, progress)) as chunks:
                async for chunk in chunks:
                    self._apply(chunk, replies)
                    clock.see(chunk)
                    self.retry_wait = chunk if isinstance(chunk, RetryWait) else None
                    self._changed()
                    yield chunk
            for reply in replies:
                reply.finish()
                reply.message.status = Status.COMPLETE
                if reply.message.is_blank:
                    words = "The answer came back empty."
                    self._fail(reply, ProviderError(ErrorKind.EMPTY, words, "Ask again, or another model."))
        except ProviderError as error:
            self._fail_all(replies, error)
        except (asyncio.CancelledError, GeneratorExit):
            for reply in replies:
                reply.finish()
                reply.message.status = self.cancel_status
            self._save_at_once()
            raise
        except Exception as error:  # noqa: BLE001 - a defect must not take the text that came with it
            words = f"This program failed while it read the answer ({type(error).__name__})."
            self._fail_all(replies, ProviderError(ErrorKind.INTERNAL, words, "Ask again; if it stays, report it."))
        finally:
            clock.stop()
            self.started, self.retry_wait = None, None
        self._cancel_timer()
        await self._save_quietly()

    def save_now(self) -> None:
        """Writes all that is not on disk yet, without a loop: on leaving, on SIGTERM.

        Raises:
            StorageError: it is not on disk.
        """
        self._cancel_timer()
        if self._keep:
            self._store.save_now(self.thread)

    # Inside

    def _require_model(self) -> ModelRef:
        if self.thread.read_only:
            raise UsageError("This thread was written by a newer version; it can be read, not continued.")
        if (model := self.model) is None:
            raise UsageError("No model is chosen.")
        return model

    def _sent_turns(self) -> list[Message]:
        """The shown branch, from `send_from` on where that is in it."""
        turns = self.thread.branch()
        start = next((at for at, each in enumerate(turns) if each.id == self.thread.send_from), 0)
        return turns[start:]

    def _request_messages(self) -> list[Message]:
        turns = self._sent_turns()
        if self.thread.system_prompt.strip():
            turns.insert(0, Message("system", None, Role.SYSTEM, self.thread.system_prompt))
        return turns

    def _apply(self, chunk: Chunk, replies: list[Reply]) -> None:
        """Gives a chunk to its answer. A further choice (`n` > 1, WIRE.md C19) becomes a sibling of the first one."""
        if isinstance(chunk, Notice):
            self.notices.append(chunk.text)
        index = getattr(chunk, "index", 0)
        if index and all(reply.index != index for reply in replies):
            thread, first = self.thread, replies[0].message
            head = thread.head
            message = thread.add(Role.ASSISTANT, parent=first.parent, as_root=first.parent is None)
            message.model, message.parameters, message.status = first.model, first.parameters, Status.INTERRUPTED
            thread.head = head
            replies.append(Reply(message, index))
        for reply in replies:
            reply.apply(chunk)

    def _fail_all(self, replies: list[Reply], error: ProviderError) -> None:
        """Marks what the failure left unfinished; a choice that had ended before stays complete."""
        for reply in replies:
            if reply.index and reply.message.finish_reason and not reply.message.is_blank:
                reply.finish()
                reply.message.status = Status.COMPLETE
            else:
                self._fail(reply, error)

    def _fail(self, reply: Reply, error: ProviderError) -> None:
        reply.finish()
        message = reply.message
        message.status = Status.FAILED if message.is_blank else Status.INTERRUPTED
        message.error = MessageError(
            kind=str(error.kind),
            message=error.message,
            http_status=error.http_status,
            request_id=error.request_id,
            advice=error.advice,
            detail=error.detail,
        )

    def _changed(self) -> None:
        """Something is not on disk: it will be within the second."""
        if self._keep and self._save_timer is None:
            self._save_timer = asyncio.get_running_loop().call_later(SAVE_DELAY, self._save_in_background)

    def _save_in_background(self) -> None:
        self._save_timer = None
        task = asyncio.get_running_loop().create_task(self._save_quietly())
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)

    async def _save_quietly(self) -> None:
        try:
            await self._save()
        except StorageError as error:
            self._storage_failed = True
            self._on_storage(str(error))
            self._changed()

    async def _save(self) -> None:
        if not self._keep:
            return
        await self._store.save(self.thread)
        if self._storage_failed:
            self._storage_failed = False
            self._on_storage("")

    def _save_at_once(self) -> None:
        """Writes a stopped answer before its task ends: nothing may be awaited there that a second stop could cut."""
        try:
            self.save_now()
        except StorageError as error:
            self._storage_failed = True
            self._on_storage(str(error))
            self._changed()

    def _cancel_timer(self) -> None:
        if self._save_timer is not None:
            self._save_timer.cancel()
            self._save_timer = None


class _Clock:
    """Times an answer into its message."""

    def __init__(self, message: Message) -> None:
        self.start = time.monotonic()
        self._reasoning_start: float | None = None
        self._timing = message.timing = Timing()

    def see(self, chunk: Chunk) -> None:
        """Notes when the first of each kind came."""
        if not isinstance(chunk, TextDelta | ReasoningDelta | ToolCallDelta):
            return
        timing, elapsed = self._timing, time.monotonic() - self.start
        if timing.first_token_s is None:
            timing.first_token_s = round(elapsed, 3)
        if isinstance(chunk, ReasoningDelta):
            self._reasoning_start = elapsed if self._reasoning_start is None else self._reasoning_start
        elif self._reasoning_start is not None and timing.reasoning_s is None:
            timing.reasoning_s = round(elapsed - self._reasoning_start, 3)

    def stop(self) -> None:
        """Notes the whole time."""
        self._timing.total_s = round(time.monotonic() - self.start, 3)
