"""A thread in the commits of several machines: what becomes of it where they are merged.

Two commits may have several last common ancestors, as where machines pull from each other in a ring. Those are merged
first, and what comes of it is the base: so all get the same, in whatever order they pull.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.sharing.three_way import merge_threads
from chat_tui.storage.threads.codec import decode, encode


@dataclass(frozen=True, slots=True)
class Version:
    """A thread in one commit."""

    data: bytes
    """Its file."""
    is_trashed: bool = False
    """Whether it is in the trash."""


class History(Protocol):
    """What is known of commits."""

    def merge_bases(self, commit: str, others: tuple[str, ...]) -> tuple[str, ...]:
        """The last common ancestors of a commit and of what would come of merging others."""

    def has_edits_apart(self, one: str, other: str) -> bool:
        """Whether one of two commits comes of a change that the other one does not know; merges are none."""

    def version(self, commit: str, name: str) -> Version | None:
        """The thread of this name in a commit; None where it is not in it."""


@dataclass(slots=True)
class HistoryMerge:
    """Merges the threads of commits."""

    history: History
    _bases: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    _apart: dict[tuple[str, ...], bool] = field(default_factory=dict)

    def merge(self, name: str, commits: tuple[str, ...]) -> Version | None:
        """What a thread is once all of these commits are merged; None where it is gone, or there are no commits.

        Raises:
            CodecError: a version is no thread, or was written by a newer program.
        """
        found = [self.history.version(each, name) for each in commits]
        if not found or all(each == found[0] for each in found):
            return found[0] if found else None
        if len(commits) == 2 and not self._has_edits_apart(commits):
            return max(found, key=_size)  # both know all: they only merged it in another order
        merged = found[0]
        for at, version in enumerate(found[1:], 1):
            if version != merged:
                merged = merge_versions(self.base(name, commits[: at + 1]), merged, version)
        return merged

    def base(self, name: str, commits: tuple[str, ...]) -> Version | None:
        """The thread as the last of these commits and all others know it; None also where it can't be read."""
        try:
            return self.merge(name, self._merge_bases(commits))
        except CodecError:  # then nothing counts as removed
            return None

    def _merge_bases(self, commits: tuple[str, ...]) -> tuple[str, ...]:
        if commits not in self._bases:
            self._bases[commits] = self.history.merge_bases(commits[-1], commits[:-1])
        return self._bases[commits]

    def _has_edits_apart(self, commits: tuple[str, ...]) -> bool:
        if commits not in self._apart:
            self._apart[commits] = self.history.has_edits_apart(*commits)
        return self._apart[commits]


def _size(version: Version | None) -> tuple[int, bytes, bool]:
    return (len(version.data), version.data, not version.is_trashed) if version else (-1, b"", False)


def merge_versions(base: Version | None, one: Version | None, other: Version | None) -> Version | None:
    """What becomes of a thread that two sides have; the same the other way round.

    What one side put into the trash, or deleted for good, comes back where the other one changed it.

    Raises:
        CodecError: a version is no thread, or was written by a newer program.
    """
    if one == other or other == base:
        return one
    if one == base:
        return other
    if one is None or other is None:
        return one or other
    was = None if base is None else decode(base.data)
    merged = encode(merge_threads(was, decode(one.data), decode(other.data)))
    return Version(merged, one.is_trashed and other.is_trashed)
