"""No size of the window, and no order of sizes, ends the program, whatever is on the screen."""

from __future__ import annotations

import asyncio
import random

from textual import events
from textual.geometry import Size

from chat_tui.domain.settings import PromptTemplate
from chat_tui.storage.settings.prompt_library import FilePrompts
from chat_tui.ui.app import ChatApp
from tests.pilot import WAIT
from tests.servers import Reply, ScriptedServer, delta, sse
from tests.torture import amount
from tests.ui.conftest import Home, until
from tests.ui.within import DIALOGS, OPENERS, TABLE

TIGHT = [(1, 1), (1, 40), (120, 1), (32, 24), (33, 24), (34, 24), (30, 24), (2, 2), (10, 3)]
"""Sizes at which something has no room left: a placeholder, a column, a row."""


async def walk(app: ChatApp, chance: random.Random, steps: int) -> None:
    for _ in range(steps):
        width, height = chance.choice([*TIGHT, (chance.randint(1, 200), chance.randint(1, 60))])
        app.post_message(events.Resize(Size(width, height), Size(width, height)))
        async with asyncio.timeout(WAIT):
            await app.screen.wait_for_refresh()
        assert app.is_running, (width, height)
        assert app.return_code is None, (width, height)
    app.post_message(events.Resize(Size(120, 40), Size(120, 40)))
    await app.screen.wait_for_refresh()


async def test_any_sizes_in_any_place(home: Home) -> None:
    chance = random.Random(2026)
    answer = Reply([sse(delta(f"# Words\n\n{TABLE}\n\n```python\nx = 1\n```\n\n"), done=False), asyncio.Event()])
    async with ScriptedServer(answer) as server:
        home.use_server(server.url)
        await FilePrompts(home.paths).save(PromptTemplate("terse", "Be terse."))
        async with home.run() as (app, pilot):
            await walk(app, chance, 6)
            await pilot.press(*"Hi", "enter")
            await until(pilot, lambda: app.chat.conversation.session.is_streaming)
            await walk(app, chance, 8)  # while an answer is being written
            await pilot.press("escape")
            for place in DIALOGS[:: amount(3, 1)]:
                await OPENERS[place](app, pilot)
                await until(pilot, lambda: app.screen is not app.chat)
                await walk(app, chance, 3)
                while app.screen is not app.chat:
                    await pilot.press("escape")
                    await app.input.drain()
                app.chat.prompt.focus()
