"""Answers shaped to be slow: what is drawn of them at once is bounded, and no word of them is lost."""

from __future__ import annotations

import pytest

from chat_tui.ui.text.wrapping import wrap
from chat_tui.ui.transcript.body import MOST_BLOCKS
from chat_tui.ui.transcript.code import CodeRows
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.markdown.splitter import new_splitter
from chat_tui.ui.transcript.plain import PlainRows
from chat_tui.ui.transcript.turn import Turn
from tests.bombs import BOMBS
from tests.ui.test_conversation import answer, scene

SLICES = 200


def drawn_whole(turn: Turn) -> int:
    """Draws a turn to its end; how many slices that took."""
    for slices in range(1, SLICES):
        turn.draw(scene(96))
        if not turn.is_behind:
            return slices
    raise AssertionError("it never ends")


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_drawn_in_slices_and_mostly_not_at_all(name: str) -> None:
    turn = Turn(answer(BOMBS[name]()))
    drawn_whole(turn)
    rows = turn.rows(scene(96))
    eager = sum(len(part.rows) for part in rows.parts if not isinstance(part.rows, PlainRows | CodeRows))
    assert eager < 10 * MOST_BLOCKS, "rows that were drawn though nobody looks at them"
    for row in [*range(40), *range(len(rows) - 40, len(rows))]:
        assert rows[min(max(row, 0), len(rows) - 1)].cell_length <= 96


def test_the_first_slice_of_a_long_answer_shows_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    painted = 0
    original = Painter.markdown

    def counted(self: Painter, source: str, *args: object, **options: object) -> object:
        nonlocal painted
        painted += len(source)
        return original(self, source, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Painter, "markdown", counted)
    source = "".join(f"word{i} and *more*\n\n" for i in range(300))
    turn = Turn(answer(source))
    text = "\n".join(row.text for row in turn.draw(scene(96)))
    assert turn.is_behind
    assert painted < len(source) / 2
    assert all(f"word{i} " in text for i in range(300))
    drawn_whole(turn)
    text = "\n".join(row.text for row in turn.rows(scene(96)))
    assert "*more*" not in text
    assert all(f"word{i} " in text for i in range(300))


@pytest.mark.parametrize("source", [">" * 3_000 + " inside", "- " * 3_000 + "inside", "x" * 60_000, "雪" * 60_000])
def test_what_markdown_would_drop_is_shown_plain(source: str) -> None:
    turn = Turn(answer(source))
    drawn_whole(turn)
    text = "".join(row.text for row in list(turn.rows(scene(96)))[1:])
    assert text.replace(" ", "").startswith(source.replace(" ", ""))


@pytest.mark.parametrize(
    "line", ["x" * 500, "word " * 99, "雪山 and " * 40, "雪" * 300, "👩‍👩‍👧 x" * 30, "a" + " " * 300]
)
def test_wrapping_loses_nothing_but_spaces_and_keeps_the_width(line: str) -> None:
    from rich.cells import cell_len

    for width in (8, 20, 61):
        pieces = [line[begin:end] for begin, end in wrap(line, width)]
        assert "".join(pieces).replace(" ", "") == line.replace(" ", "")
        assert max(map(cell_len, pieces)) <= width


def test_a_splitter_never_parses_much_at_once() -> None:
    from chat_tui.ui.transcript.markdown.splitter import LONGEST, WINDOW, MarkdownSplitter

    parsed: list[int] = []
    splitter = new_splitter()
    original = splitter.parse
    splitter.parse = lambda source, env=None: (parsed.append(len(source)), original(source, env))[1]  # type: ignore
    growing, source = MarkdownSplitter(splitter), BOMBS["5 MB of prose"]()[:300_000]
    while growing.take(source, is_whole=True) is not None:
        pass
    assert growing.settled == len(source)
    assert max(parsed) <= max(WINDOW, LONGEST)
