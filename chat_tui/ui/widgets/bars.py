"""One-line bars: title, status, key hints; and the notice bar."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from chat_tui.domain.text.clean import clean
from chat_tui.ui.text.sanitizer import cut

_GAP = 3
"""Cells between two keys."""


class Bar(Widget):
    """A row with a text at its left and one at its right; the left one is cut if they do not fit."""

    DEFAULT_CSS = """
    Bar { height: 1; padding: 0 1; color: $muted; background: $background; }
    """

    left: reactive[str] = reactive("")
    right: reactive[str] = reactive("")
    is_warning: reactive[bool] = reactive(False)
    """Whether the right side is a warning."""
    strong: reactive[str] = reactive("")
    """Shown first at the left, in the accent."""
    state: reactive[str] = reactive("")
    """Shown instead of `left`, while there is one."""
    notice: reactive[str] = reactive("")
    """Shown instead of everything else, while there is one."""

    def render(self) -> Content:
        """Lays out both sides in the available width."""
        width = self.content_size.width
        if self.notice:
            return Content(cut(clean(self.notice, multiline=False), width))
        strong = cut(self.strong, max(1, width // 2)) if self.strong else ""
        room = width - cell_len(strong)
        right = whole_parts(self.right, max(12, room * 2 // 3, room - cell_len(self.left) - 2))
        text = self.state or self.left
        left = cut(text, max(1, room - cell_len(right) - 2)) if text else ""
        gap = max(1, width - cell_len(strong) - cell_len(left) - cell_len(right))
        return Content.assemble(
            (strong, "$accent bold"), left, " " * gap, (right, "$warning" if self.is_warning else "")
        )


def whole_parts(text: str, cells: int) -> str:
    """As many whole parts of `one · two · three` as fit."""
    text = clean(text, multiline=False)
    while cell_len(text) > cells and " · " in text:
        text = text.rpartition(" · ")[0]
    return cut(text, cells)


class NoticeBar(Widget):
    """A problem or warning, in as many rows as it takes; hidden while there is none."""

    DEFAULT_CSS = """
    NoticeBar { height: auto; max-height: 8; color: $warning; background: $background; display: none; }
    NoticeBar.-error { color: $error; text-style: bold; }
    """

    text: reactive[str] = reactive("", layout=True)

    def render(self) -> Content:
        """The text, clean."""
        return Content(clean(self.text))

    def show(self, text: str, *, is_error: bool = False) -> None:
        """Shows a text; an empty one hides the bar."""
        self.text = text
        self.display = bool(text)
        self.set_class(is_error, "-error")


class KeyBar(Widget):
    """The key hints, as many as fit: `enter send   ^l model   … f1`."""

    DEFAULT_CSS = "KeyBar { height: 1; padding: 0 1; color: $muted; background: $background; }"

    keys: reactive[tuple[tuple[str, str], ...]] = reactive(())
    """Key and word, the most useful first."""
    more: reactive[str] = reactive("")
    """The key that shows all keys: named where some do not fit."""

    def render(self) -> Content:
        """Lays out the keys that fit whole."""
        room = self.content_size.width
        fitting = _fitting(self.keys, room)
        if is_cut := len(fitting) < len(self.keys) and bool(self.more):
            fitting = _fitting(self.keys, room - cell_len(self.more) - 2 - _GAP)
        parts = [Content.assemble((key, "$foreground"), f" {word}") for key, word in fitting]
        if is_cut:
            parts.append(Content.assemble("… ", (self.more, "$foreground")))
        return Content(" " * _GAP).join(parts)


def _fitting(keys: Iterable[tuple[str, str]], cells: int) -> list[tuple[str, str]]:
    """The hints that fit into a row; one that is too long is skipped."""
    fitting: list[tuple[str, str]] = []
    used = -_GAP
    for key, word in keys:
        size = _GAP + cell_len(key) + 1 + cell_len(word)
        if used + size <= cells:
            fitting.append((key, word))
            used += size
    return fitting
