"""Commands that copy, write, read and attach: clipboard, code, export, import, attachments."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from chat_tui.cli.plain.chat import PlainChat
from chat_tui.cli.plain.commands.messages import chosen
from chat_tui.domain.conversation.draft import Attachment, Draft, mentions
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_LINK = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_ROW = re.compile(r"\s*\|.*\|\s*")
_RULE = re.compile(r"\s*\|[\s:|-]*-[\s:|-]*\|\s*")
_WORD = re.compile(r'(?<!\S)@([^\s"]+)')


# Copying


async def copy(chat: PlainChat, text: str, what: str) -> None:
    """Copies a text with the programs of the machine; without one, keeps it in a file. Sends the terminal nothing."""
    from chat_tui.ui.terminal.clipboard import deliver
    from chat_tui.ui.terminal.external import child_environment

    environ = child_environment(chat.container.settings) | {"TERM": "dumb"}
    copied = await deliver(clean(text), environ, lambda sequence: None, chat.container.texts.keep)
    chat.say(tr("{name}: {text}", name=what, text=copied.message))


async def copy_message(chat: PlainChat, argument: str) -> None:
    """Copies a message as it was written."""
    message, _ = chosen(chat, argument, lambda each: bool(each.content))
    await copy(chat, message.content.rstrip("\n"), tr("Message"))


async def copy_answer(chat: PlainChat, argument: str) -> None:
    """Copies the last answer."""
    message, _ = chosen(chat, "", lambda each: each.is_answer and bool(each.content))
    await copy(chat, message.content.rstrip("\n"), tr("Answer"))


async def copy_thread(chat: PlainChat, argument: str) -> None:
    """Copies the thread as Markdown."""
    from chat_tui.domain.ports.files import ExportFormat

    if not chat.thread.messages:
        raise UsageError(tr("This thread is empty."))
    data = await chat.container.exchange.export(chat.thread, ExportFormat.MARKDOWN)
    await copy(chat, data.decode().rstrip("\n"), tr("Thread"))


async def copy_link(chat: PlainChat, argument: str) -> None:
    """Lists the links of a message and copies the only one, or that of a number: `/copy-link MESSAGE LINK`."""
    message, rest = chosen(chat, argument, lambda each: bool(_LINK.search(each.content)))
    links = list(dict.fromkeys(each.rstrip(".,;:!?)]}'\"") for each in _LINK.findall(message.content)))
    links += [each.url for each in message.cited() if each.url not in links]
    if not links:
        raise UsageError(tr("No link in this message."))
    if len(links) > 1 and not rest.isdecimal():
        for number, each in enumerate(links, 1):
            chat.say(f"{number}. {each}")
        chat.say(tr("/copy-link {n} NUMBER copies one.", n=chat.thread.branch().index(message) + 1))
        return
    at = int(rest) - 1 if rest.isdecimal() else 0
    if not 0 <= at < len(links):
        raise UsageError(tr("This message has {n} links.", n=len(links)))
    await copy(chat, links[at], tr("Link"))


def code_blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of a text: the word behind the fence, and the code."""
    found: list[tuple[str, str]] = []
    fence, language, lines = "", "", list[str]()
    for line in text.split("\n"):
        mark = _FENCE.fullmatch(line)
        if not fence:
            if mark is not None and not (mark[1][0] == "`" and "`" in mark[2]):
                fence, language, lines = mark[1], (mark[2].split() or [""])[0], []
        elif mark is not None and mark[1].startswith(fence) and not mark[2].strip():
            found.append((language, "\n".join(lines)))
            fence = ""
        else:
            lines.append(line)
    if fence:
        found.append((language, "\n".join(lines)))
    return found


def _code(chat: PlainChat, argument: str) -> tuple[str, str, str]:
    """A code block: its language, its text, and the rest of the argument, which begins with its numbers."""
    message, rest = chosen(chat, argument, lambda each: each.is_answer and bool(code_blocks(each.content)))
    blocks = code_blocks(message.content)
    first, _, more = rest.partition(" ")
    number = int(first) if argument[:1].isdecimal() and first.isdecimal() else len(blocks)
    if not 0 < number <= len(blocks):
        raise UsageError(
            tr("This message has {n} code blocks.", n=len(blocks)) if blocks else tr("No code block in this message.")
        )
    return (*blocks[number - 1], more if number != len(blocks) or first.isdecimal() else rest)


async def copy_code(chat: PlainChat, argument: str) -> None:
    """Copies the last code block; with two numbers, a block of a message: `/copy-code MESSAGE BLOCK`."""
    await copy(chat, _code(chat, argument)[1], tr("Code"))


async def code_to_file(chat: PlainChat, argument: str) -> None:
    """Saves a code block to a new file; the numbers of the message and the block may stand before its name."""
    language, code, name = _code(chat, argument)
    if not name:
        raise UsageError(tr("Write a file's name: /code-to-file FILE"))
    path = await chat.container.texts.save(name, code + "\n", f"snippet.{language or 'txt'}")
    chat.say(tr("Saved: {path}", path=path))


async def code_to_editor(chat: PlainChat, argument: str) -> None:
    """Opens a copy of a code block in the editor."""
    import asyncio

    from chat_tui.ui.terminal.external import child_environment, view

    language, code, _ = _code(chat, argument)
    name = f"snippet.{re.sub(r'[^A-Za-z0-9]', '', language) or 'txt'}"
    await asyncio.to_thread(view, code, name, child_environment(chat.container.settings))


