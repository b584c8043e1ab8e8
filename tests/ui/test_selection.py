"""What is copied equals the source, whatever the width: no wrap, no rule, no padding comes along."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.ui.theme.palette import DEFAULT_THEME, load_palettes
from chat_tui.ui.transcript.body import MOST_BLOCKS
from chat_tui.ui.transcript.extract import excerpt_of, last_block, table_tsv
from chat_tui.ui.transcript.leaf import Leaf
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.selection import Block, SourceMap
from chat_tui.ui.transcript.turn import RenderContext, Turn

WIDTHS = (36, 76, 96)
PARAGRAPH = (
    "A paragraph that is **long** enough to be wrapped at every width, with `code`, a [link](https://example.org/a) "
    "and  two spaces; it goes on for a while so that even a wide terminal must break it somewhere in the middle."
)
CHINESE = "中文段落不在词之间使用空格，所以换行的时候不能加上空格或者换行符。" * 4 + "混合 English 单词也一样。"
EMOJI = "Families 👩‍👩‍👧 and flags 🇩🇪, e\u0301 and 👍🏽 thumbs, " * 4
LIST = (
    "- one item that is long enough to be wrapped when the terminal is narrow, as this one is\n- **two**\n  1. nested"
)
QUOTE = "> quoted words that are long enough to be wrapped when the terminal is narrow, as this one is\n> and more"
CODE = "def f(x):\n\treturn x  # tab   \n\n\n    y = '" + "long " * 30 + "'  \nif x:  \n        pass\n"
TABLE = "| Name | Value |\n|:-----|------:|\n| **one** | 1 |\n| two words | a value that is wrapped when it is narrow |"
BLOCKS = [
    "# A heading",
    PARAGRAPH,
    CHINESE,
    EMOJI.rstrip(),
    LIST,
    QUOTE,
    f"```python\n{CODE}```",
    TABLE,
    "first line\nsecond line",
    "- [x] **done：**好\n- [ ] an open task with more words than there is room for in the narrow terminal",
    "9. nine\n10. ten",
    "| a | b |\n|---|---|\n| H<sub>2</sub>O | one<br>two **“三”**是 |",
    "<details>\n<summary>**More：**以及</summary>",
    "A <kbd>key</kbd>,<br>x<sup>2</sup> and <b>**“bold”**字</b>, `<br>` or <span>other</span> words",
    "</details>",
    "---",
    "The end.",
]
SOURCE = "\n\n".join(BLOCKS) + "\n"
ROLES = (Role.ASSISTANT, Role.USER)


@pytest.fixture(scope="module")
def painter() -> Painter:
    return Painter(load_palettes([Path(__file__).parents[2] / "themes"])[0][DEFAULT_THEME])


def tsv(found: SourceMap, block: Block) -> str:
    (table,) = excerpt_of(found, [block]).tables
    return table_tsv(table)


def mapped(painter: Painter, width: int, content: str, role: Role = Role.ASSISTANT, reasoning: str = "") -> SourceMap:
    turn = Turn(Message("m", None, role, content, reasoning=reasoning))
    turn.unfolded = bool(reasoning) or role is Role.USER
    return whole(painter, width, turn)


def whole(painter: Painter, width: int, turn: Turn) -> SourceMap:
    scene = RenderContext(painter, width, lambda key: key)
    turn.draw(scene)
    while turn.is_behind:
        turn.draw(scene)
    return SourceMap(turn.message, turn.rows(scene))


def leaves(found: SourceMap) -> list[Leaf]:
    spots = (spot for row in range(300) for spot in found.spots(row) if spot)
    return list({id(spot.leaf): spot.leaf for spot in spots}.values())


@pytest.mark.parametrize("width", WIDTHS)
def test_every_block_of_rows_copies_as_its_source(painter: Painter, width: int) -> None:
    found = mapped(painter, width, SOURCE)
    assert len(found.blocks) == len(BLOCKS)
    for block, source in zip(found.blocks, BLOCKS, strict=True):
        expected = CODE.removesuffix("\n") if block.kind == "fence" else source
        assert excerpt_of(found, [block]).text == expected
        if block.kind != "hr":
            assert found.excerpt((block.top, 0), (block.bottom - 1, width)) == expected


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("role", ROLES)
def test_all_rows_copy_as_the_whole_message(painter: Painter, width: int, role: Role) -> None:
    found = mapped(painter, width, SOURCE, role)
    assert found.excerpt((0, 0), (10_000, 0)) == SOURCE.rstrip("\n")
    if role is Role.ASSISTANT:
        assert excerpt_of(found, found.blocks).text == SOURCE.rstrip("\n")


def test_of_a_folded_prompt_what_is_shown_is_copied(painter: Painter) -> None:
    text = "\n".join(f"line {number}" for number in range(100))
    turn = Turn(Message("m", None, Role.USER, text))
    found = whole(painter, 80, turn)
    copied = found.excerpt((0, 0), (10_000, 0))
    assert copied == "\n".join(text.split("\n")[: len(copied.split("\n"))])
    assert len(copied.split("\n")) >= 10


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("role", ROLES)
def test_no_selection_has_a_line_break_that_the_source_has_not(painter: Painter, width: int, role: Role) -> None:
    found = mapped(painter, width, SOURCE, role)
    lines = [*SOURCE.split("\n"), *(line for leaf in leaves(found) for line in leaf.text.split("\n"))]
    dice = random.Random(width)
    rows = [row for row in range(300) if found.spots(row)]
    for _ in range(400):
        start, end = sorted((dice.choice(rows), dice.randrange(width)) for _ in range(2))
        copied = found.excerpt(start, end).split("\n")
        if len(copied) == 1:
            assert any(copied[0] in line for line in lines), (start, end)
            continue
        assert any(line.endswith(copied[0]) for line in lines), (start, end)
        assert all(line in lines for line in copied[1:-1]), (start, end)
        assert any(line.startswith(copied[-1]) for line in lines), (start, end)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("text", [PARAGRAPH, CHINESE, EMOJI])
def test_a_selection_inside_a_wrapped_paragraph_is_the_text_between(painter: Painter, width: int, text: str) -> None:
    found = mapped(painter, width, f"Before.\n\n{text}\n\nAfter.")
    block = found.blocks[1]
    row = found.spots(block.top)
    assert row[0] is not None
    plain = row[0].leaf.text
    first = next(i for i, spot in enumerate(row) if spot and spot.start >= 3)
    copied = found.excerpt((block.top, first), (block.bottom - 1, 2))
    assert copied
    assert copied in plain
    assert "\n" not in copied
    assert plain.index(copied) == 3


def test_clusters_are_never_cut(painter: Painter) -> None:
    found = mapped(painter, 76, "a👩‍👩‍👧b e\u0301x")
    row = found.spots(1)
    assert found.excerpt((1, 1), (1, 1)) == "👩‍👩‍👧"
    at = next(i for i, spot in enumerate(row) if spot and spot.leaf.text[spot.start] == "e")
    assert found.excerpt((1, at), (1, at)) == "e\u0301"


def test_code_is_copied_byte_for_byte_from_the_middle_of_a_line(painter: Painter) -> None:
    found = mapped(painter, 76, "```\nab\n\n  cd  \nef\n```")
    top = found.blocks[0].top
    assert found.excerpt((top + 1, 3), (top + 4, 2)) == "b\n\n  cd  \ne"
    assert found.excerpt((top + 1, 0), (top + 2, 9)) == "ab"


def test_rows_of_a_table_come_with_its_head_and_a_cell_alone(painter: Painter) -> None:
    found = mapped(painter, 76, f"Text\n\n{TABLE}\n\nMore")
    top = found.blocks[1].top
    lines = TABLE.split("\n")
    assert found.excerpt((top + 3, 0), (top + 3, 70)) == "\n".join([*lines[:2], lines[3]])
    assert found.excerpt((top + 2, 0), (top + 2, 1)) == "on"
    assert found.excerpt((top + 3, 0), (found.blocks[2].top, 1)) == "\n".join([*lines[:2], lines[3], "", "Mo"])
    expected = "Name\tValue\none\t1\ntwo words\ta value that is wrapped when it is narrow"
    assert tsv(found, found.blocks[1]) == expected


def test_reasoning_is_copied_without_its_rule(painter: Painter) -> None:
    thought = "Let me think about this for so long that the line must be wrapped.\n\nThen more."
    found = mapped(painter, 36, "The answer.", reasoning=thought)
    assert found.excerpt((2, 0), (6, 1)).startswith(thought[:66])
    assert found.excerpt((0, 0), (99, 0)) == f"{thought}\n\nThe answer."


@pytest.mark.parametrize("end", ["```py\n" + "x = 1\n" * 20, "```py\nx = 1", "And the last wo"])
def test_an_answer_that_is_coming_is_copied_without_its_cursor(painter: Painter, end: str) -> None:
    turn = Turn(Message("m", None, Role.ASSISTANT, f"Done.\n\n{end}"))
    turn.is_live = True
    found = whole(painter, 76, turn)
    assert found.excerpt((0, 0), (99, 0)) == turn.message.content.rstrip("\n")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shift", [None, 3, 90])
def test_code_with_long_lines_is_copied_byte_for_byte(painter: Painter, width: int, shift: int | None) -> None:
    code = "\n".join(
        [
            "x = 1",
            "    # " + "这是注释，" * 40,
            "\tf(" + "a, b" * 40 + ")  ",
            "1," * 3_000,
            "雪" * 3_000,
            "",
            "end" * 40,
        ]
    )
    painter.code_styles.shift = shift
    try:
        found = mapped(painter, width, f"Before.\n\n```python\n{code}\n```\n\nAfter.")
    finally:
        painter.code_styles.shift = None
    block = found.blocks[1]
    assert excerpt_of(found, [block]).text == code
    if shift is None:
        assert found.excerpt((block.top, 0), (block.bottom - 1, width)) == code
        assert found.excerpt((block.top + 1, 2), (block.bottom - 1, 4)).startswith("x = 1\n    # 这是")
    else:
        middle = code.split("\n")
        copied = found.excerpt((block.top + 2, 2), (block.top + 5, 6)).split("\n")
        assert copied[1:-1] == middle[2:4]
        assert middle[1].endswith(copied[0])
        assert middle[4].startswith(copied[-1])


def test_a_running_thought_is_copied_as_far_as_it_is_shown(painter: Painter) -> None:
    thought = "\n".join(f"这是第 {number} 个想法，" + "还有更多的话要说。" * 5 for number in range(20))
    turn = Turn(Message("m", None, Role.ASSISTANT, "", reasoning=thought))
    turn.is_live = True
    found = whole(painter, 40, turn)
    copied = found.excerpt((0, 0), (99, 0))
    assert len(copied) > 30
    assert thought.endswith(copied)


@pytest.mark.parametrize("width", WIDTHS)
def test_chinese_reasoning_is_copied_whole(painter: Painter, width: int) -> None:
    thought = "先看 README.md 里的说明，" * 30 + "\n\n" + "然后（再）想。" * 200
    found = mapped(painter, width, "好。", reasoning=thought)
    assert found.excerpt((0, 0), (999, 0)) == f"{thought}\n\n好。"


JSON = '{"name":"Ada", "tags":["x","y"],\n "nested":{"a":[1.50,2e3,null]}, "empty":{}, "text":"two  words \\" \\u00e9"}'
LONG_TABLE = "| Number | Square |\n|---|---:|\n" + "".join(f"| **{i}** | {i * i} |\n" for i in range(400))
LINKS = "".join(f"- [Page {i}](https://pages.example/{i}?a=1&b=*{i}*) and *more*\n" for i in range(300))
LONG_PARAGRAPH = ("Words of *one* paragraph, `which` has 雪 in it and \\* more. " * 800)[:40_000].strip()
LONG_LINE = 'x = """' + "".join(f"{i}, " for i in range(900)) + '"""\n\tif y:  \n'
MANY = "".join(f"Paragraph *{i}*.\n\n" for i in range(MOST_BLOCKS))
BEHIND = f"# Behind\n\n```python\n{CODE}```\n\n{TABLE}\n\nThe *last* words."
LARGE = {
    "a table of 400 rows": LONG_TABLE.rstrip("\n"),
    "a list of 300 links": LINKS.rstrip("\n"),
    "a paragraph of 40,000 characters": LONG_PARAGRAPH,
    "a fence with a line of 4,000 characters": f"```python\n{LONG_LINE}```",
    "JSON": JSON,
}


def large(painter: Painter, width: int, content: str, *, is_json: bool = False) -> SourceMap:
    message = Message("m", None, Role.ASSISTANT, content, status=Status.COMPLETE)
    if is_json:
        message.parameters = {"response_format": {"type": "json_object"}}
    return whole(painter, width, Turn(message))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", LARGE)
def test_what_is_too_large_for_markdown_is_copied_as_it_was_written(painter: Painter, width: int, name: str) -> None:
    content = LARGE[name]
    found = large(painter, width, content, is_json=name == "JSON")
    assert found.excerpt((0, 0), (100_000, 0)) == content
    (block,) = found.blocks
    assert found.written([block]) == content
    if content.startswith("```"):
        assert excerpt_of(found, [block]).text == LONG_LINE.removesuffix("\n")
        assert found.excerpt((block.top, 0), (block.bottom - 1, width)) == LONG_LINE.removesuffix("\n")
    else:
        assert excerpt_of(found, [block]).text == content
    assert last_block(found, "code") == (block if name == "JSON" or content.startswith("```") else None)
    assert last_block(found, "table_open") == (block if "table" in name else None)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", LARGE)
def test_of_a_large_block_any_rows_are_copied_as_they_were_written(painter: Painter, width: int, name: str) -> None:
    content = LARGE[name]
    found = large(painter, width, content, is_json=name == "JSON")
    (block,) = found.blocks
    dice = random.Random(width)
    places = [
        (row, cell) for row in range(block.top, block.bottom) for cell, spot in enumerate(found.spots(row)) if spot
    ]
    for _ in range(100):
        start, end = sorted(dice.sample(places, 2))
        copied = found.excerpt(start, end)
        assert copied
        assert copied in content


def test_long_tables_are_copied_with_tabs_too(painter: Painter) -> None:
    found = large(painter, 76, LONG_TABLE)
    rows = tsv(found, found.blocks[0]).split("\n")
    assert rows == ["Number\tSquare", *(f"{i}\t{i * i}" for i in range(400))]


def test_json_is_written_to_a_file_of_its_own_kind(painter: Painter) -> None:
    found = large(painter, 76, JSON, is_json=True)
    assert excerpt_of(found, found.blocks).file_name == "snippet.json"
    row = next(
        row for row in range(40) if '"x"' in "".join(spot.leaf.text[spot.start] for spot in found.spots(row) if spot)
    )
    assert found.excerpt((row, 0), (row + 1, 70)) == '"x","y"'


@pytest.mark.parametrize("width", WIDTHS)
def test_what_stands_behind_the_last_block_that_is_drawn_is_copied(painter: Painter, width: int) -> None:
    found = large(painter, width, MANY + BEHIND)
    assert found.excerpt((0, 0), (100_000, 0)) == MANY + BEHIND
    behind = found.blocks[MOST_BLOCKS:]
    assert [block.kind for block in behind] == ["paragraph_open", "fence", "table_open", "paragraph_open"]
    assert [excerpt_of(found, [block]).text for block in behind] == [
        "# Behind",
        CODE.removesuffix("\n"),
        TABLE,
        "The *last* words.",
    ]
    assert found.written(behind) == BEHIND
    assert last_block(found, "code") == behind[1]
    assert tsv(found, behind[2]).startswith("Name\tValue\none\t1\n")
    code = behind[1]
    assert found.excerpt((code.top, 0), (code.bottom - 1, width)) == f"```python\n{CODE}```"
    first, last = behind[0], behind[-1]
    assert found.excerpt((first.top, 0), (last.bottom - 1, width)) == BEHIND
    assert found.block_at(last.top) == last


def test_a_rule_alone_is_copied_and_a_blank_row_is_not(painter: Painter) -> None:
    found = mapped(painter, 40, "one\n\n* * *\n\ntwo")
    assert found.excerpt((3, 0), (3, 40)) == "* * *"
    assert found.excerpt((2, 0), (2, 40)) == ""
    assert found.excerpt((2, 0), (5, 40)) == "* * *\n\ntwo"
    assert found.excerpt((1, 1), (3, 10)) == "ne\n\n* * *"


def test_definitions_that_no_row_shows_come_with_what_is_around_them(painter: Painter) -> None:
    source = "[0]: https://z.example\n\n# Title\n[1]: https://a.example\n\nSee [a][1].\n\n[2]: https://b.example\n"
    found = mapped(painter, 40, source)
    assert found.written(found.blocks) == source.rstrip("\n")
    assert found.excerpt((0, 0), (99, 0)) == source.rstrip("\n")
    first, last = found.blocks
    assert found.excerpt((first.top, 0), (last.top, 4)) == "# Title\n[1]: https://a.example\n\nSee a"
