"""Reads aichat's sessions: YAML of the few forms that its writer uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json
from chat_tui.storage.imports.content import get, parsed
from chat_tui.storage.imports.foreign import ImportContext, UnreadableFileError, as_line, as_list
from chat_tui.storage.imports.layout import Layout, read_layout

_LAYOUT = Layout("aichat", identity="~identity", title="~title", parameters="~parameters")
_KEY = re.compile(r"([A-Za-z_][\w-]{0,60}):(?: (.*))?$")
_BLOCK = re.compile(r"[|>]([1-9]?)([+-]?)([1-9]?)$")
_DEPTH = 12


def read(text: str, context: ImportContext) -> Iterator[Thread] | None:
    """Makes a thread of a session; None where the text is none."""
    if not re.search(r"^model: ", text, re.MULTILINE) or not re.search(r"^messages:\s*$", text, re.MULTILINE):
        return None
    reader = _YamlReader(text)
    source = reader.value(0, 0)
    if not isinstance(source, dict):
        return None
    provider, _, model = as_line(source.get("model")).partition(":")
    older = as_list(source.get("compressed_messages"))
    messages: list[Json] = [*older, *as_list(source.get("messages"))]
    first = next((get(each, "content") for each in messages if get(each, "role") == "user"), "")
    about = source | {"~identity": f"{context.name} {str(first)[:2000]}", "~title": context.name, "~parameters": source}
    about |= {"model": f"{provider}/{model}" if model else provider}
    return iter([read_layout(_LAYOUT, about, context, messages)])


class _YamlReader:
    """Reads mappings, lists, and scalars: plain, quoted, in blocks. What else YAML has is refused."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._at = 0

    def value(self, indent: int, depth: int) -> Json:
        """The mapping or the list that begins here."""
        if depth > _DEPTH:
            raise UnreadableFileError(f"it is nested deeper than {_DEPTH} levels")
        self._skip_blank()
        if self._at < len(self._lines) and self._lines[self._at][indent:].startswith("- "):
            return self._list(indent, depth)
        return self._mapping(indent, depth)

    def _list(self, indent: int, depth: int) -> Json:
        found: list[Json] = []
        while self._has_more(indent) and self._lines[self._at][indent:].startswith("- "):
            line = self._lines[self._at]
            rest = line[indent + 2 :]
            if _KEY.match(rest):
                self._lines[self._at] = " " * (indent + 2) + rest
                found.append(self._mapping(indent + 2, depth + 1))
            else:
                self._at += 1
                found.append(self._scalar(rest, indent))
        return found

    def _mapping(self, indent: int, depth: int) -> Json:
        found: dict[str, Json] = {}
        while self._has_more(indent) and (key := _KEY.match(self._lines[self._at][indent:])) is not None:
            self._at += 1
            if key[2]:
                found[key[1]] = self._scalar(key[2], indent)
                continue
            self._skip_blank()
            inner = self._indent()
            is_list = inner == indent and self._lines[self._at][indent:].startswith("- ")
            found[key[1]] = self.value(inner, depth + 1) if inner > indent or is_list else None
        return found

    def _scalar(self, text: str, indent: int) -> Json:
        if (block := _BLOCK.match(text)) is not None:
            return self._block(block, indent)
        if text.startswith("'"):
            return text.removesuffix("'")[1:].replace("''", "'")
        if text.startswith('"'):
            value = parsed(re.sub(r"\\x([0-9a-fA-F]{2})", r"\\u00\1", text).replace("\\e", "\\u001b"))
            return value if isinstance(value, str) else text.strip('"')
        if text.startswith(("&", "*", "!")):
            raise UnreadableFileError("a YAML file with anchors or tags, which are not read")
        value = parsed(text)
        return None if text in ("null", "~") else text if value is None else value

    def _block(self, block: re.Match[str], indent: int) -> str:
        start = self._at
        while self._at < len(self._lines) and (not self._lines[self._at].strip() or self._indent() > indent):
            self._at += 1
        lines = self._lines[start : self._at]
        given = block[1] or block[3]
        first = next((line for line in lines if line.strip()), "")
        inner = indent + int(given) if given else len(first) - len(first.lstrip(" "))
        text = "\n".join(line[inner:] for line in lines)
        return text if block[2] == "+" else text.rstrip("\n") + ("" if block[2] == "-" else "\n")

    def _has_more(self, indent: int) -> bool:
        self._skip_blank()
        return self._at < len(self._lines) and self._indent() == indent

    def _skip_blank(self) -> None:
        while self._at < len(self._lines) and (
            not self._lines[self._at].strip()
            or self._lines[self._at].lstrip().startswith("#")
            or self._lines[self._at] == "---"
        ):
            self._at += 1

    def _indent(self) -> int:
        line = self._lines[self._at] if self._at < len(self._lines) else ""
        return len(line) - len(line.lstrip(" "))
