"""Reads the paths of dropped files out of what a terminal pastes for them."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import suppress
from urllib.parse import unquote, urlsplit

LONGEST_PATH = 4_096
MOST_DROPPED = 20
"""Files that are attached at once."""
_PATH = re.compile(r"(?:~|\.{1,2})?[/\\].|[A-Za-z]:[/\\].")


def dropped_paths(text: str) -> list[list[list[str]]]:
    """The paths that a pasted text is, as terminals paste dropped files: bare, quoted, escaped or `file://`.

    Returns:
        For each line how it can be read, the likelier first: a path with blanks in it, or several paths. Nothing where
        a line is neither: a name without a slash is a word.
    """
    lines = [each for each in text.splitlines() if each.strip()]
    if not text.strip() or len(text) > LONGEST_PATH * MOST_DROPPED:
        return []
    readings = [[each for each in (_one_path(line), _several_paths(line)) if each] for line in lines]
    return readings if all(readings) else []


def _one_path(text: str) -> list[str]:
    text = text.strip()
    if text.startswith("file://"):
        with suppress(ValueError):
            parts = urlsplit(text)
            return [unquote(parts.path)] if parts.netloc in ("", "localhost") else []
        return []
    if _is_escaped(text):
        with suppress(ValueError):
            arguments = shlex.split(text)
            text = arguments[0] if len(arguments) == 1 else ""
    return [text] if _PATH.match(text) else []


def _several_paths(text: str) -> list[str]:
    parts: list[str] = text.split()
    if _is_escaped(text.strip()):
        try:
            parts = shlex.split(text)
        except ValueError:
            return []
    paths = [path for each in parts for path in _one_path(shlex.quote(each) if " " in each else each)]
    return paths if 1 < len(parts) == len(paths) <= MOST_DROPPED else []


def _is_escaped(text: str) -> bool:
    return any(each in text for each in "'\"") or ("\\" in text and os.name == "posix")
