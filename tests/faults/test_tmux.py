"""The real program in a real tmux: what its buffer holds after a copy is the source, byte for byte."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from tests.faults.conftest import Home
from tests.faults.terminal import READY, ROOT, until
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


class Tmux:
    """A tmux server of its own, with the program in its only pane."""

    def __init__(self, home: Home) -> None:
        self._command = ["tmux", "-S", str(home.root / "tmux"), "-f", "/dev/null"]
        self._environ = home.environ

    def run(self, *command: str) -> bytes:
        done = subprocess.run([*self._command, *command], capture_output=True, env=self._environ, cwd=ROOT, check=False)
        return done.stdout

    def start(self) -> None:
        self.run("new-session", "-d", "-x", "60", "-y", "40", sys.executable, "-m", "chat_tui")

    @property
    def screen(self) -> str:
        return self.run("capture-pane", "-p").decode()

    def keys(self, *keys: str) -> None:
        self.run("send-keys", *keys)

    def raw(self, text: str) -> None:
        self.run("send-keys", "-l", text)

    async def shows(self, text: str) -> None:
        await until(lambda: text in self.screen)

    async def holds(self, text: str) -> None:
        """Waits until the newest buffer is a text."""
        await until(lambda: self.run("show-buffer") == text.encode())

    def where(self, text: str) -> tuple[int, int]:
        """The column and row of a text, from 1, as the mouse tells them."""
        rows = self.screen.split("\n")
        row = [i for i, line in enumerate(rows) if i and text in line][0]
        return rows[row].index(text) + 1, row + 1

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        (x, y), (to_x, to_y) = start, end
        self.raw(f"\x1b[<0;{x};{y}M\x1b[<32;{to_x};{to_y}M\x1b[<0;{to_x};{to_y}m")


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
    await tmux.holds(ANSWER)
    await tmux.shows("tmux's buffer")
    tmux.keys("v")
    await tmux.shows("o editor")
    tmux.keys("y")
    await tmux.holds(CODE)


async def test_the_mouse_selects_wrapped_text_table_and_code_without_what_is_drawn(tmux: Tmux) -> None:
    tmux.drag(tmux.where("A line"), tmux.where("这是"))
    await tmux.holds(f"{WRAPPED}\n\n这")
    x, y = tmux.where("See this")
    tmux.drag((x, y), (x + 5, y))  # released on the link, which is no click: a question would be in the way of the rest
    await tmux.holds("See th")
    x, y = tmux.where("这是")
    tmux.drag((x, y), (58, y + 1))
    await tmux.holds(CHINESE)
    x, y = tmux.where("def f")
    tmux.drag((x, y), (58, y + 4))
    await tmux.holds(CODE)
    x, y = tmux.where("─")
    tmux.drag((x, y - 1), (x + 20, y + 1))
    await tmux.holds(TABLE)
