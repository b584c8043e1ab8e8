"""Reads lines, runs the commands in them and sends the others, until the user leaves."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from chat_tui import __version__
from chat_tui.cli.choose import choose_model
from chat_tui.cli.plain.chat import PlainChat
from chat_tui.cli.plain.commands import table
from chat_tui.cli.plain.commands.answers import send
from chat_tui.cli.plain.commands.command import called
from chat_tui.cli.plain.commands.files import with_attachments
from chat_tui.cli.plain.commands.messages import print_last
from chat_tui.cli.plain.commands.request import use_saved_prompt
from chat_tui.cli.plain.commands.threads import say_draft, say_thread
from chat_tui.cli.plain.connect import connect, is_first_start
from chat_tui.cli.plain.lines import Interrupted, LineServer
from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.errors import ProviderError, StorageError, UsageError
from chat_tui.domain.ports.threads import News
from chat_tui.domain.ports.tools import ToolError
from chat_tui.i18n import sentences, tr

PROMPT, MORE = tr("You: "), "... "


class Repl:
    """Runs plain mode."""

    def __init__(self, chat: PlainChat, lines: LineServer, args: Namespace) -> None:
        """Reads nothing yet.

        Args:
            chat: what commands work with.
            lines: what is typed.
            args: of the command line.
        """
        self._chat = chat
        self._lines = lines
        self._args = args

    async def run(self) -> None:
        """Runs until the user leaves or input ends; then everything is saved.

        Raises:
            UsageError: an argument names what there is not, or a line is too long.
            StorageError: the thread to be resumed can't be read, or something can't be saved.
        """
        chat = self._chat
        try:
            await self._start()
            while not chat.is_leaving and chat.page.failure is None:
                for notice in chat.notices:
                    chat.say(notice)
                chat.notices.clear()
                try:
                    line = await self._lines.ask(MORE if self._goes_on else PROMPT)
                except Interrupted:
                    self._clear()
                    continue
                if line is None:
                    break
                await self._guarded(self._handle(line))
        finally:
            await chat.close()

    async def _start(self) -> None:
        chat, args, container = self._chat, self._args, self._chat.container
        chat.begin(is_temporary=args.temporary)
        for problem in container.settings.problems:
            chat.say(tr("Configuration: {problem}", problem=problem))
        if args.resume is not None:
            await chat.open(await container.store.resolve(args.resume))
        if args.model is not None:
            known = container.backend.known_models()
            chat.session.set_model(choose_model(args.model, container.settings.providers, known, container.keys.has))
        chat.say(tr("chat-tui {version}. /help lists the commands.", version=__version__))
        if args.prompt is not None:
            await self._guarded(use_saved_prompt(chat, args.prompt))
        if args.system is not None:
            chat.session.set_system_prompt(args.system)
        if await is_first_start(chat):
            await self._guarded(connect(chat))
        say_thread(chat)
        print_last(chat)
        say_draft(chat)

    @property
    def _goes_on(self) -> bool:
        """Whether the next line continues what is written."""
        pieces = self._chat.written.pieces
        return bool(pieces) and isinstance(last := pieces[-1], str) and last.endswith("\n")

    def _clear(self) -> None:
        """Discards what is written, as the user pressed ctrl+c."""
        chat = self._chat
        chat.page.say("")
        if not chat.written.is_blank:
            chat.say(tr("Cleared."))
            chat.written = Draft()
            chat.note_draft()

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a command; ctrl+c cancels it, and what can't be done is said."""
        chat = self._chat
        chat.running = running = asyncio.create_task(work)
        try:
            await running
        except asyncio.CancelledError:
            if (me := asyncio.current_task()) is not None and me.cancelling():
                raise
            chat.say(tr("Cancelled."))
        except Interrupted:
            chat.page.say("")
            chat.say(tr("Cancelled."))
        except (UsageError, StorageError, ProviderError, ToolError) as error:
            chat.say(str(error))
        finally:
            chat.running = None

    async def _handle(self, line: str) -> None:
        """Runs a command, or sends what was typed."""
        chat = self._chat
        await self._sync()
        if not self._goes_on and "\n" not in line and (call := called(line)) is not None:
            await self._command(*call)
            return
        is_paste, text = "\n" in line, line
        if not is_paste and text.endswith("\\"):
            await self._write(text[:-1].rstrip() + "\n")
        elif is_paste:
            await self._write(text + "\n")
            chat.say(tr("{n} lines pasted. Enter sends them, ctrl+c clears them.", n=text.count(chr(10)) + 1))
        elif text.strip() or self._goes_on:
            await self._write(text)
            if not chat.written.is_blank:
                await send(chat, _trimmed(chat.written))

    async def _write(self, text: str) -> None:
        """Adds a text to what is written, with the files that it names."""
        chat = self._chat
        new = await with_attachments(chat, text)
        chat.written = Draft((*chat.written.pieces, *new.pieces))
        if chat.written.attachments and isinstance(new.pieces[:1] and new.pieces[0], str) and not self._goes_on:
            chat.written = _separated(chat.written, len(new.pieces))
        chat.note_draft()

    async def _command(self, name: str, argument: str) -> None:
        chat = self._chat
        if ":" in name:
            await self._server_prompt(name)
            return
        command = table.command_named(name)
        if command is None:
            raise UsageError(
                sentences(
                    tr("No command /{name}.", name=name),
                    table.nearest(name),
                    tr("With a blank before it, it is sent as text."),
                )
            )
        await command.run(chat, argument)

    async def _server_prompt(self, name: str) -> None:
        """Puts the prompt of a tool server into the draft, once its variables have values."""
        chat, toolbox = self._chat, self._chat.container.tools.toolbox
        server, _, prompt_name = name.partition(":")
        if server not in {each.partition(":")[0] for each in chat.thread.tools}:
            raise UsageError(tr("The thread offers no tool server named {server}.", server=server))
        await toolbox.offered([server])
        prompt = next(
            (each for each in await toolbox.prompts() if (each.server, each.name) == (server, prompt_name)), None
        )
        if prompt is None:
            raise UsageError(
                tr(
                    "{server} has no prompt named {name}. /server-texts lists them.",
                    server=server,
                    name=prompt_name,
                )
            )
        values = {each: value for each in prompt.arguments if (value := await chat.ask(f"{each}: "))}
        chat.restore(Draft.of(await toolbox.prompt(server, prompt_name, values)))
        say_draft(chat)

    async def _sync(self) -> None:
        """Takes in what other programs wrote into the thread."""
        chat = self._chat
        with suppress(StorageError):
            if await chat.conversations.sync_from_disk(chat.conversation) is News.MORE:
                chat.say(tr("This thread was changed by another program. /messages lists its messages."))


def _trimmed(draft: Draft) -> Draft:
    """A draft without the line break that said that it goes on."""
    *pieces, last = draft.pieces
    return Draft((*pieces, *([last.rstrip("\n")] if isinstance(last, str) else [last])))


def _separated(draft: Draft, count: int) -> Draft:
    """A draft with a line break before its last pieces, which were typed behind an attachment."""
    before, new = draft.pieces[:-count], draft.pieces[-count:]
    if before and not isinstance(before[-1], str):
        before = (*before, "\n")
    return Draft((*before, *new))
