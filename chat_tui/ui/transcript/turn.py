"""Draws one message as rows: name and model, reasoning, text, usage or error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.conversation.draft import Attachment, images_of
from chat_tui.domain.conversation.message import Message, Role, Status, can_continue
from chat_tui.domain.errors import ErrorKind
from chat_tui.domain.models.cost import Cost
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr, trn
from chat_tui.ui.commands.table import key_of
from chat_tui.ui.text import wording
from chat_tui.ui.text.links import SAFE_LINK
from chat_tui.ui.text.sanitizer import cut
from chat_tui.ui.transcript import user_turn
from chat_tui.ui.transcript.body import PLAIN, Body
from chat_tui.ui.transcript.calls.block import CallBlock, call_rows
from chat_tui.ui.transcript.calls.source import CallSource, NoCalls, arguments_of
from chat_tui.ui.transcript.diagrams import DiagramSource, with_diagrams
from chat_tui.ui.transcript.json_answer import json_depth, problem_rows
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.markdown.headings import headings
from chat_tui.ui.transcript.pictures import PictureSource, attached_picture
from chat_tui.ui.transcript.plain import PlainRows, TextStyle
from chat_tui.ui.transcript.rows import BLANK, NOWHERE, Part, StackedRows

MOST_WRAPPED = 20_000
"""Characters of an unfolded prompt that are wrapped at words; a longer one is drawn where it is seen."""
MOST_QUEUED = 5
"""Queued prompts that are shown."""
QUEUED_LINES = 3
"""Lines of each."""
ROWS_OF_PICTURE = 13
"""Of a picture that has not been drawn yet."""
MOST_SOURCES = 12
"""Sources that are listed under an answer; all are in the thread file."""


@dataclass(slots=True)
class RenderContext:
    """What all turns of a conversation are drawn with."""

    painter: Painter
    width: int
    """Cells of the text's measure."""
    provider_name: Callable[[str], str]
    """A provider's display name by its key."""
    cost: Callable[[Message], Cost | None] = lambda message: None
    """The cost of an answer; None if it is not known."""
    alternative: Callable[[Message], str] = lambda message: ""
    """The name of the model that an answer which failed can be regenerated with; empty for none."""
    key: Callable[[str], str] = lambda command: key_of(command, {})
    """The key of a command as it is bound now."""
    model_colour: Callable[[str], int] = lambda model: 0
    """Which of the theme's colours a model's name has."""
    pictures: PictureSource | None = None
    """Draws pictures; None where only their names are shown."""
    diagrams: DiagramSource | None = None
    """Draws diagrams; None where they are shown as source."""
    schema_problems: Callable[[Message], tuple[str, ...]] = lambda message: ()
    """What is wrong with an answer by the schema that it was requested with, as far as it is known."""
    calls: CallSource = NoCalls()
    """Knows the calls of tools."""
    is_column: bool = False
    """Whether the name and the figures of an answer stand elsewhere."""
    is_blind: Callable[[Message], bool] = lambda message: False
    """Whether nothing may say whose an answer is."""
    compact: bool = False
    """Whether no blank row sets turns, and what stands under them, apart."""

    @property
    def gap(self) -> list[Strip]:
        """The gap between turns, and between a turn's text and its footer."""
        return [] if self.compact else [BLANK]


