"""ASCII in the place of lines and blocks, for screen readers and fonts that have none."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_HORIZONTAL, _VERTICAL = "─━┄┅┈┉╌╍═╴╶╸╺╼╾▔▁▂▃▄▀▅▆▇", "│┃┆┇┊┋╎╏║╵╷╹╻╽╿▌▍▎▏▋▊▉▐▕┠"
_TABLE = {code: "+" for code in range(0x2500, 0x2580)}
_TABLE |= dict.fromkeys(map(ord, _HORIZONTAL), "-") | dict.fromkeys(map(ord, _VERTICAL), "|")
_TABLE |= {ord("╱"): "/", ord("╲"): "\\", ord("╳"): "X", ord("█"): "#"}
_TABLE |= dict.fromkeys(range(0x2591, 0x2594), "#") | dict.fromkeys(range(0x2596, 0x25A0), "#")
_DRAWN = re.compile("[\u2500-\u259f]")


class AsciiLines(LineFilter):
    """Replaces each such character of drawn lines by one of the same width; what is copied keeps them."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Returns the segments without lines and blocks."""
        if not any(_DRAWN.search(each.text) for each in segments):
            return segments
        return [
            each if each.control else Segment(each.text.translate(_TABLE), each.style, each.control)
            for each in segments
        ]
