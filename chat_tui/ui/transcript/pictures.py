"""Rows of a picture: a line with its name, kind and size, and below it the picture, where one can be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.conversation.draft import Attachment
from chat_tui.domain.conversation.images import image_header
from chat_tui.ui.text.chips import file_size
from chat_tui.ui.text.sanitizer import cut
from chat_tui.ui.transcript.leaf import Kind, Leaf, Run, Spot, Spots, spots
from chat_tui.ui.transcript.rows import Part, SourceRows

Cells = tuple[int, int]
"""Columns and rows."""


class PictureSource(Protocol):
    """Draws pictures."""

    def size(self, url: str, width: int) -> Cells:
        """The cells that a picture takes; no rows where it isn't drawn.

        Args:
            url: of its data.
            width: cells that there are.
        """

    def row(self, url: str, size: Cells, index: int) -> Strip:
        """A row of a picture of that size; blank while it is not decoded."""


class PictureRows(SourceRows):
    """The name of a picture, and the picture. All of it stands for one leaf, the text of the first row."""

    __slots__ = ("_label", "_leaf", "_size", "_source", "_url")

    def __init__(self, leaf: Leaf, url: str, size: Cells, source: PictureSource | None) -> None:
        """Draws nothing yet.

        Args:
            leaf: the name.
            url: the picture's data.
            size: columns and rows of the picture; no rows where only its name is shown.
            source: draws it.
        """
        self._leaf = leaf
        self._url = url
        self._size = size
        self._source = source
        self._label = Strip(leaf.segments(0, len(leaf.text)))

    def __len__(self) -> int:
        return 1 + self._size[1]

    @property
    def leaves(self) -> Sequence[Leaf]:
        """The name."""
        return [self._leaf]

    def row(self, index: int) -> Strip:
        """One row; once the picture is decoded, another strip than before."""
        if index == 0 or self._source is None:
            return self._label
        return self._source.row(self._url, self._size, index - 1)

    def offset_at(self, index: int) -> int:
        """The beginning of the source, for all rows."""
        return 0

    def spots(self, index: int) -> Spots:
        """The characters of the name; in the picture, all of them."""
        text = self._leaf.text
        if index == 0:
            return spots(self._leaf, text, range(len(text)))
        return [Spot(self._leaf, 0, len(text))] * self._size[0]


def attached_picture(image: Attachment, at: int, width: int, style: Style, source: PictureSource | None) -> Part:
    """The part of an image that is beside the text of a message. It is copied as its name reads.

    Args:
        image: the image.
        at: where the text ends.
        width: cells.
        style: of its name.
        source: draws it; None where pictures are not drawn.
    """
    text = cut(picture_label(image), width)
    leaf = Leaf(Kind.SHOWN, text, [Run(0, 0, False, style)], 0, 0)
    return Part(at, at, _rows(leaf, image.url, width, source))


def embedded_picture(
    image: Attachment, begin: int, end: int, width: int, style: Style, source: PictureSource | None
) -> Part:
    """The part of an image in the text of an answer. It is copied as it was written.

    Args:
        image: the image.
        begin: where it begins in the text.
        end: where it ends.
        width: cells.
        style: of its name.
        source: draws it; None where pictures are not drawn.
    """
    leaf = Leaf(Kind.TEXT, cut(picture_label(image), width), [Run(0, 0, False, style)], 0, end - begin)
    return Part(begin, end, _rows(leaf, image.url, width, source), "paragraph_open")


def _rows(leaf: Leaf, url: str, width: int, source: PictureSource | None) -> PictureRows:
    return PictureRows(leaf, url, source.size(url, width) if source else (0, 0), source)


def picture_label(image: Attachment) -> str:
    """`▪ photo.png · png · 640×480 · 12 KB`; of an image elsewhere, that it is an address."""
    header = image_header(image.url)
    facts = [header.kind if header else "address"]
    if header and header.width:
        facts.append(f"{header.width}×{header.height}")
    if image.size:
        facts.append(file_size(image.size))
    return " · ".join((f"▪ {image.name}", *facts))


def half_blocks(pixels: bytes, columns: int) -> list[Strip]:
    """A picture of two pixels a cell, one above the other.

    Args:
        pixels: three bytes each, row by row; an even number of rows.
        columns: pixels of a row.
    """
    line, rows = columns * 3, []
    for top in range(0, len(pixels) - 2 * line + 1, 2 * line):
        segments: list[Segment] = []
        for at in range(top, top + line, 3):
            upper, lower = pixels[at : at + 3].hex(), pixels[at + line : at + line + 3].hex()
            segments.append(Segment("▀", Style(color=f"#{upper}", bgcolor=f"#{lower}")))
        rows.append(Strip(Segment.simplify(segments), columns))
    return rows
