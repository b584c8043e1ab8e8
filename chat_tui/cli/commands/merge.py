"""`chat-tui threads merge` and `sync`: what several machines wrote, by git or a folder that is synchronised."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr, trn

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
            raise UsageError(tr("Give one folder, or none for the threads of chat-tui."))
        folder = Path(args.file[0]).absolute() if args.file else container.paths.data
        if args.uninstall:
            git.take_away(folder)
            out.note(tr("{folder}: git merges threads as text again", folder=folder))
        elif git.set_up(folder):
            out.note(tr("{folder}: git now merges threads by message. Run this in each clone.", folder=folder))
        else:
            out.note(
                tr(
                    "{folder}: not a git repository. Run `git init` there and this again to merge threads with git.",
                    folder=folder,
                )
            )
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
        raise UsageError(tr("Give three files (BASE OURS THEIRS), or none."))
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
        out.note(tr("Merged: {thread}", thread=each))
    _tell_kept(found.kept, out)
    for each in found.problems:
        out.problem(each)
    if not copies and not found.merged and not found.kept and not found.problems:
        out.note(tr("Nothing to merge."))
    return CONFLICT if found.problems else DONE


def _synchronise(args: Namespace, container: Container, out: Output) -> int:
    from chat_tui.storage.sharing.repository import synchronise

    folder = Path(args.folder).absolute() if args.folder else container.paths.data
    done = synchronise(folder, container.paths.lock_file, push=not args.no_push)
    said = []
    if done.committed:
        said.append(trn("{n} file committed", "{n} files committed", done.committed))
    if done.received:
        said.append(trn("{n} file received", "{n} files received", done.received))
    if done.merged:
        said.append(trn("{n} thread merged", "{n} threads merged", len(done.merged)))
    if done.remote:
        said.append(tr("pushed to {remote}", remote=clean(done.remote, multiline=False)))
    _tell_kept(done.kept, out)
    for each in done.problems:
        out.problem(each)
    if not done.problems:
        out.note(" · ".join(said) or tr("Nothing to synchronise."))
    return CONFLICT if done.problems else DONE


def _tell_kept(threads: list[str], out: Output) -> None:
    for each in threads:
        out.note(tr("Kept (changed after it was deleted elsewhere): {thread}", thread=each))
