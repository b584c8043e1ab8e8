"""`chat-tui ask --schema`: answers that are valid by a JSON Schema, or none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.errors import UsageError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.response_format import (
    answer_schema,
    correction,
    read_response_format,
    short_schema,
    strict_format,
)
from chat_tui.domain.ports.schemas import is_about_value
from chat_tui.domain.text.json_text import indented
from chat_tui.i18n import tr
from chat_tui.session.requests.answer_check import CheckedAnswer, check_answer

if TYPE_CHECKING:
    from chat_tui.cli.output import Output
    from chat_tui.domain.ports.schemas import SchemaChecker

MOST_BYTES = 1024**2
"""Of a file with a schema."""


class StructuredAnswers:
    """The schema of `--schema`, and the answers that are checked by it."""

    def __init__(self, response_format: JsonObject, schema: JsonObject, checker: SchemaChecker) -> None:
        """Use `from_argument`."""
        self.response_format = response_format
        """What is sent."""
        self.checked: CheckedAnswer | None = None
        """The last answer; None while none is whole."""
        self._schema = schema
        self._checker = checker

    @classmethod
    async def from_argument(cls, text: str, checker: SchemaChecker) -> StructuredAnswers:
        """Reads the argument: a file, a JSON Schema, or its short form.

        Raises:
            UsageError: there is no schema in it, or it is not valid itself.
        """
        try:
            response_format, is_ours = await asyncio.to_thread(_read, text)
        except (ValueError, RecursionError, OSError) as error:
            raise UsageError(tr("--schema: {error}", error=error)) from None
        if (schema := answer_schema(response_format)) is None:
            raise UsageError(tr("--schema: it holds no JSON Schema."))
        for problem in () if is_ours else await checker.problems(None, schema):
            if not is_about_value(problem):
                raise UsageError(tr("--schema: {problem}", problem=problem))
        return cls(response_format, schema, checker)

    async def check(
        self, reply: Callable[[], Message | None], ask: Callable[[str], Awaitable[None]], retries: int, out: Output
    ) -> None:
        """Checks the answer; one that is not valid is asked for again with what is wrong.

        Args:
            reply: gives the last answer.
            ask: sends a prompt in the same thread, and waits for the answer.
            retries: how often to ask again.
            out: told of each time.
        """
        for retry in range(retries + 1):
            message = reply()
            if message is None or message.status is not Status.COMPLETE:
                self.checked = None
                return
            self.checked = await check_answer(message.content, self._schema, self._checker)
            problems = [each for each in self.checked.problems if is_about_value(each)]
            if not problems or retry == retries:
                return
            out.note(
                "\n".join([tr("The answer does not match the schema; retrying."), *(f"  {each}" for each in problems)])
            )
            await ask(correction(problems, self._schema))

    def print_answer(self, out: Output) -> None:
        """Prints a valid answer: indented on a terminal, elsewhere as it came."""
        if self.checked is not None and not self.checked.problems:
            text = self.checked.text
            out.json_text(indented(text).text if out.is_terminal else text)

    def fields(self) -> JsonObject:
        """What `--json` has of it: the value, and what is wrong with it."""
        checked = self.checked or CheckedAnswer()
        problems: list[Json] = [*checked.problems]
        return {"answer": checked.value, "problems": problems}

    def report(self, out: Output) -> bool:
        """Says on standard error what is wrong with the answer; whether it is valid."""
        problems = self.checked.problems if self.checked else []
        if problems:
            out.problem("\n".join([tr("The answer does not match the schema."), *(f"  {each}" for each in problems)]))
        return not problems


def _read(text: str) -> tuple[JsonObject, bool]:
    """The request field for an argument, and whether its schema was made here of the short form."""
    if text.lstrip().startswith("{"):
        return read_response_format(_parsed(text)), False
    path = Path(text).expanduser()
    if "\n" in text or not path.is_file():
        try:
            return strict_format(short_schema(text)), True
        except ValueError as error:
            raise ValueError(f"no such file, and not a list of fields: {error}") from None
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{text} is larger than {MOST_BYTES // 1024} KiB")
    return read_response_format(_parsed(data.decode("utf-8-sig"))), False


def _parsed(text: str) -> Json:
    try:
        value: Json = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from None
    return value
