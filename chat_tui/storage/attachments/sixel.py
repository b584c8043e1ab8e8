"""Writes pictures as sixels: six pixels of a column in one character, colour by colour."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

COLOURS = 64
_BAND = 6
_TO_CHARACTERS = bytes(min(63 + each, 126) for each in range(256))
_REPEATED = re.compile(rb"(.)\1{3,254}", re.DOTALL)


def sixel_rows(image: Image, rows: int) -> bytes:
    """A picture in rows of equal height, each a sequence of its own.

    Args:
        image: in RGB.
        rows: how many; they divide its height.
    """
    reduced = image.quantize(COLOURS)
    palette, pixels, width = reduced.getpalette() or [], reduced.tobytes(), image.width
    row = image.height // rows * width
    return b"".join(_row(pixels[at : at + row], width, palette) for at in range(0, rows * row, row))


def _row(pixels: bytes, width: int, palette: list[int]) -> bytes:
    used = b"".join(
        b"#%d;2;%d;%d;%d" % (each, *(round(part / 2.55) for part in palette[3 * each : 3 * each + 3]))
        for each in sorted(set(pixels))
    )
    size = b'"1;1;%d;%d' % (width, len(pixels) // width)
    bands = (pixels[at : at + _BAND * width] for at in range(0, len(pixels), _BAND * width))
    return b"\x1bP0;1;0q" + size + used + b"-".join(b"$".join(_colours(band, width)) for band in bands) + b"\x1b\\"


def _colours(band: bytes, width: int) -> Iterator[bytes]:
    """The columns of a band, once for each colour in it."""
    columns: defaultdict[int, bytearray] = defaultdict(lambda: bytearray(width))
    for line in range(len(band) // width):
        bit = 1 << line
        for column, colour in enumerate(band[line * width : (line + 1) * width]):
            columns[colour][column] |= bit
    for colour, bits in columns.items():
        characters = bytes(bits).translate(_TO_CHARACTERS).rstrip(b"?")
        yield b"#%d" % colour + _REPEATED.sub(lambda run: b"!%d%c" % (len(run[0]), run[0][0]), characters)
