"""Every row that is drawn knows the part of the source that it shows: laws for any text and any width."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.text.clean import clean
from chat_tui.resources import theme_files
from chat_tui.ui.theme.palette import load_palette
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.rows import StackedRows
from chat_tui.ui.transcript.selection import SourceMap
from chat_tui.ui.transcript.turn import RenderContext, Turn
from tests.torture import amount
from tests.ui.test_markdown import PIECES

PAINTER = Painter(load_palette(next(path for path in theme_files() if path.stem == "midnight")))
MORE = [
    *("*", "**", "~~", "\\*", "\\", "`", "|", "a|b", "\\|", "[1]", "&#x41;", "&#9;", "[^", "](", "\r\n", "\x1b[1m"),
    *("![image](https://x.example/y)", "<https://z.example/a_b>", "[bank.example](https://evil.example)", "<kbd>"),
    *("</kbd>", "> ", "   ", "    ", "9) nine\n", "> - ", "a long run of words that is wrapped ", "* * *\n\n"),
    "\n\n| a | b |\n|---|---|\n| words to wrap in a cell | more words that are wrapped beside them |\n\n",
    *("| a | b |\n|:--|--:|\n| 1 | `x` \\| y |\n", "x" * 90, "雪" * 50, "<sup>", "</sup>", "~", "_", "e\u0301"),
]
SOURCES = st.one_of(st.lists(st.sampled_from([*PIECES, *MORE]), max_size=25).map("".join), st.text(max_size=80))
WIDTHS = st.integers(8, 100)


def scene(width: int) -> RenderContext:
    return RenderContext(PAINTER, width, lambda key: key)


def drawn(message: Message, width: int, *, unfolded: bool = False) -> StackedRows:
    turn = Turn(message)
    turn.unfolded = unfolded
    rows = turn.draw(scene(width))
    while turn.is_behind:
        rows = turn.draw(scene(width))
    return rows


def answer(source: str) -> Message:
    return Message("m", None, Role.ASSISTANT, source)


def spans(rows: StackedRows) -> list[tuple[int, int]]:
    found = (rows.span(row) for row in range(len(rows)))
    return [span for span in found if span is not None]


def assert_covers(rows: StackedRows, length: int) -> None:
    """The rows show the source from its first character to its last, in order; side by side in a table."""
    found = spans(rows)
    if not found:
        return
    assert found[0][0] == 0
    assert found[-1][1] == length
    for (begin, end), (following, stop) in pairwise(found):
        assert (following, stop) == (begin, end) or following == end
        assert stop >= following


@given(SOURCES, WIDTHS)
@example("> -\n# Title\n", 8)
@example("| a | b |\n|---|---|\n| words to wrap in a cell | more words beside them |", 20)
def test_the_rows_of_any_markdown_cover_its_source_in_order(source: str, width: int) -> None:
    rows = drawn(answer(source), width)
    assert_covers(rows, len(clean(source)))
    for row in range(len(rows)):
        if (span := rows.span(row)) is not None and span[0] < span[1]:
            first = rows.row_at(span[0])
            assert rows.span(first) == span
            assert rows.span(first - 1) != span


@given(SOURCES, WIDTHS)
def test_all_rows_of_any_markdown_copy_as_its_source(source: str, width: int) -> None:
    message = answer(source)
    rows = drawn(message, width)
    if spans(rows):
        assert SourceMap(message, rows).excerpt((0, 0), (len(rows), 0)) == clean(source).strip("\n")


@given(SOURCES, WIDTHS)
def test_blocks_are_copied_as_they_were_written(source: str, width: int) -> None:
    message = answer(source)
    found = SourceMap(message, drawn(message, width))
    for one, other in pairwise(found.blocks):
        assert one.end <= other.begin
        assert one.bottom <= other.top
    for block in found.blocks:
        assert clean(source)[block.begin : block.end].strip("\n") == found.written([block])


@given(SOURCES, WIDTHS)
@example("<sup>text </sup>", 8)
def test_every_character_stands_where_it_says(source: str, width: int) -> None:
    source = clean(source)
    for leaf in PAINTER.markdown(source, width).leaves:
        for at, char in enumerate(leaf.text):
            if leaf.is_exact(at):
                written = source[leaf.source(at)]
                assert char == written or char in "₂²" or (char, written) == (" ", "\n"), (leaf.text, at)


@pytest.mark.parametrize(
    "source",
    [
        "a  \nb\nc \nd\\\ne",
        "**a*** b, ***c** d*, _e_f *g*",
        "~~a~~ b ~~~c~~ ~d",
        "`a` ``b ` c`` ` d\ne `f",
        "[a](https://x.example) b [c *d* e](<https://y.example> 't') f",
        "\\a \\* b &amp; c &#65; d <https://e.example> f",
        "x<sup>1</sup> <b>c</b> d<br>e <u>f",
        "$\\mine a_b$ c \\(\\mine d*h*\\) f $x^2$",
        "> a\n> b\nc\n> > d\n> e",
        "- a\n  b\n- [x] c\n\n      d\n  > e\n1. f",
        "### a ###\n\nb\nc\n===\n\n> ## d #\n> - e",
        "| a | `b \\| c` |\n|-|-|\n| d \\| e | f |\n g | h",
        "> | a | b |\n> |---|---|\n> | c | d |\n\n- | e | f |\n  |---|---|\n  | g | h |",
        "- ```\n  a\n   b\n  ```\n\n      c\n\n\td\te",
    ],
)
def test_letters_of_every_construct_stand_where_they_were_written(source: str) -> None:
    letters = {char for char in "abcdefgh" if source.count(char) == 1}
    found: dict[str, int] = {}
    for leaf in PAINTER.markdown(source, 80).leaves:
        exact = (at for at, char in enumerate(leaf.text) if char in letters and leaf.is_exact(at))
        found |= {leaf.text[at]: leaf.source(at) for at in exact}
    assert len(letters) > 2
    assert found == {char: source.index(char) for char in letters}


@pytest.mark.parametrize(("source", "star"), [("**a*** b", 5), ("***a** b", 0), ("a** b", 2), ("*a**b c", 3)])
def test_a_mark_that_is_left_over_stands_where_it_was_written(source: str, star: int) -> None:
    (leaf,) = PAINTER.markdown(source, 80).leaves
    places = [leaf.source(at) for at, char in enumerate(leaf.text) if char in "*~"]
    assert places
    assert places[-1] == star


def test_a_tab_is_copied_as_a_tab() -> None:
    source = "one\ttwo  \n\tthree\tfour and five"
    for role in (Role.ASSISTANT, Role.USER):
        message = Message("m", None, role, source)
        found = SourceMap(message, drawn(message, 40, unfolded=True))
        assert found.excerpt((1, 1), (1, 5)) == "ne\ttw"


@given(SOURCES, WIDTHS, st.integers(1, 12))
@example("See [1].\n\nMore.\n\n[1]: https://a.example\n", 40, 3)
@example("    indented\n# Title\n   \n# Title\n", 8, 1)
@example("So:\n\n$$\na\n\n= b\n$$\n\nEnd.\n\n$$\nnot closed\n\n- one\n", 40, 1)
def test_a_stream_is_drawn_as_the_whole_is(source: str, width: int, step: int) -> None:
    source = clean(source)
    message = answer("")
    turn, at = Turn(message), 0
    turn.is_live = True
    while at < len(source):
        at += step
        message.content = source[:at]
        assert_covers(turn.draw(scene(width)), len(message.content))
    turn.is_live = False
    rows, whole = turn.draw(scene(width)), drawn(answer(source), width)
    assert [row.text for row in rows[1:]] == [row.text for row in whole[1:]]
    assert spans(rows) == spans(whole)


@given(SOURCES, WIDTHS, st.sampled_from([Role.USER, Role.SYSTEM]))
def test_any_other_text_is_covered_and_copied_whole(source: str, width: int, role: Role) -> None:
    message = Message("m", None, role, source)
    rows = drawn(message, width, unfolded=True)
    if spans(rows):
        assert_covers(rows, len(clean(source)))
        assert SourceMap(message, rows).excerpt((0, 0), (len(rows), 0)) == clean(source).strip("\n")


@given(SOURCES.filter(lambda text: bool(text.strip() and clean(text).strip())), WIDTHS)
def test_reasoning_is_copied_whole(thought: str, width: int) -> None:
    message = Message("m", None, Role.ASSISTANT, "The *answer*.", reasoning=thought)
    rows = drawn(message, width, unfolded=True)
    copied = SourceMap(message, rows).excerpt((0, 0), (len(rows), 0))
    assert copied == f"{clean(thought).strip()}\n\nThe *answer*."


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=amount(20, 600))  # each draws and copies all rows of a text
@given(
    st.dictionaries(st.text(max_size=8), VALUES, max_size=5),
    WIDTHS,
    st.sampled_from([None, 1, 4]),
    st.integers(0, 3),
    st.booleans(),
)
def test_json_is_covered_and_copied_as_it_came(
    value: dict[str, object], width: int, indent: int | None, folded: int, is_fenced: bool
) -> None:
    source = json.dumps(value, indent=indent)
    content = f"```json\n{source}\n```" if is_fenced else source
    message = answer(content)
    message.status = Status.COMPLETE
    message.parameters = {"response_format": {"type": "json_object"}}
    turn = Turn(message)
    for _ in range(folded):
        assert turn.fold_json(-1)
    rows = turn.draw(scene(width))
    assert_covers(rows, len(content))
    found = SourceMap(message, rows)
    assert found.excerpt((0, 0), (len(rows), 0)) == content
    for row in range(1, len(rows)):
        copied = found.excerpt((row, 0), (row, width))
        assert copied in content
        lead = next((cell for cell, spot in enumerate(rows.spots(row)) if spot), 0)
        shown = rows[row].crop(lead).text.replace("┃", "").replace("↪", "")
        if rows.span(row) and "json" not in shown and not folded:
            assert "".join(copied.split()) == "".join(shown.split())


@pytest.mark.parametrize("width", [8, 80])
def test_a_source_of_which_nothing_is_drawn_has_no_rows(width: int) -> None:
    rows = drawn(answer("[1]: https://a.example\n"), width)
    assert spans(rows) == []
