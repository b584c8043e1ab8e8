"""Reads conversations by a table of where a program keeps what: the one engine of most formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.i18n import tr
from chat_tui.storage.imports.content import Turns, get, role_of
from chat_tui.storage.imports.foreign import (
    ImportContext,
    as_line,
    as_list,
    as_object,
    as_text,
    as_time,
    finish,
    new_thread,
)
from chat_tui.storage.imports.tree import SourceNode, plant

_PARAMETERS = ("temperature", "top_p", "max_tokens", "seed", "presence_penalty", "frequency_penalty")
_SPELLINGS = {
    "topP": "top_p",
    "maxTokens": "max_tokens",
    "maxOutputTokens": "max_tokens",
    "max_output_tokens": "max_tokens",
}
_SPELLINGS |= {"presencePenalty": "presence_penalty", "frequencyPenalty": "frequency_penalty"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a program keeps what; each field is a path, or several (see `get`)."""

    program: str
    """Of whom an id is, for the thread's own."""
    messages: str = "messages"
    """A list, or an object of messages by id."""
    identity: str = "id|uuid|_id"
    title: str = "title|name"
    created: str = "created_at|createdAt|created|create_time"
    updated: str = "updated_at|updatedAt|updated|update_time"
    system: str = ""
    model: str = "model"
    provider: str = ""
    parameters: str = "parameters|settings|params|options"
    tags: str = "tags"
    pinned: str = "pinned|starred|favorite|isFavorite"
    archived: str = "archived"
    head: str = ""
    """The id of the message that was shown last."""

    message_id: str = "id|uuid|_id|messageId"
    parent: str = ""
    """Empty where messages follow each other in the order of the list."""
    role: str = "role"
    content: tuple[str, ...] = ("content|text|message",)
    """All of these are added, one after the other."""
    time: str = "created_at|createdAt|created|timestamp|create_time|date"
    reasoning: str = "reasoning_content|reasoning.content|reasoning|reasoningContent|thinking"
    message_model: str = "model"
    message_provider: str = "provider"
    calls: str = "tool_calls|toolCalls"
    result_of: str = "tool_call_id|toolCallId"
    images: str = "images|imageUrls"
    files: str = "files|attachments"
    sources: str = "citations|sources|annotations|search.citations"
    roles: dict[str, Role] = field(default_factory=dict)
    """What the program calls those who speak, beside the common names."""


TurnReader = Callable[[str, JsonObject, ImportContext, str], list[Message]]
"""Reads one message, of an id, into messages of a thread of a title."""


def read_layout(
    layout: Layout,
    source: JsonObject,
    context: ImportContext,
    messages: Json = None,
    read_turns: TurnReader | None = None,
) -> Thread:
    """Makes a thread of a conversation.

    Args:
        layout: where things are.
        source: the conversation.
        context: gets what is left out.
        messages: the messages, where they are not within the conversation.
        read_turns: reads a message, where the table does not tell how.

    Raises:
        UnreadableFileError: it has no message.
    """
    listed = get(source, layout.messages) if messages is None else messages
    found = list(_messages(listed))
    title = as_line(get(source, layout.title))
    created, updated = as_time(get(source, layout.created)), as_time(get(source, layout.updated))
    origin = _identity(get(source, layout.identity)) or origin_of(title, found)
    thread = new_thread(layout.program, origin, title, created, updated)
    thread.pinned, thread.archived = get(source, layout.pinned) is True, get(source, layout.archived) is True
    thread.tags = [tag for each in as_list(get(source, layout.tags)) if (tag := _tag(each))]
    if layout.system:
        system = get(source, layout.system)
        thread.system_prompt = as_text(
            get(system, "text|content|parts") if isinstance(system, dict) else system
        ).strip()
    thread.parameters = parameters(get(source, layout.parameters))
    model, provider = get(source, layout.model), get(source, layout.provider) if layout.provider else None
    nodes: list[SourceNode] = []
    for number, (name, each) in enumerate(found):
        identity = _identity(get(each, layout.message_id)) or name or f"message-{number}"
        parent = _identity(get(each, layout.parent)) if layout.parent else nodes[-1].id if nodes else ""
        node = SourceNode(identity, parent or None)
        if read_turns is not None:
            node.messages = read_turns(identity, each, context, title)
        else:
            node.messages = _turns(layout, thread, identity, each, context, (model, provider))
        nodes.append(node)
    return planted(thread, nodes, _identity(get(source, layout.head)) if layout.head else "", context)


