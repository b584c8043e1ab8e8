"""Another thread as an attachment: its shown branch, or those of its messages that hold some words, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from chat_tui.domain.conversation.draft import Attachment
from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tree import living
from chat_tui.domain.errors import StorageError
from chat_tui.domain.search.results import SearchResult
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.fence import fenced
from chat_tui.i18n import sentences, tr

PREFIX = "thread:"
"""What the name of a thread begins with where files are named: `thread:ID`, `thread:ID?words`."""


class ThreadReader(Protocol):
    """Finds and reads threads, whether they are open or not."""

    async def resolve(self, part: str) -> str:
        """See `ThreadStore.resolve`."""
        ...

    async def read(self, thread_id: str) -> Thread:
        """Reads a thread beside the one that may be open."""
        ...

    async def search(self, query: str, limit: int = 100) -> SearchResult:
        """See `ThreadStore.search`."""
        ...


async def read_thread(name: str, threads: ThreadReader, limit: int) -> Attachment:
    """Reads what a name such as `thread:ID` stands for; what follows the id after a space is only its title.

    Args:
        name: `thread:`, a unique part of an id, and perhaps `?` and words, of which the messages hold all.
        threads: reads it.
        limit: characters that a text may have.

    Raises:
        StorageError: there is no such thread, no message with these words, or it is too long.
    """
    which, has_words, words = name.removeprefix(PREFIX).partition("?")
    part = which.split(" ")[0].strip()
    if not part:
        raise StorageError(tr("Name a thread: thread:ID, or thread:ID?words for the messages that hold them."))
    thread = await threads.read(await threads.resolve(part))
    title = clean(thread.display_title, multiline=False)
    messages: Iterable[Message] = thread.branch()
    if has_words:
        wanted = words.casefold().split()
        held = living(thread).values()
        messages = [each for each in held if all(word in each.content.casefold() for word in wanted)]
    texts = [_turn(each) for each in messages if each.content.strip() and each.role is not Role.TOOL]
    if not texts:
        raise StorageError(
            tr("No message of {title} holds: {words}", title=title, words=words)
            if has_words
            else tr("{title} has no messages.", title=title)
        )
    text = clean("\n\n".join([f"# {title}", *texts]))
    if len(text) > limit:
        how = tr("Name words of it: {name}?words", name=f"{PREFIX}{thread.id}")
        raise StorageError(sentences(tr("{title} is too long: {n:,} characters.", title=title, n=len(text)), how))
    shown = f"{title}: {clean(words, multiline=False)}" if has_words else title
    path = f"{PREFIX}{thread.id}" + f"?{words}" * bool(has_words)
    return Attachment(shown, path, len(text.encode()), block=fenced(text, f"markdown {shown}"))


def _turn(message: Message) -> str:
    who = message.model or "assistant" if message.is_answer else str(message.role)
    return f"## {clean(who, multiline=False)}\n\n{message.content}"


async def thread_names(typed: str, threads: ThreadReader, limit: int) -> list[str]:
    """The threads that a name which is being typed may mean, with their titles; the newest where nothing is typed."""
    found = await threads.search(typed.removeprefix(PREFIX), limit)
    titles = ((each.summary.id, each.summary.title.replace('"', "'").rstrip("/")) for each in found.hits)
    return [clean(f"{PREFIX}{thread_id} {title}", multiline=False) for thread_id, title in titles]
