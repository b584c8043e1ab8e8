"""A message as a web page: whole, private, and opened only after a question."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from chat_tui.ui.dialogs.question import AskLink
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_copying import answered, told

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ANSWER = f"""Euler: $e^{{i\\pi}} = -1$, \\(a_1 * b_1 * c\\) for *$4* and $5:
\\[ x_1 \\\\[2pt] y_1 < 2 \\]

```mermaid
graph LR; A-->B
```

![a dot](data:image/png;base64,{PIXEL}) ![far](https://far.example/x.png) <script>alert(1)</script>
"""


async def test_without_a_browser_the_page_is_written_and_its_path_shown(home: Home) -> None:
    async with answered(home, ANSWER) as (app, pilot):
        await pilot.press("up", "o")
        await until(pilot, lambda: f"Open {home.paths.message_page}" in told(app))
    page = home.paths.message_page.read_text()
    assert stat.S_IMODE(home.paths.message_page.stat().st_mode) == 0o600
    assert "$e^{i\\pi} = -1$" in page
    assert "\\(a_1 * b_1 * c\\) for <em>$4</em> and $5:\n\\[ x_1 \\\\[2pt] y_1 &lt; 2 \\]" in page
    assert "graph LR; A--&gt;B" in page
    assert f'<img src="data:image/png;base64,{PIXEL}" alt="a dot">' in page
    assert page.count("<article") == 1, "only the selected message"
    assert "<script" not in page
    assert '<img src="https' not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_a_browser_is_opened_only_after_a_question(home: Home, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_TTY")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    opened: list[Path] = []
    monkeypatch.setattr("chat_tui.ui.terminal.external.open_page", lambda path, environ: opened.append(path))
    async with answered(home, ANSWER) as (app, pilot):
        await pilot.press("up", "o")
        await until(pilot, lambda: isinstance(app.screen, AskLink))
        assert "Open this message in the browser?" in screen_text(app)
        assert opened == []
        await pilot.press(key)
        await until(pilot, lambda: app.screen is app.chat)
    assert opened == ([home.paths.message_page] if key == "enter" else [])
