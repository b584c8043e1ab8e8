"""The content of a message, in whichever parts a program keeps it: texts, thoughts, images, files, calls of tools."""

from __future__ import annotations

import json

from chat_tui.domain.conversation.citations import ADDRESS
from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.json import Json, JsonObject
from chat_tui.i18n import tr
from chat_tui.storage.files.strict_json import CodecError, parse_value
from chat_tui.storage.imports.foreign import (
    Attacher,
    ImportContext,
    as_line,
    as_list,
    as_object,
    as_text,
    new_message,
    tool_call,
)

ROLES = {
    **dict.fromkeys(("user", "human", "you", "me", "prompt", "request", "customer"), Role.USER),
    **dict.fromkeys(("assistant", "ai", "bot", "model", "gpt", "chatgpt", "response", "agent"), Role.ASSISTANT),
    **dict.fromkeys(("system", "developer", "instructions"), Role.SYSTEM),
    **dict.fromkeys(("tool", "function", "tool_result", "observation"), Role.TOOL),
}
"""What programs call those who speak."""
_TEXT = (
    *("text", "input_text", "output_text", "main_text", "markdown", "translation", "response", "request"),
    *("error", "info", "refusal"),
)
_THOUGHT = ("think", "thinking", "reasoning", "thought", "thoughts", "reasoning_content", "ma")
_IMAGE = ("image", "image_url", "input_image", "image_file", "picture", "inlinedata", "inline_data", "imageurl")
_CALL = ("tool_call", "tool-call", "tool_use", "tool-invocation", "function_call", "toolcallrequest", "tool")
_RESULT = ("tool_result", "tool-result", "function_call_output", "toolcallresult")
_FILE = ("file", "document", "input_file", "attachment", "doc", "video", "audio", "input_audio")
_SILENT = ("step-start", "redacted_thinking", "token_budget", "flag", "reference", "custom_element", "unknown")
_BODY = ("text", "content", "value", "think", "thinking", "reasoning", "summary", "refusal", "aText")
_DEPTH = 4


def get(source: Json, path: str) -> Json:
    """What stands at a path: `a.b`; of several, `a.b|c`, the first that leads to something."""
    for each in path.split("|"):
        at = source
        for name in each.split("."):
            at = at.get(name) if isinstance(at, dict) else None
        if at not in (None, "", [], {}):
            return at
    return None


def parsed(text: Json) -> Json:
    """The JSON within a text; anything else as it is; None where a text holds none."""
    if not isinstance(text, str):
        return text
    try:
        return parse_value(text.encode(errors="replace"))
    except CodecError:
        return None


def role_of(value: Json) -> Role | None:
    """Who speaks; None where that is not known."""
    return ROLES.get(value.lower()) if isinstance(value, str) else None


