"""`chat-tui threads`: what is kept, listed, found, shown, exported, imported and renamed."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from dataclasses import asdict
from typing import Any

from chat_tui.cli.commands.exchange import export_thread, import_threads
from chat_tui.cli.commands.trash import delete, restore, salvage, trash
from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.domain.conversation.draft import images_of
from chat_tui.domain.conversation.message import Message, Role, Status, tool_call_text
from chat_tui.domain.conversation.thread import Thread, ThreadSummary
from chat_tui.domain.errors import UsageError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.search.query import moment
from chat_tui.domain.search.results import ThreadHit
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.session.history import ThreadHistory
from chat_tui.storage.threads.codec import thread_to_json

_INCOMPLETE = tr("Could not write the search index: titles and tags were searched, but not every text.")
_BEFORE_HIT, _HIT_LINE = 30, 100
"""Characters of a snippet's line before the match, and in all."""


def run(args: Namespace, container: Container, out: Output) -> int:
    """Does one of the actions; damaged files are reported on standard error.

    Raises:
        StorageError: a thread is not there, or a file can't be read or written.
        UsageError: a title is empty, or a file that is named is not there, or is and should not be.
    """
    actions = {
        "list": _list,
        "show": _show,
        "search": _search,
        "export": export_thread,
        "import": import_threads,
        "rename": _rename,
        "delete": delete,
        "restore": restore,
        "trash": trash,
        "salvage": salvage,
    }
    try:
        return asyncio.run(actions[args.action](args, container, out))
    finally:
        for line in container.store.broken():
            out.problem(line)


async def _list(args: Namespace, container: Container, out: Output) -> int:
    query = _query(args)
    limit = args.limit or sys.maxsize
    if query:
        found = await container.store.search(query, limit, wait=True)
        threads = [each.summary for each in found.hits]
        if not found.complete:
            out.problem(_INCOMPLETE)
    else:
        threads = await container.store.recent(limit)
    if args.json:
        rows: list[Any] = [asdict(each) for each in threads]
        out.json([row | {"tags": list(row["tags"])} for row in rows])
        return 0
    for each in threads:
        out.line(_row(each))
    if not threads:
        out.note(tr("No matching threads.") if query else tr("No threads yet."))
    return 0


def _query(args: Namespace) -> str:
    """The words and filters of the arguments, as a person types them in the finder."""
    dates = [(name, getattr(args, name)) for name in ("after", "before") if getattr(args, name) is not None]
    for name, date in dates:
        if not moment(date):
            raise UsageError(
                tr("--{option} takes a date: 2026-11-25, 2026-11 or 2026, not {date!r}.", option=name, date=date)
            )
    named = [*(("model", each) for each in args.model), *(("tag", each) for each in args.tag), *dates]
    quoted = ['{}:"{}"'.format(name, value.replace('"', " ")) for name, value in named]
    marks = [f"is:{name}" for name in ("pinned", "archived") if getattr(args, name)]
    return " ".join([*marks, *quoted, *args.query])


def _row(summary: ThreadSummary) -> str:
    when = summary.updated[:16].replace("T", " ")
    mark = "*" if summary.pinned else " "
    title = summary.title or tr("(untitled)")
    return clean(f"{summary.id}  {when:16} {mark}{summary.message_count:4}  {title}", multiline=False)


async def _search(args: Namespace, container: Container, out: Output) -> int:
    found = await container.store.search(" ".join(args.query), args.limit, wait=True)
    if args.json:
        out.json([_hit_json(each) for each in found.hits])
    else:
        for each in found.hits:
            out.line(_hit_row(each))
    if not found.hits:
        out.note(tr("No matching threads."))
    if not found.complete:
        out.problem(_INCOMPLETE)
    return 0


def _hit_json(hit: ThreadHit) -> JsonObject:
    it = hit.summary
    return {
        "id": it.id,
        "title": it.title,
        "updated": it.updated,
        "message": hit.message_id,
        "snippet": hit.snippet,
        "hits": hit.messages,
    }


def _hit_row(hit: ThreadHit) -> str:
    it = hit.summary
    row = f"{it.id}  {it.updated[:16].replace('T', ' '):16}  {it.title or '(untitled)'}"
    row = clean(row + " (archived)" * it.archived, multiline=False)
    start = max(0, hit.ranges[0][0] - _BEFORE_HIT) if hit.ranges else 0
    part = " ".join(hit.snippet[start : start + _HIT_LINE].split())
    return f"{row}\n    {'…' * (start > 0)}{part}" if part else row


async def _show(args: Namespace, container: Container, out: Output) -> int:
    thread = await container.store.load(await container.store.resolve(args.id))
    if args.json:
        out.json(thread_to_json(thread))
    else:
        out.line(_readable(thread), raw=args.raw)
    return 0


def _readable(thread: Thread) -> str:
    """The shown branch as text: a heading for each turn."""
    blocks = [f"# {clean(thread.display_title, multiline=False)}"]
    if thread.system_prompt:
        blocks.append(f"## system\n\n{thread.system_prompt}")
    blocks += [_turn(each) for each in thread.branch()]
    if thread.draft.strip():
        blocks.append(f"## draft\n\n{thread.draft}")
    return "\n\n".join(blocks)


def _turn(message: Message) -> str:
    who = message.model or "assistant" if message.role is Role.ASSISTANT else str(message.role)
    if (run := message.tool_run) is not None:
        who = f"tool {run.server + ':' if run.server else ''}{run.name} · {run.state}"
    who += f" → {other}" if (other := message.substitute()) else ""
    ended = f" ({message.status})" if message.status not in (None, Status.COMPLETE) else ""
    lines = [f"## {clean(who, multiline=False)}{ended}"]
    if message.content:
        lines.append(message.content)
    lines += [f"[image: {each.name}]" for each in images_of(message)]
    for call in message.tool_calls:
        name, arguments = tool_call_text(call)
        lines.append(f"[tool call: {name}({arguments})]")
    if sources := message.cited():
        lines.append("\n".join(f"[{at}] {each.title} {each.url}" for at, each in enumerate(sources, 1)))
    if message.error:
        lines.append(f"[{message.error.message} {message.error.advice}".strip() + "]")
    return "\n\n".join(lines)


async def _rename(args: Namespace, container: Container, out: Output) -> int:
    title = clean(" ".join(args.title), multiline=False).strip()
    if not title:
        raise UsageError(tr("The title is empty."))
    thread_id = await container.store.resolve(args.id)
    await ThreadHistory(container.store, container.undo).change(thread_id, title=title)
    out.note(tr("{thread} renamed to {title}", thread=thread_id, title=title))
    return 0
