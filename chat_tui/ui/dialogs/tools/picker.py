"""Chooses the tools that a thread offers: servers with their state, their tools with what each costs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from chat_tui.domain.conversation.tokens import definition_tokens
from chat_tui.domain.json import JsonObject
from chat_tui.domain.ports.tools import Toolbox
from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.domain.text.clean import clean
from chat_tui.domain.tools import Approval, ServerState, Tool, ToolServer, is_offered
from chat_tui.i18n import tr, trn
from chat_tui.ui.commands.command import TOOLS
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import fit, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.text import wording
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.widgets.fields import LineField

ALL, SOME, NONE = "●", "◐", "○"
MOST_DETAIL = 1_000
"""Characters of a description that are shown."""
TOKENS = 8
"""Cells of the column with the cost."""


class _Filter(LineField):
    """A filter that leaves the space bar to the list: no tool has a space in its name."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is typed rather than left to the keys of the screen."""
        return key != "space" and super().check_consume_key(key, character)


class ToolPicker(Picker[list[str]]):
    """Switches servers and tools on and off for a thread; answers with what is on, also on esc."""

    HEADING = tr("Tools of this thread")
    FILTER = _Filter
    KEYS = (("tool_toggle", tr("on/off")), ("dialog_back", tr("close")), ("tool_restart", tr("restart failed")))
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TOOLS)]

    def __init__(self, host: DialogHost, toolbox: Toolbox, selected: Sequence[str]) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            toolbox: has the tools; their servers are started, to list them.
            selected: the servers and tools that are on.
        """
        super().__init__(host)
        self._toolbox = toolbox
        self._selected = list(selected)
        self._servers: Sequence[ToolServer] = ()

    def body(self) -> ComposeResult:
        """The list, and below it what is known of the highlighted row."""
        yield from super().body()
        yield Label("", id="tool")

    def on_mount(self) -> None:
        """Lists the tools; starts the servers for that."""
        super().on_mount()
        self._list()

    @work(exclusive=True)
    async def _list(self) -> None:
        async def one(server: ToolServer) -> None:
            await self._toolbox.offered([server.name])
            self.refill(self.chosen())

        starting = asyncio.gather(*(one(each) for each in self._toolbox.servers() if each.state is not ServerState.OFF))
        await asyncio.sleep(0)  # each has begun, and says so
        self.refill(self.chosen())
        await starting

    # Rows

    def columns(self, width: int) -> str:
        """How many tools are on, and what their definitions add to each request."""
        tools = [tool for server in self._servers for tool in server.tools if is_offered(tool, self._selected)]
        if not tools:
            return tr("none on")
        cost = wording.count(definition_tokens(tools))
        return trn(
            "{n} tool on · ~{tokens} tokens in each request",
            "{n} tools on · ~{tokens} tokens in each request",
            len(tools),
            tokens=cost,
        )

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """The servers, and below each its tools."""
        self._servers = self._toolbox.servers()
        tools = [tool for server in self._servers for tool in server.tools]
        found = search(query, tools, lambda tool: (tool.name, tool.server, tool.description), ranked=False)
        options: list[Option] = []
        for server in self._servers:
            matching = [(tool, match) for tool, match in found if tool.server == server.name]
            if matching or not query:
                options.append(self._server_row(server, width))
                options += [Option(self._tool_row(tool, match, width), id=tool.ref) for tool, match in matching]
        if not options:
            note = tr("No matching tool.") if query else tr("No tool servers. Add one to config.toml as [mcp.NAME].")
            options.append(Option(Content.styled(note, "$muted"), disabled=True))
        return options

    def _server_row(self, server: ToolServer, width: int) -> Option:
        on = sum(is_offered(tool, self._selected) for tool in server.tools)
        is_all = server.name in self._selected
        mark = ALL if is_all else SOME if on else NONE
        facts, style = _facts(server), "$error" if server.state is ServerState.FAILED else "$muted"
        name = cut(server.name, max(8, width // 3))
        row = Content.assemble(
            (f"{mark} ", "$accent" if is_all or on else "$muted"),
            (name, "bold"),
            (f"  {cut(facts, max(8, width - len(name) - 4))}", style),
        )
        return Option(row, id=server.name, disabled=server.state is ServerState.OFF)

    def _tool_row(self, tool: Tool, match: FuzzyMatch, width: int) -> Content:
        is_on = is_offered(tool, self._selected)
        approval = self._toolbox.approval(tool)
        cost = f"~{wording.count(definition_tokens([tool]))}"
        name = max(10, min(28, width // 3))
        claim = tr("read only?") if tool.claims_read_only and width >= 60 else ""
        about = max(0, width - name - TOKENS - 8 - 6 - (11 if width >= 60 else 0))
        return Content.assemble(
            (f"  {ALL if is_on else NONE} ", "$accent" if is_on else "$muted"),
            lit(fit(tool.name, name), match, "" if is_on else "$muted"),
            (f" {fit(tool.description, about)}" if about >= 10 else "", "$muted"),
            (f" {fit(claim, 10)}" if width >= 60 else "", "$muted"),
            (f" {fit(wording.CALL_RULES[approval], 7)}", "$error" if approval is Approval.NEVER else "$muted"),
            (f"{cost:>{TOKENS}}", "$muted"),
        )

    @on(OptionList.OptionHighlighted)
    def _show_detail(self, event: OptionList.OptionHighlighted) -> None:
        """Shows what is known of the highlighted row."""
        event.stop()
        self.query_one("#tool", Label).update(T("\n".join(self._detail(event.option_id or ""))))
        self.call_after_refresh(self.fit_height)

    def _detail(self, row_id: str) -> Iterator[str]:
        server_name, _, name = row_id.partition(":")
        server = next((each for each in self._servers if each.name == server_name), None)
        if server is None:
            return
        tool = next((each for each in server.tools if each.name == name), None) if name else None
        if tool is not None:
            yield clean(tool.description or tool.title or "no description")[:MOST_DETAIL]
            facts = [tr("arguments: {names}", names=names)] if (names := _argument_names(tool.schema)) else []
            facts += [tr("{name} declares it read-only", name=server.name)] if tool.claims_read_only else []
            yield " · ".join(facts)
            return
        yield clean(server.address, multiline=False)
        if server.problem:
            yield clean(server.problem)
        if server.log:
            yield tr("log: {log}", log=clean(server.log, multiline=False))

    # What keys do

    def choose(self, row_id: str | None, query: str) -> None:
        """Switches a server or a tool on or off."""
        if row_id is None:
            return
        server_name, _, name = row_id.partition(":")
        of_server = [each for each in self._selected if each.partition(":")[0] == server_name]
        others = [each for each in self._selected if each not in of_server]
        if not name:
            self._selected = others if server_name in of_server else [*others, server_name]
        else:
            tools = next((each.tools for each in self._servers if each.name == server_name), ())
            on = [tool.ref for tool in tools if is_offered(tool, of_server) != (tool.ref == row_id)]
            self._selected = [*others, *on]
        self.refill(row_id)

    def action_retry(self) -> None:
        """Starts servers that do not run again."""
        self._list()

    def action_back(self) -> None:
        """Answers with what is on."""
        self.dismiss(self._selected)


def _facts(server: ToolServer) -> str:
    """The state of a server, in words."""
    match server.state:
        case ServerState.OFF:
            return tr("disabled in the settings")
        case ServerState.STARTING:
            return tr("starting …")
        case ServerState.FAILED:
            return tr("failed: {problem}", problem=server.problem)
        case ServerState.IDLE:
            return tr("not started")
        case _:
            count = len(server.tools)
            return trn(
                "{n} tool · ~{tokens} tokens",
                "{n} tools · ~{tokens} tokens",
                count,
                tokens=wording.count(definition_tokens(server.tools)),
            )


def _argument_names(schema: JsonObject) -> str:
    properties = schema.get("properties")
    names = list(properties) if isinstance(properties, dict) else []
    return cut(", ".join(clean(each, multiline=False) for each in names[:20]), 200)
