"""Drawing Markdown: a stream looks like the whole, nothing is dropped, links are what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from chat_tui.resources import theme_files
from chat_tui.ui.theme.palette import load_palette
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.markdown.formulas import MOST_TRIED
from chat_tui.ui.transcript.markdown.splitter import MarkdownSplitter, new_parser, new_splitter, split_blocks

PAINTER = Painter(load_palette(next(path for path in theme_files() if path.stem == "midnight")))
PIECES = [
    *("# Title\n", "text ", "more text", "\n", "\n\n", "- item\n", "  - nested\n", "1. one\n", "- ", "\t", "~~~\n"),
    *(
        "```python\n",
        "```\n",
        "code()\n",
        "``` a ```",
        "`x`",
        "    indented\n",
        "> quote\n",
        "===\n",
        "---\n",
        "* * *\n",
    ),
    *("| a | b |\n", "|---|---|\n", "| 1 | 2 |\n", "<details>\n", "**bold**", "雪山", "👩‍👩‍👧", "$$x$$", "&amp;"),
    *("$$\n", "\\[\n", "\\]\n", "= x\n", "$$ "),
    *("<br>", "<b>", "</b>", "<sub>2</sub>", "<summary>", "</summary>", "</details>", "- [ ] task", "：**中"),
    *("[link](https://a.example)", "[1]: https://b.example\n"),
]
SOURCES = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def plain(source: str, width: int = 80) -> str:
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in PAINTER.markdown(source, width))


@given(SOURCES)
def test_blocks_are_the_whole_source_in_order(source: str) -> None:
    starts = [*split_blocks(new_parser(), source), len(source)]
    assert "".join(source[begin:end] for begin, end in zip(starts, starts[1:], strict=False)) == source


@given(st.text("\r\n#-| ab>`1.\x0b\x0c\x85\u2028", max_size=40))
def test_lines_end_in_any_way(source: str) -> None:
    starts = [*split_blocks(new_parser(), source), len(source)]
    assert "".join(source[begin:end] for begin, end in zip(starts, starts[1:], strict=False)) == source


def test_a_carriage_return_ends_a_line() -> None:
    assert split_blocks(new_parser(), "# a\r# b\r\n# c\n# d") == [0, 4, 9, 13]


@given(SOURCES, st.data())
def test_a_stream_is_split_as_the_whole_is(source: str, data: st.DataObject) -> None:
    growing, blocks, at = MarkdownSplitter(new_splitter()), [], 0
    while at < len(source):
        at += data.draw(st.integers(1, 9))
        while (block := growing.take(source[:at])) is not None:
            blocks.append(block)
        assert "".join(blocks) == source[: growing.settled]
    while (block := growing.take(source, is_whole=True)) is not None:
        blocks.append(block)
    assert "".join(blocks) == source
    starts = [*split_blocks(new_parser(), source), len(source)]
    whole = [source[a:b] for a, b in zip(starts, starts[1:], strict=False)]
    assert [text for each in blocks if (text := plain(each))] == [text for each in whole if (text := plain(each))]


@given(st.one_of(SOURCES, st.text(max_size=200)), st.integers(8, 100))
def test_any_source_is_drawn_within_its_width(source: str, width: int) -> None:
    for line in PAINTER.markdown(source, width):
        assert sum(cell_len(segment.text) for segment in line) <= width


def test_code_is_shown_to_the_letter() -> None:
    drawn = plain("```python\ndef f():\n\treturn  '[b]'  # ü\n```")
    assert drawn.split("\n") == ["┃ python", "┃ def f():", "┃     return  '[b]'  # ü"]


def test_an_unknown_language_is_shown_plain() -> None:
    assert plain("```no-such-language\nx = 1\n```").split("\n")[1] == "┃ x = 1"


def test_html_is_text_and_hides_nothing() -> None:
    html = "<span>x</span> <!-- y --> <script>z</script> <b onclick='q'>w</b>"
    assert plain(html) == html


@pytest.mark.parametrize(
    ("source", "drawn"),
    [
        ("one<br>two<BR/>\nthree<br>", "one\ntwo\nthree"),
        ("H<sub>2</sub>O, x<sup>n+1</sup>, x<sub>max</sub>", "H₂O, xⁿ⁺¹, xₘₐₓ"),
        ("x<sub>y</sub>, e<sup>**a** b</sup>", "x_y, e^(a b)"),
        ("<kbd>Ctrl</kbd>+<kbd>C</kbd>", "Ctrl+C"),
        ("<b>not closed, </i>nor opened", "<b>not closed, </i>nor opened"),
        ("<b>a <i>b</b> c</i>", "a <i>b c</i>"),
        ("`<br>` and <b>`</b>`</b>", "<br> and </b>"),
        ("```\n<br>\n```", "┃ <br>"),
        ("<details>\n<summary>More</summary>\n\nText\n\n</details>", "▾ More\n\nText\n\n▴"),
        ("<details open>\nText\n</details>", "▾\nText\n▴"),
    ],
)
def test_a_few_tags_are_drawn_as_what_they_mean(source: str, drawn: str) -> None:
    assert plain(source) == drawn


def styled(source: str) -> dict[str, str]:
    """The texts of a source that stand out, with how."""
    found = {}
    for line in PAINTER.markdown(source, 80):
        for segment in line:
            style = segment.style
            names = {"bold": style.bold, "italic": style.italic, "underline": style.underline} if style else {}
            if look := " ".join(name for name, is_so in names.items() if is_so):
                found[segment.text] = look
    return found


def test_tags_change_how_their_text_looks() -> None:
    source = "<b>bold</b> <i>leaning</i> <u>ruled</u> <b>**both**</b> *<b>mixed</b>* plain"
    looks = {"bold": "bold", "leaning": "italic", "ruled": "underline", "both": "bold", "mixed": "bold italic"}
    assert styled(source) == looks


@pytest.mark.parametrize(
    ("source", "bold"),
    [
        ("**注意：**中文", "注意："),
        ("**「引用」**です", "「引用」"),
        ("1. **“引号”**是重点", "“引号”"),
        ("这是**“引号”**。", "“引号”"),
        ("太郎は**(強調)**と言った", "(強調)"),
        ("**이 용어(This term)**를 강조해", "이 용어(This term)"),
        ("葛\U000e0100**(x)**と", "(x)"),
        ("“\ufe01**(x)**と", "(x)"),
        ("〜\ufe00**(x)**と", "(x)"),
        ("**$4** price", "$4"),
        ("现价**$4**元", "$4"),
        ("costs**$4** or **5$**/month", "$4"),
        ("from **5$** to 6$", "5$"),
    ],
)
def test_emphasis_beside_punctuation_of_chinese_japanese_and_korean(source: str, bold: str) -> None:
    assert styled(source).get(bold) == "bold"
    assert "*" not in plain(source)


@pytest.mark.parametrize("source", ["a**(b)**c", "2 ** 3 ** 4", "中文** 空格 **", "**。 ", 'a*"b"*c'])
def test_other_stars_stay_stars(source: str) -> None:
    assert plain(source) == source.rstrip()


def test_an_underscore_within_chinese_is_no_emphasis() -> None:
    assert plain("变量_名称_的值") == "变量_名称_的值"


def test_lists_keep_their_numbers_and_tasks_have_boxes() -> None:
    assert plain("9. nine\n1. ten\n\ntext\n\n3) three").split("\n") == [
        *(" 9. nine", "10. ten", "", "text", "", "3) three")
    ]
    assert plain("- [ ] open\n- [x] **done**\n- [X]\n- [ ]no").split("\n") == [
        *(" ☐ open", " ☑ done", " • [X]", " • [ ]no")
    ]
    assert plain("1. [x] first") == "1. ☑ first"


def test_a_cell_with_a_line_break_is_as_wide_as_its_longest_line() -> None:
    assert plain("| a | b |\n|---|---|\n| 采样温度<br>默认 | x |").split("\n") == [
        *("a         b", "───────────", "采样温度  x", "默认")
    ]


def test_an_image_is_named_and_never_fetched() -> None:
    assert plain("![a cat](http://x.example/cat.png)") == "[image: a cat] http://x.example/cat.png"


def test_line_breaks_are_kept() -> None:
    assert plain("Roses are red,\nviolets are blue") == "Roses are red,\nviolets are blue"


@pytest.mark.parametrize(
    "formula",
    [r"$\mine_{a}*b*c = 2\,x$", r"$$\mine\{x\}_1^2$$", r"\(\mine a_1 \\ *b*\)", "\\[\n\\mine{1}{2} \\\\\nx*y*\n\\]"],
)
def test_a_formula_that_is_not_drawn_is_shown_to_the_letter(formula: str) -> None:
    assert plain(f"So *now* {formula} is") == f"So now {formula} is"


def test_prices_are_no_formula() -> None:
    assert plain("It is $5 or *about* $6, \\$7 $ in all.") == "It is $5 or about $6, $7 $ in all."


def test_many_marks_that_open_no_formula_are_not_all_looked_after() -> None:
    env: dict[str, object] = {}
    PAINTER.parser.parse("\\(" * 1_000 + "$a " * 1_000, env)
    assert env["formulas tried"] == MOST_TRIED


def test_a_heading_is_done_when_there_is_text_below_it() -> None:
    growing = MarkdownSplitter(new_splitter())
    assert growing.take("# Title\n\n") is None
    assert growing.take("# Title\n\nTex") == "# Title\n\n"


def test_columns_of_a_table_line_up_in_chinese() -> None:
    rows = plain("| a | b |\n|---|---|\n| 雪山 | x |\n| yy | z |").split("\n")
    assert cell_len(rows[2].split("x")[0]) == cell_len(rows[3].split("z")[0])


def links(source: str) -> set[str]:
    return {
        segment.style.link
        for line in PAINTER.markdown(source, 80)
        for segment in line
        if segment.style and segment.style.link
    }


@pytest.mark.parametrize("target", ["https://a.example/x", "http://a.example", "mailto:a@b.example"])
def test_web_and_mail_are_links(target: str) -> None:
    assert links(f"[text](<{target}>)") == {target}


@pytest.mark.parametrize(
    "target",
    [
        "ssh://host",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "vscode://x",
        "/etc/passwd",
        "--flag",
        "//host/x",
        "#a",
    ],
)
def test_nothing_else_is_a_link(target: str) -> None:
    assert links(f"[text](<{target}>)") == set()
    assert "text" in plain(f"[text](<{target}>)")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("[https://bank.example](https://evil.example/x)", "https://bank.example (evil.example)"),
        ("[bank.example/login](https://evil.example)", "bank.example/login (evil.example)"),
        ("[here](https://user@evil.example)", "here (user@evil.example)"),
        ("[https://a.example/x](https://a.example/y)", "https://a.example/x"),
        ("[the docs](https://a.example)", "the docs"),
    ],
)
def test_a_link_that_misleads_says_where_it_leads(source: str, shown: str) -> None:
    assert plain(source) == shown


def test_themes_lie_where_the_program_finds_them() -> None:
    assert {path.stem for path in theme_files()} >= {"midnight", "daylight", "contrast"}
    assert all(isinstance(path, Path) for path in theme_files())


def test_blank_rows_set_apart_the_blocks_of_quotes_and_the_paragraphs_of_items() -> None:
    quote = "> # Title\n> One\n>\n> two\n>\n> ```\n> x\n> ```\n> [a]: https://a.example\n>\n> ## End"
    assert plain(quote).split("\n") == ["▎ Title", "▎ One", "▎", "▎ two", "▎", "▎ ┃ x", "▎", "▎ End"]
    items = "1. One\n\n   two\n\n   - three\n\n2. four"
    assert plain(items).split("\n") == ["1. One", "", "   two", "    • three", "2. four"]
