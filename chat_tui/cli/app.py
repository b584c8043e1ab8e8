"""`chat-tui`: opens the app."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from chat_tui.cli.deferred import deferred
from chat_tui.cli.raw_mode import Modes, raw_mode
from chat_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from argparse import Namespace

    from chat_tui.cli.output import Output
    from chat_tui.cli.wiring import World
    from chat_tui.domain.model import ModelRef


def run(args: Namespace, world: World, out: Output) -> int:
    """Runs the app until the user leaves.

    Raises:
        UsageError: there is no terminal, or an argument names what there is not.
    """
    # A long thread is many objects and no garbage either: with the usual 700 the collector goes through all that was
    # loaded again and again, 40 ms at a time while a key waits.
    gc.set_threshold(10_000, 5, 20)
    # A thread that reads a file holds the interpreter for this long before a key gets its turn, several times a key.
    sys.setswitchinterval(0.001)
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageError("The app needs a terminal. For scripts and pipes there is `chat-tui ask`.")
    if os.environ.get("TERM", "") in ("dumb", "unknown"):
        raise UsageError("This terminal can't place a cursor (TERM=dumb). `chat-tui ask` works in it.")
    with raw_mode() as modes:
        return _run(args, world, modes)


def _run(args: Namespace, world: World, modes: Modes | None) -> int:
    if args.prompt is not None:
        world.prompt(args.prompt)
    resume = args.resume
    if resume:  # any unique part; the last thread ("") is the app's to find, it starts without waiting for it
        import asyncio

        resume = asyncio.run(world.store.resolve(resume))
    model = None
    if args.model is not None:
        from chat_tui.cli.choose import choose_model

        known = world.backend.known_models()
        model = str(choose_model(args.model, world.settings.providers, known, world.keys.has))
    # A key is on the screen at the next of Textual's frames: 4 ms later at most, not 16. A frame is drawn only where
    # something has changed, and answers have a slower clock of their own (`frames`).
    os.environ.setdefault("TEXTUAL_FPS", "240")
    from chat_tui.ui.textual_app import import_app

    import_app()
    from chat_tui.ui.app import run_app
    from chat_tui.ui.services import Services, Start

    services = Services(
        settings=world.settings,
        settings_store=world.settings_store,
        store=deferred(lambda: world.store),
        undo=deferred(lambda: world.undo),
        positions=deferred(lambda: world.positions),
        exchange=deferred(lambda: world.exchange),
        texts=deferred(lambda: world.texts),
        backend=deferred(lambda: world.backend),
        prompts=deferred(lambda: world.prompts),
        history=deferred(lambda: world.history),
        attachments=deferred(lambda: world.attachments),
        keys=deferred(lambda: world.keys),
        theme_folders=world.theme_folders(),
        default_model=lambda: _default_model(world),
        load=lambda: _load(world),
        warm=lambda: world.http.warm(),
        write_crash_report=lambda error: _write_report(error, world),
    )
    start = Start(resume=resume, model=model, system=args.system, prompt=args.prompt, terminal_modes=modes)
    return run_app(services, start)


def _load(world: World) -> None:
    """Makes what the list of threads and the first turn need."""
    for each in ("store", "history", "http"):
        getattr(world, each)


def _write_report(error: BaseException, world: World) -> str:
    from chat_tui.cli.crash import write_report

    return write_report(error, world)


def _default_model(world: World) -> ModelRef | None:
    from chat_tui.cli.choose import default_model

    try:
        return default_model(world.settings, world.backend.known_models(), world.keys.has)
    except UsageError:  # the app asks
        return None
