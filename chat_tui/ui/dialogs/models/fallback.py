"""Asks which models answer where one fails before its answer begins."""

from __future__ import annotations

from collections.abc import Sequence

from chat_tui.domain.models.fallback import FAMILY, unusable_entries
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import tr
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.question import LineDialog


class AskFallback(LineDialog[tuple[str, ...]]):
    """Asks for the models in their order; answers with the entries, as `[fallback]` has them, none for no fallback."""

    PLACEHOLDER = tr("provider/model-id, family")
    REPLACES = False

    def __init__(self, host: DialogHost, model: ModelRef, entries: Sequence[str], providers: Sequence[str]) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            model: the one that may fail.
            entries: those that are listed now, or are offered.
            providers: the keys of all there are.
        """
        hint = tr("Asked in this order. family: the same model at other providers. Empty: none.")
        super().__init__(host, tr("Fallback of {model}", model=model.id), ", ".join(entries), hint)
        self._providers = providers

    def read(self, text: str) -> tuple[str, ...]:
        """The entries, each once."""
        entries = tuple(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))
        if unusable := list(unusable_entries(entries)):
            raise ValueError(tr("Not a model: {text}. Write provider/model-id, or family.", text=unusable[0]))
        refs = [ModelRef.parse(each) for each in entries if each != FAMILY]
        if unknown := [each.provider for each in refs if each.provider not in self._providers]:
            raise ValueError(
                tr("Unknown provider: {name}. Known: {names}", name=unknown[0], names=", ".join(self._providers))
            )
        return entries
