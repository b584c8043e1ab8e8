"""Reads ChatGPT's export: a conversation is a `mapping` of nodes, many of them hidden or for the machine only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.fence import fenced
from chat_tui.i18n import tr
from chat_tui.storage.imports.foreign import (
    ORIGIN,
    Attacher,
    ImportContext,
    as_line,
    as_list,
    as_object,
    as_text,
    as_time,
    finish,
    model_id,
    new_message,
    new_thread,
    tool_call,
)
from chat_tui.storage.imports.tree import SourceNode, plant
from chat_tui.storage.imports.web.chatgpt_text import canvas, quoted_page, readable, report

PROGRAM = "chatgpt"
_TEXT_FIELDS = ("text", "result", "content", "summary")
_FINISH = {"max_tokens": "length", "stop": "stop", "interrupted": "stop", "content_filter": "content_filter"}
_STATUS = {"in_progress": Status.INTERRUPTED, "finished_partial_completion": Status.STOPPED}
_PAGES = ("tether_quote", "sonic_webpage")
_ASSISTANT = ("gizmo_id", "conversation_template_id")
"""Which custom GPT, or project, a conversation belongs to."""


def is_conversation(source: JsonObject) -> bool:
    """Whether it is one of ChatGPT's."""
    return isinstance(source.get("mapping"), dict)


def read(source: JsonObject, context: ImportContext) -> Thread:
    """Makes a thread of a conversation.

    Args:
        source: an entry of `conversations.json`.
        context: gets what is left out.

    Raises:
        UnreadableError: it has no message.
    """
    mapping = as_object(source.get("mapping"))
    title = as_line(source.get("title"))
    created = as_time(source.get("create_time"))
    origin = source.get("conversation_id") or source.get("id")
    origin = origin if isinstance(origin, str) else f"{title} {created} {next(iter(mapping), '')}"
    thread = new_thread(PROGRAM, origin, title, created, as_time(source.get("update_time")))
    thread.archived = source.get("is_archived") is True
    thread.pinned = source.get("is_starred") is True
    _name_assistant(thread, source, context)
    reader = _ChatGPTReader(thread, as_line(source.get("default_model_slug")), context)
    ends = plant(thread, [reader.node(name, as_object(mapping[name]), mapping) for name in _in_order(mapping)])
    current = source.get("current_node")
    return finish(thread, ends.get(current) if isinstance(current, str) else None, context.modified)


def _name_assistant(thread: Thread, source: JsonObject, context: ImportContext) -> None:
    """Notes the custom GPT or project that was talked to; its name, where the export has one, becomes a tag."""
    identity = next((name for each in _ASSISTANT if (name := as_line(source.get(each)))), "")
    if identity:
        as_object(thread.extra[ORIGIN])["assistant"] = identity
        if name := as_line(source.get("gizmo_name")) or context.names.get(identity, ""):
            thread.tags.append("-".join(name.split()))


def _in_order(mapping: JsonObject) -> list[str]:
    """The nodes, siblings as their parent lists them."""
    places: dict[str, int] = {}
    for node in mapping.values():
        for place, child in enumerate(as_list(as_object(node).get("children"))):
            if isinstance(child, str):
                places.setdefault(child, place)
    return sorted(mapping, key=lambda name: places.get(name, 0))


