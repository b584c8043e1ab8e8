"""Brings together what this program and another one made of the same thread file, so that neither loses a message.

A three-way merge by message id. Messages are compared by a hash of their line in the file, which is the same for the
same message. What this program changed since it last read or wrote the file is its own; what the file holds beyond
that is the other's, and is kept until this program reads the file again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from chat_tui.domain.conversation.message import Status, new_message_id
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.files.atomic import Stamp
from chat_tui.storage.files.strict_json import dump
from chat_tui.storage.threads.codec import Lines, encode_lines, join_lines, stray_lines

DRAFT = "draft"
HEAD = "head"


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
    """Hashes of the file then: other than `ours` where another program's version stands, and without what is only in
    the journal of another running program."""
    theirs: Snapshot = field(default_factory=lambda: Snapshot({}, {}, []))
    """Those lines of another program that are in the file in place of, or beside, this program's."""
    header: dict[str, str] = field(default_factory=dict)
    """This program's header lines then."""


def merge(ours: Snapshot, base: Base, disk: Snapshot | None) -> tuple[Snapshot, Base]:
    """Decides what is written.

    A message that only the file changed or added since `base` is the file's; one that this program changed, added or
    took out is this program's. Where both wrote a message, both texts stay, unless one continues the other:
    the other's becomes a sibling. Of two drafts both stay, one below the other. What this program has only read in
    another's journal is not written.

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
        if f"header {DRAFT}" not in changed:  # it may be mixed with ours, which goes into each file anew
            theirs.header |= {DRAFT: base.theirs.header[DRAFT]} if DRAFT in theirs.header else {}
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
    mixed: dict[str, str] = {}
    for name in list(theirs.header):
        if mine.get(f"header {name}") != base.ours.get(f"header {name}"):
            if name == DRAFT:
                mixed[name] = both_drafts(theirs.header[name], ours.header[name])
            else:
                del theirs.header[name]
        elif name == DRAFT and f"header {name}" not in changed:
            both = both_drafts(theirs.header[name], ours.header[name])
            mixed |= {name: both} if base.file.get(f"header {name}") == hash(both) else {}
    theirs.messages |= copies
    strays = ours.strays + [each for each in theirs.strays if each not in ours.strays]
    only_read = {name for name, value in mine.items() if name not in base.file and base.ours.get(name) == value}
    header = {name: line for name, line in ours.header.items() if f"header {name}" not in only_read}
    messages = {name: line for name, line in ours.messages.items() if name not in only_read}
    written = Snapshot(header | theirs.header | mixed, messages | theirs.messages, strays)
    return written, Base(None, mine, written.hashes(), theirs, ours.header)


def overlay(disk: Snapshot, page: Snapshot, was: dict[str, str], after: str | None = None) -> Snapshot:
    """Puts what a program had in its journal over the thread's file.

    Which of the two was written later is judged by what they say, never by clocks, which step back, nor by the times of
    files, which backups change. A page whose program died between writing the thread and taking the page away has
    nothing that the file has not.

    Args:
        disk: the file.
        page: the journal's messages, and the header lines that it changed.
        was: for each header field that the journal changed, its line in the file as the journal's program knew it;
            empty where there was none.
        after: the id of the last message that the journal's program had.
    """
    messages = dict(disk.messages)
    for name, line in page.messages.items():
        there = messages.get(name)
        if there is None:
            messages[name] = line
        elif _text(there) == _text(line):
            if _is_open(there) or not _is_open(line):
                messages[name] = line
        elif (kept := _both(line, there)) is None:
            messages[name] = line
        elif kept != there:
            messages[name] = line
            messages |= _copy(kept)
    is_superseded = bool(page.messages) and all(
        name in disk.messages and _has_all(disk.messages[name], line) for name, line in page.messages.items()
    )
    header = dict(disk.header)
    for name, before in was.items():
        line, there = page.header.get(name, ""), header.get(name, "")
        if name == DRAFT:
            if line and _was_sent(line, disk, after):
                continue
            if there not in (before, line):
                line = both_drafts(there, line)
        elif there not in (before, line) and not _is_later(name, line, there, messages, is_superseded=is_superseded):
            continue
        if line:
            header[name] = line
        else:
            header.pop(name, None)
    return Snapshot(header, messages, disk.strays)


def _is_later(name: str, line: str, there: str, messages: dict[str, str], *, is_superseded: bool) -> bool:
    """Whether a page's header line counts, and not the file's, where both programs have changed it."""
    if name == HEAD:
        own, other = header_value(line) if line else None, header_value(there) if there else None
        if _is_below(own, other, messages):
            return True
        if _is_below(other, own, messages):
            return False
    return not is_superseded


def _is_below(name: Json, above: Json, messages: dict[str, str]) -> bool:
    """Whether a message follows another one."""
    seen = set[str]()
    while isinstance(name, str) and name in messages and name not in seen:
        seen.add(name)
        name = json.loads(messages[name]).get("parent")
        if name == above:
            return True
    return False


def _was_sent(draft: str, disk: Snapshot, after: str | None) -> bool:
    """Whether a draft has become a prompt, since the message `after` was the last one."""
    text = _draft(draft).strip()
    for name, line in reversed(disk.messages.items()):
        if name == after:
            break
        if text == _text(line)[0].strip():
            return True
    return False


def _is_open(line: str) -> bool:
    """Whether a message is an answer that had not ended when it was written down."""
    message: JsonObject = json.loads(line)
    return message.get("status") == Status.INTERRUPTED and not message.get("error")


def _has_all(there: str, line: str) -> bool:
    """Whether a message's line has all the text of another one."""
    return all(own.startswith(its) for own, its in zip(_text(there), _text(line), strict=True))


def both_drafts(one: str, other: str) -> str:
    """The header line of a draft that holds both drafts; one that is in the other is not said twice."""
    texts = [_draft(one), _draft(other)]
    for text, beside in (texts, reversed(texts)):
        if text.strip() in beside:
            return f" {dump(DRAFT)}: {dump(beside)},"
    return f" {dump(DRAFT)}: {dump(chr(10).join((texts[0], '', texts[1])))},"


def beside(file: Snapshot, ours: Snapshot) -> Snapshot:
    """The lines of a file that are not this program's: see `Base.theirs`."""
    header = {name: line for name, line in file.header.items() if ours.header.get(name) != line}
    return Snapshot(header, {name: line for name, line in file.messages.items() if ours.messages.get(name) != line}, [])


def goes_on(line: str, there: str) -> bool:
    """Whether a message's line has all the text of another one, and more."""
    return _text(line) != _text(there) and _both(line, there) is None


def header_value(line: str) -> Json:
    """What a header line says."""
    (value,) = json.loads("{" + line.rstrip().removesuffix(",") + "}").values()
    found: Json = value
    return found


def _draft(line: str) -> str:
    text = header_value(line) if line else ""
    return text if isinstance(text, str) else ""


def _both(mine: str, other: str) -> str | None:
    """The other's line where it must be kept: in place of mine, or as a copy; None where mine has all of it."""
    if mine == other:
        return None
    if _has_all(mine, other):
        return None
    if _has_all(other, mine):
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
