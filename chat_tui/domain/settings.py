"""What the user set: in `config.toml` by hand, and in the app (PRODUCT.md §3)."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_tui.domain.json import JsonObject
from chat_tui.domain.provider import Provider

RECENT_MODELS = 8
"""Recently used models that are remembered."""


@dataclass(slots=True)
class Settings:
    """Both files as one; `config.toml` wins where both speak."""

    default_model: str | None = None
    theme: str | None = None
    parameters: JsonObject = field(default_factory=dict)
    """Defaults for new threads."""
    providers: dict[str, Provider] = field(default_factory=dict)
    """Every usable provider: the built-in ones, changed where the user changed them, then the user's own."""
    keys: dict[str, str] = field(default_factory=dict)
    """Key bindings by action id."""
    favourites: list[str] = field(default_factory=list)
    """Models, `provider/model-id`."""
    recents: list[str] = field(default_factory=list)
    """Models, the last used first."""
    sidebar: bool = True
    welcomed: bool = False
    """Whether the first-start screen was answered or skipped."""
    problems: list[str] = field(default_factory=list)
    """What is wrong in the files, a line each: file, line, what was expected."""


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """One system prompt of the library: `prompts/NAME.toml`."""

    name: str
    prompt: str
    description: str = ""
    model: str | None = None
    parameters: JsonObject = field(default_factory=dict, hash=False)
