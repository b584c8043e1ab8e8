"""`ask --schema`: valid JSON on standard output, or an exit code of 1 and why on standard error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Chat, Home, Script

FIELDS = "name, age int"
VALID = '{"name":"Ada","age":36}'
INVALID = '{"name":"Ada","age":"x"}'
PROBLEM = "$.age: 'x' is not of type 'integer'"


def answers(server: Script, first: str, *others: str) -> None:
    server.pieces, server.later = [first[:5], first[5:]], [[each] for each in others]


def test_only_the_json_is_printed_as_it_came(chat: Chat, acme: Script, home: Home) -> None:
    answers(acme, f"Sure!\n```json\n{VALID}\n```\nAnything else?")
    result = chat("ask", "Who?", "--schema", FIELDS)
    assert (result.code, result.out, result.err) == (0, VALID + "\n", "")
    (body,) = acme.bodies
    sent = body["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["properties"] == {"name": {"type": "string"}, "age": {"type": "integer"}}
    assert home.thread()["parameters"]["response_format"] == body["response_format"]


def test_it_is_indented_on_a_terminal_with_its_own_digits(chat: Chat, acme: Script) -> None:
    answers(acme, '{"x": 1.50, "s": "\\u001b[2J"}')
    result = chat("ask", "Hi", "--schema", "x float, s", terminal=True)
    assert result.out == '{\n  "x": 1.50,\n  "s": "\\u001b[2J"\n}\n'


def test_it_is_asked_again_with_the_error(chat: Chat, acme: Script, home: Home) -> None:
    answers(acme, INVALID, VALID)
    result = chat("ask", "Who?", "--schema", FIELDS)
    assert (result.code, result.out) == (0, VALID + "\n")
    assert PROBLEM in result.err
    first, second = acme.bodies
    assert [each["role"] for each in second["messages"]] == ["user", "assistant", "user"]
    assert PROBLEM in second["messages"][-1]["content"]
    assert '"integer"' in second["messages"][-1]["content"]
    assert len(home.thread()["messages"]) == 4


@pytest.mark.parametrize(("retries", "asked"), [("0", 1), ("1", 2), ("2", 3)])
def test_what_never_becomes_valid_fails_with_where(
    chat: Chat, acme: Script, home: Home, retries: str, asked: int
) -> None:
    answers(acme, INVALID)
    result = chat("ask", "Who?", "--schema", FIELDS, "--retries", retries, "--no-save")
    assert (result.code, result.out, len(acme.bodies)) == (1, "", asked)
    assert f"chat-tui: The answer does not match the schema.\n  {PROBLEM}\n" in result.err


def test_an_answer_without_json_and_one_that_is_cut(chat: Chat, acme: Script) -> None:
    answers(acme, "I can't.")
    result = chat("ask", "Who?", "--schema", FIELDS, "--retries", "0")
    assert (result.code, result.out) == (1, "")
    assert "$: not JSON: line 1, column 1" in result.err
    acme.complete = False
    answers(acme, VALID)
    result = chat("ask", "Who?", "--schema", FIELDS)
    assert (result.code, result.out) == (1, "")
    assert "Connection lost" in result.err


def test_json_carries_the_value_and_the_problems(chat: Chat, acme: Script) -> None:
    answers(acme, f"Here: {VALID}")
    result = chat("ask", "Who?", "--schema", FIELDS, "--json")
    assert (result.code, result.json["answer"], result.json["problems"]) == (0, json.loads(VALID), [])
    answers(acme, INVALID)
    result = chat("ask", "Who?", "--schema", FIELDS, "--json", "--retries", "0")
    assert (result.code, result.json["answer"], result.json["problems"]) == (1, json.loads(INVALID), [PROBLEM])


def test_a_schema_from_a_file_or_written_out(chat: Chat, acme: Script, tmp_path: Path) -> None:
    schema = {"type": "array", "items": {"type": "integer"}, "maxItems": 2}
    file = tmp_path / "list.json"
    file.write_text(json.dumps(schema))
    answers(acme, "[1, 2]")
    for argument in (str(file), json.dumps({"type": "json_object", "schema": schema})):
        assert chat("ask", "Hi", "--schema", argument).out == "[1, 2]\n"
    assert acme.bodies[0]["response_format"]["json_schema"] == {"name": "answer", "schema": schema}
    assert acme.bodies[-1]["response_format"] == {"type": "json_object", "schema": schema}
    answers(acme, "[1, 2, 3]")
    assert "$: [1, 2, 3] is too long" in chat("ask", "Hi", "--schema", str(file), "--retries", "0").err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--schema", "person.json"], "no such file, and not a list of fields"),
        (["--schema", "age number"], "must be str | int | float | bool | list, not number"),
        (["--schema", "{"], "not JSON"),
        (["--schema", '{"type": "json_object"}'], "holds no JSON Schema"),
        (["--schema", '{"type": "int"}'], "the schema is invalid at $.type"),
        (["--schema", '{"$ref": "https://a.example/b"}', "--retries", "0"], "not part of it"),
        (["--schema", FIELDS, "--raw"], "--raw"),
    ],
)
def test_what_is_no_schema_is_refused_before_anything_is_sent(
    chat: Chat, acme: Script, home: Home, arguments: list[str], words: str
) -> None:
    result = chat("ask", "Hi", *arguments)
    assert result.code == 2
    assert words in result.err
    assert (acme.bodies, home.threads()) == ([], [])


def test_the_request_can_be_seen_first(chat: Chat, acme: Script) -> None:
    result = chat("ask", "Hi", "--schema", FIELDS, "--dry-run")
    assert result.json["response_format"]["type"] == "json_schema"
