"""What goes on around the prompt: files become chips, earlier prompts come back, the draft is told as it stands."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from textual.widgets.text_area import Location

from chat_tui.domain.draft import Draft, Walk, mentions
from chat_tui.domain.errors import StorageError
from chat_tui.domain.keeping import SentPrompt
from chat_tui.domain.message import Role
from chat_tui.ui.commands import BY_ID
from chat_tui.ui.completing import Completing
from chat_tui.ui.guard import cut
from chat_tui.ui.input_queue import TYPING

if TYPE_CHECKING:
    from chat_tui.ui.screens.chat import ChatScreen

LONGEST_PATH = 4_096
MOST_AGAIN = 20
"""Files of a stored draft that are attached again."""
_PATH = re.compile(r"(?:~|\.{1,2})?[/\\].|[A-Za-z]:[/\\].")


def dropped_path(text: str) -> str:
    """The path that a pasted text is, as terminals paste a dropped file: bare, quoted, escaped or `file://`.

    Empty where it is none: a name without a slash is a word.
    """
    text = text.strip()
    if not text or len(text) > LONGEST_PATH or "\n" in text:
        return ""
    if text.startswith("file://"):
        with suppress(ValueError):
            parts = urlsplit(text)
            return unquote(parts.path) if parts.netloc in ("", "localhost") else ""
        return ""
    if text[0] in "'\"" or ("\\" in text and os.name == "posix"):
        with suppress(ValueError):
            words = shlex.split(text)
            text = words[0] if len(words) == 1 else ""
    return text if _PATH.match(text) else ""


class Writing:
    """The prompt of the chat screen, and what it needs of the rest of the program."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._prompt = screen.prompt
        self._walk: Walk | None = None
        self._refused = ""
        """The name of a file that could not be attached; sending asks again while it is in the text."""
        self.completing = Completing(
            self._prompt,
            screen.services.attachments,
            bound=lambda: screen.chat_app.bound.keys,
            run=self._run,
            attach=self.attach,
            start=self._search,
        )

    def _search(self, search: Coroutine[Any, Any, None]) -> None:
        self._screen.chat_app.input.run(search, passing=TYPING)

    def _run(self, command: str) -> None:
        async def act() -> None:
            await self._screen.run_action(BY_ID[command].action)

        self._screen.chat_app.input.run(act())

    # The draft

    @property
    def stored(self) -> str:
        """What is to be kept of what is written: also what waits while earlier prompts are looked at."""
        draft, walk = self._prompt.draft, self._walk
        if walk is None or walk.at == 0:
            return "" if draft.is_blank else draft.stored
        if draft.stored == walk.entries[walk.at].stored:
            return walk.set_aside().stored
        return draft.joined(walk.set_aside()).stored

    def show(self, stored: str) -> None:
        """Puts a thread's draft into the prompt; its files are read again."""
        self._walk = None
        self._prompt.set_text(stored)
        self._attach_again()

    def edited(self, text: str) -> None:
        """Takes the draft back from an editor: chips that are still in it stay what they were."""
        self._prompt.set_draft(self._prompt.draft.refolded(text))
        self._attach_again()

    def may_send(self) -> bool:
        """Whether the prompt can be sent; a name that could not be attached is sent as text at the second try."""
        refused, self._refused = self._refused, ""
        if not refused or refused not in self._prompt.text:
            return True
        again = self._screen.key("send")
        words = f"{refused} is not attached. {again} again to send its name as text."
        self._screen.app.notify(cut(words, 200), title="Not sent", severity="warning")
        return False

    def take(self) -> Draft:
        """Takes the draft out, to be sent."""
        draft, walk = self._prompt.draft, self._walk
        self._walk = None
        self._prompt.set_draft(walk.set_aside() if walk else Draft())
        thread = self._screen.live.thread
        sent = SentPrompt(thread.id, draft.stored)
        self._screen.run_worker(self._screen.services.history.add(sent), group="history")
        return draft

    # Files

    def attach(self, name: str, start: Location, end: Location, *, quietly: bool = False) -> None:
        """Reads a file and puts a chip in the place of its name.

        Args:
            name: its path.
            start: where the name stands in the prompt.
            end: where it ends.
            quietly: what is no file stays text, and nothing is said of it.
        """
        word = self._prompt.get_text_range(start, end)
        self._search(self._attach(name, word, start, quietly))

    async def _attach(self, name: str, word: str, start: Location, quietly: bool) -> None:
        files, prompt = self._screen.services.attachments, self._prompt
        try:
            if quietly and not await files.is_file(name):
                return
            chip = await files.read(name)
            row, column = start
            rows = [row, *range(prompt.document.line_count)]
            lines = prompt.document.lines
            for each in rows:
                at = column if each == row and lines[each : each + 1] and lines[each].startswith(word, column) else -1
                at = lines[each].find(word) if at < 0 and each < len(lines) else at
                if at >= 0:
                    prompt.put_chip(chip, (each, at), (each, at + len(word)))
                    break
        except StorageError as error:
            self._refused = word
            self._screen.app.notify(str(error), title="Not attached", severity="warning", timeout=8)

    def pasted(self, text: str, start: Location, end: Location) -> None:
        """A text was pasted: the path of a file becomes a chip."""
        if path := dropped_path(text):
            self.attach(path, start, end, quietly=True)

    def _attach_again(self) -> None:
        again = 0
        for row, line in enumerate(self._prompt.document.lines):
            for start, end, path in mentions(line) if '@"' in line else ():
                if (again := again + 1) > MOST_AGAIN:
                    return
                self.attach(path, (row, start), (row, end), quietly=True)

    # Earlier prompts

    def recall(self, step: int) -> None:
        """Shows an older (1) or newer (-1) prompt."""
        if self._walk is not None or step > 0:
            self._screen.chat_app.input.run(self._recall(step))

    async def _recall(self, step: int) -> None:
        if self._walk is None:
            earlier = await self.earlier()
            self._walk = Walk([self._prompt.draft, *earlier])
        draft = self._walk.step(step, self._prompt.draft)
        if draft is not None:
            self._prompt.set_draft(draft)
            self._attach_again()

    async def earlier(self) -> list[Draft]:
        """The prompts of the open thread, then those of the others, the last first, none twice."""
        thread = self._screen.live.thread
        own = [Draft.of_message(each) for each in reversed(thread.branch()) if each.role is Role.USER]
        sent = await self._screen.services.history.recent()
        others = [Draft.of_stored(each.text) for each in sent if each.thread_id != thread.id]
        return list({draft.stored: draft for draft in reversed([*own, *others])}.values())[::-1]

    def choose(self, draft: Draft) -> None:
        """Puts an earlier prompt below what is written."""
        self._prompt.set_draft(self._prompt.draft.joined(draft))
        self._attach_again()
