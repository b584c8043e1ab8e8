"""Commands on threads: list, search, open, begin, rename, mark, delete, restore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from chat_tui.cli.plain.chat import PlainChat
from chat_tui.cli.plain.commands.messages import print_last
from chat_tui.domain.conversation.message import Status
from chat_tui.domain.conversation.thread import Header, ThreadSummary, tags_from
from chat_tui.domain.errors import ProviderError, StorageError, UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import facts, tr, trn
from chat_tui.session.conversations import Conversation
from chat_tui.ui.text import wording

if TYPE_CHECKING:
    from chat_tui.domain.ports.backend import ChatRequest

MOST = 20
"""Threads that are listed at once."""
THREADS, TRASH, DAMAGED = tr("threads"), tr("trash"), tr("damaged files")


async def threads(chat: PlainChat, argument: str) -> None:
    """Lists the last threads, or finds some by words and filters, and says where the words are."""
    await chat.conversations.save_soon(chat.conversation)
    if not argument:
        recent = [each for each in await chat.container.store.recent(MOST + 1) if each.id != chat.thread.id][:MOST]
        chat.numbered(THREADS, [each.id for each in recent], [_row(each) for each in recent])
        chat.say(tr("/open NUMBER opens one. /threads WORDS finds others.") if recent else tr("No other threads."))
        return
    found = await chat.container.store.search(argument, MOST, wait=True)
    rows = []
    for hit in found.hits:
        at = max(0, hit.ranges[0][0] - 40) if hit.ranges else 0
        part = " ".join(hit.snippet[at : at + 120].split())
        rows.append(_row(hit.summary) + (f"\n   {part}" if part else ""))
    chat.numbered(THREADS, [each.summary.id for each in found.hits], rows)
    chat.say(tr("/open NUMBER opens one.") if rows else tr("No matching threads."))


def _row(thread: ThreadSummary) -> str:
    marks = [*([tr("pinned")] if thread.pinned else []), *([tr("archived")] if thread.archived else [])]
    marks += [*([tr("draft")] if thread.has_draft else []), *(f"#{each}" for each in thread.tags)]
    count = trn("{n} message", "{n} messages", thread.message_count)
    return clean(facts([thread.title, wording.short_date(thread.updated), count, *marks]), multiline=False)


async def open_thread(chat: PlainChat, argument: str) -> None:
    """Opens a thread: by its number in the list, a part of its id, or words that find only it."""
    if not argument:
        await threads(chat, "")
        return
    name = chat.named(THREADS, argument)
    try:
        thread_id = await chat.container.store.resolve(name)
    except StorageError:
        found = (await chat.container.store.search(name, 2, wait=True)).hits
        if len(found) != 1:
            await threads(chat, name)
            return
        thread_id = found[0].summary.id
    await switch_to(chat, thread_id)


async def switch_to(chat: PlainChat, thread_id: str) -> None:
    """Opens a thread and prints its end."""
    if await chat.may_leave():
        await chat.open(thread_id)
        say_thread(chat)
        print_last(chat)
        say_draft(chat)


def say_thread(chat: PlainChat) -> None:
    """Says which thread is open, and which model answers in it."""
    model, count = chat.session.model, len(chat.thread.branch())
    kind = tr("Temporary thread") if chat.thread.is_temporary else tr("Thread")
    named = tr("model {model}", model=model.id) if model else tr("no model")
    about = trn("{n} message", "{n} messages", count) if count else tr("empty")
    chat.say(facts((tr("{kind}: {title}", kind=kind, title=chat.thread.display_title), about, named)))


def say_draft(chat: PlainChat) -> None:
    """Says what is written and not sent."""
    text = "\n\n".join(each for each in (chat.kept, chat.written.stored) if each.strip())
    if text.strip():
        chat.say(tr("Draft:\n{text}\n/send sends it, /edit edits it, /discard-draft discards it.", text=text))


async def new_thread(chat: PlainChat, argument: str) -> None:
    """Begins an empty thread with the model in use."""
    if await chat.may_leave():
        chat.begin(chat.session.model)
        say_thread(chat)


async def temporary_thread(chat: PlainChat, argument: str) -> None:
    """Begins a thread that is never saved."""
    if await chat.may_leave():
        chat.begin(chat.session.model, is_temporary=True)
        say_thread(chat)


async def save_thread(chat: PlainChat, argument: str) -> None:
    """Saves a temporary thread from now on."""
    if not chat.thread.is_temporary:
        raise UsageError(tr("This thread is saved already."))
    await chat.conversations.keep(chat.conversation)
    chat.say(tr("Saved: {title}", title=chat.thread.display_title))


async def rename_thread(chat: PlainChat, argument: str) -> None:
    """Changes the thread's title."""
    title = clean(argument, multiline=False).strip()
    if not title or not chat.thread.messages:
        raise UsageError(
            tr("Write a title: /rename TITLE") if not title else tr("This thread is empty: send a message first.")
        )
    await _change(chat, tr("Renamed"), title=title)


