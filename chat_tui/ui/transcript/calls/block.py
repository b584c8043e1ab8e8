"""Draws a tool call as a block: the tool and its state, the arguments, the result; folded to some lines or whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from chat_tui.domain.conversation.draft import images_of
from chat_tui.domain.conversation.message import Message, ToolRun, ToolState, tool_call_text
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr, trn
from chat_tui.ui.text.chips import file_size
from chat_tui.ui.text.sanitizer import cut
from chat_tui.ui.transcript.body import PLAIN, Body, reasoning_begins
from chat_tui.ui.transcript.calls.result import is_markdown, json_part, table_part
from chat_tui.ui.transcript.calls.source import CallSource, arguments_of, tool_of
from chat_tui.ui.transcript.leaf import Kind, Leaf, Run
from chat_tui.ui.transcript.lines import LaidOutRows, TextLine
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.pictures import PictureSource, attached_picture
from chat_tui.ui.transcript.plain import PlainRows, TextStyle
from chat_tui.ui.transcript.rows import BLANK, NOWHERE, Part

FOLDED_ROWS = 3
"""Rows of arguments, or of why a call failed, that are shown of a folded call."""
MOST_SHOWN = 400
"""Characters of its result's first line."""
_OPENING = ("{", "[", "[{")
"""Lines that say nothing of the JSON below them."""
INDENT = 2
"""Cells before what is below the head."""


class _NotedLine(TextLine):
    """All of a leaf, and behind it what is said about it."""

    __slots__ = ("_note",)

    def __init__(self, leaf: Leaf, indent: Segment, note: Segment) -> None:
        super().__init__((indent,), leaf, 0, len(leaf.text))
        self._note = note

    def segments(self) -> list[Segment]:
        """The text, and the note."""
        return [*super().segments(), self._note]


