"""Text that is wrapped as `wrapping` does: Chinese between its characters, but not before a full stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from chat_tui.ui.text.wrapping import wrap

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod, OverflowMethod
    from rich.containers import Lines

TAB = 4


class WrappedText(Text):
    """A text of Rich's, wrapped in our way."""

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = TAB,
        no_wrap: bool | None = None,
    ) -> Lines:
        """Cuts the text into rows; they are always at the left, and fold where nothing fits."""
        return wrap_text(self, width)


def wrap_text(text: Text, width: int) -> Lines:
    """Cuts a text into rows of at most `width` cells."""
    from rich.containers import Lines

    rows = Lines()
    for line in text.split(allow_blank=True):
        if "\t" in line.plain:
            line.expand_tabs(TAB)
        pieces = wrap(line.plain, width)
        for row, (begin, end) in zip(line.divide([begin for begin, _ in pieces[1:]]), pieces, strict=True):
            if spaces := len(row) - (end - begin):
                row.right_crop(spaces)
            rows.append(row)
    return rows
