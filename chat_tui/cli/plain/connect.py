"""Connects a provider in words: choose one, paste its key, choose a model. The first start begins with it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from chat_tui.cli.choose import choose_model, is_in_use
from chat_tui.cli.plain.chat import PlainChat
from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.errors import UsageError
from chat_tui.domain.models.model import Model, ModelList, ModelRef
from chat_tui.domain.models.provider import Provider, in_order, normalise_base_url
from chat_tui.domain.text.secrets import parse_key
from chat_tui.i18n import facts, sentences, tr
from chat_tui.session.key_check import REJECTIONS, UNREACHABLE, lacks_key, rejection
from chat_tui.ui.text import wording

MOST = 40
"""Models that are listed at once; words narrow the list."""
PROVIDERS, MODELS = tr("providers"), tr("models")


async def is_first_start(chat: PlainChat) -> bool:
    """Whether nobody has connected a provider yet, or declined to."""
    if chat.container.settings.welcomed or chat.session.model is not None:
        return False
    return not await chat.container.store.recent(1)


async def connect(chat: PlainChat, name: str = "") -> None:
    """Lets the user choose a provider and a model.

    Args:
        chat: asks.
        name: the provider's number, name or address, if it is chosen already.

    Raises:
        UsageError: there is no such provider, or it can't be used.
        StorageError: its key or address can't be saved.
    """
    if not name:
        list_providers(chat)
        name = await chat.ask(tr("Choose a provider (number, name or a server's address; enter for none): "))
    if not name:
        chat.preferences.update(welcomed=True)
        chat.say(tr("No provider connected. /providers connects one."))
        return
    provider = await _provider(chat, chat.named(PROVIDERS, name))
    if not provider.is_local:
        if await lacks_key(chat.container.backend, chat.container.keys, provider):
            await ask_key(chat, provider)
        elif provider.models_paths:
            chat.say(tr("Loading models from {name}", name=provider.name))
            listed = await chat.container.backend.models(provider.key, refresh=True)
            if listed.failure in REJECTIONS and provider.needs_key:
                chat.say(rejection(provider, listed))
                await ask_key(chat, provider)
            elif listed.problem and not listed.models:
                raise UsageError(tr("{what}: {why}", what=provider.name, why=listed.problem))
    chat.preferences.update(welcomed=True)
    await _choose_of(chat, provider)


def list_providers(chat: PlainChat) -> None:
    """Prints the providers with what it takes to use them."""
    has_key = chat.container.backend.has_key
    providers = in_order(chat.container.settings.providers.values(), has_key)
    rows = [
        f"{each.name}, {wording.provider_note(each, has_key=each.needs_key and has_key(each)).replace(' · ', ', ')}"
        for each in providers
    ]
    chat.numbered(PROVIDERS, [each.key for each in providers], rows)


async def _provider(chat: PlainChat, name: str) -> Provider:
    """The provider of a name, or at an address, which is added."""
    providers = chat.container.settings.providers
    wanted = name.strip().lower()
    fits = [each for each in providers.values() if wanted in (each.key.lower(), each.name.lower())]
    fits = fits or [each for each in providers.values() if each.name.lower().startswith(wanted)]
    if len(fits) == 1:
        return fits[0]
    if "://" not in name and ":" not in name and "." not in name:
        return chat.container.provider(wanted)
    try:
        url = normalise_base_url(name)
    except ValueError as error:
        raise UsageError(tr("Expected {error}.", error=error)) from None
    host = urlsplit(url).netloc
    key = re.sub(r"[^a-z0-9.-]+", "-", host.lower()).strip("-.")
    # Many servers of one's own want no key: it is asked for once the list can't be had without.
    settings = await chat.container.settings_store.add_provider(key, host, url, "none")
    listed = await chat.container.backend.models(key, refresh=True)
    if listed.problem and listed.failure in UNREACHABLE:
        raise UsageError(listed.problem)
    if listed.problem:
        settings = await chat.container.settings_store.add_provider(key, host, url, "bearer")
    return settings.providers[key]


async def ask_key(chat: PlainChat, provider: Provider) -> None:
    """Asks for a key until the provider accepts it, and saves it.

    Raises:
        UsageError: none is given.
        StorageError: it can't be saved.
    """
    if provider.keys_page:
        chat.say(tr("Create a key: {page}", page=provider.keys_page))
    while True:
        chat.say(tr("Paste your {name} API key; it is not shown. Enter to cancel.", name=provider.name))
        # Emacs' shell hides what is typed behind these words.
        written = await chat.ask(tr("Password: "), is_secret=True)
        if not written:
            raise UsageError(tr("No API key for {name}.", name=provider.name))
        try:
            key = parse_key(written)
        except ValueError as error:
            chat.say(tr("Not an API key: {error}.", error=error))
            continue
        if provider.models_paths:
            chat.say(tr("Checking the key with {name}", name=provider.name))
            listed = await chat.container.backend.models(provider.key, key=key)
            if listed.failure in REJECTIONS:
                chat.say(rejection(provider, listed))
                continue
            unchecked = sentences(tr("Could not check the key."), listed.problem, tr("Save it anyway?"))
            if listed.failure in UNREACHABLE and not await chat.confirm(unchecked):
                continue
        where = await chat.container.keys.set(provider.key, key)
        chat.say(tr("API key saved {where}.", where=where))
        if await chat.container.keys.get(provider) != key:
            chat.say(
                tr("{names} is set and overrides it: change or unset it.", names=", ".join(provider.key_variables))
            )
        return


# Models


async def _choose_of(chat: PlainChat, provider: Provider) -> None:
    listed = await chat.container.backend.models(provider.key)
    if len(listed.models) == 1:
        use_model(chat, listed.models[0].ref)
        return
    list_models(chat, [listed], "")
    if listed.problem:
        chat.page.problem(provider.name, listed.problem)
    while name := await chat.ask(tr("Choose a model (number, or a part of its name; enter for none): ")):
        try:
            use_model(chat, find_model(chat, name, [listed]))
        except UsageError as error:
            chat.say(str(error))
        else:
            return


def find_model(chat: PlainChat, name: str, known: list[ModelList] | None = None) -> ModelRef:
    """The model that a number of the last list, or a name, means.

    Raises:
        UsageError: none or several fit.
    """
    container = chat.container
    lists = known if known is not None else list(container.backend.known_models())
    name = chat.named(MODELS, name)
    return choose_model(name, container.settings.providers, lists, container.keys.has)


def use_model(chat: PlainChat, model: ModelRef) -> None:
    """Sets the model of the next turn, and says so."""
    chat.use_model(model)
    chat.say(
        tr(
            "Model: {id}, {provider}",
            id=model.id,
            provider=chat.container.settings.provider_name(model.provider),
        )
    )


async def lists_in_use(chat: PlainChat, *, refresh: bool = False) -> list[ModelList]:
    """The lists of the providers that the user has set up."""
    import asyncio

    container = chat.container
    used = [each for each in container.settings.providers.values() if is_in_use(each, container.keys.has)]
    return await asyncio.gather(*(container.backend.models(each.key, refresh=refresh) for each in used))


def list_models(chat: PlainChat, lists: list[ModelList], words: str) -> None:
    """Prints the models whose names have all words."""
    wanted = words.lower().split()
    models = [each for listed in lists for each in listed.models if all(w in str(each.ref).lower() for w in wanted)]
    shown = models[:MOST]
    chat.numbered(MODELS, [str(each.ref) for each in shown], [_row(each) for each in shown])
    if len(models) > MOST:
        chat.say(tr("{n} more. /models WORDS narrows the list.", n=len(models) - MOST))
    if not models:
        chat.say(tr("No matching model."))


def _row(model: Model) -> str:
    known = [str(model.ref)]
    if model.context_window:
        known.append(tr("context {size}", size=wording.count(model.context_window)))
    if model.price_in is not None and model.price_out is not None:
        from chat_tui.domain.models.money import money

        known.append(
            tr(
                "{price_in} in, {price_out} out a million",
                price_in=money(model.price_in, model.currency),
                price_out=money(model.price_out, model.currency),
            )
        )
    return facts(known)


async def prepare_to_answer(chat: PlainChat, prompt: Draft | str = "") -> bool:
    """Asks for the model or key that is missing to answer a prompt, and where it is over the budget.

    Returns:
        Whether the thread has both then, and the prompt may be sent.
    """
    if chat.session.model is None and not chat.conversation.models:
        await connect(chat)
    model = chat.session.model
    if model is None and not chat.conversation.models:
        return False
    for each in chat.conversation.models or ([model] if model else []):
        provider = chat.container.settings.providers.get(each.provider)
        if provider is not None and await lacks_key(chat.container.backend, chat.container.keys, provider):
            await ask_key(chat, provider)
    return await chat.allows(prompt)
