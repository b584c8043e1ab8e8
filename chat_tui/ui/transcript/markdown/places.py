"""A parser of inline Markdown that records each token's place in the text."""

from __future__ import annotations

from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

from chat_tui.ui.transcript.markdown.emphasis import AmendedState

PLACE = "place"
"""In a token's meta data: where it begins in its text."""


def note_places(parser: MarkdownIt) -> None:
    """Makes a parser record the places of its tokens, which it does not join then."""
    inline = _Inline()
    inline.ruler, inline.ruler2 = parser.inline.ruler, parser.inline.ruler2
    inline.ruler2.disable("fragments_join")
    parser.inline = inline
    parser.disable("text_join")


class _Inline(ParserInline):
    """Parses the text of one paragraph, heading or cell."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """Parses a text; see the library."""
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens

    def tokenize(self, state: StateInline) -> None:
        """Reads the text up to `state.posMax`, in a link that of its label."""
        assert isinstance(state, _State)
        rules, deepest = self.ruler.getRules(""), state.md.options["maxNesting"]
        while state.pos < state.posMax:
            state.begin_step()
            if state.level >= deepest or not any(rule(state, False) for rule in rules):
                state.append_pending(state.src[state.pos])
                state.pos += 1
        state.begin_step()
        if state.pending:
            state.pushPending()


class _State(AmendedState):
    def __init__(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self._step = 0
        """Where what is read now begins."""
        self._marks = 0
        """Texts that were made of it, one for each of a run of stars."""

    def begin_step(self) -> None:
        """Reads what begins at `pos`."""
        self._step, self._marks = self.pos, 0

    def pushPending(self) -> Token:  # noqa: N802 - the library's name
        """Makes a token of the text before this step, of which a line break took the spaces at its end."""
        end = self._step
        if self.src[end : end + 1] == "\n":
            while end > 0 and self.src[end - 1] == " ":
                end -= 1
        token = super().pushPending()
        token.meta[PLACE] = end - len(token.content)
        return token

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """Makes a token of what is read in this step."""
        token = super().push(ttype, tag, nesting)
        place = self._step
        mark = self.src[place : place + 1]
        if ttype == "text" and mark in ("*", "_"):
            place += self._marks
        elif ttype == "text" and mark == "~":
            run = len(self.src) - place - len(self.src[place:].lstrip("~"))
            place += max(0, 2 * self._marks - run % 2)
        self._marks += 1
        token.meta[PLACE] = place
        return token
