"""Commands on answers: send, regenerate, continue, versions, several models, asides."""

from __future__ import annotations

from functools import partial

from chat_tui.cli.plain.chat import PlainChat
from chat_tui.cli.plain.commands.messages import chosen, preview
from chat_tui.cli.plain.connect import find_model, prepare_to_answer, use_model
from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.message import Message, can_continue
from chat_tui.domain.conversation.tree import aside_of
from chat_tui.domain.errors import UsageError
from chat_tui.i18n import tr

ANSWERS = tr("versions")


async def send_draft(chat: PlainChat, argument: str = "") -> None:
    """Sends the draft."""
    draft = Draft.of(chat.kept).joined(chat.written)
    if draft.is_blank:
        raise UsageError(tr("Nothing to send."))
    chat.kept = ""
    await send(chat, draft)


async def send(chat: PlainChat, draft: Draft) -> None:
    """Sends a prompt and prints the answer; a prompt that is not sent is a draft again."""
    chat.written = draft
    chat.note_draft()
    chat.require_idle()
    if not await prepare_to_answer(chat, draft):
        chat.say(tr("Not sent. It is kept as a draft: /send sends it."))
        return
    chat.written = Draft()
    conversation = chat.conversation
    conversation.prompt = chat.kept
    await chat.turn(partial(chat.conversations.send, conversation, draft))
    if not chat.thread.is_temporary:
        from chat_tui.domain.ports.stores import SentPrompt

        await chat.container.history.add(SentPrompt(chat.thread.id, draft.stored))
    _after_turn(chat)


def _after_turn(chat: PlainChat) -> None:
    """Says how to choose one of several answers; asks for a title, if the settings want one."""
    several = chat.conversation.several
    if several is not None and several.answers and several.chosen is None:
        chat.listed[ANSWERS] = [each.message.id for each in several.answers]
        chat.say(tr("/choose NUMBER continues below an answer."))
    from chat_tui.cli.plain.commands.threads import title_after_first_answer

    title_after_first_answer(chat)


async def regenerate(chat: PlainChat, argument: str) -> None:
    """Asks for another answer, of another model if one is named."""
    chat.require_idle()
    if argument:
        use_model(chat, find_model(chat, argument))
    if not chat.thread.branch():
        raise UsageError(tr("No prompt to answer."))
    if await prepare_to_answer(chat):
        start = chat.conversations.regenerate_several if chat.conversation.models else chat.conversations.regenerate
        await chat.turn(partial(start, chat.conversation))
        _after_turn(chat)


async def try_instead(chat: PlainChat, argument: str) -> None:
    """Regenerates an answer that failed with a fallback model, or the same model at another provider."""
    from chat_tui.ui.chat.turns.alternatives import alternative

    head = chat.thread.messages.get(chat.thread.head or "")
    if head is None or not head.is_answer or head.error is None:
        raise UsageError(tr("The last answer did not fail."))
    if (model := alternative(chat.container, chat.thread, head)) is None:
        raise UsageError(tr("No other provider has this model. /model chooses one."))
    use_model(chat, model)
    await regenerate(chat, "")


async def continue_answer(chat: PlainChat, argument: str) -> None:
    """Continues an interrupted answer, or its calls of tools."""
    chat.require_idle()
    thread = chat.thread
    head = thread.messages.get(thread.head or "")
    if not (chat.session.calls is not None and thread.has_calls_to_take_up):
        if head is None or not head.is_answer or not head.content.strip():
            raise UsageError(tr("No text to continue; regenerate instead."))
        if not can_continue(head):
            raise UsageError(tr("This answer is already complete."))
    if await prepare_to_answer(chat):
        await chat.turn(partial(chat.conversations.continue_answer, chat.conversation))


async def ask_again(chat: PlainChat, argument: str) -> None:
    """Asks for an answer in JSON again, with what is wrong with it."""
    from chat_tui.domain.models.response_format import answer_schema, asks_for_json, correction
    from chat_tui.domain.ports.schemas import is_about_value
    from chat_tui.session.requests.answer_check import check_answer

    head = chat.thread.messages.get(chat.thread.head or "")
    if head is None or not head.is_answer or not asks_for_json(head.parameters.get("response_format")):
        raise UsageError(tr("Only a last answer that was requested as JSON can be asked for again."))
    schema = answer_schema(head.parameters.get("response_format"))
    checked = await check_answer(head.content, schema or {"type": "object"}, chat.container.schemas)
    problems = [each for each in checked.problems if is_about_value(each)]
    for each in checked.problems:
        chat.say(each)
    if problems:
        await send(chat, Draft.of(correction(problems, schema)))
    elif not checked.problems:
        chat.say(tr("This answer is valid."))


