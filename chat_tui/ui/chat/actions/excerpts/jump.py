"""Jumping to what is in view: labels, and the action on what was selected."""

from __future__ import annotations

from functools import partial

from chat_tui.i18n import tr
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.excerpts.verbs import run_verb


async def jump(context: ActionContext) -> None:
    """Labels what is in view, selects what the typed label is of, and does with it what the next key says."""
    from chat_tui.ui.dialogs.messages.blocks import ExcerptPicker, LabelPicker
    from chat_tui.ui.view.jump_labels import labels_for

    view = context.view
    targets = view.jump_targets()
    if not targets:
        context.notify(tr("Nothing to select in view."))
        return
    named = {label: target for label, target in zip(labels_for(len(targets)), targets, strict=True) if label}
    message_ids = [each.id for each in view.messages]
    view.show_labels(named)
    label = await context.ask(LabelPicker, list(named), partial(view.show_labels, named))
    view.show_labels({})
    if label is None or [each.id for each in view.messages] != message_ids:
        return
    target = named[label]
    if target.blocks is not None:
        await pick_blocks(context, target.turn, *target.blocks)
    elif target.excerpt is not None:
        view.text_marks.show_text(target.turn, target.ends)
        answer = await context.ask(ExcerptPicker, target.excerpt)
        view.text_marks.clear()
        if answer is not None:
            await run_verb(context, *answer)


async def pick_blocks(context: ActionContext, turn: int, first: int, last: int) -> None:
    """Lets the user select blocks of a message, and an action for them.

    Args:
        context: what the action works on.
        turn: the index of the message.
        first: the first block that is selected at first, by its number.
        last: the last one.
    """
    from chat_tui.ui.dialogs.messages.blocks import BlockPicker

    view, source = context.view, context.view.viewport.source_map(turn)
    marks = view.text_marks
    if first >= len(source.blocks):
        return

    def mark(one: int, other: int) -> None:
        """Marks blocks where they are drawn now; in a window of another size they are elsewhere."""
        marks.again = partial(mark, one, other)
        blocks = view.viewport.source_map(turn).blocks
        if other < len(blocks):
            marks.show_rows(turn, blocks[one].top, blocks[other].bottom - 1)

    answer = await context.ask(BlockPicker, source, mark, first, last)
    marks.again = None
    marks.clear()
    if answer is not None:
        await run_verb(context, *answer)
