"""Finds threads by title, tags and full text: summaries in memory, texts in the index, which is filled behind.

The index is filled by a thread of low priority, a file at a time, from a moment after the start; a search that comes
before that is done answers with what there is and says so. What changed since is read by the search itself.
"""

from __future__ import annotations

import re
import threading
import time
import unicodedata
from bisect import bisect_left
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread, ThreadSummary
from chat_tui.domain.errors import StorageError
from chat_tui.domain.search.fuzzy import Closeness, match
from chat_tui.domain.search.query import Query, in_utc, parse_query
from chat_tui.domain.search.results import SearchResult, ThreadHit
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.opening import opening
from chat_tui.storage.files.atomic import safe_read
from chat_tui.storage.files.database import Signature
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.search.listing import ThreadListing
from chat_tui.storage.search.normalize import fold, pattern
from chat_tui.storage.search.text_index import PLACE_BITS, IndexedText, IndexedThread, TextIndex, TextMatch, Threads
from chat_tui.storage.threads.codec import SUFFIX, decode

_HEAD_START = 2.0
"""Seconds before the background begins: the first frame and the list come first."""
_SHORTEST_PAUSE = 0.002
"""Seconds that the background waits at least before the next file; else as long as the last one took."""
_WANTED = 2.0
"""Seconds after a search for which somebody waits for more: the background makes no long pauses then."""
_BATCH = 32
"""Threads that are written in one transaction."""
_AT_ONCE = 8
"""Changed files that a search reads itself."""
_GIVE_UP = 30.0
"""Seconds for which an index that can't be written is left alone."""
_BEFORE, _SNIPPET = 200, 900
"""Characters of a snippet before the first match at most, and in all."""


