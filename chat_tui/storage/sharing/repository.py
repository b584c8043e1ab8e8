"""A folder of threads in a git repository: merges the commits of other machines, and what git left in conflict.

git asks a merge driver only about files that both sides have. A thread that one side moved to the trash, or deleted for
good, and the other one changed is merged here.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from chat_tui.domain.errors import StorageError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files import atomic
from chat_tui.storage.files.lock import locked
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.sharing.git import DRIVER, set_up
from chat_tui.storage.sharing.git_process import is_repository, run_git
from chat_tui.storage.sharing.versions import HistoryMerge, Version, merge_versions
from chat_tui.storage.threads.codec import SUFFIX

_NETWORK_PATIENCE = 600.0
"""Seconds that git may take with a remote."""
_ROUNDS = 4
"""How often what others pushed meanwhile is merged before the push is given up."""
_REGULAR = (b"100644", b"100755")
_TRASH = "trash"


@dataclass(slots=True)
class Outcome:
    """What a merge, or a synchronisation, did."""

    committed: int = 0
    """Files that were changed here."""
    received: int = 0
    """Files that others changed."""
    merged: list[str] = field(default_factory=list)
    """Threads of which both sides had another version."""
    kept: list[str] = field(default_factory=list)
    """Threads that one side changed, and the other one deleted or moved to the trash."""
    problems: list[str] = field(default_factory=list)
    remote: str = ""
    """Where it was pushed to."""


class GitHistory:
    """Implements `History` over the commits of a repository.

    A thread's name is that of its file, without suffix, wherever it lies. One that is both in the trash and out of it
    has two names, its paths.
    """

    def __init__(self, folder: Path) -> None:
        """Reads nothing yet.

        Args:
            folder: of the threads; they lie in `threads` and `trash` below it, or in itself.
        """
        self._folder = folder
        self._top = "threads" if any((folder / each).is_dir() for each in ("threads", _TRASH)) else ""
        self._trees: dict[str, dict[str, str]] = {}
        self._blobs: dict[str, bytes] = {}

    def merge_bases(self, commit: str, others: tuple[str, ...]) -> tuple[str, ...]:
        """See `History.merge_bases`."""
        return tuple(sorted(_lines(run_git(self._folder, "merge-base", "--all", commit, *others, may_fail=True))))

    def has_edits_apart(self, one: str, other: str) -> bool:
        """See `History.has_edits_apart`."""
        return bool(run_git(self._folder, "rev-list", "--no-merges", "--max-count=1", f"{one}...{other}"))

    def version(self, commit: str, name: str) -> Version | None:
        """See `History.version`."""
        tree = self._tree(commit)
        return next((self.blob_version(path, tree[path]) for path in self.paths(name) if path in tree), None)

    def names(self, one: str, other: str) -> list[str]:
        """The names of the threads that differ between two commits; what is read of them is read at once."""
        trees = self._tree(one), self._tree(other)
        differing = {path for path, _ in trees[0].items() ^ trees[1].items()}
        doubled = {
            name
            for name in map(self.name, differing)
            if any(all(path in tree for path in self.paths(name)) for tree in trees)
        }
        self._read(tree[path] for path in differing for tree in trees if path in tree)
        return sorted({path if self.name(path) in doubled else self.name(path) for path in differing})

    def paths(self, name: str) -> tuple[str, ...]:
        """Where the thread of this name may lie; the first is where one is that is not in the trash."""
        if name.endswith(SUFFIX):
            return (name,)
        return (str(PurePosixPath(self._top, name + SUFFIX)), f"{_TRASH}/{name}{SUFFIX}")

    @staticmethod
    def name(path: str) -> str:
        """The name of the thread in a file."""
        return PurePosixPath(path).name.removesuffix(SUFFIX)

    @staticmethod
    def is_trash(path: str) -> bool:
        """Whether what lies there is in the trash."""
        return path.startswith(f"{_TRASH}/")

    def is_thread(self, path: str) -> bool:
        """Whether a file is one of a thread."""
        return path.endswith(SUFFIX) and str(PurePosixPath(path).parent) in (self._top or ".", _TRASH)

    def blob_version(self, path: str, blob: str | None) -> Version | None:
        """A thread that git has as this blob."""
        return None if blob is None else Version(self._blob(blob), self.is_trash(path))

    def _tree(self, commit: str) -> dict[str, str]:
        """The blobs of a commit's thread files by path."""
        if commit not in self._trees:
            found: dict[str, str] = {}
            for line in filter(None, run_git(self._folder, "ls-tree", "-r", "-z", commit).split(b"\0")):
                facts, _, path = line.partition(b"\t")
                mode, _, blob = facts.split()
                if mode in _REGULAR and self.is_thread(os.fsdecode(path)):
                    found[os.fsdecode(path)] = blob.decode()
            self._trees[commit] = found
        return self._trees[commit]

    def _blob(self, blob: str) -> bytes:
        if blob not in self._blobs:
            self._read([blob])
        return self._blobs[blob]

    def _read(self, blobs: Iterable[str]) -> None:
        wanted = dict.fromkeys(blobs)
        if not wanted:
            return
        read = run_git(self._folder, "cat-file", "--batch", sent="".join(f"{each}\n" for each in wanted).encode())
        at = 0
        for blob in wanted:
            end = read.index(b"\n", at)
            facts = read[at:end].split()
            if len(facts) != 3:
                raise StorageError(
                    tr("The git repository of {folder} lacks the object {object}.", folder=self._folder, object=blob)
                )
            at = end + 1 + int(facts[2]) + 1
            self._blobs[blob] = read[end + 1 : at - 1]


