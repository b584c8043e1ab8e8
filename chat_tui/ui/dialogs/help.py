"""The help: the keys of every command by what one does, or of one place."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from chat_tui.domain.search.fuzzy import NO_QUERY, FuzzyMatch, search
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import APP, FIND_BAR, HELP, MESSAGES, PLACES, SCREEN, SIDEBAR, Command
from chat_tui.ui.commands.groups import groups, rows_with_keys, title_of
from chat_tui.ui.commands.synonyms import names_of
from chat_tui.ui.commands.table import BY_ID, COMMANDS, bindings, commands_at, hint, keys_of
from chat_tui.ui.dialogs.base import TextDialog, fit, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.widgets.bars import KeyBar

NARROWEST = 34
"""Cells of a column of keys and titles."""
MOST_COLUMNS = 3
KEYS = 11
"""Cells of the keys in such a column."""
Block = list[Content]
"""Rows that stay together in one column."""


class Help(Picker[None]):
    """The keys of all commands, as they are bound now: grouped on one page, or in a list with the ids."""

    HEADING = tr("Keys")
    KEYS = (("list_up list_down", tr("scroll")), ("help_ids", tr("all with ids")), ("dialog_back", tr("close")))
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(HELP)]

    def __init__(self, host: DialogHost, first: Collection[str] = ()) -> None:
        """Shows.

        Args:
            host: the program around the dialog.
            first: the places whose keys come first in the list, which is shown at once then.
        """
        super().__init__(host)
        self._places = sorted(PLACES, key=lambda place: place not in first)
        self._with_ids = bool(first)

    def show_keys(self, hints: Iterable[tuple[str, str]]) -> None:
        """Shows key hints at the bottom edge."""
        words = {tr("all with ids"): tr("groups")} if self._with_ids else {}
        super().show_keys((ids, words.get(word, word)) for ids, word in hints)

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """What matches; without a filter all in groups, or by place with the ids."""
        if query:
            found = search(query, COMMANDS, lambda each: (*names_of(each), each.help))
            rows = [self._row(command, width, match) for command, match in found]
        elif self._with_ids:
            rows = self._by_place(width)
        else:
            rows = columns([self._group(*each, width) for each in self._grouped()], width)
        return [Option(Content.assemble(row), disabled=True) for row in rows]

    def choose(self, row_id: str | None, query: str) -> None:
        """Closes."""
        self.dismiss(None)

    def action_move(self, step: int) -> None:
        """Scrolls."""
        self.query_one(OptionList).scroll_relative(y=step, animate=False)

    def action_ids(self) -> None:
        """Switches between the groups and the list with the ids."""
        self._with_ids = not self._with_ids
        self.show_keys(self.KEYS)
        self.refill()

    def action_flow(self, command: str) -> None:
        """Closes at the key that opened it."""
        if command == "help":
            self.action_back()
        else:
            super().action_flow(command)

    def _grouped(self) -> list[tuple[str, list[str]]]:
        with_key = {command_id for command_id, keys in self.bound.keys.items() if keys}
        return [(group.heading, rows) for group in groups() if (rows := rows_with_keys(group, with_key))]

    def _group(self, heading: str, rows: Iterable[str], width: int) -> Block:
        cells = column_width(width)
        block = [Content.styled(fit(heading, cells), "$accent bold")]
        return block + [key_row(hint(row, self.bound.keys), title_of(row), cells) for row in rows]

    def _by_place(self, width: int) -> Block:
        rows: Block = []
        for scope in self._places:
            rows += [*([Content("")] if rows else []), Content.styled(PLACES[scope].heading, "$accent bold")]
            rows += [self._row(command, width) for command in commands_at(scope)]
        note = tr("To change keys, use these ids under [keys] in config.toml.")
        return [*rows, Content(""), Content.styled(note, "$muted")]

    def _row(self, command: Command, width: int, match: FuzzyMatch = NO_QUERY) -> Content:
        keys = keys_of(command.id, self.bound.keys) or f"{self.key('command_palette')} …"
        name, cells = (command.id, 20) if self._with_ids else (command.title, 23)
        if width < 70:
            lines = textwrap.wrap(command.help, max(20, width - 2))
            sentence = "".join(f"\n  {line}" for line in lines)
            title = lit(fit(name, width - 16), match, "$foreground")
            return Content.assemble((fit(cut(keys, 15), 16), "$foreground"), title, (sentence, "$muted"))
        shown = Content.assemble((fit(cut(keys, 19), 20), "$foreground"), lit(fit(name, cells), match, "$foreground"))
        where = "" if self._with_ids or command.scope == SCREEN else f"{PLACES[command.scope].heading}: "
        return Content.assemble(shown, (cut(where + command.help, width - 20 - cells), "$muted"))


class KeysHere(TextDialog[None]):
    """The keys of one place."""

    def __init__(self, host: DialogHost, active: Collection[str]) -> None:
        """Shows.

        Args:
            host: the program around the dialog.
            active: the ids of the commands whose keys work there.
        """
        super().__init__(host)
        self._scopes = _places_of(active)

    def compose(self) -> ComposeResult:
        """Heading, keys and titles, key hints."""
        with Vertical(classes="dialog"):
            yield Label(T(tr("Keys: {heading}", heading=PLACES[self._scopes[0]].heading)), classes="heading")
            with VerticalScroll(can_focus=False):
                yield Static(id="table")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the key hints."""
        self.show_keys((("dialog_back", tr("close")), ("help", tr("all keys"))))

    def on_resize(self) -> None:
        """Lays the keys out in the available width."""
        self.call_after_refresh(self._fill)

    def action_flow(self, command: str) -> None:
        """Closes at the key that opened it."""
        if command == "keys_here":
            self.action_back()
        else:
            super().action_flow(command)

    def _fill(self) -> None:
        width = self.query_one(VerticalScroll).content_size.width - 1
        with_key = {command_id for command_id, keys in self.bound.keys.items() if keys}
        shown = [each.id for scope in self._scopes for each in commands_at(scope) if each.id in with_key]
        listed = {each for group in groups() for row in group.rows for each in row.split()}
        rows = [row for group in groups() for row in group.rows if all(each in shown for each in row.split())]
        rows = [*rows, *(each for each in shown if each not in listed)]
        cells = column_width(width)
        blocks = [[key_row(hint(row, self.bound.keys), title_of(row), cells)] for row in rows]
        self.query_one("#table", Static).update(Content("\n").join(columns(blocks, width, gap=False)))
        self.call_after_refresh(self.fit_height)


