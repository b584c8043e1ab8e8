"""Pictures are decoded in a process of its own, within bounds; their size is known before."""

from __future__ import annotations

import re
import struct
import sys
import time
import zlib
from base64 import b64encode
from io import BytesIO

import pytest
from PIL import Image

from chat_tui.domain.conversation.images import image_header
from chat_tui.domain.ports.pictures import PixelFormat, PixelSize
from chat_tui.storage.attachments import pictures
from chat_tui.storage.attachments.picture_child import scaled
from chat_tui.storage.attachments.pictures import ChildPictures
from chat_tui.storage.attachments.sixel import sixel_rows

SIZE = PixelSize(4, 2)


def url(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{b64encode(data).decode()}"


def image(kind: str, size: tuple[int, int] = (30, 20), orientation: int = 1, *, lossless: bool = False) -> bytes:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    extra = {"exif": exif} if kind == "JPEG" else {}
    Image.new("RGB", size, (200, 30, 60)).save(out, kind, **extra, lossless=lossless)
    return out.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = b""
    for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(10_000))), (b"IEND", b"")):
        chunks += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize(
    ("kind", "lossless"),
    [("PNG", False), ("JPEG", False), ("GIF", False), ("WEBP", False), ("WEBP", True)],
)
def test_the_size_is_read_from_the_first_bytes(kind: str, lossless: bool) -> None:
    data = image(kind, lossless=lossless)
    header = image_header(url(data, kind.lower()))
    assert header is not None
    assert (header.kind, header.width, header.height) == (kind.lower(), 30, 20)
    assert len(scaled(data, (4, 2), "rgb", "#000000")) == 4 * 2 * 3


def test_a_photo_taken_sideways_is_upright() -> None:
    header = image_header(url(image("JPEG", orientation=6), "jpeg"))
    assert header is not None
    assert (header.width, header.height) == (20, 30)


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1\xff\xff", b"RIFF1234WEBPVP8X", b"GIF89a"]
)
def test_the_size_of_what_is_cut_is_not_known(data: bytes) -> None:
    header = image_header(url(data))
    assert header is not None
    assert header.width * header.height == 0


@pytest.mark.parametrize("text", ["https://a.example/x.png", "data:image/svg+xml;base64,AAAA", "data:text/html,x"])
def test_what_is_no_picture_has_no_header(text: str) -> None:
    assert image_header(text) is None


async def test_a_picture_comes_scaled_over_the_background_and_a_bad_one_not_at_all() -> None:
    out = BytesIO()
    Image.new("RGBA", (9, 9), (255, 0, 0, 0)).save(out, "PNG")
    decoder = ChildPictures()
    pixels = await decoder.scaled(url(out.getvalue()), SIZE, PixelFormat.RGB, "#102030")
    assert pixels == bytes((0x10, 0x20, 0x30)) * 8
    png = await decoder.scaled(url(image("WEBP"), "webp"), SIZE, PixelFormat.PNG, "#000000")
    assert png is not None
    with Image.open(BytesIO(png)) as read:
        assert (read.format, read.size) == ("PNG", (4, 2))
    assert await decoder.scaled(url(b"\x89PNG\r\n\x1a\nnothing"), SIZE, PixelFormat.RGB, "#000000") is None


def test_a_picture_that_says_it_is_giant_is_not_decoded() -> None:
    started = time.process_time()
    with pytest.raises(Image.DecompressionBombError):
        scaled(claiming(8_000, 7_000), (4, 2), "rgb", "#000000")
    assert time.process_time() - started < 1


def read_sixels(sequence: bytes) -> list[list[tuple[int, int, int]]]:
    """The pixels of a sequence of sixels, row by row."""
    body = re.fullmatch(rb'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\', sequence, re.DOTALL)
    assert body
    width, height = int(body[1]), int(body[2])
    colours = {int(n): (int(r), int(g), int(b)) for n, r, g, b in re.findall(rb"#(\d+);2;(\d+);(\d+);(\d+)", body[3])}
    rows = [[(-1, -1, -1)] * width for _ in range(height)]
    top, column, colour = 0, 0, (-1, -1, -1)
    for token in re.finditer(rb"#(\d+)(;2(?:;\d+){3})?|!(\d+)([?-~])|([?-~])|([$-])", body[3]):
        if token[1]:
            colour = colours[int(token[1])]
        elif token[6]:
            top, column = top + 6 * (token[6] == b"-"), 0
        for _ in range(int(token[3] or 1) if token[4] or token[5] else 0):
            for bit in range(6):
                if ((token[4] or token[5])[0] - 63) >> bit & 1:
                    assert rows[top + bit][column] == (-1, -1, -1), "each pixel once"
                    rows[top + bit][column] = colour
            column += 1
    return rows


def test_sixels_are_the_picture_row_by_row() -> None:
    picture = Image.new("RGB", (40, 34), (255, 0, 0))
    picture.paste((0, 0, 255), (30, 0, 40, 34))
    picture.paste((0, 255, 0), (0, 17, 40, 34))
    rows = [read_sixels(each + b"\x1b\\") for each in sixel_rows(picture, 2).split(b"\x1b\\")[:-1]]
    assert [len(each) for each in rows] == [17, 17]
    assert rows[0] == [[(100, 0, 0)] * 30 + [(0, 0, 100)] * 10] * 17
    assert rows[1] == [[(0, 100, 0)] * 40] * 17


async def test_a_decoder_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "TIME_LIMIT", 0.05)
    endless = ChildPictures((sys.executable, "-S", "-c", "while True: pass"))
    assert await endless.scaled(url(b"x"), SIZE, PixelFormat.RGB, "#000000") is None
