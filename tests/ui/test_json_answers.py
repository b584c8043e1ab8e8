"""Answers that were requested by a JSON Schema: checked, asked for again with the error, folded by level."""

from __future__ import annotations

from typing import Any

import pytest

from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.response_format import short_schema, strict_format
from chat_tui.domain.ports.schemas import SchemaChecker
from chat_tui.ui.chat.turns.answer_checks import AnswerChecks
from chat_tui.ui.transcript.turn import Turn
from tests.servers import Reply, Request, ScriptedServer, delta, sse
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_conversation import answer, scene
from tests.ui.test_copying import answered

SCHEMA = short_schema("name, age int")
PROBLEM = "$.age: 'x' is not of type 'integer'"
VALID, INVALID = '{"name":"Ada","age":36}', '{"name":"Ada","age":"x"}'
NESTED = '{"a":{"b":[1,2,{"c":null}]},"d":[]}'


class FixedSchemas:
    """Finds the same problems in everything."""

    def __init__(self, *problems: str) -> None:
        self.problems_found = problems
        self.checked: list[Any] = []

    async def problems(self, value: Any, schema: JsonObject) -> list[str]:
        self.checked.append(value)
        return [*self.problems_found]


def requested(content: str, response_format: JsonObject | None = None) -> Message:
    return answer(content, parameters={"response_format": response_format or strict_format(SCHEMA)})


def drawn(turn: Turn, problems: tuple[str, ...] = ()) -> str:
    context = scene(70)
    context.schema_problems = lambda message: problems
    turn.forget()
    return "\n".join(row.text.rstrip() for row in turn.rows(context))


@pytest.mark.parametrize("source", [VALID, f"```json\n{VALID}\n```", f"\n~~~\n{VALID}\n~~~\n"])
def test_json_is_set_out_with_or_without_a_fence(source: str) -> None:
    assert '┃ {\n┃   "name": "Ada",\n┃   "age": 36\n┃ }' in drawn(Turn(requested(source)))


def test_json_within_prose_stays_where_it_is_and_counts() -> None:
    shown = drawn(Turn(requested(f"Here it is: {VALID}. Is that all?")))
    assert "Here it is" in shown
    assert "not valid" not in shown


def test_an_array_may_be_what_a_schema_wants() -> None:
    schema: JsonObject = {"type": "json_object", "schema": {"type": "array"}}
    assert "not an object" not in drawn(Turn(requested("[1]", schema)))


def test_levels_are_folded_one_by_one_and_unfolded_again() -> None:
    turn = Turn(requested(NESTED))
    whole = drawn(turn)
    assert turn.fold_json(-1)
    assert '"b": [\n┃       1,\n┃       2,\n┃       { … 1 }\n' in drawn(turn)
    assert "json · 3 of 4 levels" in drawn(turn)
    for _ in range(5):
        turn.fold_json(-1)
    assert '{\n┃   "a": { … 1 },\n┃   "d": []\n┃ }' in drawn(turn)
    for _ in range(3):
        turn.fold_json(1)
    assert drawn(turn) == whole
    assert not Turn(requested("no JSON")).fold_json(-1)


def test_problems_are_listed_below_the_answer_with_the_key_that_asks_again() -> None:
    many = tuple(f"$[{number}]: no" for number in range(5))
    shown = drawn(Turn(requested(INVALID)), many)
    assert (
        "does not match the schema\n  $[0]: no\n  $[1]: no\n  $[2]: no\n  2 more problems\nalt+↑, r ask again" in shown
    )
    assert "1 more problem\n" in drawn(Turn(requested(INVALID)), many[:4])
    shown = drawn(Turn(requested(INVALID)), ("Not checked: the check takes too long.",))
    assert "Not checked: the check takes too long." in shown
    assert "ask again" not in shown
    assert "r ask again with the error" in drawn(Turn(requested('{"name": ')))


async def test_an_answer_is_checked_once_and_again_when_it_has_changed() -> None:
    schemas, runs, found = FixedSchemas(PROBLEM), list[Any](), list[Message]()

    def give() -> SchemaChecker:
        return schemas

    checks = AnswerChecks(give, runs.append, found.append)
    message, running = requested(INVALID), requested(INVALID)
    running.status = Status.INTERRUPTED
    for each in (message, message, running, answer(VALID), requested(VALID, {"type": "json_object"})):
        assert checks.problems(each) == ()
    (run,) = runs
    await run()
    assert found == [message]
    assert checks.problems(message) == (PROBLEM,)
    assert len(runs) == 1
    message.content = VALID
    checks.problems(message)
    assert len(runs) == 2


async def test_a_key_asks_again_with_the_error(home: Home) -> None:
    def reply(request: Request) -> Reply:
        is_first = len(request.json["messages"]) == 1
        return Reply([sse(delta(INVALID if is_first else f"```json\n{VALID}\n```"), delta(finish="stop"))])

    async with ScriptedServer(reply) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            app.chat.conversation.thread.parameters = {"response_format": strict_format(SCHEMA)}
            await pilot.press(*"Who?", "enter")
            await until(pilot, lambda: PROBLEM in screen_text(app))
            assert "schema: name, age" in screen_text(app)
            await pilot.press("alt+up")
            assert "r ask again" in screen_text(app).splitlines()[-1]
            await pilot.press("r")
            await until(pilot, lambda: '"age": 36' in screen_text(app))
            first, second = (request.json for request in server.requests)
            assert PROBLEM in second["messages"][-1]["content"]
            assert second["response_format"] == first["response_format"]
            await pilot.press("alt+up", "y")
            await until(pilot, lambda: app.clipboard == f"```json\n{VALID}\n```")
            await pilot.press("r")
            await until(pilot, lambda: any("is valid" in each.message for each in app._notifications))
            assert len(server.requests) == 2


async def test_keys_fold_an_answer(home: Home) -> None:
    async with answered(home, NESTED) as (app, pilot):
        app.chat.view.messages[-1].parameters = {"response_format": {"type": "json_object"}}
        app.chat.view.repaint()
        await until(pilot, lambda: '"c": null' in screen_text(app))
        await pilot.press("alt+up", "-", "-")
        await until(pilot, lambda: '"b": [ … 3 ]' in screen_text(app))
        await pilot.press("+", "=")
        await until(pilot, lambda: '"c": null' in screen_text(app) and "levels" not in screen_text(app))
