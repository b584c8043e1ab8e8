"""The app over a home of its own, with notices drawn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from chat_tui.ui.app import ChatApp
from chat_tui.ui.services import Start
from tests.ui.conftest import Home

SIZE = (140, 50)
"""Columns and rows: enough for everything at once."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@asynccontextmanager
async def running(home: Home, start: Start, size: tuple[int, int] = SIZE) -> AsyncIterator[tuple[ChatApp, Pilot[None]]]:
    """Runs the app; other than in most tests of Textual apps, notices are shown."""
    app = home.app(start)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield app, pilot
        await app.conversations.stop_all()
    await app.services.backend.aclose()
