"""The Markdown file: front matter that any parser reads, every turn under its heading, no text swallowed."""

from __future__ import annotations

import json

import pytest
from markdown_it import MarkdownIt

from chat_tui.domain.conversation.message import Role, ToolRun, ToolState
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.exports.markdown import as_blocks, to_markdown
from tests.storage.conftest import a_thread
from tests.storage.exchange.conversations import full_thread


def _headings(source: str) -> list[str]:
    """The headings as a viewer sees them, one that takes HTML for HTML."""
    tokens = MarkdownIt("commonmark").parse(source)
    follow = zip(tokens, tokens[1:], strict=False)
    pairs = ((one.tag, two.children or []) for one, two in follow if one.type == "heading_open")
    return [f"{tag} {''.join(each.content for each in children)}" for tag, children in pairs]


def _body(source: str) -> str:
    return source.split("---\n", 2)[2]


def test_front_matter() -> None:
    _, front, _ = to_markdown(full_thread()).split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in front.splitlines())
    assert {name: json.loads(value) for name, value in fields.items()} == {
        "title": 'Towers: "東京" & <b>برج</b>',
        "id": "20261121-202700-k3f9",
        "created": "2026-11-21T20:27:00Z",
        "updated": full_thread().updated,
        "model": "modelmax/deepseek-v3.2",
        "tags": ["travel", "a: b"],
        "format": "chat-tui.markdown",
        "version": 1,
    }


def test_a_title_cannot_break_out_of_the_front_matter() -> None:
    title = 'a\n---\nb: \u2028\u0085\ufffe\x1b\U000e0041 \\ "'
    front = to_markdown(a_thread("Hi", title=title)).split("\n---\n")[0]
    assert front.count("\n") == 8
    assert all(each.isprintable() for each in front.replace("\n", ""))
    assert 'title: "a --- b: \\u2028' in front


def test_every_turn_has_its_heading_and_its_text() -> None:
    source = to_markdown(full_thread())
    assert _headings(_body(source)) == [
        'h1 Towers: "東京" & <b>برج</b>',
        "h2 System prompt",
        "h2 1. You",
        "h2 2. deepseek-v3.2 · modelmax",
        "h2 3. You",
        "h2 4. deepseek-v3.2 · modelmax",
        "h2 5. Tool",
        "h2 6. deepseek-v3.2 · modelmax",
        "h2 Draft, not sent",
        "h2 Other branches",
        "h3 7. small · work",
        "h3 8. You",
    ]
    for words in (
        "> Red, so:",
        "print('open')\n```\n",
        "connection broke",
        '{"of": "tower"}',
        "333 m",
        "The **Eiffel**",
    ):
        assert words in source
    assert "follows 1 · also in this place: 2" in source
    assert not set(source) & {"\x1b", "\x07", "\u202e"}


def test_images_are_in_the_file_or_named() -> None:
    source = to_markdown(full_thread())
    assert "![image](data:image/png;base64," in source
    assert "![image](http" not in source
    assert "[image, not shown here: <https://evil.example/seen.png>]" in source
    assert "1. <https://tower.example/a>" in source
    assert "javascript:alert(1)>" not in source


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("```\nopen", "```\nopen\n```"),
        ("~~~~py\n```\n~~~\nopen", "~~~~py\n```\n~~~\nopen\n~~~~"),
        ("````\n```\n````\nclosed", "````\n```\n````\nclosed"),
        ("`a` <b> `<c>` <https://x.example> 1 < 2", "`a` \\<b> `<c>` <https://x.example> 1 < 2"),
        ("<!-- swallow", "\\<!-- swallow"),
        ("``<b> ` <b>`` <b> ``` <b>", "``<b> ` <b>`` \\<b> ``` \\<b>"),
        ("\\`<b>\\`", "\\`\\<b>\\`"),
        ("\\<b> \\\\<b>", "\\<b> \\\\\\<b>"),
        ("![seen](https://evil.example/x.png) `![a](b)`", "\\![seen](https://evil.example/x.png) `![a](b)`"),
        ("```\n<b>\n```", "```\n<b>\n```"),
        ("``` not a `fence`\n<b>", "``` not a `fence`\n\\<b>"),
    ],
)
def test_text_that_would_swallow_what_follows(text: str, written: str) -> None:
    assert as_blocks(text) == written


def test_an_answer_that_is_cut_in_its_code_leaves_the_next_heading_alone() -> None:
    thread = a_thread("Code?", "Here:\n\n```c\nint main", "<!-- and", "<script>", "last")
    headings = _headings(_body(to_markdown(thread)))
    assert [each.split(".")[0] for each in headings[1:]] == [f"h2 {number}" for number in range(1, 6)]


def test_a_tools_text_may_hold_fences() -> None:
    thread = Thread()
    thread.add(Role.TOOL, "```\n````\n")
    assert "`````text\n```\n````\n`````" in to_markdown(thread)


def test_a_call_has_its_tool_and_its_end_in_the_heading() -> None:
    thread = Thread()
    for state in (ToolState.DONE, ToolState.REFUSED, ToolState.WAITING):
        thread.add(Role.TOOL, "12:00").tool_run = ToolRun("time", "now", state)
    text = to_markdown(thread)
    assert [line for line in text.split("\n") if line.startswith("## ")] == [
        f"## {number}. Tool · time:now" for number in (1, 2, 3)
    ]
    ends = [line.strip("*").split(" · ")[1:] for line in text.split("\n") if line.startswith("*2")]
    assert ends == [[], ["refused"], ["not run"]]


def test_sources_are_listed_with_their_titles_and_their_marks_lead_there() -> None:
    thread = a_thread("How?", "So [1], not `a[1]`.")
    answer = thread.branch()[-1]
    answer.model, answer.answered_by, answer.upstream_provider = "acme/auto", "big", "Foundry"
    answer.sources = [{"url": "https://a.example/x", "title": "*A*"}]
    text = to_markdown(thread)
    assert r"So [\[1\]](<https://a.example/x>), not `a[1]`." in text
    assert r"1. [\*A\*](<https://a.example/x>)" in text
    assert "2. auto → big · acme · Foundry" in text


@pytest.mark.parametrize(
    "text",
    [
        "[a](ssh://evil)", "[a](--flag)", "[a](\\\\host\\share)", "[a]( <smb://x/y> )", "[a](/etc/passwd)",
        "[a](&#115;sh://e)",
        "[a](\nssh://evil)", "[a][b]\n\n[b]: ssh://evil", "[b]\n\n> [b]:\n> vscode://x", "![a](ssh://evil)",
        "[a](//host)",
        "[a](https://b\u00fc.example)", "text\n    [a](ssh://evil)", "- one\n\n    [a](ssh://evil)", 
        "[a](#x)", "<ssh://evil>",
    ],
)  # fmt: skip
def test_a_link_that_is_none_of_the_web_is_text(text: str) -> None:
    parser = MarkdownIt("commonmark")
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    assert "<a " in parser.render(text) or "<img" in parser.render(text) or "\u00fc" in text
    drawn = parser.render(as_blocks(text))
    assert "<a " not in drawn
    assert "<img" not in drawn


def test_links_of_the_web_and_code_stay_as_they_are() -> None:
    for text in (
        "[a](https://b.example/c_(d) \"title\")", "[a](<mailto:a@b.example>)", "[a][b]\n\n[b]: http://b.example",
        "`[a](ssh://b)`", "    [a](ssh://b)\n\n    more", "```\n[a](ssh://b)\n```",
    ):  # fmt: skip
        assert as_blocks(text) == text
