"""Reads AI Studio's prompts, as Google Drive keeps them, and Gemini's part of a Google Takeout."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from html.parser import HTMLParser

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread, title_from
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.fence import fenced
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
from chat_tui.storage.imports.layout import origin_of, parameters, planted, source_model
from chat_tui.storage.imports.tree import SourceNode, plant

_DRIVE = ("driveDocument", "driveImage", "driveAudio", "driveVideo", "youtubeVideo", "inlineFile", "inlineImage")
_PROMPTED = ("Prompted ", "Asked ", "Said ")


def is_prompt(value: JsonObject) -> bool:
    """Whether it is one of AI Studio's."""
    return isinstance(get(value, "chunkedPrompt.chunks"), list)


def read_prompt(source: JsonObject, context: ImportContext) -> Thread:
    """Makes a thread of a prompt.

    Raises:
        UnreadableFileError: it has no message.
    """
    chunks = [("", as_object(each)) for each in as_list(get(source, "chunkedPrompt.chunks"))]
    thread = new_thread("gemini", origin_of(context.name, chunks), context.name, "", "")
    system = get(source, "systemInstruction")
    texts = [as_text(get(each, "text")) for each in as_list(get(system, "parts"))]
    thread.system_prompt = as_text(get(system, "text")) or "\n\n".join(texts)
    settings = as_object(source.get("runSettings"))
    thread.parameters = parameters(settings)
    nodes: list[SourceNode] = []
    for number, (_, each) in enumerate(chunks):
        role = role_of(each.get("role")) or Role.USER
        turns = Turns(f"chunk-{number}", role, as_time(each.get("createTime")), context, context.name)
        _add_chunk(turns, each)
        node = SourceNode(f"chunk-{number}", nodes[-1].id if nodes else None)
        if each.get("isThought") is True:
            node.reasoning = as_text(each.get("text"))
        else:
            node.messages = turns.done()
        for message in node.messages:
            if message.is_answer:
                message.model = source_model(settings.get("model"), "gemini", "gemini")
        nodes.append(node)
    return planted(thread, nodes, nodes[-1].id if nodes else "", context)


def _add_chunk(turns: Turns, chunk: JsonObject) -> None:
    if chunk.get("isThought") is True:
        return
    if isinstance(chunk.get("text"), str):
        turns.text(chunk["text"])
    else:
        turns.content([as_object(each) | {"type": "text"} for each in as_list(chunk.get("parts"))])
    if isinstance(code := get(chunk, "executableCode.code"), str):
        turns.text(fenced(as_text(code), as_line(get(chunk, "executableCode.language")).lower()))
    if isinstance(output := get(chunk, "codeExecutionResult.output"), str):
        turns.text(fenced(as_text(output), "text"))
    for name in _DRIVE:
        if source := as_object(chunk.get(name)):
            data = get(source, "data")
            if isinstance(data, str) and ("image" in as_line(source.get("mimeType")).lower() or "Image" in name):
                turns.image(data, name)
            else:
                turns.file({"id": source.get("id"), "name": as_line(get(source, "name|id")) or name})
    turns.sources(get(chunk, "grounding.groundingSources|grounding.groundingChunks|grounding.sources"))
    if error := as_line(chunk.get("errorMessage")):
        turns.text(f"[{error}]")


