"""The sources that an answer rests on, and the marks in its text that point to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chat_tui.domain.json import JsonObject

MARK = re.compile(r"\[(?:\^|doc|ref_)?(\d{1,3})\](?![:(])|\[REF\](\d{1,3}(?:, ?\d{1,3})*)\[/REF\]")
"""A mark: `[1]` of most servers, `[^1]`, Azure's `[doc1]`, Zhipu's `[ref_1]`, Venice's `[REF]0,2[/REF]`, from 0."""
ADDRESS = re.compile(r"https?://[!-~]+", re.IGNORECASE)
"""An address that may become a link."""
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(?<![`\\])(`+)(?!`)(?:(?!\1(?!`)).)+?(?<!`)\1(?!`)")
_MOST_CODE = 2_000
"""Characters of a line in which code spans are looked for; marks of a longer line stay as they are."""


@dataclass(frozen=True, slots=True)
class Source:
    """One page that an answer names."""

    url: str
    title: str = ""

    def to_json(self) -> JsonObject:
        """The source as a thread file has it."""
        return {"title": self.title, "url": self.url} if self.title else {"url": self.url}


def marked(found: re.Match[str]) -> list[int]:
    """The numbers, from 1, of the sources that a match of `MARK` points to."""
    if found[1] is not None:
        return [int(found[1])]
    return [int(each) + 1 for each in found[2].split(",")]


def linked(text: str, sources: Sequence[Source]) -> str:
    """Makes Markdown links of the marks in a Markdown text; those in code, and those without a source, stay."""
    if not sources or "[" not in text:
        return text
    return "\n".join(_lines(text, sources))


def _lines(text: str, sources: Sequence[Source]) -> Iterator[str]:
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not line[found.end() :].strip():
                fence = ""
            yield line
        elif found:
            fence = found[1]
            yield line
        elif line.startswith(("    ", "\t")) or len(line) > _MOST_CODE or "[" not in line:
            yield line
        else:
            yield _line(line, sources)


def _line(line: str, sources: Sequence[Source]) -> str:
    pieces: list[str] = []
    end = 0
    for code in _CODE.finditer(line):
        pieces += [_with_links(line[end : code.start()], sources), code[0]]
        end = code.end()
    return "".join([*pieces, _with_links(line[end:], sources)])


def _with_links(text: str, sources: Sequence[Source]) -> str:
    def link(found: re.Match[str]) -> str:
        numbers = marked(found)
        urls = [sources[number - 1].url if 0 < number <= len(sources) else "" for number in numbers]
        if not all(_ANGLED.fullmatch(url) for url in urls):
            return found[0]
        return "".join(f"[\\[{number}\\]](<{url}>)" for number, url in zip(numbers, urls, strict=True))

    return MARK.sub(link, text)


_ANGLED = re.compile(r"https?://[!-;=?-~]+", re.IGNORECASE)
"""An address that can stand between angle brackets."""
