"""Damaged thread files: set aside as they are, listed, and salvaged.

Salvaging reads a file that is cut short, has flipped bits or holes, in two ways, of which the one that finds more
counts: the whole text, closed where it breaks off; and line by line, as this program writes a message on a line of its
own, so that damage in one line costs that line's rest and nothing else.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from chat_tui.domain.conversation.message import now
from chat_tui.domain.conversation.thread import Thread, ThreadDamage, new_thread_id
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files import atomic
from chat_tui.storage.files.strict_json import CodecError, dump
from chat_tui.storage.paths import Paths
from chat_tui.storage.threads.codec import FORMAT, MESSAGES, SUFFIX, VERSION, decode

_ASIDE = re.compile(r"-\d{8}T\d{6}Z(-\d+)?$")
"""What `set_aside` puts behind a file's name."""


class DamagedError(StorageError):
    """A file is no thread, and has been set aside; the text says where."""


class Damage:
    """The damaged files of one data directory, and what has been found of them since the start."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._notes: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found, a line each."""
        return tuple(self._notes)

    def note(self, line: str) -> str:
        """Keeps a line for the user, once; returns it clean."""
        line = clean(line, multiline=False)
        if line not in self._notes:
            self._notes.append(line)
        return line

    def set_aside(self, path: Path, why: str, read: os.stat_result | None = None) -> str:
        """Moves a file that is no thread out of the way, never over another.

        Args:
            path: the file.
            why: it is none.
            read: its status when it was read, if programs beside this one may write it.

        Returns:
            What was done, which is noted too; nothing where the file has changed since it was read, and stays.
        """
        if read is not None and not atomic.is_still(path, read):
            return ""
        stamp = now().replace("-", "").replace(":", "")
        for number in range(1000):
            target = self._paths.corrupt / f"{path.stem}-{stamp}{f'-{number}' if number else ''}{SUFFIX}"
            try:
                atomic.move(path, target)
            except FileExistsError:
                continue
            except FileNotFoundError:
                break
            except StorageError as error:
                return self.note(tr("{name} can't be read: {why}. {error}", name=path.name, why=why, error=error))
            return self.note(
                tr(
                    "{name} can't be read: {why}. It was moved unchanged to {target}.",
                    name=path.name,
                    why=why,
                    target=target,
                )
            )
        return self.note(tr("{name} can't be read: {why}. It no longer exists.", name=path.name, why=why))

    def listed(self) -> list[ThreadDamage]:
        """The files that are set aside, the newest first, with what can be had of each."""
        try:
            names = sorted(each.name for each in self._paths.corrupt.iterdir() if each.suffix == SUFFIX)
        except OSError:  # nothing was ever damaged
            return []
        found = []
        for name in reversed(names):
            try:
                thread = self.salvaged(name)
            except StorageError:
                found.append(ThreadDamage(name, str(self._paths.corrupt / name)))
            else:
                path = str(self._paths.corrupt / name)
                found.append(ThreadDamage(name, path, thread.display_title, len(thread.messages)))
        return found

    def salvaged(self, name: str) -> Thread:
        """What can be had of a damaged file and of the version before it, as a thread of a new id.

        Raises:
            ThreadNotFoundError: there is no such file.
            StorageError: nothing can be had of it.
        """
        path = self._paths.corrupt / Path(name).name
        try:
            data, _ = atomic.safe_read(path)
        except FileNotFoundError:
            shown = clean(name, multiline=False)
            raise ThreadNotFoundError(
                tr("No damaged file {name}. `chat-tui threads salvage` lists them.", name=shown)
            ) from None
        thread = salvage(data, self._before(name))
        if thread.is_empty:
            raise StorageError(tr("Nothing in {path} can be read as a message. The file stays where it is.", path=path))
        return replace(thread, id=new_thread_id())

    def _before(self, name: str) -> bytes:
        """The version of the thread before the damaged one; empty if there is none."""
        thread_id = _ASIDE.sub("", Path(name).stem)
        try:
            return atomic.safe_read(self._paths.backups / (thread_id + SUFFIX))[0]
        except (FileNotFoundError, StorageError):
            return b""


def salvage(data: bytes, before: bytes = b"") -> Thread:
    """Reads what can be read; never fails.

    Args:
        data: the damaged file.
        before: an earlier version of it; what only it has is taken from it.

    Returns:
        A thread, empty where nothing could be read. The last text before a break is kept as far as it goes.
    """
    text = data.decode("utf-8", "replace").replace("\0", "")
    thread = max(_threads(text), key=lambda each: (len(each.messages), bool(each.title)), default=Thread())
    try:
        earlier = decode(before)
    except CodecError:
        return thread
    for message in earlier.messages.values():
        there = thread.messages.get(message.id)
        if there is None or (len(there.content) < len(message.content) and message.content.startswith(there.content)):
            thread.messages[message.id] = message
    for name in ("title", "system_prompt", "draft", "model", "head"):
        if not getattr(thread, name):
            setattr(thread, name, getattr(earlier, name))
    if thread.head not in thread.messages:
        thread.head = next(reversed(thread.messages), None)
    return thread


def _threads(text: str) -> Iterable[Thread]:
    whole = _loose(text)
    if isinstance(whole, dict):
        yield _thread(whole, whole.get(MESSAGES))
    header: JsonObject = {}
    messages: list[Json] = []
    for line in text.splitlines():
        piece = line.strip().removesuffix(",")
        if piece.startswith('"'):
            field = _loose("{" + piece + "}")
            header |= field if isinstance(field, dict) else {}
        elif piece.startswith("{") and isinstance(found := _loose(piece), dict):
            messages.append(found)
    yield _thread(header, messages)


def _thread(header: JsonObject, messages: Json) -> Thread:
    listed = messages if isinstance(messages, list) else []
    kept: list[Json] = [each for each in listed if isinstance(each, dict) and {"content", "reasoning"} & each.keys()]
    try:
        return _read(header | {MESSAGES: kept})
    except CodecError:  # a number out of range, a deep nesting: it is not to cost the rest
        fields = {name: value for name, value in header.items() if _is_thread({name: value})}
        return _read(fields | {MESSAGES: [each for each in kept if _is_thread({MESSAGES: [each]})]})


def _read(source: JsonObject) -> Thread:
    return decode(dump(source | {"format": FORMAT, "version": VERSION}).encode())


def _is_thread(source: JsonObject) -> bool:
    try:
        _read(source)
    except CodecError:
        return False
    return True


def _loose(text: str) -> Json:
    """Reads JSON that may break off or hold raw control characters; None where nothing can be read."""
    for attempt in (text, *_closed(text)):
        try:
            value: Json = json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
        return value
    return None


def _closed(text: str) -> Iterator[str]:
    """Ends a JSON text where it breaks off: with its last string as far as it goes, or else behind its last value."""
    closers: list[str] = []
    in_string = escaped = False
    safe = 0
    """Up to where the text can be cut: nothing is opened or closed behind it."""
    for at, char in enumerate(text):
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "{[":
            closers.append("}" if char == "{" else "]")
            safe = at + 1
        elif char in "}]" and closers:
            closers.pop()
            safe = at + 1
        elif char == ",":
            safe = at
    end = "".join(reversed(closers))
    if in_string:
        kept = text[:-1] if escaped else text
        kept = kept[: kept.rfind("\\u")] if "\\u" in kept[-5:] else kept
        yield kept + '"' + end
    yield text[:safe] + end