def is_activity(value: Json) -> bool:
    """Whether it is Gemini's part of a Takeout."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            as_line(get(each, "header")) in ("Gemini Apps", "Bard") and get(each, "time") is not None
            for each in value[:5]
        )
    )


def read_activity(value: Json, context: ImportContext) -> Iterator[Thread]:
    """Makes a thread of each day: the Takeout does not say which prompts belong together."""
    days: dict[str, list[JsonObject]] = {}
    for each in map(as_object, as_list(value)):
        if as_line(each.get("title")).startswith(_PROMPTED) or each.get("safeHtmlItem"):
            days.setdefault(as_time(each.get("time"))[:10], []).append(each)
        else:
            context.findings.add(tr("activities that are no prompts were left out"))
    for day, entries in days.items():
        entries.sort(key=lambda each: as_line(each.get("time")))
        thread = new_thread("gemini-takeout", day, "", "", "")
        nodes: list[SourceNode] = []
        for each in entries:
            identity = hashlib.sha256(f"{each.get('time')} {each.get('title')}".encode(errors="replace")).hexdigest()[
                :16
            ]
            above = nodes[-1].id if nodes else None
            nodes += _activity(identity, above, each, context)
        plant(thread, nodes)
        prompt = next((m.content for node in nodes for m in node.messages if m.role is Role.USER), "")
        thread.title = title_from(f"{day} {prompt}")
        if thread.messages:
            yield finish(thread, None, context.modified)


def _activity(identity: str, above: str | None, source: JsonObject, context: ImportContext) -> list[SourceNode]:
    when = as_time(source.get("time"))
    prompt = Turns(identity, Role.USER, when, context, "")
    title = source.get("title")
    text = title if isinstance(title, str) else ""
    prompt.text(next((text.removeprefix(each) for each in _PROMPTED if text.startswith(each)), text))
    for name in (*as_list(source.get("attachedFiles")), source.get("imageFile")):
        if isinstance(name, str):
            prompt.file({"name": name, "id": name.rpartition("/")[2]})
    answer = Turns(f"{identity}-answer", Role.ASSISTANT, when, context, "")
    for each in as_list(source.get("safeHtmlItem")):
        answer.text(text_of_html(get(each, "html")))
    return [
        SourceNode(identity, above, messages=prompt.done()),
        SourceNode(f"{identity}-answer", identity, messages=answer.done()),
    ]


def text_of_html(source: Json) -> str:
    """The Markdown of the simple HTML that chats are exported as."""
    if not isinstance(source, str):
        return ""
    reader = _HtmlReader()
    reader.feed(source)
    reader.close()
    return reader.text()


class _HtmlReader(HTMLParser):
    """Keeps headings, lists, code, links and emphasis; scripts and styles are nothing to read."""

    _MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*"}
    _BLOCKS = ("p", "div", "br", "ul", "ol", "table", "tr", "blockquote", "hr")

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[str] = []
        self._skipped = 0
        self._code: list[str] | None = None
        self._links: list[str] = []

    def text(self) -> str:
        """What was read."""
        lines = "".join(self._pieces).split("\n")
        kept = [line for at, line in enumerate(lines) if line.strip() or (at and lines[at - 1].strip())]
        return "\n".join(kept).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._skipped += 1
        elif tag == "pre":
            self._code = []
        elif self._code is not None:
            return
        elif tag in self._MARKS:
            self._pieces.append(self._MARKS[tag])
        elif tag == "code":
            self._pieces.append("`")
        elif tag == "li":
            self._pieces.append("\n- ")
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")
            self._pieces.append("[")
        elif len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self._pieces.append(f"\n\n{'#' * int(tag[1])} ")
        elif tag in self._BLOCKS:
            self._pieces.append("\n" if tag in ("br", "tr") else "\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._skipped = max(0, self._skipped - 1)
        elif tag == "pre" and self._code is not None:
            self._pieces.append(f"\n\n{fenced(as_text(''.join(self._code)).strip(chr(10)))}\n\n")
            self._code = None
        elif self._code is not None:
            return
        elif tag in self._MARKS:
            self._pieces.append(self._MARKS[tag])
        elif tag == "code":
            self._pieces.append("`")
        elif tag == "a" and self._links:
            self._pieces.append(f"](<{self._links.pop()}>)")
        elif tag in ("td", "th"):
            self._pieces.append(" | ")
        elif tag == "p" or (len(tag) == 2 and tag[0] == "h" and tag[1].isdigit()):
            self._pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        (self._pieces if self._code is None else self._code).append(data)