@dataclass(slots=True)
class CallBlock:
    """A call that is drawn; a long result in Markdown in several turns (`is_behind`)."""

    message: Message
    """Of role tool: the result, or where it will be."""
    painter: Painter
    width: int
    calls: CallSource
    pictures: PictureSource | None
    key: Callable[[str], str]
    """The key of a command as it is bound now."""
    is_behind: bool = False
    """Whether `parts` has to be called again for all of it."""
    _body: Body | None = None

    @property
    def edge(self) -> Segment:
        """What is drawn in the margin beside it."""
        palette, run = self.painter.palette, self.message.tool_run
        colour = palette.faint
        if run is not None and run.state is ToolState.FAILED:
            colour = palette.error
        elif run is not None and not run.has_ended:
            colour = palette.warning
        return Segment("▎", self.painter.style(colour))

    def head(self, *, unfolded: bool) -> Strip:
        """The tool, its server, and what became of the call."""
        painter, palette = self.painter, self.painter.palette
        muted = painter.style(palette.muted)
        name, server = tool_of(self.message, self.calls)
        state, colour = self._state()
        mark = ("▾ " if unfolded else "▸ ") if self.can_fold else "  "
        room = max(8, self.width - len(mark) - cell_len(state) - 2)
        name = cut(name, room)
        left_over = room - cell_len(name) - 3
        server = cut(server, left_over) if left_over > 4 else ""
        left = [Segment(mark, muted), Segment(name, painter.style(palette.text, bold=True))]
        left.append(Segment(f" · {server}" if server else "", muted))
        gap = self.width - sum(each.cell_length for each in left) - cell_len(state)
        return Strip([*left, Segment(" " * max(2, gap), muted), Segment(state, painter.style(colour))])

    @property
    def can_fold(self) -> bool:
        """Whether there is more than a folded call shows."""
        return bool(self._arguments) or bool(self.message.content.strip())

    @property
    def _arguments(self) -> str:
        text = arguments_of(self.message, self.calls)
        return "" if text == "{}" else text

    def _state(self) -> tuple[str, str]:
        """What became of the call, in words, and the colour of that."""
        palette, run = self.painter.palette, self.message.tool_run
        if run is None:
            return "", palette.muted
        activity = self.calls.activity(self.message)
        facts = [f"{run.seconds:.1f} s"] if run.seconds is not None else []
        facts += [file_size(run.size)] if run.size else []
        match run.state:
            case ToolState.WAITING:
                return (
                    tr("waiting for approval")
                    if activity.asks
                    else tr("waiting")
                    if activity.is_active
                    else tr("not run")
                ), (palette.warning)
            case ToolState.RUNNING:
                return (tr("running") if activity.is_active else tr("interrupted while it ran")), palette.warning
            case ToolState.FAILED:
                return " · ".join((tr("failed"), *facts)), palette.error
            case ToolState.REFUSED:
                return tr("refused"), palette.muted
            case _:
                return " · ".join((tr("done"), *facts)), palette.muted

    def parts(self, *, unfolded: bool) -> list[Part]:
        """The rows below the head."""
        run = self.message.tool_run
        parts = self._argument_parts(unfolded=unfolded)
        if run is not None and run.arguments is not None and not run.has_ended:
            changed = json.dumps(run.arguments, ensure_ascii=False)
            parts.append(
                self._note(
                    tr("changed by you to {arguments}", arguments=cut(clean(changed, multiline=False), 4 * self.width))
                )
            )
        if progress := self.calls.activity(self.message).progress:
            parts.append(self._note(cut(clean(progress, multiline=False), self.width - INDENT)))
        parts += self._result_parts(run, unfolded=unfolded)
        muted = self.painter.style(self.painter.palette.muted)
        at = len(self.message.content)
        parts += [attached_picture(each, at, self.width, muted, self.pictures) for each in images_of(self.message)]
        if run is not None and run.file:
            parts.append(self._note(tr("whole result: {file}", file=clean(run.file, multiline=False))))
        return parts

    def foot(self) -> list[Strip]:
        """What to do about a call that was left open, or failed."""
        run, advice = self.message.tool_run, ""
        if self.calls.can_take_up(self.message):
            advice = tr("{select}, {key} continue", select=self.key("select_messages"), key=self.key("continue_answer"))
        elif run is not None and run.state is ToolState.FAILED:
            advice = tr("sent to the model · {key} tools", key=self.key("tools"))
        return list(self._note(advice).rows) if advice else []

    def _argument_parts(self, *, unfolded: bool) -> list[Part]:
        text, begin = self._arguments, reasoning_begins(self.message)
        if not text:
            return []
        if unfolded:
            return [json_part(text, begin, self.painter, self.width) or self._plain(text, begin)]
        if "\n" not in text and len(text) <= FOLDED_ROWS * (self.width - INDENT):
            return [self._plain(text, begin)]
        return [self._first_line(text, begin, self.width - INDENT)]

    def _result_parts(self, run: ToolRun | None, *, unfolded: bool) -> list[Part]:
        self.is_behind = False
        content = clean(self.message.content)
        text = content.rstrip()
        if not text:
            is_empty = run is not None and run.state is ToolState.DONE and not images_of(self.message)
            return [self._note(tr("no output"))] if is_empty else []
        failed = run is not None and run.state is ToolState.FAILED
        if failed and (unfolded or (text.count("\n") < FOLDED_ROWS and len(text) < FOLDED_ROWS * self.width)):
            return [self._plain(text, 0, self.painter.palette.error)]
        if not unfolded:
            if "\n" not in text and len(text) <= self.width - INDENT:
                return [self._plain(text, 0)]
            return [self._first_line(text, 0, self.width - INDENT, self.painter.palette.error if failed else "")]
        gap = [Part(NOWHERE, NOWHERE, [BLANK])] if self._arguments else []
        if part := table_part(text, self.painter, self.width) or json_part(text, 0, self.painter, self.width, number=1):
            return [*gap, part]
        if not is_markdown(text):
            return [*gap, self._plain(text, 0)]
        body = self._body = self._body or Body(self.painter, self.width, self.message, self.pictures)
        parts = body.finish()
        self.is_behind = body.is_behind
        return [*gap, *parts]

    # Rows

    def _plain(self, text: str, begin: int, colour: str = "") -> Part:
        style = self.painter.style(colour) if colour else self.painter.base
        rows = PlainRows(text, self.width, TextStyle(style, Segment(" " * INDENT, style)))
        return Part(begin, begin + len(text), rows, PLAIN)

    def _first_line(self, text: str, begin: int, room: int, colour: str = "") -> Part:
        """The first line of a long text, and how much more there is."""
        opening = text.partition("\n")[0]
        first = " ".join((text if opening.strip() in _OPENING else opening)[:MOST_SHOWN].split())
        lines = text.count("\n")
        more = trn(" … {n:,} more line", " … {n:,} more lines", lines) if lines else ""
        more = more or tr(" … {n:,} characters", n=len(text))
        more += tr(" · {key} expand", key=self.key("unfold"))
        shown = cut(first, max(8, room - cell_len(more)))
        style = self.painter.style(colour) if colour else self.painter.base
        muted = self.painter.style(self.painter.palette.muted)
        leaf = Leaf(Kind.SHOWN, shown, [Run(0, 0, False, style)], 0, len(text))
        line = _NotedLine(leaf, Segment(" " * INDENT, style), Segment(more, muted))
        return Part(begin, begin + len(text), LaidOutRows([line], [leaf], self.width), "paragraph_open")

    def _note(self, text: str) -> Part:
        muted = self.painter.style(self.painter.palette.muted)
        indent = Segment(" " * INDENT, muted)
        rows = self.painter.text(text, max(8, self.width - INDENT), muted)
        return Part(NOWHERE, NOWHERE, [Strip([indent, *row]) for row in rows])


def call_rows(
    message: Message, painter: Painter, width: int, calls: CallSource, key: Callable[[str], str]
) -> list[Strip]:
    """The calls of an answer that have no blocks of their own, and the keys that take them up."""
    if not message.tool_calls or calls.has_results(message):
        return []
    named = [
        tr("tool call: {name}({arguments})", name=name, arguments=arguments)
        for name, arguments in map(tool_call_text, message.tool_calls)
    ]
    style, muted = painter.style(painter.palette.warning), painter.style(painter.palette.muted)
    rows = [row for each in named for row in painter.text(each, width, style)]
    if calls.can_take_up(message):
        rows += painter.text(
            tr("not run · {select}, {key} continue", select=key("select_messages"), key=key("continue_answer")),
            width,
            muted,
        )
    return rows
