"""The commands of dialogs, their lists and text fields, and of the find bar."""

from __future__ import annotations

from chat_tui.ui.commands.command import (
    APP,
    BLOCKS,
    COMPLETION,
    DIALOG,
    EDIT,
    FIND_BAR,
    FINDER,
    KEY,
    LIBRARY,
    LINE,
    LINK,
    LIST,
    MODELS,
    PARAMETERS,
    READING,
    REQUEST,
    SIDEBAR,
    SYSTEM_PROMPT,
    TEXT,
    TRASH,
    TREE,
    Command,
)


def _in(scope: str, command: str, keys: str, title: str, sentence: str, action: str) -> Command:
    """A command whose keys have priority over the focused widget, which may handle them itself."""
    return Command(command, keys, title, sentence, scope=scope, textual_action=action)


def _at(scope: str, command: str, keys: str, title: str, sentence: str, action: str) -> Command:
    """A command whose keys the focused widget may handle first."""
    return Command(command, keys, title, sentence, scope=scope, textual_action=action, priority=False)


INNER_COMMANDS = (
    _in(COMPLETION, "completion_up", "up", "Offer before", "Go to the offer before this one.", "move(-1)"),
    _in(COMPLETION, "completion_down", "down", "Offer after", "Go to the offer after this one.", "move(1)"),
    _in(COMPLETION, "completion_take", "enter,tab", "Take the offer", "Put the offer into the prompt.", "take"),
    _in(COMPLETION, "completion_close", "escape", "No offer", "Close the list and write on.", "close"),
    _at(SIDEBAR, "threads_up", "up", "Thread above", "Go to the thread above.", "cursor_up"),
    _at(SIDEBAR, "threads_down", "down", "Thread below", "Go to the thread below.", "cursor_down"),
    _at(SIDEBAR, "threads_open", "enter", "Open the thread", "Show the highlighted thread.", "select"),
    _at(
        SIDEBAR,
        "threads_undo",
        "u",
        "Undo in the list",
        "Take back a deletion, a new title, a tag or a pin.",
        "screen.flow('undo_in_lists')",
    ),
    _in(FIND_BAR, "find_next", "enter,down", "Next match", "Go to the next place that matches.", "step(1)"),
    _in(
        FIND_BAR,
        "find_previous",
        "shift+enter,up,shift+f3",
        "Match before",
        "Go to the place before that matches.",
        "step(-1)",
    ),
    _in(FIND_BAR, "find_close", "escape", "Stop finding", "Close the find bar and write on.", "close"),
    _at(APP, "way_out", "ctrl+c", "Way out", "Name the key that leaves; a selected text is copied.", "help_quit"),
    _in(FINDER, "finder_rename", "ctrl+r", "Rename thread", "Give the thread another title.", "rename"),
    _in(FINDER, "finder_delete", "ctrl+d", "Delete thread", "Move the thread to the trash.", "delete"),
    _in(FINDER, "finder_undo", "alt+z", "Undo", "Take back a deletion, a new title, a tag or a pin.", "undo"),
    _in(FINDER, "finder_tags", "alt+t", "Tag thread", "Give the thread words to find it by.", "tags"),
    _in(FINDER, "finder_pin", "alt+p", "Pin thread", "Keep the thread first in the list, or no more.", "pin"),
    _in(
        FINDER, "finder_archive", "alt+a", "Archive thread", "Take the thread off the list, or put it back.", "archive"
    ),
    _in(FINDER, "finder_duplicate", "alt+c", "Copy thread", "Make a copy of the thread.", "duplicate"),
    _in(MODELS, "model_favourite", "ctrl+d", "Favourite", "Keep the model first in the list, or no more.", "favourite"),
    _in(MODELS, "model_add_provider", "ctrl+a", "Add provider", "Add a provider, or its API key.", "add_provider"),
    _in(MODELS, "model_refresh", "ctrl+r", "Refresh lists", "Ask every server for its models again.", "refresh_lists"),
    _in(PARAMETERS, "parameter_reset", "ctrl+d", "Not set", "Let the parameter be not set.", "reset"),
    _in(PARAMETERS, "parameters_done", "ctrl+t", "Done", "Close the list; what is set stays.", "back"),
    _in(TREE, "tree_star", "alt+s", "Open here", "Let the branch open by default, or no more.", "star"),
    _in(TREE, "tree_delete", "ctrl+d", "Delete message", "Take the message, and what follows it, out.", "delete"),
    _in(TRASH, "trash_empty", "ctrl+x", "Empty the trash", "Remove all for good; it asks once more.", "empty"),
    _in(LIST, "list_up", "up", "Row above", "Go to the row above.", "move(-1)"),
    _in(LIST, "list_down", "down", "Row below", "Go to the row below.", "move(1)"),
    _in(LIST, "list_page_up", "pageup", "Ten rows up", "Go up by ten rows.", "move(-10)"),
    _in(LIST, "list_page_down", "pagedown", "Ten rows down", "Go down by ten rows.", "move(10)"),
    _in(LIST, "list_choose", "enter", "Choose", "Take the row, or what is typed.", "take"),
    _in(KEY, "key_save_anyway", "ctrl+s", "Save anyway", "Store an API key that could not be checked.", "save_anyway"),
    _in(KEY, "key_page", "ctrl+o", "Open the page", "Open the page where API keys are made.", "page"),
    _in(LINE, "line_take", "enter", "Take the line", "Go on with what stands in the line.", "take"),
    _in(LIBRARY, "library_load", "enter", "Load prompt", "Put the saved prompt into the editor.", "load"),
    _in(LIBRARY, "library_delete", "ctrl+d", "Delete prompt", "Delete the saved prompt.", "delete"),
    _in(SYSTEM_PROMPT, "library", "ctrl+o", "Library", "Go to the library, and back to the editor.", "library"),
    _in(SYSTEM_PROMPT, "library_save", "ctrl+w", "Save in library", "Save the text under a name.", "name"),
    _in(SYSTEM_PROMPT, "system_prompt_done", "ctrl+s", "Done", "Close the editor; the text is kept.", "back"),
    _in(EDIT, "edit_take", "ctrl+s", "Take the text", "Send the prompt, or keep the answer, as it stands.", "take"),
    _in(TEXT, "text_undo", "alt+z", "Undo typing", "Take back what was typed last.", "undo"),
    _in(REQUEST, "request_other", "tab", "JSON or curl", "Show the request in its other form.", "other"),
    _at(REQUEST, "request_copy", "y", "Copy the request", "Copy it in the form that is shown.", "copy"),
    _at(BLOCKS, "block_up", "up,k", "Block before", "Mark the block before this one.", "move(-1)"),
    _at(BLOCKS, "block_down", "down,j", "Block after", "Mark the block after this one.", "move(1)"),
    _at(BLOCKS, "blocks_more_up", "shift+up,K", "More above", "Mark one block more above, or one less.", "extend(-1)"),
    _at(
        BLOCKS, "blocks_more_down", "shift+down,J", "More below", "Mark one block more below, or one less.", "extend(1)"
    ),
    _at(BLOCKS, "blocks_copy", "y,ctrl+c", "Copy", "Copy what is marked as it was written.", "answer('copy')"),
    _at(BLOCKS, "blocks_copy_tsv", "t", "Copy table", "Copy a table as tab-separated values.", "answer('copy_tsv')"),
    _at(BLOCKS, "blocks_to_file", "w", "Write to file", "Write what is marked to a new file.", "answer('write')"),
    _at(BLOCKS, "blocks_to_editor", "o", "Open in editor", "Open what is marked in your editor.", "answer('edit')"),
    _at(LINK, "link_open", "enter", "Open link", "Open the link in the browser.", "answer('open')"),
    _at(LINK, "link_copy", "y", "Copy link", "Copy the address.", "answer('copy')"),
    _in(READING, "read_up", "up,k", "Row up", "Read back by a row.", "scroll_by(-1)"),
    _in(READING, "read_down", "down,j", "Row down", "Read on by a row.", "scroll_by(1)"),
    _in(DIALOG, "dialog_back", "escape", "Back", "Close the dialog.", "back"),
)
