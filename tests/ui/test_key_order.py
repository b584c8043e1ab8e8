"""Keys act in the order in which they were pressed, however they arrive: together, one by one, in any pieces."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from textual.widgets import Input

from chat_tui.ui.app import ChatApp
from chat_tui.ui.terminal.input import TerminalInput
from chat_tui.ui.terminal.input_queue import InputQueue
from tests.pilot import WAIT
from tests.servers import Reply, ScriptedServer
from tests.torture import amount
from tests.ui.conftest import Home

SEEDS = amount(2, 3)
SCRIPTS = amount(2, 60)
"""Random scripts that are tried; each is typed at once, key by key, and in random pieces."""
ALT_UP, LEFT, RIGHT, UP, DOWN = "\x1b[1;3A", "\x1b[D", "\x1b[C", "\x1b[A", "\x1b[B"
ESCAPE = "\x1b[27u"
"""Escape as kitty's protocol sends it: a lone escape before a letter is alt and that letter, for any program."""
TEXT = ["a", "hello ", "好", "e\u0301", "👨‍👩‍👧", "/", "\\", "two\nlines"]
EDITING = ["\x7f", "\x1b[3~", LEFT, RIGHT, "\x1b[H", "\x1b[F", "\x17", "\x1bz", "\x19", "\n", "\x1b\r", "\x1b[13;2u"]
PASTES = ["\x1b[200~one\x1b[31mred\x07\x11\ntwo\x1b[201~", "\x1b[200~x\x1b[201~"]
SENDING = ["\r", "\r", "\r", ESCAPE, "\x0e"]
DIALOGS = ["\x0c", "\x13", "\x10", "\x0f", "\x14", "\x1bOP", "\x06", ESCAPE, ESCAPE, ESCAPE, "\r", UP, DOWN]
MESSAGES = [ALT_UP, UP, DOWN, "e", "j", "k", "d", "u", ESCAPE]


def a_script(chance: random.Random) -> list[str]:
    """Keys as somebody might press them, more of some kinds than of others."""
    kinds = chance.choices([TEXT, EDITING, PASTES, SENDING, DIALOGS, MESSAGES], [8, 5, 1, 3, 4, 2], k=22)
    return [chance.choice(kind) for kind in kinds]


def pieces(chance: random.Random, keys: str) -> Iterator[str]:
    """The keys in pieces, cut anywhere but behind an escape character: only time tells that from the escape key."""
    while keys:
        size = chance.randint(1, 9)
        while keys[:size].endswith("\x1b"):
            size += 1
        yield keys[:size]
        keys = keys[size:]


@pytest.fixture
async def silent(home: Home) -> AsyncIterator[ScriptedServer]:
    """A server that answers nothing: what comes when would be its time, not that of the keys."""
    async with ScriptedServer(lambda request: Reply([asyncio.Event()])) as server:
        home.use_server(server.url)
        yield server


class Typist:
    """Types into an app, and says what came of it."""

    def __init__(self, app: ChatApp) -> None:
        self.app = app
        self.source = TerminalInput(is_bracketed=True)

    def type(self, keys: str) -> None:
        """Types without waiting for anything."""
        for event in self.source.feed(keys):
            self.app.post_message(event)

    async def done(self) -> None:
        """Waits until all that was typed has had its effects."""
        async with asyncio.timeout(WAIT):
            await self.app.input.drain()
            await self.app.conversations.background.wait()

    def state(self) -> dict[str, Any]:
        """All that a user could see or would find again, without ids and times."""
        app = self.app
        conversation, focused = app.chat.conversation, app.focused
        threads = [each.thread for each in app.conversations._open.values() if not each.thread.is_empty]
        return {
            "prompt": app.chat.prompt.draft.stored,
            "cursor": app.chat.prompt.selection,
            "screens": [type(each).__name__ for each in app.screen_stack],
            "focus": type(focused).__name__,
            "field": focused.value if isinstance(focused, Input) else getattr(focused, "text", ""),
            "selected": [each is app.chat.view.selected for each in app.chat.view.messages],
            "shown": [(each.role, each.content) for each in conversation.thread.branch()],
            "queue": [each.stored for each in conversation.queue],
            "busy": conversation.is_busy,
            "threads": [sorted((each.role, each.content) for each in thread.messages.values()) for thread in threads],
        }

    async def start_over(self) -> None:
        """Closes dialogs, stops answers, forgets threads and what was typed."""
        app = self.app
        while len(app.screen_stack) > 1:
            app.screen.dismiss(None)
            await self.done()
        await app.conversations.stop_all()
        for bar in app.chat.query("FindBar"):
            await bar.remove()
        app.chat.view.action_deselect()
        app.chat.composer.completing.close()
        app.chat.prompt.set_text("")
        app.chat.threads.show(app.chat.threads.open_new())
        await self.done()
        for conversation in list(app.conversations._open.values()):
            if conversation is not app.chat.conversation:
                app.conversations.drop(conversation)
        for each in await app.services.store.recent():
            await app.services.store.delete(each.id)
        app.chat.prompt.history.clear()
        await self.done()


async def _typed(typist: Typist, parts: Iterator[str] | list[str], *, wait: bool) -> dict[str, Any]:
    await typist.start_over()
    for part in parts:
        typist.type(part)
        if wait:
            await typist.done()
    await typist.done()
    return typist.state()


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_keys_give_the_same_together_one_by_one_and_in_any_pieces(
    home: Home, silent: ScriptedServer, seed: int
) -> None:
    chance = random.Random(seed)
    async with home.run() as (app, pilot):
        typist = Typist(app)
        for _ in range(SCRIPTS // SEEDS):
            script = a_script(chance)
            keys = "".join(script)
            one_by_one = await _typed(typist, script, wait=True)
            assert await _typed(typist, [keys], wait=False) == one_by_one, script
            cut = list(pieces(chance, keys))
            assert await _typed(typist, cut, wait=False) == one_by_one, (script, cut)


EXAMPLES = {
    "ab\x7fcd": "acd",
    f"ab{LEFT}X": "aXb",
    "abc\x1b[HX\x1b[FY": "XabcY",
    "hello\rworld": "world",
    "one\\\rtwo": "one\ntwo",
    "one\x0etwo": "two",
    f"a\x0c{ESCAPE}b": "ab",
    "a\x0cb": "a",
}
"""Keys in one read, and what the prompt holds then."""


async def _prompts(typist: Typist) -> dict[str, str]:
    found = {}
    for keys in EXAMPLES:
        state = await _typed(typist, [keys], wait=False)
        found[keys] = state["prompt"]
    return found


async def test_examples(home: Home, silent: ScriptedServer) -> None:
    async with home.run() as (app, pilot):
        assert await _prompts(Typist(app)) == EXAMPLES


async def test_without_waiting_for_their_effects_keys_change_places(
    home: Home, silent: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: Textual alone does not keep the order."""
    async with home.run() as (app, pilot):
        typist = Typist(app)
        await typist.start_over()

        async def at_once(self: InputQueue, event: object) -> None:
            return

        monkeypatch.setattr(InputQueue, "_settle_for", at_once)
        typist.type("ab\x7fcd")
        await typist.done()
        assert app.chat.prompt.text == "abc"