class ThreadSearch:
    """Answers searches. All methods block: call them in a thread."""

    def __init__(self, threads: Path, listing: ThreadListing, index: TextIndex) -> None:
        """Reads nothing yet.

        Args:
            threads: the directory.
            listing: knows the summaries.
            index: the texts.
        """
        self._threads = threads
        self._listing = listing
        self._index = index
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._background: threading.Thread | None = None
        self._usable_from = 0.0
        self._wanted_until = 0.0
        """Until when somebody waits for what is not read yet (`time.monotonic`)."""
        self._unreadable: dict[str, Signature] = {}
        self._compared: tuple[dict[str, Signature], Threads, list[str]] = ({}, {}, [])
        self._names: tuple[list[ThreadSummary], list[tuple[ThreadSummary, str]]] = ([], [])

    def close(self) -> None:
        """Stops the background."""
        self._stop.set()

    def begin(self) -> None:
        """Lets the background bring the index up to date, once."""
        if self._background is None:
            self._fill_behind(_HEAD_START)

    def find(self, text: str, limit: int, *, wait: bool = False) -> SearchResult:
        """See `ThreadStore.search`.

        Raises:
            StorageError: the directory can't be read.
        """
        query = parse_query(text)
        with self._guard:
            self._forget()
            stale = self._stale()
            may_write = wait or time.monotonic() >= self._usable_from
            if not query.is_empty:
                self._wanted_until = time.monotonic() + _WANTED
            if may_write and (wait or len(stale) <= _AT_ONCE):
                self._fill(stale)
                stale = self._stale()
            elif may_write:
                self._fill_behind(0)
            looked = self._index.look(query)
            found = looked or _nothing(query)
            hits = self._recent(found, limit) if query.is_empty else self._matching(query, found, limit)
        if query.is_empty and not self._names[0]:
            threading.Thread(target=self._warm, name="thread-titles", daemon=True).start()
        return SearchResult(
            hits, complete=looked is not None and not stale, unread=len(stale) if looked is not None else 0
        )

    def _warm(self) -> None:
        """Reads what the first word will need, while it is being typed."""
        with self._guard, suppress(StorageError):
            self._named()

    # Which threads

    def _recent(self, found: TextMatch, limit: int) -> list[ThreadHit]:
        chosen = self._listing.recent(limit)
        numbers = {each.id: found.threads[each.id][0] for each in chosen if each.id in found.threads}
        last = self._index.last_rows(numbers.values())
        return self._hits(Query(), [(each, last.get(numbers.get(each.id, -1)), 0) for each in chosen])

    def _matching(self, query: Query, found: TextMatch, limit: int) -> list[ThreadHit]:
        must = found.threads_with
        if found.searched is not None:
            must = [*must, {row >> PLACE_BITS for row in found.searched}]
        terms = [
            (fold(term.text), {row >> PLACE_BITS for row in rows})
            for term, rows in zip(query.terms, found.terms, strict=True)
        ]
        chosen: list[ThreadSummary] = []
        for each, names in self._named():
            if (query.archived and not each.archived) or (query.pinned and not each.pinned):
                continue
            number = found.threads[each.id][0] if each.id in found.threads else -1
            if must and not all(number in threads for threads in must):
                continue
            if query.tags and not _has_tags(each, query.tags):
                continue
            if query.models and not _has_models(each, number, query.models, found.models):
                continue
            for text, threads in terms:
                if number not in threads and (query.roles or not _is_named(text, names, each.title)):
                    break
            else:
                chosen.append(each)
                if len(chosen) >= limit:
                    break
        return self._hits(query, self._places(found, chosen))

    def _named(self) -> list[tuple[ThreadSummary, str]]:
        """All threads with their titles and tags as they are compared."""
        every = self._listing.all()
        if self._names[0] is not every:
            joined = ("\n".join((each.title, *each.tags)) for each in every)
            folded = (fold(unicodedata.normalize("NFC", each)) for each in joined)
            self._names = every, list(zip(every, folded, strict=True))
        return self._names[1]

    # Where in them

    def _places(self, found: TextMatch, chosen: list[ThreadSummary]) -> list[tuple[ThreadSummary, int | None, int]]:
        """Each thread with the row to show of it, and how many of its messages hold a term."""
        places: list[tuple[ThreadSummary, int | None, int]] = []
        rest: dict[int, int] = {}
        for each in chosen:
            number = found.threads.get(each.id, (-1,))[0]
            rows: dict[int, int] = {}
            for held in found.terms or [found.searched or []]:
                for row in held[
                    bisect_left(held, number << PLACE_BITS) : bisect_left(held, (number + 1) << PLACE_BITS)
                ]:
                    rows[row] = rows.get(row, 0) + 1
            if not rows and number >= 0:
                rest[len(places)] = number
            best = max(rows, key=lambda row: (rows[row], row), default=None)
            places.append((each, best, len(rows)))
        last = self._index.last_rows(rest.values())
        for at, number in rest.items():
            places[at] = (places[at][0], last.get(number), 0)
        return places

    def _hits(self, query: Query, places: list[tuple[ThreadSummary, int | None, int]]) -> list[ThreadHit]:
        marks = pattern(query.terms)
        hits: list[ThreadHit] = []
        for start in range(0, len(places), 256):
            batch = places[start : start + 256]
            bodies = self._index.bodies([row for _, row, _ in batch if row is not None])
            for summary, row, count in batch:
                message, role, text = bodies.get(-1 if row is None else row, (None, "", ""))
                start, snippet, ranges = _snippet(text, marks)
                hits.append(
                    ThreadHit(
                        summary,
                        message if count else None,
                        snippet,
                        ranges,
                        count,
                        opening=opening(text, start) if start else "",
                        is_prompt=role == Role.USER,
                    )
                )
        return hits

    # Filling the index

    def _stale(self) -> list[str]:
        """The threads whose text the index lacks, the newest first."""
        files, known = self._listing.ids(), self._index.threads()
        if self._compared[0] is not files or self._compared[1] is not known:
            stale = [
                name
                for name, signature in files.items()
                if (name not in known or known[name][1] != signature) and self._unreadable.get(name) != signature
            ]
            stale.sort(key=lambda each: files[each], reverse=True)
            self._compared = files, known, stale
        return self._compared[2]

    def _forget(self) -> None:
        """Takes out the texts of threads that are gone."""
        if gone := self._index.threads().keys() - self._listing.ids().keys():
            self._index.forget(gone)

    def _fill(self, stale: list[str], *, slowly: bool = False) -> None:
        """Reads files into the index."""
        entries: list[IndexedThread] = []
        for name in stale:
            began = time.monotonic()
            if (entry := self._read(name)) is not None:
                entries.append(entry)
            if len(entries) >= _BATCH:
                if not self._put(entries):
                    return
                entries = []
            is_wanted = began < self._wanted_until
            pause = _SHORTEST_PAUSE if is_wanted else max(_SHORTEST_PAUSE, time.monotonic() - began)
            if slowly and self._stop.wait(pause):
                return
        if entries:
            self._put(entries)

    def _put(self, entries: list[IndexedThread]) -> bool:
        done = self._index.put(entries)
        if not done:
            self._usable_from = time.monotonic() + _GIVE_UP
        return done

    def _read(self, thread_id: str) -> IndexedThread | None:
        signature = self._listing.ids().get(thread_id)
        if signature is None:
            return None
        try:
            data, status = safe_read(self._threads / (thread_id + SUFFIX))
            thread = decode(data)
        except FileNotFoundError:
            return None
        except (StorageError, CodecError):  # the listing tells of it
            self._unreadable[thread_id] = signature
            return None
        texts = [_text(each) for each in _shown(thread)]
        if thread.draft.strip():
            texts.append(_text(Message("", None, Role.USER, thread.draft, created=thread.updated)))
        return IndexedThread(thread_id, (status.st_mtime_ns, status.st_size), texts)

    def _fill_behind(self, head_start: float) -> None:
        if self._background is None or not self._background.is_alive():
            # A daemon: what it does is derived, and quitting must not wait for it.
            self._background = threading.Thread(
                target=self._work_behind, args=(head_start,), name="text-index", daemon=True
            )
            self._background.start()

    def _work_behind(self, head_start: float) -> None:
        if self._stop.wait(head_start):
            return
        try:
            self._forget()
            self._fill(self._stale(), slowly=True)
        except StorageError:  # the listing tells of it
            return


