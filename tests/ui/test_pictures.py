"""Pictures in the conversation: what the terminal is asked and sent, what is drawn and copied."""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import pytest
from PIL import Image
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.pilot import Pilot
from textual.strip import Strip

from chat_tui.domain.conversation.draft import CHIPS
from chat_tui.domain.conversation.message import Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.attachments.pictures import ChildPictures
from chat_tui.ui.app import ChatApp
from chat_tui.ui.services import Start
from chat_tui.ui.terminal.graphics import QUERY, Graphics, GraphicsReplies, TerminalGraphics
from chat_tui.ui.terminal.input import TerminalInput
from chat_tui.ui.terminal.kitty import MARKS, PLACEHOLDER, graphics_behind_tmux, removal, transmission
from chat_tui.ui.terminal.sixel import SixelRows
from chat_tui.ui.transcript.body import MOST_IMAGES
from chat_tui.ui.transcript.selection import SourceMap
from chat_tui.ui.transcript.turn import Turn
from tests.storage.test_pictures import claiming, image, read_sixels, url
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_conversation import answer, scene

PLAIN = Graphics()
KITTY = Graphics(draws_placeholders=True, cell=(10, 20))
PICTURE = url(image("PNG", (640, 400)))
SIXELS = Graphics(draws_sixels=True, cell=(10, 20))
LABEL = "▪ peak.png · png · 640×400 · 2 KB"
SKETCH = url(image("GIF", (200, 200)), "gif")
ANSWER = f"Here:\n![a sketch]({SKETCH})\n\nAnd ![far](https://far.example/x.png)."


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")


@asynccontextmanager
async def opened(
    home: Home, graphics: Graphics = PLAIN, size: tuple[int, int] = (80, 64), theme: str = "midnight"
) -> AsyncIterator[tuple[ChatApp, Pilot[None], list[str]]]:
    """A thread of a prompt with a picture and an answer with two, in a terminal; with what that was sent."""
    sent: list[str] = []
    thread = Thread(title="Peaks")
    prompt = thread.add(Role.USER, "Where is it?")
    prompt.parts = [{"type": "text", "text": "Where is it?"}, {"type": "image_url", "image_url": {"url": PICTURE}}]
    prompt.extra[CHIPS] = {"images": ["peak.png"]}
    reply = thread.add(Role.ASSISTANT, ANSWER)
    reply.status = Status.COMPLETE
    reply.extra["images"] = [{"type": "image_url", "image_url": {"url": url(image("WEBP", (90, 30)), "webp")}}]
    home.configure(f'welcomed = true\ntheme = "{theme}"\n')

    async def ask_graphics(app: ChatApp) -> Graphics:
        return graphics

    with (
        patch.object(ChatApp, "ask_graphics", ask_graphics),
        patch.object(ChatApp, "write_terminal", lambda app, sequence: sent.append(sequence)),
    ):
        app = home.app(Start(resume=""))
        await app.services.store.save(thread)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: "Where is it?" in screen_text(app))
            yield app, pilot, sent
            await app.conversations.save_all()
    await app.services.backend.aclose()


def styles(app: ChatApp, text: str) -> Iterator[tuple[int, str, Style]]:
    """Row, characters and style of all that holds a text."""
    for row, strip in enumerate(app.screen._compositor.render_strips()):
        for segment in strip:
            if text in segment.text and segment.style:
                yield row, segment.text, segment.style


async def test_half_blocks_where_the_terminal_draws_no_pictures(home: Home) -> None:
    async with opened(home) as (app, pilot, sent):
        await until(pilot, lambda: len({row for row, _, _ in styles(app, "▀")}) == 12 + 10 + 2)
        text = screen_text(app)
        _, blocks, style = next(styles(app, "▀"))
    assert blocks == "▀" * 38
    assert style == Style(color="#c81e3c", bgcolor="#c81e3c")
    assert LABEL in text
    assert "▪ a sketch · gif · 200×200" in text
    assert "▪ image 1 · webp · 90×30" in text
    assert "[image: far] https://far.example/x.png" in text, "it is not fetched"
    assert sent == []


