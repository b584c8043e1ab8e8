"""Rows of plain text: nothing is lost where a line is cut, and every row is found again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from chat_tui.ui.text.wrapping import wrap
from chat_tui.ui.transcript.plain import CHUNK, PlainRows, TextStyle
from tests.torture import amount

STYLE = Style()
PLAIN = TextStyle(STYLE)
HANGING = TextStyle(STYLE, Segment("┃ "), Segment("↪ "))
PIECES = [
    "word",
    "  ",
    "    ",
    "\n",
    "\t",
    "雪山",
    "，",
    "（",
    "”",
    "x" * 30,
    "🙂",
    "한글",
    " ",
    "a" * CHUNK,
    "山" * CHUNK,
]
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=20).map("".join).filter(str.strip)


def unwrapped(shift: int) -> TextStyle:
    return TextStyle(STYLE, Segment("┃ "), Segment("↪ "), shift)


@settings(max_examples=amount(15, 300))  # thousands of rows each
@given(TEXTS, st.integers(12, 60), st.sampled_from([PLAIN, HANGING]))
def test_rows_hold_all_of_the_text_within_the_width(text: str, width: int, looks: TextStyle) -> None:
    rows = PlainRows(text, width, looks)
    shown = ""
    for number, row in enumerate(rows):
        assert cell_len(row.text) <= width
        begin = rows.offset_at(number)
        places = [spot.start for spot in rows.spots(number) if spot]
        assert places == sorted(places)
        assert not places or places[0] == begin
        drawn = without_spaces("".join(text[at] for at in dict.fromkeys(places)))
        assert without_spaces(row.text).lstrip("┃↪") == drawn
        shown += drawn
        assert without_spaces(text[begin : places[-1] + 1] if places else "") == drawn
    assert shown == without_spaces(text)


def without_spaces(text: str) -> str:
    return "".join(text.split())


@given(TEXTS, st.integers(12, 60), st.sampled_from([PLAIN, HANGING, unwrapped(3)]), st.data())
def test_a_row_begins_where_it_is_found(text: str, width: int, looks: TextStyle, data: st.DataObject) -> None:
    rows = PlainRows(text, width, looks)
    row = data.draw(st.integers(0, len(rows) - 1))
    assert rows.row_at(rows.offset_at(row)) == row


@given(TEXTS, st.integers(3, 40))
def test_text_that_grows_has_the_rows_of_the_whole(text: str, step: int) -> None:
    rows = PlainRows(text[:1], 40, HANGING)
    for end in range(1, len(text), step * 100):
        rows = rows.grown(text[:end])
    assert [row.text for row in rows.grown(text)] == [row.text for row in PlainRows(text, 40, HANGING)]


@pytest.mark.parametrize("length", [10, CHUNK * 3])
def test_a_line_that_is_not_wrapped_is_one_row(length: int) -> None:
    rows = PlainRows("short\n" + "0123456789" * (length // 10) + "\n雪山石\nend\n\n  x", 12, unwrapped(3))
    digits = "┃‹345678901›" if length > 10 else "┃‹3456789"
    assert [row.text for row in rows] == ["┃‹rt", digits, "┃‹ 石", "┃‹", "┃ ", "┃‹"]


@pytest.mark.parametrize(
    ("line", "width", "rows"),
    [
        ("中文标点不在行首，也不在行末。", 16, ["中文标点不在行", "首，也不在行末。"]),
        ("他说（不是“我”）好", 8, ["他说（不", "是“我”）", "好"]),
        ("对应H₂O与README.md文件", 12, ["对应H₂O与", "README.md文", "件"]),
        ("一家人👩‍👩‍👧在这里🇩🇪旗", 10, ["一家人", "👩‍👩‍👧在", "这里🇩🇪旗"]),
        ("かなか゚は゛ば", 6, ["かな", "か゚は", "゛ば"]),
        ("plain words only", 8, ["plain", "words", "only"]),
    ],
)
def test_rows_end_where_a_reader_of_chinese_expects_it(line: str, width: int, rows: list[str]) -> None:
    assert [line[begin:end] for begin, end in wrap(line, width)] == rows


def test_the_end_of_a_long_line_takes_the_rows_that_its_indent_leaves() -> None:
    rows = PlainRows("    " + "a" * (CHUNK + 1), 12, HANGING)
    assert sum(spot is not None for row in range(len(rows)) for spot in rows.spots(row)) == CHUNK + 5
    assert [row.text for row in rows[-2:]] == ["┃     ↪ aaaa", "┃     ↪ a"]
