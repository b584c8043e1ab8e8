"""The table of commands. Palette, help, key bar and bindings are made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

from chat_tui.ui.commands.command import DIALOG, MESSAGES, PROMPT, Command
from chat_tui.ui.commands.dialog_table import INNER_COMMANDS

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.screen import Screen


def _on_messages(command: str, keys: str, title: str, sentence: str) -> Command:
    return Command(command, keys, title, sentence, scope=MESSAGES, priority=False)


def _among_messages(command: str, keys: str, title: str, sentence: str, action: str) -> Command:
    return Command(command, keys, title, sentence, scope=MESSAGES, priority=False, textual_action=action)


def _in_prompt(command: str, keys: str, title: str, sentence: str, action: str) -> Command:
    return Command(command, keys, title, sentence, scope=PROMPT, priority=False, textual_action=action)


CHAT_COMMANDS = (
    Command("send", "enter", "Send", "Send the message.", scope=PROMPT, priority=False),
    Command(
        "newline",
        "ctrl+j,shift+enter,alt+enter,ctrl+enter",
        "New line",
        "Start a new line; also a backslash before enter.",
        scope=PROMPT,
        priority=False,
    ),
    Command(
        "prompt_undo",
        "alt+z",
        "Undo typing",
        "Undo the last edit of the prompt.",
        scope=PROMPT,
        priority=False,
        textual_action="undo",
    ),
    Command(
        "prompt_redo",
        "ctrl+y",
        "Redo typing",
        "Redo the last edit of the prompt.",
        scope=PROMPT,
        priority=False,
        textual_action="redo",
    ),
    Command("stop", "escape", "Stop", "Stop the answer and keep its text; give a queued prompt back.", priority=False),
    Command("model_picker", "ctrl+l", "Choose model", "Choose the model of the next turn."),
    Command("system_prompt", "ctrl+s,f5", "System prompt", "Edit the thread's instructions."),
    Command("parameters", "ctrl+t,f7", "Parameters", "Set temperature, thinking, stop sequences and the like."),
    Command("new_thread", "ctrl+n,f4", "New thread", "Begin an empty thread."),
    Command(
        "open_thread",
        "ctrl+o,f3",
        "Open thread",
        "Find a thread by its text; open, tag, rename, delete it.",
    ),
    Command("regenerate", "ctrl+r", "Answer again", "Ask for the last answer once more, beside the one there is."),
    Command(
        "previous_answer", "alt+left", "Previous answer", "Show the answer before this one, of those to one prompt."
    ),
    Command("next_answer", "alt+right", "Next answer", "Show the answer after this one, of those to one prompt."),
    Command("copy_answer", "alt+y", "Copy answer", "Copy the last answer."),
    Command("select_messages", "alt+up", "Select messages", "Walk through the messages; also up in an empty prompt."),
    _among_messages("message_up", "up,k", "Message before", "Select the message before this one.", "select(-1)"),
    _among_messages(
        "message_down", "down,j", "Message after", "Select the message after this one; below it, none.", "select(1)"
    ),
    _among_messages("first_message", "home", "First message", "Select the thread's first message.", "select_end(-1)"),
    _among_messages("last_message", "end", "Last message", "Select the thread's last message.", "select_end(1)"),
    _among_messages(
        "half_page_up", "ctrl+u", "Half page up", "Read back by half a page; the selection stays.", "half_page(-1)"
    ),
    _among_messages(
        "half_page_down", "ctrl+d", "Half page down", "Read on by half a page; the selection stays.", "half_page(1)"
    ),
    _among_messages("leave_messages", "escape", "Back to the prompt", "Select nothing and write on.", "deselect"),
    _on_messages("edit_message", "e", "Edit message", "Change a message in a new branch; the old one stays."),
    _on_messages("copy_message", "y", "Copy message", "Copy a message as it was written."),
    _on_messages("select_blocks", "v", "Select blocks", "Mark blocks of a message to copy or keep them."),
    _on_messages("copy_code", "Y", "Copy code", "Copy the last code block of a message."),
    _on_messages("copy_table_tsv", "", "Copy table", "Copy the last table as tab-separated values."),
    _on_messages("copy_link", "", "Copy link", "Copy an address that stands in a message."),
    _on_messages("code_to_file", "w", "Code to file", "Write the last code block of a message to a new file."),
    _on_messages("code_to_editor", "O", "Code to editor", "Open a copy of the last code block in your editor."),
    _on_messages("open_page", "o", "Open in browser", "Open a message as a web page in the browser."),
    Command("copy_thread", "", "Copy thread", "Copy this thread as Markdown."),
    _on_messages("continue_answer", "c", "Continue answer", "Let a cut answer go on where it stopped."),
    _on_messages("previous_sibling", "left", "Previous version", "Show the version of a message before this one."),
    _on_messages("next_sibling", "right", "Next version", "Show the version of a message after this one."),
    _on_messages("delete_message", "d", "Delete message", "Take a message, and what follows it, out."),
    _on_messages("unfold", "enter", "Unfold", "Unfold or fold reasoning, or a long prompt."),
    _on_messages("pin_message", "p", "Pin message", "Send a message also where older turns are left out."),
    _on_messages("mute_message", "m", "Mute message", "Leave a message out of what is sent."),
    _on_messages("diff_versions", "x", "Compare versions", "Show what differs from the version before, by word."),
    _on_messages("fork", "f", "Fork", "Begin a new thread with all up to a message, and what follows it."),
    _on_messages("fork_from", "F", "Fork from here", "Begin a new thread with a message and what follows it."),
    _on_messages("undo", "u", "Undo", "Take back what was last done to this thread."),
    _on_messages("next_heading", "right_square_bracket", "Next heading", "Go to the next heading, or message."),
    _on_messages(
        "previous_heading", "left_square_bracket", "Previous heading", "Go to the heading before, or message."
    ),
    Command("find", "ctrl+f", "Find in thread", "Find words in the shown branch."),
    Command(
        "tree",
        "alt+t,ctrl+right_square_bracket",
        "Branches",
        "Show the thread as a tree and go to any branch.",
    ),
    Command("clear_thread", "", "Begin anew", "Start over in this thread; what was said stays a branch."),
    Command("undo_in_lists", "", "Undo in the list", "Take back a deletion, a new title, a tag or a pin."),
    Command("trash", "", "Trash", "Restore deleted threads, or remove them for good."),
    Command("damaged", "", "Damaged files", "Take what can be had of thread files that broke."),
    Command("save_elsewhere", "", "Save elsewhere", "Save threads in another folder while the disk is full."),
    Command(
        "shorten",
        "alt+o,ctrl+backslash",
        "Send less",
        "Leave the oldest half of the turns out of what is sent.",
    ),
    Command("send_everything", "", "Send everything", "Send the whole thread again."),
    Command("previous_prompt", "ctrl+up,alt+p", "Earlier prompt", "Take an earlier prompt up again."),
    Command("next_prompt", "ctrl+down,alt+n", "Later prompt", "Go on to a later prompt, at last the draft."),
    Command("prompt_history", "", "Prompt history", "Find an earlier prompt of any thread."),
    Command("attach", "", "Attach a file", "Add a text file or an image; also @ in the prompt."),
    Command("unfold_paste", "alt+u", "Unfold paste", "Put a folded paste into the prompt's text."),
    Command("editor", "ctrl+g,f8", "Compose in editor", "Write the prompt in $VISUAL or $EDITOR."),
    Command("toggle_threads", "ctrl+b,f6", "Thread list", "Show or hide the list at the left."),
    Command("reasoning", "alt+r", "Reasoning", "Unfold or fold the last answer's reasoning."),
    Command("wrap_code", "alt+w", "Wrap code", "Wrap long lines of code, or scroll them sideways."),
    Command("code_left", "alt+h", "Code left", "Scroll long lines of code left (unwrapped)."),
    Command("code_right", "alt+l", "Code right", "Scroll long lines of code right (unwrapped)."),
    Command("rename_thread", "", "Rename thread", "Give this thread a title of your own."),
    Command("pin_thread", "", "Pin thread", "Keep this thread first in the list, or no more."),
    Command("archive_thread", "", "Archive thread", "Take this thread off the list, or put it back."),
    Command("tag_thread", "", "Tag thread", "Give this thread words to find it by."),
    Command("duplicate_thread", "", "Duplicate thread", "Open a copy of this thread."),
    Command("delete_thread", "", "Delete thread", "Move this thread to the trash."),
    Command("export_thread", "", "Export thread", "Write this thread as Markdown, JSON or a web page."),
    Command("import_threads", "", "Import threads", "Read threads of chat-tui, ChatGPT, Claude, elia or oterm."),
    Command("themes", "", "Change theme", "Choose the colours, seen live."),
    Command("density", "", "Density", "Change between comfortable and compact rows."),
    Command(
        "providers",
        "",
        "Add provider or key",
        "Paste a key, the address of a server, or take the local model.",
    ),
    Command("set_key", "alt+a", "API key", "Set the API key of this thread's provider."),
    Command("notify", "", "Ring", "Ring when a long answer ends unseen: with a message, a bell, or not."),
    Command("request", "", "See the request", "Show exactly what the next turn sends, as JSON or curl."),
    Command("page_up", "pageup", "Page up", "Read back by a page."),
    Command("page_down", "pagedown", "Page down", "Read on by a page."),
    Command("go_start", "ctrl+home", "To the start", "Go to the thread's first turn."),
    Command("go_end", "ctrl+end", "To the end", "Go to the end and follow the answer."),
    Command(
        "command_palette",
        "ctrl+p,f2",
        "Commands",
        "Find any command by its name; in a dialog, of its own.",
        everywhere=True,
    ),
    Command("help", "f1,ctrl+underscore,ctrl+slash", "Help", "Show all keys.", everywhere=True),
    Command(
        "suspend",
        "ctrl+z",
        "Suspend",
        "Stop the program and return to the shell; fg brings it back.",
        everywhere=True,
        textual_action="app.suspend_process",
    ),
    Command("quit", "ctrl+q,f9", "Quit", "Leave; everything is saved.", everywhere=True, textual_action="app.quit"),
)
COMMANDS = (*CHAT_COMMANDS, *INNER_COMMANDS)
BY_ID = {command.id: command for command in COMMANDS}
_SHORT = {
    "escape": "esc",
    "pageup": "page up",
    "pagedown": "page down",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "backslash": "\\",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "slash": "/",
    "underscore": "_",
}
_ARROWS = "↑↓←→"


def commands_at(scope: str) -> list[Command]:
    """The commands of a scope; for dialogs, also those that work everywhere."""
    return [each for each in COMMANDS if each.scope == scope or (each.everywhere and scope == DIALOG)]


def bindings(scope: str) -> list[Binding]:
    """The bindings of a scope. A command without a key gets the name of no key: a keymap can replace it by the id."""
    return [
        Binding(
            command.keys or no_key(command.id),
            command.action,
            command.title,
            show=False,
            priority=command.priority,
            tooltip=command.help,
            id=command.id,
        )
        for command in commands_at(scope)
    ]


def active(screen: Screen[Any]) -> dict[str, DOMNode]:
    """The commands whose keys work on a screen now, by id, with the node that runs each."""
    return {each.binding.id: each.node for each in screen.active_bindings.values() if each.binding.id in BY_ID}


def no_key(command_id: str) -> str:
    """The placeholder for the key of a command without one."""
    return f"no-key-{command_id}"


def keys_of(command_id: str, bound: Mapping[str, str]) -> str:
    """The keys of a command as they are bound now, as a person reads them: `^l`, `esc`, `page up`."""
    keys = bound.get(command_id, BY_ID[command_id].keys)
    return " ".join(shown(key) for key in keys.split(",") if key)


def key_of(command_id: str, bound: Mapping[str, str]) -> str:
    """The first key of a command, as a person reads it; of a command without any, the way through the palette."""
    first = bound.get(command_id, BY_ID[command_id].keys).split(",")[0]
    return shown(first) if first else f"{key_of('command_palette', bound)} {BY_ID[command_id].title}"


def shown(key: str) -> str:
    """One key as a person reads it."""
    held, _, last = key.rpartition("+")
    last = _SHORT.get(last, last)
    return f"^{last}" if held == "ctrl" else f"{held}+{last}" if held else last


def labelled(hints: Iterable[tuple[str, str]], bound: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Keys and labels for a key bar; commands without a key are left out.

    Args:
        hints: ids of commands, as `hint` takes them, and a word for what they do.
        bound: the keys as they are bound.
    """
    keys = ((hint(command_ids, bound), word) for command_ids, word in hints)
    return tuple((key, word) for key, word in keys if key)


def hint(command_ids: str, bound: Mapping[str, str]) -> str:
    """The first keys of commands that go together, for a row of hints: `enter`, `↑↓`, `shift+↑↓`; empty for none.

    Args:
        command_ids: their ids, with a space between them.
        bound: the keys as they are bound.
    """
    keys = [bound[each].split(",")[0] for each in command_ids.split()]
    if not all(keys):
        return ""
    first, *rest = map(shown, keys)
    held = first.rpartition("+")[0]
    are_arrows = all(each[-1] in _ARROWS and each.rpartition("+")[0] == held for each in (first, *rest))
    return first + "".join(each[-1] for each in rest) if are_arrows else " ".join((first, *rest))
