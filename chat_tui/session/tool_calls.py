"""The calls of an answer: asked about, checked, run, and their results saved as messages.

Each call has a message of role tool below the answer from the moment it is known. Its state is on disk before the tool
starts: what a killed program leaves says which calls ran, which did not, and of which nobody knows.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message, Role, Status, ToolRun, ToolState, tool_call_text
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.ports.tools import ToolError
from chat_tui.domain.text.clean import clean
from chat_tui.domain.tools import Approval, OfferedTools, Tool
from chat_tui.i18n import tr

if TYPE_CHECKING:
    from chat_tui.domain.ports.schemas import SchemaChecker
    from chat_tui.domain.ports.tools import ToolApprovals, Toolbox

ROUNDS = 8
"""Requests with calls in a row that run what is approved; the calls after them are asked about again."""
MOST_PROBLEMS = 5
"""Problems of a call's arguments that the model is told."""
CHANGED = tr("This tool has changed since you approved it.")
UNKNOWN_RESULT = "The program ended while this call ran. Whether it had an effect is not known."
NOT_RUN = "The user did not run this call."
STOPPED = "The user stopped this call while it ran. Whether it had an effect is not known."


@dataclass(frozen=True, slots=True)
class ToolServices:
    """What calls need."""

    toolbox: Toolbox
    checker: SchemaChecker
    approvals: ToolApprovals
    rounds: Callable[[], int] = lambda: ROUNDS
    """How many requests with calls in a row run without the user, as the settings have it."""


class Permission(StrEnum):
    """Whether a call may run, by the user."""

    ONCE = "once"
    ALWAYS = "always"
    """In this thread, as long as the tool does not change."""
    NO = "no"


@dataclass(frozen=True, slots=True)
class Decision:
    """The user's answer to a call."""

    permission: Permission
    arguments: JsonObject | None = None
    """Other ones than the model's."""
    reason: str = ""
    """Of a refusal, for the model."""


