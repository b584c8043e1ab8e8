"""Machines that share a git repository of threads, and change it at random; a record of what must not be lost."""

from __future__ import annotations

import os
import random
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.sharing import git, repository
from chat_tui.storage.threads.codec import decode, encode

ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def run_git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | ENVIRONMENT
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def git_says(folder: Path, *arguments: str) -> str:
    done = run_git(folder, *arguments)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout.strip()


@dataclass
class Record:
    """What all machines wrote."""

    texts: set[str] = field(default_factory=set)
    drafts: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    """Texts and drafts in place of which somebody who saw them wrote others."""
    titles: dict[str, list[str]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    writers: dict[str, str] = field(default_factory=dict)
    """The machine that wrote each text."""


@dataclass
class Machine:
    """A clone of the repository, and somebody who writes in it."""

    folder: Path
    record: Record
    chance: random.Random
    clock: int
    """The year that this machine believes it is."""
    deletes: bool = True
    """Whether it moves threads to the trash."""

    @property
    def name(self) -> str:
        return self.folder.name

    def threads(self) -> Iterator[tuple[Path, Thread]]:
        for path in sorted(self.folder.glob("t*/*.json")):
            yield path, decode(path.read_bytes())

    def state(self) -> str:
        return git_says(self.folder, "rev-parse", "HEAD^{tree}")

    def edit(self, times: int) -> None:
        for number in range(times):
            there = sorted(self.folder.glob("threads/*.json"))
            kinds: list[Callable[[Thread, str], None]] = [
                *[self._add] * 5, self._change, self._change, self._delete, self._title, self._tag, self._draft
            ]  # fmt: skip
            path = self.chance.choice(there)
            if self.chance.random() < 0.01 and len(there) > 2 and self.deletes:
                path.parent.with_name("trash").mkdir(exist_ok=True)
                path.rename(path.parent.with_name("trash") / path.name)
                continue
            if self.chance.random() < 0.02:
                path = path.with_name(f"{self.chance.getrandbits(40):010x}.json")
                self.write(path, Thread(id=path.stem, created="2026", updated="2026"))
            thread = decode(path.read_bytes())
            self.chance.choice(kinds)(thread, f"{self.name} {number} {self.chance.getrandbits(32):08x}")
            thread.updated = f"{self.clock}-01-01T00:00:00Z"
            self.write(path, thread)
        git_says(self.folder, "add", "-A")
        git_says(self.folder, "commit", "-qm", self.name)

    def write(self, path: Path, thread: Thread) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encode(thread))

    def _add(self, thread: Thread, text: str) -> None:
        parent = self.chance.choice([None, thread.head, *thread.messages])
        identity = f"{self.chance.getrandbits(32):08x}"
        thread.messages[identity] = Message(identity, parent, self.chance.choice([Role.USER, Role.ASSISTANT]), text)
        thread.head = identity
        self._wrote(text)

    def _wrote(self, text: str, before: str = "") -> None:
        self.record.texts.add(text)
        self.record.writers[text] = self.name
        self.record.replaced.add(before)

    def _change(self, thread: Thread, text: str) -> None:
        if thread.messages:
            message = self.chance.choice(list(thread.messages.values())[:5])  # often one that others change, too
            self._wrote(text, message.content)
            message.content = text

    def _delete(self, thread: Thread, text: str) -> None:
        if thread.messages:
            message = self.chance.choice(list(thread.messages.values()))
            message.deleted = text
            self.record.deleted.add(message.id)

    def _title(self, thread: Thread, text: str) -> None:
        thread.title = text
        self.record.titles.setdefault(thread.id, []).append(text)

    def _tag(self, thread: Thread, text: str) -> None:
        thread.tags.append(text)
        self.record.tags.add(text)

    def _draft(self, thread: Thread, text: str) -> None:
        self.record.drafts.add(text)
        self.record.replaced.update(thread.draft.split("\n\n* * *\n\n"))
        thread.draft = text

    def pull(self, other: Machine, commit: str = "HEAD") -> None:
        """Merges what another machine has, as `threads sync` does."""
        git_says(self.folder, "fetch", "-q", str(other.folder), commit)
        assert repository.merge_commit(self.folder, "FETCH_HEAD").problems == []
        assert git_says(self.folder, "status", "--porcelain") == ""

    def pull_by_git(self, other: Machine) -> None:
        """Merges what another machine has by git alone; nothing is left of what both sides changed."""
        git_says(self.folder, "pull", "-q", "--no-rebase", "--no-edit", str(other.folder), "HEAD")


def cloned(tmp_path: Path, names: str, threads: int, seed: int) -> list[Machine]:
    """Machines with clones of one repository."""
    record, first = Record(), tmp_path / names[0]
    (first / "threads").mkdir(parents=True)
    machines = [
        Machine(tmp_path / name, record, random.Random(seed + at), 1990 + 40 * at) for at, name in enumerate(names)
    ]
    git_says(first, "init", "-q")
    git.set_up(first)
    for number in range(threads):
        thread = Thread(id=f"thread{number}", title="as it was", created="2026", updated="2026")
        for _ in range(6):
            machines[0]._add(thread, f"start {machines[0].chance.getrandbits(32):08x}")
        machines[0].write(first / "threads" / f"{thread.id}.json", thread)
    git_says(first, "add", "-A")
    git_says(first, "commit", "-qm", "start")
    for machine in machines[1:]:
        git_says(tmp_path, "clone", "-q", str(first), str(machine.folder))
        git.set_up(machine.folder)
    return machines


def lost_and_doubled(machine: Machine) -> tuple[list[str], list[str]]:
    """What a machine has not, of all that was written, and what it has twice."""
    record, found, threads = machine.record, Counter[str](), [thread for _, thread in machine.threads()]
    lost, drafts, tags = [], set[str](), list[str]()
    for thread in threads:
        found.update(each.content for each in thread.messages.values())
        drafts.update(thread.draft.split("\n\n* * *\n\n"))
        tags += thread.tags
        titles = record.titles.get(thread.id)
        if titles and thread.title not in titles:
            lost.append(thread.title)
        lost += [f"deletion of {name}" for name in _undeleted(thread, record)]
        assert all(each.parent in (None, *thread.messages) for each in thread.messages.values())
        assert thread.head is None or thread.head in thread.messages
    lost += sorted(record.texts - record.replaced - found.keys())
    lost += sorted(record.drafts - record.replaced - drafts) + sorted(record.tags - set(tags))
    ids = Counter(thread.id for thread in threads)
    doubled = [each for counts in (found, Counter(tags), ids) for each, count in counts.items() if count > 1]
    return lost, doubled


def _undeleted(thread: Thread, record: Record) -> Iterator[str]:
    """The messages that came back though nobody wrote in them or below them."""
    written: set[str | None] = set()
    for message in reversed(thread.messages.values()):
        if message.content in record.texts - record.replaced and not message.content.startswith("start"):
            written.add(message.id)
        if message.id in written:
            written.add(message.parent)
        elif message.id in record.deleted and not message.deleted:
            yield message.id
