"""Actions that copy text of a thread: to the clipboard, to a file, to an editor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.errors import StorageError
from chat_tui.i18n import tr
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.excerpts import verbs
from chat_tui.ui.chat.actions.excerpts.jump import pick_blocks
from chat_tui.ui.chat.actions.message import chosen_message

if TYPE_CHECKING:
    from chat_tui.ui.transcript.extract import Excerpt
    from chat_tui.ui.transcript.selection import SourceMap


async def copy_message(context: ActionContext) -> None:
    """Copies a message as it was written."""
    if (message := chosen_message(context, lambda message: bool(message.content))) is not None:
        context.host.copy(message.content.rstrip("\n"), tr("Message"))


async def copy_answer(context: ActionContext) -> None:
    """Copies the last answer as it was written."""
    branch = reversed(context.thread.branch())
    last = next((message for message in branch if message.is_answer and message.content), None)
    if last is not None:
        context.host.copy(last.content.rstrip("\n"), tr("Answer"))


async def copy_thread(context: ActionContext) -> None:
    """Copies the thread as Markdown."""
    if not context.thread.messages:
        return
    from chat_tui.domain.ports.files import ExportFormat

    try:
        data = await context.services.exchange.export(context.thread, ExportFormat.MARKDOWN)
    except StorageError as error:
        context.notify(str(error), title=tr("Not copied"), severity="warning")
    else:
        context.host.copy(data.decode().rstrip("\n"), tr("Thread"))


async def copy_link(context: ActionContext) -> None:
    """Copies a link of a message; asks which, where there are several."""
    from chat_tui.ui.transcript.extract import links

    message = chosen_message(context, lambda message: bool(_LINK.search(message.content)))
    if message is None:
        return
    urls = links(_source_map(context, message))
    if len(urls) > 1:
        from chat_tui.ui.dialogs.messages.blocks import LinkPicker

        url = await context.ask(LinkPicker, urls)
        urls = [url] if url else []
    for url in urls:
        context.host.copy(url, tr("Link"))


_LINK = re.compile(r"https?://|mailto:|www\.", re.IGNORECASE)

# Blocks

_NO_CODE = tr("No code block in this thread.")


async def select_blocks(context: ActionContext) -> None:
    """Lets the user select blocks of a message, and copies, saves, opens or quotes them."""
    message = chosen_message(context, lambda message: bool(message.content.strip()))
    if message is None:
        return
    index = context.view.messages.index(message)
    blocks = context.view.viewport.source_map(index).blocks
    if not blocks:
        context.notify(tr("This message has no text to select."))
        return
    visible = context.view.viewport.visible_rows(index)
    in_view = [number for number, block in enumerate(blocks) if block.bottom - 1 in visible]
    start = in_view[-1] if in_view else len(blocks) - 1
    await pick_blocks(context, index, start, start)


async def copy_code(context: ActionContext) -> None:
    """Copies the last code block."""
    if (last := _last_block(context, "code", _NO_CODE)) is not None:
        await verbs.copy(context, last)


async def copy_block(context: ActionContext) -> None:
    """Copies the code block of the selected message whose number was pressed."""
    from chat_tui.ui.transcript.extract import Excerpt

    message, number = context.view.selected, max(1, context.key_number("copy_block"))
    if message is None:
        return
    codes = [code for block in _source_map(context, message).blocks for code in block.codes]
    if number <= len(codes):
        await verbs.copy(context, Excerpt("code", codes[number - 1]))
    else:
        context.notify(tr("This message has no code block {number}.", number=number))


async def code_to_file(context: ActionContext) -> None:
    """Writes the last code block to a new file."""
    if (last := _last_block(context, "code", _NO_CODE)) is not None:
        await verbs.write(context, last)


async def code_to_editor(context: ActionContext) -> None:
    """Opens a copy of the last code block in the user's editor."""
    if (last := _last_block(context, "code", _NO_CODE)) is not None:
        await verbs.open_excerpt(context, last)


async def copy_table_tsv(context: ActionContext) -> None:
    """Copies the last table as tab-separated values."""
    if (last := _last_block(context, "table_open", "No table in this thread.")) is not None:
        await verbs.copy_tsv(context, last)


def _source_map(context: ActionContext, message: Message) -> SourceMap:
    return context.view.viewport.source_map(context.view.messages.index(message))


def _last_block(context: ActionContext, kind: str, none: str) -> Excerpt | None:
    """The last block of a kind in the selected message, else in the last that has one; a notice says that none has."""
    from chat_tui.ui.transcript.extract import excerpt_of, last_block

    selected = context.view.selected
    for message in [selected] if selected else reversed(context.view.messages):
        source = _source_map(context, message) if message.is_answer else None
        if source is not None and (block := last_block(source, kind)) is not None:
            return excerpt_of(source, [block])
    context.notify(none)
    return None