def _places_of(active: Collection[str]) -> list[str]:
    """The places whose keys are shown: the innermost of the chat, or all of a dialog, from the inside out."""
    of_places = {BY_ID[name].scope for name in active if not BY_ID[name].everywhere}
    scopes = [each for each in PLACES if each != APP and each in of_places]
    inner = [each for each in scopes if each in (MESSAGES, SIDEBAR, FIND_BAR)]
    return inner[:1] or scopes


def column_width(width: int) -> int:
    """The cells of one of the columns of keys that fit into a width, the gap behind it included."""
    return (width + 2) // _number_of_columns(width)


def _number_of_columns(width: int) -> int:
    return max(1, min(MOST_COLUMNS, (width + 2) // NARROWEST))


def key_row(keys: str, title: str, cells: int) -> Content:
    """Keys and a title, as wide as a column."""
    room = max(1, cells - 2 - max(KEYS, len(keys) + 1))
    return Content.assemble((fit(keys, max(KEYS, len(keys) + 1)), "$foreground"), (fit(title, room), "$muted"), "  ")


def columns(blocks: Sequence[Block], width: int, *, gap: bool = True) -> Block:
    """Lays blocks out in as many columns as fit, read from top to bottom, and about equally high.

    Args:
        blocks: none is divided.
        width: of all columns.
        gap: whether a blank row divides the blocks.
    """
    number, cells = _number_of_columns(width), column_width(width)
    spaced = [[*block, *([Content("")] if gap else [])] for block in blocks]
    most = max(map(len, spaced), default=0)
    while len(stacks := _stacked(spaced, most)) > number:
        most += 1
    blank = Content(" " * cells)
    high = max(map(len, stacks), default=0)
    for stack in stacks:
        stack += [Content("")] * (high - len(stack))
    rows = [Content("").join([*(each if each else blank for each in row)]) for row in zip(*stacks, strict=True)]
    while rows and not rows[-1].plain.strip():
        rows.pop()
    return [row.rstrip() for row in rows]


def _stacked(blocks: Sequence[Block], most: int) -> list[Block]:
    stacks: list[Block] = [[]]
    for block in blocks:
        if stacks[-1] and len(stacks[-1]) + len(block) > most:
            stacks.append([])
        stacks[-1] += block
    return stacks
