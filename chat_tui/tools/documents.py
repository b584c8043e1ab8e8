"""The texts of a server's prompts and documents."""

from __future__ import annotations

import mcp_types as types
from pydantic import TypeAdapter

from chat_tui.domain.ports.tools import ToolError
from chat_tui.i18n import tr
from chat_tui.tools.connection import Connection
from chat_tui.tools.results import pieces_of
from chat_tui.tools.words import bounded, one_line

TEXT_LIMIT = 1024 * 1024
"""Characters of one text; a longer one is cut."""
_PROMPT: TypeAdapter[types.GetPromptResult | types.InputRequiredResult] = TypeAdapter(
    types.GetPromptResult | types.InputRequiredResult
)
_DOCUMENT: TypeAdapter[types.ReadResourceResult | types.InputRequiredResult] = TypeAdapter(
    types.ReadResourceResult | types.InputRequiredResult
)


async def prompt_text(connection: Connection, name: str, arguments: dict[str, str]) -> str:
    """A prompt as one text; where it has messages of both sides, each under its role.

    Raises:
        ToolError: it can't be had.
    """
    params = types.GetPromptRequestParams(name=name, arguments=arguments)
    answer = await connection.request(types.GetPromptRequest(params=params), _PROMPT)
    if isinstance(answer, types.InputRequiredResult):
        raise _asks(connection)
    messages = [(each.role, "\n\n".join(pieces_of([each.content], None, False).texts)) for each in answer.messages]
    if all(role == "user" for role, _ in messages):
        return bounded("\n\n".join(text for _, text in messages), TEXT_LIMIT)
    return bounded("\n\n".join(f"{role}:\n{text}" for role, text in messages), TEXT_LIMIT)


async def resource_text(connection: Connection, uri: str) -> str:
    """A document's text.

    Raises:
        ToolError: it can't be had, or is no text.
    """
    params = types.ReadResourceRequestParams(uri=uri)
    answer = await connection.request(types.ReadResourceRequest(params=params), _DOCUMENT)
    if isinstance(answer, types.InputRequiredResult):
        raise _asks(connection)
    texts = [each.text for each in answer.contents if isinstance(each, types.TextResourceContents)]
    if not texts:
        raise ToolError(tr("{name} is not a text.", name=one_line(uri)))
    return bounded("\n\n".join(texts), TEXT_LIMIT)


def _asks(connection: Connection) -> ToolError:
    return ToolError(tr("{name} asks for input first, which chat-tui does not support.", name=connection.settings.name))
