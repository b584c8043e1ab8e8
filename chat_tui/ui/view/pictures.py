"""Decodes the pictures that are seen, and draws them as the terminal can: kitty's graphics, sixels or half blocks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.conversation.images import image_header
from chat_tui.i18n import tr
from chat_tui.ui.terminal.graphics import Graphics

if TYPE_CHECKING:
    from chat_tui.domain.ports.pictures import Pictures
    from chat_tui.ui.terminal.sixel import SixelRows
    from chat_tui.ui.transcript.pictures import Cells

MOST_ROWS = 12
MOST_PIXELS = 50_000_000
"""Of a picture that is decoded."""
KEPT = 32
"""Pictures that are kept drawn, at the least."""
SMALL = 96
"""Pixels of the longer side up to which a picture is enlarged."""
_BLANK = Strip([])
_Key: TypeAlias = "tuple[str, Cells, str]"
"""Data, size and background of a drawn picture."""


class DrawnPictures:
    """Implements `PictureSource`: a picture is decoded when one of its rows is first seen."""

    def __init__(
        self,
        pictures: Pictures,
        *,
        ask: Callable[[], Awaitable[Graphics]],
        background: Callable[[], str | None],
        height: Callable[[], int],
        write: Callable[[str], None],
        sixels: Callable[[], SixelRows],
        run: Callable[[Callable[[], Coroutine[Any, Any, None]]], object],
        on_drawn: Callable[[], object],
    ) -> None:
        """Decodes nothing yet, and asks the terminal nothing.

        Args:
            pictures: decodes.
            ask: asks the terminal what it can draw; called before the first picture is decoded.
            background: the ground of the text, `#rrggbb`; None where there are too few colours for pictures.
            height: the rows of the view.
            write: writes a sequence to the terminal.
            sixels: where rows of sixels are put, so that they are sent.
            run: runs a coroutine function beside the others of its kind.
            on_drawn: is called when rows of a picture have changed.
        """
        self._pictures = pictures
        self._ask = ask
        self._background = background
        self._height = height
        self._write = write
        self._sixels = sixels
        self._run = run
        self._on_drawn = on_drawn
        self._graphics: Graphics | None = None
        self._one = asyncio.Lock()
        """Held while one is decoded: those that wait may not be wanted any more."""
        self._rows: dict[_Key, list[Strip]] = {}
        """The rows of drawn pictures, the oldest first; none of those that are being decoded, or can't be."""
        self._numbers: dict[_Key, int] = {}
        """What the terminal knows them by, of those that were sent to it."""
        self._next = int.from_bytes(os.urandom(3), "big") >> 1 | 1  # other programs of the terminal number theirs, too

    def size(self, url: str, width: int) -> Cells:
        """See `PictureSource.size`."""
        if self._background() is None or not self._pictures.is_installed():
            return 0, 0
        header = image_header(url)
        if header is None or not 0 < header.width * header.height <= MOST_PIXELS:
            return 0, 0
        cell_width, cell_height = (self._graphics or Graphics()).cell
        rows = max(3, min(MOST_ROWS, self._height() // 2))
        enlarged = max(1.0, SMALL / max(header.width, header.height))
        zoom = min(width * cell_width / header.width, rows * cell_height / header.height, enlarged)
        columns = round(header.width * zoom / cell_width)
        return max(1, min(columns, width)), max(1, min(round(header.height * zoom / cell_height), rows))

    def row(self, url: str, size: Cells, index: int) -> Strip:
        """See `PictureSource.row`."""
        background = self._background()
        if background is None:  # the theme has changed since it was laid out
            return _BLANK
        key = url, size, background
        if key not in self._rows:
            self._keep(key, [])
            self._run(partial(self._draw, key))
        rows = self._rows[key]
        return rows[index] if index < len(rows) else _BLANK

    def use(self, graphics: Graphics) -> None:
        """Draws all pictures again, with what the terminal can do; it has forgotten what it was sent."""
        self._graphics = graphics
        self._rows.clear()
        self._numbers.clear()
        self._sixels().clear()
        self._on_drawn()

    def close(self) -> None:
        """Frees the terminal of all pictures."""
        for key in list(self._numbers):
            self._free(key)

    async def _draw(self, key: _Key) -> None:
        from chat_tui.ui.transcript.pictures import half_blocks

        if self._graphics is None:
            self._graphics = await self._ask()
        graphics, (_, (columns, _), background) = self._graphics, key
        async with self._one:
            if background != self._background():  # the theme was changed meanwhile
                self._rows.pop(key, None)
            if key not in self._rows:
                return
            data = await self._decoded(key, graphics)
        if key not in self._rows or graphics != self._graphics:  # it is not wanted any more
            return
        if data is None:
            self._rows[key] = [Strip([Segment(tr("could not be decoded"), Style(dim=True))])]
        elif graphics.draws_placeholders:
            self._rows[key] = self._send(key, data)
        elif graphics.draws_sixels:
            ground = Style(bgcolor=background)
            self._rows[key] = [Strip([Segment(text, ground)], columns) for text in self._sixels().add(columns, data)]
        else:
            self._rows[key] = half_blocks(data, columns)
        self._on_drawn()

    async def _decoded(self, key: _Key, graphics: Graphics) -> bytes | None:
        from chat_tui.domain.ports.pictures import PixelFormat, PixelSize

        url, (columns, rows), background = key
        size = PixelSize(columns * graphics.cell[0], rows * graphics.cell[1])
        if graphics.draws_placeholders:
            return await self._pictures.scaled(url, size, PixelFormat.PNG, background)
        if graphics.draws_sixels:
            return await self._pictures.scaled(url, size, PixelFormat.SIXEL, background, rows)
        return await self._pictures.scaled(url, PixelSize(columns, 2 * rows), PixelFormat.RGB, background)

    def _send(self, key: _Key, png: bytes) -> list[Strip]:
        from chat_tui.ui.terminal.kitty import placeholders, transmission

        assert self._graphics is not None
        number = self._numbers[key] = self._next
        self._next += 1
        columns, rows = key[1]
        for sequence in transmission(self._graphics, number, png, columns, rows):
            self._write(sequence)
        style = Style(color=Color.from_rgb(number >> 16, number >> 8 & 0xFF, number & 0xFF), bgcolor=key[2])
        return [Strip([Segment(placeholders(row, columns), style)], columns) for row in range(rows)]

    def _keep(self, key: _Key, rows: list[Strip]) -> None:
        self._rows[key] = rows
        if len(self._rows) > max(KEPT, self._height()):
            oldest = next(iter(self._rows))
            del self._rows[oldest]
            if oldest in self._numbers:
                self._free(oldest)

    def _free(self, key: _Key) -> None:
        from chat_tui.ui.terminal.kitty import removal

        self._write(removal(self._graphics or Graphics(), self._numbers.pop(key)))
