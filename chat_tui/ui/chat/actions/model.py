"""Actions on providers and models: connect, choose, set a key; and the check before a prompt is sent."""

from __future__ import annotations

from contextlib import suppress

from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.provider import Provider, in_order
from chat_tui.i18n import tr
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.text import wording


def offered(context: ActionContext) -> list[Provider]:
    """The providers that an empty thread offers until one is connected, in their order; none later."""
    settings = context.services.settings
    if settings.welcomed or context.session.model is not None or context.thread.messages or context.window.recent:
        return []
    return in_order(settings.providers.values(), context.services.keys.has)


async def providers(context: ActionContext, chosen: Provider | None = None) -> None:
    """Connects a provider, then lets the user choose a model.

    Args:
        context: where it was asked for.
        chosen: the provider, if it is chosen already.
    """
    from chat_tui.ui.dialogs.models.welcome import Welcome

    is_ready = chosen is not None and chosen.is_local
    provider = chosen.key if chosen and is_ready else await context.ask(Welcome, context.services, chosen)
    if provider is None:
        return
    context.preferences.update(welcomed=True)
    model_list = {models.provider: models for models in context.services.backend.known_models()}.get(provider)
    if model_list and len(model_list.models) == 1:
        use_model(context, model_list.models[0].ref)
    else:
        await model_picker(context)


async def model_picker(context: ActionContext) -> None:
    """Chooses the model of the next turn."""
    from chat_tui.ui.dialogs.models.picker import ModelPicker

    conversation = context.conversation
    answer = await context.ask(ModelPicker, context.services, context.session.model, context.preferences.update)
    context.models.forget()  # the picker has requested lists
    if answer is None or context.conversation is not conversation:
        return
    conversation.models = answer.models if len(answer.models) > 1 else ()
    conversation.is_blind = answer.is_blind and bool(conversation.models)
    if not conversation.models or context.session.model is None:
        use_model(context, answer.model)
    context.bars.refresh()
    if answer.regenerates and context.thread.messages:
        if conversation.is_busy:
            context.notify(tr("An answer is still running. Stop it first."))
        elif await context.window.spending.allows():
            if conversation.models:
                context.conversations.regenerate_several(conversation)
            else:
                context.conversations.regenerate(conversation)


async def last_model(context: ActionContext) -> None:
    """Switches to the model that was used before the one in use."""
    current = str(context.session.model)
    for text in context.services.settings.recents:
        with suppress(ValueError):
            if text != current and (model := ModelRef.parse(text)).provider in context.services.settings.providers:
                use_model(context, model)
                context.notify(model.id, title=tr("Model"))
                return
    context.notify(tr("No other model used yet · {key} choose one", key=context.key("model_picker")))


async def thinking_effort(context: ActionContext) -> None:
    """Sets the next thinking effort that the model accepts; after the highest, unsets it."""
    session, provider = context.session, _provider(context)
    if session.model is None or provider is None:
        context.notify(tr("No model chosen. {key} to choose one.", key=context.key("model_picker")))
        return
    levels = provider.thinking_levels(session.model.id)
    if not levels:
        context.notify(tr("{name} has no setting for the thinking effort.", name=provider.name))
        return
    values = {name: value for name, value in session.thread.parameters.items() if name != "thinking"}
    now = session.thread.parameters.get("thinking")
    at = levels.index(now) + 1 if now in levels else 0
    if at < len(levels):
        values["thinking"] = levels[at]
    session.set_parameters(values)
    context.bars.refresh()
    context.notify(str(values.get("thinking", tr("model default"))), title=tr("Thinking effort"))


def use_model(context: ActionContext, model: ModelRef) -> None:
    """Sets the model of the next turn, and remembers the one before for `last_model`."""
    if (before := context.session.model) is not None and before != model:
        context.preferences.remember_model(str(before))
    context.session.set_model(model)
    if context.services.settings.default_model is None:
        context.preferences.update(default_model=str(model))
    context.bars.refresh()
    context.view.refresh_empty()


async def set_key(context: ActionContext) -> None:
    """Sets the API key of the model's provider; regenerates an answer that failed for want of it."""
    from chat_tui.ui.dialogs.models.api_key import AskKey

    conversation, provider = context.conversation, _provider(context)
    if provider is None or not provider.needs_key:
        await providers(context)
    elif await context.ask(AskKey, provider, context.services):
        last = conversation.thread.messages.get(conversation.thread.head or "")
        failed = context.conversation is conversation and last and last.error and wording.is_about_key(last.error)
        if failed and await context.window.spending.allows():
            context.conversations.regenerate(conversation)


def _provider(context: ActionContext) -> Provider | None:
    model = context.session.model
    return context.services.settings.providers.get(model.provider) if model else None


def can_answer(context: ActionContext) -> bool:
    """Whether there is a model, and a key for it as far as is known at once, and no budget to be checked."""
    provider = _provider(context)
    return (
        not context.services.settings.budget
        and context.session.model is not None
        and (provider is None or context.services.backend.has_key(provider))
    )


async def prepare_to_answer(context: ActionContext) -> bool:
    """Asks for the model or key that is missing to answer a prompt, and where it is over the budget.

    Returns:
        Whether the thread has both then, and the prompt may be sent.
    """
    conversation = context.conversation
    if conversation.session.model is None:
        await (model_picker(context) if context.services.settings.welcomed else providers(context))
    if conversation.session.model is None or not await _has_key(context) or context.conversation is not conversation:
        return False
    return await context.window.spending.allows(context.composer.prompt.draft)


async def _has_key(context: ActionContext) -> bool:
    """Asks for the key of the model's provider if there is none; whether there is one then."""
    from chat_tui.session.key_check import lacks_key
    from chat_tui.ui.dialogs.models.api_key import AskKey

    provider, services = _provider(context), context.services
    if provider is None or not await lacks_key(services.backend, services.keys, provider):
        return True
    return await context.ask(AskKey, provider, context.services) is True
