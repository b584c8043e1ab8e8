"""Prompts and documents that tool servers offer: `/server:prompt` and `@server:document` in the prompt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.widgets.text_area import Location

from chat_tui.domain.conversation.draft import Attachment, Draft, InputPiece, Paste, is_long
from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.i18n import tr
from chat_tui.ui.chat.host import Host
from chat_tui.ui.dialogs.host import ask

if TYPE_CHECKING:
    from chat_tui.domain.ports.tools import ServerPrompt, ServerResource, Toolbox
    from chat_tui.ui.chat.prompt.prompt import Prompt

FRESH_SECONDS = 30.0
"""For which a list is taken as it was."""
MARK = "\0"
"""Begins the ids of their rows: no command and no file has one."""
MOST_ROWS = 50


class ServerTexts:
    """Knows what the servers of the thread offer, as far as they have said; no key waits for them."""

    def __init__(
        self,
        prompt: Prompt,
        host: Host,
        *,
        toolbox: Callable[[], Toolbox],
        selected: Callable[[], Sequence[str]],
        run_in_background: Callable[[Callable[[], Coroutine[Any, Any, None]]], object],
        put: Callable[[Sequence[InputPiece], str, Location], None],
        on_listed: Callable[[], None],
    ) -> None:
        """Asks no server yet.

        Args:
            prompt: gets the texts.
            host: takes flows of input, dialogs and notices.
            toolbox: has the servers; made at the first call.
            selected: the servers and tools that the thread offers: only their texts are.
            run_in_background: runs what no key waits for.
            put: puts chips in the place of a text.
            on_listed: called when there is something new to show.
        """
        self._prompt = prompt
        self._host = host
        self._toolbox = toolbox
        self._selected = selected
        self._run_in_background = run_in_background
        self._put = put
        self._on_listed = on_listed
        self._asked: dict[str, float] = {}
        """When each server was asked."""
        self._started: set[str] = set()
        """The servers that were started for this."""
        self._prompts: Sequence[ServerPrompt] = ()
        self._resources: Sequence[ServerResource] = ()
        self.is_listing = False
        """Whether a server is asked now."""

    def prompts(self, typed: str) -> list[tuple[ServerPrompt, FuzzyMatch]]:
        """The prompts whose `server:name` matches, as far as they are known; asks for them."""
        servers = self._look(typed)
        known = [each for each in self._prompts if each.server in servers]
        return search(typed, known, lambda each: (name_of(each),))[:MOST_ROWS]

    def resources(self, typed: str) -> list[tuple[ServerResource, FuzzyMatch]]:
        """The documents whose `server:name` or address matches, as far as they are known; asks for them."""
        servers = self._look(typed)
        known = [each for each in self._resources if each.server in servers]
        return search(typed, known, lambda each: (name_of(each), f"{each.server}:{each.uri}"))[:MOST_ROWS]

    def is_server(self, name: str) -> bool:
        """Whether the thread offers something of a server."""
        return name in self._servers()

    def _servers(self) -> dict[str, None]:
        return dict.fromkeys(each.partition(":")[0] for each in self._selected())

    def _look(self, typed: str) -> dict[str, None]:
        """The thread's servers; asks those that were not asked lately. Only one that is named is started for it."""
        servers = self._servers()
        named = typed.partition(":")[0] if ":" in typed else ""
        to_start = named if named in servers and named not in self._started else ""
        stale = time.monotonic() - FRESH_SECONDS
        if not self.is_listing and (to_start or any(self._asked.get(each, stale) <= stale for each in servers)):
            self.is_listing = True
            self._run_in_background(partial(self._list, servers, to_start))
        return servers

    async def _list(self, servers: dict[str, None], to_start: str) -> None:
        toolbox, before = self._toolbox(), (self._prompts, self._resources)
        try:
            if to_start:
                self._started.add(to_start)
                await toolbox.offered([to_start])
            self._prompts, self._resources = await asyncio.gather(toolbox.prompts(), toolbox.resources())
        finally:
            self.is_listing = False
        self._asked = dict.fromkeys(servers, time.monotonic())
        if to_start or before != (self._prompts, self._resources):
            self._on_listed()

    # What is taken

    def take_prompt(self, choice: ServerPrompt) -> None:
        """Fills the prompt with a server's, once its variables have values."""
        self._host.input.run(self._fill(choice))

    async def _fill(self, choice: ServerPrompt) -> None:
        from chat_tui.domain.ports.tools import ToolError

        values: dict[str, str] = {}
        if choice.arguments:
            from chat_tui.ui.dialogs.prompts.variables import AskVariables

            given = await ask(self._host, AskVariables, choice.name, dict.fromkeys(choice.arguments, ""))
            if given is None:
                return
            values = {name: value for name, value in given.items() if value}
        try:
            with self._host.input.waits():
                text = await self._toolbox().prompt(choice.server, choice.name, values)
        except ToolError as error:
            self._host.notify(str(error), title=tr("Server prompt"), severity="warning")
            return
        piece: InputPiece = Paste(text) if is_long(text) else text
        self._prompt.set_draft(Draft((piece,)).joined(self._prompt.draft))

    def take_resource(self, choice: ServerResource, word: str, start: Location) -> None:
        """Puts a document's chip in the place of its name."""
        self._host.input.run(self._attach(choice, word, start))

    async def _attach(self, choice: ServerResource, word: str, start: Location) -> None:
        from chat_tui.domain.ports.tools import ToolError
        from chat_tui.domain.text.fence import fenced

        try:
            with self._host.input.waits():
                text = await self._toolbox().resource(choice.server, choice.uri)
        except ToolError as error:
            self._host.notify(str(error), title=tr("Not attached"), severity="warning")
            return
        name = name_of(choice)
        self._put([Attachment(name, "", len(text.encode()), block=fenced(text, f"text {name}"))], word, start)


def name_of(text: ServerPrompt | ServerResource) -> str:
    """`server:name`, as it is typed."""
    return f"{text.server}:{text.name or getattr(text, 'uri', '')}"
