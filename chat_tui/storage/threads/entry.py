"""What one program knows of one thread's file, and what it hands over to be written."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field

from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.threads.codec import Lines
from chat_tui.storage.threads.journal import Changes
from chat_tui.storage.threads.merge import Base, Snapshot
from chat_tui.storage.threads.remote_drafts import RemoteReply


@dataclass(slots=True)
class ThreadEntry:
    """What this program knows of one thread's file."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    issued: int = 0
    """Number of the last snapshot taken."""
    written: int = 0
    """Number of the last snapshot on disk: an older one that comes late is not written over it."""
    noted: int = 0
    """Number of the last page in the journal: what is older and comes late neither replaces it nor takes it away."""
    delayed: SaveJob | None = None
    """The last snapshot that could only go into the journal, as another program held the lock for too long."""
    held: dict[str, str] = field(default_factory=dict)
    """Its messages' lines: they stay in the journal's page until the thread's file has them."""
    base: Base = field(default_factory=Base)
    owner: weakref.ref[Thread] | None = None
    """The object that `base` speaks of. Another one of the same id has another past, and is merged as a stranger's."""
    pending: set[int] = field(default_factory=set)
    """Numbers of the snapshots that are on their way to `write`: what they are not compared with must not change."""
    is_behind: bool = False
    """Whether a save found in the file what the open thread has not."""
    heard: dict[str, RemoteReply] = field(default_factory=dict)
    """The answers that other programs are writing, by id."""
    heard_at: int = 0
    """The journal's time at the last look (see `Journal.newest`)."""
    lines: Lines = field(default_factory=dict)
    """Of the last snapshot; touched on the loop only."""
    lines_of: weakref.ref[Thread] | None = None

    def base_of(self, owner: Thread | None) -> Base:
        """What is known of the file from this object's point of view."""
        return self.base if self.owner is not None and self.owner() is owner else Base()


@dataclass(frozen=True, slots=True)
class SaveJob:
    """A thread at one moment, to be written."""

    thread_id: str
    number: int
    owner: weakref.ref[Thread]
    snapshot: Snapshot
    empty: bool


@dataclass(frozen=True, slots=True)
class JournalJob:
    """What changed of a thread, to be put into the journal."""

    thread_id: str
    number: int
    changes: Changes