class _ChatGPTReader:
    """Reads the nodes of one conversation."""

    def __init__(self, thread: Thread, model: str, context: ImportContext) -> None:
        self._thread = thread
        self._model = model
        self._context = context

    def node(self, name: str, source: JsonObject, mapping: Mapping[str, Json]) -> SourceNode:
        """One node with what is to be seen of it."""
        parent = source.get("parent")
        node = SourceNode(name, parent if isinstance(parent, str) else None)
        message = as_object(source.get("message"))
        content, metadata = as_object(message.get("content")), as_object(message.get("metadata"))
        kind = content.get("content_type")
        if kind == "user_editable_context":
            self._thread.system_prompt = self._thread.system_prompt or _instructions(content, metadata)
        elif kind == "model_editable_context":
            self._remember(as_text(content.get("model_set_context")).strip())
        elif kind == "thoughts":
            node.reasoning = _thoughts(content)
        elif kind == "reasoning_recap":
            seconds = metadata.get("finished_duration_sec")
            if isinstance(seconds, int | float) and not isinstance(seconds, bool):
                node.reasoning_s = float(seconds)
        elif message and metadata.get("is_visually_hidden_from_conversation") is not True:
            above = as_object(as_object(mapping.get(node.parent or "")).get("message"))
            node.messages = self._messages(name, message, above)
            if found := report(metadata):
                author: JsonObject = {"role": "assistant"}
                node.messages += self._messages(f"{name}~report", found | {"author": author, "recipient": "all"}, {})
        return node

    def _remember(self, memories: str) -> None:
        """Adds what ChatGPT remembered of the user to what the model is told."""
        if memories and memories not in self._thread.system_prompt:
            before = self._thread.system_prompt
            self._thread.system_prompt = "\n\n".join(filter(None, (before, f"Memories:\n\n{memories}")))

    def _messages(self, name: str, source: JsonObject, above: JsonObject) -> list[Message]:
        role = as_object(source.get("author")).get("role")
        metadata, content = as_object(source.get("metadata")), as_object(source.get("content"))
        text, pages = readable(self._text(content), metadata)
        if role not in list(Role):
            if text:
                self._context.findings.add(tr("messages of an unknown author were left out"), self._thread.title)
            return []
        recipient = as_line(source.get("recipient")) or "all"
        calls = role == Role.ASSISTANT and recipient not in ("all", "assistant", "user")
        if calls and (written := canvas(recipient, text)) is not None:
            calls, text = False, written
        elif not calls and role != Role.TOOL:  # results of tools are shown as they are
            text = self._as_code(source, text)
        if role == Role.SYSTEM and (source.get("weight") == 0 or not self._thread.system_prompt):
            if source.get("weight") != 0 and text.strip():
                self._thread.system_prompt = as_text(text)
            return []
        message = new_message(name, Role(str(role)), "" if calls else text, as_time(source.get("create_time")))
        if calls:
            message.tool_calls = [tool_call(name, recipient, text)]
        self._attach(message, content, metadata)
        if message.is_blank:
            return []
        message.sources = [{"title": title, "url": url} if title else {"url": url} for url, title in pages]
        if message.is_answer:
            message.model = model_id("openai", metadata.get("model_slug") or self._model)
            message.status = _STATUS.get(str(source.get("status")), Status.COMPLETE)
            details = as_object(metadata.get("finish_details")).get("type")
            if details == "interrupted":
                message.status = Status.STOPPED
            message.finish_reason = _FINISH.get(str(details))
        elif message.role is Role.TOOL and as_object(above.get("author")).get("role") == Role.ASSISTANT:
            message.tool_call_id = as_line(above.get("id")) or None
        return [message]

    def _text(self, content: JsonObject) -> str:
        parts = content.get("parts")
        if isinstance(parts, list):
            return "\n".join(each for each in map(self._part, parts) if each)
        kind = content.get("content_type")
        for field in _TEXT_FIELDS:
            if (text := content.get(field)) and isinstance(text, str):
                return quoted_page(content, text) if kind in _PAGES else text
        if kind and kind != "text":
            shown = as_line(kind)[:40]
            self._context.findings.add(
                tr("messages of an unknown kind ({kind}) were left out", kind=shown), self._thread.title
            )
            return f"[{shown}, not imported]"
        return ""

    def _part(self, part: Json) -> str:
        if isinstance(part, str):
            return part
        source = as_object(part)
        if isinstance(text := source.get("text"), str):
            return text
        if not source or list(_pointers(source)):
            return ""
        kind = as_line(source.get("content_type"))[:40]
        self._context.findings.add(tr("parts of an unknown kind ({kind}) were left out", kind=kind), self._thread.title)
        return f"[{kind or 'part'}, not imported]"

    def _attach(self, message: Message, content: JsonObject, metadata: JsonObject) -> None:
        """Adds the pictures, recordings and files that its parts point at, then those that were attached besides."""
        attacher = Attacher(message, self._context, self._thread.title)
        attached = [as_object(each) for each in as_list(metadata.get("attachments"))]
        names = {each["id"]: as_line(each.get("name")) for each in attached if isinstance(each.get("id"), str)}
        shown = set[Json]()
        for part in map(as_object, as_list(content.get("parts"))):
            for source in _pointers(part):
                pointer = str(source["asset_pointer"])
                identity = _file_name(pointer)
                shown.add(identity)
                size = [source.get("width"), source.get("height")]
                known = all(isinstance(each, int) for each in size)
                what = as_line(source.get("content_type"))
                kind = "image" if "image" in what else "file" if what.startswith("file") else "recording"
                facts = f", {size[0]}×{size[1]}" if known else ""
                attacher.add((identity, names.get(identity, identity)), names.get(identity) or identity, kind, facts)
        for each in attached:
            if each.get("id") not in shown and (name := as_line(each.get("name"))):
                attacher.add((as_line(each.get("id")), name), name)

    def _as_code(self, source: JsonObject, text: str) -> str:
        content = as_object(source.get("content"))
        if content.get("content_type") not in ("code", "execution_output") or not text.strip():
            return text
        language = as_line(content.get("language"))
        return fenced(text, "" if language == "unknown" else language)


def _pointers(part: JsonObject) -> Iterator[JsonObject]:
    """What a part points at: itself, or what it holds, as the parts of a video call do."""
    for each in (part, *part.values()):
        source = as_object(each)
        if isinstance(source.get("asset_pointer"), str):
            yield source


def _file_name(pointer: str) -> str:
    return as_line(pointer.rpartition("://")[2].partition("#")[0])[:80]


def _thoughts(content: JsonObject) -> str:
    thoughts = [as_object(each) for each in as_list(content.get("thoughts"))]
    pairs = ((as_line(each.get("summary")), as_text(each.get("content"))) for each in thoughts)
    return "\n\n".join("\n\n".join(filter(None, (f"**{head}**" if head else "", text))) for head, text in pairs)


def _instructions(content: JsonObject, metadata: JsonObject) -> str:
    """The user's custom instructions: their own words where the export has them, else as they were sent."""
    own = as_object(metadata.get("user_context_message_data"))
    texts = [own.get("about_user_message"), own.get("about_model_message")]
    if not any(texts):
        texts = [content.get("user_profile"), content.get("user_instructions")]
    return "\n\n".join(as_text(each).strip() for each in texts if as_text(each).strip())
