"""Reading a person's TOML: what is wrong is said with its line; and finding the line of a key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_tui.domain.errors import StorageError
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import safe_read

LIMIT = 4 * 1024 * 1024
"""Bytes of one settings file."""


@dataclass(slots=True)
class TomlFile:
    """A file as it was read; of one that is missing or broken, nothing."""

    path: Path
    table: dict[str, Any]
    text: str = ""
    problem: str = ""
    """Why it could not be read, with its line; empty when it could, or is not there."""

    def line_of(self, *keys: str) -> int | None:
        """The number of the line that gives a key, such as `("providers", "work", "auth")`; None if it isn't found."""
        here: tuple[str, ...] = ()
        for number, line in enumerate(self.text.splitlines(), 1):
            line = line.strip()
            if line.startswith("["):
                here = _keys(line)
                path = here
            else:
                path = here + _keys(line.partition("=")[0] + "= 0") if "=" in line else ()
            if path and path[: len(keys)] == keys:
                return number
        return self.line_of(*keys[:-1]) if len(keys) > 1 else None

    def problem_at(self, keys: tuple[str, ...], message: str) -> str:
        """One line about a key: file, line, what was expected."""
        return f"{self.place(keys)}: {message}"

    def place(self, keys: tuple[str, ...]) -> str:
        """Where a key stands: file and line."""
        line = self.line_of(*keys)
        return f"{self.path}:{line}" if line else str(self.path)


def read_toml(path: Path) -> TomlFile:
    """Reads a file; a symbolic link is followed, as dotfile managers make them. Raises nothing."""
    try:
        data, _ = safe_read(path, LIMIT, follow=True)
    except FileNotFoundError:
        return TomlFile(path, {})
    except StorageError as error:
        return TomlFile(path, {}, problem=str(error))
    import tomllib  # late: many start without any file

    try:
        text = data.decode("utf-8-sig")
        return TomlFile(path, tomllib.loads(text), text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return TomlFile(path, {}, problem=tr("{path}:{line}: expected UTF-8 text", path=path, line=line))
    except tomllib.TOMLDecodeError as error:
        where = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        reason = str(error)[: where.start()] if where else str(error).replace(" (at end of document)", " at its end")
        line_number = where[1] if where else str(text.count("\n") + 1)
        return TomlFile(
            path,
            {},
            problem=tr(
                "{path}:{line}: expected TOML, which this is not: {reason}",
                path=path,
                line=line_number,
                reason=reason,
            ),
        )
    except RecursionError:
        return TomlFile(path, {}, problem=tr("{path}: expected TOML of sensible depth", path=path))


def _keys(line: str) -> tuple[str, ...]:
    """The path of keys that one line of TOML opens or sets."""
    import tomllib

    try:
        table: Any = tomllib.loads(line)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ()
    path: list[str] = []
    while (isinstance(table, dict) and table) or (isinstance(table, list) and table):
        if isinstance(table, list):
            table = table[0]
        else:
            key, table = next(iter(table.items()))
            path.append(key)
    return tuple(path)
