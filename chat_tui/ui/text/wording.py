"""The texts of the interface for numbers, times and states."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chat_tui.domain.conversation.message import Message, MessageError, Status, ToolState
from chat_tui.domain.conversation.tokens import estimate, writing_speed
from chat_tui.domain.errors import ErrorKind
from chat_tui.domain.models.cost import output_tokens
from chat_tui.domain.models.model import PriceFrom
from chat_tui.domain.models.money import money
from chat_tui.domain.text.clean import clean
from chat_tui.domain.tools import Approval
from chat_tui.i18n import tr, trn

if TYPE_CHECKING:
    from chat_tui.domain.models.cost import Cost
    from chat_tui.domain.models.provider import Provider
    from chat_tui.domain.ports.backend import Progress
    from chat_tui.session import ChatSession
    from chat_tui.session.several import ModelAnswer, SeveralAnswers

_FINISH = {
    "length": tr("cut at the token limit"),
    "content_filter": tr("cut by the content filter"),
    "tool_calls": tr("tool call"),
    "function_call": tr("tool call"),
}
_STATUS = {
    Status.COMPLETE: tr("complete"),
    Status.STOPPED: tr("stopped"),
    Status.INTERRUPTED: tr("interrupted"),
    Status.FAILED: tr("failed"),
    Status.REFUSED: tr("refused"),
}
WRITTEN_ELSEWHERE = tr("being written by another program")
SAMPLE = 400
"""Characters at the end of a running answer by which its tokens are estimated: each frame asks again."""
LEAST_MEASURED = 1.0
"""Seconds of writing before its speed is estimated."""
STALL = 3.0
"""Seconds without anything new after which a running answer is called stalled, and a wait for it is marked."""


def provider_note(provider: Provider, *, has_key: bool) -> str:
    """What it takes to use a provider."""
    if provider.is_local:
        return tr("on your computer · no key · 93 MB")
    if not provider.needs_key:
        return tr("no key · {host}", host=_host(provider.base_url))
    return (
        tr("API key set") if has_key else tr("API key from {host}", host=_host(provider.keys_page or provider.base_url))
    )


def _host(address: str) -> str:
    """The host and port of an address: the part by which a provider is known."""
    return urlsplit(address).netloc.rpartition("@")[2] or address


def count(number: int) -> str:
    """`812`, `12.4k`, `128k`, `1M`: short enough for a status line."""
    if number < 1_000:
        return str(number)
    if number < 1_000_000:
        return f"{number / 1000:.1f}".removesuffix(".0") + "k" if number < 100_000 else f"{number // 1000}k"
    return f"{number / 1_000_000:.1f}".removesuffix(".0") + "M"


def size(number: int) -> str:
    """Bytes as megabytes."""
    return f"{number / 1_000_000:.0f} MB"


def clock(iso: str) -> str:
    """The local time of a message: `20:27`, with the date where that is not today."""
    when = parse_time(iso)
    if when is None:
        return ""
    return (
        f"{when:%H:%M}"
        if when.date() == datetime.now().astimezone().date()
        else tr("{when:%d %b %Y · %H:%M}", when=when)
    )


def short_date(iso: str) -> str:
    """When a thread was used, in at most eight characters: `20:27`, `2 Nov`, `Nov 2025`."""
    when, today = parse_time(iso), datetime.now().astimezone().date()
    if when is None:
        return ""
    if when.date() == today:
        return f"{when:%H:%M}"
    return tr("{when.day} {when:%b}", when=when) if when.year == today.year else tr("{when:%b %Y}", when=when)


def age(iso: str) -> str:
    """How long ago something was, in at most six characters: `now`, `5 min`, `3 h`, `12 d`; empty for no time."""
    when = parse_time(iso)
    if when is None:
        return ""
    seconds = (datetime.now().astimezone() - when).total_seconds()
    if seconds < 60:
        return tr("now")
    if seconds < 3600:
        return tr("{n:.0f} min", n=seconds // 60)
    return tr("{n:.0f} h", n=seconds // 3600) if seconds < 86_400 else tr("{n:.0f} d", n=seconds // 86_400)


def parse_time(iso: str) -> datetime | None:
    """A thread file's time as local time; None if it is none."""
    try:
        return datetime.fromisoformat(iso).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def day(iso: str) -> str:
    """The heading under which a thread stands: Today, Yesterday, This week, Earlier."""
    when = parse_time(iso)
    if when is None:
        return tr("Earlier")
    today = datetime.now().astimezone().date()
    if when.date() >= today:
        return tr("Today")
    if when.date() == today - timedelta(days=1):
        return tr("Yesterday")
    return tr("This week") if when.date() > today - timedelta(days=7) else tr("Earlier")


