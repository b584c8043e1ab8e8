"""What the first bytes of an image say: its kind and its size in pixels. No pixel is decoded."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass

_START = re.compile(r"data:image/(png|jpeg|gif|webp);base64,")
"""Pixels only: an SVG can hold scripts and addresses."""
_SEARCHED = 1 << 19
"""Bytes in which the size is looked for: of a JPEG, what cameras write before it may be long."""
_SIDEWAYS = (5, 6, 7, 8)
"""The orientations of Exif in which width and height are exchanged."""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What is known of an image."""

    kind: str
    """`png`, `jpeg`, `gif` or `webp`."""
    width: int
    """Pixels, as it is to be shown; 0 where its first bytes do not say."""
    height: int


def image_header(url: str) -> ImageHeader | None:
    """The header of the image in a data URL; None where it is none that can be shown."""
    if (start := _START.match(url)) is None:
        return None
    try:
        data = b64decode(url[start.end() : start.end() + _SEARCHED // 3 * 4])
    except binascii.Error:
        return ImageHeader(start[1], 0, 0)
    width, height = _size(data)
    return ImageHeader(start[1], width, height)


def _size(data: bytes) -> tuple[int, int]:
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
        return _number(data, 16, 4), _number(data, 20, 4)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return _number(data, 6, 2, "little"), _number(data, 8, 2, "little")
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp_size(data)
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else (0, 0)


def _webp_size(data: bytes) -> tuple[int, int]:
    if len(data) < 30:
        return 0, 0
    match data[12:16]:
        case b"VP8X":
            return _number(data, 24, 3, "little") + 1, _number(data, 27, 3, "little") + 1
        case b"VP8L":
            packed = _number(data, 21, 4, "little")
            return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _number(data, 26, 2, "little") & 0x3FFF, _number(data, 28, 2, "little") & 0x3FFF
    return 0, 0


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at, orientation = 2, 1
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], _number(data, at + 2, 2)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = _number(data, at + 5, 2), _number(data, at + 7, 2)
            return (height, width) if orientation in _SIDEWAYS else (width, height)
        if marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            orientation = _orientation(data[at + 10 : at + 2 + length])
        at += 2 + max(2, length)
    return 0, 0


def _orientation(exif: bytes) -> int:
    order = "little" if exif.startswith(b"II") else "big"
    first = _number(exif, 4, 4, order)
    for entry in range(min(_number(exif, first, 2, order), 100)):
        at = first + 2 + 12 * entry
        if _number(exif, at, 2, order) == 0x0112:
            return _number(exif, at + 8, 2, order)
    return 1


def _number(data: bytes, at: int, size: int, order: str = "big") -> int:
    return int.from_bytes(data[at : at + size], "little" if order == "little" else "big")
