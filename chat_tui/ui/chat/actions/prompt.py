"""Actions on the prompt: earlier prompts, files, folded pastes, the user's editor."""

from __future__ import annotations

import asyncio

from chat_tui.i18n import tr
from chat_tui.ui.chat.actions.context import ActionContext


async def previous_prompt(context: ActionContext) -> None:
    """Shows an earlier prompt."""
    await context.composer.recall(1)


async def next_prompt(context: ActionContext) -> None:
    """Shows a later prompt, at last the draft."""
    await context.composer.recall(-1)


async def prompt_history(context: ActionContext) -> None:
    """Finds an earlier prompt and inserts it below the draft."""
    from chat_tui.ui.dialogs.prompts.history import HistoryPicker

    draft = await context.ask(HistoryPicker, await context.composer.earlier(), context.composer.forget)
    if draft is not None:
        context.composer.choose(draft)


async def attach(context: ActionContext) -> None:
    """Inserts an `@` into the prompt, which opens the list of files."""
    prompt = context.composer.prompt
    row, column = prompt.cursor_location
    before = prompt.document[row][:column]
    prompt.insert(" @" if before.strip() and not before.endswith(" ") else "@")
    prompt.focus()


async def unfold_paste(context: ActionContext) -> None:
    """Expands the folded paste at the cursor, else the last one."""
    if not context.composer.prompt.unfold_paste():
        context.notify(tr("No collapsed paste in the prompt."))


async def editor(context: ActionContext) -> None:
    """Opens the prompt in the user's editor; answers continue meanwhile."""
    from chat_tui.ui.terminal.external import EditorError, child_environment, edit

    text, environment = context.composer.prompt.draft.stored, child_environment(context.services.settings)
    try:
        with context.host.jobs.lend():
            edited = await asyncio.to_thread(edit, text, environment)
    except (EditorError, OSError) as error:
        context.notify(str(error), title=tr("Editor"), severity="warning")
    else:
        context.composer.edited(edited)
