"""Draws what the user wrote: a long prompt folded, its pastes by their labels, a line for each file and image."""

from __future__ import annotations

from textual.strip import Strip

from chat_tui.domain.conversation.draft import CHIPS, Attachment, Paste, folded, images_of, split_files
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.text.clean import clean
from chat_tui.ui.text.chips import file_size, label
from chat_tui.ui.text.sanitizer import cut
from chat_tui.ui.transcript.body import strips
from chat_tui.ui.transcript.markdown.document import Painter

SHOWN = 12
"""Lines of a folded prompt that are shown."""
MOST_SHOWN = 20
"""Lines up to which a prompt is shown whole; and, at a hundred characters each, its characters."""


def is_folded(message: Message) -> bool:
    """Whether a prompt is shown folded, or has pastes or files that are."""
    text = message.content
    is_long = text.count("\n") >= MOST_SHOWN or len(text) > MOST_SHOWN * 100
    return is_long or text.endswith("```") or _has_pastes(message)


def shown_part(message: Message) -> str:
    """What a folded prompt shows of its text: its pastes by their labels."""
    text = _with_labels(message)
    if text.count("\n") < MOST_SHOWN and len(text) <= MOST_SHOWN * 100:
        return text
    return "\n".join(text.split("\n", SHOWN)[:SHOWN])[: SHOWN * 100]


def _with_labels(message: Message) -> str:
    shown = ""
    for each in folded(message, split_files(message.content)[0]):
        text = f"▪ {label(each)}" if isinstance(each, Paste) else clean(each)
        is_glued = shown[-1:].strip() and text[:1].strip()  # what was typed right beside a paste
        shown += f" {text}" if is_glued else text
    return shown.rstrip()


def _has_pastes(message: Message) -> bool:
    return CHIPS in message.extra and any(isinstance(each, Paste) for each in folded(message, message.content))


def rows(message: Message, painter: Painter, width: int, key: str, *, whole: bool) -> list[Strip]:
    """The rows of a prompt.

    Args:
        message: the user's.
        painter: draws text.
        width: cells.
        key: what unfolds, as it is bound.
        whole: unfolded.
    """
    files = [] if whole else split_files(message.content)[1]
    muted = painter.style(painter.palette.muted)
    text = (message.content if whole else _with_labels(message)).rstrip()
    head = "" if whole else shown_part(message)
    drawn: list[Strip] = []
    if not whole and head != text:
        left = text.count("\n", len(head))
        more = f"{left:,} more lines" if left else f"{len(text) - len(head):,} more characters"
        drawn = strips(painter.text(head, width))
        drawn += strips(painter.text(f"… {more} · {key} on it unfolds", width, muted))
    elif text:
        drawn = strips(painter.text(text, width))
        if not whole and _has_pastes(message):
            drawn += strips(painter.text(f"… {key} on it unfolds", width, muted))
    images = images_of(message)
    for each in (*files, *images):
        drawn += strips(painter.text(cut(_line(each), width), width, muted))
    return drawn


def _line(attached: Attachment) -> str:
    """`▪ report.md · text · 12 KB`."""
    kind = "text"
    if attached.url:
        start = attached.url[:30]
        kind = start[11:].partition(";")[0] if start.startswith("data:image/") else "address"
    size = f" · {file_size(attached.size)}" if attached.size else ""
    return f"▪ {attached.name} · {kind}{size}"
