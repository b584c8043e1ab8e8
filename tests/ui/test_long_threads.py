"""Long threads on the screen: whatever is done with one takes time that is linear in its length."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat import presenter
from chat_tui.ui.chat.actions.tree import diff_versions
from chat_tui.ui.transcript.turn import RenderContext, Turn
from chat_tui.ui.view.stack import Stack
from tests.domain.test_long_threads import LINEAR, chain, comb, middle, versions
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_conversation import scene
from tests.work import growth

pytestmark = pytest.mark.each_frame


def begin(action: Coroutine[Any, Any, None]) -> None:
    """Runs an action to its end, or until it waits for the user."""
    with suppress(StopIteration):
        action.send(None)
    action.close()


ACTIONS: dict[str, Callable[[ChatApp, Thread], object]] = {
    "show": lambda app, thread: app.chat.threads.show_thread(),
    "show again": lambda app, thread: app.chat.threads.show_branch(stay=True),
    "go to a message": lambda app, thread: app.chat.threads.show_message(middle(thread).id),
    "select": lambda app, thread: app.chat.view.select(middle(thread).id),
    "version": lambda app, thread: app.chat.conversation.session.show_sibling(-1, middle(thread).id),
    "compare versions": lambda app, thread: begin(diff_versions(app.chat.context)),
    "mark": lambda app, thread: app.chat.threads.redraw_message(middle(thread)),
    "bars": lambda app, thread: app.chat.bars.refresh(),
    "draft": lambda app, thread: app.chat.threads.note_draft(),
    "shorten": lambda app, thread: app.chat.conversation.session.shorten() if len(thread.sent()) > 4 else None,
    "save": lambda app, thread: app.chat.conversation.session.save_blocking(),
    "delete": lambda app, thread: app.chat.conversation.session.delete(middle(thread).id),
}


async def test_what_is_done_on_the_screen_is_linear_in_the_length_of_the_thread(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):

        def measured(shape: Callable[[int], Thread], action: Callable[[ChatApp, Thread], object]) -> float:
            def prepare(size: int) -> Callable[[], object]:
                thread = shape(size)
                app.chat.threads.show(app.chat.threads.take(thread))
                return lambda: action(app, thread)

            return growth(prepare, 60)

        found = {}
        for shape in (chain, versions, comb):
            for name, action in ACTIONS.items():
                found[name, shape.__name__] = measured(shape, action)
                while app.screen is not app.chat:
                    await pilot.pause()
                    app.pop_screen()
    assert {name: value for name, value in found.items() if value >= LINEAR} == {}


async def test_a_long_thread_is_prepared_beside_the_loop(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """No turn is looked at on the loop before the thread is on the screen, and it looks the same."""
    monkeypatch.setattr(presenter, "LONG", 20)
    threads: list[int] = []
    estimate = Turn.estimate

    def noted(turn: Turn, scene: RenderContext) -> int:
        threads.append(threading.get_ident())
        return estimate(turn, scene)

    home.use_server("http://127.0.0.1:9")
    async with home.run(size=(70, 40)) as (app, pilot):  # without the list of threads, which comes when it comes
        thread = comb(60)
        await app.services.store.save(thread)
        app.chat.threads.show(app.chat.threads.take(thread))
        await pilot.pause()
        unprepared = screen_text(app)
        app.chat.threads.show(app.chat.threads.open_new())
        await until(pilot, lambda: app.conversations.get(thread.id) is None)
        monkeypatch.setattr(Turn, "estimate", noted)
        await app.chat.threads.switch_to(thread.id)
        await pilot.pause()
        assert app.chat.conversation.thread is not thread
        assert screen_text(app) == unprepared
    assert len(threads) == len(thread.branch())
    assert threading.get_ident() not in threads


async def test_what_was_prepared_and_has_changed_is_not_shown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presenter, "LONG", 20)
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        thread = chain(30)
        await app.chat.presenter.prepare(thread)
        thread.add(Role.USER, "came later")
        app.chat.threads.show(app.chat.threads.take(thread))
        await pilot.pause()
        assert "came later" in screen_text(app)


def turn(height: int) -> Turn:
    return Turn(Message("x", None, Role.USER, "word\n" * height))


@given(st.lists(st.integers(0, 5), max_size=6), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=12))
def test_the_tops_of_a_stack_follow_its_heights(begun: list[int], steps: list[tuple[int, int]]) -> None:
    look = scene()
    stack = Stack([turn(each) for each in begun], look)
    for kind, number in steps:
        index = number % max(1, len(stack))
        if kind == 0:
            stack.push(turn(number), look)
        elif kind == 1 and len(stack):
            stack.pop()
        elif kind == 2 and len(stack):
            stack.turns[index] = turn(number)
            stack.set_height(index, stack.turns[index].rows(look))
        elif kind == 3:
            stack.measure_back(number, look)
            stack.measure_on(number, 0, 5, look)
        assert stack._tops == [0, *accumulate(stack._heights)]
        assert len(stack._heights) == len(stack)
