"""Lists as they are drawn: a bullet, the number with its dot, a box for a task."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token
from rich import markdown as rich_markdown
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)|\[([ xX])\](?=\n)")
_TASK_KEY = "task"
"""In the meta data of a list item that is a task: whether it is done."""


def mark_tasks(tokens: list[Token]) -> list[Token]:
    """Notes which items of lists are tasks (`- [ ] write`), and takes the mark out of their text."""
    for item, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open" or not inline.children:
            continue
        first = inline.children[0]
        found = _TASK.match(inline.content)
        if found and first.type == "text" and first.content.startswith(found[0].rstrip()):
            first.content = first.content[3:].lstrip()
            item.meta[_TASK_KEY] = "x" in found[0].lower()
    return tokens


class List(rich_markdown.ListElement):
    """A list, its items numbered as the source is: `1.` or `1)`."""

    mark = "."
    """What follows a number."""

    @classmethod
    def create(cls, markdown: rich_markdown.Markdown, token: Token) -> List:
        """The list that a token opens."""
        made = cls(token.type, int(token.attrs.get("start", 1)))
        made.mark = token.markup
        return made

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first = self.list_start or 0
        is_ordered = self.list_type != "bullet_list_open"
        width = len(str(first + len(self.items) - 1))
        for number, item in enumerate(self.items, first):
            assert isinstance(item, ListItem)
            style = console.get_style("markdown.item.number" if is_ordered else "markdown.item.bullet")
            marks = [Segment(f"{number}{self.mark} ".rjust(width + 2), style)] if is_ordered else []
            if item.is_done is not None:
                box = console.get_style("markdown.task.done" if item.is_done else "markdown.task")
                marks.append(Segment(f"{'' if marks else ' '}{'☑' if item.is_done else '☐'} ", box))
            yield from item.render(console, options, marks or [Segment(" • ", style)])


class ListItem(rich_markdown.ListItem):
    """An item of a list."""

    is_done: bool | None = None
    """Of a task: whether it is done."""

    @classmethod
    def create(cls, markdown: rich_markdown.Markdown, token: Token) -> ListItem:
        """The item that a token opens."""
        made = cls()
        made.is_done = token.meta.get(_TASK_KEY)
        return made

    def render(self, console: Console, options: ConsoleOptions, marks: Sequence[Segment]) -> RenderResult:
        """The item's lines, all beginning behind the marks of the first."""
        width = sum(cell_len(each.text) for each in marks)
        inner = options.update(width=options.max_width - width)
        before: Sequence[Segment] = marks
        for line in console.render_lines(self.elements, inner, style=self.style, pad=False):
            yield from before
            yield from line
            yield Segment.line()
            before = [Segment(" " * width)]
