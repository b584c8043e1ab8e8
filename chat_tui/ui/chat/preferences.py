"""What the user chooses in the app: saved at once, and where it can't be, in force until the program ends."""

from __future__ import annotations

from collections.abc import Awaitable

from chat_tui.domain.errors import StorageError
from chat_tui.domain.settings import RECENT_MODELS, Settings
from chat_tui.session.background import BackgroundTasks
from chat_tui.ui.chat.host import Notify
from chat_tui.ui.services import Services


class Preferences:
    """Changes the settings that the app itself writes."""

    def __init__(self, services: Services, background: BackgroundTasks, notify: Notify) -> None:
        self._services = services
        self._background = background
        self._notify = notify

    def update(self, **choices: object) -> None:
        """Makes choices, by the names of `Settings`; they hold at once, and a notice says if they can't be saved."""
        self._background.start(self._save(self._services.settings_store.update(**choices)))

    async def _save(self, saving: Awaitable[Settings]) -> None:
        try:
            await saving
        except StorageError as error:
            self._notify(str(error), title="Not saved", severity="warning")

    def remember_model(self, model: str) -> None:
        """Puts a model first among the recent ones, for the picker and for new threads."""
        recents = self._services.settings.recents
        if recents[:1] != [model]:
            others = [recent for recent in recents if recent != model]
            self.update(recents=[model, *others][:RECENT_MODELS])
