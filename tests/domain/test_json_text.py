"""JSON in answers: found wherever models put it, indented with its own digits, folded by level."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.domain.models.response_format import (
    answer_schema,
    describe_format,
    read_response_format,
    short_schema,
    strict_format,
)
from chat_tui.domain.text.json_text import find_json, indented

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (' {"a": 1}\n', '{"a": 1}'),
        ("[1, 2]", "[1, 2]"),
        ('Here it is:\n```json\n{"a": 1}\n```\nDone.', '{"a": 1}'),
        ('```\n{"a": 1}\n```\nBetter:\n```json\n{"a": 2}\n```', '{"a": 2}'),
        ('~~~ json\n{"a": "```"}\n~~~', '{"a": "```"}'),
        ('As [1] says, it is {"a": {"b": 1}}.', '{"a": {"b": 1}}'),
        ('Dear {name}, it is {"a": 1}', '{"a": 1}'),
    ],
)
def test_json_is_found_where_models_put_it(text: str, found: str) -> None:
    begin, end, value = find_json(text)
    assert text[begin:end] == found
    assert value == json.loads(found)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("I can't do that.", "line 1, column 1: Expecting value"),
        ("", "line 1, column 1: Expecting value"),
        ('{"a": {"b": 1}, oops', "line 1, column 17"),  # and not the object within
        ('Well:\n```json\n{"a": 1,\n"b" 2}\n```', "line 4, column 5: Expecting ':'"),
        ('{"a": NaN}', "NaN is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("{" * 100_000, "line 1, column 2"),
        ("9" * 5_000, "4300 digits"),
    ],
)
def test_where_there_is_none_it_is_said_why(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        find_json(text)


@given(VALUES, st.sampled_from([None, 1]))
def test_what_is_indented_is_the_same_json(value: Any, indent: int | None) -> None:
    source = json.dumps(value, indent=indent, ensure_ascii=False)
    text, places, depth = indented(source)
    assert json.loads(text) == value
    assert indented(source, depth).text == text
    for at, place, is_written in places:
        assert not is_written or text[at] == source[place]


@pytest.mark.parametrize(
    ("levels", "text"),
    [
        (1, '{\n  "a": [ … 3 ],\n  "b": {},\n  "c": { … 1 }\n}'),
        (2, '{\n  "a": [\n    1,\n    [ … 2 ],\n    "x, ]"\n  ],\n  "b": {},\n  "c": {\n    "d": [ … 1 ]\n  }\n}'),
    ],
)
def test_deeper_levels_are_folded_with_how_much_they_hold(levels: int, text: str) -> None:
    source = '{"a":[1,[2,{"y":3}],"x, ]"],"b":{},"c":{"d":[{"e":[]}]}}'
    assert indented(source, levels)[::2] == (text, 5)


def test_the_short_form_of_a_schema() -> None:
    schema: Any = short_schema("name, age int: in years, tags list, ok bool, size float")
    assert schema["properties"]["age"] == {"type": "integer", "description": "in years"}
    assert schema["properties"]["tags"] == {"type": "array", "items": {"type": "string"}}
    assert [each["type"] for each in schema["properties"].values()][2:] == ["array", "boolean", "number"]
    assert schema["required"] == ["name", "age", "tags", "ok", "size"]
    lines: Any = short_schema("name: first, then last\n\nage int\n")
    assert lines["properties"]["name"] == {"type": "string", "description": "first, then last"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name text", "must be str | int | float | bool | list, not text"),
        ("a b c", "not 'a b c'"),
        ("a, a int", "twice"),
        (" , ", "needs fields"),
        ("person.json", "not 'person.json'"),
    ],
)
def test_what_is_none_says_how_one_is_written(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its words are compared
        short_schema(text)
    assert problem in str(caught.value)


SCHEMA = {"type": "object", "required": ["a"]}


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (SCHEMA, SCHEMA),
        ({"name": "x", "schema": SCHEMA}, SCHEMA),
        ({"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}}, SCHEMA),
        ({"type": "json_object", "schema": SCHEMA}, SCHEMA),
        ({"type": "json_object"}, None),
        ({"type": "json_schema", "json_schema": 3}, None),
        ({"type": "text"}, None),
        ("json", None),
    ],
)
def test_the_schema_of_a_response_format_in_every_form(value: Any, schema: Any) -> None:
    assert answer_schema(read_response_format(value)) == schema


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (strict_format(short_schema("name, age int")), "schema: name, age"),
        ({"type": "json_object", "schema": {"title": "A list"}}, "schema: A list"),
        ({"type": "json_object", "schema": {"type": "array"}}, "schema"),
        ({"type": "json_object"}, "json"),
        ({"type": "text"}, "text"),
    ],
)
def test_what_is_asked_for_in_words(value: Any, words: str) -> None:
    assert describe_format(value) == words
