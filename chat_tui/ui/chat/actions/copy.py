"""The commands that take pieces of a thread out: to the clipboard, into a file, into an editor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.ui.chat.actions.message import chosen_message

if TYPE_CHECKING:
    from chat_tui.ui.chat.screen import ChatScreen
    from chat_tui.ui.transcript.selection import Block, SourceMap


def select_blocks(screen: ChatScreen) -> None:
    """Lets the user mark blocks of a message, and takes out what they mark."""
    message = chosen_message(screen, lambda each: bool(each.content.strip()))
    if message is None:
        return
    found = _map(screen, message)
    if not found.blocks:
        screen.app.notify("There is no text in this message to mark.")
        return

    async def ask() -> None:
        from chat_tui.ui.dialogs.messages.blocks import BlockPicker

        view = screen.view
        index = view.messages.index(message)

        def mark(first: Block, last: Block) -> None:
            view.mark_rows(index, first.top, last.bottom - 1)

        visible = view.visible_rows(index)
        in_view = [number for number, each in enumerate(found.blocks) if each.bottom - 1 in visible]
        start = in_view[-1] if in_view else len(found.blocks) - 1
        answer = await screen.app.push_screen_wait(BlockPicker(found, mark, start))
        view.clear_marks()
        if answer is not None:
            deed, blocks = answer
            await _DEEDS[deed](screen, found, blocks)

    screen.chat_app.input.run(ask())


def _map(screen: ChatScreen, message: Message) -> SourceMap:
    return screen.view.source_map(screen.view.messages.index(message))


async def _copy(screen: ChatScreen, found: SourceMap, blocks: list[Block]) -> None:
    from chat_tui.ui.transcript.extract import block_text, is_code

    what = "Code" if is_code(blocks) else "Block" if len(blocks) == 1 else f"{len(blocks)} blocks"
    screen.chat_app.copy(block_text(found, blocks), what)


async def _copy_tsv(screen: ChatScreen, found: SourceMap, blocks: list[Block]) -> None:
    from chat_tui.ui.transcript.extract import table_tsv

    screen.chat_app.copy("\n\n".join(table_tsv(found, each) for each in blocks if each.kind == "table_open"), "Table")


async def _write(screen: ChatScreen, found: SourceMap, blocks: list[Block]) -> None:
    from chat_tui.ui.dialogs.question import AskText
    from chat_tui.ui.transcript.extract import block_text, file_name

    proposed = file_name(blocks)
    typed = await screen.app.push_screen_wait(AskText("Write to a new file", proposed))
    if not typed:
        return
    try:
        path = await screen.services.texts.save(typed, block_text(found, blocks) + "\n", proposed)
    except (StorageError, UsageError) as error:
        screen.app.notify(str(error), title="Not written", severity="warning")
    else:
        screen.app.notify(str(path), title="Written")


async def _edit(screen: ChatScreen, found: SourceMap, blocks: list[Block]) -> None:
    from chat_tui.ui.terminal.external import EditorError, child_environment, view
    from chat_tui.ui.transcript.extract import block_text, file_name

    text, environment = block_text(found, blocks) + "\n", child_environment(screen.services.settings)
    try:
        with screen.chat_app.jobs.lend():
            await asyncio.to_thread(view, text, file_name(blocks), environment)
    except (EditorError, OSError) as error:
        screen.app.notify(str(error), title="Editor", severity="warning")


_DEEDS = {"copy": _copy, "copy_tsv": _copy_tsv, "write": _write, "edit": _edit}


def _on_last(deed: str, kind: str, none: str) -> Callable[[ChatScreen], None]:
    """Makes the command that does a deed with the last block of a kind in the last message that has one."""

    def flow(screen: ChatScreen) -> None:
        from chat_tui.ui.transcript.extract import last_block

        selected = screen.view.selected
        for message in [selected] if selected else reversed(screen.view.messages):
            found = _map(screen, message) if message.is_answer else None
            if found is not None and (block := last_block(found, kind)) is not None:
                screen.chat_app.input.run(_DEEDS[deed](screen, found, [block]))
                return
        screen.app.notify(none)

    return flow


def copy_link(screen: ChatScreen) -> None:
    """Copies a link of a message; asks which, where there are several."""
    from chat_tui.ui.transcript.extract import links
    from chat_tui.ui.transcript.markdown.splitter import new_parser

    parser = new_parser()
    message = chosen_message(screen, lambda each: bool(links(parser, each.content)))
    if message is None:
        return
    found = links(parser, message.content)
    if len(found) < 2:
        _copy_links(screen, found)
        return

    async def ask() -> None:
        from chat_tui.ui.dialogs.messages.blocks import LinkPicker

        url = await screen.app.push_screen_wait(LinkPicker(found))
        _copy_links(screen, [url] if url else [])

    screen.chat_app.input.run(ask())


def _copy_links(screen: ChatScreen, found: list[str]) -> None:
    for url in found:
        screen.chat_app.copy(url, "Link")


def copy_thread(screen: ChatScreen) -> None:
    """Copies the thread as Markdown."""

    async def copy() -> None:
        from chat_tui.domain.exchange import ExportFormat

        try:
            data = await screen.services.exchange.export(screen.conversation.thread, ExportFormat.MARKDOWN)
        except StorageError as error:
            screen.app.notify(str(error), title="Not copied", severity="warning")
        else:
            screen.chat_app.copy(data.decode().rstrip("\n"), "Thread")

    if screen.conversation.thread.messages:
        screen.chat_app.input.run(copy())


_NO_CODE = "There is no code block in this thread."

FLOWS: dict[str, Callable[[ChatScreen], None]] = {
    "select_blocks": select_blocks,
    "copy_code": _on_last("copy", "code", _NO_CODE),
    "code_to_file": _on_last("write", "code", _NO_CODE),
    "code_to_editor": _on_last("edit", "code", _NO_CODE),
    "copy_table_tsv": _on_last("copy_tsv", "table_open", "There is no table in this thread."),
    "copy_link": copy_link,
    "copy_thread": copy_thread,
}
"""What does these commands, by id."""
