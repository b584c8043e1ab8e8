"""Processes that cost milliseconds: they talk, save and acknowledge over a pipe, until they are killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import random
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from chat_tui.domain.conversation.chunk import Chunk, TextDelta
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.ports.backend import ChatRequest, ProgressCallback
from chat_tui.session import ChatSession, autosave
from chat_tui.storage.files import atomic
from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads.damage import Damage
from chat_tui.storage.threads.thread_file import ThreadFiles
from tests.fakes import FakeBackend

WAIT = 60.0
"""Seconds after which what never comes fails its test."""
PRELOADED = ("tests.faults.deeds", "tests.faults.editing", "tests.faults.calling")
"""Where deeds are; these modules import no pytest, which takes longer than most deeds."""
Deed = Callable[..., None]


def paths_in(root: Path) -> Paths:
    """The directories of a user whose all is below `root`."""
    return Paths(root / "config", root / "data", root / "cache")


class Child:
    """A process that does one deed; what it says is had with `hear` while it lives, and with `rest` afterwards."""

    def __init__(self, deed: Deed, *args: object) -> None:
        ours, theirs = _context().Pipe(duplex=True)
        self.process = _context().Process(target=deed, args=(theirs, *args), daemon=True)
        self.process.start()
        theirs.close()
        self._pipe: Connection = ours

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._pipe.close()
        self.process.close()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def hear(self) -> Any:
        """Waits for the next thing that the child says."""
        assert self._pipe.poll(WAIT), "the child says nothing"
        return self._pipe.recv()

    def tell(self, what: object) -> None:
        """Says something to the child."""
        self._pipe.send(what)

    def kill(self) -> None:
        """Ends it as `kill -9` does, and waits until it is gone."""
        self.process.kill()
        self.process.join(WAIT)

    def ends(self) -> int:
        """Waits for its own end; returns its exit code."""
        self.process.join(WAIT)
        assert self.process.exitcode is not None, "the child goes on and on"
        return self.process.exitcode

    def rest(self) -> Iterator[Any]:
        """What it has said and nobody has heard yet; ends with the child's last whole word."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                yield self._pipe.recv()


def _context() -> ForkServerContext:
    """A server that has everything imported, and forks: no thread of pytest's is in its children."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", __name__, *PRELOADED])
    return context


# Writers that break the rules, for the controls


def in_place(path: Path, data: bytes, **_: object) -> os.stat_result:
    """Writes a file as most programs do."""
    atomic.make_directory(path.parent)
    with path.open("w") as stream:
        json.dump(json.loads(data), stream)
    return path.stat()


def break_rule(rule: str) -> None:
    """Takes a guard out of the writing recipe, in this process."""
    if rule == "no fsync":
        vars(os)["fsync"] = lambda _: None
    elif rule == "no fsync of directories":
        vars(atomic)["_sync"] = lambda _: None
    elif rule == "in place":
        atomic.write_atomic = in_place
    else:
        assert not rule, rule


# Talking


class Ticking(FakeBackend):
    """Sends words, and pauses no longer than others need to run."""

    async def stream(self, request: ChatRequest, progress: ProgressCallback | None = None) -> AsyncGenerator[Chunk]:
        for number in range(40):
            yield TextDelta(f"word{number} ")
            await asyncio.sleep(0.0005)


class Acknowledging(FileThreadStore):
    """Says what is on disk as soon as the real store says that it is: each message's id and text."""

    def __init__(self, paths: Paths, say: Callable[[object], None]) -> None:
        super().__init__(paths)
        self._say = say

    async def save(self, thread: Thread) -> None:
        texts = _texts(thread.messages.values())
        await super().save(thread)
        self._say(texts)

    async def note(self, thread: Thread, messages: Iterable[Message] = ()) -> None:
        texts = _texts(messages)
        await super().note(thread, messages)
        self._say(texts)


def _texts(messages: Iterable[Message]) -> dict[str, str]:
    return {each.id: each.content for each in messages}


def talk(pipe: Connection, root: Path, thread_id: str, rule: str = "") -> None:
    """Goes on with a thread, turn after turn, without an end; acknowledges all that is on disk."""
    break_rule(rule)
    autosave.DELAY = 0.002
    asyncio.run(_talk(pipe, root, thread_id))


async def _talk(pipe: Connection, root: Path, thread_id: str) -> None:
    store = Acknowledging(paths_in(root), pipe.send)
    has_file = (paths_in(root).threads / f"{thread_id}.json").exists()
    thread = await store.load(thread_id) if has_file else Thread(id=thread_id, system_prompt="x" * 50_000)
    session = ChatSession(thread, store, Ticking(), default_model=ModelRef("work", "model-a"))
    while True:
        session.set_draft("the next prompt")
        await session.send(f"prompt {len(thread.messages)}")


class Promises:
    """What writers have acknowledged of one thread, and what of it is not there."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        """By message id, the longest text that was said to be on disk."""
        self.count = 0
        """Acknowledgements."""

    def hear(self, texts: dict[str, str]) -> None:
        """Takes an acknowledgement."""
        self.count += 1
        self.texts |= texts

    def broken(self, root: Path) -> list[str]:
        """What is damaged or lost below a user's `root`, a line each; as the next start of the program finds it."""
        paths = paths_in(root)
        damage = Damage(paths)
        problems = [f"damaged: {each.name}" for each in paths.threads.glob("*.json") if not _is_json(each)]
        problems += [f"damaged: {each.name}" for each in paths.journal.glob("*.json") if not _is_json(each)]
        ThreadFiles(paths, damage).fold()
        kept: dict[str, str] = {}
        for each in paths.threads.glob("*.json"):
            if _is_json(each):
                kept |= {it["id"]: it["content"] for it in json.loads(each.read_bytes())["messages"]}
        for name, text in self.texts.items():
            if not kept.get(name, "").startswith(text) or name not in kept:
                problems.append(f"lost: {name} {text!r}, there is {kept.get(name)!r}")
        return [*problems, *damage.notes]


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True


def let_talk(root: Path, promises: Promises, chance: random.Random, end: Callable[[], None], rule: str = "") -> None:
    """Lets a child talk, lets something happen at a random moment while it saves, and kills it."""
    with Child(talk, root, "the-thread", rule) as child:
        for _ in range(chance.randrange(1, 8)):
            promises.hear(child.hear())
        time.sleep(chance.uniform(0, 0.01))  # it is the moment that is tested
        end()
        child.kill()
        for texts in child.rest():
            promises.hear(texts)


def seeded() -> random.Random:
    """Chance that can be had again: pytest shows the seed with a failure."""
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    return random.Random(seed)
