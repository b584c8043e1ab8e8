"""The hints of the key bar, by the focus and the selected message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Hint = tuple[str, str]
"""Ids of commands, as `commands.hint` takes them, and a word for what they do."""


@dataclass(frozen=True, slots=True)
class SelectedMessage:
    """The properties of the selected message on which the hints depend."""

    is_answer: bool = False
    is_result: bool = False
    """Whether it is the result of a tool call."""
    is_busy: bool = False
    """Whether an answer is being written in its thread: then nothing is changed in it."""
    can_continue: bool = False
    has_text: bool = True
    has_code: bool = False
    can_unfold: bool = False
    is_summary: bool = False
    is_json: bool = False
    """Whether it is an answer in JSON, whose levels can be folded."""
    is_invalid: bool = False
    """Whether it is the last answer, and not the JSON that was requested."""
    versions: int = 1


WRITING: tuple[Hint, ...] = (
    ("send", "send"),
    ("model_picker", "model"),
    ("system_prompt", "system"),
    ("open_thread", "threads"),
    ("command_palette", "commands"),
    ("help", "help"),
)
EDITING: tuple[Hint, ...] = (("send", "send as new branch"), ("stop", "cancel"), *WRITING[1:])
FINDING: tuple[Hint, ...] = (("find_next", "next"), ("find_previous", "previous"), ("find_close", "close"))
APPROVAL: tuple[Hint, ...] = (
    ("call_up call_down", "scroll"),
    ("decide_call", "prompt"),
    ("page_up page_down", "page"),
    ("help", "help"),
)
THREAD_LIST: tuple[Hint, ...] = (
    ("threads_open", "open"),
    ("threads_up threads_down", "thread"),
    ("threads_delete", "delete"),
    ("threads_undo", "undo"),
    ("open_thread", "search"),
    ("stop", "prompt"),
)
COMPLETION: tuple[Hint, ...] = (
    ("completion_take", "insert"),
    ("completion_up completion_down", "row"),
    ("completion_close", "close"),
)


def hints_while_writing(*, is_busy: bool, queued: int, has_failed: bool, can_continue: bool) -> tuple[Hint, ...]:
    """The hints while the prompt has the focus.

    Args:
        is_busy: an answer is being written.
        queued: prompts that wait for it to end.
        has_failed: the last answer ended with an error.
        can_continue: the last answer was cut.
    """
    first: list[Hint] = []
    if queued:
        first.append(("stop", "edit queued"))
    elif is_busy:
        first.append(("stop", "stop"))
    elif has_failed:
        first += [("regenerate", "retry"), ("model_picker", "other model")]
    elif can_continue:
        first.append(("regenerate", "regenerate"))
    named = {command for command, _ in first}
    return (*WRITING[:1], *first, *(each for each in WRITING[1:] if each[0] not in named))


def hints_for(message: SelectedMessage) -> Iterator[Hint]:
    """The hints for a selected message: only keys that apply to it."""
    changes = not message.is_busy
    if message.is_invalid and changes:
        yield "ask_again", "ask again"
    if changes and not message.is_result:
        yield "edit_message", "edit"
    if message.has_text:
        yield "copy_message", "copy"
        yield "select_blocks", "blocks"
    yield "leave_messages", "prompt"
    if message.has_code:
        yield "copy_code", "copy code"
    if message.can_continue and changes:
        yield "continue_answer", "continue"
    if message.is_json:
        yield "fold_json unfold_json", "levels"
    if message.versions > 1 and changes:
        yield "previous_sibling next_sibling", "versions"
        yield "diff_versions", "compare"
    if message.can_unfold:
        yield "unfold", "expand"
    if message.is_summary:
        yield "unfold", "originals"
    if changes:
        yield "delete_message", "delete"
        yield "undo", "undo"
    yield "pin_message", "pin"
    yield "mute_message", "mute"
