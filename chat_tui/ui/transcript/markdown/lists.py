"""The marks of list items: a bullet, a number, a task's box."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token
from rich.segment import Segment
from rich.style import Style

from chat_tui.ui.transcript.markdown.places import PLACE

_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)|\[([ xX])\](?=\n)")
_TASK_KEY = "task"
"""In the meta data of a list item that is a task: whether it is done."""


def mark_tasks(tokens: list[Token]) -> list[Token]:
    """Marks the items of lists that are tasks (`- [ ] write`), and removes the box from their text."""
    for item, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open" or not inline.children:
            continue
        first = inline.children[0]
        match = _TASK.match(inline.content)
        if match and first.type == "text" and first.content.startswith(match[0].rstrip()):
            text = first.content[3:].lstrip()
            first.meta[PLACE] += len(first.content) - len(text)
            first.content = text
            item.meta[_TASK_KEY] = "x" in match[0].lower()
    return tokens


class ListMarks:
    """The marks of one list, its items numbered as the source is: `1.` or `1)`."""

    def __init__(self, token: Token, items: int) -> None:
        """Makes the marks of a list.

        Args:
            token: opens the list.
            items: how many there are in it.
        """
        self._is_ordered = token.type == "ordered_list_open"
        self._number = int(token.attrs.get("start", 1))
        self._sign = token.markup
        self._width = len(str(self._number + items - 1))

    def next(self, item: Token, styles: dict[str, Style], base: Style) -> Sequence[Segment]:
        """The mark of the next item."""
        marks: list[Segment] = []
        if self._is_ordered:
            text = f"{self._number}{self._sign} ".rjust(self._width + 2)
            marks.append(Segment(text, base + styles["number"]))
            self._number += 1
        is_done = item.meta.get(_TASK_KEY)
        if is_done is not None:
            style = base + styles["done" if is_done else "task"]
            marks.append(Segment(f"{'' if marks else ' '}{'☑' if is_done else '☐'} ", style))
        return marks or [Segment(" • ", base + styles["bullet"])]
