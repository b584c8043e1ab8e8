"""The page: everything is on it, nothing in it acts, and nothing is loaded from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.exports.html import to_html
from tests.storage.conftest import a_thread
from tests.storage.exchange.conversations import HOSTILE, full_thread
from tests.storage.test_codec import threads

ELEMENTS = frozenset(
    """
    html head meta title style body main h1 h2 h3 h4 h5 h6 p span a article header div details summary pre code ol ul li
    em strong s br hr blockquote table thead tbody tr th td img
    """.split()  # noqa: SIM905 - forty words, not forty lines
)
ATTRIBUTES = frozenset(
    "lang charset http-equiv content name class id dir href rel src alt open start style title".split()  # noqa: SIM905
)


class Page(HTMLParser):
    """What a browser would see: elements, the text between them, the addresses."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.images: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "href":
                self.links.append(value or "")
            elif name == "src":
                self.images.append(value or "")
        if tag not in ("meta", "img", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


def _is_harmless(page: Page) -> None:
    assert page.elements <= ELEMENTS
    assert page.attributes <= ATTRIBUTES
    assert all(each.startswith("data:image/") for each in page.images)
    assert all(each.startswith(("#turn-", "https://", "http://", "mailto:")) for each in page.links)
    assert page.open == []
    assert not set(page.text) & {"\x1b", "\x07", "\u202e"}


def test_everything_is_on_the_page() -> None:
    page = Page(to_html(full_thread()))
    for words in (
        'Towers: "東京" & <b>برج</b>',
        "Be terse.",
        "Which tower is *this*? <b>bold</b>",
        "deepseek-v3.2",
        "modelmax",
        "Red, so:",
        "東京タワーです。",
        "print('open')",
        "interrupted: the answer is not complete",
        "The connection broke. Try again.",
        "كم يبلغ ارتفاعه؟",
        '{"of": "tower"}',
        "333 m",
        "What about",
        "The Eiffel tower.",
        "Really?",
        "2026-11-21 20:27 UTC",
        "follows turn 1",
        "also in this place: turn 7",
    ):
        assert words in page.text, words
    assert len(page.images) == 1


def test_nothing_in_the_page_acts() -> None:
    source = to_html(full_thread())
    page = Page(source)
    _is_harmless(page)
    assert "<script>alert(1)</script>" in page.text
    assert "[ssh](ssh://evil)" in page.text  # what is no link stays to be read
    assert [each for each in page.links if "javascript" in each.lower() or each.startswith("ssh")] == []
    assert "https://evil.example/b.png" in page.links  # a link that asks nobody until it is followed
    assert "default-src 'none'; img-src data:;" in source
    assert "url(" not in source
    assert "@import" not in source


@pytest.mark.parametrize("role", list(Role))
def test_no_place_of_a_thread_lets_markup_through(role: Role) -> None:
    thread = Thread(id=HOSTILE, title=HOSTILE, tags=[HOSTILE], system_prompt=HOSTILE, draft=HOSTILE, model=HOSTILE)
    message = thread.add(role, HOSTILE)
    message.model = message.reasoning = message.created = message.finish_reason = HOSTILE
    message.parts = [{"type": HOSTILE, "image_url": {"url": HOSTILE}}, {"type": "text", "text": HOSTILE}]
    message.tool_calls = [{"function": {"name": HOSTILE, "arguments": HOSTILE}}, {"function": 3}]
    message.extra = {"citations": [HOSTILE, f"https://x/{HOSTILE}"], "images": [HOSTILE, {"image_url": HOSTILE}]}
    _is_harmless(Page(to_html(thread)))


@given(threads)
def test_any_thread_makes_a_harmless_page(thread: Thread) -> None:
    _is_harmless(Page(to_html(thread)))


def test_a_very_long_text_is_shown_as_it_is() -> None:
    page = Page(to_html(a_thread("x", "**bold** " * 30_000)))
    assert "strong" not in page.elements
    assert page.text.count("**bold**") == 30_000


def test_sources_are_listed_with_their_titles_and_their_marks_lead_there() -> None:
    thread = a_thread("How?", "So [1], not `a[1]`.")
    answer = thread.branch()[-1]
    answer.sources = [{"url": "https://a.example/x", "title": "<A>"}]
    page = to_html(thread)
    assert '<a href="https://a.example/x" rel="noreferrer noopener">[1]</a>, not <code>a[1]</code>' in page
    assert '<li>&lt;A&gt; <a href="https://a.example/x"' in page