async def copy_table_tsv(chat: PlainChat, argument: str) -> None:
    """Copies the last table of a message as tab-separated values."""
    message, _ = chosen(chat, argument, lambda each: bool(_table(each)))
    if not (rows := _table(message)):
        raise UsageError(tr("No table in this message."))
    await copy(chat, "\n".join("\t".join(cells) for cells in rows), tr("Table"))


def _table(message: Message) -> list[list[str]]:
    """The cells of the last table whose rows begin and end with a bar."""
    tables: list[list[list[str]]] = [[]]
    for line in message.content.split("\n"):
        if not _ROW.fullmatch(line):
            tables.append([])
        elif not _RULE.fullmatch(line):
            cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
            tables[-1].append([each.replace("\\|", "|").strip() for each in cells])
    return next((each for each in reversed(tables) if len(each) > 1), [])


# Files


async def open_page(chat: PlainChat, argument: str) -> None:
    """Writes a message as a web page and opens it in the browser; without a browser, says where it is."""
    from chat_tui.ui.terminal.external import child_environment, has_browser
    from chat_tui.ui.terminal.external import open_page as open_file

    message, _ = chosen(chat, argument, lambda each: each.is_answer)
    path = await chat.container.exchange.message_page(chat.thread, message.id)
    environ = child_environment(chat.container.settings)
    chat.say(tr("Page saved: {path}", path=path))
    if has_browser(environ) and await chat.confirm(tr("Open it in the browser?")):
        open_file(path, environ)


async def export_thread(chat: PlainChat, argument: str) -> None:
    """Exports the thread to a new file; its suffix says as what: .md, .html, .json or .jsonl."""
    from chat_tui.domain.ports.files import ExportFormat

    proposed = chat.container.exchange.file_name(chat.thread, ExportFormat.MARKDOWN)
    name = argument or f"{datetime.now().astimezone():%Y-%m-%d}-{proposed}"
    chat.say(tr("Exported: {path}", path=await chat.container.exchange.export_file(chat.thread, name)))


async def import_threads(chat: PlainChat, argument: str) -> None:
    """Imports threads from a file, an archive, a database or a folder."""
    if not argument:
        raise UsageError(tr("Write what to import: /import-threads FILE"))
    report = await chat.container.exchange.import_file(argument, chat.out.progress)
    chat.say(f"{report.counts()}. {report.new_messages()}.")
    if report.prompts:
        chat.say(tr("System prompts saved: {names}", names=", ".join(report.prompts)))
    for each in report.problems:
        chat.say(tr("Not imported: {problem}", problem=each))


async def import_prompts(chat: PlainChat, argument: str) -> None:
    """Imports character cards, roles, templates and patterns as saved prompts."""
    if not argument:
        raise UsageError(tr("Write what to import: /import-prompts FILE"))
    report = await chat.container.exchange.import_prompts(argument)
    names = ", ".join(each.name for each in report.imported)
    chat.say(f"{report.counts()}{f': {names}' if names else ''}")
    for each in report.problems:
        chat.say(tr("Changed or left out: {problem}", problem=each))


async def save_elsewhere(chat: PlainChat, argument: str) -> None:
    """Saves threads in another folder while their own place can't be written."""
    if not argument:
        raise UsageError(tr("Write a folder: /save-elsewhere FOLDER"))
    path = _absolute(argument)
    chat.container.store.save_elsewhere(path)
    await chat.conversations.save_all()
    chat.say(
        tr("Threads are saved in {path} until the disk works again. To import them: chat-tui threads import", path=path)
    )


def _absolute(folder: str) -> Path:
    return Path(folder).expanduser().absolute()


# Attachments


async def attach(chat: PlainChat, argument: str) -> None:
    """Attaches a file, a web page, another thread (thread:ID) or a tool server's document to the draft."""
    if not argument:
        raise UsageError(tr("Write what to attach: /attach FILE"))
    attachment = await _document(chat, argument) or await chat.container.attachments.read(argument)
    chat.written = Draft((*chat.written.pieces, *("\n" for _ in chat.written.pieces[:1]), attachment))
    chat.note_draft()
    note = f", {attachment.note}" if attachment.note else ""
    chat.say(
        tr(
            "Attached: {name}, {size:,} bytes{note}. It is sent with the next prompt.",
            name=attachment.name,
            size=attachment.size,
            note=note,
        )
    )


async def _document(chat: PlainChat, name: str) -> Attachment | None:
    """The document of a tool server that the thread offers, named `server:address`."""
    server, _, uri = name.partition(":")
    if not uri or server not in {each.partition(":")[0] for each in chat.thread.tools}:
        return None
    from chat_tui.domain.text.fence import fenced

    text = await chat.container.tools.toolbox.resource(server, uri)
    return Attachment(name, "", len(text.encode()), block=fenced(text, f"text {name}"))


async def with_attachments(chat: PlainChat, text: str) -> Draft:
    """A typed text with the files in it that are named as `@path` or `@"path"`; what is no file stays text.

    Raises:
        StorageError: a file can't be attached.
    """
    found = [*mentions(text), *((*each.span(), each[1]) for each in _WORD.finditer(text))]
    draft, at = list[str | Attachment](), 0
    for start, end, name in sorted(found):
        if start >= at and (name.startswith("thread:") or await chat.container.attachments.exists(name)):
            try:
                attachment = await chat.container.attachments.read(name)
            except StorageError:
                if name.startswith("thread:"):  # a word like any other
                    continue
                raise
            draft += [text[at:start], attachment]
            at = end
    return Draft(tuple(each for each in [*draft, text[at:]] if each))
