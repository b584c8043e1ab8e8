"""Actions on the next request: system prompt, parameters, trimming of the context, preview."""

from __future__ import annotations

from functools import partial

from chat_tui.domain.conversation.unfinished import SYSTEM_PROMPT, unfinished
from chat_tui.domain.errors import ErrorKind, ProviderError, UsageError
from chat_tui.domain.models.parameters import merge_parameters
from chat_tui.ui.chat.actions.context import ActionContext


async def system_prompt(context: ActionContext) -> None:
    """Edits the thread's system prompt."""
    from chat_tui.ui.dialogs.prompts.system_prompt import SystemPromptEditor

    session = context.session
    save = partial(session.set_unfinished, SYSTEM_PROMPT)
    draft = unfinished(session.thread).get(SYSTEM_PROMPT)
    text = await context.ask(SystemPromptEditor, context.services.prompts, session.thread.system_prompt, draft, save)
    save(None)
    if text is not None and text != session.thread.system_prompt:
        session.set_system_prompt(text)
        context.bars.refresh()


async def parameters(context: ActionContext) -> None:
    """Sets the parameters of the thread."""
    from chat_tui.ui.dialogs.models.parameters import ParameterPanel

    session, settings = context.session, context.services.settings
    provider = settings.providers.get(session.model.provider) if session.model else None
    defaults = merge_parameters(provider.defaults if provider else {}, settings.parameters)
    values = await context.ask(ParameterPanel, provider, session.thread.parameters, defaults)
    if values is not None and values != session.thread.parameters:
        session.set_parameters(values)
        context.bars.refresh()


async def request(context: ActionContext) -> None:
    """Shows what the next request would send."""
    from chat_tui.ui.dialogs.messages.request import RequestView

    try:
        body, curl = context.services.backend.preview(context.session.request(context.composer.prompt.draft))
    except (ProviderError, UsageError) as error:
        context.notify(str(error), title="Nothing to send", severity="warning")
        return
    if text := await context.ask(RequestView, body, curl):
        context.host.copy(text, "Request")


async def shorten(context: ActionContext) -> None:
    """Stops sending the oldest turns; regenerates an answer that failed because the thread was too long."""
    session = context.session
    if context.conversation.is_busy:
        return
    try:
        left = session.shorten()
    except UsageError as error:
        context.notify(str(error), title="Trim context")
        return
    context.notify(f"Only the last {left} prompts are sent.", title="Context trimmed")
    context.bars.refresh()
    last = session.thread.messages.get(session.thread.head or "")
    is_too_long = last and last.error and last.error.kind == ErrorKind.CONTEXT_LENGTH
    if is_too_long and await context.window.spending.allows():
        context.conversations.regenerate(context.conversation)


async def send_everything(context: ActionContext) -> None:
    """Sends the whole thread again."""
    context.session.send_everything()
    context.bars.refresh()
