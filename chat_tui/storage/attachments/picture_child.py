"""Decodes and scales a picture, in a process of its own that `pictures.py` starts.

The picture comes on standard input as base64, the result goes to standard output; nothing, where it can't be decoded.
In a process of its own, a picture made to break or to burden its decoder does that to nobody else.
"""

from __future__ import annotations

import sys
from base64 import b64decode
from contextlib import suppress
from io import BytesIO

from chat_tui.storage.files.limits import limit_process

MOST_PIXELS = 50_000_000
MEMORY = 1 << 30
"""Bytes that the process may take, where that can be limited."""
SECONDS = 5
"""Of the processor."""
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def main() -> None:
    """Reads a picture and writes it scaled; the arguments are width, height, format, background and rows."""
    limit_process(MEMORY, SECONDS)
    with suppress(Exception):  # of any type, from a decoder over bytes that nobody has vetted
        width, height, to, background, rows = sys.argv[1:]
        size = int(width), int(height)
        sys.stdout.buffer.write(scaled(b64decode(sys.stdin.buffer.read()), size, to, background, int(rows)))


def scaled(data: bytes, size: tuple[int, int], to: str, background: str, rows: int = 1) -> bytes:
    """A picture in other dimensions, as a PNG, as pixels, or as sixels for each row of cells."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # from twice that on Pillow refuses
    with Image.open(BytesIO(data), formats=FORMATS) as opened:
        opened.draft("RGB", (max(size), max(size)))
        image = ImageOps.exif_transpose(opened).convert("RGBA").resize(size)
    if to == "png":
        out = BytesIO()
        image.save(out, "PNG", compress_level=6)
        return out.getvalue()
    flat = Image.new("RGBA", size, background)
    flat.alpha_composite(image)
    pixels = flat.convert("RGB")
    if to == "sixel":
        from chat_tui.storage.attachments.sixel import sixel_rows

        return sixel_rows(pixels, rows)
    return pixels.tobytes()


if __name__ == "__main__":
    main()