@pytest.mark.each_frame
async def test_kitty_is_sent_each_picture_once_and_shows_it_in_place_of_cells(home: Home) -> None:
    async with opened(home, KITTY) as (app, pilot, sent):
        await until(pilot, lambda: len(list(styles(app, PLACEHOLDER))) == 12 + 10 + 2)
        first = next(styles(app, PLACEHOLDER))
        shown = [text for _, text, _ in styles(app, PLACEHOLDER)][:12]
        assert shown[3] == "".join(f"{PLACEHOLDER}{MARKS[3]}{MARKS[column]}" for column in range(38))
        assert first[2].color is not None
        assert first[2].color.triplet is not None
        number = int(first[2].color.triplet.hex[1:], 16)
        pictures = dict(received(sent))
        assert len(pictures) == 3
        with Image.open(BytesIO(pictures[number])) as read:
            assert (read.format, read.size) == ("PNG", (380, 240))
        sent.clear()
        await pilot.resize_terminal(80, 20)
        app.chat.view.go_to_start()
        await pilot.pause()
        app.chat.view.page(1)
        await pilot.pause()
        assert sent == [], "scrolling sends no picture again"
        app.on_terminal_graphics(TerminalGraphics(KITTY))  # after a suspension
        app.chat.view.go_to_start()
        await until(pilot, lambda: len(sent) == 1)
        assert next(iter(received(sent)))[0] > number
        sent.clear()
        app.exit()
    assert sent == [removal(KITTY, number + 3)]


async def test_sixels_are_written_over_whole_rows_and_nothing_over_covered_ones(home: Home) -> None:
    async with opened(home, SIXELS) as (app, pilot, sent):
        await until(pilot, lambda: len(list(styles(app, "\U00100000"))) == 1)
        row = next(text for _, text, _ in styles(app, "\U00100000"))
        await until(pilot, lambda: "\U00100017" in screen_text(app))
        assert len(row) == 38
        written = app.sixels.insert(f"a\x1b[1m{row}\x1b[0mb")
        match = re.fullmatch(r"a\x1b\[1m {38}\x1b7\x1b\[38D(\x1bP.*\x1b\\)\x1b8\x1b\[0mb", written, re.DOTALL)
        assert match
        assert read_sixels(match[1].encode()) == [[(78, 12, 24)] * 380] * 20
        assert app.sixels.insert(row[:20] + "x" + row[20:]) == " " * 20 + "x" + " " * 18
        assert app.sixels.insert("\U0010abcd 雪") == "\U0010abcd 雪", "what others send stays"
        app.on_terminal_graphics(TerminalGraphics(PLAIN))
        await until(pilot, lambda: "▀" in screen_text(app))
    assert sent == []


def test_of_a_decoder_only_sixels_are_sent() -> None:
    rows = SixelRows()
    good = b"\x1bP0;1;0q#0;2;0;0;0#0~\x1b\\"
    texts = rows.add(1, b"\x1b]52;c;QQ==\x07" + good + b"\x1bP0;1;0q\x1b]0;x\x07\x1b\\")
    assert [rows.insert(each) for each in texts] == [f" \x1b7\x1b[1D{good.decode()}\x1b8"]


def received(sequences: list[str]) -> Iterator[tuple[int, bytes]]:
    """The pictures in what a terminal was sent, by number."""
    data, number = "", 0
    for each in sequences:
        head = r"a=T,q=2,f=100,U=1,i=(\d+),c=\d+,r=\d+|q=2"
        match = re.fullmatch(rf"\x1b_G(?:{head}),m=([01]);([A-Za-z0-9+/=]*)\x1b\\", each)
        assert match, each[:60]
        assert len(match[3]) <= 4096
        number = int(match[1] or number)
        data += match[3]
        if match[2] == "0":
            yield number, b64decode(data)
            data = ""


