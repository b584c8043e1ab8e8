"""What is done with one message: the selected one, or from the palette the last that the deed fits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message, Role, may_go_on
from chat_tui.domain.conversation.unfinished import unfinished
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.session.thread_edits import WRITTEN_ELSEWHERE

if TYPE_CHECKING:
    from chat_tui.ui.chat.screen import ChatScreen


def chosen_message(screen: ChatScreen, fits: Callable[[Message], bool] = lambda message: True) -> Message | None:
    """The message that a command is for; None, and the user hears of it, where there is none."""
    selected = screen.view.selected
    if selected is not None:
        return selected
    found = next((each for each in reversed(screen.conversation.thread.branch()) if fits(each)), None)
    if found is None:
        screen.app.notify("There is no message that it fits.")
    return found


def _rests(screen: ChatScreen) -> bool:
    if screen.conversation.is_busy:
        screen.app.notify("An answer is on its way; stop it first.")
    return not screen.conversation.is_busy


def has_ended(screen: ChatScreen, message: Message) -> bool:
    """Whether no other program is writing a message; the user hears of it where one is."""
    if message.written_elsewhere:
        screen.app.notify(WRITTEN_ELSEWHERE)
    return not message.written_elsewhere


def edit_message(screen: ChatScreen) -> None:
    """Edits a prompt, and asks again with it; or an answer, and keeps the user's version beside it."""
    message = chosen_message(screen, lambda each: each.role is Role.USER)
    if message is None or not _rests(screen) or not has_ended(screen, message):
        return

    async def ask() -> None:
        from chat_tui.ui.dialogs.messages.edit import EditMessage

        session = screen.conversation.session
        keep = partial(session.set_unfinished, message.id)
        begun = unfinished(session.thread).get(message.id)
        text = await screen.app.push_screen_wait(EditMessage(message, begun, keep))
        keep(None)
        if text is None or text == message.content or not text.strip():
            return
        screen.view.action_deselect()
        if message.is_answer:
            screen.conversation.session.edit_answer(message.id, text)
            screen.show_branch()
        else:
            screen.chat_app.conversations.edit(screen.conversation, message.id, text)

    screen.chat_app.input.run(ask())


def copy_message(screen: ChatScreen) -> None:
    """Copies a message as it was written."""
    if (message := chosen_message(screen, lambda each: bool(each.content))) is not None:
        screen.chat_app.copy(message.content.rstrip("\n"), "Message")


def continue_answer(screen: ChatScreen) -> None:
    """Lets the last answer go on; only the end of a branch can."""
    message = chosen_message(screen, lambda each: each.is_answer)
    if message is None or not _rests(screen) or not has_ended(screen, message):
        return
    if message.id != screen.conversation.thread.head:
        screen.app.notify("Only the last answer of a branch can go on.")
    elif not message.is_answer or not message.content.strip():
        screen.app.notify("There is nothing to go on from; ask again instead.")
    elif not may_go_on(message):
        screen.app.notify("This answer came to its end.")
    else:
        screen.view.action_deselect()
        screen.chat_app.conversations.go_on(screen.conversation)


def _step(screen: ChatScreen, step: int) -> None:
    message = chosen_message(screen, lambda each: each.is_answer)
    if message is None or screen.conversation.is_busy:
        return
    thread = screen.conversation.thread
    depth = [each.id for each in thread.branch()].index(message.id)
    if screen.conversation.session.show_sibling(step, message.id):
        was_selected = screen.view.selected is not None
        screen.show_branch(stay=True)
        if was_selected:
            screen.view.select(thread.branch()[depth].id)


def previous_sibling(screen: ChatScreen) -> None:
    """Shows the version of a message before this one."""
    _step(screen, -1)


def next_sibling(screen: ChatScreen) -> None:
    """Shows the version of a message after this one."""
    _step(screen, 1)


def delete_message(screen: ChatScreen) -> None:
    """Takes a message, and what follows it, out of the thread."""
    if (message := chosen_message(screen)) is None or not _rests(screen) or not has_ended(screen, message):
        return
    screen.conversation.session.delete(message.id)
    screen.show_branch(stay=True)
    if screen.view.selected is None and screen.view.messages:
        screen.view.select(screen.view.messages[-1].id)
    screen.app.notify(f"{screen.key('undo')} takes it back.", title="Deleted")


def unfold(screen: ChatScreen) -> None:
    """Unfolds or folds a message's reasoning, or a long prompt."""
    if (message := chosen_message(screen, lambda each: bool(each.reasoning))) is not None:
        screen.view.toggle_reasoning(message)


def undo(screen: ChatScreen) -> None:
    """Takes back what was last done to this thread."""

    async def act() -> None:
        change = screen.services.undo.last(screen.conversation.thread.id)
        if change is None:
            screen.app.notify("There is nothing to undo in this thread.")
            return
        try:
            await screen.chat_app.conversations.undo(change)
        except (StorageError, UsageError) as error:
            screen.app.notify(str(error), title="Not undone", severity="warning")
            return
        screen.show_branch(stay=True)
        screen.refresh_threads()
        screen.app.notify(change.what, title="Undone")

    screen.chat_app.input.run(act())


def clear_thread(screen: ChatScreen) -> None:
    """Begins anew in the same thread."""
    if _rests(screen) and screen.conversation.thread.head is not None:
        screen.conversation.session.clear()
        screen.show_branch()
        screen.app.notify("What was said stays in the thread; undo brings it back.", title="Begun anew")


FLOWS: dict[str, Callable[[ChatScreen], None]] = {
    "edit_message": edit_message,
    "copy_message": copy_message,
    "continue_answer": continue_answer,
    "previous_sibling": previous_sibling,
    "next_sibling": next_sibling,
    "delete_message": delete_message,
    "unfold": unfold,
    "undo": undo,
    "clear_thread": clear_thread,
}
"""What does these commands, by id."""
