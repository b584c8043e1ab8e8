"""Settings that the user changes in the app: saved at once, or kept in memory where saving fails."""

from __future__ import annotations

from collections.abc import Awaitable

from chat_tui.domain.errors import StorageError
from chat_tui.domain.settings import RECENT_COMMANDS, RECENT_MODELS, Settings
from chat_tui.i18n import tr
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
        """Changes settings, by their names in `Settings`; a notice is shown if they can't be saved."""
        self._background.start(self._save(self._services.settings_store.update(**choices)))

    async def _save(self, saving: Awaitable[Settings]) -> None:
        try:
            await saving
        except StorageError as error:
            self._notify(str(error), title=tr("Not saved"), severity="warning")

    def remember_model(self, model: str) -> None:
        """Adds a model to the recent ones, for the picker and for new threads."""
        recents = self._services.settings.recents
        if recents[:1] != [model]:
            others = [recent for recent in recents if recent != model]
            self.update(recents=[model, *others][:RECENT_MODELS])

    def remember_command(self, command_id: str) -> None:
        """Adds a command to the recent ones, for the palette."""
        recent = self._services.settings.recent_commands
        if recent[:1] != [command_id]:
            others = [each for each in recent if each != command_id]
            self.update(recent_commands=[command_id, *others][:RECENT_COMMANDS])
