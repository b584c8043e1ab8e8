"""Draws one message as rows of a given width: who speaks, the reasoning, the text in blocks, how it ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from textual.strip import Strip

from chat_tui.domain.message import Message, Role, Status
from chat_tui.domain.model import ModelRef
from chat_tui.ui import words
from chat_tui.ui.guard import cut
from chat_tui.ui.markdown import GrowingMarkdown, Lines, Painter, is_heading

Rows = list[Strip]
BLANK = Strip([])
FENCE_PIECE = 8
"""Lines of a running fence that are drawn once for all; the whole is drawn again when the fence is closed."""
OPEN_FENCE = re.compile(r"(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)\n")


@dataclass(slots=True)
class Scene:
    """What every turn of a conversation is drawn with."""

    painter: Painter
    width: int
    """Cells of the text's measure."""
    provider_name: Callable[[str], str]
    """A provider's display name by its key."""
    retry_key: str = "ctrl+r"


class Turn:
    """One message and its rows. A finished one is drawn once; a running one only where it grows."""

    def __init__(self, message: Message, *, siblings: tuple[int, int] = (1, 1)) -> None:
        self.message = message
        self.siblings = siblings
        """This one's place among its siblings, from 1, and how many there are."""
        self.state: tuple[str, bool] | None = None
        """While the answer runs: what it is doing, and whether that is a wait; None once it has ended."""
        self.unfolded = False
        """Whether finished reasoning is shown whole."""
        self._rows: Rows | None = None
        self._growing: _Growing | None = None

    @property
    def is_drawn(self) -> bool:
        """Whether the rows are there and will not change by themselves."""
        return self._rows is not None

    def forget(self) -> None:
        """Lets everything be drawn anew: the width, the theme or the message changed."""
        self._rows = None
        self._growing = None

    def estimate(self, scene: Scene) -> int:
        """About how many rows it takes, without drawing it: a scrollbar needs no more."""
        text = self.message.content
        wrapped = sum(1 + len(line) // scene.width for line in text.split("\n")) if len(text) < 100_000 else 0
        return 3 + (wrapped or len(text) // scene.width + text.count("\n"))

    def rows(self, scene: Scene) -> Rows:
        """The rows, a blank one last."""
        if self.state is not None:
            self._growing = self._growing or _Growing(scene, self.message)
            return [*self._head(scene), *self._growing.rows(), *self._foot(scene), BLANK]
        if self._rows is None:
            body = self._growing.finish() if self._growing else self._body(scene)
            self._growing = None
            self._rows = [*self._head(scene), *body, *self._foot(scene), BLANK]
        return self._rows

    # Parts

    def _head(self, scene: Scene) -> Rows:
        message, painter = self.message, scene.painter
        muted = painter.style(painter.palette.muted)
        if message.role is Role.USER:
            left = [Segment("You", painter.style(painter.palette.user, bold=True))]
        elif message.role is Role.ASSISTANT:
            name, provider = self._signature(scene)
            left = [
                Segment(name, painter.style(painter.palette.assistant, bold=True)),
                Segment(f" · {provider}" if provider else "", muted),
            ]
        else:
            left = [Segment(str(message.role), painter.style(painter.palette.muted, bold=True))]
        place, total = self.siblings
        right = f"‹ {place}/{total} ›" if total > 1 else words.clock(message.created)
        used = sum(segment.cell_length for segment in left)
        gap = scene.width - used - len(right)
        if right and gap > 0:
            left += [Segment(" " * gap, muted), Segment(right, muted)]
        return [Strip(left)]

    def _signature(self, scene: Scene) -> tuple[str, str]:
        try:
            ref = ModelRef.parse(self.message.model or "")
        except ValueError:
            return "Assistant", ""
        provider = cut(scene.provider_name(ref.provider), scene.width // 3)
        return cut(ref.id, max(8, scene.width - len(provider) - 12)), provider

    def _body(self, scene: Scene) -> Rows:
        message = self.message
        if message.role is not Role.ASSISTANT:
            return _strips(scene.painter.text(message.content.rstrip(), scene.width)) if message.content else []
        growing = _Growing(scene, message)
        growing.unfolded = self.unfolded
        return growing.finish()

    def _foot(self, scene: Scene) -> Rows:
        message, painter = self.message, scene.painter
        palette = painter.palette
        if message.role is not Role.ASSISTANT:
            return []
        rows: Rows = []
        for call in message.tool_calls:
            rows += self._tool_call(scene, call)
        if self.state is not None:
            text, waits = self.state
            colour = palette.warning if waits else palette.muted
            return [*rows, *_strips(painter.text(text, scene.width, painter.style(colour)))]
        if summary := words.summary(message):
            style = painter.style(palette.warning if message.status is Status.INTERRUPTED else palette.muted)
            if message.status is Status.INTERRUPTED and not message.error:
                summary += f" · {scene.retry_key} answers again"
            rows += [BLANK] if rows or not message.is_blank else []
            rows += _strips(painter.text(summary, scene.width, style))
        if message.error:
            rows += self._error(scene)
        return rows

    def _tool_call(self, scene: Scene, call: object) -> Rows:
        painter = scene.painter
        function = call.get("function") if isinstance(call, dict) else None
        name, arguments = (function.get("name"), function.get("arguments")) if isinstance(function, dict) else ("?", "")
        text = f"asks for the tool {name}({arguments})"
        return _strips(painter.text(text, scene.width, painter.style(painter.palette.warning)))

    def _error(self, scene: Scene) -> Rows:
        """What happened, what to do, and the server's own words below."""
        painter, error = scene.painter, self.message.error
        if error is None:
            return []
        palette, inner = painter.palette, scene.width - 2
        status = f" ({error.http_status})" if error.http_status else ""
        lines = painter.text(f"{error.message}{status}", inner, painter.style(palette.error, bold=True))
        if error.advice:
            lines += painter.text(error.advice, inner)
        lines += painter.text(f"{scene.retry_key} tries again", inner, painter.style(palette.muted))
        if error.detail and error.detail not in error.message:
            shown = cut(error.detail, 2 * inner)
            lines += painter.text(f"server: {shown}", inner, painter.style(palette.muted))
        if error.request_id:
            lines += painter.text(f"request {cut(error.request_id, inner - 8)}", inner, painter.style(palette.muted))
        rule = Segment("▎ ", painter.style(palette.error))
        return [Strip([rule, *line]) for line in lines]


class _Growing:
    """The body of an answer that is still coming: settled rows are kept, only the rest is drawn again."""

    def __init__(self, scene: Scene, message: Message) -> None:
        self.unfolded = False
        self._scene = scene
        self._message = message
        self._content = GrowingMarkdown(scene.painter.parser)
        self._settled: Rows = []
        self._last_block = ""
        self._fence: Rows = []
        self._fence_end = 0
        self._thought_rows: Rows = []
        self._thought_settled = 0

    def rows(self) -> Rows:
        """The rows as the message stands now."""
        message = self._message
        if not message.content:
            return self._thinking()
        blocks, rest = self._content.update(message.content)
        for block in blocks:
            self._settle(block)
        tail = self._tail(rest)
        gap = [BLANK] if tail and self._settled and not is_heading(self._last_block) else []
        return [*self._thought(), *self._settled, *gap, *self._with_cursor(tail)]

    def _tail(self, rest: str) -> Rows:
        """Draws what is not settled. Of a long fence, lines are settled as well, by the piece."""
        painter, width = self._scene.painter, self._scene.width
        opening = OPEN_FENCE.match(rest)
        if not opening or opening["mark"] in rest[opening.end() :]:
            self._fence, self._fence_end = [], 0
            return _strips(painter.markdown(rest, width)) if rest.strip() else []
        language = opening["info"].strip().partition(" ")[0]
        self._fence_end = self._fence_end or opening.end()
        while (piece := _piece(rest, self._fence_end)) is not None:
            self._fence += _strips(painter.code(piece, language, width, label=not self._fence))
            self._fence_end += len(piece) + 1
        growing = rest[self._fence_end :]
        return [*self._fence, *_strips(painter.code(growing, language, width, label=not self._fence))]

    def finish(self) -> Rows:
        """The rows of the whole message: nothing more comes."""
        message, scene = self._message, self._scene
        references = scene.painter.references(message.content)
        if references:
            # A definition may stand below the blocks that use it: those are drawn again.
            self._content = GrowingMarkdown(scene.painter.parser)
            self._settled, self._last_block = [], ""
        blocks, _ = self._content.update(message.content)
        for block in [*blocks, *self._content.finish()]:
            self._settle(block, references)
        return [*self._thought(), *self._settled]

    def _settle(self, block: str, references: dict[str, object] | None = None) -> None:
        rows = _strips(self._scene.painter.markdown(block, self._scene.width, references))
        if not rows:
            return
        if self._settled and not is_heading(self._last_block):
            self._settled.append(BLANK)
        self._settled += rows
        self._last_block = block

    def _with_cursor(self, rows: Rows) -> Rows:
        painter = self._scene.painter
        if not rows:
            return rows
        *before, last = rows
        segments = list(last)
        while segments and not segments[-1].text.strip():
            segments.pop()
        if segments:
            segments[-1] = Segment(segments[-1].text.rstrip(), segments[-1].style)
        return [*before, Strip([*segments, Segment("▌", painter.style(painter.palette.muted))])]

    def _thought(self) -> Rows:
        """Finished reasoning: one line, or all of it."""
        message, painter = self._message, self._scene.painter
        if not message.reasoning.strip():
            return []
        mark = "▾" if self.unfolded else "▸"
        style = painter.style(painter.palette.muted, italic=True)
        fold = Strip([Segment(f"{mark} {words.thought(message)}", style)])
        if not self.unfolded:
            return [fold]
        return [fold, *self._quote(message.reasoning.strip()), BLANK]

    def _thinking(self) -> Rows:
        """Reasoning while it comes: whole lines are drawn once."""
        reasoning = self._message.reasoning.lstrip("\n")
        if not reasoning.strip():
            return []
        end = reasoning.rfind("\n") + 1
        if end > self._thought_settled:
            self._thought_rows += self._quote(reasoning[self._thought_settled : end].rstrip("\n"))
            self._thought_settled = end
        return [*self._thought_rows, *self._with_cursor(self._quote(reasoning[end:]))]

    def _quote(self, text: str) -> Rows:
        painter = self._scene.painter
        rule = Segment("▏ ", painter.style(painter.palette.faint))
        style = painter.style(painter.palette.muted, italic=True)
        return [Strip([rule, *line]) for line in painter.text(text, self._scene.width - 2, style)]


def _piece(text: str, start: int) -> str | None:
    """The next FENCE_PIECE whole lines from `start`, without the last one's line break; None if there are fewer."""
    end = start - 1
    for _ in range(FENCE_PIECE):
        end = text.find("\n", end + 1)
        if end < 0:
            return None
    return text[start:end]


def _strips(lines: Lines) -> Rows:
    return [Strip(line).simplify() for line in lines]
