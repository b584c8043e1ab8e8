"""Actions that copy text of a thread: to the clipboard, to a file, to an editor."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.message import chosen_message

if TYPE_CHECKING:
    from chat_tui.ui.transcript.selection import Block, SourceMap
    from chat_tui.ui.view.conversation import ConversationView


async def copy_message(context: ActionContext) -> None:
    """Copies a message as it was written."""
    if (message := chosen_message(context, lambda message: bool(message.content))) is not None:
        context.host.copy(message.content.rstrip("\n"), "Message")


async def copy_answer(context: ActionContext) -> None:
    """Copies the last answer as it was written."""
    branch = reversed(context.thread.branch())
    last = next((message for message in branch if message.is_answer and message.content), None)
    if last is not None:
        context.host.copy(last.content.rstrip("\n"), "Answer")


async def copy_thread(context: ActionContext) -> None:
    """Copies the thread as Markdown."""
    if not context.thread.messages:
        return
    from chat_tui.domain.ports.files import ExportFormat

    try:
        data = await context.services.exchange.export(context.thread, ExportFormat.MARKDOWN)
    except StorageError as error:
        context.notify(str(error), title="Not copied", severity="warning")
    else:
        context.host.copy(data.decode().rstrip("\n"), "Thread")


async def copy_link(context: ActionContext) -> None:
    """Copies a link of a message; asks which, where there are several."""
    from chat_tui.ui.transcript.extract import links
    from chat_tui.ui.transcript.markdown.splitter import new_parser

    parser = new_parser()
    message = chosen_message(context, lambda message: bool(links(parser, message.content)))
    if message is None:
        return
    urls = links(parser, message.content)
    if len(urls) > 1:
        from chat_tui.ui.dialogs.messages.blocks import LinkPicker

        url = await context.ask(LinkPicker, urls)
        urls = [url] if url else []
    for url in urls:
        context.host.copy(url, "Link")


# Blocks

_NO_CODE = "There is no code block in this thread."


async def select_blocks(context: ActionContext) -> None:
    """Lets the user select blocks of a message, and copies, writes or edits them."""
    message = chosen_message(context, lambda message: bool(message.content.strip()))
    if message is None:
        return
    view, source = context.view, _source_map(context, message)
    if not source.blocks:
        context.notify("There is no text in this message to mark.")
        return
    from chat_tui.ui.dialogs.messages.blocks import BlockPicker

    index = view.messages.index(message)
    visible = view.visible_rows(index)
    in_view = [number for number, block in enumerate(source.blocks) if block.bottom - 1 in visible]
    start = in_view[-1] if in_view else len(source.blocks) - 1
    answer = await context.ask(BlockPicker, source, partial(_mark_blocks, view, index), start)
    view.clear_marks()
    if answer is not None:
        name, blocks = answer
        await _BLOCK_ACTIONS[name](context, source, blocks)


def _mark_blocks(view: ConversationView, index: int, first: Block, last: Block) -> None:
    view.mark_rows(index, first.top, last.bottom - 1)


async def copy_code(context: ActionContext) -> None:
    """Copies the last code block."""
    if (last := _last_block(context, "code", _NO_CODE)) is not None:
        await _copy_blocks(context, *last)


async def copy_block(context: ActionContext) -> None:
    """Copies the code block of the selected message whose number was pressed."""
    from chat_tui.ui.transcript.extract import is_code

    message, keys = context.view.selected, context.host.bound.keys["copy_block"].split(",")
    if message is None or context.view.last_key not in keys:
        return
    number, source = keys.index(context.view.last_key) + 1, _source_map(context, message)
    code = [block for block in source.blocks if is_code([block])]
    if number <= len(code):
        await _copy_blocks(context, source, [code[number - 1]])
    else:
        context.notify(f"This message has no code block {number}.")


async def code_to_file(context: ActionContext) -> None:
    """Writes the last code block to a new file."""
    if (last := _last_block(context, "code", _NO_CODE)) is not None:
        await _write_blocks(context, *last)


async def code_to_editor(context: ActionContext) -> None:
    """Opens a copy of the last code block in the user's editor."""
    if (last := _last_block(context, "code", _NO_CODE)) is not None:
        await _edit_blocks(context, *last)


async def copy_table_tsv(context: ActionContext) -> None:
    """Copies the last table as tab-separated values."""
    if (last := _last_block(context, "table_open", "There is no table in this thread.")) is not None:
        await _copy_tables(context, *last)


def _source_map(context: ActionContext, message: Message) -> SourceMap:
    return context.view.source_map(context.view.messages.index(message))


def _last_block(context: ActionContext, kind: str, none: str) -> tuple[SourceMap, list[Block]] | None:
    """The last block of a kind in the selected message, else in the last that has one; a notice says that none has."""
    from chat_tui.ui.transcript.extract import last_block

    selected = context.view.selected
    for message in [selected] if selected else reversed(context.view.messages):
        source = _source_map(context, message) if message.is_answer else None
        if source is not None and (block := last_block(source, kind)) is not None:
            return source, [block]
    context.notify(none)
    return None


async def _copy_blocks(context: ActionContext, source: SourceMap, blocks: list[Block]) -> None:
    from chat_tui.ui.transcript.extract import block_text, is_code

    what = "Code" if is_code(blocks) else "Block" if len(blocks) == 1 else f"{len(blocks)} blocks"
    context.host.copy(block_text(source, blocks), what)


async def _copy_tables(context: ActionContext, source: SourceMap, blocks: list[Block]) -> None:
    from chat_tui.ui.transcript.extract import table_tsv

    tables = (table_tsv(source, block) for block in blocks if block.kind == "table_open")
    context.host.copy("\n\n".join(tables), "Table")


async def _write_blocks(context: ActionContext, source: SourceMap, blocks: list[Block]) -> None:
    from chat_tui.ui.dialogs.question import AskText
    from chat_tui.ui.transcript.extract import block_text, file_name

    proposed = file_name(blocks)
    typed = await context.ask(AskText, "Write to a new file", proposed)
    if not typed:
        return
    try:
        path = await context.services.texts.save(typed, block_text(source, blocks) + "\n", proposed)
    except (StorageError, UsageError) as error:
        context.notify(str(error), title="Not written", severity="warning")
    else:
        context.notify(str(path), title="Written")


async def _edit_blocks(context: ActionContext, source: SourceMap, blocks: list[Block]) -> None:
    from chat_tui.ui.terminal.external import EditorError, child_environment, view
    from chat_tui.ui.transcript.extract import block_text, file_name

    text, environment = block_text(source, blocks) + "\n", child_environment(context.services.settings)
    try:
        with context.host.jobs.lend():
            await asyncio.to_thread(view, text, file_name(blocks), environment)
    except (EditorError, OSError) as error:
        context.notify(str(error), title="Editor", severity="warning")


_BLOCK_ACTIONS = {"copy": _copy_blocks, "copy_tsv": _copy_tables, "write": _write_blocks, "edit": _edit_blocks}
