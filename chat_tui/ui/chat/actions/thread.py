"""What the chat screen does with threads as a whole: finds them, marks, tags and copies the one on the screen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Unpack

from chat_tui.domain.conversation.thread import Header, tags_from
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.ui.text.sanitizer import cut

if TYPE_CHECKING:
    from chat_tui.ui.chat.screen import ChatScreen


def open_thread(screen: ChatScreen) -> None:
    """Finds a thread and shows it, at the message that was found."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.threads.finder import ThreadPicker

        current = screen.conversation.thread
        with suppress(StorageError):
            screen.conversation.session.save_now()
        picker = ThreadPicker(screen.services.store, current.id, screen.chat_app.conversations)
        chosen = await screen.app.push_screen_wait(picker)
        screen.refresh_threads()
        screen.refresh_bars()
        if chosen is None:
            return
        thread_id, message_id = chosen
        if thread_id != screen.conversation.thread.id:
            await screen.switch_to(thread_id)
        if message_id is not None and screen.conversation.thread.id == thread_id:
            screen.show_message(message_id)

    screen.chat_app.input.run(ask())


def pin_thread(screen: ChatScreen) -> None:
    """Pins the thread, or takes the pin away."""
    pinned = not screen.conversation.thread.pinned
    _change(screen, "Pinned" if pinned else "Not pinned any more", pinned=pinned)


def archive_thread(screen: ChatScreen) -> None:
    """Archives the thread, or takes it out of the archive; it stays on the screen."""
    archived = not screen.conversation.thread.archived
    _change(screen, "Archived" if archived else "Not archived any more", archived=archived)


def tag_thread(screen: ChatScreen) -> None:
    """Gives the thread tags."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.question import AskTags

        tags = await screen.app.push_screen_wait(AskTags(screen.conversation.thread.tags))
        if tags is not None:
            _change(screen, "Tagged" if tags else "No tags any more", tags=tags_from(tags))

    screen.chat_app.input.run(ask())


def _change(screen: ChatScreen, done: str, **fields: Unpack[Header]) -> None:
    async def change() -> None:
        thread = screen.conversation.thread
        try:
            await screen.chat_app.conversations.change(thread.id, **fields)
        except StorageError as error:
            screen.app.notify(str(error), title="Not saved", severity="error")
            return
        screen.app.notify(cut(thread.display_title, 60), title=done)
        screen.refresh_threads()
        screen.refresh_bars()

    screen.chat_app.input.run(change())


def duplicate_thread(screen: ChatScreen) -> None:
    """Opens a copy of the thread."""

    async def act() -> None:
        screen.note_draft()
        thread = screen.conversation.thread
        if thread.is_empty:
            return
        try:
            screen.conversation.session.save_now()
            copy = await screen.services.store.duplicate(thread.id)
        except StorageError as error:
            screen.app.notify(str(error), title="Not copied", severity="error")
            return
        await screen.switch_to(copy)

    screen.chat_app.input.run(act())


def undo_in_lists(screen: ChatScreen) -> None:
    """Takes back what was last done to a thread as a whole."""

    async def act() -> None:
        try:
            change = await screen.chat_app.conversations.undo_in_list()
        except (StorageError, UsageError) as error:
            screen.app.notify(str(error), title="Not undone", severity="warning")
            return
        screen.refresh_threads()
        screen.refresh_bars()
        words = f"{change.what}: {change.thread_title}" if change else "There is nothing to undo."
        screen.app.notify(cut(words, 80), title="Undone" if change else "")

    screen.chat_app.input.run(act())


FLOWS: dict[str, Callable[[ChatScreen], None]] = {
    "open_thread": open_thread,
    "pin_thread": pin_thread,
    "archive_thread": archive_thread,
    "tag_thread": tag_thread,
    "duplicate_thread": duplicate_thread,
    "undo_in_lists": undo_in_lists,
}
"""What does these commands, by id."""
