"""What the user set: in `config.toml` by hand, and in the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.fallback import FallbackRules
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.tools import Approval, Tool
from chat_tui.i18n import AUTO

RECENT_MODELS = 8
"""Recently used models that are remembered."""
RECENT_COMMANDS = 5
COMFORTABLE, COMPACT = DENSITIES = ("comfortable", "compact")
"""How much air there is between the rows."""

BACKGROUNDS = ("theme", "default")
"""The theme's; the terminal's own, which may be transparent."""
NOTIFY = ("auto", "bell", "off")
"""With a message where the terminal has them; with the bell; not at all."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that may be spent, in one currency; None for no limit."""

    day: float | None = None
    month: float | None = None
    request: float | None = None


@dataclass(frozen=True, slots=True)
class ToolServerSettings:
    """How a tool server is started or reached: `[mcp.NAME]`. Texts may hold `${VARIABLE}`, not filled in here."""

    name: str
    command: str = ""
    """The program; empty where the server is reached by `url`."""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    enabled: bool = True
    timeout: float = 60.0
    """Seconds that the start, or a call, may take."""
    tools: tuple[str, ...] | None = None
    """The only tools that are used; None for all."""
    approve: Approval = Approval.ASK
    approve_tools: Mapping[str, Approval] = field(default_factory=dict)
    """Exceptions from `approve`, by tool."""
    place: str = ""
    """Where it is written: `file:line`."""

    @property
    def address(self) -> str:
        """The command or the URL, as it is written: without the values of variables, keys, and the query of a URL."""
        from chat_tui.domain.text.secrets import without_secret_arguments, without_secret_url

        if self.command:
            return " ".join((self.command, *without_secret_arguments(self.args)))
        return without_secret_url(self.url.partition("?")[0])

    def approval(self, tool: Tool) -> Approval:
        """What is set for calls of one of its tools."""
        return self.approve_tools.get(tool.name, self.approve)


@dataclass(slots=True)
class Settings:
    """Both files as one; `config.toml` wins where both speak."""

    default_model: str | None = None
    theme: str | None = None
    """A theme's name; `auto` for `theme_dark` or `theme_light`, as the terminal is."""
    theme_dark: str | None = None
    theme_light: str | None = None
    background: str = "theme"
    """One of BACKGROUNDS."""
    density: str = COMFORTABLE
    plain: bool = False
    """Whether the program chats line by line, without a screen."""
    animation: bool = True
    """Whether anything on the screen moves by itself."""
    box_drawing: bool = True
    """Whether lines and blocks are drawn; else ASCII stands in their places."""
    announce: bool = False
    """Whether the states of an answer are notices, too."""
    language: str = AUTO
    """`auto` for that of the locale, or the name of one; applied before the settings are read (`cli/language.py`)."""
    render: bool = False
    """Whether `ask` draws Markdown on a terminal."""
    parameters: JsonObject = field(default_factory=dict)
    """Defaults for new threads."""
    providers: dict[str, Provider] = field(default_factory=dict)
    """Every usable provider: the built-in ones, changed where the user changed them, then the user's own."""
    compact_model: str | None = None
    """Writes summaries; None for the model of the thread."""
    title_model: str | None = None
    """Gives each new thread a title after its first answer; None for no model."""
    fallback: FallbackRules = field(default_factory=FallbackRules)
    """Which models are asked where another one fails."""
    keys: dict[str, str] = field(default_factory=dict)
    """Key bindings by action id, and under `preset` the name of a set of them; not checked yet (`ui/keys.py`)."""
    key_places: dict[str, str] = field(default_factory=dict)
    """Where each of `keys` is written: `file:line`."""
    favourites: list[str] = field(default_factory=list)
    """Models, `provider/model-id`."""
    recents: list[str] = field(default_factory=list)
    """Models, the last used first."""
    models_by_family: bool = False
    """Whether the model picker groups the models by what they are, not by provider."""
    model_sets: dict[str, list[str]] = field(default_factory=dict)
    """Models that are asked at once, by the name of their set."""
    recent_commands: list[str] = field(default_factory=list)
    """Ids of commands chosen in the palette, the last used first."""
    sidebar: bool = True
    outline: bool = True
    """Whether wide windows show the outline of the thread."""
    notify: str = "auto"
    """How the end of a long answer rings while the terminal is not in focus; one of NOTIFY."""
    budget: dict[str, Limits] = field(default_factory=dict)
    """By currency; empty for no budget."""
    keeps_deleted_usage: bool = True
    """Whether the usage of threads that were deleted permanently still counts."""
    welcomed: bool = False
    """Whether the first-start screen was answered or skipped."""
    tool_servers: dict[str, ToolServerSettings] = field(default_factory=dict)
    """By name: those of `[mcp.NAME]`, then those of the `mcp_config` files."""
    tool_folders: list[str] = field(default_factory=list)
    """Absolute: what the tool `read_file` may read."""
    tool_rounds: int = 8
    """How many requests a turn may make because a model calls tools."""
    problems: list[str] = field(default_factory=list)
    """What is wrong in the files, a line each: file, line, what was expected."""

    def provider_name(self, key: str) -> str:
        """A provider's display name; its key where there is no such provider any more."""
        provider = self.providers.get(key)
        return provider.name if provider else key


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """One system prompt of the library: `prompts/NAME.toml`."""

    name: str
    prompt: str
    description: str = ""
    model: str | None = None
    parameters: JsonObject = field(default_factory=dict, hash=False)
    tools: tuple[str, ...] = ()
    """The tools that are offered with it, as `Thread.tools` has them."""
    fallback: tuple[str, ...] = ()
    """The models that are asked where the thread's fails, as `Thread.fallback` has them."""
    budget: float | None = None
    """See `Thread.request_budget`."""

    @property
    def has_settings(self) -> bool:
        """Whether choosing it sets more than the system prompt."""
        return bool(self.model or self.parameters or self.tools or self.fallback or self.budget)
