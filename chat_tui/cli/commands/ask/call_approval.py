"""Decides on the calls of tools by a policy, or asks about them line by line: for `ask --approve` and plain mode."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO, TypeAlias

from chat_tui.cli.output import Output
from chat_tui.domain.conversation.message import Message, ToolState
from chat_tui.domain.errors import UsageError
from chat_tui.i18n import facts, tr
from chat_tui.session.tool_calls import CallRunner, Decision, PendingCall, Permission
from chat_tui.ui.text.wording import CALL_STATES

if TYPE_CHECKING:
    from chat_tui.domain.ports.tools import Toolbox

ASK, ALL, NONE = POLICIES = ("ask", "all", "none")
"""Ask on the terminal; approve each call; refuse what neither the settings nor the thread approve."""
AskLine: TypeAlias = Callable[[str], Awaitable[str | None]]
"""Asks a question and returns the line that is typed; None at the end of input."""
_KEYS = {"y": Permission.ONCE, "a": Permission.ALWAYS, "n": Permission.NO}
_QUESTION = tr("Run it? [y] once, [a] always in this thread, [n WHY] no, [e JSON] with other arguments: ")


class CallApproval:
    """Answers the calls of one thread."""

    def __init__(self, calls: CallRunner, out: Output, policy: str | None, ask: AskLine | None = None) -> None:
        """Takes the calls over.

        Args:
            calls: of the session.
            out: gets questions and what ran, on standard error.
            policy: one of `POLICIES`; None asks where there is a terminal to ask on.
            ask: asks in place of the terminal.
        """
        self._calls = calls
        self._out = out
        self._ask_line = ask or (_terminal_asker(out) if policy in (None, ASK) else None)
        if policy == ASK and self._ask_line is None:
            raise UsageError(tr("--approve ask needs a terminal. Use --approve all or --approve none."))
        self._policy = policy or (NONE if self._ask_line is None else ASK)
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
            if call.decision.done():  # the turn was stopped
                continue
            self._out.explain(tr("Tool {name}", name=call.tool.ref))
            self._out.explain("  " + json.dumps(call.arguments, ensure_ascii=False, indent=2).replace("\n", "\n  "))
            if call.reason:
                self._out.explain(f"  {call.reason}")
            decision = None
            while decision is None:
                line = await self._ask_line(_QUESTION) if self._ask_line is not None else None
                try:
                    decision = Decision(Permission.NO) if line is None else read_decision(line)
                except ValueError as error:
                    self._out.explain(tr("The arguments are not a JSON object: {error}", error=error))
            self._calls.decide(call.message.id, decision)

    def _report(self, message: Message) -> None:
        run = message.tool_run
        if run is None or not run.has_ended or message.id in self._reported:
            return
        self._reported.add(message.id)
        seconds = "" if run.seconds is None else f"{run.seconds:.1f} s"
        name = f"{run.server}:{run.name}" if run.server else run.name
        state = facts((tr("Tool {name}: {state}", name=name, state=CALL_STATES[run.state]), seconds))
        why = message.content[:200]
        self._out.note(state if run.state is ToolState.DONE else tr("{what}: {why}", what=state, why=why))


def read_decision(line: str) -> Decision | None:
    """What a line decides: its first letter, behind it the reason of a refusal or other arguments; None for nothing.

    Raises:
        ValueError: the arguments are not a JSON object.
    """
    word, _, rest = line.strip().partition(" ")
    if word.lower() in ("e", "edit"):
        arguments = json.loads(rest)
        if not isinstance(arguments, dict):
            raise ValueError(rest[:100])
        return Decision(Permission.ONCE, arguments)
    permission = _KEYS.get(word.lower()[:1])
    if permission is None:
        return None
    return Decision(permission, reason=rest if permission is Permission.NO else "")


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


def _terminal_asker(out: Output) -> AskLine | None:
    """Asks on the terminal; None without one."""
    if (terminal := _open_terminal()) is None:
        return None

    async def ask(question: str) -> str | None:
        out.question(question)
        return await read_line(terminal)

    return ask


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
