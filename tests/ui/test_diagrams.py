"""Diagrams of Mermaid: drawn by a process of its own, judged, copied as they were written."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.ports.diagrams import Diagram
from chat_tui.storage.diagrams import child, renderer
from chat_tui.storage.diagrams.renderer import ChildDiagrams
from chat_tui.ui.app import ChatApp
from chat_tui.ui.services import Start
from chat_tui.ui.transcript.diagrams import DiagramRows, toggle_diagrams
from chat_tui.ui.transcript.rows import StackedRows
from chat_tui.ui.transcript.selection import SourceMap
from chat_tui.ui.transcript.turn import Turn
from chat_tui.ui.view.diagrams import MOST_WAITING, DrawnDiagrams
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_conversation import answer, scene
from tests.ui.test_source_spans import assert_covers

CODE = "flowchart LR\n    A[开始] --> B{Logged in?}\n    B -->|yes| C[Dashboard]"
FENCE = f"```mermaid\n{CODE}\n```"
BAD = "```mermaid\nflowchart LR\n  A[Open --> what is this\n```"
ANSWER = f"Like this:\n\n{FENCE}\n\nAnd:\n\n```python\nx = 1\n```\n\n{BAD}\n\nEnd."
WHY = "Diagram not drawn"


class FixedDiagrams:
    """Gives the same diagram each time, once it may."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.asked: list[tuple[str, int]] = []
        self.may = asyncio.Event()
        self.may.set()

    async def drawn(self, source: str, width: int) -> Diagram:
        self.asked.append((source, width))
        await self.may.wait()
        return self.diagram


def drawn_turn(source: str, diagram: Diagram, width: int = 60) -> tuple[Turn, StackedRows]:
    """A finished turn whose first diagram is drawn."""
    shown = DrawnDiagrams(lambda: FixedDiagrams(diagram), lambda run: asyncio.run(run()), lambda: None)
    context = scene(width)
    context.diagrams = shown
    turn = Turn(answer(source))
    for row in turn.draw(context):
        assert row.cell_length <= width
    return turn, turn.update_diagrams(context) or turn.rows(context)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (CODE, ""),
        (f"%% a comment\n{CODE}", ""),
        (f"---\ntitle: x\n---\n{CODE}", ""),
        ("mindmap\n  root((Python))\n    Web", ""),
        ('pie title Pets\n    "Dogs" : 3\n    "Cats" : 1', ""),
        ("flowchart LR\n" + "\n".join(f"  A{i}[Number {i} of many] --> A{i + 1}" for i in range(4)), ""),
        ("flowchart LR\n  A[Open --> what is this", "unsupported syntax"),
        ("flowchart LR\n  A --> B\n  ??? !!! ->-> (", "unsupported syntax"),
        ('flowchart LR\n  A["One (1)"] -- some text --> B & C --> D:::hot', ""),
        ("flowchart\nThis is no diagram.", "unsupported syntax"),
        ("sankey-beta\nA,B,10", "unsupported type"),
        ("quadrantChart\n  x-axis Low --> High\n  y-axis Cheap --> Dear\n  A: [0.3, 0.6]", "labels do not fit"),
        ("flowchart TB\n  subgraph One\n    A --> B\n  end\n  C --> One", "unsupported syntax"),
        ("", "unsupported type"),
        ("gantt\n  title " + "long " * 30 + "\n  section A\n  B :a, 2026-01-01, 3d", "too wide"),
    ],
)
def test_a_diagram_is_drawn_or_it_is_said_why_not(source: str, problem: str) -> None:
    text, why = child.diagram_of(source, 60)
    assert why == problem
    assert bool(text) is not bool(problem)


