"""Asks for the file to which a thread is exported; a key goes through the formats."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import Input

from chat_tui.domain.ports.files import ExportFormat
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import EXPORT
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.question import AskText

_FORMATS = ExportFormat.by_suffix()


class AskExport(AskText):
    """Asks for the name of a new file, whose suffix is the format; answers with it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EXPORT)]
    KEYS = (("line_take", tr("export")), ("export_format", tr("format")), ("dialog_back", tr("cancel")))
    REPLACES = False

    def __init__(self, host: DialogHost, name: str) -> None:
        super().__init__(
            host,
            tr("Export thread"),
            name,
            tr("{formats}, saved in the current folder", formats=ExportFormat.suffixes()),
        )

    def action_next_format(self) -> None:
        """Gives the name the suffix of the next format."""
        line = self.query_one(Input)
        stem, dot, suffix = line.value.rpartition(".")
        known = dot and suffix.lower() in _FORMATS
        at = _FORMATS.index(ExportFormat(suffix.lower())) + 1 if known else 0
        line.value = f"{stem if known else line.value}.{_FORMATS[at % len(_FORMATS)]}"
        line.cursor_position = len(line.value)
