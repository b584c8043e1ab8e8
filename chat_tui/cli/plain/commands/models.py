"""Commands on models, providers and tools."""

from __future__ import annotations

from contextlib import suppress

from chat_tui.cli.commands.ask.call_approval import check_tools
from chat_tui.cli.plain import connect
from chat_tui.cli.plain.chat import PlainChat
from chat_tui.domain.conversation.tokens import definition_tokens
from chat_tui.domain.errors import UsageError
from chat_tui.domain.models.model import ModelList, ModelRef
from chat_tui.domain.text.clean import clean
from chat_tui.domain.tools import ServerState, is_offered
from chat_tui.i18n import tr
from chat_tui.ui.text import wording


async def model(chat: PlainChat, argument: str) -> None:
    """Chooses the model of the next turn; without a name, says which it is."""
    if argument:
        chat.conversation.models = ()
        connect.use_model(chat, connect.find_model(chat, argument))
        return
    ref, settings = chat.session.model, chat.container.settings
    chat.say(
        tr("Model: {id}, {provider}", id=ref.id, provider=settings.provider_name(ref.provider))
        if ref
        else tr("No model chosen.")
    )
    names = list(dict.fromkeys([*settings.favourites, *settings.recents]))
    if names:
        chat.say(tr("Favourites and recent models; /model NUMBER uses one:"))
        chat.numbered(connect.MODELS, names, names)
    chat.say(tr("/models WORDS lists models. /model NAME uses one."))


async def models(chat: PlainChat, argument: str) -> None:
    """Lists the models of the providers in use that have all words."""
    lists = await connect.lists_in_use(chat)
    connect.list_models(chat, lists, argument)
    _say_problems(chat, lists)


async def refresh_models(chat: PlainChat, argument: str) -> None:
    """Fetches the lists of models again."""
    lists = await connect.lists_in_use(chat, refresh=True)
    chat.say(tr("{n} models", n=sum(len(each.models) for each in lists)))
    _say_problems(chat, lists)


def _say_problems(chat: PlainChat, lists: list[ModelList]) -> None:
    for each in lists:
        if each.problem:
            chat.page.problem(chat.container.settings.provider_name(each.provider), each.problem)


async def favourite(chat: PlainChat, argument: str) -> None:
    """Marks a model as a favourite, or no longer; the model in use, without a name."""
    ref = connect.find_model(chat, argument) if argument else chat.session.model
    if ref is None:
        raise UsageError(tr("No model chosen."))
    favourites, name = chat.container.settings.favourites, str(ref)
    is_one = name in favourites
    chat.preferences.update(favourites=[each for each in favourites if each != name] + [name] * (not is_one))
    chat.say(
        tr("{model} is no longer a favourite.", model=ref.id) if is_one else tr("{model} is a favourite.", model=ref.id)
    )


async def last_model(chat: PlainChat, argument: str) -> None:
    """Switches to the model used before, and back."""
    current = str(chat.session.model)
    for text in chat.container.settings.recents:
        with suppress(ValueError):
            ref = ModelRef.parse(text)
            if text != current and ref.provider in chat.container.settings.providers:
                connect.use_model(chat, ref)
                return
    raise UsageError(tr("No other model used yet. /model chooses one."))


async def effort(chat: PlainChat, argument: str) -> None:
    """Sets the thinking effort; without a level, the next one that the model accepts."""
    ref = chat.session.model
    provider = chat.container.settings.providers.get(ref.provider) if ref else None
    if ref is None or provider is None:
        raise UsageError(tr("No model chosen. /model chooses one."))
    levels = provider.thinking_levels(ref.id)
    if not levels:
        raise UsageError(tr("{name} has no setting for the thinking effort.", name=provider.name))
    values = {name: value for name, value in chat.thread.parameters.items() if name != "thinking"}
    now = chat.thread.parameters.get("thinking")
    if argument and argument not in (*levels, "default"):
        raise UsageError(tr("The levels are {levels} and default.", levels=", ".join(levels)))
    following = levels.index(str(now)) + 1 if now in levels else 0
    level = argument or (levels[following] if following < len(levels) else "default")
    if level != "default":
        values["thinking"] = level
    chat.session.set_parameters(values)
    chat.say(
        tr("Thinking effort: default of the model")
        if level == "default"
        else tr("Thinking effort: {level}", level=level)
    )


