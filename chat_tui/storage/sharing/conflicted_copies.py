"""Files that Syncthing, Dropbox or iCloud put beside a thread's file where two machines wrote it: found and merged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress

from chat_tui.domain.errors import StorageError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files import atomic
from chat_tui.storage.files.lock import locked
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.paths import Paths
from chat_tui.storage.threads.codec import SUFFIX, decode, encode, is_id

_COPY = re.compile(
    r"(?P<id>.+?)(?:\.sync-conflict-\d{8}-\d{6}-[A-Z0-9]{7}"  # Syncthing
    r"| \([^/]{0,150}conflicted copy[^/]{0,80}\)"  # Dropbox, Nextcloud
    r"| \(\d{1,3}\)"  # Google Drive
    r"| \d{1,3})+"  # iCloud
)


def original(name: str) -> str | None:
    """The id of the thread of which a file of this name, without its suffix, is a conflicted copy."""
    if " " not in name and ".sync-conflict-" not in name:  # as nearly all names
        return None
    found = _COPY.fullmatch(name)
    return found["id"] if found and is_id(found["id"]) else None


class ConflictedCopies:
    """The conflicted copies in one folder of threads."""

    def __init__(self, paths: Paths, tell: Callable[[str], object]) -> None:
        """Looks at nothing yet.

        Args:
            paths: where the threads are.
            tell: hears a line for each copy that was merged.
        """
        self._paths = paths
        self._tell = tell

    def merge(self, names: Iterable[str]) -> int:
        """Merges what is a conflicted copy among names of thread files without their suffix; how many that were.

        A copy goes to the folder of earlier versions. One that can't be read or merged stays where it is.
        """
        merged = 0
        for name in names:
            if (thread_id := original(name)) is not None:
                with suppress(StorageError, CodecError, FileNotFoundError):
                    merged += self._merge(name, thread_id)
        return merged

    def _merge(self, name: str, thread_id: str) -> bool:
        from chat_tui.storage.sharing.three_way import merge_threads  # late: nearly never needed

        copy, path = (self._paths.threads / (each + SUFFIX) for each in (name, thread_id))
        with locked(self._paths.lock_file) as has_turn:
            if not has_turn:
                return False
            theirs = decode(atomic.safe_read(copy)[0])
            try:
                data, status = atomic.safe_read(path)
            except FileNotFoundError:
                with suppress(FileExistsError):
                    atomic.move(copy, path)
                return False
            ours = decode(data)
            if theirs.id != ours.id:  # a file that somebody named so
                return False
            written = encode(merge_threads(None, ours, theirs))
            if written != data:
                atomic.keep_copy(path, self._paths.backups / path.name)
                atomic.write_atomic(path, written, over=atomic.stamp_in(status))
            atomic.keep_copy(copy, self._paths.backups / copy.name)
            atomic.remove(copy)
        title = clean(ours.display_title, multiline=False)
        self._tell(
            tr(
                "A conflicted copy of {title} was merged into it: {file}",
                title=title,
                file=clean(name, multiline=False) + SUFFIX,
            )
        )
        return True
