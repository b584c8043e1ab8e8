"""A later export of a conversation: what is new comes over, what was done here stays, nothing comes twice."""

from __future__ import annotations

import sqlite3
from typing import Any

from chat_tui.domain.conversation.message import Role, Status
from tests.storage.exchange.conftest import Conversations, texts
from tests.storage.exchange.samples import (
    chatgpt_conversation,
    chatgpt_export,
    chatgpt_message,
    claude_export,
    claude_message,
    elia_database,
    oterm_database,
)


def _later(**more: Any) -> dict[str, Any]:
    """The sample, gone on below its end, and with another answer further up."""
    export = chatgpt_export()
    say = chatgpt_message
    for name, parent, message in (
        ("q3", "a2", say("q3", "user", "And 3+3?")),
        ("a3", "q3", say("a3", "assistant", "Six.")),
        ("other", "q1", say("other", "assistant", "京都。")),
    ):
        export["mapping"][name] = {"id": name, "message": message, "parent": parent, "children": []}
    return export | {"current_node": "a3", "update_time": 1772989171.0} | more


async def test_new_turns_come_over_as_a_tree(desk: Conversations) -> None:
    thread = await desk.one([chatgpt_export()])
    report = await desk.take([_later()])
    assert (report.imported, [each.id for each in report.grown], report.messages) == ([], [thread.id], 3)
    grown = await desk.store.load(thread.id)
    assert texts(grown)[-3:] == [("assistant", "It is **4**."), ("user", "And 3+3?"), ("assistant", "Six.")]
    assert [each.id for each in grown.siblings("a1")] == ["old", "a1", "other"]
    assert grown.updated == "2026-03-08T16:59:31Z"
    again = await desk.take([_later()])
    assert (again.grown, len(again.present), again.messages) == ([], 1, 0)


async def test_what_was_changed_or_deleted_here_stays_so(desk: Conversations) -> None:
    thread = await desk.one([chatgpt_export()])
    thread.title, thread.messages["q2"].content = "Mine", "My words"
    thread.delete("old")
    mine = thread.add(Role.USER, "Went on here", parent="a2")
    await desk.store.save(thread)
    assert (await desk.take([_later()])).messages == 3
    grown = await desk.store.load(thread.id)
    assert (grown.title, grown.messages["q2"].content, grown.head) == ("Mine", "My words", mine.id)
    assert grown.messages["old"].deleted
    assert [each.id for each in grown.siblings(mine.id)] == [mine.id, "q3"]


async def test_the_shown_branch_goes_on_beside_another_that_was_begun_here(desk: Conversations) -> None:
    thread = await desk.one([chatgpt_export()])
    thread.add(Role.USER, "Aside", parent="old")
    thread.head = "a2"
    await desk.store.save(thread)
    later = _later()
    later["mapping"]["z"] = later["mapping"]["a3"] | {"id": "z", "message": chatgpt_message("z", "assistant", "6")}
    await desk.take([later])
    assert (await desk.store.load(thread.id)).head == "a3"


async def test_a_thread_that_is_open_here_loses_nothing(desk: Conversations) -> None:
    thread = await desk.one([chatgpt_export()])
    thread.add(Role.USER, "Not saved yet")
    await desk.take([_later()])
    assert await desk.store.sync_from_disk(thread)
    contents = {each.content for each in thread.messages.values()}
    assert {"Not saved yet", "Six.", "京都。"} <= contents
    await desk.store.save(thread)
    stored = await desk.store.load(thread.id)
    assert contents == {each.content for each in stored.messages.values()}


async def test_the_time_of_a_conversation_is_no_part_of_its_identity(desk: Conversations) -> None:
    thread = await desk.one([chatgpt_export()])
    for time in (None, 1700000000.0):
        report = await desk.take([_later(create_time=time)])
        assert (report.imported, [each.id for each in (*report.grown, *report.present)]) == ([], [thread.id])


async def test_an_answer_that_was_cut_takes_its_rest_and_its_thoughts(desk: Conversations) -> None:
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "", "content": "Hm."}]}
    say = chatgpt_message
    start = [("q", None, say("q", "user", "Well?")), ("t", "q", say("t", "assistant", thoughts))]
    thread = await desk.one([chatgpt_conversation(*start)])
    half = ("a", "t", say("a", "assistant", "It is", status="in_progress"))
    whole = ("a", "t", say("a", "assistant", "It is so.", metadata={"model_slug": "o3"}))
    for answer, content in ((half, "It is"), (whole, "It is so.")):
        await desk.take([chatgpt_conversation(*start, answer)])
        thread = await desk.store.load(thread.id)
        assert [(each.content, each.reasoning) for each in thread.branch()] == [("Well?", ""), (content, "Hm.")]
    assert thread.messages["a"].status is Status.COMPLETE


async def test_a_thread_in_the_trash_stays_there(desk: Conversations) -> None:
    thread = await desk.one([claude_export()])
    await desk.store.delete(thread.id)
    report = await desk.take([claude_export()])
    assert (report.imported, report.grown) == ([], [])
    assert "threads in the trash were left there; restore them first (in “Calendar tips”)" in report.problems


async def test_claude_elia_and_oterm_grow_too(desk: Conversations) -> None:
    thread = await desk.one([claude_export()])
    later = claude_export()
    later["chat_messages"].append(claude_message("h3", "human", "And now?", "r2", created_at="2026-04-01T00:00:00Z"))
    assert (await desk.take([later])).messages == 1
    assert texts(await desk.store.load(thread.id))[-1] == ("user", "And now?")
    for path, more in (
        (elia_database(desk.folder / "e.db"), "message VALUES (9, 2, 'assistant', 'New', NULL, '', 5, NULL)"),
        (oterm_database(desk.folder / "o.db"), "message (chat_id, author, text) VALUES (1, 'assistant', 'New')"),
    ):
        await desk.take(path)
        connection = sqlite3.connect(path)
        connection.execute(f"INSERT INTO {more}")
        connection.commit()
        connection.close()
        report = await desk.take(path)
        assert (len(report.grown), report.messages) == (1, 1)
        assert texts(await desk.store.load(report.grown[0].id))[-1] == ("assistant", "New")


async def test_a_dry_run_writes_nothing(desk: Conversations) -> None:
    report = await desk.exchange.import_file(str(desk.file([chatgpt_export()])), dry_run=True)
    assert (len(report.imported), report.messages) == (1, 7)
    assert await desk.store.ids() == []
    thread = await desk.one([chatgpt_export()])
    assert (await desk.exchange.import_file(str(desk.file([_later()])), dry_run=True)).messages == 3
    assert "q3" not in (await desk.store.load(thread.id)).messages
