"""One live thread: sends turns, keeps answers, and is the only writer of its thread.

The app and `ask` both run this code; neither knows the backend or the files, only their ports.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.draft import CHIPS, Draft
from chat_tui.domain.conversation.message import Message, Role, Status, now
from chat_tui.domain.conversation.thread import Thread, title_from
from chat_tui.domain.errors import ErrorKind, ProviderError, StorageError, UsageError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.parameters import merge_parameters
from chat_tui.domain.tools import OfferedTools, Tool, is_offered
from chat_tui.i18n import tr
from chat_tui.session.autosave import Autosaver
from chat_tui.session.thread_edits import ThreadEdits
from chat_tui.session.tool_calls import CallRunner, settle

if TYPE_CHECKING:
    from chat_tui.domain.conversation.chunk import Chunk, RetryWait
    from chat_tui.domain.ports.backend import Backend, ChatRequest, ProgressCallback
    from chat_tui.domain.ports.threads import ThreadStore
    from chat_tui.domain.settings import Settings
    from chat_tui.session.tool_calls import ToolServices


class ChatSession(ThreadEdits):
    """A thread that is being written.

    `send`, `regenerate`, `edit`, `continue_answer` and `answer` return when the answer has ended, in whatever way, and
    is saved; `reply.status` and `reply.error` say how. `on_chunk` is called with every chunk once `reply` has it: a
    view reads the message, a pipe the chunks. Cancelling the task stops the answer and keeps its text.
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
        stream: bool = True,
        source: str = "app",
        on_storage: Callable[[str], None] | None = None,
        tools: ToolServices | None = None,
        settings: Callable[[], Settings] | None = None,
    ) -> None:
        """Takes up a thread.

        Args:
            thread: new or loaded; from now on changed by this session alone.
            store: where it is kept.
            backend: who answers.
            default_model: answers where the thread names no model.
            default_parameters: sent where the thread does not set them.
            keep: whether anything is written at all (`ask --no-save`).
            stream: whether answers are asked for in pieces.
            source: what sends the requests, for the usage ledger.
            on_storage: called with the reason when a save in the background fails, with "" when one succeeds again.
            tools: runs the tools that the thread offers; without it, none is offered.
            settings: say which models are asked where another one fails; without them, none is.
        """
        notify = on_storage or (lambda problem: None)
        super().__init__(thread, Autosaver(thread, store, notify, writes=keep and not thread.read_only), default_model)
        self.reply: Message | None = None
        """The answer that is being written, or was written last."""
        self.retry_wait: RetryWait | None = None
        """Why and how long the request waits before it is sent again; None while it does not."""
        self.notices: list[str] = []
        """What the user should know of the last request: a parameter that the server does not accept, and the like."""
        self.cancel_status = Status.STOPPED
        """What a cancelled answer becomes: `stopped` by the user, `interrupted` by a dying program."""
        self.on_chunk: Callable[[Chunk], None] = lambda chunk: None
        """Called with each chunk of an answer; must be quick and must not fail."""
        self.on_start: Callable[[], None] = lambda: None
        """Called once a turn is saved and its answer is about to be asked for: `reply` is there, still blank."""
        self.on_request_end: Callable[[Message], None] = lambda message: None
        """Called with each answer, summary or title when its request has ended, in whatever way, before it is saved;
        must be quick and must not fail."""
        self._backend = backend
        self._source = source
        self._default_parameters = default_parameters or {}
        self._stream = stream
        self._offered = OfferedTools()
        self._tools = tools
        self._settings = settings
        self._is_calling = False
        self.calls = CallRunner(thread, tools, self.save, lambda: self.cancel_status) if tools else None
        """The calls of the last answer; None where no tools can be had."""

    @property
    def is_calling(self) -> bool:
        """Whether calls of tools run, or wait for the user."""
        return self._is_calling

    # Answers

    async def send(self, prompt: Draft | str, progress: ProgressCallback | None = None) -> None:
        """Adds the user's turn, saves it, then asks for the answer.

        Raises:
            UsageError: no model is chosen or it reads no images, or the thread can't be written.
            StorageError: the prompt is not on disk, so nothing was sent; the thread is as before.
        """
        await self.add_prompt(prompt, (self._require_model(),))
        await self.answer(progress)

    async def add_prompt(self, prompt: Draft | str, models: Sequence[ModelRef]) -> None:
        """Adds the user's turn for some models, and saves it.

        Raises:
            UsageError: a model reads no images, or the thread can't be written.
            StorageError: the prompt is not on disk; the thread is as before.
        """
        draft, thread = Draft.of(prompt), self.thread
        self._require_writable()
        for each in models:
            self._require_images(each, draft)
        before = (thread.head, thread.title, thread.draft, thread.updated)
        message = self._add_turn(draft)
        thread.title = before[1] or title_from(draft.typed)
        thread.draft = ""
        try:
            await self._autosaver.save()
        except StorageError:
            del thread.messages[message.id]
            thread.head, thread.title, thread.draft, thread.updated = before
            raise

    async def regenerate(self, progress: ProgressCallback | None = None) -> None:
        """Regenerates the last answer, as a sibling of the current one; also after a failure.

        Raises:
            UsageError: there is no turn to answer, another program is answering it, or no model.
        """
        self._require_model()
        head = self.thread.messages.get(self.thread.head or "")
        if head is None or head.summarizes or (head.is_answer and head.parent is None):
            raise UsageError(tr("No prompt to answer."))
        self._require_ended(head)
        if head.is_answer:
            self.thread.head = head.parent
        request, message = self._begin()
        if head.is_answer:
            self._note_undo("regenerate", {"head": head.id}, {message.id: now()})
        await self._answer(request, message, progress)

    async def edit(self, message_id: str, prompt: Draft | str, progress: ProgressCallback | None = None) -> None:
        """Sends an edited version of an earlier prompt, as a new branch.

        Raises:
            UsageError: an answer is running, no model is chosen, or it reads no images.
            StorageError: the prompt is not on disk, so nothing was sent; the thread is as before.
        """
        self._require_rest()
        draft = Draft.of(prompt)
        self._require_images(self._require_model(), draft)
        before, parent = self.thread.head, self.thread.messages[message_id].parent
        message = self._add_turn(draft, parent=parent, as_root=parent is None)
        try:
            await self._autosaver.save()
        except StorageError:
            del self.thread.messages[message.id]
            self.thread.head = before
            raise
        self._note_undo("edit", {"head": before}, {message.id: now()})
        await self.answer(progress)

    async def continue_answer(self, progress: ProgressCallback | None = None) -> None:
        """Continues the last answer where it stopped: in place, or as a sibling if another model is chosen.

        Calls of tools that have not ended are taken up: one of which it is not known whether it ran is asked about.

        Raises:
            UsageError: there is no answer with text at the end, another program is writing it, or no model.
        """
        model = self._require_model()
        last = self.thread.messages.get(self.thread.head or "")
        if self.calls is not None and self.thread.tools and last is not None and self._has_calls(last):
            self._require_ended(last)
            await self._answer_calls(progress)
            return
        if last is None or not last.is_answer or not last.content.strip():
            raise UsageError(tr("No answer to continue."))
        self._require_ended(last)
        if last.model != str(model):
            before, half = self.thread.head, last
            last = self.thread.add(Role.ASSISTANT, half.content, parent=half.parent, as_root=half.parent is None)
            last.model, last.reasoning, last.hidden = str(model), half.reasoning, half.hidden
            self._note_undo("continue", {"head": before}, {last.id: now()})
        request = self.request()
        one = {name: value for name, value in request.parameters.items() if name != "n"}
        request = replace(request, parameters=one)
        await self._answer(request, last, progress)

    def request(self, prompt: Draft | str = "", *, answer: Message | None = None) -> ChatRequest:
        """What `send(prompt)` would ask the backend, and without one, what `answer` would; nothing is changed.

        Args:
            prompt: is sent behind the shown branch.
            answer: of the shown branch: for what would ask for it again.

        Raises:
            UsageError: no model is chosen, or it reads no images.
        """
        from chat_tui.domain.ports.backend import ChatRequest

        model, draft = self._require_model(), Draft.of(prompt)
        turns = self._request_messages(answer)
        if not draft.is_blank:
            self._require_images(model, draft)
            turns.append(Message("prompt", None, Role.USER, draft.text, parts=draft.parts))
        parameters = merge_parameters(self._default_parameters, self.thread.parameters)
        return ChatRequest(model, turns, parameters, stream=self._stream, tools=self._listed_tools())

    def _listed_tools(self) -> tuple[Tool, ...]:
        """The tools that are on, of the servers that have been asked for theirs."""
        servers = self._tools.toolbox.servers() if self._tools is not None and self.thread.tools else ()
        tools = [tool for server in servers for tool in server.tools if is_offered(tool, self.thread.tools)]
        return tuple({tool.wire_name: tool for tool in reversed(tools)}.values())[::-1]

    async def answer(self, progress: ProgressCallback | None = None) -> None:
        """Requests an answer to the shown branch as it is, and saves it while it streams.

        Raises:
            UsageError: no model is chosen.
        """
        await self._answer(*self._begin(), progress)

    @property
    def is_unsaved(self) -> bool:
        """Whether saving has failed: the thread is in memory only, as it is now."""
        return self._autosaver.owes

    async def save(self) -> None:
        """Writes the thread whole.

        Raises:
            StorageError: it is not on disk; it is tried again later.
        """
        await self._autosaver.save()

    async def keep(self) -> None:
        """Makes a temporary thread one that is saved.

        Raises:
            StorageError: it is not on disk; it is tried again later.
        """
        self.thread.is_temporary = False
        await self._autosaver.start_writing()

    async def save_quietly(self) -> None:
        """The same, but a failure goes to `on_storage`."""
        await self._autosaver.save_quietly()

    def save_blocking(self) -> None:
        """Writes all that is not on disk yet, and blocks: for SIGTERM.

        Raises:
            StorageError: it is not on disk.
        """
        self._autosaver.save_blocking()

    @property
    def autosaver(self) -> Autosaver:
        """Saves the thread."""
        return self._autosaver

    # Inside

    def _add_turn(self, draft: Draft, *, parent: str | None = None, as_root: bool = False) -> Message:
        message = self.thread.add(Role.USER, draft.text, parent=parent, as_root=as_root)
        message.parts = draft.parts
        if chips := draft.chips:
            message.extra[CHIPS] = chips
        return message

    def _begin(self) -> tuple[ChatRequest, Message]:
        """The request for an answer to the shown branch, and the blank answer below it."""
        if settled := settle(self.thread.branch()):
            self._autosaver.changed(*settled)
        request = self.request()
        message = self.thread.add(Role.ASSISTANT)
        message.model, message.parameters = str(request.model), request.parameters
        self.thread.model = str(request.model)
        return request, message

    async def _answer(self, request: ChatRequest, message: Message, progress: ProgressCallback | None) -> None:
        """Requests an answer; runs the tools that it calls, and requests the next one, until one calls none."""
        await self._run(request, message, progress)
        await self._answer_calls(progress)

    async def _answer_calls(self, progress: ProgressCallback | None) -> None:
        rounds = 0
        while self.calls is not None and self._tools is not None and self.thread.tools:
            head = self.thread.messages.get(self.thread.head or "")
            if head is None or not self._has_calls(head):
                return
            if (answer := self.thread.open_calls()) is not None:
                self._is_calling = True
                try:
                    if not self._offered.tools:
                        await self.offer_tools(progress)
                    asks = rounds >= self._tools.rounds()
                    if not await self.calls.run(answer, self._offered, asks=asks) and asks:
                        self.notices.append(tr("Stopped after {rounds} rounds of tool calls.", rounds=rounds))
                        return
                except asyncio.CancelledError:
                    await self._autosaver.save_to_the_end()
                    raise
                finally:
                    self._is_calling = False
                rounds += 1
            await self._run(*self._begin(), progress)

    def _has_calls(self, head: Message) -> bool:
        """Whether a message is a whole answer that calls tools, or a result of one."""
        return head.role is Role.TOOL or (head.is_answer and bool(head.tool_calls) and head.status is Status.COMPLETE)

    async def offer_tools(self, progress: ProgressCallback | None = None) -> None:
        """Has the tools that the thread offers; starts their servers where they do not run."""
        from chat_tui.domain.ports.backend import Progress

        if self._tools is None or not self.thread.tools:
            return
        report = (lambda text: progress(Progress(text))) if progress else None
        self._offered = await self._tools.toolbox.offered(self.thread.tools, report)
        self.notices += self._offered.problems

    async def _run(self, request: ChatRequest, message: Message, progress: ProgressCallback | None) -> None:
        """Sends the request, and collects the answer in `message`."""
        from chat_tui.domain.conversation.chunk import Notice, RetryWait
        from chat_tui.session.requests.reply_builder import ReplyBuilder

        builder = ReplyBuilder(self.thread, message, self._source, self.on_request_end)
        self.reply, self.started, self.retry_wait, self.notices = message, builder.started, None, []
        passing: list[str] = []
        self._autosaver.growing = builder.messages
        self.on_start()
        try:
            if self._tools is not None and self.thread.tools:
                await self.offer_tools(progress)
                request = replace(request, tools=self._offered.tools)
                builder.started = time.monotonic()  # the start of a server is no time of the model's
            async with aclosing(self._chunks(request, message, progress)) as chunks:
                async for chunk in chunks:
                    builder.take(chunk)
                    if isinstance(chunk, Notice):
                        self.notices.append(chunk.text)
                        passing += [chunk.text] if chunk.is_passing else []
                    self.retry_wait = chunk if isinstance(chunk, RetryWait) else None
                    self._autosaver.growing = builder.messages
                    self._autosaver.changed()
                    self.on_chunk(chunk)
            builder.complete()
        except ProviderError as error:
            builder.fail(error)
        except asyncio.CancelledError:
            builder.stop(self.cancel_status)
            await self._autosaver.save_to_the_end()
            raise
        except Exception as error:  # noqa: BLE001 - a defect must not lose the text received so far
            text = tr("Internal error while reading the answer ({name}).", name=type(error).__name__)
            builder.fail(ProviderError(ErrorKind.INTERNAL, text, tr("Try again; if it keeps happening, report it.")))
        finally:
            self.started, self.retry_wait = None, None
            self.notices = [each for each in self.notices if each not in passing]
        await self._autosaver.save_quietly()

    def _chunks(
        self, request: ChatRequest, message: Message, progress: ProgressCallback | None
    ) -> AsyncGenerator[Chunk]:
        """Asks the model, and where the settings say so, others in its place; only one continues what it has begun."""
        settings = self._settings() if self._settings is not None else None
        if settings is None:
            return self._backend.stream(request, progress)
        rules = settings.fallback.for_thread(self.thread.fallback)
        if not message.is_blank or not rules.of(request.model):
            return self._backend.stream(request, progress)
        from chat_tui.session.requests.fallback import stream_with_fallback

        return stream_with_fallback(self._backend, request, replace(settings, fallback=rules), progress)

    def _require_model(self) -> ModelRef:
        self._require_writable()
        if (model := self.model) is None:
            raise UsageError(tr("No model chosen."))
        return model

    def _require_writable(self) -> None:
        if self.thread.read_only:
            raise UsageError(tr("This thread is read-only: it was written by a newer version."))

    def _require_images(self, model: ModelRef, draft: Draft) -> None:
        if draft.has_images:
            listed = (each for known in self._backend.known_models() for each in known.models)
            if refusal := draft.refusal(next((each for each in listed if each.ref == model), None)):
                raise UsageError(refusal)

    def _request_messages(self, answer: Message | None = None) -> list[Message]:
        branch, text = self.thread.branch(), self.thread.system_prompt
        turns = self.thread.sent(branch[: branch.index(answer)] if answer is not None else branch)
        if any(each.summarizes for each in turns):
            from chat_tui.domain.conversation.summary import system_text

            text, turns = system_text(text, turns), [each for each in turns if not each.summarizes]
        return [*([Message("system", None, Role.SYSTEM, text)] if text.strip() else []), *turns]
