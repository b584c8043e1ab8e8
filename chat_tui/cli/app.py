"""`chat-tui`: opens the app, or plain mode where there is no screen, or none is wanted."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from chat_tui.cli.raw_mode import Modes, raw_mode
from chat_tui.domain.errors import UsageError
from chat_tui.i18n import tr

if TYPE_CHECKING:
    from argparse import Namespace

    from chat_tui.cli.container import Container
    from chat_tui.cli.output import Output


def run(args: Namespace, container: Container, out: Output) -> int:
    """Runs the app, or plain mode, until the user leaves.

    Raises:
        UsageError: there is no terminal, or an argument names what there is not.
    """
    if args.plain:
        return _run_plain(args, container)
    # A long thread is many objects and no garbage either: with the usual 700 the collector goes through all that was
    # loaded again and again, 40 ms at a time while a key waits.
    gc.set_threshold(10_000, 5, 20)
    # A thread that reads a file holds the interpreter for this long before a key gets its turn, several times a key.
    sys.setswitchinterval(0.001)
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        if container.settings.plain:
            return _run_plain(args, container)
        raise UsageError(tr("The app needs a terminal. For scripts and pipes there are `chat-tui ask` and `--plain`."))
    if os.environ.get("TERM", "") not in ("dumb", "unknown"):
        with raw_mode() as modes:
            if not container.settings.plain:
                return _run(args, container, modes)
    return _run_plain(args, container)


def _run_plain(args: Namespace, container: Container) -> int:
    from chat_tui.cli.plain.mode import run as run_plain

    gc.enable()
    return run_plain(args, container)


def _run(args: Namespace, container: Container, modes: Modes | None) -> int:
    resume = args.resume
    if args.prompt is not None or resume:
        import asyncio

        resume = asyncio.run(_checked(args, container))
    model = None
    if args.model is not None:
        from chat_tui.cli.choose import choose_model

        known = container.backend.known_models()
        model = str(choose_model(args.model, container.settings.providers, known, container.keys.has))
    # A key is on the screen at the next of Textual's frames: 4 ms later at most, not 16. A frame is drawn only where
    # something has changed, and answers have a slower clock of their own (`frames`).
    os.environ.setdefault("TEXTUAL_FPS", "240")
    from chat_tui.ui.compat.textual_app import import_app

    import_app()
    from chat_tui.ui.app import run_app
    from chat_tui.ui.services import Start

    start = Start(
        resume=resume,
        model=model,
        system=args.system,
        temporary=args.temporary,
        prompt=args.prompt,
        terminal_modes=modes,
    )
    return run_app(container, start)


async def _checked(args: Namespace, container: Container) -> str | None:
    """The thread that is to be opened; see to it that it and the prompt are there before there is a screen.

    Any unique part of an id will do. The last thread ("") is the app's to find, which starts without waiting for it.
    """
    if args.prompt is not None:
        await container.prompt(args.prompt)
    return await container.store.resolve(args.resume) if args.resume else args.resume
