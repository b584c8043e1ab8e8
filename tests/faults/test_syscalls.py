"""Each system call of a save fails, or is the last: the file is the old or the new one, the next save works."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError
from chat_tui.storage.thread_store import FileThreadStore
from tests.faults.children import WAIT, Child, paths_in
from tests.faults.deeds import DEEDS, ID, NEW, NEXT, OLD, do, first_save, found_on_disk, save
from tests.faults.machine import needs
from tests.torture import amount

CALLS = "openat,write,fsync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat"
FAULTS = {
    "signal=KILL": CALLS,
    "error=EIO": CALLS,
    "error=ENOSPC": "openat,write,fsync,rename,renameat,renameat2,link,linkat,mkdir,mkdirat",
    "error=EACCES": "openat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat",
}

Said = tuple[str, str | None]
"""What a save said, and what was on disk then."""


def traced(root: Path, number: int, *options: str, rule: str = "") -> tuple[str, list[Said]]:
    """Lets a child do a deed under strace; returns the trace, and all that the child said."""
    log = root / "trace"
    root.mkdir()
    with Child(do, root, number, rule) as child:
        assert child.hear() == "ready"
        command = ["strace", "-f", "-p", str(child.pid), "-o", str(log), "-e", f"trace={CALLS},getppid", *options]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            said = strace.stderr.readline()
            if "attached" not in said:
                pytest.skip(f"strace may not trace here: {said}")
            child.tell("go")
            strace.wait(WAIT)
        return log.read_text(), list(child.rest())


def calls_of(root: Path, number: int, rule: str = "") -> list[tuple[str, int]]:
    """The system calls of a deed: each one's name, and its number among those of its name."""
    trace, said = traced(root, number, rule=rule)
    assert said == [("", NEW), ("", NEXT)]
    between = trace.split("getppid()")[1]
    seen: Counter[str] = Counter()
    found = []
    for name in re.findall(r"^\d+ +(\w+)\(", between, re.MULTILINE):
        seen[name] += 1
        found.append((name, seen[name]))
    return found


def problems(root: Path, number: int, rule: str = "", step: int = 1) -> tuple[int, list[str]]:
    """Lets each call of a deed fail in each way, one at a time, or one in `step` of these.

    Returns:
        How many faults there were, and what was wrong after them.
    """
    wrong: list[str] = []
    faults = [
        (name, at, fault)
        for name, at in calls_of(root / "count", number, rule)
        for fault, names in FAULTS.items()
        if name in names.split(",")
    ]
    was = None if DEEDS[number] is first_save else OLD
    chosen = faults[::step]
    for place, (name, at, fault) in enumerate(chosen):
        home = root / f"{place}"
        _, said = traced(home, number, "-e", f"inject={name}:{fault}:when={at}", rule=rule)
        try:
            found = _after_kill(home, was) if "KILL" in fault else _after_error(said, was)
        except (StorageError, AssertionError) as error:
            found = [str(error)]
        wrong += [f"{name} {at} {fault}: {each}" for each in found]
    return len(chosen), wrong


def _after_kill(home: Path, was: str | None) -> list[str]:
    found = found_on_disk(paths_in(home))
    store = FileThreadStore(paths_in(home))
    thread = Thread(id=ID, draft=NEXT) if found is None else asyncio.run(store.load(ID))
    thread.draft = NEXT
    store.save_now(thread)
    wrong = [] if found in (was, NEW) else [f"killed: {found!r}"]
    return wrong + ([] if found_on_disk(paths_in(home)) == NEXT else ["the next start can't save"])


def _after_error(said: list[Said], was: str | None) -> list[str]:
    if len(said) != 2:
        return ["the process has not survived"]
    wrong = []
    (words, found), following = said
    if found not in ((was, NEW) if words else (NEW,)):
        wrong.append(f"it said {words!r}, and there is {found!r}")
    if following != ("", NEXT):
        wrong.append(f"the next save: {following}")
    return wrong


@pytest.mark.parametrize("number", range(len(DEEDS)), ids=[each.__name__ for each in DEEDS])
def test_after_any_failing_call_the_file_is_the_old_or_the_new_one(tmp_path: Path, number: int) -> None:
    needs("strace", root=False)
    count, wrong = problems(tmp_path, number, step=amount(5, 1))
    print(f"{count} faults")
    assert wrong == []
    assert count >= amount(4, 20)


def test_a_writer_in_place_is_caught(tmp_path: Path) -> None:
    needs("strace", root=False)
    assert problems(tmp_path, DEEDS.index(save), "in place")[1] != []