async def providers(chat: PlainChat, argument: str) -> None:
    """Connects a provider, then lets the user choose a model."""
    await connect.connect(chat, argument)


async def set_key(chat: PlainChat, argument: str) -> None:
    """Sets the API key of a provider: that of the model in use, without a name."""
    settings, ref = chat.container.settings, chat.session.model
    if argument and argument not in settings.providers:
        raise UsageError(tr("An API key is never typed here: name the provider, the key is asked for."))
    provider = settings.providers.get(argument or (ref.provider if ref else ""))
    if provider is None:
        await connect.connect(chat)
    elif not provider.needs_key:
        raise UsageError(tr("{name} needs no key.", name=provider.name))
    else:
        await connect.ask_key(chat, provider)


# Tools


async def tools(chat: PlainChat, argument: str) -> None:
    """Lists the tools, or switches servers and tools on and off: `/tools git time:now`, `/tools none`."""
    toolbox = chat.container.tools.toolbox
    if argument == "none":
        chat.session.set_tools([])
        chat.say(tr("No tools are offered."))
        return
    names = argument.split()
    check_tools(names, toolbox)
    wanted = [each for each in toolbox.servers() if each.state is not ServerState.OFF]
    if names:
        named = {each.partition(":")[0] for each in names}
        wanted = [each for each in wanted if each.name in named]
    for server in wanted:
        if server.state is not ServerState.READY:
            chat.say(tr("Starting {name}", name=server.name))
            await toolbox.offered([server.name])
    known = {tool.ref for server in toolbox.servers() for tool in server.tools}
    if unknown := [each for each in names if ":" in each and each not in known]:
        raise UsageError(tr("No tool named {name}. /tools lists the tools.", name=unknown[0]))
    selected = list(chat.thread.tools)
    for name in names:
        selected = [each for each in selected if each != name] if name in selected else [*selected, name]
    if names:
        chat.session.set_tools(selected)
    for server in toolbox.servers():
        if server.state in (ServerState.OFF, ServerState.FAILED):
            failed = tr("failed: {problem}", problem=server.problem) if server.problem else ""
            chat.page.problem(server.name, failed or tr("off in the settings"))
        for tool in server.tools:
            is_on = is_offered(tool, selected)
            if is_on or not names:
                rule, cost = toolbox.approval(tool), wording.count(definition_tokens([tool]))
                about = clean(tool.description, multiline=False)[:200]
                chat.say(
                    tr(
                        "{tool}: {state}, calls: {rule}, about {tokens} tokens. {description}",
                        tool=tool.ref,
                        state=tr("on") if is_on else tr("off"),
                        rule=wording.CALL_RULES[rule],
                        tokens=cost,
                        description=about,
                    )
                )
    if not selected:
        chat.say(tr("No tools are on. /tools SERVER or /tools SERVER:TOOL switches them on and off."))


async def server_texts(chat: PlainChat, argument: str) -> None:
    """Lists the prompts and documents of the tool servers that the thread offers."""
    toolbox = chat.container.tools.toolbox
    servers = list(dict.fromkeys(each.partition(":")[0] for each in chat.thread.tools))
    if not servers:
        raise UsageError(tr("No tool server is on. /tools SERVER switches one on."))
    await toolbox.offered(servers)
    count = 0
    for prompt in await toolbox.prompts():
        if prompt.server in servers:
            count += 1
            chat.say(f"/{prompt.server}:{prompt.name} {' '.join(prompt.arguments)}: {prompt.description}")
    for resource in await toolbox.resources():
        if resource.server in servers:
            count += 1
            chat.say(f"/attach {resource.server}:{resource.uri} {resource.name}")
    if not count:
        chat.say(tr("The servers offer no prompts and no documents."))
