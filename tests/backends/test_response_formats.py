"""Servers that refuse a form of `response_format` get the next one, and what that does not say in the system prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.conversation.message import Message, Role, new_message_id
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.ports.backend import ChatRequest
from tests.backends.helpers import turn, user
from tests.backends.test_refusals import Judge, fastapi, notices, openai, turns
from tests.servers import Reply

SCHEMA: JsonObject = {"type": "object", "properties": {"age": {"type": "integer"}}}
WITH_SCHEMA: JsonObject = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": SCHEMA}}
LLAMA: JsonObject = {"type": "json_object", "schema": SCHEMA}
OBJECT: JsonObject = {"type": "json_object"}
OTHER: JsonObject = {"type": "json_schema", "json_schema": {"name": "other", "schema": {"type": "array"}}}


def refuses(reply: Reply, *kinds: str) -> Judge:
    """A server that refuses these types of `response_format`; without any, the field."""

    def judge(body: dict[str, Any]) -> Reply | None:
        sent = body.get("response_format")
        return reply if sent is not None and (not kinds or sent["type"] in kinds) else None

    return judge


DEEPSEEK = openai("This response_format type is unavailable now")
LM_STUDIO = openai("'response_format.type' must be 'json_schema' or 'text'")
GROQ = openai("This model does not support response format `json_schema`.", "response_format")
GROQ_OLD = openai("'response_format.type' : value is not one of the allowed values ['text','json_object']")
OPENAI = openai("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.", "")
AZURE = openai("response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later")
XAI = openai("The response_format parameter is unsupported at the moment. Leave it unset.")

CASES: dict[str, tuple[Judge, JsonObject, int, JsonObject | None]] = {
    # who refuses what, what is wanted, how often it is refused, what is sent in the end
    "DeepSeek": (refuses(DEEPSEEK, "json_schema"), WITH_SCHEMA, 1, OBJECT),
    "Groq": (refuses(GROQ, "json_schema"), WITH_SCHEMA, 1, OBJECT),
    "Groq, older": (refuses(GROQ_OLD, "json_schema"), WITH_SCHEMA, 1, OBJECT),
    "OpenAI": (refuses(OPENAI, "json_schema"), WITH_SCHEMA, 1, OBJECT),
    "Azure": (refuses(AZURE, "json_schema"), WITH_SCHEMA, 1, OBJECT),
    "xAI": (refuses(XAI), WITH_SCHEMA, 1, None),
    "FastAPI": (refuses(fastapi("response_format")), WITH_SCHEMA, 1, None),
    "neither": (refuses(DEEPSEEK, "json_schema", "json_object"), WITH_SCHEMA, 2, None),
    "llama.cpp's form": (
        refuses(fastapi("response_format", "schema"), "json_object"),
        LLAMA,
        1,
        {"type": "json_schema"},
    ),
    "LM Studio": (refuses(LM_STUDIO, "json_object"), OBJECT, 1, {"type": "json_schema"}),
    "LM Studio, llama.cpp's form": (refuses(LM_STUDIO, "json_object"), LLAMA, 1, {"type": "json_schema"}),
    "LM Studio, a schema": (refuses(LM_STUDIO, "json_object"), WITH_SCHEMA, 0, WITH_SCHEMA),
    "no JSON": (refuses(XAI), OBJECT, 1, None),
}


@pytest.mark.parametrize("name", CASES)
async def test_the_next_form_is_sent_and_the_schema_is_never_lost(tmp_path: Path, name: str) -> None:
    judge, wanted, refused, expected = CASES[name]
    outcomes, bodies = await turns(tmp_path, judge, *[turn(parameters={"response_format": wanted})] * 2)
    assert [each.error for each in outcomes] == [None, None]
    assert len(bodies) == refused + 2, "the second turn knows what the first has learnt"
    for body in bodies[-2:]:
        sent = body.get("response_format")
        assert sent == expected if expected is None or sent is None else sent.items() >= expected.items()
        is_enforced = sent is not None and ("json_schema" in sent or sent == wanted)
        first = body["messages"][0]
        assert (first["role"] == "system") is not is_enforced
        if not is_enforced:
            assert "JSON" in first["content"]
            assert ('"integer"' in first["content"]) is (wanted is not OBJECT)
        elif wanted is not OBJECT and sent is not None:
            assert "integer" in str(sent["json_schema"]["schema"])
    for outcome in outcomes:
        assert bool(notices(outcome)) is (refused > 0)


async def test_what_is_learnt_is_of_the_form_and_not_of_one_schema(tmp_path: Path) -> None:
    requests = [turn(parameters={"response_format": each}) for each in (WITH_SCHEMA, OTHER, LLAMA)]
    _, bodies = await turns(tmp_path, refuses(DEEPSEEK, "json_schema"), *requests)
    assert [body["response_format"] for body in bodies] == [WITH_SCHEMA, OBJECT, OBJECT, LLAMA]
    assert '"array"' in bodies[2]["messages"][0]["content"]


async def test_the_schema_comes_behind_the_users_system_prompt(tmp_path: Path) -> None:
    in_parts: list[Json] = [{"type": "text", "text": "Be brief."}]
    for parts in (None, in_parts):
        system = Message(new_message_id(), None, Role.SYSTEM, "Be brief.", parts=parts)
        request = ChatRequest(ModelRef("work", "m"), [system, user("Hi")], {"response_format": WITH_SCHEMA})
        _, bodies = await turns(tmp_path, refuses(DEEPSEEK, "json_schema"), request)
        first, *rest = bodies[-1]["messages"]
        written = first["content"] if parts is None else "\n\n".join(each["text"] for each in first["content"])
        assert written.startswith("Be brief.\n\nAnswer with JSON only")
        assert [each["role"] for each in rest] == ["user"]


async def test_a_server_that_wants_json_mentioned_gets_that(tmp_path: Path) -> None:
    """OpenAI, DeepSeek and others take json_object only where the prompt says so."""
    text = "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'."

    def judge(body: dict[str, Any]) -> Reply | None:
        return None if "json" in str(body["messages"]).lower() else openai(text, "messages")

    outcomes, bodies = await turns(tmp_path, judge, *[turn(parameters={"response_format": OBJECT})] * 2)
    assert [body["response_format"] for body in bodies] == [OBJECT] * 3
    assert not any(map(notices, outcomes))


@pytest.mark.parametrize(
    "text",
    [
        "Invalid schema for response_format 'person': In context=(), 'additionalProperties' is required to be false.",
        "invalid schema for response format: response_format/json_schema/next_step: minItems is not supported",
        "'response_format.json_schema.schema' must be an object",
    ],
)
async def test_a_schema_that_is_wrong_is_the_users_to_correct(tmp_path: Path, text: str) -> None:
    judge = refuses(openai(text, "response_format"), "json_schema")
    (outcome,), bodies = await turns(tmp_path, judge, turn(parameters={"response_format": WITH_SCHEMA}))
    assert text in f"{outcome.failure.message} {outcome.failure.detail}"
    assert len(bodies) == 1
