"""One turn of a conversation."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from chat_tui.domain.errors import ErrorKind
from chat_tui.domain.json import Json, JsonObject
from chat_tui.i18n import tr

if TYPE_CHECKING:
    from chat_tui.domain.conversation.citations import Source


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


_CUT = ("length", "max_tokens")
"""Reasons that servers give for an answer that could go on."""
_SHOWN_EXTRAS = ("images", "audio")
"""Of what an answer holds beside text, that which is an answer by itself; citations are not."""


class Status(StrEnum):
    """How an answer ended. One that is still coming is stored as `interrupted`: what a crash would make it."""

    COMPLETE = "complete"
    STOPPED = "stopped"
    """By the user; the text that came is kept."""
    INTERRUPTED = "interrupted"
    """By the connection or a crash."""
    FAILED = "failed"
    """No text came; `error` says why."""
    REFUSED = "refused"
    """The model declined: the content is what it said instead, `error` names it a refusal."""


def now() -> str:
    """The time as the thread files write it: `2026-11-21T20:27:00Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_message_id() -> str:
    """Eight random hexadecimal digits."""
    return os.urandom(4).hex()


@dataclass(slots=True)
class MessageError:
    """Why an answer failed or broke off, as the thread file keeps it."""

    kind: str
    message: str
    http_status: int | None = None
    request_id: str | None = None
    advice: str = ""
    detail: str = ""
    extra: JsonObject = field(default_factory=dict)


@dataclass(slots=True)
class Timing:
    """How long an answer took, in seconds from the request's start."""

    first_token_s: float | None = None
    total_s: float | None = None
    reasoning_s: float | None = None
    """From the first reasoning to the first text of the answer."""
    extra: JsonObject = field(default_factory=dict)


class ToolState(StrEnum):
    """How far the call of a tool has come."""

    WAITING = "waiting"
    """For the user's approval, or for its turn: nothing has run."""
    RUNNING = "running"
    """In a file that nobody writes: the program ended while it ran, and nobody knows whether it had an effect."""
    DONE = "done"
    FAILED = "failed"
    """The tool, its server or the connection to it failed, or the call was stopped."""
    REFUSED = "refused"
    """By the user or the settings: it did not run."""


@dataclass(slots=True)
class ToolRun:
    """What became of a tool call; its result is the content of the message of role tool that has it."""

    server: str
    """As the settings name it; empty where no offered tool has the name."""
    name: str
    state: ToolState = ToolState.WAITING
    seconds: float | None = None
    """How long it ran."""
    size: int = 0
    """Bytes of the whole result."""
    file: str = ""
    """The file with the whole result, where the content is cut."""
    arguments: JsonObject | None = None
    """What it was run with, where the user changed the model's arguments."""
    extra: JsonObject = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        """Whether the call has a result, if only that it was refused."""
        return self.state not in (ToolState.WAITING, ToolState.RUNNING)


@dataclass(slots=True)
class Message:
    """One turn. The fields below `created` belong to answers."""

    id: str
    parent: str | None
    role: Role
    content: str = ""
    """The text; of a content in parts, their text."""
    created: str = field(default_factory=now)
    reasoning: str = ""
    model: str | None = None
    """`provider/model-id` of the model that was asked; where that failed and another one answered, of that one."""
    tried: list[JsonObject] = field(default_factory=list)
    """The other models that were asked before anything of the answer came, and why each failed: `model`, `kind`,
    `message`."""
    answered_by: str = ""
    """The model that answered, in the server's own writing; empty where it does not say."""
    upstream_provider: str = ""
    """The provider behind a router that answered (OpenRouter's `provider`); empty where none is named."""
    sources: list[JsonObject] = field(default_factory=list)
    """The pages that an answer rests on: `url`, `title`; the mark `[1]` in its text means the first."""
    parameters: JsonObject = field(default_factory=dict)
    status: Status | None = None
    """Of an answer; None of any other turn."""
    finish_reason: str | None = None
    usage: JsonObject | None = None
    timing: Timing | None = None
    error: MessageError | None = None
    tool_calls: list[JsonObject] = field(default_factory=list)
    """In OpenAI's shape."""
    tool_call_id: str | None = None
    """Of a result: the call that it answers."""
    tool_run: ToolRun | None = None
    """Of a result: what became of the call; None in files of other programs."""
    parts: list[Json] | None = None
    """The content as the file has it, where it is a list of parts (text, image_url)."""
    hidden: int = 0
    """Hidden characters that were taken out of content and reasoning."""
    pinned: bool = False
    """Whether it is sent even where older turns are left out."""
    muted: bool = False
    """Whether it is left out of what is sent."""
    deleted: str = ""
    """When the user deleted it, with all that follows it; empty while it is there. It stays in the file: see undo."""
    summarizes: int = 0
    """Of a summary: how many messages above it stands for, which are not sent while it is not muted; else 0."""
    extra: JsonObject = field(default_factory=dict)
    """Fields of the file that this version does not know; written back as they were."""
    written_elsewhere: bool = field(default=False, compare=False)
    """Whether another running program is writing it now. Not in the file."""

    def become(self, other: Message) -> None:
        """Takes all that another state of the same message has, for those who hold this object."""
        for each in fields(self):
            setattr(self, each.name, getattr(other, each.name))

    @property
    def is_answer(self) -> bool:
        """Whether a model wrote this turn."""
        return self.role is Role.ASSISTANT

    @property
    def is_blank(self) -> bool:
        """Whether nothing came: no text, no reasoning, no tool call, no image or sound."""
        if self.content.strip() or self.reasoning.strip() or self.tool_calls:
            return False
        attached = any(isinstance(each, dict) and each.get("type") != "text" for each in self.parts or ())
        return not attached and not any(self.extra.get(name) for name in _SHOWN_EXTRAS)

    def cited(self) -> list[Source]:
        """The pages that an answer names, in their order; of an older file, what it has in their place."""
        from chat_tui.domain.conversation.citations import ADDRESS, Source

        if self.sources:
            return [
                Source(url, title if isinstance(title := each.get("title"), str) else "")
                for each in self.sources
                if isinstance(url := each.get("url"), str) and ADDRESS.fullmatch(url)
            ]
        found: dict[str, Source] = {}
        for name in ("citations", "annotations", "search_results"):
            listed = self.extra.get(name)
            for each in listed if isinstance(listed, list) else []:
                inner = each.get("url_citation", each) if isinstance(each, dict) else each
                url, title = (inner.get("url"), inner.get("title")) if isinstance(inner, dict) else (inner, "")
                if isinstance(url, str) and ADDRESS.fullmatch(url):
                    found.setdefault(url, Source(url, title if isinstance(title, str) else ""))
        return list(found.values())

    def substitute(self) -> str:
        """The model that answered in the place of the one that was asked; empty where it is the same.

        Of the id in `answered_by`, other spelling and another date are no difference (see `is_same_model`).
        """
        asked, answered = (self.model or "").partition("/")[2], self.answered_by
        if not answered or answered == asked:
            return ""
        from chat_tui.domain.models.families import is_same_model  # few answers need it

        if is_same_model(asked, answered):
            return ""
        # llama.cpp gives the path of its file, which is nobody else's concern.
        return re.split(r"[/\\]", answered)[-1] if answered.endswith(".gguf") else answered

    def refuse(self) -> None:
        """Marks a complete answer in which the model declined."""
        self.status = Status.REFUSED
        self.error = MessageError(
            str(ErrorKind.REFUSED),
            tr("The model refused to answer."),
            advice=tr("Rephrase the prompt, or choose another model."),
        )


EDITED_FROM = "edited_from"
"""In a message's `extra`: the id of the answer of which it is the user's own version."""


def can_continue(message: Message) -> bool:
    """Whether an answer can be continued: it was cut, by whatever, or edited by the user."""
    if not message.is_answer or message.written_elsewhere or not message.content.strip():
        return False
    was_cut = message.status in (Status.INTERRUPTED, Status.STOPPED) or message.finish_reason in _CUT
    return was_cut or EDITED_FROM in message.extra


def tool_call_text(call: JsonObject) -> tuple[str, str]:
    """The name of a called tool and what it is called with, of a function or a custom tool."""
    for kind, given in (("function", "arguments"), ("custom", "input")):
        inner = call.get(kind)
        if isinstance(inner, dict):
            return str(inner.get("name") or "?"), str(inner.get(given) or "")
    return "?", ""
