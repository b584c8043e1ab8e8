"""Whether a page of the web is fetched: nothing is without a yes."""

from __future__ import annotations

from textual import events, on

from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.question import AskText


class AskPage(AskText):
    """Shows an address before anything is fetched from it; answers with it, as it was corrected."""

    REPLACES = False

    def __init__(self, host: DialogHost, address: str) -> None:
        super().__init__(host, "Fetch this page and attach its text?", address)

    @on(events.Mount)
    def _name_keys(self, event: events.Mount) -> None:
        """Names the keys, in place of those that any line has."""
        event.prevent_default()
        self.show_keys((("line_take", "fetch and attach"), ("dialog_back", "cancel")))
