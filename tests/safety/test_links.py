"""Where links lead: only http, https and mailto can be opened, and never as an option."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from chat_tui.resources import themes_folder
from chat_tui.ui.terminal.external import open_in_browser
from chat_tui.ui.text.links import SAFE_LINK
from chat_tui.ui.theme.palette import load_palette
from chat_tui.ui.transcript.markdown.document import Painter

GOOD = [
    "https://good.example/",
    "http://good.example/a?b=c&d=%20#e",
    "HTTPS://GOOD.EXAMPLE",
    "mailto:someone@good.example",
    "https://user@good.example/",
    "http://127.0.0.1:8080/v1",
    "https://[::1]/",
    "https://xn--pple-43d.example/",
    "https://good.example/--option",
    "http://good.example/(a)",
]
SCHEMES = [
    "javascript",
    "vbscript",
    "data",
    "file",
    "ssh",
    "sftp",
    "ftp",
    "smb",
    "nfs",
    "afp",
    "telnet",
    "tel",
    "sms",
    "facetime",
    "skype",
    "steam",
    "vscode",
    "vscode-insiders",
    "ms-msdt",
    "search-ms",
    "ms-word",
    "x-man-page",
    "x-terminal-emulator",
    "itms",
    "help",
    "about",
    "view-source",
    "chrome",
    "blob",
    "jar",
    "ldap",
    "gopher",
    "magnet",
    "intent",
    "market",
    "zoommtg",
    "slack",
    "discord",
    "obsidian",
    "shortcuts",
]
BAD = [
    *(f"{scheme}:{rest}" for scheme, rest in zip(SCHEMES, ["//evil.example/x", "alert(1)"] * 30, strict=False)),
    "--any-browser-flag",
    "-t",
    "%action",
    "/etc/passwd",
    "../../x",
    "\\\\evil\\share",
    "//evil.example",
    "#anchor",
    "?query",
    "",
    " https://good.example",
    "\thttps://good.example",
    "https://good.example/\x1b]52;c;UFdORUQ=\x07",
    "https://good.example/\nHost: evil",
    "https://ap\u0440le.example/",
    "https://good.example/\u202emoc.live",
    "https://good.example/ space",
    "https:",
    "http//good.example",
    "javascript:https://good.example",
    "mailto:",
    "java\nscript:alert(1)",
]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The command lines that were started."""
    started: list[Sequence[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda argv, **_: started.append(argv))
    return started


def painter() -> Painter:
    folder = themes_folder()
    assert folder is not None
    return Painter(load_palette(folder / "midnight.toml"))


def drawn_links(target: str) -> set[str]:
    """What a click on a Markdown link would be told to open."""
    lines: Any = painter().markdown(f"[click]({target}) ![image]({target}) <{target}>", 100)
    return {segment.style.link for line in lines for segment in line if segment.style and segment.style.link}


def test_there_are_enough() -> None:
    assert len({*GOOD, *BAD}) >= 60


@pytest.mark.parametrize("target", GOOD)
def test_a_plain_link_can_be_opened_and_is_never_an_option(target: str, opened: list[Sequence[str]]) -> None:
    assert open_in_browser(target, {})
    ((*_, last),) = opened
    assert last == target
    assert last.lower().startswith(("http", "mailto:"))


@pytest.mark.parametrize("target", BAD, ids=ascii)
def test_nothing_else_is_opened_or_drawn_as_a_link(target: str, opened: list[Sequence[str]]) -> None:
    assert not open_in_browser(target, {})
    assert opened == []
    for link in drawn_links(target):
        assert SAFE_LINK.fullmatch(link), "what the parser made of it is a plain link"
        assert link.lower().startswith(("http://", "https://", "mailto:"))


def test_the_test_sees_an_opened_link(monkeypatch: pytest.MonkeyPatch, opened: list[Sequence[str]]) -> None:
    class Anything:
        fullmatch = staticmethod(lambda url: True)

    monkeypatch.setattr("chat_tui.ui.terminal.external.SAFE_LINK", Anything)
    assert open_in_browser("--any-browser-flag", {})
    assert opened[0][-1] == "--any-browser-flag"
