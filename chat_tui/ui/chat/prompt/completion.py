"""Completion in the prompt: commands after `/`, files after `@`, and what tool servers offer after both."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.widgets.text_area import Location

from chat_tui.domain.search.fuzzy import NO_QUERY, Closeness, FuzzyMatch, match, search
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import COMPLETION, SCREEN, Command
from chat_tui.ui.commands.keymap import Bound
from chat_tui.ui.commands.synonyms import ALIASES, names_of
from chat_tui.ui.commands.table import CHAT_COMMANDS, commands_at, keys_of

if TYPE_CHECKING:
    from textual.widgets.option_list import Option

    from chat_tui.domain.ports.files import Attachments
    from chat_tui.domain.ports.tools import ServerPrompt, ServerResource
    from chat_tui.ui.chat.prompt.completion_list import Completion
    from chat_tui.ui.chat.prompt.prompt import Prompt
    from chat_tui.ui.chat.prompt.server_texts import ServerTexts

MOST_FILES = 50
"""Files that are offered at once."""
_LOOK_BACK = 300
"""Characters before the cursor in which an `@` counts."""
_FILE = re.compile(r'(?<![\w.+-])@(?:"([^"\n]*)|([^\s"]*))$', re.ASCII)
_COMMAND = re.compile(r"/([\w-]*)")
_SERVER_PROMPT = re.compile(r"/([\w.-]+):(\S*)")
_CALLED = re.compile(r"/([A-Za-z][\w-]*)([ \t].*)?")
"""A line that calls a command; a path has a second slash."""
_CALL = re.compile(r"/([A-Za-z][\w-]*)[ \t]+(\S*)")
"""A line up to the cursor, in the first argument of a command."""
MOST_ARGUMENTS = 100
"""Arguments that are offered at once."""
_HIDDEN = ("send", "newline", "command_palette")


def slash(command: Command) -> str:
    """A command as it is typed: `/new-thread`."""
    return "/" + command.id.replace("_", "-")


def commands_for(typed: str) -> list[Command]:
    """The commands whose name or alias matches, the best match first."""
    return [command for command, _ in _matching(typed)]


def _matching(typed: str) -> list[tuple[Command, FuzzyMatch]]:
    commands = [command for command in CHAT_COMMANDS if command.id not in _HIDDEN]
    commands.sort(key=lambda command: command.scope != SCREEN or command.id == "stop")  # whose keys are at hand: last
    matches = search(typed.replace("-", " "), commands, lambda command: (slash(command), *names_of(command)))
    # Enter runs the first one: letters that are scattered in a name are too little for that.
    close = [result for result in matches if result[1].closeness < Closeness.SCATTERED]
    name, alias = typed.casefold(), ALIASES.get(typed.casefold(), "")
    return sorted(close, key=lambda result: (result[0].id != alias, not slash(result[0])[1:].startswith(name)))


def nearest(typed: str) -> list[Command]:
    """The commands with the nearest names, for a name that does not exist; else those with the nearest aliases."""
    commands = [each for each in CHAT_COMMANDS if each.id not in _HIDDEN]
    for names in (lambda each: [slash(each)[1:], *each.id.split("_")], lambda each: " ".join(names_of(each)).split()):
        by_name = {word.casefold(): each for each in reversed(commands) for word in names(each)}
        if close := get_close_matches(typed.casefold(), by_name, 5):
            return list(dict.fromkeys(by_name[word] for word in close))[:3]
    return []


TAKE_ARGUMENTS = ("parameters", "model_picker", "rename_thread", "aside", "saved_prompt")
"""The commands that can be called with an argument: `/set temperature 0.2`."""


def called_with(text: str) -> tuple[str, str] | None:
    """The command, by id, and the argument that a text calls it with; None for all other texts."""
    called = _CALLED.fullmatch(text.strip())
    if called is None or not (argument := (called[2] or "").strip()):
        return None
    command = _takes_argument(called[1])
    return (command, argument) if command else None


def _takes_argument(name: str) -> str:
    """The id of the command of this whole name, if it takes an argument."""
    command = ALIASES.get(name.casefold(), name.casefold().replace("-", "_"))
    return command if command in TAKE_ARGUMENTS else ""


def not_a_command(text: str) -> str:
    """Why a text that looks like a command can't be run as one; empty for all other texts."""
    called = _CALLED.fullmatch(text.strip())
    if called is None or called_with(text):
        return ""
    if not _matching(called[1]):
        return tr("No command /{called}.", called=called[1])
    return tr("/{called} takes no arguments.", called=called[1]) if called[2] else ""


