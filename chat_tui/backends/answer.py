"""One request for an answer, from sending it to the last chunk, with its timeouts."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chat_tui.backends.decoder.chunks import ChunkDecoder
from chat_tui.backends.decoder.sse import EventDecoder
from chat_tui.backends.errors.reporter import ErrorReporter, error_of_payload, error_of_response, filtered
from chat_tui.backends.http.errors import error_of_exception
from chat_tui.backends.http.read_ahead import GRACE, INTERVAL, ReadAhead, timeout_with_grace
from chat_tui.backends.http.transport import Transport, is_plain, read_capped
from chat_tui.backends.requests.builder import HttpRequest
from chat_tui.domain.conversation.chunk import Chunk, Finish, UsageUpdate
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.models.provider import Timeouts
from chat_tui.i18n import tr

if TYPE_CHECKING:
    import httpx

    from chat_tui.backends.requests.continuation import ContinuationSeam

ERROR_BODY = 64 * 1024
"""Bytes read of an error's body."""
ERROR_BODY_SECONDS = 10.0
AFTER_FINISH = 5.0
"""Seconds to wait for usage and `[DONE]` after the answer's end; some servers send neither, nor close."""


@asynccontextmanager
async def open_answer(
    transport: Transport,
    request: HttpRequest,
    report: ErrorReporter,
    timeouts: Timeouts,
    *,
    seam: ContinuationSeam | None = None,
    interval: float = INTERVAL,
) -> AsyncGenerator[Answer]:
    """Sends the request and gives its answer to read; leaving the context closes the connection.

    The body is read as fast as it arrives, however long the caller takes for a chunk (see `read_ahead`).

    Args:
        transport: sends it.
        request: the request.
        report: makes errors of what goes wrong.
        timeouts: the clocks, in seconds.
        seam: joins the answer to the one that it continues.
        interval: seconds between two batches of chunks at least, while little arrives.

    Raises:
        ProviderError: there is no answer to read.
    """
    deadline = asyncio.get_running_loop().time() + timeouts.first_token
    response = await _send(transport, request, report, timeouts, deadline)
    try:
        report.request_id = _request_id(response, report)
        if response.status_code >= 300:
            raise error_of_response(report, response.status_code, response.headers, await _error_body(response))
        if not is_plain(response.headers):
            encoding = response.headers["content-encoding"]
            raise report.error(
                ErrorKind.NOT_UNDERSTOOD, tr("a {encoding} body, which was not requested", encoding=encoding)
            )
        n = request.body.get("n") if request.body else None
        choices = n if isinstance(n, int) else 1
        async with ReadAhead(response, interval=interval) as body:
            yield Answer(body, report, timeouts, deadline, choices, seam)
    finally:
        await response.aclose()


async def _send(
    transport: Transport, request: HttpRequest, report: ErrorReporter, timeouts: Timeouts, deadline: float
) -> httpx.Response:
    try:
        async with timeout_with_grace(deadline):
            return await transport.send(request, timeouts.connect)
    except ProviderError:
        raise
    except TimeoutError:
        raise _no_token(report, timeouts) from None
    except Exception as error:
        raise error_of_exception(report, error) from error


async def _error_body(response: httpx.Response) -> bytes:
    try:
        async with asyncio.timeout(ERROR_BODY_SECONDS):
            return await read_capped(response, ERROR_BODY)
    except Exception:  # noqa: BLE001 - the status alone says enough
        return b""


def _request_id(response: httpx.Response, report: ErrorReporter) -> str | None:
    for name in report.provider.request_id_headers:
        if value := response.headers.get(name):
            return report.tidy(value.replace("\n", " "), 200)
    return None


def _no_token(report: ErrorReporter, timeouts: Timeouts) -> ProviderError:
    # Not tried again by itself: the request may be running over there, and be billed.
    return report.error(
        ErrorKind.TIMEOUT,
        message=tr("{name} sent no answer for {seconds:g} seconds", name=report.name, seconds=timeouts.first_token),
        advice=tr("Try again, or raise first_token in the provider's timeout."),
    )