@pytest.mark.parametrize(
    ("source", "drawn"),
    [
        ('flowchart TB\n  subgraph S["The server (own)"]\n    A --> B\n  end', [" The server (own) "]),
        ('flowchart LR\n  A["Reads <i>names</i><br/>of <b>files</b>"] --> B', ["Reads names of files"]),
        ('sequenceDiagram\n  A ->>+ B: Press "Go" now\n  B -->>- A: done', ['Press "Go" now', "done"]),
        ("timeline\n  title Plan\n  May : Draw\n      : Build\n  June : Sell : Rest", ["Draw · Build", "Sell · Rest"]),
    ],
)
def test_what_the_library_would_leave_out_is_drawn(source: str, drawn: list[str]) -> None:
    text, problem = child.diagram_of(source, 90)
    assert problem == ""
    for each in drawn:
        assert each in text
    assert not any(sign in text for sign in ("[", "<i>", "|>", "┆ +"))


def test_a_slip_of_many_models_makes_no_other_diagram() -> None:
    source = "graph LR\n  A[Ask] -->|calls| B[Find]\n  B -->|gives| C[Tell]"
    assert child.diagram_of(source.replace("| ", "|> "), 90) == child.diagram_of(source, 90)


def test_labels_that_would_be_drawn_over_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert child.diagram_of("flowchart LR\n  A[One] --> Q[[Queue]]", 60)[1] == ""
    monkeypatch.setattr("termaid.render", lambda *args, **options: "│One├──►││ueue││")
    assert child.diagram_of("flowchart LR\n  A[One] --> Q[[Queue]]", 60) == ("", "labels do not fit")


async def test_what_takes_long_is_killed_and_keys_work_meanwhile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(renderer, "TIME_LIMIT", 0.5)
    fifo = tmp_path / "ends"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    endless = f"end = open({str(fifo)!r}, 'wb', 0); end.write(b'x'); import signal; signal.pause()"
    drawing = asyncio.create_task(ChildDiagrams((sys.executable, "-S", "-c", endless)).drawn(CODE, 90))
    await asyncio.to_thread(select.select, [reader], [], [])  # the loop is free while the process starts
    assert os.read(reader, 1) == b"x"
    assert not drawing.done()
    assert await drawing == Diagram(problem="too complex")
    assert os.read(reader, 1) == b""  # nobody holds the other end any more
    os.close(reader)


async def test_a_long_source_starts_no_process_and_a_killed_one_says_why() -> None:
    assert await ChildDiagrams(("/nowhere",)).drawn("x" * 10_001, 90) == Diagram(problem="too long")
    assert await ChildDiagrams((sys.executable, "-S", "-c", "")).drawn(CODE, 90) == Diagram(problem="too complex")
    hostile = 'import sys; sys.stdout.write(\'{"text": "a\\\\u001b[2Jb", "problem": ""}\')'
    diagram = await ChildDiagrams((sys.executable, "-S", "-c", hostile)).drawn(CODE, 90)
    assert "\x1b" not in diagram.text


def test_all_of_a_diagram_is_copied_as_it_was_written() -> None:
    source = f"Before.\n\n{FENCE}\n\nAfter."
    turn, rows = drawn_turn(source, Diagram("┌──┐\n│雪│\n└──┘"))
    number = next(index for index, part in enumerate(rows.parts) if isinstance(part.rows, DiagramRows))
    top, bottom = rows.top(number), rows.top(number + 1)
    assert [row.text.rstrip() for row in rows[top:bottom]] == [
        f"┃ mermaid{' ' * 44}1 copy",
        "┃ ┌──┐",
        "┃ │雪│",
        "┃ └──┘",
    ]
    assert {row.cell_length for row in rows[top:bottom]} == {60}
    assert_covers(rows, len(source))
    found = SourceMap(turn.message, rows)
    assert found.excerpt((top + 1, 3), (top + 2, 4)) == FENCE
    assert found.excerpt((top + 2, 2), (top + 2, 3)) == FENCE
    assert found.excerpt((0, 0), (len(rows), 0)) == source
    block = next(each for each in found.blocks if each.kind == "fence")
    assert block.code == CODE
    assert found.written([block]) == FENCE


def within(fence: str, indent: str) -> str:
    """A fence as it stands in a list or a quote."""
    return fence.replace("\n", "\n" + indent)


NESTED = f"Steps:\n\n1. First:\n\n   {within(FENCE, '   ')}\n\n   then $x$\n2. Second\n\n> {within(FENCE, '> ')}"


