"""`chat-tui threads export` and `import`: threads on their way out of the program and in."""

from __future__ import annotations

from argparse import Namespace

from chat_tui.cli.output import Output
from chat_tui.cli.wiring import World
from chat_tui.domain.errors import UsageError
from chat_tui.domain.exchange import ExportFormat
from chat_tui.domain.ports import Progress

DONE, NOTHING_READ, USAGE = 0, 1, 2


async def export_thread(args: Namespace, world: World, out: Output) -> int:
    """Writes a thread to a new file, or to standard output.

    Raises:
        UsageError: the file is there already.
        StorageError: there is no such thread, or the file can't be written.
    """
    if not args.id.strip():
        raise UsageError("The id is empty.")
    thread = await world.store.load(await world.store.resolve(args.id))
    to = ExportFormat(args.to)
    if args.output is None:
        text = (await world.exchange.export(thread, to)).decode()
        out.line(text.removesuffix("\n"))
    else:
        path = await world.exchange.export_file(thread, args.output, to)
        out.note(f"{thread.id} is in {path}")
    return DONE


async def import_threads(args: Namespace, world: World, out: Output) -> int:
    """Reads files; prints the id and title of each thread that is new, and says on standard error what is not."""
    kept, wrong = 0, False
    for name in args.file:
        out.progress(Progress(f"Reading {name}"))
        try:
            report = await world.exchange.import_file(name)
        except UsageError as error:
            out.problem(str(error))
            wrong = True
            continue
        for each in report.imported:
            out.line(f"{each.id}  {each.title}")
        for line in report.problems:
            out.problem(line)
        out.note(f"{name}: {len(report.imported)} imported, {len(report.present)} already there")
        kept += len(report.imported) + len(report.present)
    return USAGE if wrong else DONE if kept else NOTHING_READ
