"""Which model answers: a written name made exact, or the one that goes without saying."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.models.model import ModelList, ModelRef
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.ports.stores import KeyStore
from chat_tui.domain.settings import Settings
from chat_tui.i18n import sentences, tr

SHOWN = 5
"""Models that an error names at most."""
LOCAL_MODEL = "local/SmolLM2-135M-Instruct"
"""What a newcomer without a key is shown."""


def choose_model(
    text: str, providers: Mapping[str, Provider], known: Iterable[ModelList], has_key: Callable[[Provider], bool]
) -> ModelRef:
    """Reads a model as it was written: `provider/model-id`, else the part of one known model's name.

    An id that no list has is accepted behind a provider's name: lists are not complete. Where several fit, the only one
    that can be used is meant.

    Raises:
        UsageError: none or several fit; names those that come near.
    """
    text = text.strip()
    try:
        exact = ModelRef.parse(text)
    except ValueError:
        exact = None
    if exact is not None and exact.provider in providers:
        return exact
    models = [each.ref for listed in known for each in listed.models]
    lowered = text.lower()
    for fits in (
        [each for each in models if each.id.lower() == lowered],
        [each for each in models if each.id.lower().rpartition("/")[2] == lowered],
        [each for each in models if lowered and lowered in str(each).lower()],
    ):
        usable = [each for each in fits if each.provider in providers and has_key(providers[each.provider])]
        if len(fits) == 1 or len(usable) == 1:
            return (usable or fits)[0]
        if fits:
            raise UsageError(
                tr(
                    "{n} models match {text!r}: {models}. Type more of the id.",
                    n=len(fits),
                    text=text,
                    models=_some(fits),
                )
            )
    raise UsageError(sentences(tr("No model matches {text!r}.", text=text), _near(text, providers, models)))


def default_model(settings: Settings, known: Iterable[ModelList], has_key: Callable[[Provider], bool]) -> ModelRef:
    """The model that goes without saying: the user's default, else that of the only provider with a key.

    Raises:
        UsageError: there is none; says what to do.
    """
    if settings.default_model:
        return ModelRef.parse(settings.default_model)
    ready = {key for key, each in settings.providers.items() if each.needs_key and has_key(each)}
    if not ready:
        raise UsageError(
            tr(
                "No model chosen, and no provider has an API key. Add one with `chat-tui keys set "
                "PROVIDER` (`chat-tui providers` lists them), or use the local model: -m {model} "
                "(needs the extra: pip install 'chat-tui[local]').",
                model=LOCAL_MODEL,
            )
        )
    if len(ready) == 1:
        first = next((each for listed in known if listed.provider in ready for each in listed.models), None)
        if first is not None:
            return first.ref
    some = ", ".join(sorted(ready))
    raise UsageError(
        tr(
            "No model chosen. Name one with -m PROVIDER/MODEL (with a key: {providers}; `chat-tui models` "
            "lists them), or set default_model in config.toml.",
            providers=some,
        )
    )


async def require_key(provider: Provider, keys: KeyStore) -> None:
    """Sees to it that the provider can be used.

    Raises:
        UsageError: it has no key, or that can't be read; says what to do.
    """
    try:
        ready = not provider.needs_key or await keys.get(provider) is not None
    except StorageError as error:
        raise UsageError(tr("The key for {name} can't be read: {error}", name=provider.name, error=error)) from None
    if not ready:
        parts = [tr("No API key for {name}.", name=provider.name)]
        if provider.api_key_env:
            parts.append(
                tr(
                    "Run `chat-tui keys set {provider}` or set {variable}.",
                    provider=provider.key,
                    variable=provider.api_key_env,
                )
            )
        else:
            parts.append(tr("Run `chat-tui keys set {provider}`.", provider=provider.key))
        if provider.keys_page:
            parts.append(tr("Create a key at {page}.", page=provider.keys_page))
        raise UsageError(sentences(*parts))


def is_in_use(provider: Provider, has_key: Callable[[Provider], bool]) -> bool:
    """Whether the user set it up: one with a key, one of their own, the local model. Others are not asked unasked."""
    if provider.is_local or not provider.builtin:
        return True
    return provider.needs_key and has_key(provider)


def _some(models: list[ModelRef]) -> str:
    return ", ".join(map(str, models[:SHOWN])) + (", …" if len(models) > SHOWN else "")


def _near(text: str, providers: Mapping[str, Provider], models: list[ModelRef]) -> str:
    from difflib import get_close_matches  # late: only for an error

    names = {each.id.rpartition("/")[2].lower(): each for each in models} | {str(each).lower(): each for each in models}
    near = list(dict.fromkeys(names[each] for each in get_close_matches(text.lower(), names, SHOWN, 0.5)))
    if near:
        return tr("Similar: {models}.", models=_some(near))
    start = text.partition("/")[0]
    if "/" in text and (close := get_close_matches(start, providers, 1)):
        return tr("Did you mean {model}?", model=f"{close[0]}/{text.partition('/')[2]}")
    return tr("A model is written provider/model-id; `chat-tui models` lists them.")