def _nothing(query: Query) -> TextMatch:
    """What an index that can't be used knows."""
    searched: list[int] | None = [] if query.narrows_messages else None
    return TextMatch({}, [[] for _ in query.terms], searched, [set() for _ in query.models], [set()] * query.has_code)


def _shown(thread: Thread) -> list[Message]:
    """The messages of all branches, but the deleted ones and what follows them."""
    gone: set[str | None] = set()
    for message in thread.messages.values():
        if message.deleted or message.parent in gone:
            gone.add(message.id)
    return [each for each in thread.messages.values() if each.id not in gone]


def _text(message: Message) -> IndexedText:
    text = unicodedata.normalize("NFC", clean(message.content))
    model = fold(clean(message.model or "", multiline=False))
    return IndexedText(message.id or None, str(message.role), model, _in_utc(message.created), "```" in text, text)


def _in_utc(iso: str) -> str:
    try:
        return in_utc(datetime.fromisoformat(iso))
    except (ValueError, OverflowError, OSError):
        return ""


def _is_named(text: str, names: str, title: str) -> bool:
    """Whether a thread's title or tags contain a term, or it is made of the beginnings of the title's words."""
    if text in names or " " in text:
        return text in names
    found = match(text, title)
    return found is not None and found.closeness <= Closeness.INITIALS


def _has_tags(summary: ThreadSummary, wanted: list[str]) -> bool:
    own = [fold(each) for each in summary.tags]
    return all(any(each.startswith(fold(tag)) for each in own) for tag in wanted)


def _has_models(summary: ThreadSummary, number: int, wanted: list[str], answered: list[set[int]]) -> bool:
    """Whether all models either answered in the thread or are its next one."""
    own = fold(summary.model or "")
    return all(number in threads or fold(name) in own for name, threads in zip(wanted, answered, strict=True))


def _snippet(text: str, marks: re.Pattern[str] | None) -> tuple[int, str, tuple[tuple[int, int], ...]]:
    """Where a snippet begins in its text, the snippet, and the places of all matches in it.

    It begins with the line of the first match, as far as that is near; without a match, it is the text's end.
    """
    folded = fold(text) if marks else ""
    first = marks.search(folded) if marks else None
    place = first.start() if first else len(text)
    earliest = max(0, place - _BEFORE) if first else max(0, len(text) - _SNIPPET)
    line = text.rfind("\n", earliest, place) + 1 if first else text.find("\n", earliest, earliest + _BEFORE) + 1
    start = line or max(earliest, text.find(" ", earliest, earliest + 24) + 1 if earliest else 0)
    end = min(len(text), start + _SNIPPET)
    lead = "" if start in (0, line) else "…"
    shift = len(lead) - start
    found = marks.finditer(folded, start, end) if marks and first else ()
    ranges = tuple((each.start() + shift, each.end() + shift) for each in found)
    return start, lead + text[start:end] + ("…" if end < len(text) else ""), ranges