@dataclass(slots=True, eq=False)
class PendingCall:
    """A call that waits for the user."""

    message: Message
    """Its result to be."""
    tool: Tool
    arguments: JsonObject
    reason: str = ""
    """Why it is asked about, where that is not plain."""
    decision: asyncio.Future[Decision] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class CallRunner:
    """Runs the calls of a thread's answers, those of one answer at once."""

    def __init__(
        self,
        thread: Thread,
        services: ToolServices,
        save: Callable[[], Awaitable[None]],
        cancel_status: Callable[[], Status],
    ) -> None:
        """Takes up a thread.

        Args:
            thread: gets the results.
            services: what calls need.
            save: writes the thread; raises StorageError.
            cancel_status: what a cancelled turn becomes: `interrupted`, by a dying program, leaves the calls as
                they are, to be taken up again.
        """
        self._thread = thread
        self._services = services
        self._save = save
        self._cancel_status = cancel_status
        self.on_change: Callable[[Message], None] = lambda message: None
        """Called with each result that was added or changed."""
        self.on_pending: Callable[[PendingCall], None] = lambda call: None
        """Called with each call that waits for the user; `decide` answers it."""
        self._approvals: dict[str, str] = {}
        """Of a temporary thread: the fingerprints of its tools by scope."""
        self.pending: list[PendingCall] = []
        """Calls that wait for the user, in the order in which the model made them."""
        self.progress: dict[str, str] = {}
        """What the servers of running calls report, by the id of the result."""

    def decide(self, message_id: str, decision: Decision) -> bool:
        """Answers a pending call; whether there was one."""
        for call in self.pending:
            if call.message.id == message_id and not call.decision.done():
                call.decision.set_result(decision)
                return True
        return False

    async def run(self, answer: Message, offered: OfferedTools, *, asks: bool = False) -> bool:
        """Runs all calls of an answer that have no result yet; returns when each has one.

        Args:
            answer: at the end of the shown branch, or with results of its calls below.
            offered: the tools that the model was offered.
            asks: whether nothing runs without the user: too many rounds have.

        Returns:
            Whether any ran.
        """
        results = self._results(answer)
        await self._save_quietly()
        for message in results.values():
            self.on_change(message)
        async with asyncio.TaskGroup() as group:
            for call in answer.tool_calls:
                message = results[str(call["id"])]
                if message.tool_run is not None and message.tool_run.state in (ToolState.WAITING, ToolState.RUNNING):
                    group.create_task(self._call(call, message, message.tool_run, offered, asks=asks))
        return any(each.tool_run is not None and each.tool_run.seconds is not None for each in results.values())

    def _results(self, answer: Message) -> dict[str, Message]:
        """The message of each call by the call's id, in the order of the calls; new ones where there are none."""
        ids = set[str]()
        for number, call in enumerate(answer.tool_calls):  # some servers give no ids, or one id to all
            if not isinstance(call.get("id"), str) or not call["id"] or call["id"] in ids:
                call["id"] = f"call_{answer.id}_{number}"
            ids.add(str(call["id"]))
        branch = self._thread.branch()
        branch = branch[branch.index(answer) + 1 :]  # an earlier answer may have used the same ids
        results = {each.tool_call_id: each for each in branch if each.role is Role.TOOL and each.tool_call_id in ids}
        for call in answer.tool_calls:
            if call["id"] not in results:
                message = self._thread.add(Role.TOOL)
                message.tool_call_id = str(call["id"])
                message.tool_run = ToolRun("", tool_call_text(call)[0])
                results[message.tool_call_id] = message
        return {str(key): message for key, message in results.items()}

    async def _call(
        self, call: JsonObject, message: Message, run: ToolRun, offered: OfferedTools, *, asks: bool
    ) -> None:
        name, text = tool_call_text(call)
        reason = UNKNOWN_RESULT if run.state is ToolState.RUNNING else ""
        run.state = ToolState.WAITING
        try:
            tool = offered.find(name)
            if tool is None:
                self._end(message, run, ToolState.FAILED, f"No tool named {name!r} is offered.")
                return
            run.server, run.name = tool.server, tool.name
            arguments = _arguments(text)
            if isinstance(arguments, str):
                self._end(message, run, ToolState.FAILED, arguments)
            elif problems := await self._services.checker.problems(arguments, tool.schema):
                told = "\n".join(f"- {each}" for each in problems[:MOST_PROBLEMS])
                self._end(message, run, ToolState.FAILED, f"The arguments do not match the schema of the tool:\n{told}")
            elif await self._approved(message, run, tool, arguments, reason, asks=asks):
                await self._run(message, run, tool, arguments if run.arguments is None else run.arguments)
        except asyncio.CancelledError:
            if self._cancel_status() is Status.STOPPED:
                if run.state is ToolState.RUNNING:
                    self._end(message, run, ToolState.FAILED, STOPPED)
                elif run.state is ToolState.WAITING:
                    self._end(message, run, ToolState.REFUSED, NOT_RUN)
            raise
        finally:
            self.progress.pop(message.id, None)

    async def _approved(
        self, message: Message, run: ToolRun, tool: Tool, arguments: JsonObject, reason: str, *, asks: bool
    ) -> bool:
        """Whether the call may run, by the settings, by what was approved before, or by the user."""
        services, thread_id, is_temporary = self._services, self._thread.id, self._thread.is_temporary
        by_settings = services.toolbox.approval(tool)
        if by_settings is Approval.NEVER:
            self._end(message, run, ToolState.REFUSED, "The user's settings do not allow this tool.")
            return False
        scope = services.toolbox.scope(tool, arguments)
        if by_settings is Approval.ALWAYS:
            known = await services.approvals.get("", tool.ref)
            if known is None:
                await services.approvals.set("", tool.ref, tool.fingerprint)
                known = tool.fingerprint
        else:
            known = self._approvals.get(scope) if is_temporary else await services.approvals.get(thread_id, scope)
        if known == tool.fingerprint and not reason and not asks:
            return True
        if not reason and known is not None and known != tool.fingerprint:
            reason = CHANGED
        elif not reason and known is not None:
            reason = tr("{n} rounds of tool calls have run without your approval.", n=services.rounds())
        decision = await self._ask(PendingCall(message, tool, arguments, reason))
        if decision.permission is Permission.NO:
            said = f" They said: {clean(decision.reason).strip()}" if decision.reason.strip() else ""
            self._end(message, run, ToolState.REFUSED, f"The user refused this call.{said}")
            return False
        if decision.permission is Permission.ALWAYS:
            if decision.arguments is not None:
                scope = services.toolbox.scope(tool, decision.arguments)
            if is_temporary:
                self._approvals[scope] = tool.fingerprint
            else:
                await services.approvals.set(thread_id, scope, tool.fingerprint)
            if by_settings is Approval.ALWAYS:
                await services.approvals.set("", tool.ref, tool.fingerprint)
        if decision.arguments is not None and decision.arguments != arguments:
            run.arguments = decision.arguments
        return True

    async def _ask(self, call: PendingCall) -> Decision:
        """Waits for the user, again where the arguments that they wrote are not valid."""
        while True:
            self.pending.append(call)
            places = {name: at for at, name in enumerate(self._thread.messages)}
            self.pending.sort(key=lambda each: places[each.message.id])
            try:
                self.on_change(call.message)
                self.on_pending(call)
                decision = await call.decision
            finally:
                self.pending.remove(call)
            if decision.arguments is None or decision.permission is Permission.NO:
                return decision
            problems = await self._services.checker.problems(decision.arguments, call.tool.schema)
            if not problems:
                return decision
            call = PendingCall(call.message, call.tool, decision.arguments, problems[0])

    async def _run(self, message: Message, run: ToolRun, tool: Tool, arguments: JsonObject) -> None:
        """Runs the tool; that it runs is on disk before."""
        run.state = ToolState.RUNNING
        try:
            await self._save()
        except StorageError as error:
            self._end(message, run, ToolState.FAILED, f"Not run, as the thread could not be saved: {error}")
            return
        self.on_change(message)
        started = time.monotonic()

        def report(text: str) -> None:
            self.progress[message.id] = text
            self.on_change(message)

        changed = f"The user changed the arguments to {json.dumps(arguments, ensure_ascii=False)}.\n\n"
        changed = "" if run.arguments is None else changed
        try:
            kept_for = "" if self._thread.is_temporary else self._thread.id
            result = await self._services.toolbox.run(tool, arguments, kept_for, report)
        except ToolError as error:
            run.seconds = round(time.monotonic() - started, 3)
            self._end(message, run, ToolState.FAILED, changed + str(error))
        else:
            run.seconds, run.size, run.file = round(time.monotonic() - started, 3), result.size, result.file
            text = changed + result.text
            message.parts = [{"type": "text", "text": text}, *result.images] if result.images else None
            self._end(message, run, ToolState.FAILED if result.is_error else ToolState.DONE, text)
        await self._save_quietly()

    def _end(self, message: Message, run: ToolRun, state: ToolState, text: str) -> None:
        run.state, message.content = state, text
        self.on_change(message)

    async def _save_quietly(self) -> None:
        try:
            await self._save()
        except StorageError:
            return  # reported by who saves; what it owes is tried again


def settle(branch: list[Message]) -> list[Message]:
    """Ends the calls of a branch that were never decided on, or whose result is not known; returns their results.

    For a request that is sent without running them: servers want a result for each call.
    """
    settled: list[Message] = []
    for message in branch:
        run = message.tool_run
        if run is not None and run.state is ToolState.WAITING:
            run.state, message.content = ToolState.REFUSED, NOT_RUN
            settled.append(message)
        elif run is not None and run.state is ToolState.RUNNING:
            run.state, message.content = ToolState.FAILED, UNKNOWN_RESULT
            settled.append(message)
    return settled


def _arguments(text: str) -> JsonObject | str:
    """The arguments of a call; a sentence for the model where they are none."""
    try:
        value = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        return f"The arguments are not valid JSON: {error}"
    return value if isinstance(value, dict) else "The arguments are not a JSON object."
