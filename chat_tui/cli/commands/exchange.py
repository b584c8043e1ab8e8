"""`chat-tui threads export` and `import`: threads on their way out of the program and in."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.cli.standard_input import NAME, is_pipe, is_standard_input, read_input, read_pipe
from chat_tui.domain.errors import UsageError
from chat_tui.domain.ports.backend import Progress
from chat_tui.domain.ports.files import ExportFormat, ImportReport
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import READ_LIMIT, in_words

DONE, NOTHING_READ, USAGE = 0, 1, 2
FAILED = 1
_DATA = (ExportFormat.JSON, ExportFormat.JSON_LINES, ExportFormat.OPENAI)
_STANDARD_OUTPUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


async def export_thread(args: Namespace, container: Container, out: Output) -> int:
    """Writes a thread to a new file, a pipe, or standard output, where it is cleaned, or escaped if it is JSON.

    Raises:
        UsageError: the file is there already.
        StorageError: there is no such thread, or the file can't be written.
    """
    if args.all:
        return await _export_all(args, container, out)
    if args.id is None:
        raise UsageError(tr("Give a thread id, or --all."))
    if not args.id.strip():
        raise UsageError(tr("The id is empty."))
    thread = await container.store.load(await container.store.resolve(args.id))
    to = ExportFormat(args.to)
    if args.output is None or args.output in _STANDARD_OUTPUT:
        text = (await container.exchange.export(thread, to)).decode().removesuffix("\n")
        if to in _DATA:
            out.json_text(text)
        else:
            out.line(text)
    elif is_pipe(args.output):
        data = await container.exchange.export(thread, to)
        await asyncio.to_thread(_write_pipe, Path(args.output), data)
    else:
        path = await container.exchange.export_file(thread, args.output, to)
        if path.suffix and path.suffix.lower() != f".{to.suffix}":
            out.note(tr("The format is {format}, regardless of the file name: choose another with --to.", format=to))
        out.note(tr("{thread} is in {path}", thread=thread.id, path=path))
    return DONE


async def _export_all(args: Namespace, container: Container, out: Output) -> int:
    """Brings a folder of exports up to date; with lines, writes all threads to standard output."""
    to, exchange = ExportFormat(args.to), container.exchange
    if args.id is not None:
        raise UsageError(tr("Give a thread id or --all, not both."))
    if args.output in _STANDARD_OUTPUT and to in (ExportFormat.JSON_LINES, ExportFormat.OPENAI):
        for thread_id in await container.store.ids():
            thread = await container.store.load(thread_id)
            out.json_text((await exchange.export(thread, to)).decode().removesuffix("\n"))
        return DONE
    if args.output is None or args.output in _STANDARD_OUTPUT:
        raise UsageError(tr("--all needs a folder: -o FOLDER. Only jsonl and openai go to standard output."))
    report = await exchange.export_all(args.output, to, out.progress if out.notes_on_terminal else None)
    for line in report.problems:
        out.problem(line)
    out.note(
        tr(
            "{folder}: {written:,} written, {current:,} unchanged",
            folder=args.output,
            written=report.written,
            current=report.current,
        )
    )
    return FAILED if report.problems else DONE


async def import_threads(args: Namespace, container: Container, out: Output) -> int:
    """Reads files; prints the id and title of each thread that is new or grew, and says on standard error what did not.

    Stopped in the midst of it, what came over stays; the same command takes the rest.
    """
    kept, wrong = 0, False
    for name in args.file:
        shown = NAME if is_standard_input(name) else name
        out.progress(Progress(tr("Reading {file}", file=shown)))
        try:
            if is_standard_input(name) or is_pipe(name):
                report = await _import_pipe(name, container, out, dry_run=args.dry_run)
            else:
                show = out.progress if out.notes_on_terminal else None
                report = await container.exchange.import_file(name, show, dry_run=args.dry_run)
        except UsageError as error:
            out.problem(str(error))
            wrong = True
            continue
        except asyncio.CancelledError:
            out.note(tr("Stopped. Imported threads are kept; run the command again to import the rest."))
            raise
        for each in (*report.imported, *report.grown):
            out.line(f"{each.id}  {each.title}")
        for prompt in report.prompts:
            out.note(tr("System prompt saved: {prompt}", prompt=prompt))
        for line in report.problems:
            out.problem(line)
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in report.kinds.items())
        facts = [report.counts(), *([report.new_messages(), kinds] if report.count else [])]
        text = " · ".join(facts)
        out.note(f"{shown}: {tr('would be: {counts}', counts=text) if args.dry_run else text}")
        kept += report.count
    return USAGE if wrong else DONE if kept else NOTHING_READ


async def _import_pipe(name: str, container: Container, out: Output, *, dry_run: bool) -> ImportReport:
    """Imports what comes through a pipe. An archive or a database is read here and there, so it is made a file first.

    Raises:
        UsageError: it is closed or too large.
        StorageError: it can't be read, or there is no room for it.
    """
    is_input = is_standard_input(name)
    data = read_input(lambda _: READ_LIMIT, out) if is_input else read_pipe(name, lambda _: READ_LIMIT, out)
    try:
        with TemporaryDirectory(prefix="chat-tui-") as folder:  # readable by the user alone
            file = Path(folder) / ("stdin" if is_input else "pipe")
            await asyncio.to_thread(file.write_bytes, data)
            return await container.exchange.import_file(str(file), dry_run=dry_run)
    except OSError as error:
        raise in_words(error, "write", Path(error.filename or gettempdir())) from error


def _write_pipe(path: Path, data: bytes) -> None:
    try:
        with path.open("wb") as stream:
            stream.write(data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise in_words(error, "write", path) from error
