"""Chips: tokens in the prompt that stand for a folded paste, a file or an image, and are deleted as a whole.

In the text a chip is a token of its own: a character that says which chip it is, its label, a character that ends it.
These are of Unicode's last private range, which `plain` keeps out of everything that is typed or pasted, so that no
text can forge one; they are drawn as blanks. The TextArea thus wraps and measures a chip like any other text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from chat_tui.domain.conversation.draft import Attachment, Draft, InputPiece, Paste
from chat_tui.i18n import tr
from chat_tui.ui.text.sanitizer import cut

_FIRST, _GLUE, _END = "\U0010ff00", "\U0010fffc", "\U0010fffd"
"""The first chip's character; the blank that no line breaks at; the end."""
MOST = ord(_GLUE) - ord(_FIRST)
"""Chips of one prompt."""
_OURS = re.compile(f"[{_FIRST}-{_END}]")
TOKEN = re.compile(f"[{_FIRST}-{chr(ord(_GLUE) - 1)}][^{_FIRST}-{chr(ord(_GLUE) - 1)}{_END}\n]*{_END}")
LABEL = 44
"""Cells of a label at most."""


def plain(text: str) -> str:
    """A text without tokens: private characters are replaced."""
    return _OURS.sub("\ufffd", text)


def shown(line: str) -> str:
    """A line as it is drawn: of the same length, private characters as blanks."""
    return _OURS.sub(" ", line)


def label(chip: Paste | Attachment, unfold: str = "") -> str:
    """What a chip says: `10,000 pasted lines · alt+u expand`, `report.md 12 KB`.

    Args:
        chip: what it stands for.
        unfold: the key that expands a paste; empty where there is none.
    """
    if isinstance(chip, Paste):
        lines = chip.text.count("\n") + (not chip.text.endswith("\n"))
        much = tr("{n:,} pasted characters", n=len(chip.text))
        if lines > 1:
            much = tr("{n:,} pasted lines", n=lines)
        return " · ".join((much, tr("{key} expand", key=unfold))) if unfold else much
    name = cut(chip.name.removeprefix("https://"), LABEL - 18)
    note = f" · {chip.note}" if chip.note else ""
    return f"{name} {tr('image') + ' ' if chip.url else ''}{file_size(chip.size)}{note}"


def file_size(size: int) -> str:
    """A file's size: `812 B`, `12 KB`, `3.4 MB`."""
    if size < 1_000:
        return f"{size} B"
    return f"{size / 1000:.0f} KB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


class Chips:
    """The chips of one prompt, also deleted ones, which undo can restore."""

    def __init__(self, unfold: Callable[[], str]) -> None:
        """Starts empty.

        Args:
            unfold: the key that expands a paste, as it is bound now.
        """
        self._unfold = unfold
        self._chips: dict[str, Paste | Attachment] = {}

    def token(self, chip: Paste | Attachment) -> str | None:
        """Adds a chip and returns its token; None if there are too many."""
        if len(self._chips) >= MOST:
            return None
        mark = chr(ord(_FIRST) + len(self._chips))
        self._chips[mark] = chip
        return mark + plain(label(chip, self._unfold())).replace(" ", _GLUE) + _END

    def attached(self, path: str) -> Attachment | None:
        """The attachment of this path, as it was read before."""
        chips = reversed(self._chips.values())
        return next((each for each in chips if isinstance(each, Attachment) and each.path == path), None)

    def at(self, line: str, column: int) -> tuple[int, int, Paste | Attachment] | None:
        """The chip at or next to a column: its first column, its end, and the chip."""
        for match in TOKEN.finditer(line) if _END in line else ():
            if match.start() <= column <= match.end():
                return match.start(), match.end(), self._chips[match[0][0]]
        return None

    def draft(self, text: str) -> Draft:
        """The draft of a text with tokens."""
        if _END not in text:
            return Draft.of(text)
        pieces: list[InputPiece] = []
        at = 0
        for match in TOKEN.finditer(text):
            pieces += [text[at : match.start()], self._chips[match[0][0]]]
            at = match.end()
        return Draft(tuple(each for each in [*pieces, text[at:]] if each))

    def text(self, draft: Draft) -> str:
        """The text of a draft, with tokens for its chips."""
        return "".join(
            plain(each) if isinstance(each, str) else self.token(each) or plain(Draft((each,)).stored)
            for each in draft.pieces
        )

    def clear(self) -> None:
        """Forgets all."""
        self._chips.clear()
