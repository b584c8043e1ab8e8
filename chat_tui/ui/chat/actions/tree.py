"""The tree of a thread: seen, compared, forked; and what of it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.models.parameters import merge_parameters
from chat_tui.ui.chat.actions.message import chosen_message, has_ended

if TYPE_CHECKING:
    from chat_tui.ui.chat.screen import ChatScreen


def tree(screen: ChatScreen) -> None:
    """Shows the branches, and goes to one."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.messages.tree import TreePicker

        session, selected = screen.conversation.session, screen.view.selected

        def delete(message_id: str) -> None:
            try:
                session.delete(message_id)
            except UsageError as error:
                screen.app.notify(str(error))

        picker = TreePicker(session.thread, session.star, delete, selected.id if selected else None)
        before = session.thread.head
        chosen = await screen.app.push_screen_wait(picker)
        if session.thread.head != before:
            screen.show_branch()
        if chosen is not None:
            screen.show_message(chosen)

    if screen.conversation.thread.messages:
        screen.chat_app.input.run(ask())


def diff_versions(screen: ChatScreen) -> None:
    """Compares a message with the version before it; the first one with the one after it."""
    positions = screen.conversation.thread.positions()
    message = chosen_message(screen, lambda each: positions[each.id][1] > 1)
    if message is None:
        return
    versions = screen.conversation.thread.siblings(message.id)
    if len(versions) < 2:
        screen.app.notify("There is only one version of this message.")
        return
    from chat_tui.ui.dialogs.messages.diff import Diff

    at = max(1, versions.index(message))
    screen.app.push_screen(Diff(versions[at - 1], versions[at], (at, at + 1)))


def fork_whole(screen: ChatScreen) -> None:
    """Begins a new thread with all up to a message, and what follows it."""
    _fork(screen, whole=True)


def fork_from(screen: ChatScreen) -> None:
    """Begins a new thread with a message and what follows it."""
    _fork(screen, whole=False)


def _fork(screen: ChatScreen, *, whole: bool) -> None:
    message = chosen_message(screen)
    if message is None:
        return
    from chat_tui.domain.conversation.tree import fork

    conversation = screen.take(fork(screen.conversation.thread, message.id, whole=whole))
    try:
        conversation.session.save_now()
    except StorageError as error:
        screen.app.notify(str(error), title="Not saved", severity="error")
    screen.view.action_deselect()
    screen.show(conversation)
    screen.app.notify(conversation.thread.display_title, title="A new thread")


def pin_message(screen: ChatScreen) -> None:
    """Sends a message in any case, or no longer."""
    if (message := chosen_message(screen)) is not None and has_ended(screen, message):
        screen.conversation.session.mark(message.id, pinned=not message.pinned, muted=False)
        screen.redraw_message(message)


def mute_message(screen: ChatScreen) -> None:
    """Leaves a message out of what is sent, or no longer."""
    if (message := chosen_message(screen)) is not None and has_ended(screen, message):
        screen.conversation.session.mark(message.id, muted=not message.muted, pinned=False)
        screen.redraw_message(message)


def parameters(screen: ChatScreen) -> None:
    """Sets the parameters of the thread."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.models.parameters import ParameterPanel

        session, settings = screen.conversation.session, screen.services.settings
        provider = settings.providers.get(session.model.provider) if session.model else None
        defaults = merge_parameters(provider.defaults if provider else {}, settings.parameters)
        panel = ParameterPanel(provider, session.thread.parameters, defaults)
        values = await screen.app.push_screen_wait(panel)
        if values is not None and values != session.thread.parameters:
            session.set_parameters(values)
            screen.refresh_bars()

    screen.chat_app.input.run(ask())


FLOWS: dict[str, Callable[[ChatScreen], None]] = {
    "tree": tree,
    "diff_versions": diff_versions,
    "fork": fork_whole,
    "fork_from": fork_from,
    "pin_message": pin_message,
    "mute_message": mute_message,
    "parameters": parameters,
}
"""What does these commands, by id."""