def status(message: Message) -> str:
    """What became of a message, in one word."""
    return _STATUS[message.status] if message.status is not None else ""


def tokens(message: Message) -> tuple[int | None, float | None]:
    """The tokens of an answer and how many came in a second; None where the server did not say."""
    return output_tokens(message.usage), writing_speed(message)


CALL_RULES = {Approval.ASK: tr("ask"), Approval.ALWAYS: tr("always"), Approval.NEVER: tr("never")}
"""What the settings say of the calls of a tool, in a word."""
CALL_STATES = {
    ToolState.WAITING: tr("waiting"),
    ToolState.RUNNING: tr("running"),
    ToolState.DONE: tr("done"),
    ToolState.FAILED: tr("failed"),
    ToolState.REFUSED: tr("refused"),
}
"""How far a call has come, in a word."""
PRICE_FROM = {
    PriceFrom.SERVER: "",
    PriceFrom.LIST: tr("list price"),
    PriceFrom.USER: tr("your price"),
    PriceFrom.SNAPSHOT: tr("built-in price"),
}


def price(cost: Cost) -> str:
    """A cost with who gave the price: `$0.0011` is the server's own figure, `~$0.0011 built-in price` an estimate."""
    return " ".join(filter(None, (amount(cost), PRICE_FROM[cost.source])))


def amount(cost: Cost) -> str:
    """The same without where the price is from: `~$0.0011`."""
    return "~" * (cost.source is PriceFrom.SNAPSHOT) + money(cost.amount, cost.currency)


def is_about_key(error: MessageError) -> bool:
    """Whether an answer failed because there is no API key, or none that is accepted."""
    return error.kind == ErrorKind.AUTHENTICATION or (
        error.kind == ErrorKind.CONFIGURATION and tr("key") in error.message
    )


def error_texts(error: MessageError) -> tuple[str, str]:
    """The heading of an error, as `Invalid API key · 401`, and the provider's own text where that says more."""
    heading, *quoted = re.split(r": |：", error.message, maxsplit=1)
    if not quoted or quoted[0].rstrip(".…。 ") not in error.detail:
        heading = error.message
    detail = "" if error.detail.rstrip(".。") in heading else error.detail
    return f"{heading.rstrip('.。')}{f' · {error.http_status}' if error.http_status else ''}", detail


def summary(message: Message, cost: Cost | None = None, *, is_short: bool = False) -> str:
    """The line below a finished answer: `812 tokens · 84 tok/s · 0.4 s to first token · $0.0011`.

    Args:
        message: the answer.
        cost: what it cost; None where that is not known.
        is_short: whether there is little room: `84 tok/s · first 0.4 s · $0.0011 · 812 tokens`.
    """
    if message.written_elsewhere:
        return WRITTEN_ELSEWHERE
    parts: list[str] = []
    match message.status:
        case Status.STOPPED:
            parts.append(tr("stopped"))
        case Status.INTERRUPTED:
            parts.append(tr("interrupted"))
        case Status.COMPLETE if message.finish_reason not in (None, "", "stop"):
            parts.append(_FINISH.get(message.finish_reason, message.finish_reason))
    completion, speed = tokens(message)
    used = [tr("{tokens} tokens", tokens=count(completion))] if completion is not None else []
    parts += [] if is_short else used
    if speed is not None:
        parts.append(f"{speed:.0f} tok/s")
    if message.timing and (first := message.timing.first_token_s) is not None:
        long, short = tr("{seconds:.1f} s to first token", seconds=first), tr("first {seconds:.1f} s", seconds=first)
        parts.append(short if is_short else long)
    if cost is not None:
        parts.append(amount(cost) if is_short else price(cost))
    parts += used if is_short else []
    if message.hidden:
        parts.append(trn("{n} hidden character removed", "{n} hidden characters removed", message.hidden))
    return " · ".join(parts)


def thought(message: Message) -> str:
    """The folded reasoning's line."""
    seconds = message.timing.reasoning_s if message.timing else None
    return tr("thought {seconds:.1f} s", seconds=seconds) if seconds is not None else tr("reasoning")


