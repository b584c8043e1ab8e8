"""Every action of the app: its id, its keys, its words. Palette, help, key bar and bindings are made of this table."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

SCREEN = "screen"
"""Works on the chat screen, whatever has the focus."""
PROMPT = "prompt"
MESSAGES = "messages"
"""Works while a message is selected; from the palette it takes the last message that it can work on."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a user can do."""

    id: str
    """As in `config.toml`'s `[keys]` (PRODUCT.md §4)."""
    keys: str
    """Default keys, comma-separated as Textual names them; empty for what only the palette has."""
    title: str
    """Two or three words, for the palette and the help."""
    help: str
    """One sentence."""
    bar: str = ""
    """A word for the key bar; empty for what is not in it."""
    scope: str = SCREEN
    """Where its keys work."""
    priority: bool = True
    """Whether they go before those of the widget that has the focus."""
    flows: bool = False
    """Whether `flows.FLOWS` does it; else the chat screen does."""

    @property
    def action(self) -> str:
        """The action that does it, from anywhere on the chat screen; the prompt's own are the prompt's."""
        if self.scope == PROMPT:
            return self.id
        return f"screen.flow('{self.id}')" if self.flows else f"screen.{self.id}"


def _on_messages(command: str, keys: str, title: str, sentence: str, bar: str = "") -> Command:
    return Command(command, keys, title, sentence, bar, scope=MESSAGES, priority=False, flows=True)


