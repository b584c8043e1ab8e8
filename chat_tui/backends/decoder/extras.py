"""Decodes what an answer holds beside text: images, annotations, citations, audio. Kept, and shown as text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from chat_tui.domain.conversation.chunk import ExtraDelta, TextDelta
from chat_tui.domain.json import Json
from chat_tui.domain.text.clean import clean

_LISTS = ("annotations", "citations", "search_results")
_IMAGE_TYPES = ("image_url", "image", "output_image")
_DEPTH = 12
_MAX_KEPT = 500
"""Values of one kind; a list that grows without end is no answer."""


class Extras:
    """The extras of one choice. A list that comes again with every chunk (Perplexity's citations) is kept once."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._seen: dict[str, set[int]] = {}
        self._last: dict[str, object] = {}
        self._images = 0

    def read(self, delta: dict[str, Any]) -> Iterator[ExtraDelta | TextDelta]:
        """Reads a delta, a message, or the object around the choices."""
        for name in _LISTS:
            value = delta.get(name)
            if value and isinstance(value, list) and value != self._last.get(name):
                self._last[name] = value
                yield from self._keep(name, value)
        images = delta.get("images")
        if images and isinstance(images, list):
            yield from self._read_images(images)
        content = delta.get("content")
        if type(content) is list:
            yield from self._read_images([part for part in content if _is_image(part)])
        audio = delta.get("audio")
        if audio and isinstance(audio, dict):
            yield from self._audio(audio)

    def _read_images(self, images: list[Any]) -> Iterator[ExtraDelta | TextDelta]:
        for image in images:
            new = list(self._keep("images", [image]))
            if new:
                self._images += 1
                yield from new
                yield TextDelta(_shown(image, self._images), self._index)

    def _audio(self, audio: dict[str, Any]) -> Iterator[ExtraDelta | TextDelta]:
        """Speech: its transcript is the answer's text; the sound is kept."""
        transcript = audio.get("transcript")
        if transcript and isinstance(transcript, str):
            yield TextDelta(transcript, self._index)
        sound = {name: value for name, value in audio.items() if name != "transcript" and value}
        if sound:
            yield from self._keep("audio", [sound])

    def _keep(self, name: str, values: list[Any]) -> Iterator[ExtraDelta]:
        seen = self._seen.setdefault(name, set())
        new: list[Json] = []
        for value in values:
            item = storable(value)
            mark = hash(json.dumps(item, sort_keys=True))
            if item not in (None, "", [], {}) and mark not in seen and len(seen) < _MAX_KEPT:
                seen.add(mark)
                new.append(item)
        if new:
            yield ExtraDelta(name, tuple(new), self._index)


def storable(value: Any, depth: int = _DEPTH) -> Json:
    """A value that a thread file can hold: strings cleaned, NaN and what is nested too deep become null."""
    match value:
        case str():
            return clean(value)
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {clean(name): storable(item, depth - 1) for name, item in value.items()} if depth else None
        case list():
            return [storable(item, depth - 1) for item in value] if depth else None
        case _:
            return value if value is None or isinstance(value, bool | int) else None


def _is_image(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") in _IMAGE_TYPES


def _shown(image: object, number: int) -> str:
    """An image in Markdown: the link that the server gave, or the number under which the thread file keeps it."""
    url = _url(image)
    if url.startswith(("https://", "http://")) and not any(char in url for char in " ()<>\n"):
        return f"![image {number}]({url})\n"
    form, _, data = url.partition(",")
    kind = form.removeprefix("data:").partition(";")[0]
    label = f"image {number}: {kind}, {len(data) * 3 // 4096 + 1} KB" if url.startswith("data:") else f"image {number}"
    return f"![{label}](attachment:{number})\n"


def _url(image: object) -> str:
    if isinstance(image, str):
        return image
    if not isinstance(image, dict):
        return ""
    inner = image.get("image_url", image.get("url", ""))
    if isinstance(inner, dict):
        inner = inner.get("url", "")
    return inner if isinstance(inner, str) else ""
