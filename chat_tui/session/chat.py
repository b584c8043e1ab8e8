"""One live thread: sends turns, keeps answers, and is the only writer of its thread.

The app and `ask` both run this code; neither knows the backend or the files, only their ports.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

from chat_tui.domain.chunk import Chunk, Notice, RetryWait
from chat_tui.domain.errors import ErrorKind, ProviderError, StorageError, UsageError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.message import Message, Role, Status, now
from chat_tui.domain.model import ModelRef
from chat_tui.domain.parameters import merge_parameters
from chat_tui.domain.ports import Backend, ChatRequest, ProgressCallback, ThreadStore
from chat_tui.domain.thread import Thread
from chat_tui.domain.undo import Change, take_back
from chat_tui.session.answering import Answering
from chat_tui.session.keeper import Keeper


class ChatSession:
    """A thread that is being written.

    `send`, `regenerate`, `go_on` and `answer` yield the chunks of the answer as they come, after they have been
    applied to `reply`: who draws the conversation reads the message, who pipes it reads the chunks. They end normally
    however the answer ended; `reply.status` and `reply.error` say how. Cancelling the task that iterates stops the
    answer and keeps its text.
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
        self.on_change: Callable[[Change], None] = lambda change: None
        """Hears of what can be undone."""
        self._backend = backend
        self._default_model = default_model
        self._default_parameters = default_parameters or {}
        self._keeper = Keeper(thread, store, on_storage or (lambda words: None), writes=keep and not thread.read_only)

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
        self._keeper.changed()

    def set_system_prompt(self, text: str) -> None:
        """Changes the instructions that stand before the conversation."""
        self._note_undo("system prompt", {"system_prompt": self.thread.system_prompt})
        self.thread.system_prompt = text
        self._keeper.changed()

    def set_parameters(self, parameters: JsonObject) -> None:
        """Replaces the thread's own parameters."""
        self._note_undo("parameters", {"parameters": self.thread.parameters})
        self.thread.parameters = parameters
        self._keeper.changed()

    def set_draft(self, text: str) -> None:
        """Keeps what stands in the prompt."""
        if text != self.thread.draft:
            self.thread.draft = text
            self._keeper.changed()

    # The thread

    def change(self, what: str, **values: object) -> None:
        """Sets fields of the thread (`undo.UNDOABLE`): its title, its tags; can be undone.

        Args:
            what: the deed in words, `rename`.
            values: the fields' new values.
        """
        self._note_undo(what, {name: getattr(self.thread, name) for name in values})
        for name, value in values.items():
            setattr(self.thread, name, value)
        self._keeper.changed()

    def delete(self, message_id: str) -> None:
        """Takes a message, and what follows it, out of the thread; can be undone.

        Raises:
            UsageError: an answer is on its way.
        """
        self._require_rest()
        self._note_undo("delete message", {"head": self.thread.head}, {message_id: ""})
        self.thread.delete(message_id)
        self._keeper.changed(self.thread.messages[message_id])

    def mark(self, message_id: str, **marks: bool) -> None:
        """Sets `pinned` or `muted` of a message: what of the branch is sent."""
        message = self.thread.messages[message_id]
        for name, value in marks.items():
            setattr(message, name, value)
        self._keeper.changed(message)

    def star(self, message_id: str | None) -> None:
        """Lets a message's branch be the one that is shown when the thread is opened; None for the last shown."""
        self.thread.starred = message_id
        self._keeper.changed()

    def clear(self) -> None:
        """Begins the conversation anew in the same thread: what was said stays as a branch; can be undone.

        Raises:
            UsageError: an answer is on its way.
        """
        self._require_rest()
        self._note_undo("clear", {"head": self.thread.head})
        self.thread.head = None
        self._keeper.changed()

    def undo(self, change: Change) -> None:
        """Takes a change back.

        Raises:
            UsageError: an answer is on its way.
        """
        self._require_rest()
        take_back(self.thread, change)
        self._keeper.changed(*(each for each in self.thread.messages.values() if each.id in change.deleted))

    def shorten(self) -> int:
        """Leaves the oldest half of the turns out of what is sent from now on; they stay in the thread.

        Returns:
            How many prompts are still sent.

        Raises:
            UsageError: there is only one.
        """
        prompts = [each for each in self.thread.sent() if each.role is Role.USER]
        if len(prompts) < 2:
            raise UsageError("Only the last prompt is sent; there is nothing older to leave out.")
        kept = prompts[(len(prompts) + 1) // 2 :]
        self.thread.send_from = kept[0].id
        self._keeper.changed()
        return len(kept)

    def send_everything(self) -> None:
        """Sends the whole branch again."""
        self.thread.send_from = None
        self._keeper.changed()

    def show_sibling(self, step: int, message_id: str | None = None) -> bool:
        """Shows the message before (-1) or after (1) one among its siblings; whether there is one.

        Args:
            step: -1 or 1.
            message_id: of the shown branch; the last answer, if none is given.

        Raises:
            UsageError: an answer is on its way.
        """
        self._require_rest()
        branch = self.thread.branch()
        if message_id is None:
            message_id = next((each.id for each in reversed(branch) if each.is_answer), None)
        if message_id is None:
            return False
        siblings = self.thread.siblings(message_id)
        at = [each.id for each in siblings].index(message_id) + step
        if not 0 <= at < len(siblings):
            return False
        self.thread.head = self.thread.leaf_below(siblings[at].id)
        self._keeper.changed()
        return True

    def show_message(self, message_id: str) -> bool:
        """Shows the branch that a message is on; whether it is shown now. A running answer stays where it is."""
        thread = self.thread
        if all(each.id != message_id for each in thread.branch()):
            if message_id not in thread.messages or self.is_streaming:
                return False
            thread.head = thread.leaf_below(message_id)
            self._keeper.changed()
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
            await self._keeper.save()
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
        if head is None or (head.is_answer and head.parent is None):
            raise UsageError("There is no prompt to answer.")
        if head.is_answer:
            self.thread.head = head.parent
        request, message = self._begin()
        if head.is_answer:
            self._note_undo("answer again", {"head": head.id}, {message.id: now()})
        async with aclosing(self._run(request, message, progress)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def edit(self, message_id: str, text: str, progress: ProgressCallback | None = None) -> AsyncGenerator[Chunk]:
        """Asks again with another text in place of an earlier prompt: a new branch beside the old one.

        Raises:
            UsageError: an answer is on its way, or no model is chosen.
            StorageError: the prompt is not on disk, so nothing was sent; the thread is as before.
        """
        self._require_rest()
        self._require_model()
        before = self.thread.head
        message = self._beside(message_id, text)
        try:
            await self._keeper.save()
        except StorageError:
            del self.thread.messages[message.id]
            self.thread.head = before
            raise
        self._note_undo("edit", {"head": before}, {message.id: now()})
        async with aclosing(self.answer(progress)) as chunks:
            async for chunk in chunks:
                yield chunk

    def edit_answer(self, message_id: str, text: str) -> None:
        """Puts the user's own version of an answer beside it; nothing is sent.

        Raises:
            UsageError: an answer is on its way.
        """
        self._require_rest()
        before, original = self.thread.head, self.thread.messages[message_id]
        message = self._beside(message_id, text)
        message.model, message.reasoning, message.status = original.model, original.reasoning, Status.COMPLETE
        message.extra["edited_from"] = message_id
        self._note_undo("edit", {"head": before}, {message.id: now()})
        self._keeper.changed(message)

    def _beside(self, message_id: str, text: str) -> Message:
        """A new message of the same place and role."""
        original = self.thread.messages[message_id]
        return self.thread.add(original.role, text, parent=original.parent, as_root=original.parent is None)

    async def go_on(self, progress: ProgressCallback | None = None) -> AsyncGenerator[Chunk]:
        """Lets the last answer go on where it stopped: in its place, or, if another model is to answer, beside it.

        Raises:
            UsageError: there is no answer with text at the end, or no model.
        """
        model = self._require_model()
        last = self.thread.messages.get(self.thread.head or "")
        if last is None or not last.is_answer or not last.content.strip():
            raise UsageError("There is no answer to go on with.")
        if last.model != str(model):
            before, half = self.thread.head, last
            last = self.thread.add(Role.ASSISTANT, half.content, parent=half.parent, as_root=half.parent is None)
            last.model, last.reasoning, last.hidden = str(model), half.reasoning, half.hidden
            self._note_undo("continue", {"head": before}, {last.id: now()})
        request = self.request()
        one = {name: value for name, value in request.parameters.items() if name != "n"}
        request = replace(request, parameters=one)
        async with aclosing(self._run(request, last, progress)) as chunks:
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
        async with aclosing(self._run(*self._begin(), progress)) as chunks:
            async for chunk in chunks:
                yield chunk

    def save_now(self) -> None:
        """Writes all that is not on disk yet, without a loop: on leaving, on SIGTERM.

        Raises:
            StorageError: it is not on disk.
        """
        self._keeper.save_now()

    # Inside

    def _begin(self) -> tuple[ChatRequest, Message]:
        """The request for an answer to the shown branch, and the blank answer below it."""
        request = self.request()
        message = self.thread.add(Role.ASSISTANT)
        message.model, message.parameters = str(request.model), request.parameters
        self.thread.model = str(request.model)
        return request, message

    async def _run(
        self, request: ChatRequest, message: Message, progress: ProgressCallback | None
    ) -> AsyncGenerator[Chunk]:
        """Asks, and keeps what comes in `message`."""
        answering = Answering(self.thread, message)
        self.reply, self.started, self.retry_wait, self.notices = message, answering.started, None, []
        self._keeper.growing = answering.messages
        self.on_begin()
        try:
            async with aclosing(self._backend.stream(request, progress)) as chunks:
                async for chunk in chunks:
                    answering.take(chunk)
                    if isinstance(chunk, Notice):
                        self.notices.append(chunk.text)
                    self.retry_wait = chunk if isinstance(chunk, RetryWait) else None
                    self._keeper.growing = answering.messages
                    self._keeper.changed()
                    yield chunk
            answering.complete()
        except ProviderError as error:
            answering.fail(error)
        except (asyncio.CancelledError, GeneratorExit):
            answering.stop(self.cancel_status)
            self._keeper.save_at_once()
            raise
        except Exception as error:  # noqa: BLE001 - a defect must not take the text that came with it
            words = f"This program failed while it read the answer ({type(error).__name__})."
            answering.fail(ProviderError(ErrorKind.INTERNAL, words, "Ask again; if it stays, report it."))
        finally:
            self.started, self.retry_wait = None, None
        await self._keeper.save_quietly()

    def _note_undo(self, what: str, fields: JsonObject, deleted: JsonObject | None = None) -> None:
        self.on_change(Change(what, self.thread.id, self.thread.display_title, fields, deleted or {}))

    def _require_rest(self) -> None:
        if self.is_streaming:
            raise UsageError("An answer is on its way; stop it first.")

    def _require_model(self) -> ModelRef:
        if self.thread.read_only:
            raise UsageError("This thread was written by a newer version; it can be read, not continued.")
        if (model := self.model) is None:
            raise UsageError("No model is chosen.")
        return model

    def _request_messages(self) -> list[Message]:
        turns = self.thread.sent()
        if self.thread.system_prompt.strip():
            turns.insert(0, Message("system", None, Role.SYSTEM, self.thread.system_prompt))
        return turns
