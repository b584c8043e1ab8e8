"""Images within texts: which data URLs are images that a viewer may show, and how base64 becomes one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.json import Json

_IMAGE_URL = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
"""Pixels only: an SVG can hold scripts and addresses."""
_BEGINNINGS = {"iVBORw0KGgo": "png", "/9j/": "jpeg", "R0lGOD": "gif", "UklGR": "webp"}
"""How the base64 of each kind begins."""


@dataclass(frozen=True, slots=True)
class EmbeddedImage:
    """Something in a message that is not text."""

    label: str
    """What it is."""
    url: str = ""
    """A data URL of pixels, or a web address, or empty."""

    @property
    def is_image(self) -> bool:
        """Whether it can be shown without asking anybody for it."""
        return is_image_url(self.url)


def is_image_url(url: str) -> bool:
    """Whether it is a data URL of pixels."""
    return _IMAGE_URL.fullmatch(url) is not None


def data_url(base64: str) -> str | None:
    """The data URL of an image in base64; None where it is of no kind that is known."""
    packed = "".join(base64.split())
    kind = next((kind for start, kind in _BEGINNINGS.items() if packed.startswith(start)), None)
    url = f"data:image/{kind};base64,{packed}"
    return url if kind and is_image_url(url) else None


def attachments(message: Message) -> Iterator[EmbeddedImage]:
    """What a message holds beside its text: images and files of its parts, images and sound of an answer."""
    for part in _beside_text(message):
        kind = str(part.get("type", "attachment")).removeprefix("input_").removesuffix("_url")
        inner = part.get("image_url", part)
        url = inner.get("url") if isinstance(inner, dict) else inner
        yield EmbeddedImage(kind, url if isinstance(url, str) else "")


def _beside_text(message: Message) -> Iterator[dict[str, Json]]:
    kept = message.extra.get("images")
    for part in (*(message.parts or ()), *(kept if isinstance(kept, list) else ())):
        if isinstance(part, dict) and part.get("type") != "text":
            yield part
    if message.extra.get("audio"):
        yield {"type": "sound"}
