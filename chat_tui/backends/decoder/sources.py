"""Collects the pages that an answer cites, under all field names in use.

citations, search_results         Perplexity, xAI: addresses, or objects with `url` and `title`
annotations                       OpenAI, OpenRouter: `url_citation`
venice_parameters                 Venice: `web_search_citations`
executed_tools                    Groq: `search_results.results`
web_search, search_info           Zhipu (`link`), DashScope and Hunyuan
context                           Azure with its own data: `citations`, which may have no address
*grounding_metadata               Gemini behind LiteLLM: `web` with `uri`
references, sources               Doubao, Open WebUI and others
provider_specific_fields          LiteLLM's copy of Anthropic's citations
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from chat_tui.domain.conversation.citations import ADDRESS, Source
from chat_tui.domain.text.clean import clean

SOURCE_FIELDS = frozenset(
    (
        "citations",
        "search_results",
        "annotations",
        "venice_parameters",
        "executed_tools",
        "web_search",
        "search_info",
        "context",
        "grounding_metadata",
        "groundingMetadata",
        "vertex_ai_grounding_metadata",
        "references",
        "sources",
        "provider_specific_fields",
    )
)
"""Fields of a payload, a choice, a message or a delta that hold sources."""
_ORDER = ("citations", "search_results")
"""Where several lists come together, the marks in the text count these."""
_ADDRESSES = ("url", "uri", "link", "href")
_TITLES = ("title", "name")
_DEPTH = 8
_MOST = 300
_LONGEST_URL = 4_000
_LONGEST_TITLE = 300


class SourceReader:
    """The sources of one choice, in order. A repeated list adds only what is new."""

    def __init__(self) -> None:
        self._found: list[Source] = []
        self._last: dict[str, object] = {}

    def read(self, holder: dict[str, Any]) -> tuple[Source, ...] | None:
        """Reads an object that may hold sources; returns all so far, or None where nothing is new."""
        before = list(self._found)
        for name in sorted(SOURCE_FIELDS & holder.keys(), key=lambda field: (field not in _ORDER, field)):
            value = holder[name]
            if value and isinstance(value, list | dict) and value != self._last.get(name):
                self._last[name] = value
                self._add(list(_sources(value, _DEPTH)))
        return tuple(self._found) if self._found != before else None

    def _add(self, sources: list[Source]) -> None:
        """Adds a list: an address that it names twice counts twice, for marks count by place."""
        places: dict[str, list[int]] = {}
        for at, source in enumerate(self._found):
            places.setdefault(source.url, []).append(at)
        seen: Counter[str] = Counter()
        for source in sources:
            known = places.get(source.url, [])
            number = seen[source.url]
            seen[source.url] += 1
            if number < len(known):
                at = known[number]
                self._found[at] = Source(source.url, self._found[at].title or source.title)
            elif len(self._found) < _MOST:
                self._found.append(source)


def _sources(value: Any, depth: int) -> Iterator[Source]:
    if isinstance(value, str):
        yield from _source(value, "")
    elif depth and isinstance(value, list):
        for item in value:
            yield from _sources(item, depth - 1)
    elif depth and isinstance(value, dict):
        address = next((value[name] for name in _ADDRESSES if isinstance(value.get(name), str)), "")
        if address:
            title = next((value[name] for name in _TITLES if isinstance(value.get(name), str)), "")
            yield from _source(address, title)
        else:
            for item in value.values():
                if isinstance(item, list | dict):
                    yield from _sources(item, depth - 1)


def _source(address: str, title: str) -> Iterator[Source]:
    url = clean(address, multiline=False).strip()
    if len(url) <= _LONGEST_URL and ADDRESS.fullmatch(url):
        yield Source(url, clean(title, multiline=False).strip()[:_LONGEST_TITLE])
