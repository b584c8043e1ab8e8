"""The words of the title bar and the status line."""

from __future__ import annotations

from collections.abc import Mapping

from chat_tui.domain.model import ModelRef
from chat_tui.domain.thread import Thread
from chat_tui.ui import words
from chat_tui.ui.commands import keys_of
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
    parts += [f"{name} {value}" for name, value in thread.parameters.items()]
    if live.queue:
        parts.append(f"{len(live.queue)} queued · esc gives back")
    return " · ".join(parts)


def usage(thread: Thread, window: int | None) -> str:
    """The tokens of the conversation as the last answer counted them, of the model's window where it is known."""
    last = next((each for each in reversed(thread.branch()) if each.usage), None)
    total = (last.usage or {}).get("total_tokens") if last else None
    if not isinstance(total, int):
        return ""
    return f"{total / window:.0%} of {words.count(window)}" if window else f"{words.count(total)} tokens"
