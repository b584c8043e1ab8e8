"""Reads Claude's export: a conversation is a list of `chat_messages` made of blocks; newer ones are a tree."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chat_tui.domain.conversation.citations import ADDRESS
from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.i18n import tr
from chat_tui.storage.imports.foreign import (
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
from chat_tui.storage.imports.web.claude_artifacts import Artifacts

PROGRAM = "claude"
_ROLES = {"human": Role.USER, "assistant": Role.ASSISTANT}
_SILENT = ("redacted_thinking", "token_budget", "flag")
"""Blocks that hold nothing to read."""
_RESULTS = ("text", "content", "snippet", "json_block", "transcript")
_MOST_LINKS = 2_000
"""Citations of one block that become links within its text; more are listed below it."""


def is_conversation(source: JsonObject) -> bool:
    """Whether it is one of Claude's."""
    return isinstance(source.get("chat_messages"), list)


def is_project(source: JsonObject) -> bool:
    """Whether it is one of Claude's projects."""
    return isinstance(source.get("docs"), list) and "prompt_template" in source


def is_memory(source: JsonObject) -> bool:
    """Whether it is what Claude remembers of its user."""
    return isinstance(source.get("conversations_memory"), str)


def read(source: JsonObject, context: ImportContext) -> Thread:
    """Makes a thread of a conversation.

    Args:
        source: an entry of `conversations.json`.
        context: gets what is left out.

    Raises:
        UnreadableError: it has no message.
    """
    listed = [as_object(each) for each in as_list(source.get("chat_messages"))]
    title, created = as_line(source.get("name")), as_time(source.get("created_at"))
    origin = source.get("uuid")
    if not isinstance(origin, str):
        origin = f"{title} {created} {listed[0].get('uuid') if listed else ''}"
    thread = new_thread(PROGRAM, origin, title, created, as_time(source.get("updated_at")))
    thread.pinned = source.get("is_starred") is True
    _put_in_project(thread, source, context)
    reader = _ClaudeReader(thread, as_line(source.get("model")), context)
    is_tree = any(isinstance(each.get("parent_message_uuid"), str) for each in listed)
    nodes: list[SourceNode] = []
    for number, each in enumerate(listed):
        before = nodes[-1].id if nodes else None
        parent = each.get("parent_message_uuid") if is_tree else before
        node = SourceNode(as_line(each.get("uuid")) or f"message-{number}", parent if isinstance(parent, str) else None)
        node.messages = reader.messages(node.id, each)
        nodes.append(node)
    newest = max(nodes, key=lambda each: each.messages[-1].created if each.messages else "", default=None)
    ends = plant(thread, nodes)
    leaf = source.get("current_leaf_message_uuid")
    head = ends.get(leaf if isinstance(leaf, str) else newest.id if newest else "")
    return finish(thread, head, context.modified)


def read_project(source: JsonObject, context: ImportContext) -> Thread | None:
    """Makes a thread of a project: its instructions and documents, to be asked about; None where there are none."""
    prompt, documents = as_text(source.get("prompt_template")).strip(), as_list(source.get("docs"))
    if not prompt and not documents:
        return None
    name = as_line(source.get("name")) or "Project"
    created = as_time(source.get("created_at"))
    thread = new_thread(f"{PROGRAM}-project", as_line(source.get("uuid")) or name, name, created, "")
    thread.system_prompt, thread.tags = prompt, [_tag(name)]
    message = new_message("documents", Role.USER, as_text(source.get("description")), created)
    attacher = Attacher(message, context, name)
    for each in map(as_object, documents):
        attacher.add_text(as_text(each.get("content")), as_line(each.get("filename")))
    if message.is_blank:
        message.content = prompt
    thread.messages[message.id] = message
    return finish(thread, message.id, context.modified)


def read_memory(source: JsonObject, context: ImportContext) -> Thread:
    """Makes a thread of what Claude remembers, of its user and of each project."""
    thread = new_thread(f"{PROGRAM}-memory", as_line(source.get("account_uuid")), "Memory of Claude", "", "")
    texts = [as_text(source.get("conversations_memory"))]
    for name, text in as_object(source.get("project_memories")).items():
        texts.append(f"## {context.names.get(name, as_line(name))}\n\n{as_text(text)}")
    message = new_message("memory", Role.ASSISTANT, _joined(*texts), "")
    thread.messages[message.id] = message
    return finish(thread, message.id, context.modified)


def _put_in_project(thread: Thread, source: JsonObject, context: ImportContext) -> None:
    project = as_object(source.get("project"))
    identity = as_line(source.get("project_uuid")) or as_line(project.get("uuid"))
    if name := as_line(project.get("name")) or context.names.get(identity, ""):
        thread.tags.append(_tag(name))
    thread.system_prompt = context.instructions.get(identity, "")


def _tag(name: str) -> str:
    return "-".join(name.split())


