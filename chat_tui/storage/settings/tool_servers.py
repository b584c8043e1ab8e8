"""Reads how tool servers are started or reached: `[mcp.NAME]` tables, and the `mcpServers` files of other programs."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from chat_tui.domain.errors import StorageError
from chat_tui.domain.settings import ToolServerSettings
from chat_tui.domain.text.clean import clean
from chat_tui.domain.tools import BUILT_IN, Approval
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import safe_read

MOST_ROUNDS = 100
_FILE_LIMIT = 1024 * 1024
_LONGEST_TIMEOUT = 3600
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")
_FOREIGN_URLS = ("url", "serverUrl", "httpUrl")
"""What programs call the address of a server in their files."""

Problems = list[tuple[str, str]]
"""The key that is wrong, empty for the whole table, and what was expected."""


def read_server(name: str, table: object, place: str) -> tuple[ToolServerSettings | None, Problems]:
    """Reads one server's table: what is right holds, what is wrong is a problem; without an address there is none."""
    if not _NAME.fullmatch(name) or name == BUILT_IN:
        problem = tr("a server's name is made of letters, digits, _ . -, at most 64; {name!r} is not one", name=name)
        if name == BUILT_IN:
            problem = tr(
                "a server's name is made of letters, digits, _ . -, at most 64; {name!r} is the program's own",
                name=name,
            )
        return None, [("", problem)]
    if not isinstance(table, dict):
        return None, [("", tr("{name} must be a table: [mcp.{name}]", name=name))]
    good: dict[str, Any] = {}
    problems: Problems = []
    for key, value in table.items():
        if key not in _FIELDS:
            near = difflib.get_close_matches(key, _FIELDS, 1)
            advice = (
                tr('did you mean "{near}"?', near=near[0])
                if near
                else tr("known: {names}", names=", ".join(sorted(_FIELDS)))
            )
            problems.append((key, tr("unknown key {key!r}; {advice}", key=key, advice=advice)))
            continue
        take, expected = _FIELDS[key]
        try:
            good[key] = take(value)
        except (ValueError, TypeError):
            problems.append((key, tr("{key} must be {expected}", key=key, expected=expected)))
    if bool(good.get("command")) == bool(good.get("url")):
        problems.append(("", tr("either command (to start it) or url (to reach it) is needed")))
        return None, problems
    return ToolServerSettings(name, place=place, **good), problems


def read_server_file(path: Path) -> tuple[list[ToolServerSettings], list[str]]:
    """Reads a file of another program: `{"mcpServers": {NAME: {...}}}`, or `servers`.

    Its approvals are not taken over: what another program runs unasked is asked for here.

    Returns:
        The servers, and what is wrong, a line each.
    """
    try:
        data, _ = safe_read(path, _FILE_LIMIT, follow=True)
        content = json.loads(data)
    except FileNotFoundError:
        return [], [tr("{path}: no such file", path=path)]
    except StorageError as error:
        return [], [str(error)]
    except (ValueError, RecursionError) as error:
        return [], [tr("{path}: expected JSON, which this is not: {error}", path=path, error=error)]
    tables = next(
        (content[key] for key in ("mcpServers", "servers") if isinstance(content, dict) and key in content), None
    )
    if not isinstance(tables, dict):
        return [], [tr('{path}: expected {{"mcpServers": {{...}}}}', path=path)]
    servers: dict[str, ToolServerSettings] = {}
    problems: list[str] = []
    for written, table in tables.items():
        name = _NOT_IN_NAMES.sub("-", written).strip("-._")[:64]
        shown = clean(written, multiline=False)
        if name in servers:
            problems.append(tr("{path}: {name} has the name of another server", path=path, name=shown))
            continue
        server, wrong = read_server(name, _own_form(table), str(path))
        problems += [f"{path}: {shown}: {clean(problem, multiline=False)}" for _, problem in wrong]
        if server is not None:
            servers[name] = server
    return list(servers.values()), problems


def folder_of(written: str, base: Path) -> Path:
    """A path of the settings: `~` is the home directory, a relative one begins where the settings are."""
    try:
        path = Path(written).expanduser()
    except RuntimeError:  # nobody's home
        path = Path(written)
    return path if path.is_absolute() else base / path


def table_of(server: ToolServerSettings) -> dict[str, Any]:
    """A server as a table of the settings."""
    table: dict[str, Any] = {"command": server.command, "args": list(server.args)} if server.command else {}
    optional = {"url": server.url, "cwd": server.cwd, "env": dict(server.env), "headers": dict(server.headers)}
    table |= {key: value for key, value in optional.items() if value}
    if not server.enabled:
        table["enabled"] = False
    return table


def _own_form(table: object) -> object:
    """A table of another program with the keys of this one; what only means something there is left out."""
    if not isinstance(table, dict):
        return table
    own = {key: table[key] for key in ("command", "args", "env", "cwd", "headers") if table.get(key) is not None}
    url = next((table[key] for key in _FOREIGN_URLS if table.get(key)), None)
    if url is not None and not own.get("command"):
        own["url"] = url
    if table.get("disabled") is True or table.get("enabled") is False:
        own["enabled"] = False
    return own


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and "\0" not in each for each in value):
        raise ValueError
    return tuple(value)


def _named_texts(value: object) -> Mapping[str, str]:
    """Values may be numbers and truth values, too, as they are in many a file."""
    if not isinstance(value, dict):
        raise TypeError
    named: dict[str, str] = {}
    for name, each in value.items():
        if not isinstance(each, str | int | float) or not name or "=" in name or "\0" in f"{name}{each}":
            raise ValueError
        named[name] = str(each).lower() if isinstance(each, bool) else str(each)
    return named


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST_TIMEOUT:
        raise ValueError
    return float(value)


def _approvals(value: object) -> Mapping[str, Approval]:
    if not isinstance(value, dict):
        raise TypeError
    return {tool: Approval(each) for tool, each in value.items()}


_APPROVAL = " or ".join(f'"{each}"' for each in Approval)
_FIELDS: dict[str, tuple[Callable[[Any], object], str]] = {
    "command": (_text, tr("the name or path of a program")),
    "args": (_texts, tr("a list of strings")),
    "env": (_named_texts, tr("a table of strings by variable")),
    "cwd": (_text, tr("a path")),
    "url": (_text, tr("an http(s) address")),
    "headers": (_named_texts, tr("a table of strings by header")),
    "enabled": (_truth, tr("true or false")),
    "timeout": (_seconds, tr("a number of seconds, at most {n}", n=_LONGEST_TIMEOUT)),
    "tools": (_texts, tr("a list of names of tools")),
    "approve": (Approval, _APPROVAL),
    "approve_tools": (_approvals, tr("a table of {values} by tool", values=_APPROVAL)),
}
"""Keys of a server's table: what makes the value, and what is expected."""
