"""One command from its arguments to its exit code: the only place where errors become codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from chat_tui.cli.exit_codes import CRASHED, FAILED, INTERRUPTED, PIPE_CLOSED, USAGE
from chat_tui.cli.output import Output, OutputError
from chat_tui.domain.errors import ErrorKind, ProviderError, StorageError, ThreadNotFoundError, UsageError
from chat_tui.i18n import sentences, tr

if TYPE_CHECKING:
    from chat_tui.cli.container import Container

COMPLETES = "_ARGCOMPLETE"
"""A variable that is set where a shell's script asks for completions; there are no arguments then."""
NO_ARGUMENTS = {
    **{"module": "app", "resume": None, "model": None, "system": None, "prompt": None, "temporary": False},
    "plain": False,
}
"""What the parser makes of no arguments."""


def run(argv: Sequence[str]) -> int:
    """Runs one command. Nothing is raised: what goes wrong is a line on standard error and a code."""
    _fill_standard_descriptors()
    out = Output(sys.stdout, sys.stderr)
    container: Container | None = None
    try:
        try:
            args = _parse(argv)
            out.is_quiet = getattr(args, "quiet", False)
            _no_core_dumps()
            from chat_tui.cli.container import Container

            container = Container(os.environ)
            if args.module != "app":  # which enables the collector after its first frame
                gc.enable()
            code: int = import_module(f"chat_tui.cli.{args.module}").run(args, container, out)
        except SystemExit as leaving:  # argparse: help, version, wrong usage
            code = leaving.code if isinstance(leaving.code, int) else USAGE
        finally:
            if container is not None and (late := container.close()):
                out.problem(tr("The disk did not respond in time. Not saved: {files}.", files=", ".join(late)))
        out.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last place: what comes here becomes words and a code
        return _report(error, container, out)
    return code


def _parse(argv: Sequence[str]) -> Any:
    if COMPLETES in os.environ:
        return SimpleNamespace(module="shell.completion")
    if not argv:  # the usual way to open the app: loading and building the parser would be a twentieth of its start
        return SimpleNamespace(**NO_ARGUMENTS)
    from chat_tui.cli.parser import parse

    return parse(argv)


def _report(error: Exception, container: Container | None, out: Output) -> int:
    match error:
        case BrokenPipeError():  # whoever read has enough
            return PIPE_CLOSED
        case UsageError() | ThreadNotFoundError():
            out.problem(str(error))
            return USAGE
        case ProviderError():
            out.problem(str(error))
            return USAGE if error.kind is ErrorKind.CONFIGURATION else FAILED
        case StorageError() | OutputError():
            out.problem(str(error))
            return FAILED
        case OSError() if error.errno:  # the machine's doing, in a place where it has no words of its own
            where = f" ({error.filename})" if error.filename else ""
            out.problem(tr("Could not continue: {error}.", error=os.strerror(error.errno).lower() + where))
            return FAILED
    where = container.write_crash_report(error) if container is not None else ""
    report = tr("A report without your texts and keys is in {where}.", where=where) if where else ""
    failure = tr("internal error ({name}). This is a bug in chat-tui.", name=type(error).__name__)
    out.problem(sentences(failure, report))
    return CRASHED


def _fill_standard_descriptors() -> None:
    """Opens the null device where standard input, output or error is closed.

    Else the next file that is opened, a thread's, becomes descriptor 1 or 2, and what a library or a child writes to
    its standard error ends up in it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _no_core_dumps() -> None:
    """A core would hold keys and conversations."""
    try:
        import resource
    except ImportError:  # Windows
        return
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    except (OSError, ValueError):  # forbidden here: no reason not to start
        return