class _ClaudeReader:
    """Reads the messages of one conversation."""

    def __init__(self, thread: Thread, model: str, context: ImportContext) -> None:
        self._thread = thread
        self._model = model
        self._context = context
        self._artifacts = Artifacts()

    def messages(self, name: str, source: JsonObject) -> list[Message]:
        """One of Claude's messages: more than one of ours where tools were used in the midst of it."""
        role = _ROLES.get(str(source.get("sender")))
        if role is None:
            self._context.findings.add(tr("messages of an unknown author were left out"), self._thread.title)
            return []
        created = as_time(source.get("created_at"))
        turns = [new_message(name, role, "", created)]
        for block in map(as_object, as_list(source.get("content"))):
            self._add(turns, block, name, created)
        written = any(not each.is_blank for each in turns)
        if not written and isinstance(text := source.get("text"), str):
            turns = [new_message(name, role, self._artifacts.within(text), created)]
        self._attach(turns[0], source)
        for each in turns:
            if each.is_answer:
                each.model = model_id("anthropic", source.get("model") or self._model)
        return [each for each in turns if not each.is_blank]

    def _add(self, turns: list[Message], block: JsonObject, name: str, created: str) -> None:
        """Adds a block to the last turn, or begins another where a tool has answered."""
        last, kind = turns[-1], block.get("type")
        if kind == "tool_result":
            if as_line(block.get("tool_use_id")) not in self._artifacts.calls:
                turns.append(self._result(block, f"{name}~{len(turns)}", created))
            return
        if last.role is Role.TOOL:
            last = new_message(f"{name}~{len(turns)}", turns[0].role, "", created)
            turns.append(last)
        if kind in ("text", "voice_note"):
            text = block.get("text")
            piece = new_message("", last.role, _cited(text, block, last) if isinstance(text, str) else "", created)
            content = self._artifacts.within(piece.content)
            last.content, last.hidden = _joined(last.content, content), last.hidden + piece.hidden
        elif kind == "thinking":
            last.reasoning = _joined(last.reasoning, as_text(block.get("thinking")))
        elif kind == "tool_use" and (written := self._artifacts.called(block)) is not None:
            last.content = _joined(last.content, written)
        elif kind == "tool_use":
            arguments = json.dumps(block.get("input"), ensure_ascii=False)
            identity = as_line(block.get("id")) or f"{name}~call{len(last.tool_calls)}"
            last.tool_calls.append(tool_call(identity, as_line(block.get("name")) or "?", arguments))
        elif kind == "image":
            self._image(Attacher(last, self._context, self._thread.title), block)
        elif kind not in _SILENT:
            shown = as_line(kind)[:40] or "no type"
            self._context.findings.add(
                tr("blocks of an unknown kind ({kind}) were left out", kind=shown), self._thread.title
            )
            last.content = _joined(last.content, f"[{shown}, not imported]")

    def _result(self, block: JsonObject, name: str, created: str) -> Message:
        """What a tool answered: texts, pages of the web with their addresses, images."""
        content: Json = block.get("content")
        message = new_message(name, Role.TOOL, content if isinstance(content, str) else "", created)
        message.tool_call_id = as_line(block.get("tool_use_id")) or None
        attacher = Attacher(message, self._context, self._thread.title)
        texts, images = [message.content], list[JsonObject]()
        for each in map(as_object, as_list(content)):
            if each.get("type") == "image":
                images.append(each)
                continue
            link = as_object(each.get("link")) or each
            url, title = link.get("url"), as_line(link.get("title"))
            if isinstance(url, str) and ADDRESS.fullmatch(url):
                message.sources.append({"title": title, "url": url} if title else {"url": url})
                texts.append(f"{title} <{url}>".strip())
            found = next((each[field] for field in _RESULTS if isinstance(each.get(field), str)), "")
            texts.append(as_text(found))
        message.content = _joined(*texts)
        for each in images:
            self._image(attacher, each)
        for each in map(as_object, as_list(content)):
            if each.get("type") == "local_resource" and (shown := as_line(each.get("name"))):
                attacher.add((as_line(each.get("uuid")), shown), shown)
        return message

    def _image(self, attacher: Attacher, block: JsonObject) -> None:
        source = as_object(block.get("source"))
        name = as_line(block.get("file_name")) or as_line(block.get("file_uuid")) or "image"
        if isinstance(data := source.get("data"), str):
            attacher.add_url(data, name)
        else:
            attacher.add((as_line(block.get("file_uuid")), name), name, "image")

    def _attach(self, message: Message, source: JsonObject) -> None:
        """Attached texts as fenced blocks with their names; files that the export only names, by name."""
        attacher = Attacher(message, self._context, self._thread.title)
        for each in map(as_object, as_list(source.get("attachments"))):
            name = as_line(each.get("file_name")) or "pasted text"
            if text := as_text(each.get("extracted_content")):
                attacher.add_text(text, name)
            else:
                attacher.add((as_line(each.get("id")), name), name)
        for each in map(as_object, as_list(source.get("files")) or as_list(source.get("files_v2"))):
            name = as_line(each.get("file_name"))
            identity = as_line(each.get("file_uuid"))
            attacher.add((identity, name), name or identity or "no name")


def _cited(text: str, block: JsonObject, message: Message) -> str:
    """A text with links behind what they support; pages without a place in it go to the sources of the message."""
    places: dict[int, dict[str, str]] = {}
    for number, (each, url, title) in enumerate(_pages(block)):
        end = each.get("end_index")
        if isinstance(end, int) and 0 < end <= len(text) and number < _MOST_LINKS and not set("<>") & set(url):
            places.setdefault(end, {}).setdefault(url, title)
        elif all(known.get("url") != url for known in message.sources):
            message.sources.append({"title": title, "url": url} if title else {"url": url})
    pieces: list[str] = []
    at = 0
    for end in sorted(places):
        links = ", ".join(f"[{_plain(title) or url}](<{url}>)" for url, title in places[end].items())
        pieces += [text[at:end], f" ({links})"]
        at = end
    return "".join([*pieces, text[at:]])


def _pages(block: JsonObject) -> Iterator[tuple[JsonObject, str, str]]:
    for each in map(as_object, as_list(block.get("citations"))):
        details = as_object(each.get("details"))
        url = each.get("url") or details.get("url")
        if isinstance(url, str) and ADDRESS.fullmatch(url):
            yield each, url, as_line(each.get("title"))


def _plain(title: str) -> str:
    return "".join(f"\\{each}" if each in "\\`*_[]<>" else each for each in title)


def _joined(*texts: str) -> str:
    return "\n\n".join(each for each in texts if each.strip())
