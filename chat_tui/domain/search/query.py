"""What a person types to find a thread: words, "phrases", and filters like `role:user` or `after:2026-11`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chat_tui.domain.conversation.message import Role

FILTERS = "model: tag: role: before: after: has:code is:pinned is:archived"
"""The filters, as they are shown to a user."""
_PART = re.compile(r'(?P<name>[a-z]+):(?P<value>"[^"]*"?|\S*)|"(?P<phrase>[^"]*)(?P<end>"?)|(?P<word>\S+)', re.I)
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2})?)?)?", re.ASCII | re.I)


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase that must be found."""

    text: str
    is_prefix: bool = False
    """Whether it may go on: the last word, while it is being typed."""


@dataclass(slots=True)
class Query:
    """What is looked for. All that is given must hold."""

    terms: list[Term] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    """Parts of the names of models that answer in the thread, in lower case."""
    tags: list[str] = field(default_factory=list)
    """What tags of the thread begin with."""
    roles: set[Role] = field(default_factory=set)
    """Who speaks in the messages that are searched; empty for all, and for titles too."""
    before: str = ""
    """A time as in the thread files; the messages that are searched are older. Empty for none, like `after`."""
    after: str = ""
    """The messages that are searched are of this time or newer."""
    has_code: bool = False
    pinned: bool = False
    archived: bool = False

    @property
    def narrows_messages(self) -> bool:
        """Whether some messages are not searched."""
        return bool(self.roles or self.before or self.after)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for."""
        return self == Query()


def parse_query(text: str) -> Query:
    """Reads a query. Nothing is an error: what is no filter is a word, and a filter without a value waits for one."""
    query = Query()
    for part in _PART.finditer(text):
        name, value, phrase = part["name"], (part["value"] or "").strip('"'), part["phrase"]
        if phrase is not None:
            _add_term(query, phrase, is_prefix=not part["end"])
        elif name is None or not _filter(query, name.lower(), value.strip()):
            is_last = part.end() == len(text)
            _add_term(query, part[0].replace('"', " "), is_prefix=is_last)
    return query


def _add_term(query: Query, text: str, *, is_prefix: bool) -> None:
    if text.strip():
        query.terms.append(Term(" ".join(text.split()), is_prefix))


def _filter(query: Query, name: str, value: str) -> bool:
    """Adds a filter; whether it is one."""
    match name, value.lower():
        case (("model" | "tag" | "role" | "before" | "after" | "has" | "is"), ""):
            pass
        case "model", model:
            query.models.append(model)
        case "tag", _:
            query.tags.append(value)
        case "role", role if role in list(Role):
            query.roles.add(Role(role))
        case "before", _ if start := moment(value):
            query.before = min(query.before or start, start)
        case "after", _ if start := moment(value):
            query.after = max(query.after, start)
        case "has", "code":
            query.has_code = True
        case "is", "pinned":
            query.pinned = True
        case "is", "archived":
            query.archived = True
        case _:
            return False
    return True


def moment(text: str) -> str:
    """The first second of a local year, month, day or minute, in UTC as thread files write it; empty if it is none."""
    if not _DATE.fullmatch(text):
        return ""
    try:
        start = datetime.fromisoformat(text + "-01-01"[: 10 - len(text)] if len(text) < 10 else text)
        return in_utc(start)
    except (ValueError, OverflowError, OSError):
        return ""


def in_utc(moment: datetime) -> str:
    """A time as the thread files write it; one without a zone is local.

    Raises:
        OverflowError: it is outside of the calendar; some systems say ValueError or OSError.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
