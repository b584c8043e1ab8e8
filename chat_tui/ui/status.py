"""The words of the title bar and the status line."""

from __future__ import annotations

from collections.abc import Mapping

from chat_tui.domain.model import ModelRef
from chat_tui.domain.thread import Thread
from chat_tui.ui import words
from chat_tui.ui.commands import keys_of
from chat_tui.ui.known import KnownModels
from chat_tui.ui.live import OpenThread


def signature(model: ModelRef | None, provider_name: str) -> str:
    """The model of the next turn, for the title bar."""
    return f"{model.id} · {provider_name}" if model else "no model chosen"


def about(live: OpenThread, rebound: Mapping[str, str]) -> str:
    """What the next turn uses: model, system prompt, parameters; and what waits for the answer's end."""
    thread, model = live.thread, live.session.model
    parts = [model.id if model else f"no model: {keys_of('model_picker', dict(rebound))} chooses one"]
    if thread.system_prompt.strip():
        parts.append("system prompt")
    if thread.send_from:
        parts.append("older turns not sent")
    parts += [f"{name} {value}" for name, value in thread.parameters.items()]
    if live.queue:
        parts.append(f"{len(live.queue)} queued · esc gives back")
    return " · ".join(parts)


def usage(thread: Thread, model: ModelRef | None, known: KnownModels) -> str:
    """The tokens of the conversation as the last answer counted them, and what its shown branch cost.

    The tokens are told as a share of the model's window where that is known. A sum of costs that are not all known
    begins with a `~`.
    """
    answers = [each for each in thread.branch() if each.usage]
    if not answers:
        return ""
    parts = []
    total = (answers[-1].usage or {}).get("total_tokens")
    if isinstance(total, int):
        info = known.get(str(model) if model else None)
        window = info.context_window if info else None
        parts.append(f"{total / window:.0%} of {words.count(window)}" if window else f"{words.count(total)} tokens")
    costs = [known.cost(each) for each in answers]
    if any(costs):
        parts.append(("~" if None in costs else "") + words.money(sum(each or 0 for each in costs)))
    return " · ".join(parts)
