"""How each row of a conversation looks in its view: the turn's own row, in a margin, with what is marked in it.

Finished turns are drawn once for a width and kept; each row is one strip for as long as it looks the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chat_tui.domain.conversation.message import Message

if TYPE_CHECKING:
    from chat_tui.domain.models.cost import Cost
    from chat_tui.ui.transcript.layout import Stack
    from chat_tui.ui.transcript.markdown.document import Painter
    from chat_tui.ui.transcript.turn import RenderContext
    from chat_tui.ui.view.row_cache import RowCache

MEASURE = 100
"""Cells of the widest line of text."""


class DrawnTurns(ScrollView, can_focus=False):
    """Draws a stack of turns from the row that it is scrolled to."""

    DEFAULT_CSS = """
    DrawnTurns {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        background: $background;
    }
    """

    def __init__(
        self,
        painter: Callable[[], Painter],
        provider_name: Callable[[str], str],
        cost: Callable[[Message], Cost | None],
        key: Callable[[str], str],
        empty: Callable[[], list[list[Segment]]],
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Makes an empty view.

        Args:
            painter: gives what draws text in the theme's colours; asked when there is text.
            provider_name: a provider's display name by its key.
            cost: what an answer cost, in USD; None where that is not known.
            key: the key of a command as it is bound now.
            empty: the rows to show where there is no turn yet.
            id: the widget's id.
        """
        super().__init__(id=id)
        self._painter = painter
        self._provider_name = provider_name
        self._cost = cost
        self._key = key
        self._empty = empty
        self._empty_strips: list[Strip] | None = None
        self._empty_width = -1
        """For which width they were made."""
        self._ground_style: Style | None = None
        self._placed_rows: RowCache | None = None
        """The rows in view, as wide as it is, for one look."""
        self._placed_look: tuple[int, int, Style] | None = None
        self._stack: Stack | None = None
        """The turns; None while there are none: see `turns_view.stack_of`."""
        self._code_shift: int | None = None
        """The first cell that is seen of lines of code; None where they are wrapped."""
        self._marked: int | None = None
        """The turn with a mark beside it."""
        self._sought = ""
        """Words that are marked wherever they are drawn."""
        self._found: tuple[int, int] | None = None
        """The turn, and its row, with the match that the reader is at."""

    @property
    def messages(self) -> list[Message]:
        """What is shown, the running answer included."""
        return [turn.message for turn in self._stack.turns] if self._stack else []

    def refresh_empty(self) -> None:
        """What an empty thread shows has changed."""
        self._empty_strips = None
        if not self._stack:
            self.refresh()

    @property
    def _width(self) -> int:
        return max(16, min(MEASURE, self.scrollable_content_region.width - 4))

    @property
    def _margin(self) -> int:
        return max(2, (self.scrollable_content_region.width - self._width) // 2)

    @property
    def _scene(self) -> RenderContext:
        from chat_tui.ui.transcript.turn import RenderContext

        compact, painter = self.app.has_class("-compact"), self._painter()
        painter.code_styles.shift = self._code_shift
        return RenderContext(painter, self._width, self._provider_name, self._cost, self._key, compact)

    # Rows

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draws rows of the view without what the framework puts around a widget's: this one has nothing of it.

        A row that was drawn before is the very strip that it was, and a strip remembers how it was filtered, cut and
        written: a third of what a frame costs while an answer grows, and two thirds of what scrolling does.
        """
        _, background = self.background_colors
        strips = self._rows(crop)
        for each in self.get_line_filters():
            strips = [strip.apply_filter(each, background) for strip in strips]
        return [strip.crop(*crop.column_span) for strip in strips]

    def render_line(self, y: int) -> Strip:
        """Draws one row of the view."""
        return self._rows(Region(0, y, self.size.width, 1))[0]

    def _rows(self, crop: Region) -> list[Strip]:
        if (stack := self._stack) is None:
            return [self._empty_row(y) for y in crop.line_range]
        top, placed = self.scroll_offset.y, self._placed
        return [self.draw_row(placed, *stack.at(top + y)) for y in crop.line_range]

    def draw_row(self, placed: RowCache, index: int, row: int) -> Strip:
        """Draws one row of a turn as wide as the view."""
        assert self._stack is not None
        turn = self._stack.turns[index]
        rows = turn.drawn or turn.rows(self._scene)
        if not 0 <= row < len(rows):
            return placed.blank
        strip = rows[row]
        if self._sought:
            from chat_tui.ui.transcript.search import marked

            palette = self._painter().palette
            ground = palette.warning if (index, row) == self._found else palette.accent
            strip = marked(list(strip), self._sought, Style(color=palette.background, bgcolor=ground))
        is_chosen = index in (self._marked, self._found and self._found[0])
        is_marked = is_chosen and (row < len(rows) - 1 or strip.cell_length > 0)
        return placed.get(strip, self._mark() if is_marked else None)

    def _mark(self) -> Segment:
        painter = self._painter()
        return Segment("▌", painter.style(painter.palette.accent))

    @property
    def _placed(self) -> RowCache:
        look = self._margin, self.size.width, self._ground
        if self._placed_rows is None or look != self._placed_look:
            from chat_tui.ui.view.row_cache import RowCache

            self._placed_look, self._placed_rows = look, RowCache(*look)
        return self._placed_rows

    @property
    def _ground(self) -> Style:
        """The widget's own style; asked for in every row, and dear to work out."""
        if self._ground_style is None:
            self._ground_style = self.rich_style
        return self._ground_style

    def notify_style_update(self) -> None:
        """Forgets the style that has changed."""
        super().notify_style_update()
        self._ground_style = None

    def _empty_row(self, y: int) -> Strip:
        if self._empty_strips is None:
            self._empty_strips, self._empty_width = [Strip(row) for row in self._empty()], self._width
        top = max(0, (self.size.height - len(self._empty_strips)) // 2)
        if not top <= y < top + len(self._empty_strips):
            return Strip.blank(self.size.width, self._ground)
        strip = self._empty_strips[y - top]
        left = max(0, (self.size.width - strip.cell_length) // 2)
        return Strip([Segment(" " * left, self._ground), *strip]).crop_extend(0, self.size.width, self._ground)
