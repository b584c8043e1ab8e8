"""Files in the prompt: read where they are named, shown as chips."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from textual.widgets.text_area import Location

from chat_tui.domain.conversation.draft import Draft, InputPiece, is_address, mentions
from chat_tui.domain.errors import StorageError
from chat_tui.i18n import tr
from chat_tui.ui.chat.host import Host
from chat_tui.ui.chat.prompt.prompt import Prompt
from chat_tui.ui.dialogs.host import ask
from chat_tui.ui.text.dropped_files import dropped_paths

if TYPE_CHECKING:
    from chat_tui.domain.ports.files import Attachments

MOST_AGAIN = 20
"""Files of a stored draft that are attached again."""


class PromptFiles:
    """Attaches files to the prompt."""

    def __init__(
        self,
        prompt: Prompt,
        attachments: Attachments,
        host: Host,
        run: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """Attaches nothing yet.

        Args:
            prompt: gets the chips.
            attachments: reads the files.
            host: asks before a web page is fetched, and says what can't be attached.
            run: runs what reads files; sending waits for it.
        """
        self._prompt = prompt
        self._attachments = attachments
        self._host = host
        self._run = run
        self.refused = ""
        """The name of a file that could not be attached; sending asks again while it is in the text."""

    def attach(self, name: str, start: Location, end: Location, *, quietly: bool = False) -> None:
        """Reads a file and puts a chip in the place of its name.

        Args:
            name: its path.
            start: where the name begins in the prompt.
            end: where it ends.
            quietly: what is no file stays text, and nothing is said of it.
        """
        word = self._prompt.get_text_range(start, end)
        self._run(self._attach(name, word, start, quietly))

    async def _attach(self, name: str, word: str, start: Location, quietly: bool) -> None:
        if quietly and not await self._attachments.exists(name):
            return  # an address, too: nothing is fetched unasked
        if is_address(name):
            from chat_tui.ui.dialogs.question import AskPage

            if not (address := await ask(self._host, AskPage, name)):
                return
            name = address
        await self._put([name], word, start)

    def pasted(self, text: str, start: Location, end: Location) -> None:
        """Handles a pasted text: paths of files become chips."""
        if lines := dropped_paths(text):
            self._run(self._drop(lines, self._prompt.get_text_range(start, end), start))

    async def _drop(self, lines: list[list[list[str]]], word: str, start: Location) -> None:
        names: list[str] = []
        for readings in lines:
            if (paths := await self._first_there(readings)) is None:  # it is text after all
                return
            names += paths
        await self._put(names, word, start)

    async def _first_there(self, readings: list[list[str]]) -> list[str] | None:
        files = self._attachments
        for names in readings:
            if all([await files.exists(each) for each in names]):
                return names
        return None

    async def _put(self, names: list[str], word: str, start: Location) -> None:
        """Reads files and puts their chips in the place of a text; a name that is refused stays, and why is said."""
        pieces: list[InputPiece] = []
        refusals: list[str] = []
        for name in names:
            try:
                piece: InputPiece = await self._attachments.read(name)
            except StorageError as error:
                refusals.append(str(error))
                piece = name
            pieces += [" ", piece] if pieces else [piece]
        if refusals:
            self.refused = names[0] if len(names) == 1 else word
            notice = "\n".join(dict.fromkeys(refusals))
            self._host.notify(notice, title=tr("Not attached"), severity="warning", timeout=8)
        if len(refusals) < len(names):
            self.put(pieces, word, start)

    def put(self, pieces: Sequence[InputPiece], word: str, start: Location) -> None:
        """Puts chips in the place of a text, wherever it is in the prompt by now; nothing where it is gone."""
        if (place := self._find(word, start)) is not None:
            self._prompt.put_draft(Draft(tuple(pieces)), *place)

    def _find(self, word: str, start: Location) -> tuple[Location, Location] | None:
        """Where a text is in the prompt now: where it was, else the first place."""
        document = self._prompt.document
        text = document.text
        row, column = start
        at = sum(len(document.get_line(each)) + 1 for each in range(min(row, document.line_count))) + column
        if not text.startswith(word, at):
            at = text.find(word)
        if at < 0:
            return None
        ends = (text[:at], text[: at + len(word)])
        first, last = ((each.count("\n"), len(each) - each.rfind("\n") - 1) for each in ends)
        return first, last

    def attach_again(self) -> None:
        """Attaches the files that a stored draft names."""
        again = 0
        for row, line in enumerate(self._prompt.document.lines):
            # What is quoted names no files to attach: the user did not write it.
            for start, end, path in mentions(line) if '@"' in line and not line.startswith(">") else ():
                if (again := again + 1) > MOST_AGAIN:
                    return
                self.attach(path, (row, start), (row, end), quietly=True)
