"""Connecting providers and choosing models: the dialogs for them, and what a prompt waits for before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_tui.domain.models.model import ModelRef
from chat_tui.ui.text import wording

if TYPE_CHECKING:
    from chat_tui.ui.chat.screen import ChatScreen


def add_provider(screen: ChatScreen) -> None:
    """Adds a provider."""
    screen.chat_app.input.run(connect_provider(screen))


async def connect_provider(screen: ChatScreen) -> None:
    """Lets the user choose a provider and its key, then a model."""
    from chat_tui.ui.dialogs.models.welcome import Welcome

    provider = await screen.app.push_screen_wait(Welcome(screen.services))
    screen.update_settings(welcomed=True)
    if provider is None:
        return
    listed = {each.provider: each for each in screen.services.backend.known_models()}.get(provider)
    if listed and len(listed.models) == 1:
        _use_model(screen, listed.models[0].ref)
    else:
        await _choose_model(screen)


def can_answer(screen: ChatScreen) -> bool:
    """Whether there is a model, and a key for it as far as is known at once."""
    model = screen.conversation.session.model
    provider = screen.services.settings.providers.get(model.provider) if model else None
    return model is not None and (provider is None or screen.services.backend.has_key(provider))


def prepare_and_submit(screen: ChatScreen) -> None:
    """Asks for what is missing to answer the prompt, a model or its key, and sends the prompt then."""

    async def ask() -> None:
        conversation = screen.conversation
        if conversation.session.model is None:
            await (_choose_model(screen) if screen.services.settings.welcomed else connect_provider(screen))
        if conversation.session.model is not None and await _has_key(screen) and screen.conversation is conversation:
            screen.submit(is_prepared=True)

    screen.chat_app.input.run(ask())


async def _has_key(screen: ChatScreen) -> bool:
    """Asks for the key of the model's provider if there is none; whether there is one then."""
    from chat_tui.ui.dialogs.models.api_key import AskKey, lacks_key

    services, model = screen.services, screen.conversation.session.model
    provider = services.settings.providers.get(model.provider) if model else None
    if provider is None or not await lacks_key(services, provider):
        return True
    answer = await screen.app.push_screen_wait(AskKey(provider, services))
    return answer is True


def set_key(screen: ChatScreen) -> None:
    """Sets the API key of the model's provider; after an answer that failed for want of it, asks again."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.models.api_key import AskKey

        conversation = screen.conversation
        model = conversation.session.model
        provider = screen.services.settings.providers.get(model.provider) if model else None
        if provider is None or not provider.needs_key:
            await connect_provider(screen)
        elif await screen.app.push_screen_wait(AskKey(provider, screen.services)):
            last = conversation.thread.messages.get(conversation.thread.head or "")
            if screen.conversation is conversation and last and last.error and wording.is_about_key(last.error):
                screen.chat_app.conversations.regenerate(conversation)

    screen.chat_app.input.run(ask())


def choose_model(screen: ChatScreen) -> None:
    """Chooses the model of the next turn."""
    screen.chat_app.input.run(_choose_model(screen))


async def _choose_model(screen: ChatScreen) -> None:
    from chat_tui.ui.dialogs.models.picker import ModelPicker

    services = screen.services
    picker = ModelPicker(
        services,
        screen.conversation.session.model,
        lambda favourites: screen.update_settings(favourites=list(favourites)),
    )
    model = await screen.app.push_screen_wait(picker)
    screen.known.forget()  # the picker has asked for lists
    if model is not None:
        _use_model(screen, model)


def _use_model(screen: ChatScreen, model: ModelRef) -> None:
    screen.conversation.session.set_model(model)
    if screen.services.settings.default_model is None:
        screen.update_settings(default_model=str(model))
    screen.refresh_bars()
    screen.view.refresh_empty()


FLOWS: dict[str, Callable[[ChatScreen], None]] = {
    "model_picker": choose_model,
    "providers": add_provider,
    "set_key": set_key,
}
"""What does these commands, by id."""
