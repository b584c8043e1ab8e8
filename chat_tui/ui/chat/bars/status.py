"""The texts of the title bar and the status line."""

from __future__ import annotations

from collections.abc import Callable

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tokens import next_turn
from chat_tui.domain.json import Json
from chat_tui.domain.models.model import ModelRef, PriceFrom
from chat_tui.domain.models.parameters import as_text
from chat_tui.session.conversations import Conversation
from chat_tui.ui.chat.model_catalogue import ModelCatalogue
from chat_tui.ui.chat.prompt.composer import NO_DRAFT, DraftSize
from chat_tui.ui.text import wording
from chat_tui.ui.text.sanitizer import cut


def signature(model: ModelRef | None, provider_name: str) -> str:
    """The model of the next request, for the title bar."""
    return f"{model.id} · {provider_name}" if model else "no model chosen"


def about(conversation: Conversation, key: Callable[[str], str]) -> str:
    """The settings of the next request: model, system prompt, parameters; and the queued prompts.

    Args:
        conversation: the thread on the screen.
        key: the key of a command as it is bound now.
    """
    thread, model = conversation.thread, conversation.session.model
    parts = [cut(model.id, 32) if model else f"no model: {key('model_picker')} chooses one"]
    if thread.archived:
        parts.append("archived")
    if thread.system_prompt.strip():
        parts.append("system prompt")
    branch = thread.branch()
    if left := len(branch) - len(thread.sent(branch)):
        parts.append(f"{left} turn{'s' * (left != 1)} not sent")
    parts += [f"{_SHORT.get(name, name)} {_value(value)}" for name, value in thread.parameters.items()]
    return " · ".join(parts)


_SHORT = {"temperature": "t", "max_tokens": "max", "response_format": "format"}


def _value(value: Json) -> str:
    if isinstance(value, dict):
        return str(value.get("type", "set"))
    return cut(as_text(value), 20)


def usage(thread: Thread, model: ModelRef | None, models: ModelCatalogue, draft: DraftSize = NO_DRAFT) -> str:
    """The share of the context window, the cost of the branch, and the cost of sending it again.

    A number that is estimated, and a sum of costs that are not all known, begin with a `~`. What is written and not
    sent, with its files, is shown by itself and counts.
    """
    branch = thread.branch()
    if not branch and draft == NO_DRAFT:
        return ""
    info = models.get(str(model) if model else None)
    window, tokens = info.context_window if info else None, next_turn(thread.sent(branch)) + draft.tokens
    parts = []
    if draft != NO_DRAFT:
        images = f" + {draft.images} image{'s' * (draft.images != 1)}" if draft.images else ""
        parts.append(f"draft ~{wording.count(draft.tokens)} tokens{images}")
    if window:
        parts.append(f"~{tokens / window:.0%} of {wording.count(window)}")
    elif branch:
        parts.append(f"~{wording.count(tokens)} tokens")
    costs = [models.cost(each) for each in branch if each.usage]
    if any(costs):
        is_estimate = any(each is None or each.source is PriceFrom.SNAPSHOT for each in costs)
        parts.append("~" * is_estimate + wording.money(sum(each.usd for each in costs if each)))
    if info and info.price_in is not None:
        parts.append(f"next ~{wording.money(tokens * info.price_in / 1_000_000)}")
    return " · ".join(parts)
