"""What a check found, and checks that end in time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chat_tui.domain.json import JsonObject
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.secrets import redact
from chat_tui.i18n import tr

PATIENCE = 5.0
"""Seconds for a check of this machine."""


class Grade(StrEnum):
    """How good or bad a finding is."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    area: str
    name: str
    grade: Grade
    text: str
    advice: str = ""
    fix: Callable[[], object] | None = None
    """Puts it right; only what can lose nothing. Blocks."""

    def shown(self, text: str) -> str:
        """A text of it on one line, without keys, and with the home directory as `~`."""
        return redact(clean(without_home(text), multiline=False))

    def to_json(self) -> JsonObject:
        """The finding for programs."""
        return {
            "area": self.area,
            "name": self.shown(self.name),
            "status": str(self.grade),
            "text": self.shown(self.text),
            "advice": self.shown(self.advice) or None,
            "fixable": self.fix is not None,
        }


Findings = list[Finding]


def without_home(text: str) -> str:
    """A text in which the home directory, which names the user, is `~`."""
    try:
        home = str(Path.home())
    except RuntimeError:
        return text
    return text.replace(home, "~") if len(home) > 1 else text


async def in_time(area: str, name: str, work: Callable[[], Findings], seconds: float = PATIENCE) -> Findings:
    """What a blocking check finds, in a thread that nobody waits for longer: a disk or a program may never answer."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Findings] = loop.create_future()

    def settle(found: Findings) -> None:
        if not answer.done():
            answer.set_result(found)

    def run() -> None:
        try:
            found = work()
        except Exception as error:  # noqa: BLE001 - one broken check must not cost the report
            found = [
                Finding(
                    area,
                    name,
                    Grade.PROBLEM,
                    tr("The check failed: {name}: {error}", name=type(error).__name__, error=error),
                )
            ]
        try:
            loop.call_soon_threadsafe(settle, found)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    threading.Thread(target=run, name="doctor", daemon=True).start()
    return await awaited(area, name, answer, seconds)


async def awaited(area: str, name: str, work: Awaitable[Sequence[Finding]], seconds: float) -> Findings:
    """What a coroutine finds, or that it did not end in time."""
    try:
        return list(await asyncio.wait_for(work, seconds))
    except TimeoutError:
        return [Finding(area, name, Grade.PROBLEM, tr("No answer within {seconds:g} s.", seconds=seconds))]
