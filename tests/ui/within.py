"""Ways to every place within the app where keys work: dialogs, lists, bars."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widgets import OptionList

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.settings import PromptTemplate
from chat_tui.domain.tools import Tool
from chat_tui.session.several import ModelAnswer, SeveralAnswers
from chat_tui.session.tool_calls import PendingCall
from chat_tui.storage.settings.prompt_library import FilePrompts
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat.actions.view import open_link
from chat_tui.ui.chat.bars.approval_bar import ApprovalBar
from chat_tui.ui.chat.bars.find_bar import FindBar
from chat_tui.ui.chat.sidebar.thread_list import ThreadList
from chat_tui.ui.commands import command as places
from chat_tui.ui.commands.dialog_table import INNER_COMMANDS
from chat_tui.ui.commands.table import active
from chat_tui.ui.dialogs.messages.aside import CloseAside
from chat_tui.ui.dialogs.messages.blocks import ExcerptPicker
from chat_tui.ui.dialogs.messages.diff import Diff
from chat_tui.ui.dialogs.messages.output import FileDiff
from chat_tui.ui.dialogs.models.api_key import AskKey
from chat_tui.ui.dialogs.over_budget import OverBudget
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.dialogs.prompts.system_prompt import SystemPromptEditor
from chat_tui.ui.dialogs.threads.temporary import LeaveTemporary
from chat_tui.ui.dialogs.tools.arguments import EditArguments
from chat_tui.ui.services import Start
from chat_tui.ui.transcript.extract import Excerpt, TableExcerpt
from chat_tui.ui.widgets.bars import KeyBar
from tests.storage.conftest import a_thread
from tests.ui.conftest import Home, until

Opener = Callable[[ChatApp, Pilot[None]], Awaitable[None]]
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |"


def by_key(*keys: str) -> Opener:
    async def opens(app: ChatApp, pilot: Pilot[None]) -> None:
        await pilot.press(*keys)

    return opens


def by_flow(command: str) -> Opener:
    async def opens(app: ChatApp, pilot: Pilot[None]) -> None:
        app.chat.action_flow(command)

    return opens


async def to_the_library(app: ChatApp, pilot: Pilot[None]) -> None:
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(app.screen, SystemPromptEditor))
    app.screen.query_one(OptionList).focus()


async def to_the_sidebar(app: ChatApp, pilot: Pilot[None]) -> None:
    await until(pilot, lambda: bool(app.chat.query(ThreadList)))
    app.chat.query_one(ThreadList).focus()


async def at_a_link(app: ChatApp, pilot: Pilot[None]) -> None:
    app.input.run(open_link(app.chat.context, "https://example.org/page"))


async def at_an_aside(app: ChatApp, pilot: Pilot[None]) -> None:
    app.push_screen(CloseAside(app))


async def on_the_way_out(app: ChatApp, pilot: Pilot[None]) -> None:
    app.push_screen(LeaveTemporary(app, 2))


async def at_a_key(app: ChatApp, pilot: Pilot[None]) -> None:
    app.push_screen(AskKey(app, app.services.settings.providers["openai"], app.services))


async def at_an_excerpt(app: ChatApp, pilot: Pilot[None]) -> None:
    app.push_screen(ExcerptPicker(app, Excerpt("text", TABLE, tables=(TableExcerpt(TABLE),))))


async def at_an_output(app: ChatApp, pilot: Pilot[None]) -> None:
    app.push_screen(FileDiff(app, "Changes", "-one\n+two"))


async def at_a_comparison(app: ChatApp, pilot: Pilot[None]) -> None:
    app.push_screen(Diff(app, app.painter, app.chat.view.messages[:2], (0, 1)))


async def at_answers(app: ChatApp, pilot: Pilot[None]) -> None:
    answer = app.chat.conversation.thread.branch()[-1]
    session, ref = app.chat.conversation.session, ModelRef("work", "model-a")
    several = SeveralAnswers(session, app.services.backend, [ref, ModelRef("work", "model-b")])
    several.answers = [ModelAnswer(each, answer) for each in several.models]
    app.chat.conversation.several = several
    app.chat.action_flow("answers")


async def at_a_budget(app: ChatApp, pilot: Pilot[None]) -> None:
    app.push_screen(OverBudget(app, "Today's budget of $2.00 is used up."))


async def at_an_approval(app: ChatApp, pilot: Pilot[None]) -> None:
    calls = app.chat.conversation.session.calls
    assert calls is not None
    calls.pending.append(PendingCall(Message("call", None, Role.TOOL), Tool("git", "log"), {"repo": "/x"}))
    app.chat.approvals.refresh()
    await until(pilot, lambda: app.chat.approvals.has_focus)
    app.chat.query_one(ApprovalBar)._shown_at = 0.0  # long ago: at first no key decides


async def at_arguments(app: ChatApp, pilot: Pilot[None]) -> None:
    app.push_screen(EditArguments(app, "log", {"repo": "/x"}))


async def in_the_chat(app: ChatApp, pilot: Pilot[None]) -> None:
    return


OPENERS: dict[str, Opener] = {
    places.SIDEBAR: to_the_sidebar,
    places.FIND_BAR: by_key("ctrl+f"),
    places.APP: in_the_chat,
    places.FINDER: by_key("ctrl+o"),
    places.MODELS: by_key("ctrl+l"),
    places.PARAMETERS: by_key("ctrl+t"),
    places.TREE: by_key("alt+t"),
    places.TRASH: by_flow("trash"),
    places.PROMPT_HISTORY: by_flow("prompt_history"),
    places.LIST: by_flow("themes"),
    places.KEY: at_a_key,
    places.EXPORT: by_flow("export_thread"),
    places.LINE: by_flow("rename_thread"),
    places.LIBRARY: to_the_library,
    places.SYSTEM_PROMPT: by_key("ctrl+s"),
    places.EDIT: by_key("up", "e"),
    places.TEXT: by_key("up", "e"),
    places.REQUEST: by_flow("request"),
    places.BLOCKS: by_key("up", "v"),
    places.EXCERPT: at_an_excerpt,
    places.OUTPUT: at_an_output,
    places.LINK: at_a_link,
    places.LEAVING: on_the_way_out,
    places.CLOSING: at_an_aside,
    places.QUESTION: by_flow("compact"),
    places.APPROVAL: at_an_approval,
    places.ARGUMENTS: at_arguments,
    places.TOOLS: by_flow("tools"),
    places.COMPARE: at_a_comparison,
    places.USAGE: by_flow("usage"),
    places.BUDGET: at_a_budget,
    places.ANSWERS: at_answers,
    places.READING: by_key("up", "question_mark"),
    places.HELP: by_key("f1"),
    places.DIALOG: by_key("f1"),
}
"""A way to each place within."""
DIALOGS = [
    place for place in OPENERS if places.DIALOG in places.around(place) and place not in (places.DIALOG, places.TEXT)
]
PARTS = 3
"""Walks that all places are shared among, each within one run of the app."""


@asynccontextmanager
async def at(
    home: Home, scope: str, keys: str = "", thread: Thread | None = None
) -> AsyncIterator[tuple[ChatApp, Pilot[None]]]:
    """The app at a place, a saved thread behind it."""
    async with with_a_thread(home, keys, thread) as (app, pilot):
        await go_to(app, pilot, scope)
        yield app, pilot


@asynccontextmanager
async def with_a_thread(
    home: Home, keys: str = "", thread: Thread | None = None
) -> AsyncIterator[tuple[ChatApp, Pilot[None]]]:
    """The app in a saved thread, from where `go_to` goes to any place."""
    home.use_server("http://127.0.0.1:9", f"[keys]\n{keys}")
    await FilePrompts(home.paths).save(PromptTemplate("terse", "Be terse."))
    thread = thread or a_thread("question", f"See below.\n\n{TABLE}", title="A thread")
    await FileThreadStore(home.paths).save(thread)
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await until(pilot, lambda: len(app.chat.conversation.thread.messages) == len(thread.messages))
        yield app, pilot


async def go_to(app: ChatApp, pilot: Pilot[None], scope: str) -> None:
    """Opens a place from the prompt."""
    await OPENERS[scope](app, pilot)
    first = next(each.id for each in INNER_COMMANDS if each.scope == scope)
    await until(pilot, lambda: scope == places.APP or first in active(app.screen))
    if isinstance(app.screen, Picker):
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count > 0)


async def leave(app: ChatApp, pilot: Pilot[None]) -> None:
    """Goes back to the empty prompt from any place."""
    while app.screen is not app.chat:
        app.screen.dismiss(None)
        await app.input.drain()
    if (calls := app.chat.conversation.session.calls) is not None:
        calls.pending.clear()
        app.chat.approvals.refresh()
    for bar in app.chat.query(FindBar):
        await bar.remove()
    app.chat.view.action_deselect()
    app.chat.prompt.focus()
    await until(pilot, lambda: app.chat.prompt.has_focus)


def hints(app: ChatApp) -> dict[str, str]:
    """The words at the bottom edge, and their keys."""
    return {word: key for key, word in app.screen.query_one(KeyBar).keys}