def planted(thread: Thread, nodes: list[SourceNode], head: str, context: ImportContext) -> Thread:
    """Puts the nodes into the thread and finishes it; a system prompt at the start becomes the thread's.

    Raises:
        UnreadableFileError: there is no message.
    """
    for node in nodes:
        if not node.messages:
            continue
        first = node.messages[0]
        if first.role is Role.SYSTEM and not thread.system_prompt and len(node.messages) == 1:
            thread.system_prompt, node.messages = first.content, []
        elif first.role is Role.SYSTEM and first.content == thread.system_prompt:
            node.messages = []
    ends = plant(thread, nodes)
    return finish(thread, ends.get(head), context.modified)


def _turns(
    layout: Layout, thread: Thread, identity: str, source: JsonObject, context: ImportContext, asked: tuple[Json, Json]
) -> list[Message]:
    named = get(source, layout.role)
    role = role_of(named) or layout.roles.get(str(named))
    if role is None:
        context.findings.add(tr("messages of an unknown author were left out"), thread.title)
        return []
    turns = Turns(identity, role, as_time(get(source, layout.time)), context, thread.title)
    turns.thought(get(source, layout.reasoning))
    for path in layout.content:
        turns.content(get(source, path))
    for each in as_list(get(source, layout.images)):
        turns.image(get(each, "url|data|image_url.url") if isinstance(each, dict) else each)
    for each in map(as_object, as_list(get(source, layout.files))):
        turns.file(each)
    turns.sources(get(source, layout.sources))
    for each in map(as_object, as_list(get(source, layout.calls))):
        turns.call(each)
    if role is Role.TOOL:
        turns.first.tool_call_id = _identity(get(source, layout.result_of)) or None
    done = turns.done()
    model, provider = get(source, layout.message_model) or asked[0], get(source, layout.message_provider) or asked[1]
    for message in done:
        if message.is_answer:
            message.model = source_model(model, provider, layout.program)
            if error := get(source, "error.message|errorMessage"):
                message.status = Status.INTERRUPTED
                message.content = message.content or f"[{as_line(error)}]"
    return done


def source_model(model: Json, provider: Json, program: str) -> str | None:
    """`provider/model-id` of what a program says of a model; None where that is nothing."""
    if isinstance(model, dict):
        provider = provider or get(model, "provider|providerId|endpoint")
        model = get(model, "id|modelID|modelId|model|identifier|name")
    name, of = as_line(model), as_line(provider) if isinstance(provider, str) else ""
    name = name.removeprefix("models/")
    if not name:
        return None
    return f"{of.lower().replace(' ', '-')}/{name}" if of else name if "/" in name else f"{program}/{name}"


def parameters(source: Json) -> JsonObject:
    """The parameters that requests have, of a program's settings."""
    named = {_SPELLINGS.get(name, name): value for name, value in as_object(source).items()}
    return {
        name: value
        for name in _PARAMETERS
        if isinstance(value := named.get(name), int | float) and not isinstance(value, bool)
    }


def origin_of(title: str, messages: list[tuple[str, JsonObject]]) -> str:
    """Something like an id for a conversation that has none: its title and how it begins."""
    import hashlib
    import json

    begin = json.dumps([each for _, each in messages[:2]], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(f"{title}\0{begin}".encode(errors="replace")).hexdigest()


def _messages(listed: Json) -> Iterator[tuple[str, JsonObject]]:
    if isinstance(listed, dict):
        yield from ((name, each) for name, each in listed.items() if isinstance(each, dict))
    else:
        yield from (("", each) for each in as_list(listed) if isinstance(each, dict))


def _identity(value: Json) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return as_line(value)


def _tag(value: Json) -> str:
    return "-".join(as_line(get(value, "name|label") if isinstance(value, dict) else value).split())