def state(session: ChatSession, progress: Progress | None, last_change: float, stop: str) -> tuple[str, bool]:
    """What a running answer is doing, and whether that is a wait that deserves notice.

    Args:
        session: the session that is answering.
        progress: what the backend says it does before the request.
        last_change: when the last piece came (`time.monotonic`).
        stop: the key that stops it.
    """
    moment = time.monotonic()
    if session.is_calling:
        return _calling(session, moment - last_change, stop)
    message, started = session.reply, session.started
    if message is None or started is None:
        return "", False
    if wait := session.retry_wait:
        left = max(0, round(last_change + wait.seconds - moment))
        reason = wait.reason.rstrip(".。")
        return tr("{reason} · retrying in {seconds} s · {stop} stop", reason=reason, seconds=left, stop=stop), True
    spent = moment - started
    if message.is_blank:
        if progress is not None:
            parts = [progress.message]
            if progress.total:
                parts.append(tr("{done} of {total}", done=size(progress.done), total=size(progress.total)))
            return " · ".join((*parts, tr("{stop} stop", stop=stop))), False
        return tr("waiting for first token · {seconds:.0f} s · {stop} stop", seconds=spent, stop=stop), spent > STALL
    if moment - last_change > STALL:
        return tr("no data for {seconds:.0f} s · {stop} stop", seconds=moment - last_change, stop=stop), True
    if not message.content:
        return tr("thinking · {seconds:.0f} s · {stop} stop", seconds=spent, stop=stop), False
    speed, seconds = _speed_so_far(message, spent), f"{spent:.0f} s"
    return " · ".join(filter(None, (tr("writing"), speed, seconds, tr("{stop} stop", stop=stop)))), False


def answer_state(answer: ModelAnswer, *, is_blind: bool = False) -> str:
    """What one of several answers is doing: `writing · ~64 tok/s · first 0.4 s`; without figures, where it is blind."""
    message, moment = answer.message, time.monotonic()
    spent = moment - answer.started
    if is_blind:
        return tr("waiting for first token") if message.is_blank else tr("writing")
    if wait := answer.retry_wait:
        left = max(0, round(answer.last_change + wait.seconds - moment))
        return tr("retrying in {seconds} s · {reason}", seconds=left, reason=wait.reason.rstrip(".。"))
    if message.is_blank:
        return tr("waiting for first token · {seconds:.0f} s", seconds=spent)
    if moment - answer.last_change > STALL:
        return tr("no data for {seconds:.0f} s", seconds=moment - answer.last_change)
    first = message.timing.first_token_s if message.timing else None
    parts = [tr("writing"), _speed_so_far(message, spent)] if message.content else [tr("thinking")]
    if first is not None:
        parts.append(tr("first {seconds:.1f} s", seconds=first))
    return " · ".join(filter(None, parts))


def several_state(several: SeveralAnswers, stop: str) -> str:
    """What several answers are doing: `2 of 4 answers finished · esc stop`."""
    ended = sum(1 for each in several.answers if not each.is_running)
    return tr("{ended} of {n} answers finished · {stop} stop", ended=ended, n=len(several.answers), stop=stop)


def _calling(session: ChatSession, seconds: float, stop: str) -> tuple[str, bool]:
    """What the calls of an answer are doing: those that wait for the user first."""
    calls = session.calls
    if calls is not None and calls.pending:
        more = [tr("{n} calls", n=len(calls.pending))] if len(calls.pending) > 1 else []
        return " · ".join((tr("waiting for approval"), *more, tr("{stop} stop", stop=stop))), True
    runs = [each.tool_run for each in session.thread.branch() if each.tool_run is not None]
    names = [clean(f"{run.server}:{run.name}", multiline=False) for run in runs if run.state is ToolState.RUNNING]
    if not names:
        return tr("starting tools · {stop} stop", stop=stop), False
    what = tr("running {tool}", tool=names[0][:60])
    if len(names) > 1:
        what = tr("running {tool} and {n} more", tool=names[0][:60], n=len(names) - 1)
    return " · ".join((what, f"{seconds:.0f} s", tr("{stop} stop", stop=stop))), False


def _speed_so_far(message: Message, spent: float) -> str:
    """The estimated speed of a running answer, once there is something to estimate it by."""
    first = message.timing.first_token_s if message.timing else None
    writing = spent - (first or 0)
    if writing < LEAST_MEASURED:
        return ""
    sample = message.content[-SAMPLE:]
    tokens = (len(message.content) + len(message.reasoning)) * estimate(sample) / len(sample)
    return f"~{tokens / writing:.0f} tok/s"