class Answer:
    """The body of one answer as chunks."""

    def __init__(
        self,
        body: ReadAhead,
        report: ErrorReporter,
        timeouts: Timeouts,
        deadline: float,
        choices: int,
        seam: ContinuationSeam | None,
    ) -> None:
        """Use `open_answer`."""
        self._body = body
        self._report = report
        self._timeouts = timeouts
        self._deadline = deadline
        self._overdue = math.inf
        """Since when the clock has run out, though bytes come."""
        self._after_finish = timeouts.idle if choices > 1 else min(AFTER_FINISH, timeouts.idle)
        self._events = EventDecoder()
        self._decoder = ChunkDecoder(lambda payload: error_of_payload(report, payload), choices)
        self._seam = seam
        self._at_end = False
        self._failure: ProviderError | None = None

    async def read(self) -> list[Chunk]:
        """Waits for the next chunks; returns none at the end of a complete answer.

        Raises:
            ProviderError: the answer broke off or is an error; all chunks before that were returned.
        """
        chunks: list[Chunk] = []
        while not chunks and not self._at_end:
            chunks = await self._read_batch()
        if not chunks:
            self._raise_unless_complete()
        return chunks

    async def _read_batch(self) -> list[Chunk]:
        chunks = self._decode(data) if (data := await self._next()) is not None else None
        if chunks is None or self._decoder.error or self._decoder.is_done or self._events.is_html:
            self._at_end = True
        elif self._is_overdue():
            self._failure = self._stalled()
            self._at_end = True
        chunks = chunks or []
        if self._at_end:
            if not self._events.is_html and self._decoder.error is None:
                chunks += self._decoder.feed(self._events.flush())
            chunks += self._decoder.flush()
        return self._seam.join(chunks, self._at_end) if self._seam else chunks

    def _decode(self, data: bytes) -> list[Chunk] | None:
        """The chunks in these bytes; None where they can't be read: the failure is kept."""
        try:
            events = self._events.feed(data)
        except ProviderError as error:
            self._failure = error
            return None
        chunks = self._decoder.feed(events)
        self._set_clock(chunks)
        return chunks

    async def _next(self) -> bytes | None:
        """The next bytes; None at the end, or if there are none: the failure is kept until the text is out."""
        try:
            data = await self._body.take(self._deadline)
        except TimeoutError:
            self._failure = self._stalled()
            return None
        if data is None and self._body.error is not None:
            self._failure = error_of_exception(self._report, self._body.error)
            self._failure.retryable = False  # the server had the request
            self._failure.__cause__ = self._body.error
        return data

    def _set_clock(self, new: list[Chunk]) -> None:
        """Moves the deadline for what is useful alone: comments and empty chunks don't hold it off."""
        decoder = self._decoder
        if decoder.all_finished:
            if new:
                self._deadline = asyncio.get_running_loop().time() + self._after_finish
        elif any(not isinstance(chunk, UsageUpdate | Finish) for chunk in new):
            self._deadline = asyncio.get_running_loop().time() + self._timeouts.idle

    def _is_overdue(self) -> bool:
        """Whether all that comes has been of no use for too long, though no read ever waits.

        A program that was suspended finds its clocks run out and what is useful unread: it is given a moment for that.
        """
        now = asyncio.get_running_loop().time()
        self._overdue = min(self._overdue, now) if now >= self._deadline else math.inf
        return now - self._overdue >= GRACE

    def _stalled(self) -> ProviderError:
        if self._decoder.has_content:
            message = tr("No data for {seconds:g} seconds", seconds=self._timeouts.idle)
            return self._report.error(ErrorKind.INTERRUPTED, message=message)
        return _no_token(self._report, self._timeouts)

    def _raise_unless_complete(self) -> None:
        """Raises unless the answer is complete."""
        decoder, report = self._decoder, self._report
        if decoder.error is not None:
            decoder.error.retryable = decoder.error.retryable and not decoder.has_content
            raise decoder.error
        complete = decoder.is_finished or decoder.is_done or (decoder.is_whole and self._failure is None)
        if decoder.is_damaged and complete:
            raise report.error(ErrorKind.INTERRUPTED, message=tr("Could not read part of the answer"))
        if complete:
            if not decoder.has_content:
                raise self._empty()
        elif decoder.has_content:
            cut = self._failure
            if cut is not None and cut.kind in (ErrorKind.INTERRUPTED, ErrorKind.NOT_UNDERSTOOD):
                raise cut
            raise report.error(ErrorKind.INTERRUPTED, detail=cut.detail if cut else "") from cut
        elif self._failure is not None:
            raise self._failure
        else:
            raise self._empty()

    def _empty(self) -> ProviderError:
        """The error for an answer without any content."""
        report, reason = self._report, self._decoder.finish_reason
        if reason == "content_filter":
            return filtered(report, self._decoder.filter_findings)
        if reason == "refusal":
            return report.error(ErrorKind.REFUSED)
        if reason == "length":
            advice = tr("Raise max_tokens: hidden reasoning may have used them all.")
            return report.error(ErrorKind.EMPTY, advice=advice)
        if self._decoder.is_done or self._decoder.is_finished:
            return report.error(ErrorKind.EMPTY)
        if self._events.is_html:
            return report.error(ErrorKind.NOT_UNDERSTOOD, tr("a web page"), detail=tr("The server sent a web page."))
        if self._events.stray or self._decoder.is_damaged:
            return report.error(ErrorKind.NOT_UNDERSTOOD, self._events.stray, detail=report.tidy(self._events.stray))
        # A proxy that drops the body, an error that Ollama swallows, LM Studio's overflow: all look like this.
        advice = tr(
            "Try again. If it keeps happening, the thread may exceed the context window, or a proxy drops the answer."
        )
        return report.error(ErrorKind.EMPTY, advice=advice)
