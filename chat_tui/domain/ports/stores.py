"""Ports of the stores beside the threads: undo, positions, prompts, settings, keys.

What touches a disk is done in the order of the calls.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chat_tui.domain.conversation.undo import Change
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.settings import PromptTemplate, Settings
from chat_tui.domain.text.secrets import Secret

if TYPE_CHECKING:
    from chat_tui.domain.conversation.choice import ChoiceCount, ChosenAnswer
    from chat_tui.domain.conversation.measurement import Measurement, ModelStats


class UndoLog(Protocol):
    """Keeps what can be undone, across restarts."""

    async def add(self, change: Change) -> None:
        """Notes a change; the oldest go when there are very many. One that can't be noted is not: nothing fails."""
        ...

    async def last(self, thread_id: str | None = None) -> Change | None:
        """The last change to a thread; without one, the last that is seen in a list of threads (`is_of_list`)."""
        ...

    async def remove(self, change: Change) -> None:
        """Forgets a change: it was taken back, or can't be any more."""
        ...


class Positions(Protocol):
    """Keeps where each thread was read last, across restarts."""

    async def get(self, thread_id: str) -> tuple[str, int] | None:
        """The message at the top of the view, and which of its rows; None for a thread that was read to its end."""
        ...

    async def set(self, thread_id: str, position: tuple[str, int] | None) -> None:
        """Notes where a thread is read; None for its end. One that can't be noted is not: nothing fails."""
        ...


class PromptLibrary(Protocol):
    """Keeps system prompts under names."""

    async def prompts(self) -> list[PromptTemplate]:
        """All, by name; a file that can't be read is left out."""
        ...

    async def named(self, name: str) -> PromptTemplate | None:
        """The one of a name; None where there is none, or it can't be read."""
        ...

    async def save(self, template: PromptTemplate) -> None:
        """Writes one, over one of the same name.

        Raises:
            StorageError: it can't be written.
        """
        ...

    async def delete(self, name: str) -> None:
        """Removes one.

        Raises:
            StorageError: it can't be removed.
        """
        ...


@dataclass(frozen=True, slots=True)
class SentPrompt:
    """A prompt that was sent."""

    thread_id: str
    text: str
    """As a stored draft (`Draft.stored`)."""


class PromptHistory(Protocol):
    """Keeps the prompts that were sent last, of all threads."""

    async def add(self, prompt: SentPrompt) -> None:
        """Notes a prompt. One that can't be noted is not: nothing fails."""
        ...

    async def recent(self) -> list[SentPrompt]:
        """The prompts, the last first."""
        ...

    async def remove(self, text: str) -> None:
        """Removes the prompts with a text (`SentPrompt.text`).

        Raises:
            StorageError: the file can't be written; `recent` leaves them out all the same.
        """
        ...


class Measurements(Protocol):
    """Keeps how quick models were and how often they failed."""

    async def add(self, *measurements: Measurement) -> None:
        """Notes answers, instead of earlier states of them. What can't be noted is not: nothing fails."""
        ...

    async def stats(self) -> dict[str, ModelStats]:
        """What the last answers of each model say about it, by `provider/model-id`."""
        ...


class AnswerChoices(Protocol):
    """Keeps which answers were chosen, where several models were asked the same."""

    async def add(self, choice: ChosenAnswer) -> None:
        """Notes a choice, in place of an earlier one of the same answer. What can't be noted is not: nothing fails."""
        ...

    async def counts(self) -> dict[str, ChoiceCount]:
        """How often each model was chosen, by `provider/model-id`."""
        ...


class SettingsStore(Protocol):
    """Keeps what is chosen in the app; never touches `config.toml`."""

    @property
    def current(self) -> Settings:
        """What the files say, with what was chosen since. What is wrong in them is in `problems`; the rest holds."""
        ...

    def update(self, **choices: object) -> Coroutine[Any, Any, Settings]:
        """Makes choices (theme, default_model, favourites, recents, sidebar, ...) and writes `settings.toml`.

        They hold when this returns, and are on disk once the result has been awaited. Where the disk refuses them,
        they hold until the program ends.

        Raises:
            StorageError: it can't be written.
        """
        ...

    async def add_provider(self, key: str, name: str, base_url: str, auth: str = "bearer") -> Settings:
        """Adds a provider that the user named in the app, or changes it, and reloads.

        Args:
            key: as in `provider/model-id`.
            name: to be shown.
            base_url: as it was pasted.
            auth: where the key goes: `bearer`, `header:NAME`, `body:FIELD` or `none`.

        Raises:
            StorageError: it can't be written.
        """
        ...

    async def set_fallback(self, model: str, entries: Sequence[str]) -> Settings:
        """Chooses which models are asked where one fails, and reloads; `config.toml` is stronger.

        Args:
            model: `provider/model-id`.
            entries: as `FallbackRules` has them; none to choose nothing.

        Raises:
            StorageError: it can't be written.
        """
        ...


class KeyStore(Protocol):
    """Keeps API keys."""

    async def set(self, provider: str, key: Secret) -> str:
        """Stores a key and returns where it is, in words.

        Raises:
            StorageError: nowhere to store it.
        """
        ...

    async def delete(self, provider: str) -> bool:
        """Removes a stored key; whether there was one."""
        ...

    def has(self, provider: Provider) -> bool:
        """Whether the provider has a key or needs none, as far as can be told at once.

        Quick: asks no keyring and runs no command; a configured command counts as a key.
        """
        ...

    async def get(self, provider: Provider) -> Secret | None:
        """The provider's key: environment, keyring, command, credentials file, in this order.

        Raises:
            StorageError: the command failed, or the credentials file may be read by others; says what to do.
        """
        ...

    async def all(self, provider: Provider) -> list[Secret]:
        """The provider's keys, which take turns: those in the environment, else the one of `get`; empty for none.

        Raises:
            StorageError: as `get`.
        """
        ...
