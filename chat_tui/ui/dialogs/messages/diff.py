"""Compares two versions of a message word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, Static

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.text.clean import clean
from chat_tui.ui.dialogs.base import TextDialog
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar

MOST_WORDS = 6_000
"""Words of a version that are compared one by one; of longer ones, lines are."""
InputPiece = tuple[str, str]
"""`=`, `-` (only in the first) or `+` (only in the second), and the text."""


def differences(one: str, other: str) -> Iterator[InputPiece]:
    """The differences of two texts, in order: all pieces but `+` make the first, all but `-` the second."""
    tokens = re.findall(r"\s+|[^\W_]+|[^\s]", one), re.findall(r"\s+|[^\W_]+|[^\s]", other)
    if max(map(len, tokens)) > MOST_WORDS:
        tokens = one.splitlines(keepends=True), other.splitlines(keepends=True)
    if max(map(len, tokens)) > MOST_WORDS:
        yield from (("-", one), ("+", other)) if one != other else (("=", one),)
        return
    for kind, a, b, c, d in SequenceMatcher(None, *tokens, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "=", "".join(tokens[0][a:b])
            continue
        if b > a:
            yield "-", "".join(tokens[0][a:b])
        if d > c:
            yield "+", "".join(tokens[1][c:d])


class Diff(TextDialog[None]):
    """Shows two versions as one text: deleted words are struck through, inserted ones highlighted."""

    def __init__(self, host: DialogHost, one: Message, other: Message, places: tuple[int, int]) -> None:
        """Compares.

        Args:
            host: the program around the dialog.
            one: the version before.
            other: the version after.
            places: their numbers among the versions.
        """
        super().__init__(host)
        self._versions = one, other
        self._places = places

    def compose(self) -> ComposeResult:
        """Heading, text, keys."""
        one, other = self._versions
        names = [f"{place} {each.model or 'you'}" for place, each in zip(self._places, self._versions, strict=True)]
        with Vertical(classes="dialog"):
            yield Label(T(f"Version {names[0]} against {names[1]}"), classes="heading")
            with VerticalScroll():
                yield Static(_drawn(clean(one.content), clean(other.content)), id="difference")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the key hints."""
        self.show_keys((("read_up read_down", "scroll"), ("dialog_back", "back")))
        self.query_one(VerticalScroll).focus()


def _drawn(one: str, other: str) -> Content:
    styles = {"=": "", "-": "$error strike", "+": "$accent bold"}
    parts: list[str | tuple[str, str]] = []
    before = "="
    for kind, text in differences(one, other):
        if before == "-" and kind == "+":
            parts.append(" ")  # else the last word taken out and the first put in read as one
        parts.append((text, styles[kind]))
        before = kind
    return Content.assemble(*parts)
