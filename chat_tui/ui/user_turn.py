"""Draws what the user wrote: a long prompt folded, a line for each file and image."""

from __future__ import annotations

from textual.strip import Strip

from chat_tui.domain.draft import Attachment, Draft, split_files
from chat_tui.domain.message import Message
from chat_tui.ui.body import strips
from chat_tui.ui.chips import file_size
from chat_tui.ui.guard import cut
from chat_tui.ui.markdown import Painter

SHOWN = 12
"""Lines of a folded prompt that are shown."""
MOST_SHOWN = 20
"""Lines up to which a prompt is shown whole; and, at a hundred characters each, its characters."""


def is_folded(text: str) -> bool:
    """Whether a prompt is shown folded, or has files that are."""
    return text.count("\n") >= MOST_SHOWN or len(text) > MOST_SHOWN * 100 or text.endswith("```")


def shown_part(content: str) -> str:
    """What a folded prompt shows of its text."""
    text = split_files(content)[0].rstrip()
    if text.count("\n") < MOST_SHOWN and len(text) <= MOST_SHOWN * 100:
        return text
    return "\n".join(text.split("\n", SHOWN)[:SHOWN])[: SHOWN * 100]


def rows(message: Message, painter: Painter, width: int, key: str, *, whole: bool) -> list[Strip]:
    """The rows of a prompt.

    Args:
        message: the user's.
        painter: draws text.
        width: cells.
        key: what unfolds, as it is bound.
        whole: unfolded.
    """
    text, files = (message.content, []) if whole else split_files(message.content)
    muted = painter.style(painter.palette.muted)
    text, head = text.rstrip(), "" if whole else shown_part(message.content)
    drawn: list[Strip] = []
    if not whole and head != text:
        left = text.count("\n", len(head))
        more = f"{left:,} more lines" if left else f"{len(text) - len(head):,} more characters"
        drawn = strips(painter.text(head, width))
        drawn += strips(painter.text(f"… {more} · {key} on it unfolds", width, muted))
    elif text:
        drawn = strips(painter.text(text, width))
    images = [each for each in Draft.of_message(message).attachments if each.url] if message.parts else []
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
