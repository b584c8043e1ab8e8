"""The real app over real files and the real backend, against a scripted server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot

from chat_tui.cli.container import Container
from chat_tui.storage.paths import Paths
from chat_tui.ui.app import ChatApp
from chat_tui.ui.services import Start
from tests.pilot import settle

LOOKS = 10_000
"""As often a condition is looked at, with the loop free in between, before its test fails: at least 20 seconds."""


class Home:
    """One user's directories, and the app in them, as often as it is started."""

    def __init__(self, root: Path) -> None:
        self._directories = {f"CHAT_TUI_{name}_DIR": str(root / name.lower()) for name in ("CONFIG", "DATA", "CACHE")}
        self.paths = Paths.find(self._directories)
        self.environ: dict[str, str] = {}

    def configure(self, text: str) -> None:
        self.paths.config.mkdir(parents=True, exist_ok=True)
        self.paths.config_file.write_text(text)

    def use_server(self, url: str, more: str = "") -> None:
        """Makes `work/model-a` and `work/model-b` of a server the models to talk to."""
        self.configure(
            f'default_model = "work/model-a"\n[providers.work]\nname = "Work"\nbase_url = "{url}/v1"\nauth = "none"\n'
            f'models = ["model-a", "model-b"]\nmodels_paths = []\n{more}'
        )

    def app(self, start: Start | None = None) -> ChatApp:
        self.container = Container(self.environ | self._directories)
        return ChatApp(self.container, start or Start())

    @asynccontextmanager
    async def run(
        self,
        start: Start | None = None,
        size: tuple[int, int] = (120, 40),
        *,
        notices: bool = False,
        settled: bool = True,
    ) -> AsyncIterator[tuple[ChatApp, Pilot[None]]]:
        """Runs the app.

        Args:
            start: the command line.
            size: columns and rows.
            notices: whether they are drawn.
            settled: whether to wait for all that the start does.
        """
        app = self.app(start)
        async with app.run_test(size=size, notifications=notices) as pilot:
            await settle(app, flows=settled)
            yield app, pilot
            await app.conversations.stop_all()
            await app.conversations.save_all()
        await app.services.backend.aclose()


@pytest.fixture(autouse=True)
def far_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches the clipboard of who runs it: the terminal is at the other end of a line."""
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_TTY", "/dev/pts/0")
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture(autouse=True)
def quick_presses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test presses is not held down, however fast it comes."""
    monkeypatch.setattr("chat_tui.ui.widgets.confirmation.REPEAT", 0.0)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


async def until(pilot: Pilot[None], condition: Callable[[], bool], *, flows: bool = True) -> None:
    """Lets the app work until a condition holds, and all that follows from it has been done.

    Args:
        pilot: drives the app.
        condition: is looked at again and again.
        flows: whether to wait for what keys have started. What a test holds back never ends.
    """
    app = pilot.app
    for _ in range(LOOKS):
        if condition():
            break
        app.screen._on_timer_update()
        await asyncio.sleep(0.002)
    else:
        raise AssertionError(f"it never holds, the screen shows:\n{screen_text(cast(ChatApp, app))}")
    await settle(app, flows=flows)


async def until_watching(pilot: Pilot[None]) -> None:
    """Lets the app work until it looks for what other programs write."""
    await until(pilot, lambda: "_often" in vars(pilot.app.screen.watcher))  # type: ignore[attr-defined]


def screen_text(app: ChatApp) -> str:
    """What is on the screen, a line for each row."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join(strip.text[:width] for strip in lines[:height])
