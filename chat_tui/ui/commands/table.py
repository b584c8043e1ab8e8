"""The table of commands. Palette, help, key bar and bindings are made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

from chat_tui.i18n import tr
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
    Command("send", "enter", tr("Send"), tr("Send the message."), scope=PROMPT, priority=False),
    Command(
        "newline",
        "ctrl+j,shift+enter,alt+enter,ctrl+enter",
        tr("New line"),
        tr("Insert a line break; a backslash before enter does the same."),
        scope=PROMPT,
        priority=False,
    ),
    Command(
        "prompt_undo",
        "alt+z",
        tr("Undo typing"),
        tr("Undo the last edit of the prompt."),
        scope=PROMPT,
        priority=False,
        textual_action="undo",
    ),
    Command(
        "prompt_redo",
        "ctrl+y",
        tr("Redo typing"),
        tr("Redo the last edit of the prompt."),
        scope=PROMPT,
        priority=False,
        textual_action="redo",
    ),
    Command(
        "stop", "escape", tr("Stop"), tr("Stop the answer and keep its text; edit a queued message."), priority=False
    ),
    Command("model_picker", "ctrl+l", tr("Choose model"), tr("Choose the model of the next answer.")),
    Command("last_model", "alt+m", tr("Last model"), tr("Switch to the model used before, and back.")),
    Command("effort", "alt+e", tr("Thinking effort"), tr("Go to the next thinking effort that the model accepts.")),
    Command("system_prompt", "ctrl+s,f5", tr("System prompt"), tr("Edit this thread's system prompt.")),
    Command("parameters", "ctrl+t,f7", tr("Parameters"), tr("Set temperature, thinking, stop sequences and more.")),
    Command(
        "import_prompts", "", tr("Import saved prompts"), tr("Import character cards, roles, templates and patterns.")
    ),
    Command("saved_prompt", "", tr("Use saved prompt"), tr("Choose a saved system prompt and its settings.")),
    Command("tools", "alt+x", tr("Tools"), tr("Choose the tools that the model may call in this thread.")),
    Command(
        "decide_call",
        "alt+d",
        tr("Decide on call"),
        tr("Go to the tool call that waits for approval, or back to the prompt."),
    ),
    Command("new_thread", "ctrl+n,f4", tr("New thread"), tr("Start an empty thread; twice, a temporary one.")),
    Command("temporary_thread", "", tr("Temporary thread"), tr("Start a thread that is never saved.")),
    Command("save_thread", "", tr("Save temporary thread"), tr("Save this temporary thread from now on.")),
    Command(
        "open_thread",
        "ctrl+o,f3",
        tr("Open thread"),
        tr("Search threads; open, tag, rename or delete one."),
    ),
    Command(
        "open_recent",
        "alt+1,alt+2,alt+3,alt+4,alt+5",
        tr("Open recent"),
        tr("Open one of the five most recent threads."),
        priority=False,
    ),
    Command("regenerate", "ctrl+r", tr("Regenerate"), tr("Get another answer; the current one is kept.")),
    Command(
        "try_instead", "alt+i", tr("Try another provider"), tr("Regenerate a failed answer with a fallback model.")
    ),
    Command("answers", "", tr("Compare answers"), tr("Show the versions of the last answer side by side.")),
    Command("aside", "alt+q", tr("Ask aside"), tr("Send the prompt on a side branch, or close the one that is shown.")),
    Command("previous_answer", "alt+left", tr("Previous answer"), tr("Show the previous answer to the last prompt.")),
    Command("next_answer", "alt+right", tr("Next answer"), tr("Show the next answer to the last prompt.")),
    Command("copy_answer", "alt+y", tr("Copy answer"), tr("Copy the last answer.")),
    Command("jump", "alt+j", tr("Jump to"), tr("Select code, a link, path, heading, table or picture by its label.")),
    Command(
        "select_messages", "alt+up", tr("Select messages"), tr("Select a message; up in an empty prompt does the same.")
    ),
    _among_messages("message_up", "up,k", tr("Previous message"), tr("Select the previous message."), "select(-1)"),
    _among_messages(
        "message_down",
        "down,j",
        tr("Next message"),
        tr("Select the next message; from the last one, return to the prompt."),
        "select(1)",
    ),
    _among_messages("first_message", "home", tr("First message"), tr("Select the first message."), "select_end(-1)"),
    _among_messages("last_message", "end", tr("Last message"), tr("Select the last message."), "select_end(1)"),
    _among_messages("half_page_up", "ctrl+u", tr("Half page up"), tr("Scroll up by half a page."), "half_page(-1)"),
    _among_messages(
        "half_page_down", "ctrl+d", tr("Half page down"), tr("Scroll down by half a page."), "half_page(1)"
    ),
    _among_messages(
        "leave_messages",
        "escape",
        tr("Back to the prompt"),
        tr("Clear the selection and return to the prompt."),
        "deselect",
    ),
    _on_messages("edit_message", "e", tr("Edit message"), tr("Edit a message as a new branch; the original is kept.")),
    _on_messages("copy_message", "y", tr("Copy message"), tr("Copy the source of a message.")),
    _on_messages(
        "select_blocks", "v", tr("Select blocks"), tr("Select blocks of a message to copy, save, open or quote.")
    ),
    _among_messages(
        "jump_from_messages",
        "space",
        tr("Jump"),
        tr("Select code, a link, path, heading, table or picture by its label."),
        "screen.flow('jump')",
    ),
    _on_messages("copy_code", "Y", tr("Copy code"), tr("Copy the last code block of a message.")),
    _on_messages(
        "copy_block", "1,2,3,4,5,6,7,8,9", tr("Copy block"), tr("Copy the code block with this number of a message.")
    ),
    _on_messages("copy_table_tsv", "", tr("Copy table"), tr("Copy the last table as tab-separated values.")),
    _on_messages("copy_link", "", tr("Copy link"), tr("Copy a link from the message.")),
    _on_messages("code_to_file", "w", tr("Save code"), tr("Save the last code block of a message to a new file.")),
    _on_messages(
        "code_to_editor", "O", tr("Open code in editor"), tr("Open a copy of the last code block in your editor.")
    ),
    _on_messages("open_page", "o", tr("Open in browser"), tr("Open a message as a web page in the browser.")),
    Command("copy_thread", "", tr("Copy thread"), tr("Copy this thread as Markdown.")),
    _on_messages("continue_answer", "c", tr("Continue"), tr("Continue an interrupted answer, or its tool calls.")),
    _on_messages(
        "ask_again",
        "r",
        tr("Ask again with error"),
        tr("Ask for valid JSON again, with what is wrong with the answer."),
    ),
    _on_messages("fold_json", "minus", tr("Fold JSON"), tr("Show one level less of an answer in JSON.")),
    _on_messages("unfold_json", "plus,equals_sign", tr("Unfold JSON"), tr("Show one level more of an answer in JSON.")),
    _on_messages("previous_sibling", "left", tr("Previous version"), tr("Show the previous version of a message.")),
    _on_messages("next_sibling", "right", tr("Next version"), tr("Show the next version of a message.")),
    _on_messages("delete_message", "d", tr("Delete message"), tr("Delete this message and everything after it.")),
    _on_messages("unfold", "enter", tr("Expand"), tr("Expand or collapse reasoning, a long prompt or a tool call.")),
    _on_messages(
        "diagram_source", "V", tr("Diagram source"), tr("Show the diagrams of a message as source, or drawn again.")
    ),
    _on_messages(
        "pin_message", "p", tr("Pin message"), tr("Always send this message, even if the context is trimmed.")
    ),
    _on_messages("mute_message", "m", tr("Mute message"), tr("Exclude this message from requests.")),
    _on_messages("diff_versions", "x", tr("Compare versions"), tr("Compare two versions of a message.")),
    _on_messages("fork", "f", tr("Fork"), tr("Fork the whole branch into a new thread.")),
    _on_messages(
        "fork_from", "F", tr("Fork from here"), tr("Fork this message and everything after it into a new thread.")
    ),
    _on_messages("undo", "u", tr("Undo"), tr("Undo the last change to this thread.")),
    _on_messages("next_heading", "right_square_bracket", tr("Next heading"), tr("Go to the next heading or message.")),
    _on_messages(
        "previous_heading", "left_square_bracket", tr("Previous heading"), tr("Go to the previous heading or message.")
    ),
    Command("find", "ctrl+f", tr("Find in thread"), tr("Search the messages of this branch.")),
    Command(
        "tree",
        "alt+t,ctrl+right_square_bracket",
        tr("Branches"),
        tr("Show all branches and switch to one."),
    ),
    Command("clear_thread", "", tr("Clear thread"), tr("Start over in this thread; the messages stay as a branch.")),
    Command(
        "undo_in_lists", "", tr("Undo thread change"), tr("Undo the last deletion, rename, tag or pin of a thread.")
    ),
    Command("trash", "", tr("Trash"), tr("Restore deleted threads or delete them permanently.")),
    Command("damaged", "", tr("Recover threads"), tr("Salvage damaged thread files.")),
    Command("save_elsewhere", "", tr("Save elsewhere"), tr("Save threads in another folder while the disk is full.")),
    Command(
        "shorten",
        "alt+o,ctrl+backslash",
        tr("Trim context"),
        tr("Stop sending the oldest half of the thread."),
    ),
    Command(
        "compact",
        "alt+c",
        tr("Compact context"),
        tr("Summarize the thread; send the summary in place of the messages."),
    ),
    Command(
        "send_everything", "", tr("Send full context"), tr("Send the whole thread again, in place of its summaries.")
    ),
    Command("previous_prompt", "ctrl+up,alt+p", tr("Previous prompt"), tr("Recall the previous prompt.")),
    Command("next_prompt", "ctrl+down,alt+n", tr("Next prompt"), tr("Recall the next prompt, at the end the draft.")),
    Command("prompt_history", "", tr("Prompt history"), tr("Search the prompts of all threads.")),
    Command("attach", "", tr("Attach file"), tr("Attach a text file or an image; @ in the prompt does the same.")),
    Command("unfold_paste", "alt+u", tr("Expand paste"), tr("Expand a collapsed paste in the prompt.")),
    Command("editor", "ctrl+g,f8", tr("Open in editor"), tr("Write the prompt in $VISUAL or $EDITOR.")),
    Command("toggle_threads", "ctrl+b,f6", tr("Thread list"), tr("Show or hide the thread list.")),
    Command("outline", "", tr("Outline"), tr("Show or hide the outline of the thread (from 160 columns on).")),
    Command("reasoning", "alt+r", tr("Reasoning"), tr("Expand or collapse the last answer's reasoning.")),
    Command("wrap_code", "alt+w", tr("Wrap code"), tr("Wrap long lines of code, or scroll them sideways.")),
    Command("code_left", "alt+h", tr("Code left"), tr("Scroll long lines of code left (unwrapped).")),
    Command("code_right", "alt+l", tr("Code right"), tr("Scroll long lines of code right (unwrapped).")),
    Command("rename_thread", "", tr("Rename thread"), tr("Change this thread's title.")),
    Command("title", "", tr("Suggest title"), tr("Ask a model for this thread's title.")),
    Command("pin_thread", "", tr("Pin thread"), tr("Pin or unpin this thread.")),
    Command("archive_thread", "", tr("Archive thread"), tr("Archive or unarchive this thread.")),
    Command("tag_thread", "", tr("Tag thread"), tr("Edit this thread's tags.")),
    Command("duplicate_thread", "", tr("Duplicate thread"), tr("Open a copy of this thread.")),
    Command("delete_thread", "", tr("Delete thread"), tr("Move this thread to the trash.")),
    Command("export_thread", "", tr("Export thread"), tr("Export this thread as Markdown, HTML or JSON.")),
    Command("import_threads", "", tr("Import threads"), tr("Import threads from ChatGPT, Claude and other programs.")),
    Command("themes", "", tr("Change theme"), tr("Choose a theme (live preview).")),
    Command("density", "", tr("Density"), tr("Switch between comfortable and compact rows.")),
    Command(
        "providers",
        "",
        tr("Add provider"),
        tr("Add an API key, a server or the local model."),
    ),
    Command("set_key", "alt+a", tr("API key"), tr("Set the API key of this thread's provider.")),
    Command("notify", "", tr("Notifications"), tr("Notify when a long answer finishes in the background.")),
    Command("usage", "", tr("Usage"), tr("Show what requests used and cost.")),
    Command(
        "request", "", tr("Show request"), tr("Show the next request, or that of the last answer, as JSON or curl.")
    ),
    Command("page_up", "pageup", tr("Page up"), tr("Scroll up by a page.")),
    Command("page_down", "pagedown", tr("Page down"), tr("Scroll down by a page.")),
    Command("go_start", "ctrl+home", tr("Go to start"), tr("Scroll to the first message.")),
    Command("go_end", "ctrl+end", tr("Go to end"), tr("Scroll to the end and follow the answer.")),
    Command(
        "command_palette",
        "ctrl+p,f2",
        tr("Commands"),
        tr("Search all commands (in a dialog: its commands)."),
        everywhere=True,
    ),
    Command(
        "keys_here",
        "question_mark",
        tr("Keys here"),
        tr("Show the keys of this place; ? works while no text is typed."),
        everywhere=True,
    ),
    Command("help", "f1,ctrl+underscore,ctrl+slash", tr("Help"), tr("Show all keys."), everywhere=True),
    Command(
        "suspend",
        "ctrl+z",
        tr("Suspend"),
        tr("Suspend the program; fg in the shell resumes it."),
        everywhere=True,
        textual_action="app.suspend_process",
    ),
    Command(
        "quit", "ctrl+q,f9", tr("Quit"), tr("Save everything and quit."), everywhere=True, textual_action="app.quit"
    ),
)
COMMANDS = (*CHAT_COMMANDS, *INNER_COMMANDS)
BY_ID = {command.id: command for command in COMMANDS}
_SHORT = {
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "backslash": "\\",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "slash": "/",
    "vertical_line": "|",
    "underscore": "_",
    "question_mark": "?",
    "minus": "-",
    "plus": "+",
    "equals_sign": "=",
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
    """The keys of a command as they are bound now, as a person reads them: `^l`, `esc`, `pgup`."""
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
