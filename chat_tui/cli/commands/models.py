"""`chat-tui models` and `chat-tui providers`."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from chat_tui.cli.choose import is_in_use
from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.domain.conversation.choice import ChoiceCount
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.model import Model, ModelList
from chat_tui.domain.models.money import USD, sign
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr


def run(args: Namespace, container: Container, out: Output) -> int:
    """Lists models or providers.

    Returns:
        0, or 1 where a list could not be had: what is known without it is printed nonetheless.

    Raises:
        UsageError: there is no such provider.
    """
    for problem in container.settings.problems:
        out.problem(problem)
    if args.action == "providers":
        return _providers(args, container, out)
    return asyncio.run(_models(args, container, out))


async def _models(args: Namespace, container: Container, out: Output) -> int:
    if args.provider is not None:
        wanted = [container.provider(args.provider)]
    else:
        wanted = [each for each in container.settings.providers.values() if is_in_use(each, container.keys.has)]
    try:
        lists = await asyncio.gather(*(container.backend.models(each.key, refresh=args.refresh) for each in wanted))
        choices = await container.choices.counts()
    finally:
        await container.backend.aclose()
    if args.json:
        out.json([_model(each, choices.get(str(each.ref))) for listed in lists for each in _shown(listed, args)])
    else:
        for listed in lists:
            for model in _shown(listed, args):
                out.line(_line(model, choices.get(str(model.ref))))
        dates = {model.facts_date for listed in lists for model in listed.models if model.facts_date}
        if dates:
            out.note(
                tr("Details that servers don't report are from the built-in price list ({date}).", date=max(dates))
            )
        hidden = 0 if args.all else sum(len(listed.others) for listed in lists)
        if hidden:
            out.note(tr("{n} other models hidden; --all lists them.", n=hidden))
    for listed in lists:
        if listed.problem:
            out.problem(f"{listed.provider}: {listed.problem}")
    if not wanted:
        out.note(
            tr(
                "No provider has an API key. Add one with `chat-tui keys set PROVIDER`; "
                "`chat-tui providers` lists them."
            )
        )
    return 1 if any(listed.problem for listed in lists) else 0


def _line(model: Model, choices: ChoiceCount | None) -> str:
    window = "  " + tr("{n:,} tokens", n=model.context_window) if model.context_window else ""
    price = ""
    if model.price_in is not None and model.price_out is not None:
        mark = sign(model.currency)
        amounts = {"price_in": f"{mark}{model.price_in:g}", "price_out": f"{mark}{model.price_out:g}"}
        price = "  " + tr("{price_in} in, {price_out} out per 1M", **amounts)
    goes = ""
    if model.ends:
        goes = "  " + (tr("deprecated") if model.ends == "deprecated" else tr("until {date}", date=model.ends))
        if model.replacement:
            goes = tr("{ends}, then {model}", ends=goes, model=model.replacement)
    chats = "" if model.can_chat else "  " + tr("(no chat)")
    chosen = f"  {choices}" if choices else ""
    return clean(f"{model.ref}{window}{price}{goes}{chats}{chosen}", multiline=False)


def _shown(listed: ModelList, args: Namespace) -> list[Model]:
    return [*listed.models, *(listed.others if args.all else ())]


def _model(model: Model, choices: ChoiceCount | None) -> JsonObject:
    return {
        "id": str(model.ref),
        "provider": model.ref.provider,
        "name": model.name or model.ref.id,
        "context_window": model.context_window,
        "max_output": model.max_output,
        "price_in": model.price_in,
        "price_out": model.price_out,
        "price_cached": model.price_cached,
        "currency": (model.currency or USD) if model.price_from else None,
        "modalities": list(model.modalities),
        "facts_date": model.facts_date,
        "price_from": str(model.price_from) if model.price_from else None,
        "can_chat": model.can_chat,
        "ends": model.ends or None,
        "replacement": model.replacement or None,
        "chosen": choices.chosen if choices else 0,
        "compared": choices.compared if choices else 0,
    }


def _providers(args: Namespace, container: Container, out: Output) -> int:
    known = {each.provider: each for each in container.backend.known_models()}
    providers = container.settings.providers.values()
    if args.json:
        rows: list[Json] = [_provider(each, container, known.get(each.key)) for each in providers]
        out.json(rows)
        return 0
    for each in providers:
        state = tr("no key needed") if not each.needs_key else tr("ready") if container.keys.has(each) else tr("no key")
        out.line(
            clean(
                f"{each.key:12}  {_filled(state, 13)}  {_filled(each.name, 16)}  {each.base_url}", multiline=False
            ).rstrip()
        )
    return 0


def _filled(text: str, cells: int) -> str:
    from wcwidth import width

    return text + " " * (cells - width(text))


def _provider(provider: Provider, container: Container, known: ModelList | None) -> JsonObject:
    return {
        "id": provider.key,
        "name": provider.name,
        "base_url": provider.base_url,
        "auth": str(provider.auth),
        "api_key_env": provider.api_key_env or None,
        "ready": container.keys.has(provider),
        "keys_page": provider.keys_page or None,
        "builtin": provider.builtin,
        "models": len(known.models) if known else 0,
    }