async def pin_thread(chat: PlainChat, argument: str) -> None:
    """Pins or unpins the thread."""
    pinned = not chat.thread.pinned
    await _change(chat, tr("Pinned") if pinned else tr("Unpinned"), pinned=pinned)


async def archive_thread(chat: PlainChat, argument: str) -> None:
    """Archives or unarchives the thread."""
    archived = not chat.thread.archived
    await _change(chat, tr("Archived") if archived else tr("Unarchived"), archived=archived)


async def tag_thread(chat: PlainChat, argument: str) -> None:
    """Sets the thread's tags; without any, says which it has; `none` removes them."""
    if not argument:
        chat.say(tr("Tags: {tags}", tags=", ".join(chat.thread.tags) or tr("none")))
        return
    tags = [] if argument == "none" else tags_from(argument)
    await _change(chat, tr("Tags: {tags}", tags=", ".join(tags)) if tags else tr("Tags removed"), tags=tags)


async def _change(chat: PlainChat, done: str, **fields: Unpack[Header]) -> None:
    await chat.conversations.change(chat.thread.id, **fields)
    chat.say(tr("{kind}: {title}", kind=done, title=chat.thread.display_title))


async def duplicate_thread(chat: PlainChat, argument: str) -> None:
    """Opens a copy of the thread."""
    chat.note_draft()
    if chat.thread.is_empty or chat.thread.is_temporary:
        raise UsageError(
            tr("Nothing to copy.") if chat.thread.is_empty else tr("Save this thread first: /save-thread.")
        )
    await chat.session.save()
    await switch_to(chat, await chat.container.store.duplicate(chat.thread.id))


async def delete_thread(chat: PlainChat, argument: str) -> None:
    """Moves the thread to the trash; with a number of the list, that one."""
    thread_id = chat.named(THREADS, argument) if argument else chat.thread.id
    if thread_id != chat.thread.id:
        thread_id = await chat.container.store.resolve(thread_id)
        await chat.conversations.delete(thread_id)
        chat.say(tr("Moved to the trash. /undo-in-lists restores it."))
        return
    title, model = chat.thread.display_title, chat.session.model
    if not chat.thread.is_temporary and not chat.thread.is_empty:
        await chat.conversations.delete(thread_id)
    chat.conversations.drop(chat.conversation)
    del chat.conversation  # it must not be saved again
    chat.begin(model)
    chat.say(tr("Moved to the trash: {title}. /undo-in-lists restores it.", title=title))
    say_thread(chat)


async def clear_thread(chat: PlainChat, argument: str) -> None:
    """Starts over in this thread; the messages stay as a branch."""
    chat.require_idle()
    chat.session.clear()
    chat.say(tr("Thread cleared. /undo restores it."))


async def undo_in_lists(chat: PlainChat, argument: str) -> None:
    """Undoes the last deletion, rename, tag or pin of a thread."""
    change = await chat.conversations.undo_in_list()
    if change is None:
        raise UsageError(tr("Nothing to undo."))
    chat.say(tr("Undone: {change}: {title}", change=change.what, title=change.thread_title))


async def trash(chat: PlainChat, argument: str) -> None:
    """Lists the deleted threads."""
    found = await chat.container.store.trashed()
    chat.numbered(TRASH, [each.summary.id for each in found], [_row(each.summary) for each in found])
    chat.say(tr("/restore NUMBER restores one.") if found else tr("The trash is empty."))


