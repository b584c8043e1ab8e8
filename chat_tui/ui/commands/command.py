"""The description of a command: id, keys, title, help; and the scopes in which keys work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from chat_tui.i18n import tr

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
    PROMPT: Place(tr("Prompt"), SCREEN, _MANY_LINES - {"enter"}),
    MESSAGES: Place(tr("Selected message"), SCREEN),
    SCREEN: Place(tr("Chat"), "", _MANY_LINES),
    COMPLETION: Place(tr("Suggestions"), SCREEN, _ONE_LINE),
    SIDEBAR: Place(tr("Thread list"), SCREEN),
    FIND_BAR: Place(tr("Find bar"), SCREEN, _ONE_LINE),
    APPROVAL: Place(tr("Tool call that waits"), SCREEN),
    APP: Place(tr("Anywhere"), "", _MANY_LINES),
    FINDER: Place(tr("Thread search"), LIST, _ONE_LINE),
    MODELS: Place(tr("Model picker"), LIST, _ONE_LINE),
    PARAMETERS: Place(tr("Parameters"), LIST, _ONE_LINE),
    TREE: Place(tr("Branches"), LIST, _ONE_LINE),
    TRASH: Place(tr("Trash"), LIST, _ONE_LINE),
    TOOLS: Place(tr("Tools"), LIST, _ONE_LINE - {"space"}),
    PROMPT_HISTORY: Place(tr("Earlier prompts"), LIST, _ONE_LINE),
    HELP: Place(tr("Help"), LIST, _ONE_LINE),
    LIST: Place(tr("Lists"), DIALOG, _ONE_LINE),
    KEY: Place(tr("API key"), LINE, _ONE_LINE),
    EXPORT: Place(tr("Export"), LINE, _ONE_LINE),
    LINE: Place(tr("Line input"), DIALOG, _ONE_LINE),
    LIBRARY: Place(tr("Saved prompts"), SYSTEM_PROMPT),
    SYSTEM_PROMPT: Place(tr("System prompt editor"), TEXT, _MANY_LINES),
    EDIT: Place(tr("Message editor"), TEXT, _MANY_LINES),
    ARGUMENTS: Place(tr("Arguments editor"), TEXT, _MANY_LINES),
    TEXT: Place(tr("Text editors"), DIALOG, _MANY_LINES),
    REQUEST: Place(tr("Request"), READING),
    BLOCKS: Place(tr("Block selection"), EXCERPT),
    EXCERPT: Place(tr("Selected text"), DIALOG),
    OUTPUT: Place(tr("Output"), READING),
    LINK: Place(tr("Link"), DIALOG),
    LEAVING: Place(tr("Temporary thread"), DIALOG),
    CLOSING: Place(tr("Aside"), DIALOG),
    COMPARE: Place(tr("Comparison"), READING),
    USAGE: Place(tr("Usage"), READING),
    BUDGET: Place(tr("Over budget"), DIALOG),
    ANSWERS: Place(tr("Several answers"), DIALOG),
    QUESTION: Place(tr("Question"), READING),
    READING: Place(tr("Text views"), DIALOG),
    DIALOG: Place(tr("Dialogs"), "", _MANY_LINES),
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
