"""`chat-tui mcp`: lists and tests tool servers, and imports them from the files of other programs."""

from __future__ import annotations

import asyncio
import difflib
from argparse import Namespace
from pathlib import Path
from typing import Any

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.domain.errors import UsageError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.settings import ToolServerSettings
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.secrets import (
    MASK,
    names_secret,
    redact,
    without_secret_arguments,
    without_secret_url,
)
from chat_tui.domain.tools import BUILT_IN, Tool, ToolServer
from chat_tui.i18n import tr
from chat_tui.storage.settings.tool_servers import read_server_file, table_of

DONE, FAILED, USAGE = 0, 1, 2


def run(args: Namespace, container: Container, out: Output) -> int:
    """Lists, tests or imports.

    Raises:
        UsageError: there is no such server, or the file can't be read.
        StorageError: the settings can't be written.
    """
    if args.action == "import":
        return _import(args, container, out)
    if args.action == "test":
        return asyncio.run(_test(args, container, out))
    return _list(args, container, out)


def _list(args: Namespace, container: Container, out: Output) -> int:
    servers = container.toolbox.servers()
    settings = container.settings.tool_servers
    if args.json:
        rows: list[Json] = [_row(each, settings.get(each.name)) for each in servers]
        out.json(rows)
        return DONE
    for each in servers:
        own = settings.get(each.name)
        state = tr("built in") if own is None else tr("on") if own.enabled else tr("off")
        approve = own.approve if own is not None else "ask"
        out.line(redact(f"{each.name:16}  {state:8}  {approve:6}  {each.address}".rstrip()))
    if not settings:
        out.note(tr("No tool server is set up. Add [mcp.NAME] to config.toml, or run `chat-tui mcp import FILE`."))
    return DONE


def _row(server: ToolServer, settings: ToolServerSettings | None) -> JsonObject:
    return {
        "name": server.name,
        "address": redact(server.address),
        "enabled": settings.enabled if settings is not None else True,
        "approve": settings.approve if settings is not None else "ask",
        "place": settings.place if settings is not None else None,
    }


async def _test(args: Namespace, container: Container, out: Output) -> int:
    known = container.settings.tool_servers
    if args.name not in known and args.name != BUILT_IN:
        near = difflib.get_close_matches(args.name, [*known, BUILT_IN], 1)
        advice = tr("did you mean {near}?", near=near[0]) if near else tr("`chat-tui mcp list` lists them.")
        raise UsageError(tr("No tool server named {name!r}; {advice}", name=args.name, advice=advice))
    if args.name in known and not known[args.name].enabled:
        raise UsageError(
            tr("The tool server {name} is switched off: {place}.", name=args.name, place=known[args.name].place)
        )
    toolbox = container.toolbox
    try:
        offered = await toolbox.offered([args.name], lambda line: out.note(f"{line}..."))
        prompts, resources = await toolbox.prompts(), await toolbox.resources()
        server = next(each for each in toolbox.servers() if each.name == args.name)
    finally:
        await container.close_tools()
    if args.json:
        out.json(
            {
                "name": args.name,
                "tools": [_tool(each) for each in offered.tools],
                "prompts": [each.name for each in prompts],
                "resources": [each.uri for each in resources],
                "problems": list(offered.problems),
            }
        )
    else:
        for tool in offered.tools:
            claim = "  " + tr("(declared read-only)") if tool.claims_read_only and args.name != BUILT_IN else ""
            out.line(f"{tool.name}{claim}")
            if tool.description:
                out.line(f"    {clean(tool.description, multiline=False)[:200]}")
        for prompt in prompts:
            out.line(f"/{prompt.server}:{prompt.name}  {prompt.description}".rstrip())
        for resource in resources:
            out.line(f"@{resource.server}:{resource.uri}  {resource.name}".rstrip())
    for problem in offered.problems:
        out.problem(problem)
    if offered.problems and server.log:
        out.note(tr("Its standard error: {log}", log=server.log))
    return FAILED if offered.problems else DONE


def _tool(tool: Tool) -> JsonObject:
    return {
        "name": tool.name,
        "wire_name": tool.wire_name,
        "title": tool.title,
        "description": tool.description,
        "schema": tool.schema,
        "claims_read_only": tool.claims_read_only,
        "fingerprint": tool.fingerprint,
    }


def _import(args: Namespace, container: Container, out: Output) -> int:
    servers, problems = read_server_file(Path(args.file).expanduser().absolute())
    if not servers and problems:
        raise UsageError(problems[0])
    known = container.settings.tool_servers
    new = [each for each in servers if each.name not in known]
    variables: dict[str, str] = {}
    tables = {each.name: _without_secrets(each, variables, out) for each in new}
    if tables:
        import tomli_w

        out.line(tomli_w.dumps({"mcp": tables}).rstrip())
    for each in servers:
        if each.name in known:
            out.note(tr("{name} is in the settings already: {place}.", name=each.name, place=known[each.name].place))
    for problem in problems:
        out.problem(problem)
    if tables and args.write:
        asyncio.run(container.settings_store.add_tool_servers(tables))
        out.note(
            tr(
                "Added to {file}: {servers}.",
                file=container.paths.settings_file,
                servers=", ".join(tables),
            )
        )
    elif tables:
        out.note(tr("Nothing was written. Add --write to add this to settings.toml, or copy it into config.toml."))
    return FAILED if problems else DONE


def _without_secrets(server: ToolServerSettings, variables: dict[str, str], out: Output) -> dict[str, Any]:
    """The table of a server; a key in it is replaced by the variable that is to hold it.

    Args:
        server: as it was read.
        variables: those of the servers before, and what they are to hold: no server gets the key of another.
        out: gets a note for each key.
    """
    table = table_of(server)
    prefix = _variable(server.name)
    for key, shown in (("args", without_secret_arguments(server.args)), ("url", [without_secret_url(server.url)])):
        held = [each.replace(MASK, f"${{{prefix}_KEY}}") for each in shown]
        if table.get(key) and table[key] not in (held, *held):
            table[key] = held if key == "args" else held[0]
            out.note(
                tr(
                    "{name}: the key in {key} is not copied. Set {variable} in your environment.",
                    name=server.name,
                    key=key,
                    variable=f"{prefix}_KEY",
                )
            )
    for kind in ("env", "headers"):
        for name, value in table.get(kind, {}).items():
            if "${" in value or not (names_secret(name) or redact(value) != value):
                continue
            variable = _variable(name)
            if kind == "headers" or variables.get(variable, value) != value:
                variable = f"{prefix}_{variable}"
            variables[variable] = value
            table[kind][name] = f"${{{variable}}}"
            out.note(
                tr(
                    "{name}: the value of {key} is not copied. Set {variable} in your environment.",
                    name=server.name,
                    key=name,
                    variable=variable,
                )
            )
    return table


def _variable(name: str) -> str:
    """A name as one of a variable."""
    variable = "".join(char if char.isalnum() else "_" for char in name).upper()
    return f"_{variable}" if variable[0].isdigit() else variable
