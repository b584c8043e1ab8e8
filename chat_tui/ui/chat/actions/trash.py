"""The trash, damaged files, and another place for what the disk refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.domain.errors import StorageError

if TYPE_CHECKING:
    from chat_tui.ui.chat.screen import ChatScreen


def trash(screen: ChatScreen) -> None:
    """Shows the trash; a thread that is taken out of it is opened."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.threads.trash import TrashPicker

        chosen = await screen.app.push_screen_wait(TrashPicker(screen.services.store))
        screen.refresh_threads()
        if chosen is not None:
            await screen.switch_to(chosen)

    screen.chat_app.input.run(ask())


def damaged(screen: ChatScreen) -> None:
    """Shows the damaged files; one that is salvaged is opened."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.threads.trash import DamagedPicker

        chosen = await screen.app.push_screen_wait(DamagedPicker(screen.services.store))
        screen.refresh_threads()
        if chosen is not None:
            await screen.switch_to(chosen)

    screen.chat_app.input.run(ask())


def save_elsewhere(screen: ChatScreen) -> None:
    """Asks for a folder in which threads are saved while their own place can't be written."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.question import AskText

        folder = await screen.app.push_screen_wait(
            AskText("Folder for threads that can't be saved", str(Path.home() / "chat-tui-rescue"))
        )
        if not folder:
            return
        path = _folder(folder)
        screen.services.store.save_elsewhere(path)
        try:
            screen.chat_app.conversations.save_all_now(None)
        except StorageError as error:
            screen.app.notify(str(error), title="Not saved there either", severity="error")
            return
        screen.presenter.storage("")
        words = f"Threads go to {path} until their own place can be written. `chat-tui threads import` takes them back."
        screen.app.notify(words, title="Saved elsewhere", timeout=12)

    screen.chat_app.input.run(ask())


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


FLOWS: dict[str, Callable[[ChatScreen], None]] = {
    "trash": trash,
    "damaged": damaged,
    "save_elsewhere": save_elsewhere,
}
"""What does these commands, by id."""
