"""Files that are no thread: set aside as they are, told of, and what can be salvaged of them."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from chat_tui.domain.conversation.message import now
from chat_tui.domain.conversation.thread import Thread, ThreadDamage, new_thread_id
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.text.clean import clean
from chat_tui.storage.files import atomic
from chat_tui.storage.paths import Paths
from chat_tui.storage.threads.salvage import salvage

SUFFIX = ".json"
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
        """Keeps a line to be told, once; returns it clean."""
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
                return self.note(f"{path.name} can't be read: {why}. {error}")
            return self.note(f"{path.name} can't be read: {why}. It is kept as it was in {target}.")
        return self.note(f"{path.name} can't be read: {why}. It is not there any more.")

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
                f"There is no damaged file {shown}. `chat-tui threads salvage` lists them."
            ) from None
        thread = salvage(data, self._before(name))
        if thread.is_empty:
            raise StorageError(f"Nothing in {path} can be read as a message. The file stays where it is.")
        return replace(thread, id=new_thread_id())

    def _before(self, name: str) -> bytes:
        """The version of the thread before the damaged one; empty if there is none."""
        thread_id = _ASIDE.sub("", Path(name).stem)
        try:
            return atomic.safe_read(self._paths.backups / (thread_id + SUFFIX))[0]
        except (FileNotFoundError, StorageError):
            return b""
