"""Groups of commands by what one does with them, for the help and the command palette."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from chat_tui.i18n import tr
from chat_tui.ui.commands.command import MESSAGES, PROMPT
from chat_tui.ui.commands.table import BY_ID, CHAT_COMMANDS


class Group(NamedTuple):
    """Commands for one purpose."""

    heading: str
    rows: tuple[str, ...]
    """Ids of commands; those that go together are one row, with a space between them."""


_GROUPS = (
    Group(
        tr("Write"),
        (
            *("send", "newline", "prompt_undo prompt_redo", "previous_prompt next_prompt", "prompt_history"),
            *("editor", "attach", "unfold_paste"),
        ),
    ),
    Group(
        tr("Answer"),
        (
            "stop",
            "decide_call",
            "regenerate",
            "try_instead",
            "answers",
            "aside",
            "previous_answer next_answer",
            "copy_answer",
            "reasoning",
            "compact",
            "shorten",
            "send_everything",
        ),
    ),
    Group(
        tr("Model"),
        (
            "model_picker",
            "last_model",
            "effort",
            "system_prompt",
            "saved_prompt",
            "import_prompts",
            "parameters",
            "tools",
            "set_key",
            "providers",
        ),
    ),
    Group(
        tr("Thread"),
        (
            *(
                "new_thread",
                "temporary_thread",
                "save_thread",
                "title",
                "open_thread open_recent",
                "toggle_threads",
                "find",
                "tree",
                "rename_thread",
                "pin_thread",
            ),
            *("archive_thread", "tag_thread", "duplicate_thread", "copy_thread", "export_thread", "import_threads"),
            *("clear_thread", "delete_thread", "undo_in_lists", "trash", "damaged", "save_elsewhere"),
        ),
    ),
    Group(
        tr("Read"),
        ("page_up page_down", "go_start go_end", "outline", "wrap_code", "code_left code_right"),
    ),
    Group(
        tr("Select a message"),
        (
            *("select_messages", "jump", "message_up message_down", "first_message last_message"),
            *("half_page_up half_page_down", "previous_heading next_heading", "leave_messages"),
        ),
    ),
    Group(
        tr("Selected message"),
        (
            *(
                "edit_message",
                "copy_message",
                "select_blocks",
                "copy_code copy_block",
                "code_to_file",
                "code_to_editor",
            ),
            *(
                "copy_table_tsv",
                "copy_link",
                "continue_answer",
                "ask_again",
                "previous_sibling next_sibling",
                "diff_versions",
            ),
            *(
                "unfold",
                "fold_json unfold_json",
                "diagram_source",
                "pin_message mute_message",
                "fork fork_from",
                "open_page",
                "jump_from_messages",
            ),
            *("delete_message", "undo"),
        ),
    ),
    Group(
        tr("Program"),
        ("command_palette", "keys_here", "help", "usage", "request", "themes", "density", "notify", "suspend", "quit"),
    ),
)
_OTHERS = {PROMPT: tr("Write"), MESSAGES: tr("Selected message")}
"""The group of a command that is in none, by its scope."""


def groups() -> Iterator[Group]:
    """The groups with every command of the chat."""
    listed = {each for group in _GROUPS for row in group.rows for each in row.split()}
    rest = [command for command in CHAT_COMMANDS if command.id not in listed]
    for group in _GROUPS:
        known = (" ".join(each for each in row.split() if each in BY_ID) for row in group.rows)
        more = (each.id for each in rest if _OTHERS.get(each.scope, tr("Program")) == group.heading)
        yield Group(group.heading, (*filter(None, known), *more))


def rows_with_keys(group: Group, bound: Collection[str]) -> list[str]:
    """The rows of a group whose commands all have a key.

    Args:
        group: the group.
        bound: the ids of the commands that have one.
    """
    return [row for row in group.rows if all(each in bound for each in row.split())]


def title_of(row: str) -> str:
    """The title of commands that go together: `Previous, next version`, `Page up, down`."""
    first, *others = (BY_ID[each].title.split() for each in row.split())
    for other in others:
        words = [other[0].lower(), *other[1:]]
        if len(first) == len(words) and first[1:] == words[1:]:
            first = [f"{first[0]},", *words]
        else:
            same = 0
            while same < min(len(first), len(words)) and first[same].lower() == words[same]:
                same += 1
            first = [*first[:-1], f"{first[-1]},", *words[same:]]
    return " ".join(first).replace(", ", tr(", "))
