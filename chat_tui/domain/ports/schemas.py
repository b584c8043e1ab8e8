"""The port of the check by a JSON Schema."""

from __future__ import annotations

from typing import Protocol

from chat_tui.domain.json import Json, JsonObject


class SchemaChecker(Protocol):
    """Checks values by a JSON Schema, within a bounded time."""

    async def problems(self, value: Json, schema: JsonObject) -> list[str]:
        """What is wrong with a value, a sentence each with the path (`$.items[2].age: ...`); none if it is valid.

        A schema that is itself not valid, or that takes too long, is a problem, too.
        """
        ...
