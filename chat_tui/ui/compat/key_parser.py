"""Textual's parser of escape sequences, with chords that it does not know."""

from __future__ import annotations

import re
from collections.abc import Iterable

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser

_MODIFY_OTHER_KEYS = re.compile(r"\x1b\[27;(\d+);(\d+)~")
"""A key as xterm's modifyOtherKeys reports it: modifiers, code point."""
_INTRODUCERS = "[]OPX^_"
"""Characters that begin a longer sequence behind an escape (ECMA-48); the chord with alt is known by a pause."""
_SHIFT = 2
"""The modifier code of shift alone."""


class KeyParser(XTermParser):
    """Textual's parser, with chords that it does not know, or knows only when nothing follows for a while."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if sequence == "\x1b\r":
            return [events.Key("alt+enter", None)]
        # Textual takes alt with a digit for the character that a Mac types with it: alt+1 would be "¡".
        if len(sequence) == 2 and sequence[0] == "\x1b" and isinstance(ANSI_SEQUENCES_KEYS.get(sequence, ""), str):
            if sequence[1] in _INTRODUCERS:
                return []
            return [events.Key(event.key, None) for event in super()._sequence_to_key_events(sequence[1], alt=True)]
        if match := _MODIFY_OTHER_KEYS.fullmatch(sequence):
            modifiers, code = match.groups()
            is_typed = int(modifiers) == _SHIFT and chr(int(code)).isprintable()
            sequence = f"\x1b[{code};{modifiers}{f';{code}' if is_typed else ''}u"
        return super()._sequence_to_key_events(sequence, alt)
