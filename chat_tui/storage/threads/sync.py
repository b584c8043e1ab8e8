"""Takes what another program wrote into a thread that is open here: the reverse of a save."""

from __future__ import annotations

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.ports.threads import News
from chat_tui.storage.files.atomic import Stamp
from chat_tui.storage.files.strict_json import parse
from chat_tui.storage.threads.codec import read_message
from chat_tui.storage.threads.entry import ThreadEntry
from chat_tui.storage.threads.merge import DRAFT, HEAD, Base, Snapshot, merge
from chat_tui.storage.threads.remote_drafts import RemoteDraftReader, RemoteDrafts

_OWN = (DRAFT, HEAD)
"""Fields that say where a reader is: another program's stand in the file, but do not move this one's."""


def sync_from_disk(thread: Thread, disk: Thread, stamp: Stamp, entry: ThreadEntry) -> bool:
    """Brings an open thread up to what its file says, without a suspension; whether anything in it changed.

    Messages come in by the same rules as in a save. The head follows where another program went on from it. A draft
    that another program left stays in the file, and out of a prompt in which somebody may be writing.

    Args:
        thread: as it is open here.
        disk: the file's content.
        stamp: the file's.
        entry: what is known of the file. While it is being written nothing happens; the next look will do.
    """
    base = entry.base_of(thread)
    is_known = base.stamp is None or (base.stamp == stamp and not entry.is_behind)
    if is_known or disk.read_only or entry.pending or not entry.lock.acquire(blocking=False):
        return False
    try:
        ours, theirs = Snapshot.of(thread, entry.lines if _has_lines(entry, thread) else None), Snapshot.of(disk)
        merged, after = merge(ours, base, theirs)
        changed = False
        for name, line in merged.messages.items():
            if ours.messages.get(name) != line:
                same = theirs.messages.get(name) == line
                message = disk.messages[name] if same else read_message(parse(line.encode()))
                if (known := thread.messages.get(name)) is not None:
                    known.become(message)  # an answer that is being written continues in this object
                else:
                    thread.messages[name] = message
                changed = True
        left = {name: line for name, line in after.theirs.header.items() if name in _OWN}
        if "head" in left and thread.is_below(disk.head, thread.head):
            del left["head"]
        for name in after.theirs.header.keys() - left.keys():
            changed = changed or ours.header.get(name) != merged.header[name]
            _take_field(thread, disk, name)
        there, mine = theirs.hashes(), ours.hashes()
        kept = {f"header {name}": mine.get(f"header {name}", 0) for name in left}
        kept |= {name: mine[name] for name in ours.messages.keys() - merged.messages.keys()}  # in a journal only
        header = {name: line for name, line in theirs.header.items() if name not in left}
        header |= {name: ours.header[name] for name in left if name in ours.header}
        entry.base, entry.is_behind = Base(stamp, there | kept, there, Snapshot(left, {}, []), header), False
        return changed
    finally:
        entry.lock.release()


def overhear(thread: Thread, overheard: RemoteDrafts, entry: ThreadEntry) -> News:
    """Brings an open thread up to what other programs are writing, as `sync_from_disk` does to the file."""
    base = entry.base_of(thread)
    if base.stamp is None or thread.read_only or entry.pending or not entry.lock.acquire(blocking=False):
        return News.NONE
    try:
        listener = RemoteDraftReader(thread, base, entry.heard)
        news = listener.hear(overheard)
        entry.base = listener.base
        entry.heard_at = 0 if any(each.missed for each in entry.heard.values()) else overheard.newest
        return news
    finally:
        entry.lock.release()


def _take_field(thread: Thread, disk: Thread, name: str) -> None:
    if hasattr(thread, name) and name != "extra":
        setattr(thread, name, getattr(disk, name))
    elif name in disk.extra:
        thread.extra[name] = disk.extra[name]


def _has_lines(entry: ThreadEntry, thread: Thread) -> bool:
    return entry.lines_of is not None and entry.lines_of() is thread
