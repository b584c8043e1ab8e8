"""Binds keys: the user's over a preset over the defaults; and reports problems in them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from chat_tui.domain.settings import Settings
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import APP, PLACES, PROMPT, SCREEN, Command, around
from chat_tui.ui.commands.table import BY_ID, COMMANDS, key_of, no_key

PRESET = "preset"
"""The name in `[keys]` that is no action's."""
VIM = {
    "select_messages": "alt+up,alt+k",
    "first_message": "home,g",
    "last_message": "end,G",
    "previous_sibling": "left,h",
    "next_sibling": "right,l",
    "unfold": "enter,z",
    "leave_messages": "escape,i",
    "threads_up": "up,k",
    "threads_down": "down,j",
}
"""What vim's hands expect beside the defaults, which have j, k, u, ctrl+u and ctrl+d at the messages already."""
PRESETS: dict[str, dict[str, str]] = {"default": {}, "vim": VIM}

_MODIFIERS = frozenset(("alt", "ctrl", "hyper", "meta", "shift", "super"))
_NAMED = frozenset(key.value for key in Keys if "+" not in key.value and not key.value.startswith("<"))


@dataclass(frozen=True, slots=True)
class Bound:
    """The keys of all commands, and the problems of those that the user configured."""

    keys: Mapping[str, str]
    """By action id: keys as Textual names them, comma-separated; empty for none."""
    problems: tuple[str, ...] = ()
    """A line each: file, line, what was expected."""

    def key(self, command_id: str) -> str:
        """The first key of a command, as a person reads it; of a command without any, the way through the palette."""
        return key_of(command_id, self.keys)

    def keymap(self) -> dict[str, str]:
        """The changes to the default bindings, for Textual."""
        return {name: keys or no_key(name) for name, keys in self.keys.items() if keys != BY_ID[name].keys}


def bind(settings: Settings) -> Bound:
    """Binds the keys as configured; what is invalid is listed in `problems` and keeps its default."""
    return _Binder(settings).bound()


class _Binder:
    """Merges the layers of bindings: the user's over the preset over the defaults."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._problems: list[str] = []

    def bound(self) -> Bound:
        keys = {command.id: command.keys.split(",") if command.keys else [] for command in COMMANDS}
        if not self._settings.keys:
            return Bound({name: ",".join(each) for name, each in keys.items()})
        keys |= {name: wanted.split(",") for name, wanted in self._preset().items()}
        chosen: dict[str, list[str]] = {}
        for name, text in self._settings.keys.items():
            if name != PRESET and (parsed := self._parse(name, text)) is not None:
                chosen[name] = parsed
        for name in list(chosen):
            self._settle(name, chosen, keys)
        return Bound({name: ",".join(each) for name, each in (keys | chosen).items()}, tuple(self._problems))

    def _complain(self, name: str, problem: str) -> None:
        place = self._settings.key_places.get(name, "")
        self._problems.append(f"{place}: {problem}" if place else problem)

    def _preset(self) -> Mapping[str, str]:
        name = self._settings.keys.get(PRESET, "default")
        if name not in PRESETS:
            self._complain(PRESET, tr("{preset} must be one of {presets}", preset=PRESET, presets=", ".join(PRESETS)))
        return PRESETS.get(name, {})

    def _parse(self, name: str, text: str) -> list[str] | None:
        """Parses the keys of a line of the file; None if it is invalid."""
        if name not in BY_ID:
            near = difflib.get_close_matches(name, BY_ID, 1)
            hint = tr('did you mean "{near}"?', near=near[0]) if near else tr("the help (f1) lists them all")
            self._complain(name, tr("unknown action {name!r}; {hint}", name=name, hint=hint))
            return None
        keys = []
        for part in text.split(",") if text.strip() else []:
            key = normal(part)
            if key is None:
                self._complain(name, tr("{part!r} is not a key; {hint}", part=part.strip(), hint=_hint(part)))
                return None
            if _is_needed(key, BY_ID[name].scope):
                self._complain(
                    name,
                    tr("{name} works while you type, and {part} is needed for typing", name=name, part=part.strip()),
                )
                return None
            keys.append(key)
        return list(dict.fromkeys(keys))

    def _settle(self, name: str, chosen: dict[str, list[str]], keys: dict[str, list[str]]) -> None:
        """Removes the user's keys for a command from the other commands that work at the same time."""
        for other in COMMANDS:
            if other.id == name or not _meet(BY_ID[name], other):
                continue
            theirs = chosen.get(other.id, keys[other.id])
            for key in [each for each in chosen[name] if each in theirs]:
                if other.id in chosen:
                    self._complain(
                        name, tr("{key} is also bound to {id}; bind one of them to another key", key=key, id=other.id)
                    )
                    chosen[name].remove(key)
                    continue
                if theirs[0] == key:
                    self._complain(
                        name,
                        tr('{key} is the key of {id}; bind that to another key, or to none: ""', key=key, id=other.id),
                    )
                keys[other.id] = [each for each in theirs if each != key]
                theirs = keys[other.id]


def _meet(one: Command, other: Command) -> bool:
    """Whether two commands can't share a key: both work at the same time, and neither may override the other."""
    if APP in (one.scope, other.scope):
        return one.scope == APP  # whatever else is given its key covers it
    if one.everywhere or other.everywhere:
        return True
    outer = one if one.scope in around(other.scope) else other
    inner = other if outer is one else one
    if outer.scope not in around(inner.scope):
        return False
    return outer.scope != SCREEN or inner.scope in (SCREEN, PROMPT) or outer.priority


def normal(key: str) -> str | None:
    """A key as Textual names it: `?` is `question_mark`, `Shift+Ctrl+Up` is `ctrl+shift+up`; None for no key."""
    *modifiers, last = key.strip().split("+")
    held = {each.lower() for each in modifiers}
    if not last or not held <= _MODIFIERS:
        return None
    if len(last) > 1:
        last = last.lower()
        if last not in _NAMED and not _is_sign(last):
            return None
    elif held == {"shift"} and last.isalpha():
        return last.upper()
    else:
        last = _name(last.lower() if held else last)
    return "+".join([*sorted(held), last])


def _name(character: str) -> str:
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _is_needed(key: str, scope: str) -> bool:
    """Whether the key is needed to write text in the scope."""
    needed = PLACES[scope].typing
    return needed is not None and (key in needed or _is_sign(key))


def _is_sign(key: str) -> bool:
    """Whether the key writes a character; `esc` is the Unicode name of one that is not printable."""
    return key in KEY_NAME_REPLACEMENTS.values() or (key_to_character(key) or "\0").isprintable()


def _hint(key: str) -> str:
    last = key.strip().rpartition("+")[2].lower()
    short: Iterable[str] = {"esc": ["escape"], "return": ["enter"], "del": ["delete"], "pgup": ["pageup"]}.get(last, [])
    near = [*short, *difflib.get_close_matches(last, _NAMED, 1)]
    if near:
        return tr('did you mean "{near}"?', near=near[0])
    return tr('write keys like "ctrl+l", "f5", "alt+up", separated by commas')
