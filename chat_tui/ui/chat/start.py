"""The start of the chat: the rows of an empty thread, and the prompt or thread of the command line."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import tr
from chat_tui.ui.chat.actions import model
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.request import use_saved_prompt
from chat_tui.ui.commands.table import shown
from chat_tui.ui.services import Services, Start
from chat_tui.ui.text import wording
from chat_tui.ui.text.sanitizer import cut

RECENT = 5
"""Threads that an empty one offers."""
_NAME = 12
"""Cells of a provider's name."""
MOST_WIDTH = 60
"""Cells of its widest row."""


def empty_rows(context: ActionContext) -> list[list[Segment]]:
    """The rows of an empty thread: the program and the model, the last threads or the providers, what can be done."""
    palette, settings = context.host.palette, context.services.settings
    accent, text, muted = (
        Style(color=colour, bgcolor=palette.background, bold=bold)
        for colour, bold in ((palette.accent, True), (palette.text, False), (palette.muted, False))
    )
    ref, size = context.session.model, context.view.size
    width, room = max(20, min(MOST_WIDTH, size.width - 4)), size.height - 7
    hints = [Segment("", muted)]
    for key, what in (
        (context.key("newline"), tr("new line")),
        ("/", tr("commands")),
        ("@", tr("files")),
        ("↑", tr("messages")),
    ):
        hints += [Segment(key, text), Segment(f" {what}   ", muted)]
    title = [Segment("chat-tui", accent)]
    keys = [shown(key) for key in context.host.bound.keys["open_recent"].split(",") if key]
    if choices := model.offered(context):
        about = [Segment(cut(tr("Connect a provider to start · what you type is kept"), width), text)]
        rows = []
        for key, provider in zip(keys, choices[: max(1, room - 1)], strict=False):
            note = wording.provider_note(provider, has_key=context.services.keys.has(provider))
            name = f"{cut(provider.name, _NAME):{_NAME}}  "
            rows.append([Segment(f"{key}  ", muted), Segment(name, text), Segment(note, muted)])
        key = f"{context.key('send'):{max(map(len, keys), default=0)}}"
        rows.append([Segment(tr("{key}  all {n}, or a server's address", key=key, n=len(choices)), muted)])
        return [_filled_up(row, width, muted) for row in (title, about, [], *rows, [], hints[:-2])]
    if ref is None:
        todo = tr("choose a model") if settings.welcomed else tr("connect a provider")
        about = [Segment(tr("No model"), text), Segment(f" · {context.key('send')} {todo}", muted)]
    else:
        provider_name = cut(f" · {settings.provider_name(ref.provider)}", width // 3)
        about = [Segment(cut(ref.id, width - cell_len(provider_name)), text), Segment(provider_name, muted)]
    threads = []
    others = [each for each in context.window.recent if each.id != context.thread.id]
    for key, thread in zip(keys, others[: min(RECENT, room)], strict=False):
        date = wording.short_date(thread.updated)
        name = cut(thread.title or tr("Untitled"), width - len(key) - len(date) - 4)
        gap = width - len(key) - cell_len(name) - len(date) - 2
        threads.append([Segment(f"{key}  ", muted), Segment(name, text), Segment(" " * gap + date, muted)])
    return [_filled_up(row, width, muted) for row in (title, about, [], hints, [], *threads)]


def _filled_up(row: list[Segment], width: int, style: Style) -> list[Segment]:
    """A row of the block's width, so that all begin in one column."""
    return Segment.adjust_line_length(row, width, style)


def has_start(start: Start) -> bool:
    """Whether `run_start` does something: keys wait for it."""
    return start != Start(model=start.model, temporary=start.temporary, terminal_modes=start.terminal_modes)


async def run_start(context: ActionContext, start: Start) -> None:
    """Runs the options of the command line, after the first frame."""
    before = context.session.model
    if start.resume is not None:
        await _resume(context, start.resume)
    session = context.session
    if start.prompt and (problem := await use_saved_prompt(context, start.prompt)):
        context.notify(problem, severity="warning")
    if start.system is not None:
        session.set_system_prompt(start.system)
    if start.model:
        session.set_model(ModelRef.parse(start.model))
    context.bars.refresh()
    if session.model != before:
        context.view.refresh_empty()


async def _resume(context: ActionContext, part: str) -> None:
    """Opens the thread whose id starts with a text; keys wait for it."""
    try:
        thread_id = await context.services.store.resolve(part)
    except StorageError as error:
        context.notify(str(error), title=tr("Not resumed"), severity="warning")
        return
    await context.threads.switch_to(thread_id)


def warm_up(services: Services) -> None:
    """Loads what the first key and the first turn need; meant for a thread."""
    import chat_tui.session.requests.reply_builder
    import chat_tui.ui.chat.actions.table
    import chat_tui.ui.transcript.turn
    import chat_tui.ui.view.diagrams
    import chat_tui.ui.view.pictures
    import chat_tui.ui.view.row_painter  # noqa: F401

    services.warm()


def warm_up_code() -> None:
    """Loads what the first block of code needs; meant for a thread."""
    from chat_tui.ui.transcript.code import warm

    warm()
