"""The interface of the command line to the app: stores, backend, settings, and the options of the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from chat_tui.domain.models.model import ModelRef
    from chat_tui.domain.ports.backend import Backend
    from chat_tui.domain.ports.diagrams import Diagrams
    from chat_tui.domain.ports.files import Attachments, Exchange, TextFiles
    from chat_tui.domain.ports.ledger import UsageLedger
    from chat_tui.domain.ports.pictures import Pictures
    from chat_tui.domain.ports.schemas import SchemaChecker
    from chat_tui.domain.ports.stores import (
        AnswerChoices,
        KeyStore,
        Measurements,
        Positions,
        PromptHistory,
        PromptLibrary,
        SettingsStore,
        UndoLog,
    )
    from chat_tui.domain.ports.threads import ThreadStore
    from chat_tui.domain.settings import Settings
    from chat_tui.session.tool_calls import ToolServices


class Services(Protocol):
    """Stores, backend and settings, as ports. Each is created when it is first used."""

    @property
    def settings(self) -> Settings:
        """As they are now."""

    @property
    def settings_store(self) -> SettingsStore:
        """Changes the settings."""

    @property
    def store(self) -> ThreadStore:
        """The threads."""

    @property
    def undo(self) -> UndoLog:
        """What can be undone."""

    @property
    def ledger(self) -> UsageLedger:
        """What requests used and cost."""

    @property
    def positions(self) -> Positions:
        """Where threads were read last."""

    @property
    def exchange(self) -> Exchange:
        """Exports and imports threads."""

    @property
    def texts(self) -> TextFiles:
        """Files that pieces of threads are written into."""

    @property
    def backend(self) -> Backend:
        """Talks to the models."""

    @property
    def prompts(self) -> PromptLibrary:
        """The system-prompt library."""

    @property
    def history(self) -> PromptHistory:
        """The prompts that were sent last."""

    @property
    def choices(self) -> AnswerChoices:
        """Which answers were chosen, where several models were asked the same."""

    @property
    def measurements(self) -> Measurements:
        """How quick each model was, and how often it failed."""

    @property
    def attachments(self) -> Attachments:
        """Reads what is attached."""

    @property
    def diagrams(self) -> Diagrams:
        """Draws diagrams."""

    @property
    def pictures(self) -> Pictures:
        """Decodes pictures."""

    @property
    def schemas(self) -> SchemaChecker:
        """Checks values by JSON Schemas."""

    @property
    def tools(self) -> ToolServices:
        """Runs the tools that models call."""

    @property
    def keys(self) -> KeyStore:
        """The API keys."""

    @property
    def theme_folders(self) -> Sequence[Path]:
        """Where themes lie: the program's own first, then the user's, which win."""

    async def close_tools(self) -> None:
        """Stops the tool servers that were started."""

    def default_model(self) -> ModelRef | None:
        """The default model where the user chose none: that of the only provider with a key."""

    def load(self) -> None:
        """Imports what the list of threads needs; called in a thread once the first screen is drawn."""

    def warm(self) -> None:
        """Imports what a first request needs; called in a thread a little later."""

    def write_crash_report(self, error: BaseException) -> str:
        """Writes a report without locals and keys and returns where."""


@dataclass(slots=True)
class Start:
    """How the app was asked to start."""

    resume: str | None = None
    """A thread's id or a part of it; an empty string for the last used; None for a new thread."""
    model: str | None = None
    system: str | None = None
    temporary: bool = False
    """Whether the new thread is never saved."""
    prompt: str | None = None
    """A name in the prompt library."""
    terminal_modes: list[Any] | None = None
    """The terminal's modes before the program changed them (`termios.tcgetattr`), to be put back."""