async def restore(chat: PlainChat, argument: str) -> None:
    """Restores a deleted thread by its number in the trash, and opens it."""
    if not argument:
        await trash(chat, "")
        return
    thread_id = chat.named(TRASH, argument)
    await chat.container.store.restore(thread_id)
    await switch_to(chat, thread_id)


async def empty_trash(chat: PlainChat, argument: str) -> None:
    """Deletes all threads in the trash permanently; with a number, one of them."""
    if argument:
        thread_id = chat.named(TRASH, argument)
        if await chat.confirm(tr("Delete this thread permanently?")):
            await chat.container.store.delete_trashed(thread_id)
            chat.say(trn("{n} thread permanently deleted.", "{n} threads permanently deleted.", 1))
    elif await chat.confirm(tr("Delete all threads in the trash permanently?")):
        count = await chat.container.store.empty_trash()
        chat.say(trn("{n} thread permanently deleted.", "{n} threads permanently deleted.", count))


async def damaged(chat: PlainChat, argument: str) -> None:
    """Lists the damaged thread files; with a number, recovers one as a thread."""
    if argument:
        await switch_to(chat, await chat.container.store.salvage(chat.named(DAMAGED, argument)))
        return
    found = await chat.container.store.damaged()
    rows = [
        facts(
            (
                each.title or tr("unreadable"),
                trn("{n} message", "{n} messages", each.message_count),
                each.name,
            )
        )
        for each in found
    ]
    chat.numbered(DAMAGED, [each.name for each in found], rows)
    chat.say(tr("/damaged NUMBER recovers one.") if found else tr("No damaged files."))


# Titles by a model


async def title(chat: PlainChat, argument: str) -> None:
    """Asks a model for the thread's title."""
    from chat_tui.domain.ports.backend import ChatRequest
    from chat_tui.session.requests.titles import title_request

    named = chat.container.settings.title_model
    model, messages = ModelRef.parse(named) if named else chat.session.model, title_request(chat.thread)
    if model is None or messages is None:
        raise UsageError(tr("No model chosen.") if model is None else tr("A title needs an answer first."))
    if await chat.permits(ChatRequest(model, messages)):
        chat.say(tr("Asking {model} for a title", model=model.id))
        chat.say(await _ask_for_title(chat, chat.conversation, ChatRequest(model, messages)))


def title_after_first_answer(chat: PlainChat) -> None:
    """Asks for a title in the background, if the settings name a model and the user gave no title."""
    named, reply = chat.container.settings.title_model, chat.session.reply
    if named is None or reply is None or reply.status is not Status.COMPLETE:
        return
    from chat_tui.domain.ports.backend import ChatRequest
    from chat_tui.session.requests.titles import is_automatic, title_request

    answers = [each for each in chat.thread.messages.values() if each.is_answer and each.content.strip()]
    messages = title_request(chat.thread)
    if len(answers) != 1 or messages is None or not is_automatic(chat.thread):
        return
    conversation, request = chat.conversation, ChatRequest(ModelRef.parse(named), messages)

    async def ask() -> None:
        if reason := await chat.refusal(request):
            chat.notices.append(tr("No title: {reason}", reason=reason))
            return
        try:
            chat.notices.append(await _ask_for_title(chat, conversation, request))
        except (ProviderError, StorageError) as error:
            chat.notices.append(tr("No title: {error}", error=error))

    chat.conversations.background.start(ask())


async def _ask_for_title(chat: PlainChat, conversation: Conversation, request: ChatRequest) -> str:
    """Gives a thread the title of a model, unless it has got another one meanwhile; returns what is said of it."""
    from chat_tui.session.requests.single_request import ask_once
    from chat_tui.session.requests.titles import title_of

    before = conversation.thread.title
    answer = await ask_once(chat.container.backend, request, "title")
    conversation.session.on_request_end(answer)
    found = title_of(answer.content)
    if not found or conversation.thread.title != before:
        return tr("No title.")
    await chat.conversations.change(conversation.thread.id, title=found)
    cost = chat.container.prices.cost(answer)
    return tr("Title: {title}, {price}", title=found, price=wording.price(cost) if cost else tr("price unknown"))
