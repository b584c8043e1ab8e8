"""The model that an answer which failed can be regenerated with: by the fallback rules, else at another provider."""

from __future__ import annotations

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import tr
from chat_tui.ui.services import Services


def alternative(services: Services, thread: Thread, message: Message) -> ModelRef | None:
    """The first model that has not failed for the same prompt, and whose provider can be used.

    Args:
        services: the settings and the models there are.
        thread: the message's thread.
        message: the answer that failed.
    """
    from chat_tui.domain.models.fallback import FAMILY, listed_models

    try:
        failed = ModelRef.parse(message.model or "")
    except ValueError:
        return None
    backend, settings = services.backend, services.settings
    known = [each for models in backend.known_models() for each in models.models]
    beside = thread.siblings(message.id) if message.id in thread.messages else [message]
    tried = {each.model for each in beside if each.error} | {each.get("model") for each in message.tried}
    for ref in listed_models((*settings.fallback.of(failed), FAMILY), failed, known):
        provider = settings.providers.get(ref.provider)
        if provider is not None and str(ref) not in tried and backend.has_key(provider):
            return ref
    return None


def alternative_name(services: Services, thread: Thread, message: Message) -> str:
    """The name of that model, its provider, and whether it is known to cost more; empty for none."""
    from chat_tui.domain.models.fallback import costs_more

    if (ref := alternative(services, thread, message)) is None:
        return ""
    other, failed = (services.backend.model(each) for each in (ref, ModelRef.parse(message.model or "")))
    name = f"{ref.id} · {services.settings.provider_name(ref.provider)}"
    return tr("{model} (costs more)", model=name) if costs_more(other, failed) else name
