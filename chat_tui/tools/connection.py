"""The connection to one tool server: its process or address, and the MCP session, which lives in a task of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2
import mcp_types as types
from mcp.client.session import ClientRequestContext, ClientSession
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, TypeAdapter, ValidationError

from chat_tui import __version__
from chat_tui.domain.json import JsonObject
from chat_tui.domain.ports.tools import ToolError
from chat_tui.domain.settings import ToolServerSettings
from chat_tui.i18n import tr
from chat_tui.tools.http import HttpTrouble
from chat_tui.tools.stdio import TOO_LARGE, UNREADABLE
from chat_tui.tools.streams import open_streams
from chat_tui.tools.words import one_line

CLOSE_SECONDS = 6.0
_END_SECONDS = 0.5
_PROGRESS_SECONDS = 0.1
"""Between two lines of progress that are passed on."""
_Result = TypeVar("_Result", bound=BaseModel)
_CALLED: TypeAdapter[types.CallToolResult | types.InputRequiredResult] = TypeAdapter(
    types.CallToolResult | types.InputRequiredResult
)

for _name in ("mcp", "client", "httpx2", "httpcore2"):  # what goes wrong is said by this module; the screen is taken
    logging.getLogger(_name).propagate = False
    logging.getLogger(_name).addHandler(logging.NullHandler())


class _Session(ClientSession):
    """Notes what a server asks for and does not get."""

    on_refused: Callable[[str], None]

    async def dispatch_input_request(
        self, ctx: ClientRequestContext, request: types.InputRequest
    ) -> types.InputResponse | types.ErrorData:
        """Refuses: no server reaches the model, the user or the files through the back door."""
        what = {
            "sampling/createMessage": "an answer of the model",
            "elicitation/create": "an input of the user",
            "roots/list": "the list of folders",
        }.get(request.method, request.method)
        self.on_refused(what)
        return types.ErrorData(code=types.INVALID_REQUEST, message=f"chat-tui does not offer servers {what}.")


class Connection:
    """A server that runs, or can be reached. Every error of its methods is a `ToolError`."""

    def __init__(self, settings: ToolServerSettings, environ: Mapping[str, str], log: Path) -> None:
        """Starts nothing yet.

        Args:
            settings: how it is started or reached.
            environ: fills in the variables of the settings.
            log: gets what it writes on standard error.
        """
        self.settings = settings
        self.is_ready = False
        self.problem = ""
        """Why it does not run any more."""
        self.lists_changed = 0
        """Counts how often the server said that its list of tools has changed."""
        self.log = log
        self._environ = environ
        self._session: _Session | None = None
        self._task: asyncio.Task[None] | None = None
        self._end = asyncio.Event()
        self._trouble = HttpTrouble()
        self._calls: set[asyncio.Task[Any]] = set()
        self._listeners: list[Callable[[str], None]] = []

    async def start(self) -> None:
        """Starts the server and agrees with it on a protocol."""
        started = asyncio.Event()
        self._task = asyncio.create_task(self._run(started), name=f"tool server {self.settings.name}")
        waiting = asyncio.create_task(started.wait())
        try:
            await asyncio.wait((self._task, waiting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if not self.is_ready:
            raise ToolError(self.problem)

    async def aclose(self) -> None:
        """Stops the server. It gets a moment to end by itself."""
        self.is_ready = False
        for call in list(self._calls):
            call.cancel()
        self._end.set()
        if self._task is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.shield(asyncio.wait((self._task,)))
        self._task.cancel()
        await asyncio.wait((self._task,))

    @property
    def capabilities(self) -> types.ServerCapabilities:
        """What it says that it has."""
        return (self._session and self._session.server_capabilities) or types.ServerCapabilities()

    async def request(
        self,
        request: types.ClientRequest | types.Request[Any, Any],
        result: type[_Result] | TypeAdapter[_Result],
        on_progress: Callable[[str], None] | None = None,
    ) -> _Result:
        """Sends a request and waits for its result, for as long as the settings say.

        Cancelling it tells the server, and does not wait until that is done.
        """
        session = self._session
        if session is None or not self.is_ready:
            raise ToolError(self.problem or tr("{name} is not running.", name=self.settings.name))
        report = _Throttle(on_progress) if on_progress is not None else None
        call = asyncio.create_task(
            session.send_request(
                request, result, self.settings.timeout, progress_callback=report.progress if report else None
            )
        )
        self._calls.add(call)
        call.add_done_callback(self._called)
        if report is not None:
            self._listeners.append(report.say)
        try:
            await asyncio.wait((call,))
        except asyncio.CancelledError:
            call.cancel()
            raise
        finally:
            if report is not None:
                self._listeners.remove(report.say)
        if call.cancelled():
            raise ToolError(self.problem or tr("{name} was stopped.", name=self.settings.name))
        if (error := call.exception()) is not None:
            raise ToolError(await self._words(error)) from error
        return call.result()

    async def call(
        self, tool: str, arguments: JsonObject, on_progress: Callable[[str], None] | None = None
    ) -> types.CallToolResult:
        """Calls a tool. Its result is not checked by the schema of its results: that would be the server's to bound."""
        params = types.CallToolRequestParams(name=tool, arguments=arguments)
        answer = await self.request(types.CallToolRequest(params=params), _CALLED, on_progress)
        if isinstance(answer, types.InputRequiredResult):
            raise ToolError(
                tr("{name} asks for input during the call, which chat-tui does not support.", name=self.settings.name)
            )
        assert isinstance(answer, types.CallToolResult)
        return answer

    def _called(self, call: asyncio.Task[Any]) -> None:
        self._calls.discard(call)
        if not call.cancelled():
            call.exception()  # retrieved, so that asyncio does not log it

    async def _run(self, started: asyncio.Event) -> None:
        """The life of the session, from the start to the end, in one task: the SDK's scopes must not leave it."""
        try:
            streams = open_streams(self.settings, self._environ, self.log, self._ended, self._trouble)
            async with streams as (read, write), self._make_session(read, write) as session:
                self._session = session
                async with asyncio.timeout(self.settings.timeout):
                    await _shake_hands(session)
                self.is_ready = True
                started.set()
                await self._end.wait()
        except Exception as error:  # noqa: BLE001 - the edge: whatever the SDK or a server raises becomes a sentence
            self.problem = self.problem or await self._words(_first(error))
        finally:
            self.is_ready = False
            self._session = None

    def _make_session(self, read: Any, write: Any) -> _Session:
        session = _Session(
            read,
            write,
            logging_callback=self._logged,
            message_handler=self._notified,
            client_info=types.Implementation(name="chat-tui", version=__version__),
        )
        session.on_refused = lambda what: self._tell(tr("asked for {what}: refused", what=what))
        return session

    async def _ended(self, code: int | None) -> None:
        """Called when the process ends by itself."""
        self.is_ready = False
        problem = tr("{name} exited.", name=self.settings.name)
        if code:
            problem = tr("{name} exited (exit code {code}).", name=self.settings.name, code=code)
        self.problem = problem + await self._last_words()
        self._end.set()

    async def _logged(self, params: types.LoggingMessageNotificationParams) -> None:
        self._tell(params.data if isinstance(params.data, str) else str(params.data)[:2000])

    async def _notified(self, message: types.ServerNotification | Exception) -> None:
        if isinstance(
            message,
            types.ToolListChangedNotification
            | types.PromptListChangedNotification
            | types.ResourceListChangedNotification,
        ):
            self.lists_changed += 1

    def _tell(self, line: str) -> None:
        for listener in list(self._listeners):
            listener(f"{self.settings.name}: {line}")

    async def _words(self, error: BaseException) -> str:
        """What went wrong, as a sentence."""
        name, where = self.settings.name, urlsplit(self.settings.url).hostname or self.settings.name
        if isinstance(error, ToolError):
            return str(error)
        is_lost = isinstance(error, MCPError) and error.code == types.CONNECTION_CLOSED
        if is_lost and self._task not in (None, asyncio.current_task()):
            assert self._task is not None
            # What ends the session, ends the task, which says why; the call may have heard of it first.
            await asyncio.wait((self._task,), timeout=_END_SECONDS)
        if not self.is_ready and self.problem:
            return self.problem
        if isinstance(error, TimeoutError):
            return (
                tr("{name} did not start within {seconds:g} s.", name=name, seconds=self.settings.timeout)
                + await self._last_words()
            )
        if isinstance(error, MCPError):
            if error.code == types.REQUEST_TIMEOUT:
                return tr("{name} did not answer within {seconds:g} s.", name=name, seconds=self.settings.timeout)
            if error.code == UNREADABLE:
                return tr("{name} sent an answer that can't be read.", name=name)
            if error.code == TOO_LARGE:
                return tr("{name} gave a result that is too large.", name=name)
            if self._trouble.words and error.code in (types.INTERNAL_ERROR, types.METHOD_NOT_FOUND):
                words, self._trouble.words = self._trouble.words, ""
                return f"{where} {words}."
            if error.code == types.CONNECTION_CLOSED:
                if error.message == "Connection closed":
                    return tr("The connection to {name} was lost.", name=name)
                why = one_line(error.message).rstrip(".")
                return tr("The connection to {name} was lost: {why}.", name=name, why=why)
            return tr("{name} refused: {why}.", name=name, why=one_line(error.message).rstrip("."))
        if isinstance(error, ValidationError | RecursionError | ValueError | TypeError | KeyError):
            return tr("{name} sent an answer that can't be read.", name=name)
        if isinstance(error, httpx2.TimeoutException):
            return tr("{name} did not answer in time.", name=where)
        if isinstance(error, httpx2.ConnectError):
            return tr("Could not connect to {host}.", host=where)
        if isinstance(error, httpx2.HTTPError):
            return tr("The connection to {name} was lost.", name=where)
        if isinstance(error, OSError):
            return tr("Could not start {name}: {why}.", name=name, why=one_line(error.strerror or str(error)))
        return tr("{name} failed: {why}.", name=name, why=one_line(str(error)) or type(error).__name__)

    async def _last_words(self) -> str:
        """The last line that it wrote on standard error."""
        if not self.settings.command:
            return ""
        lines = (await asyncio.to_thread(_end_of, self.log)).split("\n")
        line = one_line(next((each for each in reversed(lines) if each.strip()), ""), 160)
        return tr(" It wrote: {line}", line=line) if line else ""


class _Throttle:
    """Passes on what a server reports, not faster than it can be read."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._next = 0.0

    def say(self, line: str) -> None:
        """Takes a line as it came."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _PROGRESS_SECONDS
            self._report(one_line(line))

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Takes a report of the SDK's."""
        part = tr("{n:g} of {total:g}", n=progress, total=total) if total else f"{progress:g}"
        self.say(f"{message} ({part})" if message else part)


async def _shake_hands(session: ClientSession) -> None:
    """The handshake that every server knows; with one that knows only the newer protocols, theirs."""
    try:
        await session.initialize()
    except MCPError as error:
        if error.code != types.UNSUPPORTED_PROTOCOL_VERSION:
            raise
        await session.discover()


def _first(error: BaseException) -> BaseException:
    """The first error of a group."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 2000))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
