"""Has the answers on the screen checked by the schemas that they were requested with, and keeps what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from chat_tui.domain.models.response_format import answer_schema
from chat_tui.domain.text.clean import clean
from chat_tui.ui.transcript.json_answer import is_checked

if TYPE_CHECKING:
    from chat_tui.domain.conversation.message import Message
    from chat_tui.domain.json import JsonObject
    from chat_tui.domain.ports.schemas import SchemaChecker

KEPT = 500
"""Answers whose problems are kept."""


class AnswerChecks:
    """What is wrong with answers by their schemas, as far as it is known."""

    def __init__(
        self,
        schemas: Callable[[], SchemaChecker],
        run: Callable[[Callable[[], Coroutine[Any, Any, None]]], object],
        on_problems: Callable[[Message], object],
    ) -> None:
        """Checks nothing yet.

        Args:
            schemas: gives what checks.
            run: runs a coroutine function that no key waits for.
            on_problems: is called when problems of an answer are found.
        """
        self._schemas = schemas
        self._run = run
        self._on_problems = on_problems
        self._known: dict[str, tuple[str, tuple[str, ...]]] = {}
        """By message the text that was checked, or is, and what is wrong; the oldest first."""

    def problems(self, message: Message) -> tuple[str, ...]:
        """What is wrong with an answer, a sentence each; none where nothing is, or it is not known yet."""
        schema = answer_schema(message.parameters.get("response_format"))
        if schema is None or not is_checked(message):
            return ()
        content, problems = self._known.get(message.id, ("", ()))
        if content == message.content:
            return problems
        self._known[message.id] = message.content, ()
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        self._run(partial(self._check, message, schema))
        return ()

    async def _check(self, message: Message, schema: JsonObject) -> None:
        from chat_tui.session.requests.answer_check import check_answer

        content = message.content
        checked = await check_answer(content, schema, self._schemas())
        if checked.problems:
            self._known[message.id] = content, tuple(clean(each, multiline=False) for each in checked.problems)
            self._on_problems(message)