def test_diagrams_in_lists_and_quotes_are_drawn_in_their_places() -> None:
    turn, rows = drawn_turn(NESTED, Diagram("┌──┐\n│雪│\n└──┘"))
    shown = [row.text.rstrip() for row in rows]
    assert shown[3:11] == [
        "1. First:",
        f"   ┃ mermaid{' ' * 41}1 copy",
        "   ┃ ┌──┐",
        "   ┃ │雪│",
        "   ┃ └──┘",
        "   then x",
        "2. Second",
        "",
    ]
    assert [row[2:] for row in shown[11:15]] == [f"┃ mermaid{' ' * 42}2 copy", "┃ ┌──┐", "┃ │雪│", "┃ └──┘"]
    found = SourceMap(turn.message, rows)
    assert [code for block in found.blocks for code in block.codes] == [CODE, CODE]
    assert found.excerpt((6, 6), (6, 7)) == "   " + within(FENCE, "   ")
    assert found.excerpt((0, 0), (len(rows), 0)) == NESTED
    assert_covers(rows, len(NESTED))


def test_a_diagram_in_a_list_is_wanted_whenever_it_is_seen() -> None:
    wanted: list[str] = []
    shown = DrawnDiagrams(lambda: FixedDiagrams(Diagram("x")), lambda run: None, lambda: None)
    shown.want = lambda source, width: wanted.append(source)  # type: ignore[method-assign]
    context = scene(60)
    context.diagrams = shown
    rows = Turn(answer(f"- {within(FENCE, '  ')}\n- Words")).draw(context)
    for _ in range(2):
        assert "flowchart" in rows[2].text
        assert CODE in wanted
        wanted.clear()
        assert "Words" in rows[5].text
        assert not wanted


def test_a_diagram_in_a_quote_that_is_not_drawn_says_why_and_one_of_two_can_be_hidden() -> None:
    shown = DrawnDiagrams(lambda: FixedDiagrams(Diagram("x")), lambda run: asyncio.run(run()), lambda: None)
    context = scene(60)
    context.diagrams = shown
    turn = Turn(answer(f"> {within(FENCE, '> ')}\n\n- {within(BAD, '  ')}"))
    shown._drawn = {(CODE, 56): Diagram("x"), (BAD[11:-4], 55): Diagram(problem="too wide")}
    rows = turn.draw(context)
    text = [row.text.rstrip() for row in rows]
    assert text[1:3] == [f"▎ ┃ mermaid{' ' * 42}1 copy", "▎ ┃ x"]
    assert text[5] == f"   ┃ {WHY}: too wide"
    assert not toggle_diagrams(rows, shown, 2)
    assert toggle_diagrams(rows, shown, 1)
    after = turn.update_diagrams(context)
    assert after is not None
    assert after[2].text.rstrip() == "▎ ┃ flowchart LR"
    assert turn.update_diagrams(context) is None


async def test_digits_copy_what_they_are_shown_at(home: Home) -> None:
    text = f"- item\n\n  ```python\n  y = 2\n  ```\n\n$$\n\\frac{{1}}{{2}}\n$$\n\n{FENCE}"
    async with opened(home, text, FixedDiagrams(Diagram("x"))) as (app, pilot):
        app.chat.view.select(app.chat.view.messages[-1].id)
        for key, code in (("1", "y = 2"), ("2", CODE)):
            await pilot.press(key)
            assert app.clipboard == code


def test_a_diagram_that_is_wider_than_it_may_be_stays_source() -> None:
    _, rows = drawn_turn(FENCE, Diagram("x" * 59))
    text = "\n".join(row.text for row in rows)
    assert f"{WHY}: too wide" in text
    assert "A[开始]" in text


def test_only_the_last_of_many_wait() -> None:
    fixed, runs = FixedDiagrams(Diagram("x")), list[object]()
    shown = DrawnDiagrams(lambda: fixed, runs.append, lambda: None)
    for number in range(40):
        shown.want(str(number), 9)

    async def run_all() -> None:
        for each in runs:
            await each()  # type: ignore[operator]

    asyncio.run(run_all())
    assert [source for source, _ in fixed.asked] == [str(number) for number in range(40 - MOST_WAITING, 40)]


