"""Checks by JSON Schema: problems say where they are; no schema takes long, or is fetched."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.ports.schemas import is_about_value
from chat_tui.tools import validation, validation_child
from chat_tui.tools.validation import TEXTS, ChildSchemas
from chat_tui.tools.validation_child import MOST_CHARACTERS, MOST_PROBLEMS, problems_of

PERSON: JsonObject = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "items": {"items": {"properties": {"age": {"type": "integer"}}}}},
}


def nested(depth: int) -> JsonObject:
    """A schema for objects in objects."""
    schema: JsonObject = {}
    for _ in range(depth):
        schema = {"properties": {"a": schema}}
    return schema


@pytest.mark.parametrize(
    ("value", "schema", "problems"),
    [
        ({"name": "Ada", "items": [{"age": 3}]}, PERSON, []),
        (
            {"items": [1, 2, {"age": "x"}]},
            PERSON,
            ["$: 'name' is a required property", "$.items[2].age: 'x' is not of type 'integer'"],
        ),
        ({"a b": 1}, {"additionalProperties": {"type": "string"}}, ["$['a b']: 1 is not of type 'string'"]),
        ({"a": 1}, {"anyOf": [{"type": "null"}, {"properties": {"a": {"const": 2}}}]}, ["$.a: 2 was expected"]),
        ({}, {"type": "int"}, ["Not checked: the schema is invalid at $.type: 'int' is not valid"]),
        ({}, {"pattern": "("}, ["Not checked: the schema is invalid at $.pattern: '(' is not a 'regex'"]),
        ({}, {"$ref": "#/$defs/a"}, ["Not checked: the schema refers to #/$defs/a, which is not part of it."]),
        ([1, 1], {"items": {"type": "string"}}, ["$[0]: 1 is not of type", "$[1]: 1 is not of type"]),
    ],
)
def test_each_problem_says_where_it_is(value: Any, schema: JsonObject, problems: list[str]) -> None:
    found = [each.text.format(**each.values) for each in problems_of(value, schema)]
    assert len(found) == len(problems)
    for sentence, expected in zip(found, problems, strict=True):
        assert sentence.startswith(expected)
        assert is_about_value(sentence) is expected.startswith("$")


def test_each_sentence_of_the_child_can_be_translated() -> None:
    constants = (value for name, value in vars(validation_child).items() if name.isupper())
    assert {each for each in constants if isinstance(each, str)} == set(TEXTS)


def test_many_problems_and_long_values_are_cut() -> None:
    found = problems_of([str(i) for i in range(1000)], {"items": {"type": "integer"}})
    assert len(found) == MOST_PROBLEMS + 1
    (long,) = problems_of("x" * 100_000, {"maxLength": 3})
    assert long.values["error"].endswith("is too long")
    assert len(long.values["error"]) < MOST_CHARACTERS + 10


async def test_a_remote_schema_is_not_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        (problem,) = await ChildSchemas().problems({}, {"$ref": url})
        assert problem == f"Not checked: the schema refers to {url}, which is not part of it."
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        ({}, {"$ref": "#"}, "Not checked: nested too deeply, or the schema refers to itself."),
        ({}, nested(300), "Not checked: nested too deeply, or the schema refers to itself."),
        ("x" * validation.MOST_BYTES, {}, "Not checked: too large."),
        (float("inf"), {}, "$: a number is too large for JSON"),
    ],
)
async def test_what_is_deep_or_large_is_not_checked(value: Json, schema: JsonObject, problem: str) -> None:
    assert await ChildSchemas().problems(value, schema) == [problem]


async def test_what_takes_long_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the limit that the process gives itself, or by the time that the program waits."""
    monkeypatch.setattr(validation, "TIME_LIMIT", 600.0)
    child = (sys.executable, "-c", "import chat_tui.tools.validation_child as child; child.SECONDS = 1; child.main()")
    assert await ChildSchemas(child).problems("a" * 40 + "!", {"pattern": "^(a+)+$"}) == [validation.TOO_LONG]
    monkeypatch.setattr(validation, "TIME_LIMIT", 0.1)
    waiting = (sys.executable, "-S", "-c", "import signal; signal.pause()")
    assert await ChildSchemas(waiting).problems({}, {}) == [validation.TOO_LONG]


async def test_what_takes_much_memory_is_not_checked() -> None:
    small = "import chat_tui.tools.validation_child as child; child.MEMORY = 200 << 20; child.main()"
    schema: JsonObject = {"anyOf": [{"type": "null"}] * 400}
    (problem,) = await ChildSchemas((sys.executable, "-c", small)).problems("x" * 1_000_000, schema)
    assert problem == "Not checked: the check takes too much memory."


async def test_what_comes_back_is_cleaned_and_a_process_that_fails_says_so() -> None:
    (problem,) = await ChildSchemas().problems({"a\x1b[2J": 1}, {"additionalProperties": False})
    assert "\x1b" not in problem
    assert await ChildSchemas(("/nowhere",)).problems({}, {}) == ["Not checked: no process could be started."]
