"""What a child does whose model calls two tools: it stops at each step, until it is told to go on, or is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from chat_tui.domain.conversation.chunk import Finish, TextDelta, ToolCallDelta
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.tools import Approval, Tool, ToolResult
from chat_tui.session import ChatSession
from chat_tui.session.tool_calls import Decision, PendingCall, Permission, ToolServices
from chat_tui.storage.paths import Paths
from chat_tui.storage.state.tool_approvals import FileToolApprovals
from chat_tui.storage.thread_store import FileThreadStore
from tests.fakes import FakeBackend, FakeChecker, FakeToolbox, Step
from tests.faults.children import paths_in

ID = "the-thread"
LOG = "calls.log"
"""The file in which each run of a tool leaves a line: what the world sees of it."""
ASKED = "asked whether the call of which nothing is known shall run again"
CALLS: list[Step] = [ToolCallDelta(0, "a", "shop__buy", "{}"), ToolCallDelta(1, "b", "shop__sell", "{}")]
DONE: list[Step] = [TextDelta("Done."), Finish("stop")]
Point = Callable[[str], None]


class _Store(FileThreadStore):
    def __init__(self, paths: Paths, point: Point) -> None:
        super().__init__(paths)
        self._point = point

    async def save(self, thread: Thread) -> None:
        self._point("save")
        await super().save(thread)
        self._point("saved")


class _Shop(FakeToolbox):
    def __init__(self, log: Path, point: Point) -> None:
        super().__init__(Tool("shop", "buy"), Tool("shop", "sell"))
        self.rules = dict.fromkeys(("shop:buy", "shop:sell"), Approval.ALWAYS)
        self._log = log
        self._point = point

    async def run(
        self, tool: Tool, arguments: JsonObject, thread_id: str, progress: Callable[[str], None] | None = None
    ) -> ToolResult:
        self._point(f"run {tool.name}")
        with self._log.open("a") as log:
            log.write(f"{tool.name}\n")
        self._point(f"ran {tool.name}")
        return ToolResult(f"{tool.name} is done")


def shop(pipe: Connection, root: Path, stops: bool) -> None:
    """Sends the prompt, or takes the killed turn up; says each step, waits to be told to go on where it `stops`."""

    def point(name: str) -> None:
        pipe.send(name)
        if stops:
            pipe.recv()

    asyncio.run(_shop(root, point))


async def _shop(root: Path, point: Point) -> None:
    paths = paths_in(root)
    store = _Store(paths, point)
    has_file = (paths.threads / f"{ID}.json").exists()
    thread = await store.load(ID) if has_file else Thread(id=ID, tools=["shop"])
    scripts: Sequence[list[Step]] = ([*CALLS, Finish("tool_calls")], DONE)
    is_answered = any(each.tool_calls for each in thread.branch())
    backend = FakeBackend(*scripts[1 if is_answered else 0 :])
    services = ToolServices(_Shop(root / LOG, point), FakeChecker(), FileToolApprovals(paths.approvals_file))
    session = ChatSession(thread, store, backend, default_model=ModelRef("work", "model-a"), tools=services)
    assert session.calls is not None

    def refuse(call: PendingCall) -> None:
        assert session.calls is not None
        point(ASKED)
        session.calls.decide(call.message.id, Decision(Permission.NO))

    session.calls.on_pending = refuse
    if is_answered:
        await session.continue_answer()
    elif thread.messages:
        await session.regenerate()
    else:
        await session.send("Buy and sell")
    point("end")
