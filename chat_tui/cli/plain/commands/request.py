"""Commands on the next request: system prompt, parameters, context, draft, preview."""

from __future__ import annotations

from chat_tui.cli.plain.chat import PlainChat
from chat_tui.cli.plain.commands.answers import regenerate
from chat_tui.cli.plain.commands.threads import say_draft
from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.message import Role
from chat_tui.domain.errors import ErrorKind, UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.parameters import ParameterSpec, as_text, merge_parameters, offered, read_value
from chat_tui.domain.settings import PromptTemplate
from chat_tui.i18n import tr, trn
from chat_tui.ui.text import wording

PROMPTS, HISTORY = tr("saved prompts"), tr("prompts")
MOST = 20
"""Earlier prompts that are listed."""


async def edit_draft(chat: PlainChat, argument: str) -> None:
    """Edits the draft in $VISUAL or $EDITOR; with `system`, the system prompt."""
    if argument == "system":
        text = await chat.edited(chat.thread.system_prompt)
        await system_prompt(chat, text or tr("none"))
        return
    draft = Draft.of(chat.kept).joined(chat.written)
    chat.written, chat.kept = draft.refolded(await chat.edited(draft.stored)), ""
    chat.note_draft()
    say_draft(chat)


async def draft(chat: PlainChat, argument: str) -> None:
    """Prints the draft."""
    if Draft.of(chat.kept).joined(chat.written).is_blank:
        raise UsageError(tr("No draft."))
    say_draft(chat)


async def discard_draft(chat: PlainChat, argument: str) -> None:
    """Discards the draft and what is attached to it."""
    chat.kept, chat.written = "", Draft()
    chat.note_draft()
    chat.say(tr("Draft discarded."))


async def prompt_history(chat: PlainChat, argument: str) -> None:
    """Lists earlier prompts with all words; with a number of the list, puts one into the draft."""
    if argument.isdecimal() and HISTORY in chat.listed:
        chat.restore(Draft.of_stored(chat.named(HISTORY, argument)))
        say_draft(chat)
        return
    own = [Draft.of_message(each).stored for each in reversed(chat.thread.branch()) if each.role is Role.USER]
    texts = list(dict.fromkeys([*own, *(each.text for each in await chat.container.history.recent())]))
    words = argument.lower().split()
    found = [each for each in texts if all(word in each.lower() for word in words)][:MOST]
    chat.numbered(HISTORY, found, [" ".join(each[:200].split())[:100] for each in found])
    chat.say(tr("/prompt-history NUMBER puts one into the draft.") if found else tr("No matching prompts."))


async def system_prompt(chat: PlainChat, argument: str) -> None:
    """Sets the thread's system prompt; without a text, prints it; `none` removes it."""
    if not argument:
        chat.say(
            chat.thread.system_prompt or tr("No system prompt. /system-prompt TEXT sets one, /edit system edits it.")
        )
        return
    text = "" if argument == "none" else argument
    if not text and chat.thread.saved_prompt:
        before = await chat.container.prompts.named(chat.thread.saved_prompt)
        chat.session.use_saved_prompt("", PromptTemplate("", ""), before)
    else:
        chat.session.set_system_prompt(text)
    chat.say(tr("System prompt set.") if text else tr("System prompt removed."))


async def saved_prompt(chat: PlainChat, argument: str) -> None:
    """Uses a saved system prompt and its settings; without a name, lists them."""
    if not argument:
        library = await chat.container.prompts.prompts()
        rows = [tr("{name}: {text}", name=each.name, text=each.description or each.prompt[:80]) for each in library]
        chat.numbered(PROMPTS, [each.name for each in library], rows)
        chat.say(tr("/saved-prompt NAME uses one.") if library else tr("No saved prompts."))
        return
    await use_saved_prompt(chat, chat.named(PROMPTS, argument))


async def use_saved_prompt(chat: PlainChat, name: str) -> None:
    """Uses a saved prompt; asks for the values of its variables.

    Raises:
        UsageError: there is none of this name.
    """
    from chat_tui.domain.text.template import fill, variables

    template = await chat.container.prompt(name)
    values: dict[str, str] = {}
    for variable, default in variables(template.prompt).items():
        values[variable] = await chat.ask(f"{variable}{f' ({default})' if default else ''}: ") or default
    before = await chat.container.prompts.named(chat.thread.saved_prompt)
    chat.session.use_saved_prompt(fill(template.prompt, values), template, before)
    chat.say(tr("Saved prompt: {name}", name=name))


