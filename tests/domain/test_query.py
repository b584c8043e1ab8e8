"""Queries: what is a filter, what is a word, and that nothing is an error."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.search.query import Query, Term, parse_query


@pytest.fixture
def _in_kyiv(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("this system has no tzset")
    with monkeypatch.context() as patch:
        patch.setitem(os.environ, "TZ", "EET-2")
        time.tzset()
        yield
    time.tzset()


def test_words_and_phrases_the_last_one_being_typed() -> None:
    assert parse_query('split "the bytes"  not').terms == [
        Term("split"),
        Term("the bytes"),
        Term("not", is_prefix=True),
    ]
    assert parse_query("split ").terms == [Term("split")]
    assert parse_query('a "b  c').terms == [Term("a"), Term("b c", is_prefix=True)]


def test_filters_alone_and_together() -> None:
    query = parse_query('role:user Model:GPT tag:"two words" has:code is:pinned is:archived role:assistant word')
    assert query.roles == {Role.USER, Role.ASSISTANT}
    assert (query.models, query.tags) == (["gpt"], ["two words"])
    assert query.has_code and query.pinned and query.archived  # noqa: PT018 - one fact: all are set
    assert query.terms == [Term("word", is_prefix=True)]


@pytest.mark.usefixtures("_in_kyiv")
@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026", "2025-12-31T22:00:00Z"),
        ("2026-11", "2026-10-31T22:00:00Z"),
        ("2026-11-21", "2026-11-20T22:00:00Z"),
        ("2026-11-21T20:27", "2026-11-21T18:27:00Z"),
    ],
)
def test_dates_are_local_and_may_be_cut(text: str, utc: str) -> None:
    assert parse_query(f"before:{text}").before == utc
    assert parse_query(f"after:{text}").after == utc
    assert parse_query(f"after:2020 after:{text} after:2021").after == utc
    assert parse_query(f"before:2030 before:{text} before:2031").before == utc


@pytest.mark.parametrize(
    "text",
    ["role:bot", "before:soon", "after:2026-13", "before:20", "has:cheese", "is:", "https://a.b/c", "after:9999-99-99"],
)
def test_what_is_no_filter_is_a_word(text: str) -> None:
    query = parse_query(text)
    assert query == (Query() if text == "is:" else Query(terms=[Term(text, is_prefix=True)]))


@pytest.mark.parametrize("text", ["", "  ", "model:", "tag: role:", '"', '""', 'tag:"'])
def test_what_is_not_there_yet_is_not_looked_for(text: str) -> None:
    assert parse_query(text).is_empty
