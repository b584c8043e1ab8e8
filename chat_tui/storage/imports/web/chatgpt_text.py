"""ChatGPT's texts as they are read: marks become words and links, canvas documents become blocks."""

from __future__ import annotations

import re

from chat_tui.domain.conversation.citations import ADDRESS
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.fence import fenced
from chat_tui.storage.files.strict_json import CodecError, parse_value
from chat_tui.storage.imports.foreign import as_line, as_list, as_object, as_text

_MARK = re.compile("\ue200([^\ue200\ue201]{0,20000})\ue201|【[^【】\n]{1,200}】")
"""How a text marks a source, a name or a picture; the second form is that of the first browsing model."""
_FOOTNOTE = re.compile(r"【(\d{1,4})(?::\d{1,4})?†([^†【】\n]{0,190})[^【】\n]{0,190}】")
_NO_TITLE = re.compile(r"source|L\d+(?:-L\d+)?|")
_GLYPHS = re.compile("[\ue200-\ue206]")
_IDENTITY = re.compile(r"(?:turn\d{1,6}\w{0,40}|[LR]\d{1,9}(?:-[LR]?\d{1,9})?)")
_NESTED = ("items", "fallback_items", "sources", "supporting_websites", "images")
_DEPTH = 3
Page = tuple[str, str]
"""The address and the title of a page of the web."""


def readable(text: str, metadata: JsonObject) -> tuple[str, list[Page]]:
    """Replaces the marks of a text.

    Args:
        text: as the export has it.
        metadata: of the message: says what the marks stand for.

    Returns:
        The text, and the pages that the message names at no place of its text.
    """
    references = [as_object(each) for each in as_list(metadata.get("content_references"))]
    marks: dict[str, str] = {}
    linked: set[str] = set()
    unmarked: dict[str, str] = {}
    for each in references:
        mark, pages = each.get("matched_text"), _pages(each)
        if isinstance(mark, str) and mark.strip():
            marks.setdefault(mark, "" if each.get("type") == "hidden" else _said(mark, each, pages))
            linked.update(url for url, _ in pages)
        else:
            unmarked |= {url: title for url, title in pages if url not in unmarked}
    for each in map(as_object, as_list(metadata.get("citations"))):
        start, end, pages = each.get("start_ix"), each.get("end_ix"), _pages(as_object(each.get("metadata")))
        mark = text[start:end] if isinstance(start, int) and isinstance(end, int) and 0 <= start < end else ""
        if _MARK.fullmatch(mark) and pages:
            marks.setdefault(mark, _links(pages))
            linked.update(url for url, _ in pages)
        else:
            unmarked |= {url: title for url, title in pages if url not in unmarked}
    if "\ue200" in text or "【" in text:
        listed = as_list(as_object(metadata.get("_cite_metadata")).get("metadata_list"))
        text = _MARK.sub(lambda found: marks[found[0]] if found[0] in marks else _unexplained(found, listed), text)
    if not references:
        for group in map(as_object, as_list(metadata.get("search_result_groups"))):
            for each in map(as_object, as_list(group.get("entries"))):
                unmarked |= dict(_pages(each))
        listed = as_list(as_object(metadata.get("_cite_metadata")).get("metadata_list"))
        unmarked |= {url: title for each in listed for url, title in _pages(as_object(each))}
    return _GLYPHS.sub("", text), [(url, title) for url, title in unmarked.items() if url not in linked]


def quoted_page(content: JsonObject, text: str) -> str:
    """A page of the web that was quoted, under a link to it; any other text as it is."""
    return "\n\n".join(each for each in (" ".join(_link(*page) for page in _pages(content)), text) if each)


