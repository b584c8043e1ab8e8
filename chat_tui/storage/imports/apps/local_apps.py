"""Reads the conversations of Jan and of LM Studio."""

from __future__ import annotations

from collections.abc import Iterator

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.imports.content import Turns, get, role_of
from chat_tui.storage.imports.foreign import (
    ImportContext,
    UnreadableFileError,
    as_line,
    as_list,
    as_object,
    as_text,
    as_time,
    new_thread,
)
from chat_tui.storage.imports.layout import Layout, parameters, planted, read_layout, source_model
from chat_tui.storage.imports.tree import SourceNode

_JAN = Layout("jan", system="~system", content=("content",), calls="tool_calls|metadata.tool_calls")


def is_jan(value: Json) -> bool:
    """Whether it is the lines of Jan's `messages.jsonl`."""
    return isinstance(value, list) and bool(value) and all(_is_jans(each) for each in value[:5])


def _is_jans(value: Json) -> bool:
    return get(value, "object") == "thread.message" and get(value, "thread_id") is not None


def is_jan_thread(value: JsonObject) -> bool:
    """Whether it is Jan's `thread.json`, which names a thread."""
    return value.get("object") == "thread" and "id" in value


def note_jan_thread(value: JsonObject, context: ImportContext) -> None:
    """Keeps the title and the instructions for the messages, which are in another file."""
    identity = as_line(value.get("id"))
    context.names[identity] = as_line(value.get("title"))
    assistant = next(iter(as_list(value.get("assistants"))), None)
    context.instructions[identity] = as_text(get(assistant, "instructions")).strip()


def read_jan(value: Json, context: ImportContext) -> Iterator[Thread]:
    """Makes a thread of the messages of each thread."""
    groups: dict[str, list[Json]] = {}
    for each in map(as_object, as_list(value)):
        groups.setdefault(as_line(each.get("thread_id")), []).append(each)
    for identity, messages in groups.items():
        about: JsonObject = {"id": identity, "title": context.names.get(identity, "")}
        about["~system"] = context.instructions.get(identity, "")
        try:
            yield read_layout(_JAN, about, context, messages)
        except UnreadableFileError as error:
            context.findings.add(str(error), as_line(about["title"]))


def is_lm_studio(value: JsonObject) -> bool:
    """Whether it is one of LM Studio's conversations."""
    messages = as_list(value.get("messages"))
    return "usePerChatPredictionConfig" in value or isinstance(get(next(iter(messages), None), "versions"), list)


def read_lm_studio(source: JsonObject, context: ImportContext) -> Thread:
    """Makes a thread of a conversation; its versions of a message are branches.

    Raises:
        UnreadableFileError: it has no message.
    """
    title, created = as_line(source.get("name")), as_time(source.get("createdAt"))
    thread = new_thread("lm-studio", f"{source.get('createdAt')} {context.name}", title, created, "")
    thread.pinned = source.get("pinned") is True
    thread.system_prompt = as_text(source.get("systemPrompt")).strip()
    fields = {
        as_line(get(each, "key")).rpartition(".")[2]: get(each, "value")
        for each in as_list(get(source, "perChatPredictionConfig.fields"))
    }
    thread.parameters = parameters(fields)
    thread.system_prompt = thread.system_prompt or as_text(fields.get("systemPrompt")).strip()
    model = get(source, "lastUsedModel.identifier|lastUsedModel.indexedModelIdentifier")
    nodes: list[SourceNode] = []
    above = ""
    for number, each in enumerate(as_list(source.get("messages"))):
        versions = as_list(get(each, "versions")) or [each]
        selected = get(each, "currentlySelected")
        at = selected if isinstance(selected, int) and 0 <= selected < len(versions) else 0
        for place, version in enumerate(map(as_object, versions)):
            node = SourceNode(f"message-{number}.{place}", above or None)
            node.messages = _version(node.id, version, model, context, title)
            nodes.append(node)
        above = f"message-{number}.{at}"
    return planted(thread, nodes, above, context)


def _version(identity: str, source: JsonObject, model: Json, context: ImportContext, title: str) -> list[Message]:
    role = role_of(source.get("role")) or Role.USER
    turns = Turns(identity, role, "", context, title)
    turns.content(source.get("content"))
    asked: Json = None
    for step in map(as_object, as_list(source.get("steps"))):
        if step.get("type") != "contentBlock":
            continue
        asked = asked or get(step, "genInfo.identifier|genInfo.indexedModelIdentifier")
        is_thought = get(step, "style.type") == "thinking"
        for part in as_list(step.get("content")):
            text = get(part, "text")
            if is_thought and isinstance(text, str):
                turns.thought(text)
            elif get(part, "isStructural") is not True:
                turns.content(part)
    done = turns.done()
    for message in done:
        if message.is_answer:
            message.model = source_model(asked or model, "lm-studio", "lm-studio")
    return done