def resolve(folder: Path) -> Outcome:
    """Merges the thread files that git left in conflict, also those that one side deleted or moved to the trash.

    Raises:
        StorageError: git fails, or a file can't be written.
    """
    outcome = Outcome()
    if not folder.is_dir() or not is_repository(folder):
        return outcome
    history, stages = GitHistory(folder), defaultdict[str, dict[str, str]](dict)
    for line in filter(None, run_git(folder, "ls-files", "--unmerged", "-z").split(b"\0")):
        facts, _, file = line.partition(b"\t")
        mode, blob, stage = facts.split()
        if mode in _REGULAR and history.is_thread(os.fsdecode(file)):
            stages[os.fsdecode(file)][stage.decode()] = blob.decode()
    theirs = _commit(folder, "MERGE_HEAD")
    if theirs and stages:
        head = _commit(folder, "HEAD")
        touched = {history.name(path) for path in stages}
        names = [each for each in history.names(head, theirs) if history.name(each) in touched]
        _merge_into(folder, history, names, (head, theirs), outcome)
        return outcome
    for path, blobs in sorted(stages.items()):  # of a rebase: nothing is known of the file's other place
        try:
            merged = merge_versions(*(history.blob_version(path, blobs.get(each)) for each in "123"))
        except CodecError as error:
            outcome.problems.append(_problem(path, error))
            continue
        _put(folder / path, merged)
        outcome.merged.append(clean(history.name(path), multiline=False))
    run_git(folder, "update-index", "--add", "--remove", "-z", "--stdin", sent=_joined(stages))
    return outcome


def merge_commit(folder: Path, commit: str) -> Outcome:
    """Merges a commit of another machine into the branch; all that is changed here must be committed.

    Raises:
        StorageError: git fails, or a file can't be written, or one that is no thread can't be merged: the merge is left
            in progress then.
    """
    outcome, head = Outcome(), _commit(folder, "HEAD")
    theirs = _commit(folder, commit)
    history = GitHistory(folder)
    bases = history.merge_bases(head, (theirs,))
    if theirs in bases:
        return outcome
    changed = run_git(folder, "diff", "--name-only", "--no-renames", *(bases[:1] or [head]), theirs, "--", ".")
    outcome.received = len(_lines(changed))
    if head in bases:
        run_git(folder, "merge", "--quiet", "--ff-only", theirs)
        return outcome
    run_git(
        folder,
        *("-c", f"merge.{DRIVER}.driver=true", "merge", "--quiet", "--no-commit", "--no-ff", "-X", "no-renames"),
        *("--allow-unrelated-histories", theirs),
        may_fail=True,
    )
    if not _commit(folder, "MERGE_HEAD"):
        raise StorageError(
            tr("git could not merge in {folder}: run `git merge {commit}` there.", folder=folder, commit=theirs[:12])
        )
    _merge_into(folder, history, history.names(head, theirs), (head, theirs), outcome)
    if outcome.problems:  # else git's commit would have only this side of those threads
        run_git(folder, "merge", "--abort")
    else:
        _finish_merge(folder)
    return outcome


def synchronise(folder: Path, lock: Path, *, push: bool = True) -> Outcome:
    """Commits what was changed here, merges what others pushed to the branch's remote, and pushes both.

    Args:
        folder: of the threads.
        lock: held while files change, so that running programs wait.
        push: whether to push.

    Raises:
        StorageError: there is no repository, git fails, or something can't be merged.
    """
    if not folder.is_dir() or not is_repository(folder):
        raise StorageError(tr("{folder} is not a git repository. Run `git init` or `git clone` first.", folder=folder))
    set_up(folder)  # what stays out of git must stay out
    outcome = Outcome()
    with _all_locked(lock):
        if _commit(folder, "MERGE_HEAD"):
            outcome = resolve(folder)
            if outcome.problems:
                return outcome
            _finish_merge(folder)
        outcome.committed = _commit_changes(folder)
    remote, branch = _upstream(folder)
    for left in reversed(range(_ROUNDS if remote else 0)):
        has_branch = bool(run_git(folder, "ls-remote", remote, branch, patience=_NETWORK_PATIENCE))
        if has_branch:
            run_git(folder, "fetch", "--quiet", remote, branch, patience=_NETWORK_PATIENCE)
            with _all_locked(lock):
                outcome.committed += _commit_changes(folder)
                got = merge_commit(folder, "FETCH_HEAD")
            outcome.received += got.received
            outcome.merged += got.merged
            outcome.kept += got.kept
            outcome.problems += got.problems
        if outcome.problems or not push:
            break
        if has_branch and _commit(folder, "HEAD") == _commit(folder, "FETCH_HEAD"):
            break
        try:
            run_git(folder, "push", "--quiet", "-u", remote, f"HEAD:{branch}", patience=_NETWORK_PATIENCE)
        except StorageError:  # somebody may have pushed meanwhile
            if not left:
                raise
        else:
            outcome.remote = remote
            break
    return outcome


