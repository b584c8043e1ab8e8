"""Reads LobeChat's exports: sessions, topics and messages in tables, as its older and its newer versions write them."""

from __future__ import annotations

from collections.abc import Iterator

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.imports.content import get, parsed
from chat_tui.storage.imports.foreign import ImportContext, UnreadableFileError, as_line, as_list, as_object
from chat_tui.storage.imports.layout import Layout, read_layout

_LAYOUT = Layout(
    "lobechat",
    system="systemRole|config.systemRole",
    model="config.model|model",
    provider="config.provider|provider",
    parameters="config.params|params",
    parent="~parent",
    message_model="model|extra.fromModel",
    message_provider="provider|extra.fromProvider",
    calls="tools|tool_calls",
    images="imageList|images",
    files="fileList|files",
    sources="search.citations|metadata.search.citations|citations",
)


def is_export(value: Json) -> bool:
    """Whether it is LobeChat's."""
    return any(isinstance(get(value, f"{name}.messages"), list) for name in ("state", "data")) and (
        isinstance(value, dict) and ("exportType" in value or "schemaHash" in value or "mode" in value)
    )


def read(value: Json, context: ImportContext) -> Iterator[Thread]:
    """Makes a thread of each topic, and of what belongs to none of each session."""
    tables = as_object(get(value, "state|data"))
    sessions, agents = _by_id(tables.get("sessions")), _by_id(tables.get("agents"))
    topics = _by_id(tables.get("topics"))
    for link in map(as_object, as_list(tables.get("agentsToSessions"))):
        agent = agents.get(as_line(link.get("agentId")), {})
        sessions.setdefault(as_line(link.get("sessionId")), {}).update(
            {name: each for name, each in agent.items() if name in ("systemRole", "model", "provider", "params")}
        )
    groups: dict[tuple[str, str], list[Json]] = {}
    plugins = {as_line(get(each, "id")): as_object(each) for each in as_list(tables.get("messagePlugins"))}
    for each in map(as_object, as_list(tables.get("messages"))):
        key = as_line(each.get("sessionId")), as_line(each.get("topicId"))
        plugin = plugins.get(as_line(each.get("id")), {})
        call: JsonObject = {"tool_call_id": plugin.get("toolCallId")} if plugin.get("toolCallId") else {}
        groups.setdefault(key, []).append(each | call)
    for (session_id, topic_id), messages in groups.items():
        session, topic = sessions.get(session_id, {}), topics.get(topic_id, {})
        title = topic.get("title") or get(session, "meta.title|title")
        about: JsonObject = {"id": topic_id or session_id, "title": title, "pinned": topic.get("favorite")}
        about |= {name: topic[name] for name in ("createdAt", "updatedAt") if name in topic}
        messages.sort(key=lambda each: _number(get(each, "createdAt")))
        try:
            yield read_layout(_LAYOUT, session | about, context, _with_parents(messages))
        except UnreadableFileError as error:
            context.findings.add(str(error), as_line(title))


def _with_parents(messages: list[Json]) -> list[Json]:
    """Several answers that name one prompt are side by side; a prompt follows what was written last."""
    known = {as_line(get(each, "id")) for each in messages}
    answered: dict[str, str] = {}
    found: list[Json] = []
    last = ""
    for each in map(as_object, messages):
        identity, parent = as_line(each.get("id")), as_line(each.get("parentId"))
        is_version = each.get("role") == "assistant" and parent in answered and parent in known
        above = parent if is_version else last
        if each.get("role") == "assistant" and parent in known:
            answered.setdefault(parent, identity)
        tools: list[Json] = [
            as_object(call) | {"name": get(call, "apiName|name|function.name")}
            for call in as_list(parsed(each.get("tools")))
        ]
        found.append(each | {"~parent": above} | ({"tools": tools} if tools else {}))
        last = identity
    return found


def _by_id(rows: Json) -> dict[str, JsonObject]:
    return {as_line(get(each, "id")): dict(as_object(each)) for each in as_list(rows)}


def _number(value: Json) -> str:
    return f"{value:020.3f}" if isinstance(value, int | float) else str(value)
