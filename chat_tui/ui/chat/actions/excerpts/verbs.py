"""What can be done with an excerpt of a message: copy, open, write, pipe, quote, compare."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.i18n import tr, trn
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.view import open_link

if TYPE_CHECKING:
    from chat_tui.ui.dialogs.messages.blocks import Verb
    from chat_tui.ui.transcript.extract import Excerpt


MOST_LINES = 2_000
"""Of texts that are compared."""


async def run_verb(context: ActionContext, verb: Verb, excerpt: Excerpt) -> None:
    """Does with an excerpt what the user has chosen."""
    await _VERBS[verb](context, excerpt)


async def copy(context: ActionContext, excerpt: Excerpt) -> None:
    """Copies an excerpt as it was written."""
    context.host.copy(excerpt.text, excerpt.name)


async def copy_tsv(context: ActionContext, excerpt: Excerpt) -> None:
    """Copies the tables of an excerpt as tab-separated values."""
    from chat_tui.ui.transcript.extract import table_tsv

    context.host.copy("\n\n".join(map(table_tsv, excerpt.tables)), tr("Table"))


async def write(context: ActionContext, excerpt: Excerpt) -> None:
    """Asks for a name, and writes an excerpt to a new file."""
    from chat_tui.ui.dialogs.question import AskText

    proposed = excerpt.file_name
    typed = await context.ask(AskText, tr("Save to a new file"), proposed)
    if not typed:
        return
    try:
        path = await context.services.texts.save(typed, excerpt.text + "\n", proposed)
    except (StorageError, UsageError) as error:
        context.notify(str(error), title=tr("Not saved"), severity="warning")
    else:
        context.notify(str(path), title=tr("Saved"))


async def open_excerpt(context: ActionContext, excerpt: Excerpt) -> None:
    """Opens a link in the browser, after a question; a file, or a copy of a text, in the user's editor."""
    from chat_tui.ui.text.links import SAFE_LINK

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
        context.notify(str(error), title=tr("Not opened"), severity="warning")
    else:
        await _edit(context, lambda environment: edit_file(path, environment))


async def _edit(context: ActionContext, run: Callable[[Mapping[str, str]], None]) -> None:
    from chat_tui.ui.terminal.external import EditorError, child_environment

    try:
        with context.host.jobs.lend():
            await asyncio.to_thread(run, child_environment(context.services.settings))
    except (EditorError, OSError) as error:
        context.notify(str(error), title=tr("Editor"), severity="warning")


async def pipe(context: ActionContext, excerpt: Excerpt) -> None:
    """Asks for a shell command, runs it on an excerpt, and shows its output."""
    from chat_tui.ui.dialogs.messages.output import AskCommand, CommandOutput
    from chat_tui.ui.terminal import pipe as shell
    from chat_tui.ui.terminal.external import child_environment

    count = excerpt.text.count("\n") + 1
    hint = trn(
        "Run in {folder} with {n:,} line as input, without API keys.",
        "Run in {folder} with {n:,} lines as input, without API keys.",
        count,
        folder=Path.cwd(),
    )
    if not (command := await context.ask(AskCommand, tr("Pipe through a shell command"), hint=hint)):
        return
    environment = child_environment(context.services.settings)
    run = partial(shell.pipe, command, excerpt.text + "\n", environment)
    if output := await context.ask(CommandOutput, command, run):
        context.host.copy(output, tr("Output"))


async def diff(context: ActionContext, excerpt: Excerpt) -> None:
    """Shows what an excerpt changes in the file that it is a version of; asks which where the message doesn't say."""
    from chat_tui.ui.dialogs.messages.output import FileDiff
    from chat_tui.ui.dialogs.question import AskText

    name, proposed, hint = excerpt.path, "", None
    while True:
        if not name:
            name = await context.ask(AskText, tr("Compare with a file"), proposed, hint=hint, verb=tr("compare")) or ""
        if not name:
            return
        try:
            path, old = await context.services.texts.read(name)
            break
        except (StorageError, UsageError) as error:
            name, proposed, hint = "", name, str(error)
    changes = await asyncio.to_thread(unified_diff, old, excerpt.text + "\n", name)
    if changes is None:
        context.notify(tr("More than {n:,} lines.", n=MOST_LINES), title=tr("Not compared"), severity="warning")
    elif not changes:
        context.notify(tr("No differences from {name}.", name=name), title=tr("Diff"))
    elif copied := await context.ask(FileDiff, tr("Changes to {path}", path=path), changes):
        context.host.copy(copied, tr("Diff"))


async def quote(context: ActionContext, excerpt: Excerpt) -> None:
    """Quotes an excerpt at the end of the draft."""
    context.view.action_deselect()
    context.composer.quote(excerpt.text)
    context.composer.prompt.focus()


def unified_diff(old: str, new: str, name: str) -> str | None:
    """The changes from one text to another; None where there are too many lines to compare."""
    import difflib

    before, after = old.split("\n"), new.split("\n")
    if max(len(before), len(after)) > MOST_LINES:
        return None
    return "\n".join(difflib.unified_diff(before, after, name, f"{name} (message)", lineterm=""))


_VERBS: dict[Verb, Callable[[ActionContext, Excerpt], Awaitable[None]]] = {
    "copy": copy,
    "copy_tsv": copy_tsv,
    "open": open_excerpt,
    "write": write,
    "pipe": pipe,
    "diff": diff,
    "quote": quote,
}
