"""A long answer that ends unseen rings, once, in a way that no title can turn into something else."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator

import pytest
from textual import events

from chat_tui.ui.terminal import bell
from tests.servers import Reply, ScriptedServer, delta, sse
from tests.ui.conftest import Home, until

HOSTILE = "a\x1b\\\x1b]52;c;UFdORUQ=\x07;b\x9c\u202e\n" + "long " * 40
TERMINALS = [
    ({"TERM_PROGRAM": "iTerm.app"}, r"\x1b\]9;([^\x00-\x1f\x7f-\x9f]*)\x1b\\"),
    ({"KITTY_WINDOW_ID": "1"}, r"\x1b\]99;e=1;([A-Za-z0-9+/=]+)\x1b\\"),
    ({"TERM": "rxvt-unicode-256color"}, r"\x1b\]777;notify;chat-tui;([^;\x00-\x1f\x7f-\x9f]*)\x1b\\"),
]


@pytest.mark.parametrize(("environ", "grammar"), TERMINALS)
def test_a_hostile_title_stays_inside_the_message(environ: dict[str, str], grammar: str) -> None:
    found = re.fullmatch(grammar, bell.ring(environ, "auto", "Answer finished", HOSTILE))
    assert found is not None
    text = base64.b64decode(found[1]).decode() if "99" in grammar else found[1]
    assert text.startswith("Answer finished: a")
    assert text.isprintable()
    assert len(text) < 100


@pytest.mark.parametrize(
    "environ", [{}, {"TERM_PROGRAM": "iTerm.app", "TMUX": "x"}, {"KITTY_WINDOW_ID": "1", "STY": "x"}]
)
def test_where_no_message_comes_through_the_bell_rings(environ: dict[str, str]) -> None:
    assert bell.ring(environ, "auto", "Answer finished", "Title") == "\x07"


def test_the_setting_is_obeyed() -> None:
    assert bell.ring({"TERM_PROGRAM": "iTerm.app"}, "bell", "Answer finished", "Title") == "\x07"
    assert bell.ring({"TERM_PROGRAM": "iTerm.app"}, "off", "Answer finished", "Title") == ""


@pytest.fixture
async def held() -> AsyncIterator[tuple[ScriptedServer, asyncio.Event]]:
    gate = asyncio.Event()
    async with ScriptedServer(
        Reply([sse(delta("Begun"), done=False), gate, sse(delta(" and done", finish="stop"))])
    ) as server:
        yield server, gate


@pytest.mark.parametrize(
    ("focused", "seconds", "setting", "rings"),
    [
        (False, bell.LONG + 1, "bell", ["\x07"]),
        (True, bell.LONG + 1, "bell", []),
        (False, 0, "bell", []),
        (False, bell.LONG + 1, "off", [""]),
    ],
)
async def test_it_rings_for_a_long_answer_that_nobody_sees(
    home: Home,
    held: tuple[ScriptedServer, asyncio.Event],
    focused: bool,
    seconds: float,
    setting: str,
    rings: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, gate = held
    home.use_server(server.url)
    home.paths.config_file.write_text(f'notify = "{setting}"\n{home.paths.config_file.read_text()}')
    async with home.run() as (app, pilot):
        written: list[str] = []
        monkeypatch.setattr(app, "write_terminal", written.append)
        app.chat.prompt.set_text("Question")
        await pilot.press("enter")
        await until(pilot, lambda: any(each.content == "Begun" for each in app.chat.conversation.thread.branch()))
        app.chat.conversation.started_at -= seconds
        if not focused:
            app.post_message(events.AppBlur())
            await until(pilot, lambda: not app.app_focus)
        gate.set()
        await until(pilot, lambda: not app.chat.conversation.is_busy)
        assert written == rings


async def test_the_palette_goes_through_the_ways(home: Home) -> None:
    home.configure("")
    async with home.run() as (app, pilot):
        seen = []
        for _ in range(3):
            app.chat.action_flow("notify")
            await pilot.pause()
            seen.append(app.services.settings.notify)
        assert seen == ["bell", "off", "auto"]
    assert 'notify = "auto"' in home.paths.settings_file.read_text()