@contextmanager
def _all_locked(lock: Path) -> Iterator[None]:
    with locked(lock) as has_turn:
        if not has_turn:
            raise StorageError(tr("Another program is writing threads. Try again."))
        yield


def _upstream(folder: Path) -> tuple[str, str]:
    """The remote and the reference that the branch is synchronised with; no remote where there is none, or several."""
    branch = run_git(folder, "symbolic-ref", "--quiet", "HEAD", may_fail=True).decode().strip()
    if not branch:
        raise StorageError(tr("No git branch is checked out in {folder}. Run `git switch` first.", folder=folder))
    name = branch.removeprefix("refs/heads/")
    remote, merged = (
        run_git(folder, "config", "--get", f"branch.{name}.{each}", may_fail=True).decode().strip()
        for each in ("remote", "merge")
    )
    remotes = _lines(run_git(folder, "remote"))
    return remote or (remotes[0] if len(remotes) == 1 else ""), merged or branch


def _commit_changes(folder: Path) -> int:
    """Commits all that was changed in the folder; how many files that were."""
    run_git(folder, "add", "--all", "--", ".")
    changed = run_git(folder, "diff", "--cached", "--name-only", "--no-renames", "--", ".")
    if changed:
        run_git(folder, *_identity(folder), "commit", "--quiet", "-m", "chat-tui", "--", ".")
    return len(_lines(changed))


def _finish_merge(folder: Path) -> None:
    if left := _lines(run_git(folder, "diff", "--name-only", "--diff-filter=U")):
        named = clean(", ".join(left[:3]), multiline=False)
        raise StorageError(
            tr(
                "Could not merge {path} in {folder}: resolve it, `git add` it, and run this again.",
                path=named,
                folder=folder,
            )
        )
    run_git(folder, *_identity(folder), "commit", "--quiet", "--no-edit")


def _identity(folder: Path) -> tuple[str, ...]:
    """Arguments of git for who commits, where git does not know that."""
    if run_git(folder, "var", "GIT_COMMITTER_IDENT", may_fail=True):
        return ()
    return ("-c", "user.name=chat-tui", "-c", "user.email=chat-tui@localhost")


def _merge_into(
    folder: Path, history: GitHistory, names: Iterable[str], commits: tuple[str, str], outcome: Outcome
) -> None:
    """Puts what comes of two commits' threads into the folder and git's index."""
    merge, changed = HistoryMerge(history), list[str]()
    for name in names:
        one, other = (history.version(each, name) for each in commits)
        try:
            merged = merge.merge(name, commits)
        except CodecError as error:
            outcome.problems.append(_problem(name, error))
            continue
        for path in history.paths(name):
            is_here = merged is not None and (
                len(history.paths(name)) == 1 or merged.is_trashed == history.is_trash(path)
            )
            _put(folder / path, merged if is_here else None)
            changed.append(path)
        is_kept = (
            merged is not None
            and not merged.is_trashed
            and any(each is None or each.is_trashed for each in (one, other))
        )
        if is_kept and merge.base(name, commits) is not None:
            outcome.kept.append(clean(history.name(name), multiline=False))
        elif merged not in (one, other):
            outcome.merged.append(clean(history.name(name), multiline=False))
    run_git(folder, "update-index", "--add", "--remove", "-z", "--stdin", sent=_joined(changed))


def _put(path: Path, version: Version | None) -> None:
    if version is not None:
        atomic.write_atomic(path, version.data)
    elif os.path.lexists(path):
        atomic.remove(path)


def _problem(name: str, error: CodecError) -> str:
    return tr("Could not merge {path}: {error}.", path=clean(name, multiline=False), error=error)


def _commit(folder: Path, name: str) -> str:
    """The id of a commit; empty where there is none of this name."""
    return run_git(folder, "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}", may_fail=True).decode().strip()


def _joined(paths: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(each) + b"\0" for each in paths)


def _lines(said: bytes) -> list[str]:
    return os.fsdecode(said).splitlines()
