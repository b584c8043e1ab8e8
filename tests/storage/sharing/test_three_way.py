"""Two versions of a thread become one, whichever of them is named first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.sharing.three_way import merge_threads
from chat_tui.storage.threads.codec import decode, encode


def a_base() -> Thread:
    thread = Thread(id="x", title="t", created="1", updated="1", tags=["old", "kept"], parameters={"top_p": 1})
    for name, parent, role in (("q", None, Role.USER), ("a", "q", Role.ASSISTANT), ("b", "a", Role.USER)):
        thread.messages[name] = Message(name, parent, role, f"text of {name}", created=f"0{len(thread.messages)}")
    thread.head = "b"
    return thread


def merged(one: Callable[[Thread], object], other: Callable[[Thread], object], *, has_base: bool = True) -> Thread:
    """What two machines make of the thread after their changes; checks that both get the same."""
    ours, theirs = a_base(), a_base()
    one(ours)
    other(theirs)
    ours, theirs = (decode(encode(each)) for each in (ours, theirs))
    base = a_base() if has_base else None
    result = merge_threads(base, ours, theirs)
    assert encode(result) == encode(merge_threads(base, theirs, ours))
    assert encode(merge_threads(base, result, ours)) == encode(merge_threads(base, ours, result))
    return result


def written(content: str, name: str = "a") -> Callable[[Thread], object]:
    return lambda thread: setattr(thread.messages[name], "content", content)


def deleted(name: str) -> Callable[[Thread], object]:
    return lambda thread: setattr(thread.messages[name], "deleted", "2026")


def removed(name: str) -> Callable[[Thread], object]:
    return lambda thread: thread.messages.pop(name)


def added(name: str, parent: str, content: str = "") -> Callable[[Thread], object]:
    def add(thread: Thread) -> None:
        thread.messages[name] = Message(name, parent, Role.USER, content, created="1")
        thread.head = name

    return add


def put(**fields: object) -> Callable[[Thread], object]:
    def change(thread: Thread) -> None:
        for name, value in fields.items():
            setattr(thread, name, value)

    return change


def nothing(thread: Thread) -> None:
    """Changes nothing."""


def contents(thread: Thread) -> list[str]:
    return [each.content for each in thread.messages.values()]


def test_of_a_message_that_both_changed_both_texts_stay_side_by_side() -> None:
    found = merged(written("one"), written("the other"))
    assert found.messages["a"].content == "the other"
    (beside,) = found.messages.keys() - {"q", "a", "b"}
    assert (found.messages[beside].content, found.messages[beside].parent) == ("one", "q")


@pytest.mark.parametrize("has_base", [True, False])
def test_an_answer_that_goes_on_takes_the_place_of_its_beginning(has_base: bool) -> None:
    assert contents(merged(written("begun"), written("begun and ended"), has_base=has_base))[1] == "begun and ended"

    def ended(thread: Thread) -> None:
        thread.messages["a"].status = Status.COMPLETE

    def cut(thread: Thread) -> None:
        thread.messages["a"].status = Status.INTERRUPTED

    found = merged(ended, cut, has_base=has_base)
    assert (found.messages["a"].status, len(found.messages)) == (Status.COMPLETE, 3)


def test_what_was_deleted_comes_back_where_the_other_side_wrote_in_it_or_below() -> None:
    assert not merged(deleted("a"), added("new", "b", "more")).messages["a"].deleted
    assert not merged(deleted("a"), written("changed")).messages["a"].deleted
    assert merged(deleted("a"), added("new", "q", "beside")).messages["a"].deleted
    assert merged(deleted("a"), deleted("a")).messages["a"].deleted
    assert merged(deleted("b"), nothing).head == "a"


def test_what_was_removed_is_gone_unless_it_was_changed() -> None:
    assert "b" not in merged(removed("b"), nothing).messages
    assert contents(merged(removed("b"), written("changed", "b")))[-1] == "changed"
    assert "b" in merged(removed("b"), nothing, has_base=False).messages


def test_a_child_is_behind_its_parent_and_the_head_is_the_last() -> None:
    found = merged(added("0", "b"), lambda each: (added("9", "b")(each), added("1", "9")(each)))
    assert list(found.messages) == ["q", "a", "b", "0", "9", "1"]
    assert found.head == "1"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"draft": "mine"}, {}, "mine"),
        ({"draft": "mine"}, {"draft": "theirs"}, "mine\n\n* * *\n\ntheirs"),
        ({"draft": "theirs too"}, {"draft": "theirs"}, "theirs too"),
    ],
)
def test_drafts(one: dict[str, str], other: dict[str, str], expected: str) -> None:
    assert merged(put(**one), put(**other)).draft == expected


@pytest.mark.parametrize("has_base", [True, False])
def test_a_draft_that_was_sent_on_the_other_machine_is_gone(has_base: bool) -> None:
    assert merged(put(draft="sent"), added("new", "b", "sent"), has_base=has_base).draft == ""


def test_each_field_by_itself() -> None:
    found = merged(
        put(title="longer", tags=["kept", "new"], parameters={"top_p": 1, "seed": 3}, pinned=True, updated="3"),
        put(title="ours", tags=["old", "kept", "their"], parameters={}, system_prompt="Be brief.", updated="2"),
    )
    assert (found.title, found.tags, found.parameters) == ("longer", ["kept", "new", "their"], {"seed": 3})
    assert (found.pinned, found.system_prompt, found.updated) == (True, "Be brief.", "3")


def test_a_newer_format_is_refused_and_a_cycle_ends() -> None:
    with pytest.raises(CodecError, match="newer"):
        merge_threads(None, a_base(), replace(a_base(), read_only=True))
    turned = a_base()
    turned.messages["q"].parent = "b"
    assert len(merge_threads(a_base(), turned, a_base()).messages) == 3
