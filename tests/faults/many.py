"""Three apps, `ask` and an editor at work on one thread, with kills: `python -m tests.faults.many --seconds 60`.

Each says what the store, or the editor's own save, has acknowledged; in the end all of it must be on disk. It needs
time and luck to find anything, so it is run by hand; what it finds gets a test of its own without either.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from chat_tui.domain.conversation.chunk import Chunk, Finish, TextDelta
from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.ports.backend import ChatRequest, ProgressCallback
from chat_tui.session import ChatSession, autosave
from chat_tui.storage.thread_store import FileThreadStore
from tests.fakes import FakeBackend
from tests.faults.children import Acknowledging, Child, Promises, paths_in

ID = "the-thread"
Said = tuple[str, Any]
"""`disk`: texts by message id; `turns`: one more is done; `edit`: the text that an editor has saved."""


class Slow(FakeBackend):
    """Sends words with pauses, so that others meet an answer half-way."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    async def stream(self, request: ChatRequest, progress: ProgressCallback | None = None) -> AsyncGenerator[Chunk]:
        pause = self._chance.choice([0.0005, 0.002, 0.01])
        for number in range(self._chance.randrange(1, 40)):
            yield TextDelta(f"word{number} ")
            await asyncio.sleep(pause)
        yield Finish("stop")


def _begin(
    pipe: Connection, root: Path, seed: int
) -> tuple[random.Random, Acknowledging, Callable[[Thread], ChatSession]]:
    chance = random.Random(seed)
    autosave.DELAY = 0.01
    store = Acknowledging(paths_in(root), lambda texts: pipe.send(("disk", texts)))

    def session(thread: Thread) -> ChatSession:
        return ChatSession(thread, store, Slow(chance), default_model=ModelRef("work", "model-a"))

    return chance, store, session


def app(pipe: Connection, root: Path, name: str, seed: int) -> None:
    """Talks as an open app does, looks for what others write, types, renames and deletes; until it is killed."""
    chance, store, make = _begin(pipe, root, seed)

    async def look(thread: Thread) -> None:
        version: object = None
        while True:
            await store.sync_from_disk(thread)
            if version != (version := await store.version()):
                await store.recent()
            await asyncio.sleep(chance.uniform(0, 0.03))

    async def run() -> None:
        thread = await store.load(ID)
        session = make(thread)
        looking = asyncio.create_task(look(thread))
        number = 0
        while not looking.done():
            number += 1
            session.set_draft(f"draft of {name} {number}")
            await asyncio.sleep(chance.uniform(0, 0.03))
            doing = chance.randrange(8)
            if doing == 0:
                session.change("rename", title=f"title of {name} {number}")
            elif doing == 1 and len(thread.branch()) > 4:
                thread.head = chance.choice(thread.branch()).id
            elif doing == 2:
                await session.save()
            with suppress(UsageError):
                turn = asyncio.ensure_future(
                    session.regenerate() if doing == 3 else session.send(f"prompt {number} of {name} {seed}")
                )
                stop_at = chance.choice([None, None, None, 5])
                count = 0

                saves: list[asyncio.Task[None]] = []

                def hear(
                    chunk: Chunk,
                    turn: asyncio.Future[None] = turn,
                    stop_at: int | None = stop_at,
                    saves: list[asyncio.Task[None]] = saves,
                ) -> None:
                    nonlocal count
                    count += 1
                    if chance.random() < 0.1:
                        saves.append(asyncio.create_task(session.save()))  # as opening the finder does
                    if count == stop_at:
                        turn.cancel()

                session.on_chunk = hear
                with suppress(asyncio.CancelledError):
                    await turn
                await asyncio.gather(*saves)
                pipe.send(("turns", 1))
        await looking

    asyncio.run(run())


def ask(pipe: Connection, root: Path, name: str, seed: int) -> None:
    """Sends one prompt to the thread, and ends."""
    _, store, make = _begin(pipe, root, seed)

    async def run() -> None:
        session = make(await store.load(ID))
        await session.send(f"asked by {name} {seed}")
        pipe.send(("asks", 1))

    asyncio.run(run())
    store.close()


def editor(pipe: Connection, root: Path, name: str, seed: int) -> None:
    """Adds messages as an editor does, which knows nothing of locks: in place, or by a new file in the old one's."""
    chance = random.Random(seed)
    path = paths_in(root).threads / f"{ID}.json"
    number = 0
    while True:
        number += 1
        time.sleep(chance.uniform(0.01, 0.1))  # as often as no hand could
        text = f"edit {number} by {name} {seed}"
        for _ in range(1000):
            try:
                before, thread = path.stat(), json.loads(path.read_bytes())
            except (OSError, ValueError):
                continue
            thread["messages"].append({"id": f"{name}{number}", "parent": None, "role": "user", "content": text})
            data = json.dumps(thread, indent=chance.choice([None, 1, 2])).encode()
            temporary = path.with_suffix(".edited")
            temporary.write_bytes(data)
            now = path.stat()
            if (now.st_ino, now.st_mtime_ns) != (before.st_ino, before.st_mtime_ns):
                continue  # an editor asks here; what it would write over is nobody else's to keep
            if chance.random() < 0.5:
                temporary.replace(path)
            else:
                path.write_bytes(data)
            pipe.send(("edit", text))
            break


