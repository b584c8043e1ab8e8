"""Lists what a server offers: page by page, each text clean and bounded, what can't be used left out and named."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

import mcp_types as types

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.ports.tools import ServerPrompt, ServerResource, ToolError
from chat_tui.domain.text.clean import clean
from chat_tui.domain.tools import Tool
from chat_tui.i18n import tr
from chat_tui.tools.connection import Connection
from chat_tui.tools.words import bounded, one_line

MOST_PAGES = 50
MOST_ENTRIES = 256
"""Of one server: no model can choose among more, and each costs tokens in every request."""
DESCRIPTION_LIMIT = 4096
SCHEMA_LIMIT = 32 * 1024
"""Bytes of one tool's schema as JSON."""
_DEPTH_LIMIT = 32
_NAME_LIMIT = 128
_SPOKEN = ("description", "title", "$comment")
"""Keys of a schema whose texts only tell something; others are what arguments are checked by, and stay."""


@dataclass(slots=True)
class ListedTools:
    """The tools of a server."""

    tools: list[Tool] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


async def list_tools(connection: Connection) -> ListedTools:
    """The tools that can be used.

    Raises:
        ToolError: the server can't be asked.
    """
    listed = ListedTools()
    if connection.capabilities.tools is None:
        return listed
    name, allowed = connection.settings.name, connection.settings.tools
    seen: set[str] = set()
    async for tool in _entries(connection, types.ListToolsRequest, types.ListToolsResult, "tools", listed.problems):
        if allowed is not None and tool.name not in allowed:
            seen.add(tool.name)
            continue
        made = _tool(name, tool) if tool.name not in seen else tr("it is listed twice")
        seen.add(tool.name)
        if isinstance(made, Tool):
            listed.tools.append(made)
        else:
            listed.problems.append(
                tr(
                    "{name}: the tool {tool} is left out: {why}.",
                    name=name,
                    tool=one_line(tool.name, 60),
                    why=made,
                )
            )
    if missing := [each for each in allowed or () if each not in seen]:
        listed.problems.append(
            tr("{name} has no tool {tool}.", name=name, tool=", ".join(one_line(each, 60) for each in missing))
        )
    return listed


async def list_prompts(connection: Connection) -> list[ServerPrompt]:
    """The prompts.

    Raises:
        ToolError: the server can't be asked.
    """
    if connection.capabilities.prompts is None:
        return []
    return [
        ServerPrompt(
            connection.settings.name,
            each.name,
            one_line(each.description or each.title or ""),
            tuple(argument.name for argument in each.arguments or () if _is_plain(argument.name)),
        )
        async for each in _entries(connection, types.ListPromptsRequest, types.ListPromptsResult, "prompts")
        if _is_plain(each.name)
    ]


async def list_resources(connection: Connection) -> list[ServerResource]:
    """The documents.

    Raises:
        ToolError: the server can't be asked.
    """
    if connection.capabilities.resources is None:
        return []
    return [
        ServerResource(connection.settings.name, each.uri, one_line(each.name), one_line(each.mime_type or "", 60))
        async for each in _entries(connection, types.ListResourcesRequest, types.ListResourcesResult, "resources")
        if len(each.uri) <= 2048 and clean(each.uri, multiline=False) == each.uri
    ]


async def _entries(
    connection: Connection, request: Any, result: Any, field_name: str, problems: list[str] | None = None
) -> AsyncGenerator[Any]:
    """What all pages hold, as far as they are read, within the time of one call."""
    cursor: str | None = None
    cursors: set[str] = set()
    count = 0
    deadline = asyncio.get_running_loop().time() + connection.settings.timeout
    for _ in range(MOST_PAGES):
        params = types.PaginatedRequestParams(cursor=cursor) if cursor is not None else None
        page = await connection.request(request(params=params), result)
        entries: Sequence[Any] = getattr(page, field_name)
        for each in entries:
            if count == MOST_ENTRIES:
                break
            count += 1
            yield each
        cursor = page.next_cursor
        if cursor is None:
            return
        if cursor in cursors or count == MOST_ENTRIES:
            break
        cursors.add(cursor)
        if asyncio.get_running_loop().time() > deadline:
            raise ToolError(
                tr(
                    "{name} takes too long to list its {what}.",
                    name=connection.settings.name,
                    what=field_name,
                )
            )
    if problems is not None:
        problems.append(
            tr(
                "{name} lists too many {what}; the first {n} are used.",
                name=connection.settings.name,
                what=field_name,
                n=count,
            )
        )


def _tool(server: str, tool: types.Tool) -> Tool | str:
    """The tool, or why it can't be used."""
    if not _is_plain(tool.name):
        return tr("its name can't be shown")
    schema = _clean_schema(tool.input_schema)
    if schema is None:
        return tr("its schema is nested too deeply")
    if len(json.dumps(schema)) > SCHEMA_LIMIT:
        return tr("its schema is larger than {n} KB", n=SCHEMA_LIMIT >> 10)
    annotations = tool.annotations
    title = tool.title or (annotations.title if annotations else None) or ""
    return Tool(
        server,
        tool.name,
        bounded(tool.description or "", DESCRIPTION_LIMIT),
        schema,
        one_line(title, 100),
        bool(annotations and annotations.read_only_hint),
    )


def _is_plain(name: str) -> bool:
    return 0 < len(name) <= _NAME_LIMIT and clean(name, multiline=False) == name and name == name.strip()


def _clean_schema(schema: dict[str, Any]) -> JsonObject | None:
    try:
        cleaned = _cleaned(schema, "", 0)
    except RecursionError:
        return None
    assert isinstance(cleaned, dict)
    return cleaned


def _cleaned(value: Any, key: str, depth: int) -> Json:
    if depth > _DEPTH_LIMIT:
        raise RecursionError
    if isinstance(value, dict):
        return {name: _cleaned(each, name, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return [_cleaned(each, "", depth + 1) for each in value]
    if isinstance(value, str) and key in _SPOKEN:
        return bounded(value, DESCRIPTION_LIMIT)
    return value  # type: ignore[no-any-return]
