"""The tree of messages."""

from __future__ import annotations

import re

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import TITLE_LENGTH, UNTITLED, Thread, new_thread_id, title_from


def test_a_conversation_is_one_branch() -> None:
    thread = Thread()
    texts = ["a", "b", "c"]
    for text in texts:
        thread.add(Role.USER, text)
    assert [each.content for each in thread.branch()] == texts
    assert thread.title == "a"


def test_another_answer_is_a_sibling_and_both_branches_stay() -> None:
    thread = Thread()
    prompt = thread.add(Role.USER, "q")
    first = thread.add(Role.ASSISTANT, "1")
    below = thread.add(Role.USER, "more")
    second = thread.add(Role.ASSISTANT, "2", parent=prompt.id)
    assert [each.content for each in thread.branch()] == ["q", "2"]
    assert thread.siblings(first.id) == [first, second]
    assert thread.leaf_below(first.id) == below.id
    other = thread.add(Role.USER, "q2", as_root=True)
    assert thread.siblings(prompt.id) == [prompt, other]


def test_a_missing_parent_or_a_cycle_ends_the_walk() -> None:
    thread = Thread()
    first, second = thread.add(Role.USER, "1"), thread.add(Role.USER, "2")
    first.parent = second.id
    assert [each.content for each in thread.branch()] == ["1", "2"]
    assert thread.leaf_below(first.id) == second.id
    first.parent = "gone"
    assert [each.content for each in thread.branch()] == ["1", "2"]
    thread.head = "gone"
    assert thread.branch() == []


def test_titles() -> None:
    assert title_from("  two\n words ") == "two words"
    long = title_from("word " * 40)
    assert len(long) <= TITLE_LENGTH + 1
    assert long.endswith("word…")
    assert "\x1b" not in title_from("\x1b]0;x\x07")
    assert Thread().display_title == UNTITLED
    assert Thread(draft="some draft").display_title == UNTITLED
    assert Thread(draft="some draft").summary().title == UNTITLED


def test_emptiness_and_the_last_model() -> None:
    assert Thread(draft="  ").is_empty
    thread = Thread()
    thread.add(Role.ASSISTANT, "x").model = "a/b"
    thread.add(Role.USER, "y")
    assert not thread.is_empty
    assert thread.last_model() == "a/b"


def test_ids_are_file_names_that_sort_by_age() -> None:
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-z]{4}", new_thread_id())
