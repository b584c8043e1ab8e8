"""The real program in a real tmux: what its buffer holds after a copy is the source, byte for byte."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.faults.conftest import Home
from tests.faults.terminal import READY
from tests.faults.tmux import Tmux
from tests.servers import Reply, ScriptedServer, delta, sse

if shutil.which("tmux") is None:
    pytest.skip("tmux is not installed", allow_module_level=True)

CODE = "def f(x):\n\treturn x   \n\n\n    last = '中文'"
WRAPPED = (
    "A line that is wrapped because it is longer than the sixty columns of this terminal, twice over even, to be sure."
)
CHINESE = "这是一个很长的中文段落，它会在终端里换行，但是复制的时候不能出现多余的换行符或者空格，因为原文里没有。"
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |"
ANSWER = f"{WRAPPED}\n\n{CHINESE}\n\nSee [this page](https://a.example).\n\n{TABLE}\n\n```python\n{CODE}\n```"


@pytest.fixture
async def tmux(home: Home) -> AsyncIterator[Tmux]:
    async with ScriptedServer(Reply([sse(delta(ANSWER), delta(finish="stop"))])) as server:
        home.use_server(server.url)
        tmux = Tmux(home)
        tmux.start()
        try:
            await tmux.shows(READY)
            tmux.keys("Question", "Enter")
            await tmux.shows("last =")
            yield tmux
        finally:
            tmux.run("kill-server")


async def test_the_buffer_holds_what_was_copied_byte_for_byte(tmux: Tmux) -> None:
    tmux.keys("Up")
    await tmux.shows("e edit")
    tmux.keys("y")
    assert await tmux.copied(ANSWER) == ANSWER
    await tmux.shows("Copied (tmux")
    tmux.keys("v")
    await tmux.shows("esc cancel")
    tmux.keys("y")
    assert await tmux.copied(CODE) == CODE


async def test_the_mouse_selects_wrapped_text_table_and_code_without_what_is_drawn(tmux: Tmux) -> None:
    tmux.drag(tmux.where("A line"), tmux.where("这是"))
    across = f"{WRAPPED}\n\n这"
    assert await tmux.copied(across) == across
    x, y = tmux.where("See this")
    tmux.drag((x, y), (x + 5, y))  # released on the link, which is no click: a question would be in the way of the rest
    assert await tmux.copied("See th") == "See th"
    x, y = tmux.where("这是")
    tmux.drag((x, y), (58, y + 1))
    assert await tmux.copied(CHINESE) == CHINESE
    x, y = tmux.where("def f")
    tmux.drag((x, y), (58, y + 4))
    assert await tmux.copied(CODE) == CODE
    x, y = tmux.where("─")
    tmux.drag((x, y - 1), (x + 20, y + 1))
    assert await tmux.copied(TABLE) == TABLE
