"""The bar that asks whether a tool may be called. Of a model, nothing is drawn in it but the arguments."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import ClassVar, Protocol

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from chat_tui.domain.json import JsonObject
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.session.tool_calls import Decision, PendingCall, Permission
from chat_tui.ui.commands.command import APPROVAL
from chat_tui.ui.commands.keymap import Bound
from chat_tui.ui.commands.table import bindings, labelled
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.widgets.bars import KeyBar

GRACE = 0.6
"""Seconds from a call's appearance in which no key decides on it: it was pressed before the call was seen."""
MOST_SHOWN = 20_000
"""Characters of arguments that are shown here; the editor shows all."""
LEAST_ROWS = 3
"""Rows of arguments that are seen at once in a low terminal."""
_DECISIONS = (
    ("approve_once", tr("run once")),
    ("approve_always", tr("always in thread")),
    ("refuse_call", tr("refuse")),
    ("edit_call", tr("edit")),
    ("stop", tr("stop")),
)


class ApprovalHandler(Protocol):
    """Does what the user decides."""

    def decide(self, call: PendingCall, decision: Decision) -> None:
        """Answers the call."""

    def refuse(self, call: PendingCall) -> None:
        """Asks for words for the model, then refuses the call."""

    def edit(self, call: PendingCall) -> None:
        """Lets the user edit the arguments, then runs the call."""

    def type_instead(self, character: str) -> None:
        """Goes to the prompt and types a character there."""


class ApprovalBar(Vertical, can_focus=True):
    """Asks about one call at a time. Its keys work while it has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(APPROVAL)]
    DEFAULT_CSS = """
    ApprovalBar {
        height: auto;
        width: 1fr;
        max-width: 104;
        padding: 0 1;
        background: $raised;
        border-left: thick $warning;
        & Static { width: 1fr; height: auto; background: $raised; }
        & #call-notes { color: $muted; }
        & #call-reason { color: $warning; }
        & VerticalScroll { background: $raised; scrollbar-size-vertical: 1; }
        & KeyBar { padding: 0; background: $raised; }
    }
    """

    def __init__(self, handler: ApprovalHandler, bound: Bound) -> None:
        """Shows nothing before `show`.

        Args:
            handler: does what the user decides.
            bound: the keys of every command.
        """
        super().__init__(id="approval")
        self._handler = handler
        self._bound = bound
        self._call: PendingCall | None = None
        self._count = 0
        self._shown_at = 0.0
        self._has_come = False
        """Whether the focus came by itself, not by a key of the user."""

    def compose(self) -> ComposeResult:
        """The question, notes, the arguments, the keys."""
        yield Static(id="call-question")
        yield Static(id="call-reason")
        yield Static(id="call-notes")
        with VerticalScroll(can_focus=False):
            yield Static(id="call-arguments")
        yield KeyBar()

    def on_mount(self) -> None:
        """Draws the call."""
        self._draw()

    def on_resize(self) -> None:
        """Cuts the lines anew."""
        self._draw()

    def show(self, call: PendingCall, count: int) -> None:
        """Asks about a call.

        Args:
            call: waits for the user.
            count: the number of calls that do.
        """
        if call is not self._call:
            self._call, self._shown_at = call, time.monotonic()
        elif count == self._count:
            return
        self._count = count
        if self.is_mounted:
            self._draw()
            self.query_one(VerticalScroll).scroll_home(animate=False)

    def take_focus(self, *, has_come: bool) -> None:
        """Takes the focus; by itself, or by a key of the user."""
        self._has_come = has_come
        self.focus(scroll_visible=False)

    def _draw(self) -> None:
        if (call := self._call) is None:
            return
        width, tool = max(20, self.size.width - 3), call.tool
        which = "   " + tr("{at} of {total}", at=1, total=self._count) if self._count > 1 else ""
        server = cut(tool.server, max(8, width // 3))
        before, _, after = tr("Run {tool} of {server}?", tool="\0", server=server).partition("\0")
        question = Content.assemble(
            (before, "bold"),
            (cut(tool.name, max(8, width - len(which) - 30)), "bold $warning"),
            (after, "bold"),
            (which, "$muted"),
        )
        self.query_one("#call-question", Static).update(question)
        notes = (
            [cut(tr("{server} says: {description}", server=server, description=tool.description), width)]
            if tool.description
            else []
        )
        notes += [tr("{server} declares it read-only", server=server)] if tool.claims_read_only else []
        for name, text in (("reason", call.reason), ("notes", "\n".join(notes))):
            line = self.query_one(f"#call-{name}", Static)
            line.update(T(text))
            line.display = bool(text)
        arguments = T(shown_arguments(call.arguments))
        self.query_one("#call-arguments", Static).update(arguments)
        others = 2 + len(notes) + (T(call.reason).get_height({}, width) if call.reason else 0)
        room = max(LEAST_ROWS, self.screen.size.height // 2 - others)
        self.query_one(VerticalScroll).styles.height = min(room, arguments.get_height({}, width - 1))
        self._draw_keys()

    def _draw_keys(self) -> None:
        hints = _DECISIONS if self.has_focus else (("decide_call", tr("decide")), ("stop", tr("stop")))
        self.query_one(KeyBar).keys = labelled(hints, self._bound.keys)

    # Keys

    def on_key(self, event: events.Key) -> None:
        """Lets no key decide that was pressed before the call could be read: what was typed goes to the prompt."""
        if time.monotonic() - self._shown_at >= GRACE or not event.is_printable:
            return
        event.stop()
        event.prevent_default()
        if self._has_come and event.character:
            self._handler.type_instead(event.character)

    def on_focus(self) -> None:
        """Shows the keys that decide."""
        self._draw_keys()

    def on_blur(self) -> None:
        """Shows the key that leads here."""
        self._draw_keys()

    def action_approve(self, permission: str) -> None:
        """Runs the call, once or from now on."""
        self._with_call(lambda call: self._handler.decide(call, Decision(Permission(permission))))

    def action_refuse(self) -> None:
        """Refuses the call."""
        self._with_call(self._handler.refuse)

    def action_edit(self) -> None:
        """Edits the arguments."""
        self._with_call(self._handler.edit)

    def _with_call(self, do: Callable[[PendingCall], None]) -> None:
        if self._call is not None and not self._call.decision.done():
            do(self._call)

    def action_scroll_arguments(self, rows: int) -> None:
        """Scrolls the arguments."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)


def shown_arguments(arguments: JsonObject) -> str:
    """Arguments as indented JSON in which nothing is hidden: what is not shown as it is, is written as an escape."""
    if not arguments:
        return tr("no arguments")
    text = json.dumps(arguments, ensure_ascii=False, indent=2)
    left = len(text) - MOST_SHOWN
    text = visible(text[:MOST_SHOWN])
    return text + tr("\n… {n:,} more characters", n=left) if left > 0 else text


def visible(text: str) -> str:
    """JSON whose characters that `clean` removes or changes are escapes."""
    if clean(text) == text:
        return text
    return "".join(each if each == "\n" or clean(each) == each else _escape(each) for each in text)


def _escape(character: str) -> str:
    return json.dumps(character)[1:-1]
