"""Port of the checks by JSON Schema: answers of models, arguments of tools."""

from __future__ import annotations

from typing import Protocol

from chat_tui.domain.json import Json, JsonObject


class SchemaChecker(Protocol):
    """Checks JSON values by JSON Schemas, both of which may be anybody's."""

    async def problems(self, value: Json, schema: JsonObject) -> list[str]:
        """Checks a value; bounded in time and memory, and nothing that the schema refers to is fetched.

        Args:
            value: the value.
            schema: a JSON Schema; of draft 2020-12 where it names no other.

        Returns:
            What is wrong, a sentence each; none for a valid value. One about the value begins with the JSON path:
            `$.items[2].age: 'x' is not of type 'integer'`. Others say why it could not be checked: the schema is
            invalid, or takes too long.
        """
        ...


def is_about_value(problem: str) -> bool:
    """Whether a sentence of `SchemaChecker.problems` is about the value, so that another value may be valid."""
    return problem.startswith("$")
