"""Actions on the running answer and the last one: stop, regenerate, continue, go through its versions."""

from __future__ import annotations

from chat_tui.domain.conversation.message import can_continue
from chat_tui.i18n import tr
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.message import chosen_message, is_idle, is_whole
from chat_tui.ui.chat.actions.model import use_model


async def stop(context: ActionContext) -> None:
    """Closes the drawer, puts a queued prompt back, stops the answer, cancels an edit, or goes to the prompt."""
    if context.window.close_drawer():
        return
    conversation = context.conversation
    if conversation.queue:
        context.composer.restore(conversation.queue.pop())
        context.bars.refresh()
    elif conversation.is_busy:
        await context.conversations.stop(conversation)
    else:
        context.composer.end_edit()
        context.composer.prompt.focus()


async def regenerate(context: ActionContext) -> None:
    """Regenerates the last answer; the current one is kept."""
    if context.thread.messages and await context.window.spending.allows():
        context.conversations.regenerate(context.conversation)


async def try_instead(context: ActionContext) -> None:
    """Regenerates an answer that failed with a fallback model, or the same model at another provider."""
    thread = context.thread
    head = thread.messages.get(thread.head or "")
    if head is None or not head.is_answer or head.error is None:
        context.notify(tr("The last answer did not fail."))
    elif is_idle(context):
        from chat_tui.ui.chat.turns.alternatives import alternative

        if (model := alternative(context.services, thread, head)) is None:
            context.notify(tr("No other provider has this model · {key} choose one", key=context.key("model_picker")))
        else:
            use_model(context, model)
            if await context.window.spending.allows():
                context.conversations.regenerate(context.conversation)


async def continue_answer(context: ActionContext) -> None:
    """Continues the last answer, or its tool calls; only the end of a branch can be continued."""
    if context.session.calls is not None and context.thread.has_calls_to_take_up:
        if is_idle(context):
            context.view.action_deselect()
            context.conversations.continue_answer(context.conversation)
        return
    message = chosen_message(context, lambda message: message.is_answer)
    if message is None or not is_idle(context) or not is_whole(context, message):
        return
    if message.id != context.thread.head:
        context.notify(tr("Only the last answer can be continued."))
    elif not message.is_answer or not message.content.strip():
        context.notify(tr("No text to continue; regenerate instead."))
    elif not can_continue(message):
        context.notify(tr("This answer is already complete."))
    elif await context.window.spending.allows():
        context.view.action_deselect()
        context.conversations.continue_answer(context.conversation)


async def ask_again(context: ActionContext) -> None:
    """Asks for an answer in JSON again, with what is wrong with it; only at the end of a branch."""
    from chat_tui.domain.conversation.draft import Draft
    from chat_tui.domain.models.response_format import answer_schema, asks_for_json, correction
    from chat_tui.domain.ports.schemas import is_about_value
    from chat_tui.session.requests.answer_check import check_answer

    message = chosen_message(context, lambda message: message.is_answer)
    if message is None or not is_idle(context) or not is_whole(context, message):
        return
    response_format = message.parameters.get("response_format")
    if message.id != context.thread.head or not asks_for_json(response_format):
        context.notify(tr("Only the last answer can be corrected, if it was requested as JSON."))
        return
    conversation, schema = context.conversation, answer_schema(response_format)
    checked = await check_answer(message.content, schema or {"type": "object"}, context.services.schemas)
    if context.conversation is not conversation or message.id != context.thread.head or not is_idle(context):
        return
    problems = [each for each in checked.problems if is_about_value(each)]
    if problems:
        draft = Draft.of(correction(problems, schema))
        if await context.window.spending.allows(draft):
            context.view.action_deselect()
            context.conversations.send(conversation, draft)
    else:
        context.notify(checked.problems[0] if checked.problems else tr("This answer is valid."))


async def previous_answer(context: ActionContext) -> None:
    """Shows the version before the last answer."""
    _show_version(context, -1)


async def next_answer(context: ActionContext) -> None:
    """Shows the version after the last answer."""
    _show_version(context, 1)


def _show_version(context: ActionContext, step: int) -> None:
    if not context.conversation.is_busy and context.session.show_sibling(step):
        context.threads.show_branch()
