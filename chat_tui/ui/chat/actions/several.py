"""Actions on the answers of several models: show them, choose one, ask again."""

from __future__ import annotations

from chat_tui.i18n import tr
from chat_tui.session.conversations import Conversation
from chat_tui.ui.chat.actions.context import ActionContext


async def answers(context: ActionContext) -> None:
    """Shows the answers of several models, or all versions of the last answer, beside each other."""
    conversation = context.conversation
    if conversation.several is None and not conversation.is_busy:
        from chat_tui.session.several_choice import versions_of_last_answer

        conversation.several = versions_of_last_answer(context.session, context.services.backend)
    if conversation.several is None or not conversation.several.answers:
        context.notify(tr("Only one answer · {key} mark models to ask several", key=context.key("model_picker")))
    else:
        await show_answers(context, conversation)


async def show_answers(context: ActionContext, conversation: Conversation) -> None:
    """Shows the answers of several models, and continues below the one that is chosen."""
    from chat_tui.session.several_choice import choose_answer
    from chat_tui.ui.chat.actions.view import open_link
    from chat_tui.ui.chat.answers.screen import AnswersView

    several = conversation.several
    if several is None:
        return
    chosen = await context.ask(
        AnswersView,
        several,
        drawing=context.window.drawing,
        cost=context.models.cost,
        provider_name=context.services.settings.provider_name,
        permits=context.window.spending.permits,
        ask_again=lambda answer: context.conversations.ask_again(conversation, answer),
        copy=context.host.copy,
        open_link=lambda url: open_link(context, url),
        painter=context.host.painter,
    )
    if context.conversation is not conversation:
        return
    if chosen is not None:
        choice = choose_answer(several, chosen)
        if choice is not None and not conversation.thread.is_temporary:
            context.conversations.background.start(context.services.choices.add(choice))
        await context.conversations.save_soon(conversation)
    context.threads.show_branch()
    context.bars.refresh()