def prepared(text: str) -> tuple[Thread, Message]:
    thread = Thread(title="Diagrams")
    thread.add(Role.USER, "Draw it.")
    reply = thread.add(Role.ASSISTANT, text)
    reply.status = Status.COMPLETE
    return thread, reply


@asynccontextmanager
async def opened(
    home: Home, text: str = ANSWER, diagrams: FixedDiagrams | None = None
) -> AsyncIterator[tuple[ChatApp, Pilot[None]]]:
    home.configure('welcomed = true\ntheme = "midnight"\n')
    app = home.app(Start(resume=""))
    if diagrams is not None:
        vars(home.container)["diagrams"] = diagrams
    await app.services.store.save(prepared(text)[0])
    async with app.run_test(size=(100, 50)) as pilot:
        await until(pilot, lambda: "mermaid" in screen_text(app))
        yield app, pilot
        await app.conversations.save_all()
    await app.services.backend.aclose()


def row_of(app: ChatApp, text: str) -> int:
    return next(row for row, line in enumerate(screen_text(app).split("\n")) if text in line)


async def test_v_and_a_click_switch_between_diagram_and_source(home: Home) -> None:
    async with opened(home) as (app, pilot):
        await until(pilot, lambda: "┌" in screen_text(app) and WHY in screen_text(app))
        text = screen_text(app)
        assert "flowchart LR\n" not in text.partition("And:")[0]
        assert "│" in text
        assert f"{WHY}: unsupported syntax" in text
        assert "what is this" in text, "what can't be drawn stays source"
        above = row_of(app, "Like this:")
        app.chat.view.select(app.chat.view.messages[-1].id)
        await pilot.press("V")
        await until(pilot, lambda: "B -->|yes| C[Dashboard]" in screen_text(app))
        assert row_of(app, "Like this:") == above
        await pilot.press("V")
        await until(pilot, lambda: "B -->|yes| C[Dashboard]" not in screen_text(app))
        await pilot.press("1")
        assert app.clipboard == CODE
        await pilot.press("2")
        assert app.clipboard == "x = 1"
        view = app.chat.view
        y = row_of(app, "mermaid")
        await pilot.click(view, offset=(12, y - view.region.y))
        await until(pilot, lambda: "B -->|yes| C[Dashboard]" in screen_text(app))
        await pilot.click(view, offset=(12, y - view.region.y))
        await until(pilot, lambda: "B -->|yes| C[Dashboard]" not in screen_text(app))


@pytest.mark.each_frame
async def test_rows_above_a_diagram_stay_and_none_out_of_view_is_drawn(home: Home) -> None:
    fixed = FixedDiagrams(Diagram("\n".join(["│"] * 60)))
    fixed.may.clear()
    far = "```mermaid\nflowchart LR\n  far --> away\n```\n\n" + "Words.\n\n" * 60
    async with opened(home, far + "Near:\n\n" + FENCE, fixed) as (app, pilot):
        await until(pilot, lambda: len(fixed.asked) > 0)
        before = row_of(app, "Near:")
        fixed.may.set()
        await until(pilot, lambda: "│" in screen_text(app).partition("Near:")[2])
        assert row_of(app, "Near:") == before
        assert [source for source, _ in fixed.asked] == [CODE]


async def test_the_source_of_a_diagram_that_was_not_seen_can_be_asked_for(home: Home) -> None:
    async with opened(home, f"{FENCE}\n\n" + "Words.\n\n" * 60 + BAD) as (app, pilot):
        view = app.chat.view
        await until(pilot, lambda: WHY in screen_text(app))
        view.select(view.messages[-1].id)
        await pilot.press("V")
        assert app.chat.drawing._diagrams.is_hidden(CODE)
        await pilot.press("ctrl+home")
        await until(pilot, lambda: "B -->|yes| C[Dashboard]" in screen_text(app))
        await pilot.press("V")
        await until(pilot, lambda: "B -->|yes| C[Dashboard]" not in screen_text(app))
        assert "Dashboard" in screen_text(app)
