"""What choosing a saved system prompt changes in a thread: its text, and the settings that come with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.parameters import merge_parameters
from chat_tui.i18n import tr, trn

if TYPE_CHECKING:
    from chat_tui.domain.conversation.thread import Thread
    from chat_tui.domain.settings import PromptTemplate


def changes(thread: Thread, text: str, chosen: PromptTemplate, before: PromptTemplate | None) -> dict[str, Any]:
    """The new values of the thread's fields, by name.

    What the saved prompt before has set is unset, unless the user has changed it since; the model stays where the new
    one names none.

    Args:
        thread: stays as it is.
        text: the system prompt: that of `chosen` with its variables filled in, maybe edited.
        chosen: the saved prompt.
        before: the one of `Thread.saved_prompt`; None where there is none, or it is not known any more.
    """
    kept = dict(thread.parameters)
    tools, fallback, budget = thread.tools, thread.fallback, thread.request_budget
    if before is not None:
        kept = {name: value for name, value in kept.items() if before.parameters.get(name) != value}
        tools = [] if tools == list(before.tools) else tools
        fallback = [] if fallback == list(before.fallback) else fallback
        budget = None if budget == before.budget else budget
    return {
        "system_prompt": text,
        "saved_prompt": chosen.name,
        "model": chosen.model if _is_model(chosen.model) else thread.model,
        "parameters": merge_parameters(kept, chosen.parameters),
        "tools": list(chosen.tools) or tools,
        "fallback": list(chosen.fallback) or fallback,
        "request_budget": budget if chosen.budget is None else chosen.budget,
    }


def summary(template: PromptTemplate) -> str:
    """The settings that come with a saved prompt, in words; empty where there are none."""
    count = len(template.tools)
    parts = [
        ModelRef.parse(template.model).id if template.model and _is_model(template.model) else "",
        ", ".join(template.parameters),
        trn("{n} tool", "{n} tools", count) if count else "",
        tr("fallback") if template.fallback else "",
        tr("budget") if template.budget is not None else "",
    ]
    return " · ".join(each for each in parts if each)


def _is_model(name: str | None) -> bool:
    try:
        return name is not None and bool(ModelRef.parse(name))
    except ValueError:
        return False
