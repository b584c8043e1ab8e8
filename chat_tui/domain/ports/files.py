"""Ports of the files that a user names: attachments, exports, imports, texts; and the formats and reports of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from chat_tui.domain.conversation.draft import Attachment
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.ports.backend import Progress
from chat_tui.domain.settings import PromptTemplate
from chat_tui.i18n import facts, tr, trn


@dataclass(frozen=True, slots=True)
class WebPage:
    """What an address of the web gave."""

    data: bytes
    media_type: str
    """`text/html`."""
    charset: str
    """As its server names it; empty where that says nothing."""


class Attachments(Protocol):
    """Reads what the user attaches."""

    async def read(self, name: str) -> Attachment:
        """Reads a file as it is now, or gets a page of the web.

        Args:
            name: a path; `~` is the home directory. Or an http(s) address: the user must have asked for it. Or another
                thread: `thread:ID`, `thread:ID?words` for its messages with these words.

        Raises:
            StorageError: it is not there, too large, or neither a text, an image nor a document that can be read; the
                message says which.
        """
        ...

    async def exists(self, name: str) -> bool:
        """Whether there is anything of this name: a file, a directory, a pipe."""
        ...

    async def matches(self, typed: str, limit: int) -> list[str]:
        """The paths that go on from what is typed, those that begin with it first; a directory ends with a slash.

        An address of the web that is typed is offered as it is. Behind `thread:`, threads come
        with their titles. Hidden ones come only where a dot was typed.
        """
        ...


class ExportFormat(StrEnum):
    """What a thread can be exported to; the values are the files' suffixes."""

    MARKDOWN = "md"
    HTML = "html"
    JSON = "json"
    """The thread file as it is: importing it gives the same thread."""
    JSON_LINES = "jsonl"
    """A line for each message of every branch."""
    OPENAI = "openai"
    """The shown branch as the body of a request, on one line: what tools and training take."""

    @property
    def suffix(self) -> str:
        """Of a file in this format."""
        return "json" if self is ExportFormat.OPENAI else str(self)

    @classmethod
    def by_suffix(cls) -> list[ExportFormat]:
        """Those that the suffix of a file's name can choose."""
        return [each for each in cls if each.suffix == each]

    @classmethod
    def suffixes(cls) -> str:
        """All suffixes, for a sentence: `.md, .html, .json or .jsonl`."""
        *others, last = (f".{each}" for each in cls.by_suffix())
        return tr("{others} or {last}", others=", ".join(others), last=last)


@dataclass(frozen=True, slots=True)
class ExportedThread:
    """A thread that an import has put among the others, or found there."""

    id: str
    title: str


@dataclass(slots=True)
class ExportReport:
    """What came of an export of all threads."""

    written: int = 0
    current: int = 0
    """How many had not changed since the export before."""
    problems: list[str] = field(default_factory=list)
    """Threads that could not be exported, a line each, cleaned."""


@dataclass(slots=True)
class ImportReport:
    """What came of an import."""

    imported: list[ExportedThread] = field(default_factory=list)
    grown: list[ExportedThread] = field(default_factory=list)
    """Those that were there already, and got the messages that the file has beyond them."""
    present: list[ExportedThread] = field(default_factory=list)
    """Those that were there already, and were left as they are."""
    messages: int = 0
    """How many messages are new, in new threads and in those that have grown."""
    kinds: dict[str, int] = field(default_factory=dict)
    """How many threads were read of each program, by its name."""
    prompts: list[str] = field(default_factory=list)
    """The names of the prompts that are new in the library."""
    problems: list[str] = field(default_factory=list)
    """What could not be read, or came over changed: a line for each reason, cleaned."""

    @property
    def count(self) -> int:
        """How many threads were read."""
        return len(self.imported) + len(self.grown) + len(self.present)

    def counts(self) -> str:
        """How many threads are new, have grown, were there, in words."""
        words = [tr("{n:,} imported", n=len(self.imported))]
        words += [tr("{n:,} updated", n=len(self.grown))] if self.grown else []
        return facts([*words, tr("{n:,} already present", n=len(self.present))])

    def new_messages(self) -> str:
        """How many messages are new, in words."""
        return trn("{n:,} new message", "{n:,} new messages", self.messages)