@pytest.mark.parametrize("why", ["NO_COLOR", "sixteen"])
async def test_only_the_names_where_there_are_too_few_colours(
    home: Home, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why == "NO_COLOR":
        monkeypatch.setenv("NO_COLOR", "1")
    async with opened(home, KITTY, theme=why if why == "sixteen" else "midnight") as (app, _, sent):
        assert LABEL in screen_text(app)
        assert app.chat.drawing.pictures.size(PICTURE, 80) == (0, 0)
    assert sent == []


async def test_pictures_are_copied_by_name_or_as_they_were_written(home: Home) -> None:
    async with opened(home) as (app, pilot, _):
        await until(pilot, lambda: len(list(styles(app, "▀"))) >= 12)
        prompt, reply = app.chat.view.viewport.source_map(0), app.chat.view.viewport.source_map(1)
        assert prompt.excerpt((4, 0), (5, 9)) == LABEL
        assert prompt.excerpt((1, 0), (9, 0)) == f"Where is it?\n{LABEL}"
        block = next(each for each in reply.blocks if "sketch" in reply.written([each]))
        assert reply.excerpt((block.top, 0), (block.bottom - 1, 3)) == f"![a sketch]({SKETCH})"
        assert reply.written(reply.blocks) == ANSWER


class Asked:
    """Notes which pictures are to be drawn."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def size(self, url: str, width: int) -> tuple[int, int]:
        self.urls.append(url)
        return 2, 1

    def row(self, url: str, size: tuple[int, int], index: int) -> Strip:
        return Strip([Segment("##")])


@pytest.mark.parametrize("end", ["", ")", ")\nMore"])
def test_the_data_of_a_picture_that_is_still_coming_is_neither_shown_nor_decoded(end: str) -> None:
    asked = Asked()
    turn = Turn(answer(f"Look:\n![x](data:image/png;base64,{'A' * 50_000}{end}"))
    turn.is_live = True
    rows = [row.text for row in turn.draw(replace(scene(), pictures=asked))]
    assert len(rows) < 8
    assert "AAAA" not in "".join(rows)
    assert "▪ image · png · 38 KB" in "".join(rows)
    assert asked.urls == []
    turn.is_live = False
    rows = [row.text.rstrip() for row in turn.draw(replace(scene(), pictures=asked))]
    assert rows[1:5] == ["Look:", "", "▪ x · png · 38 KB", "##"]
    assert ("More" in rows) == ("More" in end)


@pytest.mark.parametrize(
    "text", ["See {} here.", "- {}\n- b", "{}\n{}", f"{{}}\n\n{'word ' * 99}", "`![](data:image/png;base64,B)`"]
)
def test_an_image_is_drawn_wherever_its_data_is_and_all_is_copied_as_it_was_written(text: str) -> None:
    data = f"![x](data:image/png;base64,{'A' * 250_000})"
    message = answer(text.replace("{}", data))
    turn = Turn(message)
    rows = turn.draw(replace(scene(), pictures=Asked()))
    shown = [row.text.rstrip() for row in rows]
    assert shown.count("##") == text.count("{}")
    assert "AAAA" not in "".join(shown)
    assert not any("plain text from here" in row for row in shown)
    assert SourceMap(message, rows).excerpt((0, 0), (len(rows), 0)) == message.content


def test_of_a_thousand_images_in_one_line_only_some_are_drawn() -> None:
    asked = Asked()
    rows = Turn(answer(f"![x](data:image/png;base64,{'A' * 200})" * 1_000)).draw(replace(scene(), pictures=asked))
    assert len(asked.urls) == MOST_IMAGES
    assert len(rows) > 1_000


REPLIES = "\x1b[6;20;10t\x1bP>|kitty(0.42.1)\x1b\\\x1b_Gi=4211;OK\x1b\\\x1b[?62;52;c"


@pytest.mark.parametrize("step", [1, 3, 7, 100])
def test_the_replies_are_taken_out_of_the_keys_however_they_arrive(step: int) -> None:
    replies = GraphicsReplies()
    replies.expect()
    source = TerminalInput(graphics=lambda: replies)
    data = f"a{REPLIES}b"
    found = [each for at in range(0, len(data), step) for each in source.feed(data[at : at + step])]
    keys = [each.character for each in found if isinstance(each, events.Key)]
    assert keys == ["a", "b"]
    assert [each.graphics for each in found if isinstance(each, TerminalGraphics)] == [KITTY]


@pytest.mark.parametrize(
    ("replies", "graphics"),
    [
        ("\x1b[?64;4c", PLAIN),
        ("\x1b[6;18;9t\x1b[?64c", Graphics(cell=(9, 18))),
        ("\x1b[6;20;10t\x1bP>|WezTerm 2024\x1b\\\x1b_Gi=4211;OK\x1b\\\x1b[?65;4c", SIXELS),
        ("\x1bP>|kitty(0.1)\x1b\\\x1b_Gi=4211;EINVAL:no\x1b\\\x1b[?62c", PLAIN),
    ],
)
def test_other_terminals_are_sent_no_placeholders(replies: str, graphics: Graphics) -> None:
    taker = GraphicsReplies()
    taker.expect()
    rest, found = taker.sift(replies)
    assert (rest, [each.graphics for each in found]) == ("", [graphics])


def test_nothing_is_kept_back_from_the_keys_before_the_question_and_after_the_answer() -> None:
    replies = GraphicsReplies()
    for _ in range(2):
        assert replies.sift("\x1bP") == ("\x1bP", [])
        assert replies.sift("\x1b[?1c") == ("\x1b[?1c", [])
        replies.expect()
        replies.sift("\x1b[?1c")
    assert QUERY.endswith("\x1b[c"), "what all terminals answer comes last"


@pytest.mark.parametrize(
    ("said", "can"),
    [
        ("kitty(0.42)\t256,RGB,title\ton\t9\t18", True),
        ("kitty(0.42)\t256,RGB,title\toff\t9\t18", False),
        ("kitty(0.42)\t256,title\ton\t9\t18", False),
        ("foot(1.16)\t256,RGB\tall\t9\t18", False),
        ("", False),
    ],
)
def test_tmux_is_asked_for_the_terminal_around_it(tmp_path: Path, said: str, can: bool) -> None:
    tool = tmp_path / "tmux"
    tool.write_text(f"#!/bin/sh\nprintf '%s\\n' '{said}'\n")
    tool.chmod(0o755)
    graphics = graphics_behind_tmux({"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert (graphics.draws_placeholders, graphics.is_behind_tmux) == (can, True)
    first = next(transmission(graphics, 7, b"x", 1, 1))
    assert first.startswith("\x1bPtmux;\x1b\x1b_Ga=T,")
    assert first.endswith("\x1b\x1b\\\x1b\\")


async def test_only_the_name_of_what_can_not_be_decoded(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChildPictures, "is_installed", lambda decoder: False)
    async with opened(home) as (app, _, _):
        assert LABEL in screen_text(app)
        assert "▀" not in screen_text(app)
        assert app.chat.drawing.pictures.size(PICTURE, 80) == (0, 0)
    monkeypatch.setattr(ChildPictures, "is_installed", lambda decoder: True)
    monkeypatch.setattr(ChildPictures, "scaled", nothing)
    async with opened(home) as (app, pilot, _):
        await until(pilot, lambda: screen_text(app).count("could not be decoded") == 3)
        assert app.chat.drawing.pictures.size(url(claiming(60_000, 60_000)), 80) == (0, 0), "not tried"
        assert app.chat.drawing.pictures.size(url(claiming(1, 9_000)), 80) == (1, 12)
        assert app.chat.drawing.pictures.size(url(claiming(9_000, 1)), 80) == (80, 1)


async def test_what_waits_is_not_decoded_for_a_theme_that_was_left(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    grounds: list[str] = []
    held = asyncio.Event()

    async def scaled(decoder: object, url: str, size: object, to: object, background: str, rows: int = 1) -> None:
        grounds.append(background)
        await held.wait()

    monkeypatch.setattr(ChildPictures, "scaled", scaled)
    async with opened(home) as (app, pilot, _):
        await until(pilot, lambda: len(grounds) == 1, flows=False)
        app.show_theme("daylight")
        await pilot.pause()
        held.set()
        await until(pilot, lambda: screen_text(app).count("could not be decoded") == 3)
        assert grounds[1:] == [app.palette.background] * 3 != grounds[:1] * 3


async def nothing(*_: object) -> None:
    """What comes of a damaged picture."""
