"""git for a folder of threads: the merge driver, what stays out of it, and conflicts that git left."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files import atomic
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.sharing.three_way import merge_threads, read_version
from chat_tui.storage.threads.codec import SUFFIX, encode

_PATIENCE = 60
"""Seconds that git may take."""
_DRIVER = "chat-tui"
_BEGIN, _END = "# chat-tui: begin", "# chat-tui: end"
_IGNORED = (
    "/journal/",
    "/models/",
    "/.lock",
    "/undo.jsonl",
    "/approvals.json",
    "/positions.json",
    "/prompts.jsonl",
    "*.sqlite3*",
    "*.db*",
    ".bak/",
    ".corrupt/",
    ".*.tmp",
)
"""What a machine keeps for itself: journals, indexes, positions, earlier versions."""
_REGULAR = ("100644", "100755")


def merge_files(base: Path, ours: Path, theirs: Path) -> None:
    """Merges two versions of a thread's file, and writes the result in place of ours, as git expects of a driver.

    Raises:
        StorageError: one can't be read, or is no thread; nothing is written then.
    """
    versions = []
    for path in (base, ours, theirs):
        try:
            versions.append(read_version(atomic.safe_read(path, follow=True)[0]))
        except FileNotFoundError:
            raise StorageError(tr("No such file: {name}.", name=path)) from None
        except CodecError as error:
            if path is not base:  # without a base nothing counts as removed
                raise StorageError(tr("Could not merge {path}: {error}.", path=path, error=error)) from error
            versions.append(None)
    before, one, other = versions
    there = one or other
    if there is None:
        return
    try:
        merged = merge_threads(before, one or there, other or there)
    except CodecError as error:
        raise StorageError(tr("Could not merge {path}: {error}.", path=ours, error=error)) from error
    try:
        ours.write_bytes(encode(merged))
    except OSError as error:
        raise atomic.in_words(error, "write", ours) from error


def set_up(folder: Path) -> bool:
    """Writes what stays out of git and Syncthing, and makes this program git's merge driver for threads here.

    Returns:
        Whether the folder belongs to a git repository, which now has the driver.

    Raises:
        UsageError: there is no such folder.
        StorageError: a file can't be written, or git fails.
    """
    if not folder.is_dir():
        raise UsageError(tr("No such folder: {folder}", folder=folder))
    places = ("/threads/*.json", "/trash/*.json") if (folder / "threads").is_dir() else ("/*.json",)
    _write_block(folder / ".gitattributes", "#", [f"{each} merge={_DRIVER}" for each in places])
    _write_block(folder / ".gitignore", "#", [*_IGNORED, "/.stignore", "/.stfolder/", "/.stversions/"])
    # Syncthing's patterns for names have no slash at their end, and hold for folders, too.
    _write_block(folder / ".stignore", "//", [each.removesuffix("/") for each in _IGNORED])
    if not _is_repository(folder):
        return False
    # The folder's own modules must not run: without -P they would be imported in place of this program's.
    command = f"{shlex.quote(Path(sys.executable).as_posix())} -P -m chat_tui threads merge %O %A %B"
    _git(folder, "config", f"merge.{_DRIVER}.name", "threads of chat-tui, by message")
    _git(folder, "config", f"merge.{_DRIVER}.driver", command)
    return True


def take_away(folder: Path) -> None:
    """Undoes `set_up`; lines that others wrote into the same files stay.

    Raises:
        UsageError: there is no such folder.
        StorageError: a file can't be written, or git fails.
    """
    if not folder.is_dir():
        raise UsageError(tr("No such folder: {folder}", folder=folder))
    for name, mark in ((".gitattributes", "#"), (".gitignore", "#"), (".stignore", "//")):
        _write_block(folder / name, mark, [])
    if _is_repository(folder) and _git(folder, "config", "--get", f"merge.{_DRIVER}.driver", may_fail=True):
        _git(folder, "config", "--remove-section", f"merge.{_DRIVER}")


def _write_block(path: Path, mark: str, lines: list[str]) -> None:
    """Replaces this program's lines in a file; a file with nothing else goes with them."""
    begin, end = (each.replace("#", mark) for each in (_BEGIN, _END))
    try:
        text = atomic.safe_read(path, follow=True)[0].decode()
    except FileNotFoundError:
        text = ""
    except UnicodeDecodeError as error:
        raise StorageError(tr("{path} is not UTF-8, so it is not changed.", path=path)) from error
    before, has_block, rest = text.partition(f"{begin}\n")
    after = rest.partition(f"{end}\n")[2] if has_block else ""
    others = before + after
    block = "\n".join([begin, *lines, end]) + "\n" if lines else ""
    new = before + "\n" * bool(block and before and not before.endswith("\n")) + block + after
    if not block and not others.strip():
        atomic.remove(path)
    elif new != text:
        atomic.write_atomic(path, new.encode(), follow=True)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of the conflicts that git left in a folder."""

    merged: list[str]
    """Files that both sides changed."""
    kept: list[str]
    """Files that one side changed and the other one deleted."""
    problems: list[str]


def resolve(folder: Path) -> Resolution:
    """Merges the thread files that git left in conflict, also where one side deleted them: what was written stays.

    Raises:
        StorageError: git fails, or a file can't be written.
    """
    found = Resolution([], [], [])
    if not folder.is_dir() or not _is_repository(folder):
        return found
    stages: dict[str, dict[str, str]] = {}
    for line in filter(None, os.fsdecode(_git(folder, "ls-files", "--unmerged", "-z")).split("\0")):
        facts, _, path = line.partition("\t")
        mode, blob, stage = facts.split()
        if mode in _REGULAR and path.endswith(SUFFIX):
            stages.setdefault(path, {})[stage] = blob
    for name, blobs in sorted(stages.items(), key=lambda item: item[0].startswith("threads/")):  # the trash first
        shown = clean(name, multiline=False)
        try:
            base, one, other = (
                read_version(_git(folder, "cat-file", "blob", blobs[stage])) if stage in blobs else None
                for stage in "123"
            )
            there = one or other
            if there is None:
                continue
            merged = merge_threads(base, one, other) if one and other else there
        except CodecError as error:
            found.problems.append(tr("Could not merge {path}: {error}.", path=shown, error=error))
            continue
        if not (one and other):
            merged = _taken_out_of_trash(folder, name, base, merged)
        atomic.write_atomic(folder / name, encode(merged))
        _git(folder, "add", "--", name)
        (found.merged if one and other else found.kept).append(shown)
    return found


def _taken_out_of_trash(folder: Path, name: str, base: Thread | None, thread: Thread) -> Thread:
    """A thread that one side deleted, with what that side had of it; it is no longer in the trash."""
    path = folder / "trash" / Path(name).name
    if Path(name).parent.name != "threads" or not path.is_file():
        return thread
    with suppress(CodecError, StorageError):
        deleted = read_version(atomic.safe_read(path)[0])
        thread = merge_threads(base, thread, deleted) if deleted else thread
        _git(folder, "rm", "--quiet", "--force", "--ignore-unmatch", "--", f"trash/{path.name}")
    return thread


def _is_repository(folder: Path) -> bool:
    return _git(folder, "rev-parse", "--is-inside-work-tree", may_fail=True).strip() == b"true"


def _git(folder: Path, *arguments: str, may_fail: bool = False) -> bytes:
    """Runs git; returns what it prints, nothing where it may fail and does.

    Raises:
        StorageError: it fails, and may not.
    """
    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments],
            env={name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        if may_fail and isinstance(error, FileNotFoundError):  # there is no git
            return b""
        raise StorageError(tr("Could not run git in {folder}: {error}.", folder=folder, error=error)) from error
    if done.returncode == 0:
        return done.stdout
    if may_fail:
        return b""
    said = clean(done.stderr.decode(errors="replace"), multiline=False).strip()
    raise StorageError(
        tr("git {command} failed in {folder}: {output}", command=arguments[0], folder=folder, output=said[:300])
    )
