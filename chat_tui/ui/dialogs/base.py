"""The base of dialogs: a message line, a key bar, esc to close."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar, cast

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from chat_tui.domain.search.fuzzy import FuzzyMatch
from chat_tui.ui.commands.command import DIALOG, READING
from chat_tui.ui.commands.keymap import Bound
from chat_tui.ui.commands.table import active, bindings, labelled
from chat_tui.ui.compat.backdrop import TintedModalScreen
from chat_tui.ui.dialogs.host import DialogHost, ask
from chat_tui.ui.terminal.input_queue import TYPING
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.widgets.bars import KeyBar

Answer = TypeVar("Answer")
OtherAnswer = TypeVar("OtherAnswer")
P = ParamSpec("P")
SaveDraft = Callable[[str | None], None]
"""Saves a text that is being written; None where it is what it was before."""
STYLES = Path(__file__).parents[1] / "styles"
"""Absolute: a relative path would be looked for beside the module of each subclass."""
LIT = "$accent underline"
"""The style of letters that a filter asked for."""


class Dialog(TintedModalScreen[Answer | None], Generic[Answer]):
    """A modal dialog. Its answer is what it is dismissed with; None if the user went back."""

    CSS_PATH = STYLES / "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DIALOG)]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]
    SCROLLS = ""
    """A selector of the part that scrolls, where the dialog is as high as its content."""
    SHARE = 0.9
    """The most of a window's height that the dialog takes; of a low one it may take all."""

    def __init__(self, host: DialogHost) -> None:
        super().__init__()
        self.host = host
        self._fitted: Size | None = None
        """The window that the height was last fitted to."""
        self._message_line = Label(classes="message")
        self._shown_message = ""
        """What the line says."""

    @property
    def bound(self) -> Bound:
        """The keys of every command, as they are bound now."""
        return self.host.bound

    def key(self, command: str) -> str:
        """The first key of a command, as it is bound now."""
        return self.bound.key(command)

    async def ask(
        self,
        dialog: Callable[Concatenate[DialogHost, P], Screen[OtherAnswer | None]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> OtherAnswer | None:
        """Shows a dialog above this one and returns its answer; see `host.ask`."""
        return await ask(self.host, dialog, *args, **kwargs)

    def show_keys(self, hints: Iterable[tuple[str, str]]) -> None:
        """Shows key hints at the bottom edge.

        Args:
            hints: ids of commands, as `hint` takes them, and a word for what they do; the most useful first.
        """
        bar = self.query_one(KeyBar)
        bar.keys, bar.more = labelled(hints, self.bound.keys), self.key("help")

    def fit_height(self) -> None:
        """Makes the part that scrolls as high as its content or the window allows; in one window it never shrinks."""
        part = next(iter(self.query(self.SCROLLS)), None) if self.SCROLLS and self.is_attached else None
        if part is None or not isinstance(dialog := part.parent, Widget):
            return
        others = [each for each in dialog.children if each is not part and each.display]
        around = dialog.gutter.height + sum(each.outer_size.height + each.styles.margin.height for each in others)
        share = 1 if self.has_class("-low") else self.SHARE
        room = max(3, int(self.size.height * share) - around)
        part.styles.max_height = room
        if self.size != self._fitted:
            self._fitted, part.styles.min_height = self.size, None
            self.call_after_refresh(self.fit_height)
            return
        part.styles.min_height = min(room, part.outer_size.height)

    def on_unmount(self) -> None:
        """Cancels what the dialog has started."""
        self.host.input.cancel(self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether an action can run: none can before the dialog is composed."""
        return self.is_mounted

    def action_back(self) -> None:
        """Goes back without an answer."""
        self.dismiss(None)

    def action_flow(self, command: str) -> None:
        """Runs a command that works everywhere: the command palette of the dialog, or the help."""
        self.host.input.run(self.host.run_in_dialog(command, active(self)))

    def show_message(self, text: str, *, is_error: bool = False) -> None:
        """Shows a message above the keys until the next one; an empty text removes it."""
        shown = f"✗ {text}" if is_error and text else text
        if shown == self._shown_message:  # another layout of the window takes as long as many keys
            return
        if not self._message_line.is_attached:
            bar = next(iter(self.query(KeyBar)), None)
            if bar is None:  # a notice came before the dialog was composed
                self.call_after_refresh(self.show_message, text, is_error=is_error)
                return
            cast("Widget", bar.parent).mount(self._message_line, before=bar)
        self._shown_message = shown
        self._message_line.update(T(shown))
        self._message_line.set_class(is_error, "-error")
        self.set_class(bool(text), "-with-message")
        self.call_after_refresh(self.fit_height)

    def show_problem(self, text: str) -> None:
        """Shows an error message; an empty text removes it."""
        self.show_message(text, is_error=True)


class TextDialog(Dialog[Answer], Generic[Answer]):
    """A dialog with a text to read, whose keys scroll it wherever the focus is."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(READING)]
    SCROLLS = "VerticalScroll"

    def on_resize(self) -> None:
        """Fits the height to the window."""
        self.call_after_refresh(self.fit_height)

    def action_scroll_by(self, rows: int) -> None:
        """Scrolls by rows."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)


def fit(text: str, cells: int) -> str:
    """Fits a text to a column: cut or filled to exactly `cells`."""
    content = Content(cut(text, cells))
    return content.plain + " " * max(0, cells - content.cell_length)


def right(text: str, cells: int) -> str:
    """Fills a text with spaces at its left to at least `cells`."""
    return " " * max(0, cells - Content(text).cell_length) + text


def lit(text: str, match: FuzzyMatch, style: str = "") -> Content:
    """A text in which the letters that matched a filter are highlighted.

    Args:
        text: what is shown; it may be cut or filled, so that the match is of a text which it begins like.
        match: where the letters are.
        style: of the text.
    """
    content = Content.styled(text, style)
    shown = len(text.rstrip(" …"))
    for at in sorted(match.positions):
        if at < shown:
            content = content.stylize(LIT, at, at + 1)
    return content


def replace_options(options: OptionList, rows: Sequence[Option], keep: str | None = None) -> None:
    """Shows other rows and highlights the one with the id `keep`, else the first that can be chosen."""
    options.clear_options()
    options.add_options(rows)
    for index, row in enumerate(rows):
        if not row.disabled and (keep is None or row.id == keep):
            options.highlighted = index
            return
    if keep is not None:
        options.highlighted = next((i for i, row in enumerate(rows) if not row.disabled), None)


def holds_input(
    method: Callable[Concatenate[Any, P], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[Any, P], None]:
    """Decorates a coroutine method of a dialog to start a flow (`InputQueue.run`), which ends with the dialog."""
    return _starting(method, frozenset())


def searches(
    method: Callable[Concatenate[Any, P], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[Any, P], None]:
    """The same for a dialog's search: keys that use its result wait for it, those that write or close do not."""
    return _starting(method, TYPING | {"escape"})


def _starting(
    method: Callable[Concatenate[Any, P], Coroutine[Any, Any, None]], passing: frozenset[str]
) -> Callable[Concatenate[Any, P], None]:
    def start(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> None:
        self.host.input.run(method(self, *args, **kwargs), owner=self, passing=passing)

    start.__doc__ = method.__doc__
    return start
