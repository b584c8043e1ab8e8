"""The hints of the key bar, by the focus and the selected message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chat_tui.i18n import tr

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
    ("send", tr("send")),
    ("model_picker", tr("model")),
    ("system_prompt", tr("system")),
    ("open_thread", tr("threads")),
    ("command_palette", tr("commands")),
    ("help", tr("help")),
)
EDITING: tuple[Hint, ...] = (("send", tr("send as new branch")), ("stop", tr("cancel")), *WRITING[1:])
FINDING: tuple[Hint, ...] = (("find_next", tr("next")), ("find_previous", tr("previous")), ("find_close", tr("close")))
APPROVAL: tuple[Hint, ...] = (
    ("call_up call_down", tr("scroll")),
    ("decide_call", tr("prompt")),
    ("page_up page_down", tr("page")),
    ("help", tr("help")),
)
THREAD_LIST: tuple[Hint, ...] = (
    ("threads_open", tr("open")),
    ("threads_up threads_down", tr("thread")),
    ("threads_delete", tr("delete")),
    ("threads_undo", tr("undo")),
    ("open_thread", tr("search")),
    ("stop", tr("prompt")),
)
COMPLETION: tuple[Hint, ...] = (
    ("completion_take", tr("insert")),
    ("completion_up completion_down", tr("row")),
    ("completion_close", tr("close")),
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
        first.append(("stop", tr("edit queued")))
    elif is_busy:
        first.append(("stop", tr("stop")))
    elif has_failed:
        first += [("regenerate", tr("retry")), ("model_picker", tr("other model"))]
    elif can_continue:
        first.append(("regenerate", tr("regenerate")))
    named = {command for command, _ in first}
    return (*WRITING[:1], *first, *(each for each in WRITING[1:] if each[0] not in named))


def hints_for(message: SelectedMessage) -> Iterator[Hint]:
    """The hints for a selected message: only keys that apply to it."""
    changes = not message.is_busy
    if message.is_invalid and changes:
        yield "ask_again", tr("ask again")
    if changes and not message.is_result:
        yield "edit_message", tr("edit")
    if message.has_text:
        yield "copy_message", tr("copy")
        yield "select_blocks", tr("blocks")
    yield "leave_messages", tr("prompt")
    if message.has_code:
        yield "copy_code", tr("copy code")
    if message.can_continue and changes:
        yield "continue_answer", tr("continue")
    if message.is_json:
        yield "fold_json unfold_json", tr("levels")
    if message.versions > 1 and changes:
        yield "previous_sibling next_sibling", tr("versions")
        yield "diff_versions", tr("compare")
    if message.can_unfold:
        yield "unfold", tr("expand")
    if message.is_summary:
        yield "unfold", tr("originals")
    if changes:
        yield "delete_message", tr("delete")
        yield "undo", tr("undo")
    yield "pin_message", tr("pin")
    yield "mute_message", tr("mute")