class PromptCompletion:
    """Watches the word at the cursor and keeps the list of completions up to date."""

    def __init__(
        self,
        prompt: Prompt,
        files: Attachments,
        servers: ServerTexts,
        *,
        bound: Bound,
        run: Callable[[str], None],
        attach: Callable[[str, Location, Location], None],
        arguments: Callable[[str], Iterable[tuple[str, str]]],
        start: Callable[[Coroutine[Any, Any, None]], object],
        on_toggle: Callable[[], None],
    ) -> None:
        """Does nothing until `look` is called.

        Args:
            prompt: in which is typed.
            files: finds them.
            servers: know the prompts and documents of tool servers.
            bound: the keys of every command.
            run: does a command, by id.
            attach: makes a chip of a file's name in the prompt.
            arguments: the arguments of a command, by id, each with a description.
            start: runs the search for files; the keys that use its result wait for it.
            on_toggle: called when the list has been opened or closed.
        """
        self._start = start
        self._on_toggle = on_toggle
        self._prompt = prompt
        self._files = files
        self._servers = servers
        self._offered: dict[str, ServerPrompt | ServerResource] = {}
        """What rows of servers' texts stand for, by id."""
        self._bound = bound
        self._run = run
        self._attach = attach
        self._arguments = arguments
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
        """Whether the list is open."""
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
        if is_first and (named := _SERVER_PROMPT.fullmatch(before)) and self._servers.is_server(named[1]):
            self._show_prompts(named[0][1:])
            return
        if is_first and (call := _CALL.fullmatch(before)) and (command_id := _takes_argument(call[1])):
            self._show_arguments(command_id, call[2], (row, column - len(call[2])))
            return
        mention = _FILE.search(before) if "@" in before else None
        if mention is None or (self._left and before[: mention.start() + 1] == self._left):
            self._left = self._left if mention else ""
            self.close()
            return
        self._left, self._is_idle = "", False
        start = (row, column - len(mention[0]))
        typed = mention[1] if mention[1] is not None else mention[2]
        self._start(self._show_files(typed, start, (row, column)))

    def look_again(self) -> None:
        """There is more to offer: changes the list, if it is open."""
        if not self._is_idle:
            self.look()

    def close(self) -> None:
        """Closes the list."""
        if not self._is_idle and self._list is not None:
            self._list.show(())
            self._on_toggle()
        self._is_idle = True

    async def _show_files(self, typed: str, start: Location, end: Location) -> None:
        from textual.widgets.option_list import Option

        from chat_tui.ui.dialogs.base import lit

        names = await self._files.matches(typed, MOST_FILES)
        texts = self._servers.resources(typed)
        folder, slash_, part = typed.rpartition("/")
        if self._prompt.cursor_location == end and not self._is_idle:
            self._word = start
            base = folder + slash_
            self._open(
                [
                    Option(
                        Content.assemble(base, lit(rest := name[len(base) :], match(part, rest) or NO_QUERY)), id=name
                    )
                    for name in names
                ]
                + self._rows(texts)
            )

    def _rows(self, texts: Sequence[tuple[ServerPrompt | ServerResource, FuzzyMatch]]) -> list[Option]:
        """The rows of what servers offer."""
        if not texts:
            return []
        from textual.widgets.option_list import Option

        from chat_tui.ui.chat.prompt.server_texts import MARK, name_of
        from chat_tui.ui.dialogs.base import lit

        self._offered = {f"{MARK}{number}": text for number, (text, _) in enumerate(texts)}
        rows = []
        for row_id, (text, found) in zip(self._offered, texts, strict=True):
            about = getattr(text, "description", "") or getattr(text, "media_type", "")
            rows.append(Option(Content.assemble(lit(f"{name_of(text):<38}", found), " ", (about, "$muted")), id=row_id))
        return rows

    def _show_prompts(self, typed: str) -> None:
        """Shows the prompts of the server that is named."""
        from textual.widgets.option_list import Option

        self._word, self._is_idle = None, False
        rows = self._rows(self._servers.prompts(typed))
        if not rows:
            server = typed.partition(":")[0]
            words = (
                tr("Asking {server} for its prompts …", server=server)
                if self._servers.is_listing
                else tr("{server} has no such prompt.", server=server)
            )
            rows = [Option(Content.styled(words, "$muted"), disabled=True)]
        self._open(rows)

    def _show_commands(self, typed: str) -> None:
        from textual.widgets.option_list import Option

        from chat_tui.ui.dialogs.base import lit

        self._word, self._is_idle = None, False
        wide = self._prompt.size.width >= 70
        matches = _matching(typed)
        offered = matches or [(each, NO_QUERY) for each in nearest(typed)]
        rows: list[Option] = [
            Option(
                Content.assemble(
                    lit(f"{slash(each):<22}", match),
                    f"{keys_of(each.id, self._bound.keys):<16}",
                    (each.help if wide else each.title, "$muted"),
                ),
                id=each.id,
            )
            for each, match in offered
        ]
        prompts = self._rows(self._servers.prompts(typed))
        rows += prompts
        if not matches and not prompts:
            notice = tr(
                "No command /{typed}. {key} twice to send it as text.", typed=typed, key=self._bound.key("send")
            )
            rows.insert(0, Option(Content.styled(notice, "$warning"), disabled=True))
        self._open(rows)

    def _show_arguments(self, command_id: str, typed: str, start: Location) -> None:
        from textual.widgets.option_list import Option

        from chat_tui.ui.dialogs.base import lit

        self._word, self._is_idle = start, False
        matches = search(typed, self._arguments(command_id), lambda each: (each[0],))[:MOST_ARGUMENTS]
        if matches and matches[0][0][0] == typed:  # enter sends what is whole
            matches = []
        self._open(
            [
                Option(Content.assemble(lit(f"{name:<22}", match), " ", (about, "$muted")), id=name)
                for (name, about), match in matches
            ]
        )

    def _open(self, rows: Sequence[Option]) -> None:
        if self._list is None:
            if not rows:
                return
            from chat_tui.ui.chat.prompt.completion_list import Completion

            self._list = Completion()
            self._prompt.screen.mount(self._list, before=self._prompt)
        self._list.show(rows)
        self._on_toggle()

    # Keys

    def _key(self, key: str) -> bool:
        """Handles a key of the open list; whether it was one."""
        if not self.is_open or self._list is None:
            return False
        own = (each.id for each in commands_at(COMPLETION))
        match next((each for each in own if key in self._bound.keys[each].split(",")), ""):
            case "completion_up":
                self._list.move(-1)
            case "completion_down":
                self._list.move(1)
            case "completion_take":
                if not self._list.taken:  # it says that there is no such command: sending asks once more
                    return False
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

    def _take(self, choice: str) -> None:
        word, prompt = self._word, self._prompt
        self.close()
        if (text := self._offered.get(choice)) is not None:
            self._take_text(text, word)
            return
        if word is None:
            prompt.set_text("")
            self._run(choice)
            return
        if (command := _CALL.match(prompt.document[0])) and _takes_argument(command[1]):
            result = prompt.replace(f"{choice} ", word, prompt.cursor_location)
            prompt.move_cursor(result.end_location)
            return
        goes_on = choice.endswith("/")
        quoted = f'@"{choice}' + '"' * (not goes_on) if " " in choice else f"@{choice}"
        start, end = word, prompt.cursor_location
        result = prompt.replace(quoted + " " * (not goes_on), start, end)
        prompt.move_cursor(result.end_location)
        if not goes_on:
            self._attach(choice, start, (start[0], start[1] + len(quoted)))

    def _take_text(self, text: ServerPrompt | ServerResource, word: Location | None) -> None:
        from chat_tui.domain.ports.tools import ServerPrompt

        prompt = self._prompt
        if isinstance(text, ServerPrompt):
            prompt.set_text("")
            self._servers.take_prompt(text)
        elif word is not None:
            self._servers.take_resource(text, prompt.get_text_range(word, prompt.cursor_location), word)