class Run:
    """The processes and what they have said."""

    def __init__(self, root: Path, seed: int) -> None:
        self.promises = Promises()
        self.counts: Counter[str] = Counter()
        self.edits: list[str] = []
        self._root = root
        self._chance = random.Random(seed)
        self._children: dict[str, Child] = {}
        self._started = 0

    def start(self, name: str) -> None:
        """Starts one, in the place of the one before it."""
        deed = {"app": app, "ask": ask, "edi": editor}[name[:3]]
        self._started += 1
        self._children[name] = Child(deed, self._root, name, self._chance.randrange(10**9) * 1000 + self._started)

    def hear(self) -> None:
        """Takes in what has been said."""
        for child in self._children.values():
            with suppress(EOFError, OSError):
                while child._pipe.poll(0):
                    self._take(child._pipe.recv())

    def _take(self, said: Said) -> None:
        kind, what = said
        if kind == "disk":
            self.promises.hear(what)
        elif kind == "edit":
            self.edits.append(what)
        else:
            self.counts[kind] += what

    def end(self, name: str) -> None:
        """Kills one, and hears its last words."""
        child = self._children.pop(name)
        child.kill()
        for said in child.rest():
            self._take(said)
        child.__exit__()

    def has_ended(self, name: str) -> bool:
        """Whether it has ended by itself; only `ask` may."""
        ended = not self._children[name].process.is_alive()
        code = self._children[name].process.exitcode
        if ended and code:
            self.counts[f"{name[:3]} ended with {code}"] += 1
        return ended

    def go(self, names: list[str], seconds: float, kills_every: float) -> None:
        """Lets them all work, and kills apps at random."""
        for name in names:
            self.start(name)
        until, kill_at = time.monotonic() + seconds, time.monotonic() + kills_every
        while (now := time.monotonic()) < until:
            pipes = [each for child in self._children.values() for each in (child._pipe, child.process.sentinel)]
            wait(pipes, max(0, min(until, kill_at if kills_every else until) - now))
            now = time.monotonic()
            self.hear()
            for name in names:
                if self.has_ended(name):
                    self.end(name)
                    self.start(name)
            if kills_every and now >= kill_at:
                name = self._chance.choice([each for each in names if each.startswith("app")])
                self.end(name)
                self.counts["kills"] += 1
                self.start(name)
                kill_at = now + self._chance.uniform(0, 2 * kills_every)
        for name in names:
            self.end(name)

    def lost(self) -> list[str]:
        """What is damaged or lost, a line each."""
        problems = self.promises.broken(self._root)
        texts = {each.content for each in asyncio.run(_load(self._root)).messages.values()}
        return problems + [f"lost: {each}" for each in self.edits if each not in texts]


async def _load(root: Path) -> Thread:
    store = FileThreadStore(paths_in(root))
    try:
        return await store.load(ID)
    finally:
        store.close()


def together(seconds: float, seed: int, names: list[str], kills_every: float) -> tuple[Counter[str], list[str]]:
    """Runs them; returns counts and what is lost."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        thread = Thread(id=ID)
        thread.add(Role.USER, "the first")
        asyncio.run(FileThreadStore(paths_in(root)).save(thread))
        run = Run(root, seed)
        run.go(names, seconds, kills_every)
        run.counts["edits"] += len(run.edits)
        run.counts["acknowledged"] += run.promises.count
        run.counts["messages"] += len(run.promises.texts)
        return run.counts, run.lost()


def main() -> int:
    """Runs rounds until the time is over; 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--round", type=float, default=10, help="seconds of one thread")
    parser.add_argument("--kills-every", type=float, default=0.5, help="seconds between two kills; 0 for none")
    parser.add_argument("--without", nargs="*", default=[], help="app, ask, editor")
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    args = parser.parse_args()
    names = ["app1", "app2", "app3", "ask", "editor"]
    names = [each for each in names if each.rstrip("123") not in args.without]
    counts: Counter[str] = Counter()
    lost: list[str] = []
    try:
        for number in range(max(1, round(args.seconds / args.round))):
            found, wrong = together(args.round, args.seed + number, names, args.kills_every)
            counts += found
            lost += wrong
            for line in wrong:
                print(f"seed {args.seed + number}: {line[:400]}", flush=True)
    finally:
        print(f"seed {args.seed}:", ", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
        print(f"{len(lost)} lost")
    return bool(lost)


if __name__ == "__main__":
    sys.exit(main())
