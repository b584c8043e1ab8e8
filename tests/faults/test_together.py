"""Programs that edit one thread at the same time: no message of any is lost."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.thread_store import FileThreadStore
from tests.faults.children import Child, Deed, paths_in
from tests.faults.editing import ID, edit, read_on, rewrite
from tests.torture import amount

EDITS = amount(40, 200)
"""Of each of four processes."""


def saved(root: Path) -> Any:
    return json.loads((paths_in(root).threads / f"{ID}.json").read_bytes())


async def run_together(root: Path, deeds: dict[str, Deed], edits: int, rule: str = "") -> list[str]:
    """Lets processes edit one thread, another one reading it all the time; returns what is missing afterwards."""
    thread = Thread(id=ID)
    thread.add(Role.USER, "the first")
    await FileThreadStore(paths_in(root)).save(thread)
    with Child(read_on, root) as reader, ExitStack() as stack:
        more = [rule] if rule else []
        writers = [stack.enter_context(Child(deed, root, name, edits, *more)) for name, deed in deeds.items()]
        for said in ["ready", *["read"] * edits * (rule == "no lock")]:
            assert [each.hear() for each in writers] == [said] * len(writers)
            for each in writers:
                each.tell("go")
        ended = [each.ends() for each in writers]
        reader.tell("stop")
        unread: list[str] = reader.hear()
    wanted = {f"{name} {number}" for name in deeds for number in range(edits)}
    there = saved(root)["messages"]
    wrong = [f"lost: {each}" for each in sorted(wanted - {it["content"] for it in there})]
    deleted = {it["content"] for it in there if it.get("deleted")}
    meant = {f"{name} {number}" for name, deed in deeds.items() if deed is edit for number in range(3, edits, 4)}
    wrong += [f"not deleted: {each}" for each in sorted(meant - deleted)]
    wrong += [f"deleted: {each}" for each in sorted(deleted - meant)]
    return wrong + [f"a writer ended with {code}" for code in ended if code] + unread


async def test_four_programs_lose_no_message(tmp_path: Path) -> None:
    assert await run_together(tmp_path, dict.fromkeys("abcd", edit), EDITS) == []
    thread = saved(tmp_path)
    assert thread["title"] in {f"title of {each}" for each in "abcd"}
    assert all(f"draft of {each} {EDITS - 2}" in thread["draft"] for each in "abcd")


async def test_an_editor_beside_them_costs_nothing(tmp_path: Path) -> None:
    assert await run_together(tmp_path, {"a": edit, "b": edit, "c": rewrite}, EDITS // 4) == []


@pytest.mark.parametrize("rule", ["no merge", "no lock"])
async def test_programs_that_do_not_take_turns_are_caught(tmp_path: Path, rule: str) -> None:
    wrong = await run_together(tmp_path, dict.fromkeys("abcd", edit), 10, rule)
    assert any(each.startswith("lost: ") for each in wrong), wrong


async def test_an_older_version_that_is_checked_out_under_an_open_thread_takes_nothing_away(tmp_path: Path) -> None:
    store, paths = FileThreadStore(paths_in(tmp_path)), paths_in(tmp_path)
    path = paths.threads / f"{ID}.json"
    thread = Thread(id=ID)
    thread.add(Role.USER, "one")
    await store.save(thread)
    shutil.copy(path, tmp_path / "older")
    thread.add(Role.ASSISTANT, "two")
    await store.save(thread)
    for takes_up in (True, False):
        path.unlink()  # as git does it
        shutil.copy(tmp_path / "older", path)
        if takes_up:
            await store.sync_from_disk(thread)
        thread.add(Role.USER, f"more {takes_up}")
        await store.save(thread)
        contents = {each["content"] for each in saved(tmp_path)["messages"]}
        assert contents == {each.content for each in thread.messages.values()}
        assert {"one", "two", f"more {takes_up}"} <= contents
