"""Chooses a saved system prompt."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets.option_list import Option

from chat_tui.domain.saved_prompts import summary
from chat_tui.domain.search.fuzzy import search
from chat_tui.domain.settings import PromptTemplate
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.dialogs.base import fit, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker


class SavedPromptPicker(Picker[PromptTemplate]):
    """Asks for a saved system prompt; answers with it."""

    HEADING = tr("Saved prompts")
    KEYS = (("list_choose", tr("use")), ("dialog_back", tr("close")))

    def __init__(self, host: DialogHost, prompts: Sequence[PromptTemplate], current: str) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            prompts: all that are saved.
            current: the name of the thread's own.
        """
        super().__init__(host)
        self._prompts = {each.name: each for each in prompts}
        self._current = current

    def first(self) -> str | None:
        """The thread's own, or the first one."""
        return self._current if self._current in self._prompts else next(iter(self._prompts), None)

    def columns(self, width: int) -> str:
        """Name, settings, description."""
        if not self._prompts:
            return ""
        name, settings = _widths(width)
        return f"{fit(tr('Name'), name)} {fit(tr('Settings'), settings)} {tr('Description')}"

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Each with the settings that come with it."""
        name, settings = _widths(width)
        options = [
            Option(
                Content.assemble(
                    lit(fit(each.name, name), match),
                    (f" {fit(summary(each), settings)}", "$accent"),
                    (f" {fit(_about(each), width - name - settings - 2)}", "$muted"),
                ),
                id=each.name,
            )
            for each, match in search(query, self._prompts.values(), lambda each: (each.name, each.description))
        ]
        none = (
            tr("No matching prompt.")
            if self._prompts
            else tr("No saved prompts. Save one from the system prompt's editor.")
        )
        return options or [Option(Content.styled(none, "$muted"), disabled=True)]

    def choose(self, row_id: str | None, query: str) -> None:
        """Answers with the prompt."""
        if row_id is not None:
            self.dismiss(self._prompts[row_id])


def _widths(width: int) -> tuple[int, int]:
    """The cells of the columns of names and settings."""
    return max(10, min(28, width // 4)), max(10, min(36, width // 3))


def _about(template: PromptTemplate) -> str:
    return clean(template.description or template.prompt, multiline=False)
