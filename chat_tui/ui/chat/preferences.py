"""What the user chooses in the app: saved at once, and where it can't be, in force until the program ends."""

from __future__ import annotations

from chat_tui.domain.errors import StorageError
from chat_tui.domain.settings import RECENT_MODELS
from chat_tui.ui.chat.host import Notify
from chat_tui.ui.services import Services


class Preferences:
    """Changes the settings that the app itself writes."""

    def __init__(self, services: Services, notify: Notify) -> None:
        self._services = services
        self._notify = notify

    def update(self, **choices: object) -> None:
        """Saves choices, by the names of `Settings`; a notice says if they can't be saved."""
        services = self._services
        try:
            services.settings = services.settings_store.update(**choices)
        except StorageError as error:
            for name, value in choices.items():
                setattr(services.settings, name, value)
            self._notify(str(error), title="Not saved", severity="warning")

    def remember_model(self, model: str) -> None:
        """Puts a model first among the recent ones, for the picker and for new threads."""
        recents = self._services.settings.recents
        if recents[:1] != [model]:
            others = [recent for recent in recents if recent != model]
            self.update(recents=[model, *others][:RECENT_MODELS])
