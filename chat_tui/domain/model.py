"""Models: how one is named, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelRef:
    """One model of one provider, written `provider/model-id`."""

    provider: str
    """The provider's key in the catalogue or the configuration."""
    id: str
    """The id as the server takes it; opaque, may hold slashes."""

    @classmethod
    def parse(cls, text: str) -> ModelRef:
        """Splits at the first slash: `siliconflow/Qwen/Qwen2.5-7B` is the model `Qwen/Qwen2.5-7B` of `siliconflow`.

        Raises:
            ValueError: a side is empty or there is no slash.
        """
        provider, slash, model = text.strip().partition("/")
        if not slash or not provider or not model:
            raise ValueError(f"a model is written provider/model-id, not {text!r}")
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.id}"


@dataclass(frozen=True, slots=True)
class Model:
    """A model as a list names it. None is "unknown": nothing is guessed."""

    ref: ModelRef
    name: str = ""
    """A display name, where the list has one beside the id."""
    context_window: int | None = None
    """Tokens of prompt and answer together."""
    max_output: int | None = None
    """Tokens of one answer."""
    price_in: float | None = None
    """USD for a million tokens of prompt."""
    price_out: float | None = None
    """USD for a million tokens of answer."""
    modalities: tuple[str, ...] = ()
    """What it reads: text, image, audio."""


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models of one provider."""

    provider: str
    models: tuple[Model, ...] = ()
    fetched: str | None = None
    """When the server gave the list (ISO 8601, UTC); None for one that the configuration or the catalogue gave."""
    problem: str = ""
    """Why the server's own list could not be had; empty when it could."""
