"""Splits reasoning from text where a model writes `<think>...</think>` into its answer, cut anywhere.

A tag counts only where a model puts one: the opening tag before any text of the answer, the closing tag not in quotes
or backticks. So an answer that talks about the tags stays an answer. Where the chat template swallows the opening tag,
the first closing tag that ends a line, and has text behind it, tells that all before it was reasoning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

_OPENING = ("<think>", "<thinking>", "<thought>")
_CLOSING = {tag: tag.replace("<", "</") for tag in _OPENING}
_ORPHAN = "</think>"
_QUOTES = "`'\"“‘«"


class TagPart(Enum):
    """What a piece of text is."""

    TEXT = auto()
    REASONING = auto()
    WAS_REASONING = auto()
    """No text: all the text before was reasoning."""


class _TagState(Enum):
    START = auto()
    THINKING = auto()
    AFTER = auto()
    """Behind a closing tag: blank space before the answer goes."""
    ANSWER = auto()


class ReasoningTagSplitter:
    """Tells reasoning from answer in one choice's text. Held back is never more than a tag could be."""

    def __init__(self) -> None:
        self._state = _TagState.START
        self._held = ""
        self._before = ""
        """The character before what is held."""
        self._closing = ""
        self._fences = 0
        """Code fences so far, opening and closing; the tag inside a block of code is code."""
        self._ticks = 0
        """Backticks at the end that may become a fence with the next piece."""
        self._watch = True
        """Whether a closing tag without an opening one would still mean something."""

    def reasoning_came(self) -> None:
        """Says that the server gives the reasoning in a field of its own: a lone closing tag is text then."""
        self._watch = False

    def feed(self, text: str) -> Iterator[tuple[TagPart, str]]:
        """Takes the next piece of content and yields what is certain by now."""
        if self._state is _TagState.ANSWER and not self._held and "<" not in text:
            if self._watch:
                self._pass(text)
            if text:
                yield TagPart.TEXT, text
            return
        self._held += text
        while True:
            state = self._state
            yield from self._step(final=False)
            if self._state is state:
                return

    def flush(self) -> Iterator[tuple[TagPart, str]]:
        """Yields what was held back, at the end of the text."""
        while True:
            state = self._state
            yield from self._step(final=True)
            if self._state is state:
                break
        held, self._held = self._held, ""
        if held:
            yield (TagPart.REASONING if self._state is _TagState.THINKING else TagPart.TEXT), held

    def _step(self, *, final: bool) -> Iterator[tuple[TagPart, str]]:
        match self._state:
            case _TagState.START:
                self._open()
            case _TagState.THINKING:
                yield from self._think(final)
            case _TagState.AFTER:
                self._held = self._held.lstrip()
                if self._held:
                    self._state = _TagState.START
            case _TagState.ANSWER:
                yield from self._answer(final)

    def _open(self) -> None:
        bare = self._held.lstrip()
        tag = next((opening for opening in _OPENING if bare.startswith(opening)), "")
        if tag:
            self._closing = _CLOSING[tag]
            self._held = bare[len(tag) :]
            self._before = ""
            self._watch = False
            self._state = _TagState.THINKING
        elif bare and not any(opening.startswith(bare) for opening in _OPENING):
            self._state = _TagState.ANSWER

    def _think(self, final: bool) -> Iterator[tuple[TagPart, str]]:
        if not self._before:  # nothing but blank space since the opening tag
            self._held = self._held.lstrip()
        at = self._find(self._closing)
        if at >= 0:
            rest = self._held[at + len(self._closing) :]
            if at:
                yield TagPart.REASONING, self._held[:at]
            self._held, self._state = rest, _TagState.AFTER
            return
        ready = self._take(self._closing, final)
        if ready:
            yield TagPart.REASONING, ready

    def _answer(self, final: bool) -> Iterator[tuple[TagPart, str]]:
        while self._watch and (at := self._find(_ORPHAN)) >= 0:
            end = at + len(_ORPHAN)
            rest = self._held[end:]
            fences = self._fences + ("`" * self._ticks + self._held[:at]).count("```")
            if re.match(r"[ \t]*(\n|\r|$)", rest) and fences % 2 == 0:
                if not rest.strip():
                    # Nothing follows so far. If nothing ever does, what stands before the tag is all there is: the
                    # answer, which a stray tag behind it must not hide. It is passed on with the tag at the end.
                    if at:
                        yield TagPart.TEXT, self._held[:at]
                        self._pass(self._held[:at])
                        self._held = self._held[at:]
                    return
                if at:
                    yield TagPart.TEXT, self._held[:at]
                yield TagPart.WAS_REASONING, ""
                self._held, self._state, self._watch = rest, _TagState.AFTER, False
                return
            yield TagPart.TEXT, self._held[:end]
            self._pass(self._held[:end])
            self._held = rest
        ready = self._take(_ORPHAN, final) if self._watch else self._held
        self._held = self._held[len(ready) :] if not self._watch else self._held
        if ready:
            yield TagPart.TEXT, ready

    def _find(self, tag: str) -> int:
        """The position of the first tag that is not in quotes."""
        at = self._held.find(tag)
        while at >= 0:
            before = self._held[at - 1] if at else self._before
            if not before or before not in _QUOTES:
                return at
            at = self._held.find(tag, at + 1)
        return -1

    def _take(self, tag: str, final: bool) -> str:
        """Takes what no coming piece can turn into the tag."""
        keep = 0
        if not final:
            keep = next(
                (n for n in range(min(len(tag) - 1, len(self._held)), 0, -1) if tag.startswith(self._held[-n:])), 0
            )
        ready = self._held[: len(self._held) - keep]
        self._held = self._held[len(ready) :]
        self._pass(ready)
        return ready

    def _pass(self, text: str) -> None:
        if text:
            self._before = text[-1]
            if "`" in text or self._ticks:
                text = "`" * self._ticks + text
                self._fences += text.count("```")
                self._ticks = (len(text) - len(text.rstrip("`"))) % 3
