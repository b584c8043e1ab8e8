"""`ask --approve`: decides on the calls of tools, or asks about them on the terminal."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from chat_tui.cli.output import Output
from chat_tui.domain.conversation.message import Message, ToolState
from chat_tui.domain.errors import UsageError
from chat_tui.i18n import tr
from chat_tui.session.tool_calls import CallRunner, Decision, PendingCall, Permission

if TYPE_CHECKING:
    from chat_tui.domain.ports.tools import Toolbox

ASK, ALL, NONE = POLICIES = ("ask", "all", "none")
"""Ask on the terminal; approve each call; refuse what neither the settings nor the thread approve."""
_KEYS = {"y": Permission.ONCE, "a": Permission.ALWAYS, "n": Permission.NO}
_QUESTION = tr("Run it? [y] once, [a] always in this thread, [n] no: ")


class CallApproval:
    """Answers the calls of one run of the command."""

    def __init__(self, calls: CallRunner, out: Output, policy: str | None) -> None:
        """Takes the calls over.

        Args:
            calls: of the session.
            out: gets questions and what ran, on standard error.
            policy: one of `POLICIES`; None asks where there is a terminal to ask on.
        """
        self._calls = calls
        self._out = out
        self._terminal = _open_terminal() if policy in (None, ASK) else None
        if policy == ASK and self._terminal is None:
            raise UsageError(tr("--approve ask needs a terminal. Use --approve all or --approve none."))
        self._policy = policy or (NONE if self._terminal is None else ASK)
        self._is_said = policy is not None
        """Whether the user knows of the policy."""
        self._questions: asyncio.Queue[PendingCall] = asyncio.Queue()
        self._asking: asyncio.Task[None] | None = None
        self._reported = set[str]()
        calls.on_pending = self._decide
        calls.on_change = self._report

    def close(self) -> None:
        """Asks nothing more."""
        if self._asking is not None:
            self._asking.cancel()

    def _decide(self, call: PendingCall) -> None:
        if self._policy == ASK:
            self._questions.put_nowait(call)
            self._asking = self._asking or asyncio.get_running_loop().create_task(self._ask())
        elif self._policy == ALL:
            self._calls.decide(call.message.id, Decision(Permission.ONCE))
        else:
            if not self._is_said:
                self._is_said = True
                self._out.note(tr("No terminal to ask on: calls of tools are refused. Use --approve all to run them."))
            self._calls.decide(call.message.id, Decision(Permission.NO, reason=tr("Nobody can be asked.")))

    async def _ask(self) -> None:
        """Asks about one call after the other."""
        while True:
            call = await self._questions.get()
            self._out.explain(tr("Tool {name}", name=call.tool.ref))
            self._out.explain("  " + json.dumps(call.arguments, ensure_ascii=False, indent=2).replace("\n", "\n  "))
            if call.reason:
                self._out.explain(f"  {call.reason}")
            answer = None
            while answer is None:
                self._out.question(_QUESTION)
                line = await self._line()
                answer = Permission.NO if line is None else _KEYS.get(line.strip().lower()[:1])
            self._calls.decide(call.message.id, Decision(answer))

    async def _line(self) -> str | None:
        """The next line that is typed; None at the end of input."""
        assert self._terminal is not None
        return await read_line(self._terminal)

    def _report(self, message: Message) -> None:
        run = message.tool_run
        if run is None or not run.has_ended or message.id in self._reported:
            return
        self._reported.add(message.id)
        seconds = "" if run.seconds is None else f", {run.seconds:.1f} s"
        why = "" if run.state is ToolState.DONE else f": {message.content[:200]}"
        name = f"{run.server}:{run.name}" if run.server else run.name
        self._out.note(tr("Tool {name}: {state}", name=name, state=run.state) + seconds + why)


def check_tools(selected: list[str], toolbox: Toolbox) -> None:
    """Sees to it that there are the servers that `--tool` names.

    Raises:
        UsageError: there is no such server; says which there are.
    """
    known = [each.name for each in toolbox.servers()]
    for each in selected:
        if each.partition(":")[0] not in known:
            raise UsageError(
                tr(
                    "No tool server named {name!r}. Known: {known}.",
                    name=each.partition(":")[0],
                    known=", ".join(known),
                )
            )


async def read_line(terminal: TextIO) -> str | None:
    """The next line that is typed; None at the end of input. Read in a thread that the end of the program leaves."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        line = ""
        with suppress(OSError, ValueError):
            line = terminal.readline()
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(lambda: None if typed.done() else typed.set_result(line))

    threading.Thread(target=read, daemon=True).start()
    return await typed or None


def _open_terminal() -> TextIO | None:
    """Where a user can be asked: standard input, or the terminal behind a pipe; None without one."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    if sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty():
        return sys.stdin
    opened: Callable[[], TextIO] = lambda: open("/dev/tty", encoding="utf-8")  # noqa: E731, SIM115, PTH123
    with suppress(OSError):
        return opened()
    return None
