"""Draws a prompt: a long one folded, pastes as labels, a line for each file, the images."""

from __future__ import annotations

from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.conversation.draft import CHIPS, Attachment, Paste, folded, images_of, split_files
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr, trn
from chat_tui.ui.text.chips import file_size, label
from chat_tui.ui.text.sanitizer import cut
from chat_tui.ui.transcript.leaf import Kind, Leaf, Run
from chat_tui.ui.transcript.lines import plain_leaf, text_rows, without_tabs
from chat_tui.ui.transcript.markdown.document import NARROWEST, Painter
from chat_tui.ui.transcript.pictures import PictureSource, attached_picture
from chat_tui.ui.transcript.rows import NOWHERE, Part

SHOWN = 12
"""Lines of a folded prompt that are shown."""
MOST_SHOWN = 20
"""Lines up to which a prompt is shown whole; and, at a hundred characters each, its characters."""


def is_folded(message: Message) -> bool:
    """Whether a prompt is shown folded, or has folded pastes or files."""
    text = message.content
    is_long = text.count("\n") >= MOST_SHOWN or len(text) > MOST_SHOWN * 100
    return is_long or text.endswith("```") or _has_pastes(message)


def _with_labels(message: Message, text: str) -> list[tuple[str, int, bool]]:
    """The text of a folded prompt, with labels for its pastes.

    Returns:
        For each piece its text, where it is in `text`, and whether it is there unchanged.
    """
    pieces: list[tuple[str, int, bool]] = []
    at, last = 0, ""
    for piece in folded(message, split_files(text)[0]):
        is_paste = isinstance(piece, Paste)
        shown = f"▪ {label(piece)}" if isinstance(piece, Paste) else piece
        if last.strip() and shown[:1].strip():  # what was typed right beside a paste
            pieces.append((" ", at, False))
        pieces.append((shown, at, not is_paste))
        at += len(piece.text if isinstance(piece, Paste) else piece)
        last = shown[-1:]
    return pieces


def _has_pastes(message: Message) -> bool:
    return CHIPS in message.extra and any(isinstance(piece, Paste) for piece in folded(message, message.content))


def parts(
    message: Message, painter: Painter, width: int, key: str, pictures: PictureSource | None, *, whole: bool
) -> list[Part]:
    """The rows of a prompt.

    Args:
        message: the user's.
        painter: draws text.
        width: cells.
        key: what unfolds, as it is bound.
        pictures: draws its images; None where only their names are shown.
        whole: unfolded.
    """
    muted = painter.style(painter.palette.muted)
    content = clean(message.content)
    text = content.rstrip()
    notes: list[Strip] = []
    if whole:
        leaf = plain_leaf(text, painter.base)
        shown = text
    else:
        leaf, shown, text = _folded(message, text, painter.base)
        if shown != text:
            left = text.count("\n", len(shown))
            more = trn("… {n:,} more line", "… {n:,} more lines", left)
            if not left:
                more = tr("… {n:,} more characters", n=len(text) - len(shown))
            notes = painter.text(" · ".join((more, tr("{key} expand", key=key))), width, muted)
        elif text and _has_pastes(message):
            notes = painter.text("… " + tr("{key} expand", key=key), width, muted)
    for attached in [] if whole else split_files(content)[1]:
        notes += painter.text(cut(_line(attached), width), width, muted)
    prompt = [Part(0, len(content), text_rows(leaf, max(NARROWEST, width)), "paragraph_open")] if shown else []
    images = (attached_picture(each, len(content), width, muted, pictures) for each in images_of(message))
    return [*prompt, Part(NOWHERE, NOWHERE, notes), *images]


def _folded(message: Message, content: str, style: Style) -> tuple[Leaf, str, str]:
    """The shown part of a folded prompt, as a leaf and as a text; and the whole text."""
    pieces = _with_labels(message, content)
    text = "".join(piece for piece, _, _ in pieces).rstrip()
    shown = text
    if text.count("\n") >= MOST_SHOWN or len(text) > MOST_SHOWN * 100:
        shown = "\n".join(text.split("\n", SHOWN)[:SHOWN])[: SHOWN * 100]
    runs: list[Run] = []
    position = 0
    for piece, at, is_exact in pieces:
        if position < len(shown):
            runs.append(Run(position, at, is_exact, style))
        position += len(piece)
    drawn, spaced, tabs = without_tabs(shown, runs)
    kind = Kind.TEXT if shown == content else Kind.SHOWN
    return Leaf(kind, drawn, spaced, 0, len(content), replaced=tabs), shown, text


def _line(attached: Attachment) -> str:
    """`▪ report.md · text · 12 KB`."""
    parts = (attached.name, tr("text"), file_size(attached.size) if attached.size else "")
    return "▪ " + " · ".join(filter(None, parts))
