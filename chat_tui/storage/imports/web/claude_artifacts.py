"""Claude's artifacts: documents that an answer writes, changes and rewrites; each version becomes a block of text."""

from __future__ import annotations

import re

from chat_tui.domain.json import JsonObject
from chat_tui.domain.text.fence import fenced
from chat_tui.storage.imports.foreign import as_line, as_text

_LANGUAGES = {"text/markdown": "markdown", "text/html": "html", "image/svg+xml": "xml"}
_LANGUAGES |= {"application/vnd.ant.mermaid": "mermaid", "application/vnd.ant.react": "jsx"}
_ATTRIBUTE = re.compile(r'(\w{1,20})="([^"]{0,500})"')
_OPEN, _CLOSE = "<antArtifact", "</antArtifact>"
_MOST = 8 * 1024 * 1024
"""Characters of all versions of a conversation that are written out whole; of later ones, only what changed."""


class Artifacts:
    """The artifacts of one conversation."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[str, str, int]] = {}
        """By id: the content, the words behind the fence, the version."""
        self._left = _MOST
        self.calls: set[str] = set()
        """Ids of the calls that became text: their results say nothing."""

    def called(self, call: JsonObject) -> str | None:
        """The text of a tool call that writes an artifact or a file; None where it is another call."""
        source = call.get("input")
        if not isinstance(source, dict):
            return None
        name = call.get("name")
        if name == "create_file" and isinstance(source.get("file_text"), str):
            path = as_line(source.get("path"))
            text = self._version(path, as_text(source["file_text"]), f"{_suffix(path)} {path.rpartition('/')[2]}")
        elif name == "artifacts":
            text = self._command(source)
        else:
            return None
        if text:
            self.calls.add(as_line(call.get("id")))
        return text or None

    def _command(self, source: JsonObject) -> str:
        identity, title = as_line(source.get("id")), as_line(source.get("title"))
        before, info, version = self._texts.get(identity, ("", "", 0))
        if isinstance(content := source.get("content"), str) and content:
            language = as_line(source.get("language")) or _LANGUAGES.get(as_line(source.get("type")), "")
            return self._version(identity, as_text(content), f"{language or 'text'} {title}".strip() if title else info)
        old, new = as_text(source.get("old_str")), as_text(source.get("new_str"))
        if not old or old not in before:
            return fenced(new, info) if new else ""
        if self._left < len(before):
            self._texts[identity] = (before.replace(old, new, 1), info, version + 1)
            return f"Replaces:\n\n{fenced(old, info)}\n\nwith:\n\n{fenced(new, info)}"
        return self._version(identity, before.replace(old, new, 1), info)

    def _version(self, identity: str, content: str, info: str) -> str:
        _, known, version = self._texts.get(identity, ("", "", 0))
        info = info or known or "text"
        self._texts[identity] = (content, info, version + 1)
        self._left -= len(content)
        number = f" (version {version + 1})" if version else ""
        return fenced(content, info + number)

    def within(self, text: str) -> str:
        """A text with the artifacts of older exports, which stand within it as tags, as blocks."""
        if _OPEN not in text:
            return text
        pieces: list[str] = []
        at = 0
        while (start := text.find(_OPEN, at)) >= 0 and (head := text.find(">", start)) >= 0:
            end = text.find(_CLOSE, head)
            content = text[head + 1 : end if end >= 0 else len(text)].strip("\n")
            facts = dict(_ATTRIBUTE.findall(text[start : min(head, start + 3000)]))
            source: JsonObject = {"id": facts.get("identifier", ""), "content": content, **facts}
            pieces += [text[at:start].rstrip(), self._command(source)]
            at = end + len(_CLOSE) if end >= 0 else len(text)
        return "\n\n".join(each for each in (*pieces, text[at:].strip()) if each)


def _suffix(path: str) -> str:
    suffix = path.rpartition(".")[2]
    return suffix if suffix.isalnum() and len(suffix) <= 10 else "text"
