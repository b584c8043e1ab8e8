"""Labels over what is in view, and what is done with what they select."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

from chat_tui.ui.app import ChatApp
from chat_tui.ui.services import Start
from chat_tui.ui.text.paths import path_of, path_of_code, paths
from chat_tui.ui.view.jump_labels import JumpLabels, labels_for
from chat_tui.ui.view.jump_targets import MARGIN, JumpTarget
from tests.ui.conftest import Home, screen_text, until

ID = "20261121-202700-jump"
FIRST = "first = 1"
SECOND = "second = 2"
ANSWER = (
    f"```python\n{FIRST}\n```\n\nText.\n\n## Head\n\nSee [the page](https://one.example/x), `src/app.py:12` and "
    f"https://two.example/y.\n\n```python\n{SECOND}\n```\n\n### Below\n\n- In a list:\n  ```sh\n  nested\n  ```\n\n"
    "## Next\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
)


PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)


def save(home: Home, answer: str) -> None:
    messages = [
        {"id": "0", "parent": None, "role": "user", "content": "Ask"},
        {"id": "1", "parent": "0", "role": "assistant", "content": answer, "status": "complete"},
    ]
    thread = {"format": "chat-tui.thread", "version": 1, "id": ID, "title": "Jump", "head": "1", "messages": messages}
    folder = home.paths.data / "threads"
    folder.mkdir(parents=True)
    (folder / f"{ID}.json").write_text(json.dumps(thread))
    home.configure("welcomed = true\n")


App = tuple[ChatApp, Pilot[None]]


@asynccontextmanager
async def shown(home: Home, answer: str = ANSWER, size: tuple[int, int] = (76, 44)) -> AsyncIterator[App]:
    save(home, answer)
    async with home.run(Start(resume=ID), size=size) as (app, pilot):
        await until(pilot, lambda: len(app.chat.view.messages) == 2)
        yield app, pilot


def name(app: ChatApp) -> str:
    return type(app.screen).__name__


def test_no_label_begins_another_and_the_nearest_to_the_end_are_shortest() -> None:
    for count in (0, 1, 9, 10, 17, 80, 81, 82, 300, 676, 700):
        labels = labels_for(count)
        named = [each for each in labels if each]
        assert len(labels) == count
        assert len(named) == min(count, 676)
        assert len({*named}) == len(named)
        assert not any(one != other and other.startswith(one) for one in named for other in named if len(one) == 1)
        assert [len(each) for each in named] == sorted((len(each) for each in named), reverse=True)
    assert labels_for(3) == ["d", "s", "a"]


@pytest.mark.parametrize("text", ["plain text", "雪山有多高雪山", "a雪b👩‍👩‍👧c e\u0301 👍🏽 x", ""])
def test_a_label_moves_nothing(text: str) -> None:
    width = 20
    row = Strip([Segment("  " + text)]).adjust_cell_length(width)
    for cell in range(MARGIN, width - 2):
        for label in ("q", "qz"):
            target = JumpTarget(0, 0, cell, ((0, 0), (0, 0)), None, None)
            drawn = JumpLabels({label: target}).draw(row, (0, 0), 2, (Style(bold=True), Style()))
            assert cell_len(drawn.text) == drawn.cell_length == width
            if 2 + cell + len(label) <= width:
                assert label in drawn.text
                before, _, behind = drawn.text.partition(label)
                assert row.text.startswith(before.rstrip())
                assert row.text.endswith(behind.lstrip())


async def test_three_keys_copy_the_first_of_two_blocks(home: Home) -> None:
    async with shown(home) as (app, pilot):
        targets = app.chat.view.jump_targets()
        label = labels_for(len(targets))[0]
        assert len(label) == 2
        await pilot.press("alt+j", *label, "y")  # in one read of the terminal: no key overtakes another
        assert app.clipboard == FIRST
        assert app.screen is app.chat
        assert app.chat.prompt.text == ""


async def test_everything_in_view_has_a_label_and_is_copied_as_it_was_written(home: Home) -> None:
    async with shown(home) as (app, pilot):
        targets = app.chat.view.jump_targets()
        copied = []
        for label in labels_for(len(targets)):
            await pilot.press("alt+j", *label, "y")
            copied.append(app.clipboard)
        section = ANSWER[ANSWER.index("## Head") : ANSWER.index("\n\n## Next")]
        assert copied == [
            FIRST,
            section,
            "https://one.example/x",
            "src/app.py:12",
            "https://two.example/y",
            SECOND,
            section[section.index("### Below") :],
            "nested",
            ANSWER[ANSWER.index("## Next") :].strip(),
            "| a | b |\n|---|---|\n| 1 | 2 |",
        ]


async def test_labels_are_typed_cancelled_and_wrong_letters_ignored(home: Home) -> None:
    async with shown(home) as (app, pilot):
        before = screen_text(app)
        await pilot.press("up", "space")
        assert name(app) == "LabelPicker"
        assert screen_text(app) != before
        await pilot.press("z", "1", "Q")
        assert name(app) == "LabelPicker"
        await pilot.press("l", "backspace", "a")
        assert name(app) == "BlockPicker"
        assert "t tab-separated" in screen_text(app)
        await pilot.press("escape", "alt+j", "l", "escape")
        assert name(app) == "ChatScreen"
        await pilot.press("escape")
        assert screen_text(app) == before


async def test_a_link_is_opened_after_a_question_and_a_path_in_the_editor(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/seen\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    async with shown(home) as (app, pilot):
        monkeypatch.setattr(app, "suspend", suppress)
        labels = labels_for(len(app.chat.view.jump_targets()))
        await pilot.press("alt+j", *labels[2])
        assert name(app) == "ExcerptPicker"
        await pilot.press("w", "o")
        assert name(app) == "AskLink"
        await pilot.press("escape", "alt+j", *labels[3], "o")
        await until(pilot, lambda: "No such file" in "".join(each.message for each in app._notifications))
        (tmp_path / "src/app.py").write_text("x = 1\n")
        await pilot.press("alt+j", *labels[3], "o")
        await until(pilot, lambda: (tmp_path / "seen").exists())
        assert (tmp_path / "seen").read_text().strip() == str((tmp_path / "src/app.py").resolve())


async def test_a_quotation_keeps_the_draft_and_attaches_nothing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_text("secret")
    code = 'read @"secret.txt" \n\nend'
    async with shown(home, f"```\n{code}\n```") as (app, pilot):
        app.chat.prompt.set_text("My draft")
        await pilot.press("alt+j", "a", "q")
        expected = 'My draft\n\n> read @"secret.txt"\n>\n> end\n\n'
        assert app.chat.prompt.text == expected
        assert app.chat.prompt.has_focus
        app.chat.composer.show(app.chat.composer.stored)  # as when the thread is opened again
        await pilot.pause()
        assert not app.chat.prompt.draft.attachments


async def test_hundreds_of_links_in_a_narrow_window(home: Home) -> None:
    links = " ".join(f"[雪{i}](https://e.example/{i})" for i in range(400))
    async with shown(home, links, (60, 20)) as (app, pilot):
        before = [cell_len(line) for line in screen_text(app).split("\n")]
        await pilot.press("alt+j")
        assert name(app) == "LabelPicker"
        assert [cell_len(line) for line in screen_text(app).split("\n")[:14]] == before[:14]
        await pilot.press("a", "y")
        assert app.clipboard == "https://e.example/399"


async def test_pictures_have_labels(home: Home) -> None:
    text = f"![elsewhere](https://e.example/p.png)\n\n![here]({PIXEL})\n\nEnd."
    async with shown(home, text) as (app, pilot):
        await pilot.press("alt+j", "s", "y")
        assert app.clipboard == "https://e.example/p.png"
        await pilot.press("alt+j", "a", "y")
        assert app.clipboard == f"![here]({PIXEL})"


async def test_in_a_window_of_another_size_labels_are_gone(home: Home) -> None:
    async with shown(home) as (app, pilot):
        await pilot.press("alt+j")
        await pilot.resize_terminal(60, 30)
        await until(pilot, lambda: name(app) == "ChatScreen")


async def test_without_anything_in_view_a_notice_says_so(home: Home) -> None:
    async with shown(home, "Only words.") as (app, pilot):
        await pilot.press("alt+j")
        assert app.screen is app.chat
        assert "Nothing to select" in "".join(each.message for each in app._notifications)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See src/app.py:12, ./run and ~/notes.", ["src/app.py", "./run", "~/notes"]),
        ("in /etc/hosts (and /help, and/or, 1/2, TCP/IP, Node.js)", ["/etc/hosts"]),
        ("请打开src/main.py文件，以及 ./配置/run.sh 文件", ["src/main.py", "./配置/run.sh"]),
        ("at http://one.example/x.py", []),
        ("../a/b.toml.", ["../a/b.toml"]),
        ("a" * 50_000 + "/" * 50_000, []),
    ],
)
def test_paths_are_found_in_prose(text: str, found: list[str]) -> None:
    assert [path for _, _, path in paths(text)] == found
    assert [path_of(text[begin:end]) for begin, end, _ in paths(text)] == found


@pytest.mark.parametrize("text", ["pyproject.toml", "src/app.py#L12", "文件/说明.md", "/etc/hosts"])
def test_inline_code_is_a_path(text: str) -> None:
    assert path_of(text) == text.partition("#")[0]


@pytest.mark.parametrize(
    "text", ["os.path", "a b.py", "f(x).py", "https://x.example/a.py", "--flag/x", "", "x" * 400 + ".py"]
)
def test_inline_code_is_no_path(text: str) -> None:
    assert path_of(text) == ""


@pytest.mark.parametrize(
    ("info", "code", "before", "path"),
    [
        ("python src/app.py", "x", "", "src/app.py"),
        ('js title="web/app.js"', "x", "", "web/app.js"),
        ("ts:src/a.ts", "x", "", "src/a.ts"),
        ("python", "# src/app.py\nx = 1", "", "src/app.py"),
        ("html", "<!-- index.html -->\n<p>", "", "index.html"),
        ("c", "/* file: main.c */\nint", "", "main.c"),
        ("python", "x", "### `src/app.py`", "src/app.py"),
        ("python", "x", "Change **src/app.py**:", "src/app.py"),
        ("", "x", "## setup.cfg", "setup.cfg"),
        ("python", "import re", "Use it like this:", ""),
        ("python", "# a comment\nx", "", ""),
    ],
)
def test_the_file_of_a_block_of_code(info: str, code: str, before: str, path: str) -> None:
    assert path_of_code(info, code, before) == path
