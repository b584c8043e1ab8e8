"""What can be done with an excerpt of a message: copy, open, write, pipe, quote, compare."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.view import open_link

if TYPE_CHECKING:
    from chat_tui.ui.dialogs.messages.blocks import Verb
    from chat_tui.ui.transcript.extract import Excerpt


async def run_verb(context: ActionContext, verb: Verb, excerpt: Excerpt) -> None:
    """Does with an excerpt what the user has chosen."""
    await _VERBS[verb](context, excerpt)


async def copy(context: ActionContext, excerpt: Excerpt) -> None:
    """Copies an excerpt as it was written."""
    context.host.copy(excerpt.text, excerpt.name)


async def copy_tsv(context: ActionContext, excerpt: Excerpt) -> None:
    """Copies the tables of an excerpt as tab-separated values."""
    from chat_tui.ui.transcript.extract import table_tsv

    context.host.copy("\n\n".join(map(table_tsv, excerpt.tables)), "Table")


async def write(context: ActionContext, excerpt: Excerpt) -> None:
    """Asks for a name, and writes an excerpt to a new file."""
    from chat_tui.ui.dialogs.question import AskText

    proposed = excerpt.file_name
    typed = await context.ask(AskText, "Save to a new file", proposed)
    if not typed:
        return
    try:
        path = await context.services.texts.save(typed, excerpt.text + "\n", proposed)
    except (StorageError, UsageError) as error:
        context.notify(str(error), title="Not saved", severity="warning")
    else:
        context.notify(str(path), title="Saved")


async def open_excerpt(context: ActionContext, excerpt: Excerpt) -> None:
    """Opens a link in the browser, after a question; a file, or a copy of a text, in the user's editor."""
    from chat_tui.ui.text.sanitizer import SAFE_LINK

    if SAFE_LINK.fullmatch(excerpt.address):
        await open_link(context, excerpt.address)
    elif excerpt.address:
        await _edit_file(context, excerpt.address)
    else:
        from chat_tui.ui.terminal.external import view

        await _edit(context, lambda environment: view(excerpt.text + "\n", excerpt.file_name, environment))


async def _edit_file(context: ActionContext, name: str) -> None:
    from chat_tui.ui.terminal.external import edit_file

    try:
        path = await context.services.texts.find(name)
    except UsageError as error:
        context.notify(str(error), title="Not opened", severity="warning")
    else:
        await _edit(context, lambda environment: edit_file(path, environment))


async def _edit(context: ActionContext, run: Callable[[Mapping[str, str]], None]) -> None:
    from chat_tui.ui.terminal.external import EditorError, child_environment

    try:
        with context.host.jobs.lend():
            await asyncio.to_thread(run, child_environment(context.services.settings))
    except (EditorError, OSError) as error:
        context.notify(str(error), title="Editor", severity="warning")


async def quote(context: ActionContext, excerpt: Excerpt) -> None:
    """Quotes an excerpt at the end of the draft."""
    context.view.action_deselect()
    context.composer.quote(excerpt.text)
    context.composer.prompt.focus()


_VERBS: dict[Verb, Callable[[ActionContext, Excerpt], Awaitable[None]]] = {
    "copy": copy,
    "copy_tsv": copy_tsv,
    "open": open_excerpt,
    "write": write,
    "quote": quote,
}