class Turn:
    """One message and its rows. A finished one is drawn once; of a running one only what changes."""

    def __init__(self, message: Message, *, siblings: tuple[int, int] = (1, 1)) -> None:
        self.message = message
        self.siblings = siblings
        """This one's place among its siblings, from 1, and how many there are."""
        self.is_live = False
        """Whether the answer is running."""
        self.queued: Sequence[str] = ()
        """The prompts that are sent after it."""
        self.unfolded = False
        """Whether finished reasoning, a long prompt, or a tool call is shown whole."""
        self._json_levels: int | None = None
        """How many levels of an answer in JSON are shown; None for all."""
        self.edge: Segment | None = None
        """What is drawn in the margin beside the rows; None until they are drawn, and for answers."""
        self._rows: StackedRows | None = None
        self._head_rows = 1
        self._growing: Body | None = None
        self._call: CallBlock | None = None
        self.is_behind = False
        """Whether some of a long text is plain only until `draw` is called again."""

    @property
    def can_fold(self) -> bool:
        """Whether it can be folded: it has reasoning, or is a long prompt or a tool call."""
        message = self.message
        return (
            message.role is Role.TOOL
            or bool(message.reasoning)
            or (message.role is Role.USER and user_turn.is_folded(message))
        )

    @property
    def is_drawn(self) -> bool:
        """Whether the rows have been drawn."""
        return self._rows is not None

    @property
    def drawn(self) -> StackedRows | None:
        """The rows as last drawn; None if they were not."""
        return self._rows

    def forget(self) -> None:
        """Discards the rows: the width, the theme or the message has changed."""
        self._rows = None
        self._growing = self._call = None
        self.is_behind = False

    def fold_json(self, step: int) -> bool:
        """Shows fewer (-1) or more (1) levels of an answer in JSON, when it is next drawn; whether it is one."""
        if self.is_live or not (depth := json_depth(self.message)):
            return False
        levels = max(1, min(depth, self._json_levels or depth) + step)
        self._json_levels = levels if levels < depth else None
        return True

    def folds_at(self, row: int) -> bool:
        """Whether a click on a row expands or collapses the turn."""
        is_call = self.message.role is Role.TOOL
        return row == 0 if is_call else row == self._head_rows and bool(self.message.reasoning)

    def arguments(self, context: RenderContext) -> str | None:
        """What the tool call was made with whose result this is; None for other turns."""
        return arguments_of(self.message, context.calls) if self.message.role is Role.TOOL else None

    def estimate(self, context: RenderContext) -> int:
        """An estimate of its rows, for the scrollbar, without drawing it."""
        text = self.message.content
        pictures = ROWS_OF_PICTURE * len(images_of(self.message)) if context.pictures else 0
        if self.message.role is Role.USER and not self.unfolded and user_turn.is_folded(self.message):
            return 3 + user_turn.SHOWN + pictures
        if self.message.role is Role.TOOL and not self.unfolded:
            return 3 + pictures + len(context.gap)
        return 2 + pictures + len(context.gap) + len(text) // context.width + text.count("\n") + 1

    def rows(self, context: RenderContext) -> StackedRows:
        """The rows with the gap to the next turn; of a running answer as last drawn."""
        return self.draw(context) if self._rows is None else self._rows

    def draw(self, context: RenderContext) -> StackedRows:
        """Draws the message as it is now. Settled parts are not drawn again; a long one takes several calls."""
        body: list[Part]
        head: Callable[[RenderContext], list[Strip]] = self._head
        if self.message.role is Role.TOOL:
            body, head = self._called(context), self._call_head
        elif self.message.role is not Role.ASSISTANT and not self.message.summarizes:
            body = self._plain(context)
        else:
            growing = self._growing = self._growing or self._body(context)
            growing.unfolded, growing.json_levels = self.unfolded, self._json_levels
            body = growing.parts() if self.is_live else growing.finish()
            self.is_behind = growing.is_behind
            if not self.is_live and not self.is_behind:
                self._growing = None
                body = self._with_diagrams(context, body)
        if self.message.role is Role.USER:
            self.edge = Segment("▎", context.painter.style(context.painter.palette.user))
        if self.message.is_answer and (images := images_of(self.message)):
            body += self._images(context, images)
        heading = head(context)
        self._head_rows = len(heading)
        around = [Part(NOWHERE, NOWHERE, each) for each in (heading, [*self._foot(context), *context.gap])]
        self._rows = StackedRows([around[0], *body, around[1]])
        return self._rows

    def update_diagrams(self, context: RenderContext) -> StackedRows | None:
        """Draws the diagrams whose state has changed; returns all rows, or None where there are none."""
        rows = self._rows
        if rows is None or self.is_live or self.is_behind:
            return None
        parts = self._with_diagrams(context, rows.parts)
        if all(part is old for part, old in zip(parts, rows.parts, strict=True)):
            return None
        self._rows = StackedRows(parts)
        return self._rows

    def _with_diagrams(self, context: RenderContext, parts: Sequence[Part]) -> list[Part]:
        styles, source = context.painter.code_styles, context.diagrams
        return with_diagrams(parts, context.width, styles, source) if source else list(parts)

    @property
    def longest_line(self) -> int:
        """The width of its longest line in cells, or a little more."""
        return max(len(line) if line.isascii() else 2 * len(line) for line in self.message.content.split("\n"))

    def headings(self) -> list[int]:
        """The places of headings in the content; its beginning if there are none."""
        return (headings(clean(self.message.content)) if self.message.role is Role.ASSISTANT else []) or [NOWHERE]

    # Parts

    def _block(self, context: RenderContext) -> CallBlock:
        if self._call is None:
            self._call = CallBlock(
                self.message, context.painter, context.width, context.calls, context.pictures, context.key
            )
        return self._call

    def _call_head(self, context: RenderContext) -> list[Strip]:
        return [self._block(context).head(unfolded=self.unfolded)]

    def _called(self, context: RenderContext) -> list[Part]:
        block = self._block(context)
        self.edge = block.edge
        body = block.parts(unfolded=self.unfolded)
        self.is_behind = block.is_behind
        return body

    def _head(self, context: RenderContext) -> list[Strip]:
        if context.is_column:
            return []
        message, painter = self.message, context.painter
        muted = painter.style(painter.palette.muted)
        if message.role is Role.USER:
            left = [Segment(tr("You"), painter.style(painter.palette.user, bold=True))]
        elif message.role is Role.ASSISTANT:
            name, provider = self._signature(context)
            colour = painter.palette.models[context.model_colour(message.model or "")]
            if context.is_blind(message):
                colour = painter.palette.muted
            left = [
                Segment(name, painter.style(colour, bold=True)),
                Segment(f" · {provider}" if provider else "", muted),
            ]
        elif message.summarizes:
            name, provider = self._signature(context)
            left = [
                Segment(tr("Summary"), painter.style(painter.palette.accent, bold=True)),
                Segment(f" · {name}" + f" · {provider}" * bool(provider), muted),
            ]
        else:
            left = [Segment(str(message.role), painter.style(painter.palette.muted, bold=True))]
        place, total = self.siblings
        versions = f"‹ {place}/{total} ›" if total > 1 else ""
        mark = tr("pinned") if message.pinned else tr("not sent") if message.muted else ""
        right = " · ".join(each for each in (mark, versions, wording.clock(message.created)) if each)
        used = sum(segment.cell_length for segment in left)
        gap = context.width - used - cell_len(right)
        if right and gap > 0:
            left += [Segment(" " * gap, muted), Segment(right, muted)]
        return [Strip(left)]

    def _signature(self, context: RenderContext) -> tuple[str, str]:
        try:
            ref = ModelRef.parse(self.message.model or "")
        except ValueError:
            return tr("Assistant"), ""
        if context.is_blind(self.message):
            return tr("One of several models"), ""
        upstream, other = (
            clean(self.message.upstream_provider, multiline=False),
            clean(self.message.substitute(), multiline=False),
        )
        provider = cut(context.provider_name(ref.provider) + f" · {upstream}" * bool(upstream), context.width // 3)
        name = ref.id + f" → {other}" * bool(other)
        return cut(name, max(8, context.width - len(provider) - 12)), provider

    def _body(self, context: RenderContext) -> Body:
        is_column = context.is_column  # digits go to another column there
        return Body(context.painter, context.width, self.message, context.pictures, numbers_code=not is_column)

    def _images(self, context: RenderContext, images: list[Attachment]) -> list[Part]:
        """The images that came beside the text."""
        muted, at = context.painter.style(context.painter.palette.muted), len(self.message.content)
        has_text = self.message.content.strip() or self.message.reasoning.strip()
        gap = [Part(NOWHERE, NOWHERE, context.gap)] if has_text else []
        return [*gap, *(attached_picture(each, at, context.width, muted, context.pictures) for each in images)]

    def _plain(self, context: RenderContext) -> list[Part]:
        message = self.message
        content = clean(message.content)
        text = content.rstrip()
        if message.role is Role.USER and (not self.unfolded or len(text) < MOST_WRAPPED):
            key, whole = context.key("unfold"), self.unfolded
            return user_turn.parts(message, context.painter, context.width, key, context.pictures, whole=whole)
        if not text:
            return []
        rows = PlainRows(text, context.width, TextStyle(context.painter.base))
        return [Part(0, len(content), rows, PLAIN)]

    def _foot(self, context: RenderContext) -> list[Strip]:
        message, painter = self.message, context.painter
        palette = painter.palette
        if message.role is Role.TOOL:
            return self._queue(context) if self.is_live else self._block(context).foot()
        if message.summarizes:
            return self._summary_foot(context)
        if message.role is not Role.ASSISTANT:
            return []
        rows = call_rows(message, painter, context.width, context.calls, context.key)
        rows += self._sources(context)
        if self.is_live:
            return [*rows, *self._queue(context)]
        if context.is_blind(message):
            return rows
        if not context.is_column and (summary := wording.summary(message, context.cost(message))):
            was_cut = message.status is Status.INTERRUPTED and not message.written_elsewhere
            style = painter.style(palette.warning if was_cut else palette.muted)
            if can_continue(message) and not message.error:
                summary += tr(
                    " · {select}, {key} continue",
                    select=context.key("select_messages"),
                    key=context.key("continue_answer"),
                )
            rows += context.gap if rows or not message.is_blank else []
            rows += painter.text(summary, context.width, style)
        rows += self._tried(context)
        rows += problem_rows(message, context.schema_problems(message), painter, context.width, context.key)
        if message.error:
            rows += self._error(context)
        return rows

    def _summary_foot(self, context: RenderContext) -> list[Strip]:
        """What a summary stands for, the keys to its messages, and what it took."""
        message, painter, key = self.message, context.painter, context.key
        if message.muted:
            line = trn("{n} message above sent again", "{n} messages above sent again", message.summarizes)
            todo = tr("{select}, {mute} send the summary", select=key("select_messages"), mute=key("mute_message"))
        else:
            line = trn("in place of {n} message above", "in place of {n} messages above", message.summarizes)
            todo = tr(
                "{select}, {unfold} show them · {mute} send them again",
                select=key("select_messages"),
                unfold=key("unfold"),
                mute=key("mute_message"),
            )
        line = f"{line} · {todo}"
        texts = [line, wording.summary(message, context.cost(message))]
        muted = painter.style(painter.palette.muted)
        return [*context.gap, *(row for text in texts if text for row in painter.text(text, context.width, muted))]

    def _queue(self, context: RenderContext) -> list[Strip]:
        """The prompts that are sent next, each with its first lines."""
        painter, rows = context.painter, list[Strip]()
        muted = painter.style(painter.palette.muted)
        edge, inner = Segment("▎ ", muted), context.width - 2
        for number, prompt in enumerate(self.queued[:MOST_QUEUED]):
            lines = [line for line in clean(prompt).splitlines() if line.strip()][:QUEUED_LINES]
            is_last = number == len(self.queued) - 1
            texts = [*lines, tr("queued · {key} edit", key=context.key("stop")) if is_last else tr("queued")]
            rows += [*context.gap, *(Strip([edge, Segment(cut(text, inner), muted)]) for text in texts)]
        if (more := len(self.queued) - MOST_QUEUED) > 0:
            rows.append(
                Strip([edge, Segment(tr("{n} more queued · {key} edit", n=more, key=context.key("stop")), muted)])
            )
        return rows

    def _sources(self, context: RenderContext) -> list[Strip]:
        """The sources of the answer, with the numbers of its citation marks."""
        painter, rows = context.painter, list[Strip]()
        for number, source in enumerate(self.message.cited()[:MOST_SOURCES], 1):
            link = Style(link=source.url) if SAFE_LINK.fullmatch(source.url) else Style()
            line = cut(
                f"[{number}] {source.title} {source.url}" if source.title else f"[{number}] {source.url}", context.width
            )
            rows += painter.text(line, context.width, painter.style(painter.palette.muted) + link)
        return [*context.gap, *rows] if rows else []

    def _tried(self, context: RenderContext) -> list[Strip]:
        """The models that were asked beside the one that is named above, a row for each, with why it failed."""
        painter, rows = context.painter, list[Strip]()
        for failure in self.message.tried:
            name, reason = (clean(str(failure.get(each) or ""), multiline=False) for each in ("model", "message"))
            provider, _, identity = name.partition("/")
            model = f"{identity or name} · {context.provider_name(provider)}"
            if self.message.error:
                line = tr("also tried {model}: {reason}", model=model, reason=reason)
            else:
                line = tr("instead of {model}: {reason}", model=model, reason=reason)
            rows += painter.text(line, context.width, painter.style(painter.palette.muted))
        return rows

    def _error(self, context: RenderContext) -> list[Strip]:
        """The error: what happened, what to do, keys for that, and the server's own text."""
        message, painter, error = self.message, context.painter, self.message.error
        if error is None:
            return []
        palette, inner = painter.palette, context.width - 2
        heading, detail = wording.error_texts(error)
        lines = painter.text(heading, inner, painter.style(palette.error, bold=True))
        if error.advice:
            lines += painter.text(error.advice, inner)
        keys = [tr("{key} set key", key=context.key("set_key"))] if wording.is_about_key(error) else []
        if can_continue(message):
            keys.append(
                tr(
                    "{select}, {key} continue",
                    select=context.key("select_messages"),
                    key=context.key("continue_answer"),
                )
            )
        keys.append(tr("{key} retry", key=context.key("regenerate")))
        if other := context.alternative(message):
            keys.append(tr("{key} try {model}", key=context.key("try_instead"), model=cut(other, inner * 2 // 3)))
        if error.kind == ErrorKind.CONTEXT_LENGTH:
            keys.append(
                tr(
                    "{compact} compact · {trim} trim context",
                    compact=context.key("compact"),
                    trim=context.key("shorten"),
                )
            )
        keys.append(tr("{key} other model", key=context.key("model_picker")))
        if context.is_column:  # other keys work there
            keys = [tr("{key} retry", key=context.key("answers_again"))]
        lines += painter.text(" · ".join(keys), inner, painter.style(palette.muted))
        if detail:
            lines += painter.text(cut(detail, 2 * inner), inner, painter.style(palette.muted))
        if error.request_id:
            lines += painter.text(
                tr("request {id}", id=cut(error.request_id, inner - 12)),
                inner,
                painter.style(palette.muted),
            )
        rule = Segment("▎ ", painter.style(palette.error))
        return [Strip([rule, *line]) for line in lines]