async def previous_answer(chat: PlainChat, argument: str) -> None:
    """Shows the version before one of a message, the last answer's without a number."""
    _show_version(chat, argument, -1)


async def next_answer(chat: PlainChat, argument: str) -> None:
    """Shows the version after one of a message, the last answer's without a number."""
    _show_version(chat, argument, 1)


def _show_version(chat: PlainChat, argument: str, step: int) -> None:
    message, _ = chosen(chat, argument, lambda each: each.is_answer)
    depth = [each.id for each in chat.thread.branch()].index(message.id)
    if not chat.session.show_sibling(step, message.id):
        raise UsageError(tr("No earlier version.") if step < 0 else tr("No later version."))
    shown = chat.thread.branch()[depth]
    versions = chat.thread.siblings(shown.id)
    chat.say(tr("Version {n} of {total}", n=versions.index(shown) + 1, total=len(versions)))
    from chat_tui.cli.plain.commands.messages import print_message

    print_message(chat, depth + 1, shown)


# Several models


async def several(chat: PlainChat, argument: str) -> None:
    """Chooses the models that answer the next prompt, separated by commas; `blind` before them hides their names."""
    first, _, rest = argument.partition(" ")
    is_blind = first == "blind"
    names = [each.strip() for each in (rest if is_blind else argument).split(",") if each.strip()]
    models = list(dict.fromkeys(find_model(chat, each) for each in names))
    if len(models) < 2:
        raise UsageError(tr("Name two models or more, separated by commas."))
    chat.conversation.models, chat.conversation.is_blind = tuple(models), is_blind
    chat.say(tr("The next prompt goes to {models}.", models=", ".join(each.id for each in models)))


async def answers(chat: PlainChat, argument: str) -> None:
    """Lists the versions of the last answer."""
    from chat_tui.session.several_choice import versions_of_last_answer

    conversation = chat.conversation
    if conversation.several is None:
        conversation.several = versions_of_last_answer(chat.session, chat.container.backend)
    if conversation.several is None or not conversation.several.answers:
        raise UsageError(tr("Only one answer. /several asks several models."))
    listed = conversation.several.answers
    shown = {each.id for each in chat.thread.branch()}
    rows = [
        f"{each.model.id}{', shown' if each.message.id in shown else ''}: {preview(each.message)}" for each in listed
    ]
    if conversation.several.is_blind:
        rows = [preview(each.message) for each in listed]
    chat.numbered(ANSWERS, [each.message.id for each in listed], rows)


async def choose(chat: PlainChat, argument: str) -> None:
    """Continues below one of several answers."""
    from chat_tui.session.several_choice import choose_answer

    several = chat.conversation.several
    name = chat.named(ANSWERS, argument)
    answer = next((each for each in several.answers if each.message.id == name), None) if several else None
    if several is None or answer is None:
        raise UsageError(tr("Name an answer by its number: /answers lists them."))
    choice = choose_answer(several, answer)
    if choice is not None and not chat.thread.is_temporary:
        await chat.container.choices.add(choice)
    await chat.conversations.save_soon(chat.conversation)
    chat.say(tr("Continuing below the answer of {model}.", model=answer.model.id))


# Asides


async def aside(chat: PlainChat, argument: str) -> None:
    """Asks a question on a side branch; without one, closes the aside that is open."""
    opened = aside_of(chat.thread)
    if not argument:
        await _close_aside(chat, opened)
        return
    if opened:
        raise UsageError(tr("An aside is open already: /aside closes it."))
    if not chat.thread.branch():
        raise UsageError(tr("An aside needs a conversation: send the prompt first."))
    if await prepare_to_answer(chat, argument):
        chat.session.open_aside()
        await send(chat, Draft.of(argument))


async def _close_aside(chat: PlainChat, opened: list[Message]) -> None:
    if not opened:
        raise UsageError(tr("Write a question: /aside QUESTION"))
    answer = await chat.ask(tr("Close the aside: [k] keep it as a branch, [d] delete it, [q] quote its answer: "))
    how = answer.lower()[:1]
    if how not in ("k", "d", "q"):
        return
    chat.session.close_aside(keeps=how != "d")
    last = next((each for each in reversed(opened) if each.is_answer), None)
    if how == "q" and last is not None:
        quoted = "\n".join(f"> {line}".rstrip() for line in last.content.strip().split("\n"))
        chat.restore(Draft.of(f"{quoted}\n\n"))
        chat.say(tr("Its answer is quoted in the draft."))
    chat.say(
        tr("Aside closed and deleted. /undo goes back to it.")
        if how == "d"
        else tr("Aside closed and kept as a branch. /undo goes back to it.")
    )
