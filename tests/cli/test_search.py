"""`chat-tui threads search`: for people a line for each hit, for programs JSON; No matching threads. is no failure."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Chat, Home, Script


@pytest.fixture
def asked(acme: Script, chat: Chat) -> list[str]:
    """The ids of two threads, the older first."""
    acme.pieces = ["北京大学 has **bytes** ", "and \x1b[31mmore"]
    first = chat("ask", "How old is it?", "--json").json["thread"]
    acme.pieces = ["Nothing of the kind."]
    return [first, chat("ask", "Second question", "--json").json["thread"]]


def test_a_hit_is_a_line_and_its_snippet_an_indented_one(chat: Chat, asked: list[str]) -> None:
    result = chat("threads", "search", "大学", terminal=True)
    assert result.code == 0
    row, snippet = result.out.splitlines()
    assert row.startswith(asked[0])
    assert row.endswith("How old is it?")
    assert snippet == "    北京大学 has **bytes** and ␛[31mmore"
    assert result.err == ""


def test_programs_get_objects(chat: Chat, asked: list[str]) -> None:
    (hit,) = chat("threads", "search", "--json", "role:assistant", "bytes").json
    shown = chat("threads", "show", asked[0], "--json").json
    assert hit == {
        "id": asked[0],
        "title": "How old is it?",
        "updated": shown["updated"],
        "message": shown["head"],
        "snippet": hit["snippet"],
        "hits": 1,
    }
    assert "bytes" in hit["snippet"]
    (titled,) = chat("threads", "search", "--json", "is:archived OR second").json or [None]
    assert titled is None


def test_the_last_used_come_first_and_as_many_as_asked_for(chat: Chat, asked: list[str], home: Home) -> None:
    both = chat("threads", "search", "--json", "model:small").json
    assert {each["id"] for each in both} == set(asked)
    assert [each["updated"] for each in both] == sorted((each["updated"] for each in both), reverse=True)
    assert len(chat("threads", "search", "--json", "--limit", "1", "model:small").json) == 1
    assert chat("threads", "search", "--limit", "0", "x").code == 2


def test_nothing_found_is_told_and_is_no_failure(chat: Chat, asked: list[str]) -> None:
    result = chat("threads", "search", "zebra")
    assert (result.code, result.out, result.err) == (0, "", "No matching threads.\n")
    assert chat("threads", "search", "zebra", "--json").json == []


def test_an_index_that_cannot_be_written_is_told(chat: Chat, asked: list[str], home: Home) -> None:
    (home.cache / "search.sqlite3").mkdir(parents=True)
    result = chat("threads", "search", "second")
    assert result.out.startswith(asked[1])
    assert "titles and tags" in result.err


def test_the_list_takes_the_filters_of_the_finder(chat: Chat, asked: list[str], acme: Script) -> None:
    def listed(*arguments: str) -> list[str]:
        return [each["id"] for each in chat("threads", "list", "--json", *arguments).json]

    first, second = asked
    assert listed() == listed("--model", "small") == [second, first]
    assert listed("--limit", "1") == listed("question") == [second]
    assert listed("北京", "--after", "2020") == [first]
    assert listed("--before", "2020") == listed("--tag", "none") == listed("--pinned") == listed("--archived") == []
    assert chat("threads", "list", "zebra").err == "No matching threads.\n"
    assert chat("threads", "list", "--after", "soon").code == 2
