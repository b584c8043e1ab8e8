"""What requests cost, in the app: noted, shown, warned of, and asked about before they go over a budget."""

from __future__ import annotations

import sqlite3
from datetime import date

import pytest
from textual.pilot import Pilot

from chat_tui.domain.usage.ledger import Grouping, UsageSum
from chat_tui.storage.files import database
from chat_tui.ui.app import ChatApp
from chat_tui.ui.dialogs.over_budget import OverBudget
from chat_tui.ui.dialogs.usage import DayBar, UsageView, days_until, draw_bars, joined, table
from tests.servers import Reply, ScriptedServer, delta, sse
from tests.ui.conftest import Home, screen_text, until

USAGE = {"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}}
FACTS = "[providers.work.facts.model-a]\nprice_in = 1000\nprice_out = 1000\ncontext_window = 9999\n"


def costing() -> Reply:
    """An answer that costs $1.10."""
    return Reply([sse(delta("Hello", role="assistant"), delta(finish="stop"), USAGE)])


async def send(app: ChatApp, pilot: Pilot[None], text: str = "Hi") -> None:
    """Sends a prompt and waits for its answer."""
    count = len(app.chat.conversation.thread.messages)
    await pilot.press(*text, "enter")
    await until(pilot, lambda: len(app.chat.conversation.thread.messages) == count + 2 and not app.conversations.busy())


async def requests(app: ChatApp) -> int:
    sums = await app.services.ledger.sums(Grouping.PROVIDER)
    return sum(each.requests for each in sums or [])


async def test_an_answer_is_noted_and_shown_by_day_and_by_model(home: Home) -> None:
    async with ScriptedServer(costing()) as server:
        home.use_server(server.url, FACTS)
        async with home.run(size=(100, 30)) as (app, pilot):
            await send(app, pilot)
            await pilot.press("ctrl+r")
            await until(pilot, lambda: len(server.requests) == 2 and not app.conversations.busy())
            app.chat.action_flow("usage")
            await until(pilot, lambda: "$2.20 · 2 requests · 2k tokens in · 200 out" in screen_text(app))
            assert f"{date.today()}" in screen_text(app)
            assert "cost in USD · last 30 days" in screen_text(app)
            await pilot.press("tab")
            await until(pilot, lambda: "work/model-a" in screen_text(app))
            await pilot.press("left", "c")
            await until(pilot, lambda: "Usage · tokens · last 7 days" in screen_text(app))
            await pilot.press("escape")
            assert app.screen is app.chat


async def test_a_request_over_the_budget_is_asked_about_and_the_prompt_stays(home: Home) -> None:
    async with ScriptedServer(costing()) as server:
        home.use_server(server.url, FACTS + "[budget]\nday = 1.2\n")
        async with home.run() as (app, pilot):
            await send(app, pilot)
            await until(pilot, lambda: "budget used" in screen_text(app))
            for key in ("ctrl+r", "enter"):
                await pilot.press(*"again", key)
                await until(pilot, lambda: isinstance(app.screen, OverBudget))
                assert "Today's budget is $1.20: $1.10 spent, and this request" in screen_text(app)
                await pilot.press("y", "enter", "escape")
                assert app.screen is app.chat
                assert app.chat.prompt.text == "again"
                await pilot.press(*["backspace"] * 5)
            assert len(server.requests) == 1
            await pilot.press(*"again", "enter", "ctrl+s")
            await until(pilot, lambda: len(server.requests) == 2 and not app.conversations.busy())
            assert app.chat.prompt.text == ""
            assert await requests(app) == 2


async def test_titles_summaries_and_corrections_are_requests_too(home: Home) -> None:
    titles = '[titles]\nmodel = "work/model-a"\n'
    async with ScriptedServer(costing()) as server:
        home.use_server(server.url, FACTS + "[budget]\nday = 1.0\n" + titles)
        async with home.run() as (app, pilot):
            await send(app, pilot)
            await until(pilot, lambda: "No title: Today's budget of $1.00 is used up" in screen_text(app))
            app.chat.view.messages[-1].parameters = {"response_format": {"type": "json_object"}}
            for action in ("title", "compact", "ask_again"):
                app.chat.action_flow(action)
                await until(pilot, lambda: isinstance(app.screen, OverBudget))
                await pilot.press("escape")
                assert app.screen is app.chat
        assert len(server.requests) == 1


async def test_within_the_budget_nothing_is_asked(home: Home) -> None:
    async with ScriptedServer(costing()) as server:
        home.use_server(server.url, FACTS + "[budget]\nday = 100\n[budget.CNY]\nday = 0.01\n")
        async with home.run() as (app, pilot):
            await send(app, pilot)
            await send(app, pilot)
            assert "budget" not in screen_text(app).lower()
        assert len(server.requests) == 2


async def test_a_lock_that_is_held_for_long_holds_no_key(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.6)
    async with ScriptedServer(costing()) as server:
        home.use_server(server.url, FACTS + "[budget]\nday = 100\n")
        async with home.run() as (app, pilot):
            await send(app, pilot)
            other = sqlite3.connect(home.paths.cache / "usage.sqlite3")
            other.execute("BEGIN EXCLUSIVE")
            await pilot.press(*"one", "enter", *" two", "enter", "enter")
            assert app.chat.prompt.text == "one two"
            assert not isinstance(app.screen, OverBudget)
            await until(pilot, lambda: isinstance(app.screen, OverBudget))
            assert "the budget can't be checked" in screen_text(app)
            await pilot.press("escape")
            assert (app.screen is app.chat, app.chat.prompt.text) == (True, "one two")
            other.rollback()
            other.close()
            await send(app, pilot, "")
        assert len(server.requests) == 2


async def test_the_usage_fits_a_small_window_and_says_that_there_is_none(home: Home) -> None:
    home.use_server("http://127.0.0.1:9", "[budget]\nday = 2\nmonth = 30\n")
    async with home.run(size=(60, 20)) as (app, pilot):
        app.chat.action_flow("usage")
        await until(pilot, lambda: "No requests in this time." in screen_text(app))
        assert isinstance(app.screen, UsageView)
        assert "Budget: today $0 of $2.00 · this month $0 of $30.00" in screen_text(app)
        assert "esc close" in screen_text(app)


# Drawing


def bars(*values: float) -> list[DayBar]:
    """A bar a day, the last one of 25 November."""
    by_day = {f"2026-11-{25 - at:02}": each for at, each in enumerate(values[::-1])}
    return days_until(date(2026, 11, 25), len(values), by_day)


def drawn(values: list[DayBar], width: int, rows: int = 2, limit: float | None = None) -> list[str]:
    return draw_bars(values, width, rows, lambda value: f"{value:g}", limit).plain.split("\n")


def test_a_bar_is_as_high_as_its_value_in_eighths() -> None:
    top, bottom, axis = drawn(bars(0, 1, 8, 16), 15)
    assert (top[7:], bottom[7:]) == ("      ██", "  ▁▁████")
    assert (top[:7], bottom[:7]) == ("    16 ", "     0 ")
    assert axis == "       22 Nov"


def test_a_value_that_is_small_is_seen_and_none_is_not() -> None:
    assert drawn(bars(1, 0, 1000), 10)[1][7:] == "▁ █"


def test_days_that_have_no_room_share_a_bar_and_none_is_lost() -> None:
    days = bars(*range(1, 26))
    shared = joined(days, 17, lambda value: f"{value:g}")
    assert len(shared) <= 10
    assert sum(each.value for each in shared) == sum(range(1, 26))
    assert (shared[-1].last, shared[0].first) == (days[-1].last, days[0].first)
    assert (shared[-1].last - shared[-1].first).days == 2
    assert max(map(len, drawn(shared, 17))) <= 17


@pytest.mark.parametrize("width", [20, 56, 80, 150])
def test_a_table_is_as_wide_as_it_may_be(width: int) -> None:
    row = UsageSum("雪", "雪山有多高，什么时候去最好" * 5, 1, 10, 5, 7, 2, costs={"USD": 1.5})
    lines = table([(row.label, row)], "thread", width)
    from rich.cells import cell_len

    assert {cell_len(each) for each in lines} == {max(width, 30)} or width == 20
    assert lines[1].endswith("$1.50")
    assert ("reasoning" in lines[0]) == (width >= 80)


def test_days_over_the_budget_are_marked() -> None:
    content = draw_bars(bars(1, 9, 20), 20, 1, str, limit=10)
    assert [str(each.style) for each in content.spans if str(each.style) != "$muted"] == [
        "$accent",
        "$warning",
        "$error",
    ]