COMMANDS = (
    Command("send", "enter", "Send", "Send what stands in the prompt.", "send", scope=PROMPT, priority=False),
    Command(
        "newline", "ctrl+j,shift+enter", "New line", "Begin a new line in the prompt.", scope=PROMPT, priority=False
    ),
    Command("stop", "escape", "Stop", "Stop the answer and keep its text; give a queued prompt back.", priority=False),
    Command("model_picker", "ctrl+l", "Choose model", "Choose the model of the next turn.", "model", flows=True),
    Command("system_prompt", "ctrl+s", "System prompt", "Edit the thread's instructions.", "system prompt", flows=True),
    Command(
        "parameters", "ctrl+t", "Parameters", "Set temperature, thinking, stop sequences and the like.", flows=True
    ),
    Command("new_thread", "ctrl+n", "New thread", "Begin an empty thread."),
    Command(
        "open_thread",
        "ctrl+o",
        "Open thread",
        "Find a thread by its text; open, tag, rename, delete it.",
        "threads",
        flows=True,
    ),
    Command("regenerate", "ctrl+r", "Answer again", "Ask for the last answer once more, beside the one there is."),
    Command(
        "previous_answer", "alt+left", "Previous answer", "Show the answer before this one, of those to one prompt."
    ),
    Command("next_answer", "alt+right", "Next answer", "Show the answer after this one, of those to one prompt."),
    Command("copy_answer", "alt+y", "Copy answer", "Send the last answer to the terminal's clipboard.", flows=True),
    Command("select_messages", "alt+up", "Select messages", "Walk through the messages; also up in an empty prompt."),
    _on_messages("edit_message", "e", "Edit message", "Change a message in a new branch; the old one stays.", "edit"),
    _on_messages("copy_message", "y", "Copy message", "Send a message to the terminal's clipboard.", "copy"),
    _on_messages("continue_answer", "c", "Continue answer", "Let a cut answer go on where it stopped.", "continue"),
    _on_messages(
        "previous_sibling", "left", "Previous version", "Show the version of a message before this one.", "versions"
    ),
    _on_messages("next_sibling", "right", "Next version", "Show the version of a message after this one."),
    _on_messages("delete_message", "d", "Delete message", "Take a message, and what follows it, out.", "delete"),
    _on_messages("unfold", "enter", "Unfold", "Unfold or fold the reasoning of a message.", "reasoning"),
    _on_messages("pin_message", "p", "Pin message", "Send a message also where older turns are left out.", "pin"),
    _on_messages("mute_message", "m", "Mute message", "Leave a message out of what is sent.", "mute"),
    _on_messages("diff_versions", "x", "Compare versions", "Show what differs from the version before, by word."),
    _on_messages("fork", "f", "Fork", "Begin a new thread with all up to a message, and what follows it."),
    _on_messages("fork_from", "F", "Fork from here", "Begin a new thread with a message and what follows it."),
    _on_messages("undo", "u,ctrl+z", "Undo", "Take back what was last done to this thread.", "undo"),
    Command("tree", "alt+t", "Branches", "Show the thread as a tree and go to any branch.", flows=True),
    Command("clear_thread", "", "Begin anew", "Start over in this thread; what was said stays a branch.", flows=True),
    Command("undo_in_lists", "", "Undo in the list", "Take back a deletion, a new title, a tag or a pin.", flows=True),
    Command("trash", "", "Trash", "Restore deleted threads, or remove them for good.", flows=True),
    Command("damaged", "", "Damaged files", "Take what can be had of thread files that broke.", flows=True),
    Command(
        "save_elsewhere", "", "Save elsewhere", "Save threads in another folder while the disk is full.", flows=True
    ),
    Command("shorten", "alt+o", "Send less", "Leave the oldest half of the turns out of what is sent.", flows=True),
    Command("send_everything", "", "Send everything", "Send the whole thread again.", flows=True),
    Command("editor", "ctrl+g", "Compose in editor", "Write the prompt in $VISUAL or $EDITOR.", flows=True),
    Command("toggle_threads", "ctrl+b", "Thread list", "Show or hide the list at the left."),
    Command("reasoning", "alt+r", "Reasoning", "Unfold or fold the last answer's reasoning."),
    Command("rename_thread", "", "Rename thread", "Give this thread a title of your own.", flows=True),
    Command("pin_thread", "", "Pin thread", "Keep this thread first in the list, or no more.", flows=True),
    Command("archive_thread", "", "Archive thread", "Take this thread off the list, or put it back.", flows=True),
    Command("tag_thread", "", "Tag thread", "Give this thread words to find it by.", flows=True),
    Command("duplicate_thread", "", "Duplicate thread", "Open a copy of this thread.", flows=True),
    Command("delete_thread", "", "Delete thread", "Move this thread to the trash.", flows=True),
    Command("export_thread", "", "Export thread", "Write this thread as Markdown, JSON or a web page.", flows=True),
    Command(
        "import_threads", "", "Import threads", "Read threads of chat-tui, ChatGPT, Claude, elia or oterm.", flows=True
    ),
    Command("themes", "", "Change theme", "Choose the colours, seen live.", flows=True),
    Command(
        "providers",
        "",
        "Add provider or key",
        "Paste a key, the address of a server, or take the local model.",
        flows=True,
    ),
    Command("request", "", "See the request", "Show exactly what the next turn sends, as JSON or curl.", flows=True),
    Command("page_up", "pageup", "Page up", "Read back by a page."),
    Command("page_down", "pagedown", "Page down", "Read on by a page."),
    Command("go_start", "ctrl+home", "To the start", "Go to the thread's first turn."),
    Command("go_end", "ctrl+end", "To the end", "Go to the end and follow the answer."),
    Command("command_palette", "ctrl+p", "Commands", "Find any command by its name.", "commands", flows=True),
    Command("help", "f1", "Help", "Show all keys.", "help", flows=True),
    Command("quit", "ctrl+q", "Quit", "Leave; everything is saved."),
)
BY_ID = {command.id: command for command in COMMANDS}
_SHORT = {"escape": "esc", "pageup": "page up", "pagedown": "page down", "left": "←", "right": "→"}


def bindings(scope: str) -> list[Binding]:
    """The bindings of a scope."""
    return [
        Binding(command.keys, command.action, command.title, show=False, priority=command.priority, id=command.id)
        for command in COMMANDS
        if command.keys and command.scope == scope
    ]


def keys_of(command_id: str, rebound: dict[str, str]) -> str:
    """The keys of a command as they are bound now, as a person reads them: `^l`, `esc`, `page up`."""
    keys = rebound.get(command_id, BY_ID[command_id].keys)
    return " ".join(shown(key) for key in keys.split(",") if key)


def shown(key: str) -> str:
    """One key as a person reads it."""
    key = key.strip()
    if key.startswith("ctrl+"):
        return "^" + _SHORT.get(rest := key.removeprefix("ctrl+"), rest)
    return _SHORT.get(key, key)
