"""Reads Cherry Studio's backup: topics with messages made of blocks, their names in another place."""

from __future__ import annotations

from collections.abc import Iterator

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.imports.content import get, parsed
from chat_tui.storage.imports.foreign import ImportContext, UnreadableFileError, as_line, as_list, as_object
from chat_tui.storage.imports.layout import Layout, read_layout

_LAYOUT = Layout(
    "cherry-studio",
    system="prompt",
    model="model",
    parent="~parent",
    content=("~blocks", "content"),
    reasoning="reasoning_content",
    sources="~sources",
    files="files",
)


def is_backup(value: Json) -> bool:
    """Whether it is Cherry Studio's."""
    return isinstance(get(value, "indexedDB.topics"), list)


def read(value: Json, context: ImportContext) -> Iterator[Thread]:
    """Makes a thread of each topic."""
    source = as_object(value)
    topics = _topics(source)
    blocks = {as_line(get(each, "id")): as_object(each) for each in as_list(get(source, "indexedDB.message_blocks"))}
    for each in map(as_object, as_list(get(source, "indexedDB.topics"))):
        known = topics.get(as_line(each.get("id")), {})
        try:
            yield read_layout(_LAYOUT, known | each, context, _messages(each, blocks))
        except UnreadableFileError as error:
            context.findings.add(str(error), as_line(known.get("name")))


def _topics(source: JsonObject) -> dict[str, JsonObject]:
    """What is known of topics, by id: names and times, their assistants' prompts and models."""
    stored = parsed(get(source, "localStorage.persist:cherry-studio"))
    found: dict[str, JsonObject] = {}
    for assistant in map(as_object, as_list(get(parsed(get(stored, "assistants")), "assistants"))):
        for topic in map(as_object, as_list(assistant.get("topics"))):
            of: JsonObject = {"prompt": topic.get("prompt") or assistant.get("prompt"), "model": assistant.get("model")}
            tags: list[Json] = [assistant.get("name")] if assistant.get("name") else []
            topic = {name: each for name, each in topic.items() if name != "messages"}
            found[as_line(topic.get("id"))] = topic | of | {"tags": tags}
    return found


def _messages(topic: JsonObject, blocks: dict[str, JsonObject]) -> list[Json]:
    """The messages with their blocks; several answers to one prompt stand side by side."""
    listed = [as_object(each) for each in as_list(topic.get("messages"))]
    by_prompt = {as_line(each.get("id")) for each in listed}
    answers: dict[str, JsonObject] = {}
    found: list[Json] = []
    last = ""
    for each in listed:
        identity, asked = as_line(each.get("id")), as_line(each.get("askId"))
        parent = asked if asked in by_prompt and asked != identity else last
        own = [blocks.get(as_line(name), {}) for name in as_list(each.get("blocks"))]
        cited = [page for block in own for page in as_list(get(block, "response.results.results|response.results"))]
        made = each | {"~parent": parent, "~blocks": [_block(block) for block in own], "~sources": cited}
        found.append(made)
        first = answers.setdefault(asked, each) if asked else each
        if each.get("foldSelected") is True or first is each:
            last = identity
    return found


def _block(block: JsonObject) -> Json:
    """A block as a part of a content."""
    kind = block.get("type")
    if kind == "tool":
        rest: JsonObject = {"id": block.get("toolId"), "name": block.get("toolName")}
        raw = get(block, "metadata.rawMcpToolResponse")
        rest["name"] = rest["name"] or get(raw, "tool.name")
        rest["arguments"] = get(block, "arguments") or get(raw, "arguments")
        return {"type": "tool_call", "result": get(block, "content") or get(raw, "response"), **rest}
    if kind in ("citation", "error", "unknown"):
        return {"type": "flag"}
    if kind == "image":
        return block | {"storageKey": f"{as_line(get(block, 'file.id'))}{as_line(get(block, 'file.ext'))}"}
    if kind == "compact":
        return {"type": "text", "text": block.get("content")}
    return block
