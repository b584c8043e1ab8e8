"""The tree of a thread: its graph, its forks, and what of it is sent."""

from __future__ import annotations

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tokens import estimate, next_turn
from chat_tui.domain.conversation.tree import fork, graph, living


def a_tree() -> Thread:
    """q1 - a1 - q2 - a2, with a1' beside a1 (and q3 below it) and q1' beside q1; the last of a1's branch is shown."""
    thread = Thread(title="Tree", tags=["t"])
    q1 = thread.add(Role.USER, "q1")
    a1 = thread.add(Role.ASSISTANT, "a1")
    thread.add(Role.USER, "q2")
    last = thread.add(Role.ASSISTANT, "a2")
    thread.add(Role.ASSISTANT, "a1'", parent=q1.id)
    thread.add(Role.USER, "q3")
    thread.add(Role.USER, "q1'", as_root=True)
    thread.head = last.id
    assert a1.id in thread.messages
    return thread


def named(thread: Thread, content: str) -> str:
    return next(each.id for each in thread.messages.values() if each.content == content)


def contents(thread: Thread) -> list[str]:
    return [each.content for each in thread.messages.values()]


def test_the_graph_has_versions_in_order_and_the_shown_branch_straight_down() -> None:
    rows = [(each.rails, each.version, each.message.content, each.is_shown) for each in graph(a_tree())]
    assert rows == [
        ("├─ ", 1, "q1", True),
        ("└─ ", 2, "q1'", False),
        ("├─ ", 1, "a1", True),
        ("└─ ", 2, "a1'", False),
        ("   ", 0, "q3", False),
        ("", 0, "q2", True),
        ("", 0, "a2", True),
    ]


def test_a_deleted_branch_is_in_no_graph() -> None:
    thread = a_tree()
    thread.messages[named(thread, "a1'")].deleted = "2026"
    assert "q3" not in {each.message.content for each in graph(thread)}
    assert "q3" not in {each.content for each in living(thread).values()}


def test_a_cycle_and_a_missing_parent_end() -> None:
    thread = a_tree()
    thread.messages[named(thread, "q1")].parent = "nowhere"
    thread.messages[named(thread, "a1'")].parent = named(thread, "q3")
    assert {"q1", "a1", "q2", "a2", "q1'"} <= {each.message.content for each in graph(thread)}


def test_a_very_long_thread_has_a_graph() -> None:
    thread = Thread()
    for number in range(3000):
        thread.add(Role.USER, str(number))
    assert len(graph(thread)) == 3000


def test_a_fork_has_what_follows_and_if_wanted_what_stands_before() -> None:
    thread = a_tree()
    part = fork(thread, named(thread, "a1"), whole=False)
    assert contents(part) == ["a1", "q2", "a2"]
    assert [each.content for each in part.branch()] == ["a1", "q2", "a2"]
    whole = fork(thread, named(thread, "a1'"), whole=True)
    assert contents(whole) == ["q1", "a1'", "q3"]
    assert [each.content for each in whole.branch()] == ["q1", "a1'", "q3"]
    assert whole.id != thread.id
    thread.messages[named(thread, "a2")].written_elsewhere = True
    assert not any(each.written_elsewhere for each in fork(thread, named(thread, "q1"), whole=True).messages.values())
    whole.messages[named(whole, "q1")].content = "changed"
    whole.tags.append("x")
    assert contents(thread)[0] == "q1"
    assert thread.tags == ["t"]


def test_what_is_sent_is_chosen_by_pins_and_mutes() -> None:
    thread = Thread()
    for text in "abcdef":
        thread.add(Role.USER, text)
    thread.send_from = named(thread, "d")
    thread.messages[named(thread, "b")].pinned = True
    thread.messages[named(thread, "e")].muted = True
    assert [each.content for each in thread.sent()] == ["b", "d", "f"]
    thread.send_from = None
    assert [each.content for each in thread.sent()] == ["a", "b", "c", "d", "f"]


def test_a_starred_branch_is_shown_unless_it_is_deleted() -> None:
    thread = a_tree()
    thread.starred = named(thread, "a1'")
    thread.show_starred()
    assert thread.branch()[-1].content == "q3"
    thread.head = named(thread, "a2")
    thread.messages[thread.starred].deleted = "2026"
    thread.show_starred()
    assert thread.branch()[-1].content == "a2"


def test_tokens_are_estimated_by_script_and_by_what_was_counted() -> None:
    assert estimate("four") == 1
    assert estimate("雪山有多高") == 5
    thread = Thread()
    thread.add(Role.USER, "x" * 400)
    answer = thread.add(Role.ASSISTANT, "y" * 400)
    answer.usage = {"total_tokens": 260}
    thread.add(Role.USER, "z" * 40)
    assert next_turn(thread.branch()) == 260 + 14
    answer.usage = {"total_tokens": 9000}
    assert next_turn(thread.branch()) == 104 + 104 + 14
