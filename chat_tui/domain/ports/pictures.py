"""Port of the pictures in threads: decoded and scaled for a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class PixelFormat(StrEnum):
    """How a scaled picture is given."""

    RGB = "rgb"
    """Three bytes a pixel, row by row, over the background."""
    PNG = "png"
    """A PNG, transparent where the picture is."""
    SIXEL = "sixel"
    """A sequence of sixels for each row of cells, over the background."""


@dataclass(frozen=True, slots=True)
class PixelSize:
    """Width and height of a scaled picture."""

    width: int
    height: int


class Pictures(Protocol):
    """Decodes pictures."""

    def is_installed(self) -> bool:
        """Whether there is what decodes them."""
        ...

    async def scaled(self, url: str, size: PixelSize, to: PixelFormat, background: str, rows: int = 1) -> bytes | None:
        """Decodes and scales the picture in a data URL.

        Args:
            url: PNG, JPEG, GIF (its first frame) or WebP in base64.
            size: what it is scaled to; it fills all of it.
            to: the format.
            background: `#rrggbb`, for the transparent parts.
            rows: of cells; they divide the height. Only sixels are made for each of its own.

        Returns:
            None where it is damaged, too large, takes too long, or nothing here can decode it.
        """
        ...
