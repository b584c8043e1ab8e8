"""git for a folder of threads: the merge driver, and what stays out of git and Syncthing."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.i18n import tr
from chat_tui.storage.files import atomic
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.sharing.git_process import is_repository, run_git
from chat_tui.storage.sharing.three_way import merge_threads, read_version
from chat_tui.storage.threads.codec import encode

DRIVER = "chat-tui"
"""The name of the merge driver."""
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
    places = (
        ("/threads/*.json", "/trash/*.json")
        if any((folder / each).is_dir() for each in ("threads", "trash"))
        else ("/*.json",)
    )
    _write_block(folder / ".gitattributes", "#", [f"{each} merge={DRIVER}" for each in places])
    _write_block(folder / ".gitignore", "#", [*_IGNORED, "/.stignore", "/.stfolder/", "/.stversions/"])
    # Syncthing's patterns for names have no slash at their end, and hold for folders, too.
    _write_block(folder / ".stignore", "//", [each.removesuffix("/") for each in _IGNORED])
    if not is_repository(folder):
        return False
    # The folder's own modules must not run: without -P they would be imported in place of this program's.
    command = f"{shlex.quote(Path(sys.executable).as_posix())} -P -m chat_tui threads merge %O %A %B"
    run_git(folder, "config", f"merge.{DRIVER}.name", "threads of chat-tui, by message")
    run_git(folder, "config", f"merge.{DRIVER}.driver", command)
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
    if is_repository(folder) and run_git(folder, "config", "--get", f"merge.{DRIVER}.driver", may_fail=True):
        run_git(folder, "config", "--remove-section", f"merge.{DRIVER}")


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