class Turns:
    """The messages that one message of the source becomes: another one begins where a tool has answered."""

    def __init__(self, identity: str, role: Role, created: str, context: ImportContext, title: str) -> None:
        """Begins with an empty one.

        Args:
            identity: the message's id in the source.
            role: who speaks.
            created: when, as thread files have it.
            context: gets what is left out.
            title: of the thread, for the report.
        """
        self._identity = identity
        self._role = role
        self._created = created
        self._context = context
        self._title = title
        self._all = [new_message(identity, role, "", created)]
        # Of the last message; they are joined once, so that a million of them take no million copies.
        self._texts: list[str] = []
        self._thoughts: list[str] = []

    @property
    def first(self) -> Message:
        """The first of them: it has the source's own id."""
        return self._all[0]

    def done(self) -> list[Message]:
        """Those that hold something."""
        self._flush()
        return [each for each in self._all if not each.is_blank]

    def text(self, text: Json) -> None:
        """Adds text to what is said."""
        if isinstance(text, str) and text.strip():
            piece, last = new_message("", self._role, text, ""), self._open()
            self._texts.append(piece.content.strip("\n"))
            last.hidden += piece.hidden

    def thought(self, text: Json) -> None:
        """Adds to the reasoning."""
        if isinstance(text, str) and text.strip():
            self._open()
            self._thoughts.append(as_text(text).strip())

    def image(self, source: Json, name: str = "", keys: tuple[str, ...] = ()) -> None:
        """Adds an image: a data URL, base64, a web address, or the name of a file."""
        attacher = Attacher(self._last(), self._context, self._title)
        if isinstance(source, str) and (source.startswith(("data:", "http")) or len(source) > 300):
            attacher.add_url(source, name or "image")
        else:
            shown = name or (as_line(source) if isinstance(source, str) else "") or "image"
            attacher.add((*keys, shown, shown.rpartition("/")[2]), shown, "image")

    def file(self, source: JsonObject) -> None:
        """Adds a file: its text, its pixels, or its name."""
        name = as_line(get(source, "name|filename|file_name|fileName|origin_name|title|meta.name|file.filename"))
        text = get(source, "extracted_content|text|content|data.content|file.data.content|part.data.text|data.text")
        kind = as_line(get(source, "type|mime_type|mimeType|fileType|file.type|meta.content_type"))
        url = get(source, "url|data|base64|preview|dataUrl|file.url")
        identity = as_line(get(source, "id|file_id|uuid|storageKey|file.id"))
        if isinstance(url, str) and url.startswith("data:image") or ("image" in kind and isinstance(url, str)):
            self.image(url, name, (identity,))
        elif isinstance(text, str) and text.strip():
            Attacher(self._last(), self._context, self._title).add_text(text, name or "text")
        elif name or identity:
            keys = (identity, name, f"{identity}{as_line(source.get('ext'))}")
            Attacher(self._last(), self._context, self._title).add(keys, name or identity)

    def sources(self, listed: Json) -> None:
        """Adds pages of the web that the answer rests on."""
        last = self._last()
        known = {each.get("url") for each in last.sources}
        for each in as_list(listed):
            url = each if isinstance(each, str) else get(each, "url|link|uri|source.url|web.uri")
            title = as_line(get(each, "title|name|source.name|web.title|hostname")) if isinstance(each, dict) else ""
            if isinstance(url, str) and url not in known and ADDRESS.fullmatch(url):
                known.add(url)
                last.sources.append({"title": title, "url": url} if title else {"url": url})

    def call(self, source: JsonObject) -> None:
        """Adds the call of a tool, and its result where that stands in the same place."""
        inner = next((each for name in ("tool_call", "toolInvocation", "invocation") if (each := source.get(name))), 0)
        call = as_object(inner) or source
        last = self._open()
        identity = as_line(get(call, "toolCallId|tool_call_id|call_id|id|toolId")) or (
            f"{self._identity}~call{len(self._all)}-{len(last.tool_calls)}"
        )
        name = as_line(get(call, "toolName|function.name|name|tool_name|apiName")) or "?"
        arguments = get(call, "args|input|arguments|function.arguments|parameters|publicArguments")
        last.tool_calls.append(tool_call(identity, name, arguments if isinstance(arguments, str) else _json(arguments)))
        result = get(call, "result|output|publicResult|response|content") if call.get("type") != "text" else None
        if result is not None:
            self.result(identity, result)

    def result(self, identity: str, value: Json) -> None:
        """Adds what a tool answered; what is said after it is another message."""
        turn = new_message(f"{self._identity}~{len(self._all)}", Role.TOOL, "", self._created)
        turn.tool_call_id = identity or None
        self._flush()
        self._all.append(turn)
        texts = [each for each in as_list(value) if isinstance(get(each, "text"), str)]
        if isinstance(value, str):
            turn.content = as_text(value)
        elif texts:
            turn.content = "\n\n".join(as_text(get(each, "text")) for each in texts)
        else:
            turn.content = as_text(_json(value))

    def content(self, value: Json, depth: int = 0) -> None:
        """Adds a content: a text, a part, or a list of parts."""
        if isinstance(value, str):
            self.text(value)
        elif isinstance(value, list):
            for each in value:
                self.content(each, depth)
        elif isinstance(value, dict) and depth < _DEPTH:
            inner = as_object(value.get("part"))
            if inner and value.get("ft") == "attachment":
                self.file({"name": value.get("title")} | inner)
            else:
                self._part(inner or value, depth)

    def _part(self, part: JsonObject, depth: int) -> None:
        kind = as_line(get(part, "type|pt|kind|ft")).lower()
        body = get(part, "|".join(_BODY))
        body = get(body, "value|text") if isinstance(body, dict) else body
        if part.get("thought") is True or part.get("isThought") is True or kind in _THOUGHT:
            for each in body if isinstance(body, list) else [body]:
                self.thought(get(each, "text|content") if isinstance(each, dict) else each)
        elif kind in _CALL:
            self.call(part)
        elif kind in _RESULT:
            self.result(
                as_line(get(part, "tool_use_id|toolCallId|call_id|tool_call_id|id")), get(part, "content|output|result")
            )
        elif kind == "code":
            from chat_tui.domain.text.fence import fenced

            self.text(fenced(as_text(body), as_line(part.get("language"))))
        elif kind == "message" or kind in _TEXT or (not kind and isinstance(body, str)):
            self.content(body, depth + 1)
        elif kind in _IMAGE or any(name in part for name in ("inlineData", "inline_data", "image_url")):
            found = get(part, "image_url.url|image_url|imageUrl|url|source.data|inlineData.data|inline_data.data|data")
            name = as_line(get(part, "name|file.name|file.origin_name"))
            keys = (as_line(get(part, "storageKey|file_id|file.id|image_file.file_id|id")),)
            self.image(found or get(part, "image|storageKey|image_file.file_id"), name, keys)
        elif kind in _FILE:
            self.file(as_object(part.get("file")) or part)
        elif kind and kind not in _SILENT:
            shown = kind[:40]
            self._context.findings.add(tr("parts of an unknown kind ({kind}) were left out", kind=shown), self._title)
            self.text(f"[{shown}, not imported]")

    def _last(self) -> Message:
        """The message that is added to, with all its text."""
        last = self._open()
        self._flush()
        return last

    def _flush(self) -> None:
        last = self._all[-1]
        last.content = "\n\n".join(each for each in (last.content, *self._texts) if each)
        last.reasoning = "\n\n".join(each for each in (last.reasoning, *self._thoughts) if each)
        self._texts, self._thoughts = [], []

    def _open(self) -> Message:
        last = self._all[-1]
        if last.role is Role.TOOL and self._role is not Role.TOOL:
            self._flush()
            last = new_message(f"{self._identity}~{len(self._all)}", self._role, "", self._created)
            self._all.append(last)
        return last


def _json(value: Json) -> str:
    return json.dumps(value if value is not None else {}, ensure_ascii=False)