def _pages(source: JsonObject, depth: int = 0) -> list[Page]:
    """The pages that a reference names, once each."""
    found: dict[str, str] = {}
    url = source.get("url")
    if isinstance(url, str) and ADDRESS.fullmatch(url):
        found[url] = as_line(source.get("title")) or as_line(source.get("attribution"))
    for name in _NESTED if depth < _DEPTH else ():
        for each in as_list(source.get(name)):
            for address, title in _pages(as_object(each), depth + 1):
                found.setdefault(address, title)
    return list(found.items())


def _link(url: str, title: str) -> str:
    shown = re.sub(r"([\\`*_\[\]<>])", r"\\\1", title)
    return f"[{shown}](<{url}>)" if shown and not set("<>") & set(url) else f"<{url}>"


def _links(pages: list[Page]) -> str:
    return f"({', '.join(_link(*page) for page in pages)})" if pages else ""


def _said(mark: str, reference: JsonObject, pages: list[Page]) -> str:
    """What is to be read in place of a mark: the words in it, and links."""
    words = _words(mark)
    if words and len(pages) == 1:
        return _link(pages[0][0], words)
    links, alt = _links(pages), reference.get("alt")
    name = as_line(reference.get("name"))
    if not links and not words:
        return alt if isinstance(alt, str) and alt else f"[{name}]" if name else ""
    return " ".join(each for each in (words, links) if each)


def _unexplained(found: re.Match[str], listed: list[Json]) -> str:
    """A mark that no reference explains: a page of those that are listed, a title, or nothing to be read."""
    if not found[0].startswith("【"):
        return _words(found[0])
    if (note := _FOOTNOTE.fullmatch(found[0])) is None:
        return found[0]
    title = "" if _NO_TITLE.fullmatch(note[2]) else as_line(note[2])
    pages = _pages(as_object(listed[int(note[1])])) if int(note[1]) < len(listed) else []
    return _link(pages[0][0], title or pages[0][1]) if pages else title


def _words(mark: str) -> str:
    """The visible words within a mark: a name, the text of a link; ids and data are none."""
    _, *fields = mark.strip("\ue200\ue201").split("\ue202")
    for each in fields:
        if each.startswith("["):
            values = as_list(_parsed(each))
            named = next((value for value in values[1:2] if isinstance(value, str)), "")
            if named:
                return as_line(named)
        elif each and not each.startswith("{") and not _IDENTITY.fullmatch(each):
            return as_line(each)
    return ""


def canvas(recipient: str, text: str) -> str | None:
    """A call of the canvas as blocks of text: what was written, replaced or remarked; None where it is none."""
    if not recipient.startswith("canmore."):
        return None
    call = as_object(_parsed(text))
    if isinstance(content := call.get("content"), str):
        return _document(as_line(call.get("name")), as_line(call.get("type")), content)
    blocks: list[str] = []
    for each in map(as_object, as_list(call.get("updates"))):
        pattern, replacement = as_text(each.get("pattern")), as_text(each.get("replacement"))
        if pattern not in (".*", "(?s).*", "^.*$"):
            blocks += ["Replaces:", fenced(pattern, "text"), "with:"]
        blocks.append(fenced(replacement, "text"))
    for each in map(as_object, as_list(call.get("comments"))):
        blocks += ["Comments on:", fenced(as_text(each.get("pattern")), "text"), as_text(each.get("comment"))]
    return "\n\n".join(each for each in blocks if each) or None


def _document(name: str, kind: str, content: str) -> str:
    language = kind.partition("/")[2] if kind.startswith("code") else "markdown"
    return fenced(as_text(content), f"{language or 'text'} {name}".strip())


def report(metadata: JsonObject) -> JsonObject:
    """The message that a deep research ended with, where its widget keeps it; else an empty object."""
    state = as_object(metadata.get("chatgpt_sdk")).get("widget_state")
    return as_object(as_object(_parsed(state)).get("report_message"))


def _parsed(text: Json) -> Json:
    if not isinstance(text, str):
        return text
    try:
        return parse_value(text.encode(errors="replace"))
    except CodecError:
        return None
