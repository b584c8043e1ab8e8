"""What the interface is given by the command line: the ports, and how it was asked to start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chat_tui.domain.exchange import Exchange, TextFiles
    from chat_tui.domain.models.model import ModelRef
    from chat_tui.domain.ports import Backend, ThreadStore
    from chat_tui.domain.settings import Settings
    from chat_tui.domain.store_ports import (
        Attachments,
        KeyStore,
        Positions,
        PromptHistory,
        PromptLibrary,
        SettingsStore,
        UndoLog,
    )


@dataclass(eq=False, repr=False, slots=True)
class Services:
    """The outside world, as ports."""

    settings: Settings
    """As they stood at the start; `settings_store.update` returns newer ones."""
    settings_store: SettingsStore
    store: ThreadStore
    undo: UndoLog
    positions: Positions
    exchange: Exchange
    texts: TextFiles
    backend: Backend
    prompts: PromptLibrary
    history: PromptHistory
    attachments: Attachments
    keys: KeyStore
    theme_folders: Sequence[Path]
    """Where themes lie: the program's own first, then the user's, which win."""
    default_model: Callable[[], ModelRef | None] = lambda: None
    """The model that goes without saying where the user chose none: that of the only provider with a key."""
    load: Callable[[], None] = lambda: None
    """Imports what the list of threads needs; called in a thread once the first screen is drawn."""
    warm: Callable[[], None] = lambda: None
    """Imports what a first request needs; called in a thread a little later."""
    write_crash_report: Callable[[BaseException], str] = lambda error: ""
    """Writes a report without locals and keys and returns where."""


@dataclass(slots=True)
class Start:
    """How the app was asked to start."""

    resume: str | None = None
    """A thread's id or a part of it; an empty string for the last used; None for a new thread."""
    model: str | None = None
    system: str | None = None
    prompt: str | None = None
    """A name in the prompt library."""
    terminal_modes: list[Any] | None = None
    """The terminal's modes before the program changed them (`termios.tcgetattr`), to be put back."""
