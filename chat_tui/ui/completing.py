"""What the list above the prompt offers: commands where the prompt begins with `/`, files behind an `@`."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.widgets.text_area import Location

from chat_tui.ui.command import COMPLETION, Command
from chat_tui.ui.commands import CHAT_COMMANDS, commands_at, keys_of
from chat_tui.ui.guard import T

if TYPE_CHECKING:
    from textual.widgets.option_list import Option

    from chat_tui.domain.keeping import Attachments
    from chat_tui.ui.widgets.completion import Completion
    from chat_tui.ui.widgets.prompt import Prompt

MOST_FILES = 50
"""Files that are offered at once."""
_LOOK_BACK = 300
"""Characters before the cursor in which an `@` counts."""
_FILE = re.compile(r'(?<![\w.+-])@(?:"([^"\n]*)|([^\s"]*))$', re.ASCII)
_COMMAND = re.compile(r"/([\w-]*)")
_HIDDEN = ("send", "newline", "command_palette")


def slash(command: Command) -> str:
    """A command as it is typed: `/new-thread`."""
    return "/" + command.id.replace("_", "-")


def commands_for(typed: str) -> list[Command]:
    """The commands of which a word begins with what is typed; those that begin with it first."""
    typed = typed.casefold()
    found = [
        each
        for each in CHAT_COMMANDS
        if each.id not in _HIDDEN
        and any(word.startswith(typed) for word in (slash(each)[1:], *each.id.split("_"), *each.title.lower().split()))
    ]
    return sorted(found, key=lambda each: not slash(each)[1:].startswith(typed))


class Completing:
    """Watches the word at the cursor and keeps the list in step with it."""

    def __init__(
        self,
        prompt: Prompt,
        files: Attachments,
        *,
        bound: Callable[[], Mapping[str, str]],
        run: Callable[[str], None],
        attach: Callable[[str, Location, Location], None],
        start: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """Watches nothing until `look` is called.

        Args:
            prompt: in which is typed.
            files: finds them.
            bound: the keys of every command.
            run: does a command, by id.
            attach: makes a chip of a file's name that stands in the prompt.
            start: runs the search for files; the keys that use its result wait for it.
        """
        self._start = start
        self._prompt = prompt
        self._files = files
        self._bound = bound
        self._run = run
        self._attach = attach
        self._list: Completion | None = None
        self._word: Location | None = None
        """Where the `@` word begins for which files are listed; None while commands are."""
        self._left = ""
        """The line up to a word that the user does not want completed."""
        self._is_idle = True
        """Whether nothing was looked for since the list was closed."""
        prompt.takes_key = self._key

    @property
    def is_open(self) -> bool:
        """Whether there is a list."""
        return self._list is not None and self._list.is_open

    def look(self) -> None:
        """The text has changed: opens, changes or closes the list."""
        prompt = self._prompt
        row, column = prompt.cursor_location
        line = prompt.document[row]
        before = line[max(0, column - _LOOK_BACK) : column]
        is_first = row == 0 and before == line and prompt.document.line_count == 1
        if is_first and (command := _COMMAND.fullmatch(before)):
            self._show_commands(command[1])
            return
        found = _FILE.search(before) if "@" in before else None
        if found is None or (self._left and before[: found.start() + 1] == self._left):
            self._left = self._left if found else ""
            self.close()
            return
        self._left, self._is_idle = "", False
        start = (row, column - len(found[0]))
        typed = found[1] if found[1] is not None else found[2]
        self._start(self._show_files(typed, start, (row, column)))

    def close(self) -> None:
        """Takes the list away."""
        if not self._is_idle and self._list is not None:
            self._list.show(())
        self._is_idle = True

    async def _show_files(self, typed: str, start: Location, end: Location) -> None:
        from textual.widgets.option_list import Option

        names = await self._files.matches(typed, MOST_FILES)
        if self._prompt.cursor_location == end and not self._is_idle:
            self._word = start
            self._open([Option(T(name), id=name) for name in names])

    def _show_commands(self, typed: str) -> None:
        from textual.widgets.option_list import Option

        self._word, self._is_idle = None, False
        bound, wide = self._bound(), self._prompt.size.width >= 70
        self._open(
            [
                Option(
                    Content.assemble(
                        f"{slash(each):<22}{keys_of(each.id, bound):<16}",
                        (each.help if wide else each.title, "$muted"),
                    ),
                    id=each.id,
                )
                for each in commands_for(typed)
            ]
        )

    def _open(self, rows: Sequence[Option]) -> None:
        if self._list is None:
            if not rows:
                return
            from chat_tui.ui.widgets.completion import Completion

            self._list = Completion()
            self._prompt.screen.mount(self._list, before=self._prompt)
        self._list.show(rows)

    # Keys

    def _key(self, key: str) -> bool:
        """Takes the keys of the open list; whether this was one."""
        if not self.is_open or self._list is None:
            return False
        bound = self._bound()
        own = (each.id for each in commands_at(COMPLETION))
        match next((each for each in own if key in bound[each].split(",")), ""):
            case "completion_up":
                self._list.move(-1)
            case "completion_down":
                self._list.move(1)
            case "completion_take":
                self._take(self._list.taken)
            case "completion_close":
                row, column = self._prompt.cursor_location
                before = self._prompt.document[row][max(0, column - _LOOK_BACK) : column]
                self._left = before[: before.rfind("@") + 1]
                self.close()
            case _:
                if key in ("left", "right", "home", "end"):
                    self.close()
                return False
        return True

    def _take(self, taken: str) -> None:
        word, prompt = self._word, self._prompt
        self.close()
        if word is None:
            prompt.set_text("")
            self._run(taken)
            return
        goes_on = taken.endswith("/")
        quoted = f'@"{taken}' + '"' * (not goes_on) if " " in taken else f"@{taken}"
        start, end = word, prompt.cursor_location
        result = prompt.replace(quoted + " " * (not goes_on), start, end)
        prompt.move_cursor(result.end_location)
        if not goes_on:
            self._attach(taken, start, (start[0], start[1] + len(quoted)))
