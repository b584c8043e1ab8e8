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
    _in(COMPLETION, "completion_up", "up", "Previous suggestion", "Go to the previous suggestion.", "move(-1)"),
    _in(COMPLETION, "completion_down", "down", "Next suggestion", "Go to the next suggestion.", "move(1)"),
    _in(
        COMPLETION,
        "completion_take",
        "enter,tab",
        "Insert suggestion",
        "Insert the suggestion into the prompt.",
        "take",
    ),
    _in(
        COMPLETION,
        "completion_close",
        "escape",
        "Close suggestions",
        "Close the list and return to the prompt.",
        "close",
    ),
    _at(SIDEBAR, "threads_up", "up", "Previous thread", "Go to the previous thread.", "cursor_up"),
    _at(SIDEBAR, "threads_down", "down", "Next thread", "Go to the next thread.", "cursor_down"),
    _at(SIDEBAR, "threads_open", "enter", "Open thread", "Open the highlighted thread.", "select"),
    _at(
        SIDEBAR,
        "threads_undo",
        "u",
        "Undo",
        "Undo the last deletion, rename, tag or pin of a thread.",
        "screen.flow('undo_in_lists')",
    ),
    _in(FIND_BAR, "find_next", "enter,down", "Next match", "Go to the next match.", "step(1)"),
    _in(
        FIND_BAR,
        "find_previous",
        "shift+enter,up,shift+f3",
        "Previous match",
        "Go to the previous match.",
        "step(-1)",
    ),
    _in(FIND_BAR, "find_close", "escape", "Close find bar", "Close the find bar and return to the prompt.", "close"),
    _at(APP, "way_out", "ctrl+c", "Show quit key", "Show the key that quits, or copy the selected text.", "help_quit"),
    _in(FINDER, "finder_rename", "ctrl+r", "Rename thread", "Change the thread's title.", "rename"),
    _in(FINDER, "finder_delete", "ctrl+d", "Delete thread", "Move the thread to the trash.", "delete"),
    _in(FINDER, "finder_undo", "alt+z", "Undo", "Undo the last deletion, rename, tag or pin of a thread.", "undo"),
    _in(FINDER, "finder_tags", "alt+t", "Tag thread", "Edit the thread's tags.", "tags"),
    _in(FINDER, "finder_pin", "alt+p", "Pin thread", "Pin or unpin the thread.", "pin"),
    _in(FINDER, "finder_archive", "alt+a", "Archive thread", "Archive or unarchive the thread.", "archive"),
    _in(FINDER, "finder_duplicate", "alt+c", "Duplicate thread", "Make a copy of the thread.", "duplicate"),
    _in(MODELS, "model_favourite", "ctrl+d", "Favourite", "Add the model to the favourites or remove it.", "favourite"),
    _in(MODELS, "model_add_provider", "ctrl+a", "Add provider", "Add a provider or its API key.", "add_provider"),
    _in(
        MODELS, "model_refresh", "ctrl+r", "Refresh models", "Reload the model list of every provider.", "refresh_lists"
    ),
    _in(PARAMETERS, "parameter_reset", "ctrl+d", "Unset", "Unset the parameter.", "reset"),
    _in(PARAMETERS, "parameters_done", "ctrl+t", "Close", "Close the list and keep the values.", "back"),
    _in(TREE, "tree_star", "alt+s", "Set as default branch", "Open the thread at this branch, or no longer.", "star"),
    _in(TREE, "tree_delete", "ctrl+d", "Delete message", "Delete the message and everything after it.", "delete"),
    _in(TRASH, "trash_empty", "ctrl+x", "Empty trash", "Delete all threads permanently, after confirmation.", "empty"),
    _in(LIST, "list_up", "up", "Row up", "Go to the previous row.", "move(-1)"),
    _in(LIST, "list_down", "down", "Row down", "Go to the next row.", "move(1)"),
    _in(LIST, "list_page_up", "pageup", "Ten rows up", "Go up by ten rows.", "move(-10)"),
    _in(LIST, "list_page_down", "pagedown", "Ten rows down", "Go down by ten rows.", "move(10)"),
    _in(LIST, "list_choose", "enter", "Choose", "Choose the highlighted row, or use the typed text.", "take"),
    _in(KEY, "key_save_anyway", "ctrl+s", "Save anyway", "Save an API key that could not be checked.", "save_anyway"),
    _in(KEY, "key_page", "ctrl+o", "Open page", "Open the page where API keys are created.", "page"),
    _in(LINE, "line_take", "enter", "Confirm", "Confirm the text.", "take"),
    _in(LIBRARY, "library_load", "enter", "Load prompt", "Load the saved prompt into the editor.", "load"),
    _in(LIBRARY, "library_delete", "ctrl+d", "Delete prompt", "Delete the saved prompt.", "delete"),
    _in(SYSTEM_PROMPT, "library", "ctrl+o", "Library", "Switch between the library and the editor.", "library"),
    _in(SYSTEM_PROMPT, "library_save", "ctrl+w", "Save to library", "Save the text under a name.", "name"),
    _in(SYSTEM_PROMPT, "system_prompt_done", "ctrl+s", "Close", "Close the editor and keep the text.", "back"),
    _in(EDIT, "edit_take", "ctrl+s", "Save", "Send the edited prompt, or save the edited answer.", "take"),
    _in(TEXT, "text_undo", "alt+z", "Undo typing", "Undo the last edit.", "undo"),
    _in(REQUEST, "request_other", "tab", "JSON or curl", "Switch between JSON and curl.", "other"),
    _at(REQUEST, "request_copy", "y", "Copy request", "Copy the request as it is shown.", "copy"),
    _at(BLOCKS, "block_up", "up,k", "Previous block", "Select the previous block.", "move(-1)"),
    _at(BLOCKS, "block_down", "down,j", "Next block", "Select the next block.", "move(1)"),
    _at(
        BLOCKS,
        "blocks_more_up",
        "shift+up,K",
        "Extend up",
        "Extend the selection up by a block, or shrink it.",
        "extend(-1)",
    ),
    _at(
        BLOCKS,
        "blocks_more_down",
        "shift+down,J",
        "Extend down",
        "Extend the selection down by a block, or shrink it.",
        "extend(1)",
    ),
    _at(BLOCKS, "blocks_copy", "y,ctrl+c", "Copy", "Copy the source of the selection.", "answer('copy')"),
    _at(BLOCKS, "blocks_copy_tsv", "t", "Copy table", "Copy a table as tab-separated values.", "answer('copy_tsv')"),
    _at(BLOCKS, "blocks_to_file", "w", "Save to file", "Save the selection to a new file.", "answer('write')"),
    _at(BLOCKS, "blocks_to_editor", "o", "Open in editor", "Open the selection in your editor.", "answer('edit')"),
    _at(LINK, "link_open", "enter", "Open link", "Open the link in the browser.", "answer('open')"),
    _at(LINK, "link_copy", "y", "Copy link", "Copy the link.", "answer('copy')"),
    _in(READING, "read_up", "up,k", "Scroll up", "Scroll up by a row.", "scroll_by(-1)"),
    _in(READING, "read_down", "down,j", "Scroll down", "Scroll down by a row.", "scroll_by(1)"),
    _in(DIALOG, "dialog_back", "escape", "Close", "Close the dialog.", "back"),
)
