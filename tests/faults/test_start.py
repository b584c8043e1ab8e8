"""The start in a bare terminal: what the first frame waits for, and how often it is drawn."""

from __future__ import annotations

from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from tests.faults.conftest import Home
from tests.storage.conftest import a_thread

HINT = b"new line"
"""Stands on the empty screen."""
NOTES = """
import sys
import chat_tui.ui.compat.textual_app
chat_tui.ui.compat.textual_app.import_app()
from chat_tui.ui.compat.first_frame import FirstFrame
draw = FirstFrame._compositor_refresh
def note(self):
    draw(self)
    if not hasattr(FirstFrame, "noted"):
        FirstFrame.noted = True
        with open({path!r}, "w") as file:
            file.write(" ".join(sys.modules))
FirstFrame._compositor_refresh = note
"""
LATER = {
    "argparse",
    "chat_tui.backends.client",
    "chat_tui.domain.conversation.chunk",
    "chat_tui.domain.usage.ledger",
    "chat_tui.session.requests.usage",
    "chat_tui.storage.thread_store",
    "chat_tui.storage.usage.ledger",
    "chat_tui.ui.chat.spending",
    "gettext",
    "hashlib",
    "httpx",
    "markdown_it",
    "pygments",
    "sqlite3",
    "textual.command",
    "textual.widgets._option_list",
}


async def test_the_first_frame_waits_for_nothing_that_it_does_not_show(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    noted = home.root / "modules"
    async with home.terminal(patch=NOTES.format(path=str(noted))) as terminal:
        (await terminal.ready()).send("\x11")
        assert await terminal.exits() == 0
    assert LATER & set(noted.read_text().split()) == set()


async def test_the_first_frame_is_drawn_once(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    store = FileThreadStore(Paths(home.root / "config", home.root / "data", home.root / "cache"))
    await store.save(a_thread("Listed after the frame", "An answer"))
    async with home.terminal() as terminal:
        await terminal.ready()
        terminal.send("typed")
        await terminal.shows("typed", "Listed after")
        assert terminal.raw.count(HINT) == 1


async def test_the_app_starts_in_the_language_of_the_settings(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    home.write("config/config.toml", 'language = "zh_CN"\n' + (home.root / "config/config.toml").read_text())
    async with home.terminal() as terminal:
        await terminal.shows("输入消息", "换行", "发送")
        terminal.send("\x1bOP")  # f1
        await terminal.shows("在编辑器中打开", "关闭")