async def parameters(chat: PlainChat, argument: str) -> None:
    """Sets a parameter: `/set temperature 0.2`, without a value unsets it; lists all without a name."""
    session, settings = chat.session, chat.container.settings
    provider = settings.providers.get(session.model.provider) if session.model else None
    specs = offered(provider.parameters if provider else ())
    if not argument:
        values = merge_parameters(provider.defaults if provider else {}, settings.parameters, chat.thread.parameters)
        for name in dict.fromkeys([*values, *(each.name for each in specs)]):
            spec = next((each for each in specs if each.name == name), None)
            about = (spec.range_text() or spec.hint()) if spec else ""
            value = as_text(values[name]) if name in values else tr("not set")
            chat.say(f"{name}: {value}{f' ({about})' if about else ''}")
        return
    name, _, text = argument.replace("=", " ", 1).partition(" ") if " " not in argument else argument.partition(" ")
    own = {key: value for key, value in chat.thread.parameters.items() if key != name}
    if text := text.strip():
        spec = next((each for each in specs if each.name == name), None)
        try:
            own[name] = read_value(spec or ParameterSpec(name, "any"), text)
        except ValueError as error:
            raise UsageError(str(error)) from None
    session.set_parameters(own)
    chat.say(f"{name}: {as_text(own[name]) if text else tr('not set')}")


async def shorten(chat: PlainChat, argument: str) -> None:
    """Stops sending the oldest half of the thread; regenerates an answer that failed because it was too long."""
    left = chat.session.shorten()
    chat.say(trn("Only the last prompt is sent.", "Only the last {n} prompts are sent.", left))
    last = chat.thread.messages.get(chat.thread.head or "")
    if last is not None and last.error is not None and last.error.kind == ErrorKind.CONTEXT_LENGTH:
        await regenerate(chat, "")


async def compact(chat: PlainChat, argument: str) -> None:
    """Summarizes the thread, once you have seen what that costs; then the summary is sent in place of the messages."""
    from chat_tui.domain.conversation.summary import compaction
    from chat_tui.domain.models.money import money
    from chat_tui.domain.ports.backend import ChatRequest
    from chat_tui.session.compaction import compact as summarize

    named = chat.container.settings.compact_model
    model, planned = ModelRef.parse(named) if named else chat.session.model, compaction(chat.thread)
    if model is None or planned is None:
        raise UsageError(tr("No model chosen.") if model is None else tr("Nothing to summarize."))
    if not await chat.permits(ChatRequest(model, planned.request())):
        return
    known, price = chat.container.prices.model(str(model)), tr("price unknown")
    if known is not None and known.price_in is not None:
        price = tr("about {price} and the summary", price=money(planned.tokens * known.price_in / 1e6, known.currency))
    about = tr(
        "about {tokens} tokens, {price}, {model}", tokens=wording.count(planned.tokens), price=price, model=model.id
    )
    if not await chat.confirm(tr("Summarize {n} messages ({about})?", n=planned.count, about=about)):
        return
    chat.say(tr("waiting"))
    summary = await summarize(chat.session, chat.container.backend, model)
    chat.say(tr("Summary:\n{text}", text=summary.content))
    chat.say(tr("{n} messages summarized. /undo restores them.", n=planned.count))
    if planned.prompt is not None:
        await regenerate(chat, "")


async def send_everything(chat: PlainChat, argument: str) -> None:
    """Sends the whole thread again, in place of its summaries."""
    chat.session.send_everything()
    chat.say(tr("The whole thread is sent."))


async def request(chat: PlainChat, argument: str) -> None:
    """Prints the next request as JSON, or that of the last answer without a draft; with `curl`, as a command."""
    written = Draft.of(chat.kept).joined(chat.written)
    branch = chat.thread.branch()
    answer = branch[-1] if written.is_blank and branch and branch[-1].is_answer else None
    body, curl = chat.container.backend.preview(chat.session.request(written, answer=answer))
    chat.say(curl if argument == "curl" else body)
