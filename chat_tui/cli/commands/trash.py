"""`chat-tui threads delete`, `restore`, `trash` and `salvage`: what is no thread any more, or is one again."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.domain.errors import StorageError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr, trn
from chat_tui.session.history import ThreadHistory


async def delete(args: Namespace, container: Container, out: Output) -> int:
    """Moves threads to the trash.

    Raises:
        StorageError: one is not there, or can't be moved.
    """
    history = ThreadHistory(container.store, container.undo)
    for part in args.id:
        name = await container.store.resolve(_named(part))
        await history.delete(name)
        out.note(tr("{thread} moved to the trash. To undo: chat-tui threads restore {thread}", thread=name))
    return 0


async def restore(args: Namespace, container: Container, out: Output) -> int:
    """Takes threads out of the trash.

    Raises:
        StorageError: one is not there, or can't be moved.
    """
    for part in args.id:
        name = await container.store.resolve_trashed(_named(part))
        await container.store.restore(name)
        out.note(tr("{thread} restored.", thread=name))
    return 0


async def trash(args: Namespace, container: Container, out: Output) -> int:
    """Lists the trash, or empties it.

    Raises:
        StorageError: something can't be removed.
    """
    if args.empty:
        count = await container.store.empty_trash()
        out.note(trn("{n} thread permanently deleted.", "{n} threads permanently deleted.", count))
        return 0
    for each in await container.store.trashed():
        when = each.deleted[:16].replace("T", " ")
        out.line(clean(f"{each.summary.id}  {when}  {each.summary.title or tr('(untitled)')}", multiline=False))
    return 0


async def salvage(args: Namespace, container: Container, out: Output) -> int:
    """Makes a thread of a damaged file; without a name, lists the damaged files.

    Raises:
        StorageError: there is no such file, or nothing can be read of it.
    """
    if args.name:
        out.line(await container.store.salvage(args.name))
        return 0
    damaged = await container.store.damaged()
    if args.json:
        out.json([asdict(each) for each in damaged])
        return 0
    for each in damaged:
        out.line(clean(f"{each.name}  {each.message_count:4}  {each.title or '(unreadable)'}", multiline=False))
    if not damaged:
        out.note(tr("No damaged files."))
    return 0


def _named(part: str) -> str:
    """An id that was given: an empty one, of a script's unset variable, must not mean the last thread."""
    if not part.strip():
        raise StorageError(tr("The id is empty."))
    return part
