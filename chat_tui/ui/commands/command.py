"""The description of a command: id, keys, title, help; and the scopes in which keys work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

SCREEN = "screen"
"""Works on the chat screen, whatever has the focus."""
PROMPT = "prompt"
COMPLETION = "completion"
MESSAGES = "messages"
"""Works while a message is selected; from the palette it takes the last message that it can work on."""
SIDEBAR = "sidebar"
FIND_BAR = "find bar"
APP = "app"
"""Works last of all: whatever else has the key goes before it."""
DIALOG = "dialog"
"""Works in every dialog, as those of the chat screen do that are `everywhere`."""
LIST = "list"
FINDER = "finder"
MODELS = "models"
PARAMETERS = "parameters"
TREE = "tree"
TRASH = "trash"
PROMPT_HISTORY = "prompt history"
LINE = "line"
KEY = "key"
TEXT = "text"
EDIT = "edit"
EXPORT = "export"
SYSTEM_PROMPT = "system prompt"
LIBRARY = "library"
READING = "reading"
REQUEST = "request"
EXCERPT = "excerpt"
BLOCKS = "blocks"
LINK = "link"
QUESTION = "question"
LEAVING = "leaving"
CLOSING = "closing"
OUTPUT = "output"
HELP = "help"
COMPARE = "compare"
APPROVAL = "approval"
ARGUMENTS = "arguments"
TOOLS = "tools"
USAGE = "usage"
BUDGET = "budget"
ANSWERS = "answers"

_MOVES = frozenset(("left", "right", "home", "end"))
_ONE_LINE = _MOVES | {"space", "backspace", "delete"}
"""Named keys that a line of text can't do without."""
_MANY_LINES = _ONE_LINE | {"enter", "tab", "up", "down"}


class Place(NamedTuple):
    """A scope: where keys work."""

    heading: str
    """For the help."""
    within: str = ""
    """The place around it, whose keys work here too."""
    typing: frozenset[str] | None = None
    """Named keys that are needed to write here, as all that write a sign are; None where nothing is written."""


PLACES = {
    PROMPT: Place("Prompt", SCREEN, _MANY_LINES - {"enter"}),
    MESSAGES: Place("Selected message", SCREEN),
    SCREEN: Place("Chat", "", _MANY_LINES),
    COMPLETION: Place("Suggestions", SCREEN, _ONE_LINE),
    SIDEBAR: Place("Thread list", SCREEN),
    FIND_BAR: Place("Find bar", SCREEN, _ONE_LINE),
    APPROVAL: Place("Tool call that waits", SCREEN),
    APP: Place("Anywhere", "", _MANY_LINES),
    FINDER: Place("Thread search", LIST, _ONE_LINE),
    MODELS: Place("Model picker", LIST, _ONE_LINE),
    PARAMETERS: Place("Parameters", LIST, _ONE_LINE),
    TREE: Place("Branches", LIST, _ONE_LINE),
    TRASH: Place("Trash", LIST, _ONE_LINE),
    TOOLS: Place("Tools", LIST, _ONE_LINE - {"space"}),
    PROMPT_HISTORY: Place("Earlier prompts", LIST, _ONE_LINE),
    HELP: Place("Help", LIST, _ONE_LINE),
    LIST: Place("Lists", DIALOG, _ONE_LINE),
    KEY: Place("API key", LINE, _ONE_LINE),
    EXPORT: Place("Export", LINE, _ONE_LINE),
    LINE: Place("Line input", DIALOG, _ONE_LINE),
    LIBRARY: Place("Saved prompts", SYSTEM_PROMPT),
    SYSTEM_PROMPT: Place("System prompt editor", TEXT, _MANY_LINES),
    EDIT: Place("Message editor", TEXT, _MANY_LINES),
    ARGUMENTS: Place("Arguments editor", TEXT, _MANY_LINES),
    TEXT: Place("Text editors", DIALOG, _MANY_LINES),
    REQUEST: Place("Request", READING),
    BLOCKS: Place("Block selection", EXCERPT),
    EXCERPT: Place("Selected text", DIALOG),
    OUTPUT: Place("Output", READING),
    LINK: Place("Link", DIALOG),
    LEAVING: Place("Temporary thread", DIALOG),
    CLOSING: Place("Aside", DIALOG),
    COMPARE: Place("Comparison", READING),
    USAGE: Place("Usage", READING),
    BUDGET: Place("Over budget", DIALOG),
    ANSWERS: Place("Several answers", DIALOG),
    QUESTION: Place("Question", READING),
    READING: Place("Text views", DIALOG),
    DIALOG: Place("Dialogs", "", _MANY_LINES),
}
"""In the order of the help; a dialog's comes before those around it."""


def around(scope: str) -> Iterator[str]:
    """The scopes whose keys work in a scope: itself, and its parents from the inside out."""
    while scope:
        yield scope
        scope = PLACES[scope].within


@dataclass(frozen=True, slots=True)
class Command:
    """A command: something that the user can do."""

    id: str
    """As in `config.toml`'s `[keys]`."""
    keys: str
    """Default keys, comma-separated as Textual names them, the contract's first; empty for what only the palette has.

    What a multiplexer or a terminal takes for itself has a second key that none of them takes, or the palette.
    """
    title: str
    """Two or three words, for the palette and the help."""
    help: str
    """One sentence."""
    scope: str = SCREEN
    """Where its keys work: one of `PLACES`."""
    priority: bool = True
    """Whether they go before those of the widget that has the focus."""
    textual_action: str = ""
    """Textual's name of the action, where it is neither one of the chat's nor called like the command."""
    everywhere: bool = False
    """Whether its keys work in dialogs too."""

    @property
    def action(self) -> str:
        """Textual's action: the chat's by its id (`chat/actions`), or one of the widget or dialog the scope names."""
        return self.textual_action or (f"screen.flow('{self.id}')" if self.scope in (SCREEN, MESSAGES) else self.id)
