"""The body of an answer, running or finished: its reasoning, live or folded, and its text in blocks.

Nothing here takes long at once, however an answer is shaped: blocks are drawn a slice at a time, what
waits for its turn is plain text meanwhile, and what is very long stays plain and is drawn only where it is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.conversation.draft import Attachment, image_size
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.text import wording
from chat_tui.ui.transcript.code import CodeRows, code_rows
from chat_tui.ui.transcript.json_answer import PrettyJson, pretty_json
from chat_tui.ui.transcript.leaf import Kind, Leaf, Run
from chat_tui.ui.transcript.markdown.blocks import language_of
from chat_tui.ui.transcript.markdown.citations import source_references
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.markdown.splitter import FENCE, MarkdownSplitter, end_of_fence, is_heading, is_long_table
from chat_tui.ui.transcript.pictures import PictureSource, embedded_picture
from chat_tui.ui.transcript.plain import PlainRows, TextStyle
from chat_tui.ui.transcript.rows import BLANK, NOWHERE, LastRows, Part, SourceRows, WithLastRow

MOST_TEXT = 200_000
"""Characters of an answer that are Markdown; what follows is plain."""
MOST_BLOCKS = 400
FIRST = 12_000
"""What is drawn at first, as `_cost` counts: all of a usual answer, in some hundredths of a second."""
SLICE = 5_000
"""What is drawn at once from then on."""
COUNTED = 150_000
"""Characters of plain text whose rows are counted at once."""
MOST_TAIL = 20_000
"""What is drawn again in each frame of what still grows."""
DEAREST = 30_000
"""The dearest block that is drawn as Markdown."""
THOUGHT_ROWS = 5
"""Rows of a running thought that are shown; folded, it and the first rows of the answer take as many."""
TABLE = "table_open"
IMAGE = re.compile(
    r"!\[(?P<name>[^\[\]\n]{0,200})\]\((?P<url>data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+)\)?"
)
"""An image whose data is in the text, or the beginning of it."""
IMAGE_BEGINS = "](data:image/"
LONG_IMAGE = 200
"""Characters of an image from which on it is drawn as one, whatever is beside it in its line."""
MOST_IMAGES = 40
"""Images of one block that are drawn as such."""
PLAIN = "plain"
"""The kind of a part that is plain text, and may be Markdown of many blocks."""


class Body:
    """The rows of an answer's body: reasoning and text.

    While it grows, `parts` is asked again and again: what is settled is kept, only the rest is drawn again. Once
    nothing more comes `finish` draws the whole; where `is_behind`, it is to be asked again.
    """

    def __init__(
        self,
        painter: Painter,
        width: int,
        message: Message,
        pictures: PictureSource | None = None,
        *,
        numbers_code: bool = True,
    ) -> None:
        """Draws nothing yet.

        Args:
            painter: draws Markdown.
            width: cells of the measure.
            message: grows by itself.
            pictures: draws pictures; None where only their names are shown.
            numbers_code: whether blocks of code have the numbers that copy them.
        """
        self.unfolded = False
        """Whether finished reasoning is shown whole."""
        self.json_levels: int | None = None
        """How many levels of an answer in JSON are shown; None for all."""
        self.is_behind = False
        """Whether some of the text still waits to be drawn as what it is."""
        self._painter = painter
        self._width = width
        self._message = message
        self._pictures = pictures
        self._numbers_code = numbers_code
        self._references: dict[str, object] = {}
        self._is_whole = False
        self._whole = ""
        """The content, once nothing more comes."""
        self._thoughts: PlainRows | None = None
        self._thought_rows = 0
        """Rows that the running thought takes: when it folds, those below it stay in place."""
        self._begin()

    def _begin(self) -> None:
        self._content = MarkdownSplitter(self._painter.splitter)
        self._settled: list[Part] = []
        self._blocks = 0
        self._embedded = 0
        """Settled characters that are data of images."""
        self._code_blocks = 0
        """Blocks of code among the settled ones."""
        self._gap_is_due = False
        self._length = 0
        self._tail_begin = -1
        self._tail_rows: SourceRows | None = None
        """The code or plain text at the end as it was drawn last, and where it begins."""

    def parts(self) -> list[Part]:
        """The rows of the message as it is now, in parts with their spans of the content."""
        content = self._message.content
        if len(content) < self._length:  # it turned out to be reasoning
            self._begin()
        self._length = len(content)
        if not content:
            return self._thinking()
        self._settle(content)
        parts = [*self._thought(), *self._stacked(content, self._with_cursor(self._tail(content)))]
        missing = self._thought_rows - sum(len(part.rows) for part in parts) if self._thought_rows else 0
        if missing <= 0:
            self._thought_rows = 0
            return parts
        return [*parts, Part(NOWHERE, NOWHERE, [BLANK] * missing)]

    def finish(self) -> list[Part]:
        """The rows of the finished message."""
        if not self._is_whole:
            self._is_whole = True
            self._whole = clean(self._message.content)  # an answer is clean when it comes, a file holds anything
            self._references = self._painter.references(self._whole) | source_references(self._message)
            # A definition may stand below the blocks that use it: those are drawn again.
            content = self._message.content
            if self._references or self._whole != content or len(content) < self._length:
                self._begin()
        content = self._whole
        if (pretty := pretty_json(self._message, self.json_levels)) is not None:
            return [*self._thought(), self._json(content, pretty)]
        self._settle(content)
        rest = self._plain_rest(content) if self.is_behind or self._is_capped else []
        return [*self._thought(), *self._stacked(content, rest)]

    def _stacked(self, content: str, rest: list[Part]) -> list[Part]:
        """All parts, settled and unsettled, with gaps between; together they span the whole content."""
        if rest:
            self._reach(rest[0].begin)
            parts = [*self._settled, *self._gap(rest[0].begin), *rest]
        else:
            parts = [*self._settled]
        if parts:
            parts[0] = parts[0]._replace(lead=parts[0].begin)
            parts[-1] = parts[-1]._replace(trail=len(content) - parts[-1].end)
        return parts

    def _reach(self, begin: int) -> None:
        """Extends the last settled part to the next one, where there is no gap between."""
        if self._settled and not self._gap_is_due:
            last = self._settled[-1]
            self._settled[-1] = last._replace(trail=begin - last.end)

    def _gap(self, begin: int) -> list[Part]:
        """The gap between the settled parts and a part that begins there."""
        if not self._settled or not self._gap_is_due:
            return []
        end = self._settled[-1].end
        return [Part(end, max(begin, end), [BLANK])]

    # What is settled

    @property
    def _is_capped(self) -> bool:
        return self._blocks >= MOST_BLOCKS or self._content.settled - self._embedded >= MOST_TEXT

    def _settle(self, content: str) -> None:
        """Draws blocks that no later text can change, at most a slice of them."""
        room = SLICE if self._settled else FIRST
        while room > 0 and not self._is_capped:
            begin = self._content.settled
            if (block := self._content.take(content, is_whole=self._is_whole)) is None:
                break
            self._blocks += 1
            room -= min(DEAREST, _cost(block))
            for inner, at in _without_images(block, begin):
                part = self._draw(inner, at)
                if isinstance(part.rows, SourceRows):
                    self._code_blocks += sum(leaf.kind is Kind.CODE for leaf in part.rows.leaves)
                if len(part.rows):
                    self._reach(at)
                    self._settled += [*self._gap(at), part]
                    self._gap_is_due = not is_heading(inner)
        self.is_behind = room <= 0 and not self._is_capped

    def _draw(self, block: str, begin: int) -> Part:
        end = begin + len(block.rstrip("\n"))
        if image := IMAGE.fullmatch(block.rstrip()):
            self._embedded += len(block)
            return self._image(image["name"], image["url"], begin, end, self._pictures)
        if fence := FENCE.match(block):
            rows = self._fence(block, fence)
            return Part(begin, begin + rows.text.leaf.end, rows, "fence", language_of(fence["info"]))
        if _cost(block) > DEAREST or is_long_table(block):
            return Part(begin, end, self._plain(block), TABLE if is_long_table(block) else "paragraph_open")
        lines = self._painter.markdown(block, self._width, self._references, code_number=self._code_number)
        return Part(begin, end, lines, lines.kind)

    def _image(self, name: str, url: str, begin: int, end: int, pictures: PictureSource | None) -> Part:
        muted = self._painter.style(self._painter.palette.muted)
        image = Attachment(clean(name, multiline=False) or "image", "", image_size(url), url=url)
        return embedded_picture(image, begin, end, self._width, muted, pictures)

    def _fence(self, block: str, fence: re.Match[str]) -> CodeRows:
        closing = end_of_fence(block, fence, is_whole=True)
        code = block[fence.end() : closing[0] if closing else None].removesuffix("\n")
        return self._code(code, fence, max(len(block.rstrip("\n")), fence.end() + len(code)), is_growing=False)

    def _code(
        self, code: str, fence: re.Match[str], end: int, *, is_growing: bool, before: SourceRows | None = None
    ) -> CodeRows:
        """The rows of a block of code, in the places of its source, which ends at `end`."""
        styles = self._painter.code_styles
        begin = fence.start("mark") - fence.start()
        leaf = Leaf(Kind.CODE, code, [Run(0, fence.end() - fence.start(), True, styles.text)], begin, end)
        language, number = language_of(fence["info"]), self._code_number
        return code_rows(leaf, language, self._width, styles, number=number, is_growing=is_growing, before=before)

    @property
    def _code_number(self) -> int:
        """The number of the next block of code; 0 where they have none."""
        return self._code_blocks + 1 if self._numbers_code else 0

    def _json(self, content: str, pretty: PrettyJson) -> Part:
        begin, end, (text, places, depth) = pretty
        styles, levels = self._painter.code_styles, self.json_levels
        runs = [Run(*place, styles.text) for place in places]
        leaf = Leaf(Kind.SOURCE, text, runs, 0, end - begin, replaced=[(0, len(text), content[begin:end])])
        is_part = levels is not None and levels < depth
        note = tr("{levels} of {depth} levels", levels=levels, depth=depth) if is_part else ""
        rows = code_rows(leaf, "json", self._width, styles, number=int(self._numbers_code), note=note)
        return Part(begin, end, rows, "fence", "json", lead=begin, trail=len(content) - end)

    def _plain(self, text: str) -> PlainRows:
        """The rows of plain text, without the blank lines around it."""
        style = self._painter.base
        blank = len(text) - len(text.lstrip("\n"))
        text = text.strip("\n")
        return PlainRows(text, self._width, TextStyle(style), leaf=Leaf.verbatim(text, style, blank))

    # What is not

    def _tail(self, content: str) -> list[Part]:
        """The parts of the unsettled text: code as code, a short text as Markdown, a long one plain."""
        begin = self._content.settled
        if self.is_behind or self._is_capped:
            return self._plain_rest(content)
        if fence := FENCE.match(content, begin):
            before = self._tail_rows if self._tail_begin == begin else None
            rows = self._code(content[fence.end() :], fence, len(content) - begin, is_growing=True, before=before)
            self._tail_begin, self._tail_rows = begin, rows
            return [Part(begin, len(content), rows, "fence", language_of(fence["info"]))]
        rest = content[begin:]
        if not rest.strip():
            return []
        cut_off = rest.rfind(IMAGE_BEGINS)
        start = rest.rfind("\n", 0, max(0, cut_off)) + 1
        if cut_off >= 0 and rest.startswith("![", start):  # of its data nothing can be shown yet
            image = self._image("", rest[cut_off + 2 :], begin + start, len(content), None)
            text = rest[:start]
            if not text.strip() or _cost(text) > MOST_TAIL:
                return [image]
            lines = self._painter.markdown(text, self._width)
            return [Part(begin, begin + start, lines, lines.kind), image]
        if _cost(rest) > MOST_TAIL:
            return self._plain_rest(content)
        lines = self._painter.markdown(rest, self._width, code_number=self._code_number)
        return [Part(begin, len(content), lines, lines.kind)] if len(lines) else []

    def _plain_rest(self, content: str) -> list[Part]:
        """The unsettled text as plain text; the rows of its far part are counted once."""
        begin = self._content.settled
        border = max(begin, content.find("\n", MOST_TEXT, MOST_TEXT + 4_000) + 1 or MOST_TEXT)
        rows = self._tail_rows if self._tail_begin == border else None
        counted = len(rows.text) if isinstance(rows, PlainRows) else 0
        near, far = content[begin:border], content[border : border + counted + COUNTED]
        self.is_behind = self.is_behind or border + len(far) < len(content)
        parts = [Part(begin, begin + len(near), self._plain(near), PLAIN)] if near.strip() else []
        if far:
            plain = TextStyle(self._painter.base)
            self._tail_rows = rows.grown(far) if isinstance(rows, PlainRows) else PlainRows(far, self._width, plain)
            self._tail_begin = border
            parts.append(Part(border, border + len(far), self._tail_rows, PLAIN))
        if parts and self._is_capped:
            painter = self._painter
            style = painter.style(painter.palette.muted, italic=True)
            mark = Strip([Segment(tr("Very long message: plain text from here."), style)])
            parts.insert(0, Part(begin, begin, [mark]))
        return parts

    def _with_cursor(self, parts: list[Part]) -> list[Part]:
        if not parts or not len(parts[-1].rows):
            return parts
        *before, last = parts
        rows = last.rows
        assert isinstance(rows, SourceRows)
        strip = rows[len(rows) - 1]
        segments, ground = list(strip), self._painter.base
        while segments and not segments[-1].text.strip():
            ground = segments.pop().style or ground
        if segments:
            segments[-1] = Segment(segments[-1].text.rstrip(), segments[-1].style)
        cursor = Segment("▌", ground + Style(color=self._painter.palette.muted))
        row = Strip([*segments, cursor])
        if row.cell_length < strip.cell_length:  # the ground of code reaches to the right edge
            row = row.crop_extend(0, strip.cell_length, ground)
        return [*before, last._replace(rows=WithLastRow(rows, row))]

    # The reasoning

    def _thought(self) -> list[Part]:
        """Finished reasoning: one line, or all of it."""
        message, painter = self._message, self._painter
        if not message.reasoning.strip():
            return []
        mark = "▾" if self.unfolded else "▸"
        style = painter.style(painter.palette.muted, italic=True)
        fold = Part(NOWHERE, NOWHERE, [Strip([Segment(f"{mark} {wording.thought(message)}", style)])])
        gap = [Part(NOWHERE, NOWHERE, [BLANK])] if message.content.strip() or self.unfolded else []
        if not self.unfolded:
            return [fold, *gap]
        text, begin = reasoning_shown(message), reasoning_begins(message)
        quote = Part(begin, begin + len(text), self._quote(text), PLAIN)
        return [fold, quote, *gap]

    def _thinking(self) -> list[Part]:
        """Running reasoning: its last rows, or all of it."""
        reasoning = self._message.reasoning.lstrip("\n")
        if not reasoning.strip():
            return []
        self._thoughts = self._thoughts.grown(reasoning) if self._thoughts else self._thought_window(reasoning)
        is_long = len(self._thoughts) > THOUGHT_ROWS and not self.unfolded
        rows = LastRows(self._thoughts, THOUGHT_ROWS) if is_long else self._thoughts
        self._thought_rows = 0 if self.unfolded else len(rows)
        begin = reasoning_begins(self._message)
        return self._with_cursor([Part(begin, begin + len(reasoning), rows, PLAIN)])

    def _thought_window(self, text: str) -> PlainRows:
        ground = self._painter.code_styles.ground
        palette = self._painter.palette
        style = self._painter.style(palette.muted, italic=True) + ground
        rule = Segment("▏ ", self._painter.style(palette.faint) + ground)
        return PlainRows(text, self._width, TextStyle(style, rule, fill=ground))

    def _quote(self, text: str) -> PlainRows:
        painter = self._painter
        rule = Segment("▏ ", painter.style(painter.palette.faint))
        style = painter.style(painter.palette.muted, italic=True)
        return PlainRows(text, self._width, TextStyle(style, rule))


def reasoning_begins(message: Message) -> int:
    """Where the shown reasoning begins in the source of an answer's rows: after the content."""
    return len(message.content) + 1


def reasoning_shown(message: Message) -> str:
    """The reasoning as it is shown."""
    return clean(message.reasoning).strip()


def _without_images(block: str, begin: int) -> Iterator[tuple[str, int]]:
    """The block in pieces, each with its place: an image whose data is in it is a piece for itself."""
    at = 0
    has_images = IMAGE_BEGINS in block and not FENCE.match(block)
    for image in islice(IMAGE.finditer(block), MOST_IMAGES) if has_images else ():
        start, end = image.span()
        is_alone = block[start - 1 : start] in ("", "\n") and block[end : end + 1] in ("", "\n")
        if is_alone or end - start >= LONG_IMAGE:
            if block[at:start].strip():
                yield block[at:start], begin + at
            yield image[0], begin + start
            at = end
    if not at or block[at:].strip():
        yield block[at:], begin + at


def _cost(block: str) -> int:
    """About how long Markdown takes to draw, in characters of plain prose."""
    marks = sum(block.count(mark) for mark in "[*_`~$\\")
    return 300 + len(block) + 40 * block.count("\n") + 12 * marks + 15 * block.count("|")
