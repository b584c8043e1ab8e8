"""Prints Markdown as it is drawn in the app, block by block, to a terminal whose rows are never drawn again."""

from __future__ import annotations

from rich.color import ColorSystem
from rich.segment import Segment
from textual.color import Color

from chat_tui.domain.text.clean import Cleaner
from chat_tui.resources import themes_folder
from chat_tui.ui.theme.no_color import NoColor
from chat_tui.ui.theme.palette import load_palette
from chat_tui.ui.theme.terminal_colors import TerminalColors
from chat_tui.ui.transcript.body import DEAREST, IMAGE
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.markdown.splitter import MarkdownSplitter, is_heading, is_long_table

THEME = "sixteen"
"""The only theme that can be read on any background: it has the terminal's own colours."""


class MarkdownPrinter:
    """Takes the pieces of an answer; returns the rows of each block once no later text can change it."""

    def __init__(self, width: int, *, colours: bool, styles: bool = True) -> None:
        """Begins an answer.

        Args:
            width: cells of the widest row.
            colours: whether there are colours; where there are not, bold and dim stand for them.
            styles: whether there are styles at all.
        """
        folder = themes_folder()
        assert folder is not None  # it comes with the program
        palette = load_palette(folder / f"{THEME}.toml")
        self._painter = Painter(palette)
        self._splitter = MarkdownSplitter(self._painter.splitter)
        self._width = width
        self._filter = TerminalColors(palette, is_dark=False) if colours else NoColor(lambda: palette)
        self._background = Color.parse(palette.background)
        self._has_styles = styles
        self._cleaner = Cleaner()
        self._text = ""
        self._has_rows = False
        self._gap_is_due = False

    def feed(self, text: str) -> str:
        """Takes the next piece and returns what can be written."""
        text = self._cleaner.feed(text)
        self._text += text
        return self._blocks(is_whole=False) if "\n" in text else ""

    def flush(self) -> str:
        """Returns the rest."""
        self._text += self._cleaner.flush()
        return self._blocks(is_whole=True)

    def _blocks(self, *, is_whole: bool) -> str:
        written = ""
        while (block := self._splitter.take(self._text, is_whole=is_whole)) is not None:
            rows = self._rows(IMAGE.sub(r"[image: \g<name>]", block))
            if rows:
                gap = "\n" * (self._has_rows + (self._has_rows and self._gap_is_due))
                written += gap + "\n".join(rows)
                self._has_rows, self._gap_is_due = True, not is_heading(block)
        return written

    def _rows(self, block: str) -> list[str]:
        if len(block) > DEAREST or is_long_table(block):
            strips = self._painter.text(block.strip("\n"), self._width)
        else:
            strips = list(self._painter.markdown(block, self._width))
        return [self._row(self._filter.apply(list(strip), self._background)) for strip in strips]

    def _row(self, segments: list[Segment]) -> str:
        while segments and not segments[-1].text.strip():  # on the terminal's own background nobody sees them
            segments.pop()
        if segments:
            segments[-1] = Segment(segments[-1].text.rstrip(), segments[-1].style)
        return "".join(self._styled(each) for each in segments)

    def _styled(self, segment: Segment) -> str:
        if not self._has_styles or segment.style is None:
            return segment.text
        return segment.style.render(segment.text, color_system=ColorSystem.STANDARD)
