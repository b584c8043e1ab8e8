"""What a search for threads answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_tui.domain.conversation.thread import ThreadSummary


@dataclass(frozen=True, slots=True)
class ThreadHit:
    """A thread that was found, and where."""

    summary: ThreadSummary
    message_id: str | None = None
    """The message that holds most of the words, the newest of several; None where none does, or it is the draft."""
    snippet: str = ""
    """Clean text around the first match in that message, with its line breaks; without a match, the thread's end."""
    ranges: tuple[tuple[int, int], ...] = ()
    """The matches in the snippet: start and end, in characters."""
    messages: int = 0
    """How many messages hold one of the words."""
    opening: str = ""
    """What the snippet is below: see `domain.text.opening`."""
    is_prompt: bool = False
    """Whether the user wrote the text of the snippet."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The threads that were found, the last used first."""

    hits: list[ThreadHit] = field(default_factory=list)
    complete: bool = True
    """Whether the text of every thread was searched; if not, titles and tags were, and what has been read by now."""
    unread: int = 0
    """How many threads have a text that was not searched; 0 where the index can't be used."""
