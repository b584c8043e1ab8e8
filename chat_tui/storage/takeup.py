"""Takes what another program wrote into a thread that is open here: the reverse of a save."""

from __future__ import annotations

from chat_tui.domain.thread import Thread
from chat_tui.storage.codec import read_message
from chat_tui.storage.files import Entry
from chat_tui.storage.merge import DRAFT, Base, Snapshot, Stamp, merge
from chat_tui.storage.strict_json import parse

_OWN = (DRAFT, "head")
"""Fields that say where a reader is: another program's stand in the file, but do not move this one's."""


def take_up(thread: Thread, disk: Thread, stamp: Stamp, entry: Entry) -> bool:
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
    if base.stamp is None or base.stamp == stamp or disk.read_only or not entry.lock.acquire(blocking=False):
        return False
    try:
        ours, theirs = Snapshot.of(thread, entry.lines if _has_lines(entry, thread) else None), Snapshot.of(disk)
        merged, after = merge(ours, base, theirs)
        changed = False
        for name, line in merged.messages.items():
            if ours.messages.get(name) != line:
                same = theirs.messages.get(name) == line
                thread.messages[name] = disk.messages[name] if same else read_message(parse(line.encode()))
                changed = True
        left = {name: line for name, line in after.theirs.header.items() if name in _OWN}
        if "head" in left and thread.is_below(disk.head, thread.head):
            del left["head"]
        for name in after.theirs.header.keys() - left.keys():
            changed = changed or ours.header.get(name) != merged.header[name]
            _take_field(thread, disk, name)
        there, mine = theirs.hashes(), ours.hashes()
        kept = {f"header {name}": mine.get(f"header {name}", 0) for name in left}
        header = {name: line for name, line in theirs.header.items() if name not in left}
        header |= {name: ours.header[name] for name in left if name in ours.header}
        entry.base = Base(stamp, there | kept, there, Snapshot(left, {}, []), header)
        return changed
    finally:
        entry.lock.release()


def _take_field(thread: Thread, disk: Thread, name: str) -> None:
    if hasattr(thread, name) and name != "extra":
        setattr(thread, name, getattr(disk, name))
    elif name in disk.extra:
        thread.extra[name] = disk.extra[name]


def _has_lines(entry: Entry, thread: Thread) -> bool:
    return entry.lines_of is not None and entry.lines_of() is thread