@dataclass(slots=True)
class PromptReport:
    """What came of an import of saved prompts."""

    imported: list[PromptTemplate] = field(default_factory=list)
    """Those that are new in the library, or have replaced another one there."""
    present: list[str] = field(default_factory=list)
    """The names of those that were there already, with the same text and settings."""
    kept: list[str] = field(default_factory=list)
    """The names of those that were there already, differ, and were left as they are."""
    problems: list[str] = field(default_factory=list)
    """What could not be read, or came over changed: a line for each reason, cleaned."""

    @property
    def count(self) -> int:
        """How many prompts were read."""
        return len(self.imported) + len(self.present) + len(self.kept)

    def counts(self) -> str:
        """How many are new, were there, differ, in words."""
        words = [tr("{n:,} imported", n=len(self.imported))]
        words += [tr("{n:,} already present", n=len(self.present))] if self.present else []
        return facts([*words, *([tr("{n:,} kept as they are", n=len(self.kept))] if self.kept else [])])


class Exchange(Protocol):
    """Takes threads out of the program and brings others in, and saved prompts."""

    def file_name(self, thread: Thread, to: ExportFormat) -> str:
        """A name for an export, made of the thread's title; one that every file system takes. Quick."""
        ...

    async def export(self, thread: Thread, to: ExportFormat) -> bytes:
        """The thread as a file: UTF-8, no key in it, nothing in it that acts or is loaded from elsewhere.

        Raises:
            StorageError: a value in it has no JSON.
        """
        ...

    async def export_file(self, thread: Thread, name: str, to: ExportFormat | None = None) -> Path:
        """Writes the export into a new file.

        Args:
            thread: the thread.
            name: the file as the user wrote it; in a directory the file is called after the thread's title.
            to: the format; None for what the file's suffix says, Markdown in a directory.

        Returns:
            The file.

        Raises:
            UsageError: there is such a file, which is left as it is, or the suffix says nothing.
            StorageError: it can't be written.
        """
        ...

    async def export_all(
        self, name: str, to: ExportFormat, progress: Callable[[Progress], None] | None = None
    ) -> ExportReport:
        """Exports all threads into a folder, and an index; later, those that have changed since.

        Args:
            name: the folder as the user wrote it; made where it is missing.
            to: the format.
            progress: hears how far it has come, after each thread.

        Raises:
            UsageError: it is no folder, or holds something else.
            StorageError: it can't be written.
        """
        ...

    async def message_page(self, thread: Thread, message_id: str) -> Path:
        """Writes one message as a web page into a file that only the user can read; the next page replaces it.

        Args:
            thread: has the message, and gives the title.
            message_id: the message.

        Raises:
            StorageError: it can't be written.
        """
        ...

    async def import_file(
        self, name: str, progress: Callable[[Progress], None] | None = None, *, dry_run: bool = False
    ) -> ImportReport:
        """Reads threads of chat-tui and other programs; which of them, the content says.

        Of a conversation that was imported before, only what is new comes over: as messages of the thread that there
        is, below those that they follow. What was changed or deleted here stays so. What can't be read is in the
        report; the rest is imported. An import that was stopped is continued by doing it again.

        Args:
            name: a file, an archive or a folder.
            progress: hears how far it has come, after each thread.
            dry_run: whether to write nothing, and only report what would come.

        Raises:
            UsageError: there is no such file, or it is none that can be read.
        """
        ...

    async def import_prompts(self, name: str, *, replaces: bool = False, dry_run: bool = False) -> PromptReport:
        """Reads prompts of other programs into the library: character cards, roles, templates, patterns.

        Args:
            name: a file or a folder.
            replaces: whether one of the library is replaced where another of its name is read.
            dry_run: whether to write nothing, and only report what would come.

        Raises:
            UsageError: there is no such file.
            StorageError: one can't be written; those before it are.
        """
        ...


class TextFiles(Protocol):
    """Takes a piece of a thread out into a file."""

    async def save(self, name: str, text: str, proposed: str) -> Path:
        """Writes a text into a new file, as it is.

        Args:
            name: the file as the user wrote it; a directory takes a file called as proposed.
            text: the whole content.
            proposed: a file name.

        Raises:
            UsageError: there is such a file, which is left as it is, or no such directory.
            StorageError: it can't be written.
        """
        ...

    async def find(self, name: str) -> Path:
        """Finds a file that a message names: its absolute path.

        Raises:
            UsageError: it is not there, or is not a regular file.
        """
        ...

    async def read(self, name: str) -> tuple[Path, str]:
        """Reads a text file that a message names: its absolute path, and its text.

        Raises:
            UsageError: it is not there, is not a regular file, is no text or too large to be compared.
            StorageError: it can't be read.
        """
        ...

    async def keep(self, text: str) -> Path:
        """Keeps a text that could not be copied, until the next one; nobody else can read it.

        Raises:
            StorageError: it can't be written.
        """
        ...
