"""Actions on threads as a whole: find, open, rename, mark, tag, duplicate, delete, clear."""

from __future__ import annotations

from typing import Unpack

from chat_tui.domain.conversation.thread import Header, Thread, tags_from
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import tr
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.message import is_idle
from chat_tui.ui.chat.actions.model import offered, providers
from chat_tui.ui.text.sanitizer import cut


async def new_thread(context: ActionContext) -> None:
    """Shows an empty thread; where it has just shown one, a temporary one, and back."""
    thread = context.thread
    is_second = context.threads.begun == thread.id and thread.is_empty and context.composer.prompt.draft.is_blank
    await _begin(context, is_temporary=is_second and not thread.is_temporary)
    context.threads.begun = context.thread.id


async def temporary_thread(context: ActionContext) -> None:
    """Shows an empty thread that is never saved."""
    await _begin(context, is_temporary=True)


async def _begin(context: ActionContext, *, is_temporary: bool) -> None:
    if await context.threads.may_leave():
        context.threads.show(context.threads.open_new(is_temporary=is_temporary))


async def save_thread(context: ActionContext) -> None:
    """Saves a temporary thread from now on."""
    if not context.thread.is_temporary:
        context.notify(tr("This thread is saved already."))
    elif await context.threads.keep():
        context.notify(cut(context.thread.display_title, 60), title=tr("Saved"))


async def open_thread(context: ActionContext) -> None:
    """Finds a thread and shows it, at the message that was found."""
    from chat_tui.ui.dialogs.threads.finder import ThreadPicker

    current = context.thread
    await context.conversations.save_soon(context.conversation)
    host, store = context.host, context.services.store
    place = await context.ask(ThreadPicker, store, current.id, context.conversations, lambda: host.painter)
    context.threads.refresh_threads()
    context.bars.refresh()
    if place is None:
        return
    thread_id, message_id = place
    if thread_id != context.thread.id:
        await context.threads.switch_to(thread_id)
    if message_id is not None and context.thread.id == thread_id:
        context.threads.show_message(message_id)


async def open_recent(context: ActionContext) -> None:
    """Shows one of the threads used last, or connects one of the providers that are offered: the key says which."""
    number = max(1, context.key_number("open_recent"))
    if choices := offered(context):
        await providers(context, choices[number - 1])
        return
    threads = [each for each in context.window.recent if each.id != context.thread.id]
    if number <= len(threads):
        await context.threads.switch_to(threads[number - 1].id)
        context.bars.refresh()


async def rename_thread(context: ActionContext) -> None:
    """Renames the thread."""
    from chat_tui.ui.dialogs.question import AskText

    title = await context.ask(AskText, tr("Rename thread"), context.thread.title)
    if title:
        await context.conversations.change(context.thread.id, title=title)
        context.bars.refresh()
        context.threads.refresh_threads()


async def title(context: ActionContext) -> None:
    """Asks a model for a title: that of the settings, else the thread's."""
    from chat_tui.domain.ports.backend import ChatRequest
    from chat_tui.session.requests.titles import title_request

    named = context.services.settings.title_model
    model = ModelRef.parse(named) if named else context.session.model
    messages = title_request(context.thread)
    if model is None or messages is None:
        context.notify(tr("No model chosen.") if model is None else tr("A title needs an answer first."))
    elif await context.window.spending.permits(ChatRequest(model, messages)):
        context.notify(tr("Asking {model} for a title …", model=model.id))
        context.titles.ask(context.conversation, model)


async def pin_thread(context: ActionContext) -> None:
    """Pins or unpins the thread."""
    pinned = not context.thread.pinned
    await _change(context, tr("Pinned") if pinned else tr("Unpinned"), pinned=pinned)


async def archive_thread(context: ActionContext) -> None:
    """Archives or unarchives the thread; it stays on the screen."""
    archived = not context.thread.archived
    await _change(context, tr("Archived") if archived else tr("Unarchived"), archived=archived)


async def tag_thread(context: ActionContext) -> None:
    """Edits the thread's tags."""
    from chat_tui.ui.dialogs.question import AskTags

    tags = await context.ask(AskTags, context.thread.tags)
    if tags is not None:
        await _change(context, tr("Tagged") if tags else tr("Tags removed"), tags=tags_from(tags))


async def _change(context: ActionContext, notice: str, **fields: Unpack[Header]) -> None:
    thread = context.thread
    try:
        await context.conversations.change(thread.id, **fields)
    except StorageError as error:
        context.notify(str(error), title=tr("Not saved"), severity="error")
        return
    context.notify(cut(thread.display_title, 60), title=notice)
    context.threads.refresh_threads()
    context.bars.refresh()


async def duplicate_thread(context: ActionContext) -> None:
    """Opens a copy of the thread."""
    context.threads.note_draft()
    if context.thread.is_empty:
        return
    if context.thread.is_temporary:
        context.notify(tr("A temporary thread can't be copied: save it first, with /save-thread."))
        return
    try:
        await context.session.save()
        copy = await context.services.store.duplicate(context.thread.id)
    except StorageError as error:
        context.notify(str(error), title=tr("Not copied"), severity="error")
        return
    await context.threads.switch_to(copy)


async def delete_thread(context: ActionContext) -> None:
    """Moves the thread on the screen to the trash and shows an empty one."""
    conversation = context.conversation
    if conversation.thread.is_temporary:
        await context.threads.discard()
    elif not conversation.thread.is_empty:
        deleting = await context.conversations.background.run(_delete(context, conversation.thread))
        if deleting.done() and not deleting.result():
            return
    if context.conversation is conversation:
        context.threads.forget_and_begin()


async def delete_listed(context: ActionContext) -> None:
    """Moves the thread that is highlighted in the thread list to the trash, at the second press."""
    thread_id = await context.sidebar.confirmed("threads_delete")
    if thread_id == context.thread.id:
        await delete_thread(context)
    elif thread_id is not None:
        try:
            await context.conversations.delete(thread_id)
        except StorageError as error:
            context.notify(str(error), title=tr("Not deleted"), severity="error")
        else:
            context.notify(tr("Thread moved to the trash · {key} to undo", key=context.key("threads_undo")))
        context.threads.refresh_threads()


async def _delete(context: ActionContext, thread: Thread) -> bool:
    """Deletes a thread, however long that takes; whether it could be done."""
    try:
        await context.conversations.delete(thread.id)
    except StorageError as error:
        context.notify(str(error), title=tr("Not deleted"), severity="error")
        return False
    text = tr("{title} · {key} restore", title=thread.display_title, key=context.key("trash"))
    context.notify(text, title=tr("Moved to the trash"))
    context.threads.refresh_threads()
    return True


async def clear_thread(context: ActionContext) -> None:
    """Starts a new branch at the root of the thread."""
    if is_idle(context) and context.thread.head is not None:
        context.session.clear()
        context.threads.show_branch()
        context.notify(tr("/undo to restore it"), title=tr("Thread cleared"))


async def undo_in_lists(context: ActionContext) -> None:
    """Undoes the last change that is seen in a list of threads."""
    try:
        change = await context.conversations.undo_in_list()
    except (StorageError, UsageError) as error:
        context.notify(str(error), title=tr("Not undone"), severity="warning")
        return
    context.threads.refresh_threads()
    context.bars.refresh()
    text = f"{change.what}: {change.thread_title}" if change else tr("Nothing to undo.")
    context.notify(cut(text, 80), title=tr("Undone") if change else "")
