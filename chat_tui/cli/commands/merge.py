"""`chat-tui threads merge` and `sync`: what several machines wrote, by git or a folder that is synchronised."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.text.clean import clean

DONE, CONFLICT = 0, 1


def run(args: Namespace, container: Container, out: Output) -> int:
    """Merges three files, sets git up, merges what conflicts in the folder of the data, or synchronises it.

    Raises:
        StorageError: a file can't be read or written, or git fails.
        UsageError: the arguments don't fit together.
    """
    from chat_tui.storage.sharing import git

    if args.action == "sync":
        return _synchronise(args, container, out)
    if args.install or args.uninstall:
        if len(args.file) > 1:
            raise UsageError("Name one folder, or none for the threads of chat-tui.")
        folder = Path(args.file[0]).absolute() if args.file else container.paths.data
        if args.uninstall:
            git.take_away(folder)
            out.note(f"{folder}: git merges threads as text again")
        elif git.set_up(folder):
            out.note(f"{folder}: git now merges threads by message. Run this in each clone.")
        else:
            out.note(f"{folder}: not a git repository. Run `git init` there and this again to merge threads with git.")
        return DONE
    if len(args.file) == 3:
        base, ours, theirs = map(Path, args.file)
        try:
            git.merge_files(base, ours, theirs)
        except StorageError as error:
            out.problem(str(error))
            return CONFLICT  # more than 128 would end git's whole merge
        return DONE
    if args.file:
        raise UsageError("Name three files, BASE OURS THEIRS, or none.")
    return _merge_folder(container, out)


def _merge_folder(container: Container, out: Output) -> int:
    from chat_tui.storage.sharing import repository
    from chat_tui.storage.sharing.conflicted_copies import ConflictedCopies
    from chat_tui.storage.threads.codec import SUFFIX

    threads = container.paths.threads
    names = sorted(each.stem for each in threads.glob(f"*{SUFFIX}")) if threads.is_dir() else []
    copies = ConflictedCopies(container.paths, out.note).merge(names)
    found = repository.resolve(container.paths.data)
    for each in found.merged:
        out.note(f"Merged: {each}")
    _tell_kept(found.kept, out)
    for each in found.problems:
        out.problem(each)
    if not copies and not found.merged and not found.kept and not found.problems:
        out.note("Nothing to merge.")
    return CONFLICT if found.problems else DONE


def _synchronise(args: Namespace, container: Container, out: Output) -> int:
    from chat_tui.storage.sharing.repository import synchronise

    folder = Path(args.folder).absolute() if args.folder else container.paths.data
    done = synchronise(folder, container.paths.lock_file, push=not args.no_push)
    counts = ((done.committed, "committed"), (done.received, "received"))
    said = [f"{count} changed file{'' if count == 1 else 's'} {what}" for count, what in counts if count]
    if done.merged:
        said.append(f"{len(done.merged)} thread{'' if len(done.merged) == 1 else 's'} merged")
    if done.remote:
        said.append(f"pushed to {clean(done.remote, multiline=False)}")
    _tell_kept(done.kept, out)
    for each in done.problems:
        out.problem(each)
    if not done.problems:
        out.note(f"{', '.join(said) or 'Nothing changed'}.")
    return CONFLICT if done.problems else DONE


def _tell_kept(threads: list[str], out: Output) -> None:
    for each in threads:
        out.note(f"Kept, as it was changed after it had been deleted elsewhere: {each}")
