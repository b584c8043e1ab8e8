"""Brings together what this program and another one made of the same thread file, so that neither loses a message.

A three-way merge by message id. Messages are compared by a hash of their line in the file, which is the same for the
same message. What this program changed since it last read or wrote the file is its own; what the file holds beyond
that is the other's, and is kept until this program reads the file again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from chat_tui.domain.json import JsonObject
from chat_tui.domain.message import new_message_id
from chat_tui.domain.thread import Thread
from chat_tui.storage.codec import Lines, encode_lines, join_lines, stray_lines
from chat_tui.storage.strict_json import dump

Stamp = tuple[int, int, int]
"""Modification time in ns, size, inode: what tells that a file is still the one we know."""


@dataclass(slots=True)
class Snapshot:
    """A thread at one moment, as lines of its file; serialised on the loop, written elsewhere."""

    header: dict[str, str]
    """Lines by field name."""
    messages: dict[str, str]
    """Lines by message id."""
    strays: list[str]

    @classmethod
    def of(cls, thread: Thread, known: Lines | None = None) -> Snapshot:
        """Takes the snapshot, with the help of `known` lines (see `encode_lines`).

        Raises:
            CodecError: a value has no JSON.
        """
        header, messages = encode_lines(thread, known)
        return cls(header, messages, stray_lines(thread))

    def hashes(self) -> dict[str, int]:
        """A number for each line that changes with it. Fields and messages have names apart."""
        fields = {f"header {name}": hash(line) for name, line in self.header.items()}
        return fields | {name: hash(line) for name, line in self.messages.items()}

    def data(self) -> bytes:
        """The file."""
        return join_lines(list(self.header.values()), [*self.messages.values(), *self.strays])


@dataclass(slots=True)
class Base:
    """What is known of a thread's file since it was last read or written here."""

    stamp: Stamp | None = None
    ours: dict[str, int] = field(default_factory=dict)
    """Hashes of this program's version then."""
    file: dict[str, int] = field(default_factory=dict)
    """Hashes of the file then: other than `ours` where another program's version stands."""
    theirs: Snapshot = field(default_factory=lambda: Snapshot({}, {}, []))
    """Those lines of another program that stand in the file in place of, or beside, this program's."""


def merge(ours: Snapshot, base: Base, disk: Snapshot | None) -> tuple[Snapshot, Base]:
    """Decides what is written.

    A message that only the file changed or added since `base` is the file's; one that this program changed, added or
    took out is this program's. Where both wrote a message, both texts stay, unless one goes on where the other ends:
    the other's becomes a sibling.

    Args:
        ours: this program's version.
        base: what was known after the last read or write.
        disk: the file as it is now, where it is not the one that `base` knows.

    Returns:
        What to write, and the next base (without its stamp).
    """
    mine = ours.hashes()
    theirs = Snapshot({}, {}, [])
    copies: dict[str, str] = {}
    changed: set[str] = set()
    if disk is not None:
        there = disk.hashes()
        changed = {name for name, value in there.items() if base.file.get(name) != value}
        known = base.theirs.messages.keys() & there.keys()
        theirs.messages = {name: line for name, line in disk.messages.items() if name in changed or name in known}
        fields = {name for name in disk.header if f"header {name}" in changed or name in base.theirs.header}
        theirs.header = {name: line for name, line in disk.header.items() if name in fields}
        theirs.strays = disk.strays
    else:
        theirs = Snapshot(dict(base.theirs.header), dict(base.theirs.messages), base.theirs.strays)
    for name, line in list(theirs.messages.items()):
        untouched = mine.get(name) == base.ours.get(name)
        if untouched or (name in changed and name not in mine):
            continue
        del theirs.messages[name]
        if name in changed and (kept := _both(ours.messages[name], line)) is not None:
            if kept == line:
                theirs.messages[name] = line
            else:
                copies |= _copy(kept)
    for name in list(theirs.header):
        if mine.get(f"header {name}") != base.ours.get(f"header {name}"):
            del theirs.header[name]
    theirs.messages |= copies
    strays = ours.strays + [each for each in theirs.strays if each not in ours.strays]
    written = Snapshot(ours.header | theirs.header, ours.messages | theirs.messages, strays)
    return written, Base(None, mine, written.hashes(), theirs)


def _both(mine: str, other: str) -> str | None:
    """The other's line where it must be kept: in place of mine, or as a copy; None where mine has all of it."""
    if mine == other:
        return None
    here, there = _text(mine), _text(other)
    if all(own.startswith(its) for own, its in zip(here, there, strict=True)):
        return None
    if all(its.startswith(own) for own, its in zip(here, there, strict=True)):
        return other
    # Only the id is changed: what is inside the copy is the other's.
    message: JsonObject = json.loads(other)
    return dump(message | {"id": new_message_id()})


def _text(line: str) -> tuple[str, str]:
    message: JsonObject = json.loads(line)
    content = message.get("content", "")
    return content if isinstance(content, str) else dump(content), str(message.get("reasoning", ""))


def _copy(line: str) -> dict[str, str]:
    return {json.loads(line)["id"]: line}
