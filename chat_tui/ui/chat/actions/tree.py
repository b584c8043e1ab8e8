"""Actions on the tree of a thread: show it, compare versions, fork, ask aside."""

from __future__ import annotations

from functools import partial

from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.tree import aside_of
from chat_tui.domain.errors import UsageError
from chat_tui.i18n import tr
from chat_tui.session import ChatSession
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.message import chosen_message, is_idle
from chat_tui.ui.chat.actions.model import prepare_to_answer


async def tree(context: ActionContext) -> None:
    """Shows the tree of the thread, and goes to the chosen message."""
    if not context.thread.messages:
        return
    from chat_tui.ui.dialogs.messages.tree import TreePicker

    session, selected = context.session, context.view.selected
    head = session.thread.head
    message_id = await context.ask(
        TreePicker,
        session.thread,
        session.star,
        partial(_delete, context, session),
        selected.id if selected else None,
    )
    if session.thread.head != head:
        context.threads.show_branch()
    if message_id is not None:
        context.threads.show_message(message_id)


def _delete(context: ActionContext, session: ChatSession, message_id: str) -> bool:
    try:
        session.delete(message_id)
    except UsageError as error:
        context.notify(str(error))
        return False
    return True


async def diff_versions(context: ActionContext) -> None:
    """Compares a message with the version before it; the first one with the one after it; then any two."""
    positions = context.thread.positions()
    message = chosen_message(context, lambda message: positions[message.id][1] > 1)
    if message is None:
        return
    versions = context.thread.siblings(message.id)
    if len(versions) < 2:
        context.notify(tr("This message has only one version."))
        return
    from chat_tui.ui.dialogs.messages.diff import Diff

    at = max(1, versions.index(message))
    await context.ask(Diff, context.host.painter, versions, (at - 1, at))


async def fork(context: ActionContext) -> None:
    """Opens a new thread with the branch up to a message, and all that follows the message."""
    await _fork(context, whole=True)


async def fork_from(context: ActionContext) -> None:
    """Opens a new thread with a message and what follows it."""
    await _fork(context, whole=False)


async def _fork(context: ActionContext, *, whole: bool) -> None:
    message = chosen_message(context)
    if message is None:
        return
    from chat_tui.domain.conversation import tree as trees

    if not await context.threads.may_leave():
        return
    conversation = context.threads.take(trees.fork(context.thread, message.id, whole=whole))
    await context.conversations.save_soon(conversation)
    context.view.action_deselect()
    context.threads.show(conversation)
    context.notify(conversation.thread.display_title, title=tr("Forked into a new thread"))


# Asides: questions on a side branch, from which one key goes back to the conversation


async def aside(context: ActionContext) -> None:
    """Sends the prompt aside; where an aside is shown, closes it."""
    if aside_of(context.thread):
        await _close(context)
        return
    prompt = context.composer.prompt.draft
    if prompt.is_blank:
        context.notify(tr("Write a question first, or type /aside and the question."))
    elif context.composer.edit is None and context.composer.may_send() and await _may_ask(context):
        context.session.open_aside()
        context.conversations.send(context.conversation, context.composer.take())
        context.bars.refresh()


async def ask_aside(context: ActionContext, question: str) -> str:
    """Sends a question aside; returns why it can't be sent, or nothing."""
    if aside_of(context.thread):
        return tr("An aside is already open · {key} close", key=context.key("aside"))
    if await _may_ask(context):
        context.session.open_aside()
        context.conversations.send(context.conversation, Draft.of(question))
    return ""


async def _may_ask(context: ActionContext) -> bool:
    """Whether there is a conversation to leave, nothing running in it, and a model that can answer."""
    if not context.thread.branch():
        context.notify(tr("An aside needs a conversation: send the prompt first."))
        return False
    return is_idle(context) and await prepare_to_answer(context)


async def _close(context: ActionContext) -> None:
    """Asks what becomes of the aside, and goes back to where it left."""
    from chat_tui.ui.dialogs.messages.aside import CloseAside, Closing

    if not is_idle(context):
        return
    session, messages = context.session, aside_of(context.thread)
    how = await context.ask(CloseAside)
    if how is None or context.session is not session or aside_of(session.thread) != messages:
        return
    session.close_aside(keeps=how is not Closing.DROP)
    context.threads.show_branch()
    if how is Closing.QUOTE and (answer := next((each for each in reversed(messages) if each.is_answer), None)):
        context.composer.quote(answer.content.strip())
    is_gone = how is Closing.DROP
    text = tr("deleted · /undo to go back to it") if is_gone else tr("kept as a branch · /undo to go back to it")
    context.notify(text, title=tr("Aside closed"))
