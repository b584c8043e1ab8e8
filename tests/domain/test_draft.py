"""A prompt with chips: what is sent of it, what is kept, what comes back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.domain.conversation.draft import (
    CHIPS,
    FOLD_CHARACTERS,
    FOLD_LINES,
    Attachment,
    Draft,
    InputPiece,
    Paste,
    folded,
    images_of,
    is_long,
    mentions,
    split_files,
)
from chat_tui.domain.conversation.history_cursor import HistoryCursor
from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.models.model import Model, ModelRef
from chat_tui.domain.text.fence import fenced

NOTES = Attachment("notes.md", "/home/me/notes.md", 6, block=fenced("# Hi\n", "md notes.md"))
PICTURE = Attachment("a b.png", '/home/me/"a b.png', 3, url="data:image/png;base64,AAAA")


@pytest.mark.parametrize(
    ("before", "now", "since"),
    [
        ((), (), ()),
        ((), ("ab",), ("ab",)),
        (("ab",), ("ab",), ()),
        (("ab",), ("abc",), ("c",)),
        (("ab",), ("ab", NOTES, "c"), (NOTES, "c")),
        ((NOTES, "a"), (NOTES, "ab", PICTURE), ("b", PICTURE)),
        ((NOTES,), (NOTES, "b"), ("b",)),
        (("ab",), ("xab",), ()),
        (("ab",), ("",), ()),
        (("ab",), (), ()),
        ((NOTES, "a"), (PICTURE, "ab"), ()),
        ((NOTES,), (PICTURE,), ()),
        (("a", NOTES), ("ab",), ()),
    ],
)
def test_what_was_written_at_the_end_since(
    before: tuple[InputPiece, ...], now: tuple[InputPiece, ...], since: tuple[InputPiece, ...]
) -> None:
    assert Draft(now).since(Draft(before)) == Draft(since)


def test_an_attachment_is_named_in_its_line_and_stands_below() -> None:
    draft = Draft(("Look at ", NOTES, ", please.\nAnd ", Paste("x\ny"), "\n", PICTURE))
    assert draft.text == "Look at notes.md, please.\nAnd x\ny\n\n```md notes.md\n# Hi\n```"
    assert draft.parts == [
        {"type": "text", "text": draft.text},
        {"type": "image_url", "image_url": {"url": PICTURE.url}},
    ]
    assert Draft(("Look at ", NOTES)).parts is None, "text alone is a plain string"


def test_attachments_alone_are_named_so_that_the_thread_has_a_title() -> None:
    assert Draft((PICTURE,)).text == "a b.png"
    assert Draft((NOTES, "\n")).text == "notes.md\n\n```md notes.md\n# Hi\n```"


def test_what_is_kept_names_the_file_and_has_the_paste_whole() -> None:
    stored = Draft(("See ", PICTURE, " and ", Paste("long\ntext"))).stored
    assert stored == 'See @"/home/me/\\"a b.png" and long\ntext'
    ((start, end, path),) = mentions(stored)
    assert (stored[start:end], path) == ('@"/home/me/\\"a b.png"', PICTURE.path)
    assert mentions('mail me@"x" or @plain') == []


@given(st.text(st.characters(codec="utf-8"), max_size=50), st.integers(0, 400), st.text("ab\n", max_size=300))
def test_a_stored_draft_comes_back_as_it_was_however_it_is_folded(start: str, lines: int, end: str) -> None:
    stored = start + "line of text\n" * lines + end
    draft = Draft.of_stored(stored)
    assert (draft.stored, draft.text) == (stored, Draft.of(stored).text)
    if lines > 10 * FOLD_LINES:
        assert any(isinstance(each, Paste) for each in draft.pieces)


def test_the_lines_around_a_long_draft_stay_readable() -> None:
    draft = Draft.of_stored("Why does this fail?\n" + "log\n" * 300 + "Be short.")
    assert draft.pieces == ("Why does this fail?\n", Paste("log\n" * 299 + "log"), "\nBe short.")


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("x\n" * FOLD_LINES, True),
        ("x\n" * (FOLD_LINES - 1), False),
        ("x" * (FOLD_CHARACTERS + 1), True),
        ("x" * FOLD_CHARACTERS, False),
    ],
)
def test_what_is_long(text: str, long: bool) -> None:
    assert is_long(text) is long


def test_a_sent_prompt_is_taken_apart_again() -> None:
    other = Attachment("a.py", "", 0, block=fenced("```md x\n\n```\ncode", "py a.py"))
    draft = Draft(("Compare ", NOTES, " with\n\n```py\nown = 1\n```\n\nand ", other))
    text, files = split_files(draft.text)
    assert text == "Compare notes.md with\n\n```py\nown = 1\n```\n\nand a.py"
    assert [(each.name, each.block) for each in files] == [("notes.md", NOTES.block), ("a.py", other.block)]
    message = Message("m", None, Role.USER, draft.text, parts=[*(draft.parts or []), *(Draft((PICTURE,)).parts or [])])
    again = Draft.of_message(message)
    assert again.text == draft.text
    assert [each.url for each in again.attachments if each.url] == [PICTURE.url]


@pytest.mark.parametrize("text", ["", "plain", "```\ncode\n```", "a\n\n```py x.py\nopen", "```py a.py\nx\n```\nmore"])
def test_what_is_no_file_stays_text(text: str) -> None:
    assert split_files(text) == (text, [])


def test_a_hostile_text_is_taken_apart_in_linear_time() -> None:
    begun = time.process_time()
    split_files("\n\n```a b" * 100_000 + "\n````a b\n" * 50_000 + "```")
    assert time.process_time() - begun < 5


def test_a_model_that_is_known_to_read_no_images_is_refused() -> None:
    blind = Model(ModelRef("p", "blind"), modalities=("text",))
    seeing = Model(ModelRef("p", "seeing"), modalities=("text", "image"))
    draft = Draft(("What is it? ", PICTURE))
    assert "blind does not read images" in draft.refusal(blind)
    assert [draft.refusal(each) for each in (seeing, Model(ModelRef("p", "x")), None)] == ["", "", ""]
    assert Draft((NOTES,)).refusal(blind) == ""


def test_an_edited_draft_keeps_the_chips_that_are_still_in_it() -> None:
    paste = Paste("one\ntwo")
    draft = Draft(("a ", NOTES, " b ", paste, PICTURE))
    edited = draft.stored.replace("a ", "A ", 1).replace('@"/home/me/\\"a b.png"', "") + "!"
    assert draft.refolded(edited).pieces == ("A ", NOTES, " b ", paste, "!")


def test_a_walk_comes_back_to_the_draft_and_keeps_what_was_changed_on_the_way() -> None:
    def draft(text: InputPiece) -> Draft:
        return Draft((text,))

    walk = HistoryCursor([draft(NOTES), draft("second"), draft("first")])
    assert walk.step(1, draft(NOTES)) == draft("second")
    assert walk.step(1, draft("second, changed")) == draft("first")
    assert walk.step(1, draft("first")) is None
    assert walk.set_aside() == draft(NOTES)
    assert walk.step(-1, draft("first")) == draft("second, changed")
    assert walk.step(-1, draft("second, changed")) == draft(NOTES)
    assert walk.set_aside().is_blank
    assert walk.step(-1, draft(NOTES)) is None


LOG = Paste("\n".join(f"line {number}" for number in range(40)))
PIECES = st.lists(
    st.text(st.sampled_from("a \n\r"), max_size=4)
    | st.just(LOG)
    | st.just(Paste("short\n"))
    | st.sampled_from([NOTES, PICTURE]),
    max_size=6,
)


def as_sent(draft: Draft) -> Message:
    return Message("1", None, Role.USER, draft.text, parts=draft.parts, extra={CHIPS: draft.chips})


@given(PIECES)
def test_what_was_pasted_is_found_again_in_what_was_sent(pieces: list[InputPiece]) -> None:
    draft = Draft(tuple(pieces))
    message = as_sent(draft)
    long = [each for each in pieces if each is LOG]
    found = [each for each in folded(message, message.content) if isinstance(each, Paste)]
    assert [each.text for each in found] == [each.text for each in long]
    assert (
        "".join(each if isinstance(each, str) else each.text for each in folded(message, message.content)) == draft.text
    )
    assert images_of(message) == [
        Attachment(each.name, "", each.size, url=each.url) for each in pieces if each is PICTURE
    ]


def test_a_sent_prompt_comes_back_with_its_chips_under_their_names() -> None:
    again = Draft.of_message(as_sent(Draft(("Why ", LOG, " and ", PICTURE, "?"))))
    assert again.pieces == ("Why ", LOG, " and a b.png?", "\n", Attachment("a b.png", "", 3, url=PICTURE.url))


@pytest.mark.parametrize(
    "chips",
    [
        None,
        1,
        {"pastes": 1},
        {"pastes": [1, [2], ["a", 3], [-1, 2], [3, 1], [0, 99**9]]},
        {"images": [1]},
        {"pastes": [[1, 3], [0, 4]]},
    ],
)
def test_a_file_may_say_anything_of_chips(chips: object) -> None:
    message = Message("1", None, Role.USER, "text", parts=Draft((PICTURE,)).parts, extra={CHIPS: chips})  # type: ignore[dict-item]
    assert "".join(each if isinstance(each, str) else each.text for each in folded(message, "text")) == "text"
    assert [each.name for each in images_of(message)] == ["image 1"]


@pytest.mark.parametrize(
    ("pieces", "typed"),
    [
        (("Write a message", "\n\n", LOG), "Write a message"),
        (("Sum up ", NOTES, " shortly"), "Sum up   shortly"),
        ((NOTES, " ", PICTURE), "notes.md a b.png"),
        ((LOG,), LOG.text),
    ],
)
def test_a_title_is_made_of_the_words_that_were_typed(pieces: tuple[InputPiece, ...], typed: str) -> None:
    assert Draft(pieces).typed == typed
