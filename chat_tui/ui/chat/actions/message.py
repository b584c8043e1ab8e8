"""Actions on one message: the selected one, or from the palette the last one that the action applies to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.unfinished import unfinished
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.i18n import tr
from chat_tui.session.thread_edits import WRITTEN_ELSEWHERE
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.prompt.composer import PromptEdit


def chosen_message(context: ActionContext, applies: Callable[[Message], bool] = lambda message: True) -> Message | None:
    """The message that a command is for; None, with a notice, where there is none."""
    selected = context.view.selected
    if selected is not None:
        return selected
    last = next((message for message in reversed(context.thread.branch()) if applies(message)), None)
    if last is None:
        context.notify(tr("Select a message first."))
    return last


def is_idle(context: ActionContext) -> bool:
    """Whether no answer is running in the thread; shows a notice where one is."""
    if context.conversation.is_busy:
        context.notify(tr("An answer is still running. Stop it first."))
    return not context.conversation.is_busy


def is_whole(context: ActionContext, message: Message) -> bool:
    """Whether no other program is writing a message; shows a notice where one is."""
    if message.written_elsewhere:
        context.notify(WRITTEN_ELSEWHERE)
    return not message.written_elsewhere


async def edit_message(context: ActionContext) -> None:
    """Edits a prompt in the prompt box; or an answer in a dialog, and saves the edited version as a sibling."""
    message = chosen_message(context, lambda message: message.role is Role.USER)
    if message is None or not is_idle(context) or not is_whole(context, message):
        return
    session = context.session
    if message.role is Role.TOOL:
        context.notify(tr("The result of a tool can't be edited."))
        return
    if message.role is Role.USER:
        context.composer.begin_edit(message, unfinished(session.thread).get(message.id))
        context.view.action_deselect()
        context.composer.prompt.focus()
        return
    from chat_tui.ui.dialogs.messages.edit import EditMessage

    save = partial(session.set_unfinished, message.id)
    text = await context.ask(EditMessage, message, unfinished(session.thread).get(message.id), save)
    save(None)
    if text is None or text == message.content or not text.strip():
        return
    context.view.action_deselect()
    context.session.edit_answer(message.id, text)
    context.threads.show_branch()


def send_edit(context: ActionContext, edit: PromptEdit) -> None:
    """Sends the edited prompt as a new branch; an unchanged one is not sent."""
    composer, thread = context.composer, context.thread
    if not is_idle(context):
        return
    if composer.prompt.draft.stored == edit.original.stored:
        composer.end_edit()
        context.notify(
            tr("The prompt is unchanged. {key} to regenerate the last answer.", key=context.key("regenerate"))
        )
    elif _is_deleted(thread, edit.message_id):
        composer.end_edit(keep=True)
        context.notify(tr("The edited message was deleted. Your text is kept as a draft."))
    elif composer.may_send():
        context.conversations.edit(context.conversation, edit.message_id, composer.take())
        context.bars.refresh()


def _is_deleted(thread: Thread, message_id: str) -> bool:
    """Whether a message, or one that it follows, was deleted."""
    message = thread.messages.get(message_id)
    while message is not None and not message.deleted:
        if message.parent is None:
            return False
        message = thread.messages.get(message.parent)
    return True


async def previous_sibling(context: ActionContext) -> None:
    """Shows the version of a message before this one."""
    _show_sibling(context, -1)


async def next_sibling(context: ActionContext) -> None:
    """Shows the version of a message after this one."""
    _show_sibling(context, 1)


def _show_sibling(context: ActionContext, step: int) -> None:
    message = chosen_message(context, lambda message: message.is_answer)
    if message is None or context.conversation.is_busy:
        return
    depth = [each.id for each in context.thread.branch()].index(message.id)
    if context.session.show_sibling(step, message.id):
        was_selected = context.view.selected is not None
        context.threads.show_branch(stay=True)
        if was_selected:
            context.view.select(context.thread.branch()[depth].id)


async def delete_message(context: ActionContext) -> None:
    """Deletes a message and everything after it."""
    if (message := chosen_message(context)) is None or not is_idle(context) or not is_whole(context, message):
        return
    context.session.delete(message.id)
    context.threads.show_branch(stay=True)
    if context.view.selected is None and context.view.messages:
        context.view.select(context.view.messages[-1].id)
    context.notify(tr("Message deleted · {key} undo", key=context.key("undo")))


async def unfold(context: ActionContext) -> None:
    """Expands or collapses reasoning, a long prompt or a tool call; goes from a summary to what it stands for."""
    if (message := chosen_message(context, lambda each: bool(each.reasoning) or each.role is Role.TOOL)) is None:
        return
    if not message.summarizes:
        context.view.toggle_reasoning(message)
    elif first := first_summarized(context.thread.branch(), message):
        context.view.select(first.id)


def first_summarized(branch: Sequence[Message], summary: Message) -> Message | None:
    """The first message of a branch that a summary stands for: behind the summary before it."""
    first: Message | None = None
    for message in branch:
        if message is summary:
            return first
        first = None if message.summarizes else first or message
    return None


async def pin_message(context: ActionContext) -> None:
    """Pins a message, so that it is sent in any case, or unpins it."""
    if (message := chosen_message(context)) is not None and is_whole(context, message):
        context.session.mark(message.id, pinned=not message.pinned, muted=False)
        context.threads.redraw_message(message)


async def mute_message(context: ActionContext) -> None:
    """Excludes a message from requests, or includes it again."""
    if (message := chosen_message(context)) is not None and is_whole(context, message):
        context.session.mark(message.id, muted=not message.muted, pinned=False)
        context.threads.redraw_message(message)


async def undo(context: ActionContext) -> None:
    """Undoes the last change of this thread."""
    change = await context.conversations.last_change(context.conversation)
    if change is None:
        context.notify(tr("Nothing to undo in this thread."))
        return
    try:
        await context.conversations.undo(change)
    except (StorageError, UsageError) as error:
        context.notify(str(error), title=tr("Not undone"), severity="warning")
        return
    context.threads.show_branch(stay=True)
    context.threads.refresh_threads()
    context.notify(change.what, title=tr("Undone"))
