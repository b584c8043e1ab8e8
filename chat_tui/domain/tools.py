"""Tools that a model can call: definitions, the servers that have them, what an approval covers, results."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum

from chat_tui.domain.json import Json, JsonObject

BUILT_IN = "chat-tui"
"""The server name of the program's own tools."""
MOST_RESULT = 64 * 1024
"""Bytes of a result that are sent to the model and kept in the thread; the whole of a longer one is in a file."""
_WIRE_LENGTH = 64
_NOT_IN_WIRE_NAMES = re.compile(r"[^a-zA-Z0-9_-]")


class Approval(StrEnum):
    """Whether calls of a tool run, by the settings."""

    ASK = "ask"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool of a server. All texts are the server's, cleaned."""

    server: str
    """The server's name in the settings; `BUILT_IN` for the program's own."""
    name: str
    """As the server calls it."""
    description: str = ""
    schema: JsonObject = field(default_factory=dict, hash=False)
    """Of its arguments: a JSON Schema, as the server sent it."""
    title: str = ""
    claims_read_only: bool = False
    """Whether the server says that it changes nothing (`readOnlyHint`). A claim: it approves nothing."""

    @property
    def ref(self) -> str:
        """`server:name`: how settings, threads and `--tool` name it."""
        return f"{self.server}:{self.name}"

    @property
    def wire_name(self) -> str:
        """The name in requests: valid for every provider, and another for every tool of every server.

        OpenAI takes letters, digits, `_` and `-`, at most 64. Where the plain form could be that of another tool, a
        checksum tells them apart.
        """
        plain = f"{self.server}__{self.name}"
        is_ambiguous = "__" in self.server or self.server.endswith("_") or self.name.startswith("_")
        valid = _NOT_IN_WIRE_NAMES.sub("_", plain)
        if valid == plain and len(plain) <= _WIRE_LENGTH and not is_ambiguous:
            return plain
        return f"{valid[: _WIRE_LENGTH - 9]}_{_sha256(self.ref)[:8]}"

    @property
    def fingerprint(self) -> str:
        """Changes with description and schema: an approval is of what was read."""
        shown = json.dumps([self.ref, self.description, self.schema], sort_keys=True, ensure_ascii=False)
        return _sha256(shown)[:16]

    def definition(self) -> JsonObject:
        """The tool as an item of `tools` in a request, in OpenAI's shape."""
        schema: JsonObject = self.schema or {"type": "object", "properties": {}}
        function: JsonObject = {"name": self.wire_name, "description": self.description, "parameters": schema}
        return {"type": "function", "function": function}


class ServerState(StrEnum):
    """What is known of a tool server."""

    OFF = "off"
    """Switched off in the settings."""
    IDLE = "idle"
    """Not started yet."""
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ToolServer:
    """One server of the settings, and the built-in one, as it is now."""

    name: str
    address: str
    """The command, or the URL; without secrets."""
    state: ServerState = ServerState.IDLE
    problem: str = ""
    """Why it failed: a sentence."""
    tools: tuple[Tool, ...] = ()
    """As listed last; empty before it was first ready."""
    log: str = ""
    """The file with what it wrote on standard error; empty without one."""


@dataclass(frozen=True, slots=True)
class OfferedTools:
    """The tools of a request."""

    tools: tuple[Tool, ...] = ()
    problems: tuple[str, ...] = ()
    """A sentence for each server, or tool, that can't be had."""

    def find(self, wire_name: str) -> Tool | None:
        """The tool that a model calls by this name."""
        return next((each for each in self.tools if each.wire_name == wire_name), None)


@dataclass(slots=True)
class ToolResult:
    """What a call gave."""

    text: str
    """What the model gets: clean, at most `MOST_RESULT` bytes; a cut is said at its end."""
    images: list[Json] = field(default_factory=list)
    """Pictures beside the text, as parts of a message's content (`image_url`)."""
    is_error: bool = False
    """Whether the tool itself says that it failed."""
    size: int = 0
    """Bytes of the whole."""
    file: str = ""
    """The file with the whole, where the text was cut."""


def is_offered(tool: Tool, selected: list[str]) -> bool:
    """Whether a thread that selects these servers (`time`) and tools (`git:git_log`) offers a tool."""
    return tool.server in selected or tool.ref in selected


def _sha256(text: str) -> str:
    import hashlib  # the first frame needs none

    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
