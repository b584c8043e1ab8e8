"""Actions on the next request: system prompt, parameters, tools, trimming of the context, preview."""

from __future__ import annotations

from functools import partial

from chat_tui.domain.conversation.unfinished import SYSTEM_PROMPT, unfinished
from chat_tui.domain.errors import ErrorKind, ProviderError, UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.parameters import merge_parameters
from chat_tui.domain.settings import PromptTemplate
from chat_tui.i18n import tr, trn
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.message import is_idle
from chat_tui.ui.text.sanitizer import cut


async def system_prompt(context: ActionContext) -> None:
    """Edits the thread's system prompt."""
    from chat_tui.ui.dialogs.prompts.system_prompt import SystemPromptEditor

    session = context.session
    save = partial(session.set_unfinished, SYSTEM_PROMPT)
    draft = unfinished(session.thread).get(SYSTEM_PROMPT)
    library, thread = context.services.prompts, session.thread
    with_settings = PromptTemplate(
        "",
        "",
        model=str(session.model) if session.model else None,
        parameters=thread.parameters,
        tools=tuple(thread.tools),
        fallback=tuple(thread.fallback),
        budget=thread.request_budget,
    )
    edited = await context.ask(SystemPromptEditor, library, thread.system_prompt, draft, save, with_settings)
    save(None)
    if edited is None:
        return
    chosen = edited.chosen
    if chosen is None and not edited.text.strip() and thread.saved_prompt:
        chosen = PromptTemplate("", "")  # without the prompt, nothing that came with it
    if chosen is not None:
        session.use_saved_prompt(edited.text, chosen, await library.named(thread.saved_prompt))
        context.view.refresh_empty()
    elif edited.text != thread.system_prompt:
        session.set_system_prompt(edited.text)
    context.bars.refresh()


async def saved_prompt(context: ActionContext) -> None:
    """Chooses a saved system prompt, with the settings that come with it."""
    from chat_tui.ui.dialogs.prompts.saved import SavedPromptPicker

    prompts = await context.services.prompts.prompts()
    chosen = await context.ask(SavedPromptPicker, prompts, context.thread.saved_prompt)
    if chosen is not None:
        await _use(context, chosen)


async def use_saved_prompt(context: ActionContext, name: str) -> str:
    """Uses the saved system prompt of a name; returns why it can't be used, or nothing."""
    chosen = await context.services.prompts.named(name)
    if chosen is None:
        return tr("No saved prompt named {name}.", name=name)
    await _use(context, chosen)
    return ""


async def _use(context: ActionContext, chosen: PromptTemplate) -> None:
    """Changes the thread's system prompt, once the variables have values."""
    from chat_tui.domain.text.template import fill, variables

    values: dict[str, str] | None = {}
    if names := variables(chosen.prompt):
        from chat_tui.ui.dialogs.prompts.variables import AskVariables

        values = await context.ask(AskVariables, chosen.name, names)
    session = context.session
    before = await context.services.prompts.named(session.thread.saved_prompt)
    session.use_saved_prompt(fill(chosen.prompt, values or {}), chosen, before)
    context.bars.refresh()
    context.view.refresh_empty()


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
    """Shows what sending the prompt would send; with an empty one, what asking for the last answer again would."""
    from chat_tui.ui.dialogs.messages.request import RequestView

    draft, branch = context.composer.prompt.draft, context.thread.branch()
    answer = branch[-1] if draft.is_blank and branch and branch[-1].is_answer else None
    heading = tr("Next request") if answer is None else tr("Request of the last answer")
    try:
        asked = context.session.request(draft, answer=answer)
        body, curl = context.services.backend.preview(asked)
    except (ProviderError, UsageError) as error:
        context.notify(str(error), title=tr("Nothing to send"), severity="warning")
        return
    unlisted = {each.partition(":")[0] for each in context.thread.tools} - {tool.server for tool in asked.tools}
    if unlisted:
        heading += tr(
            " · without the tools of {names}: listed when it is sent", names=cut(", ".join(sorted(unlisted)), 30)
        )
    if text := await context.ask(RequestView, heading, body, curl):
        context.host.copy(text, tr("Request"))


async def shorten(context: ActionContext) -> None:
    """Stops sending the oldest turns; regenerates an answer that failed because the thread was too long."""
    session = context.session
    if context.conversation.is_busy:
        return
    try:
        left = session.shorten()
    except UsageError as error:
        context.notify(str(error), title=tr("Trim context"))
        return
    context.notify(
        trn("Only the last prompt is sent.", "Only the last {n} prompts are sent.", left), title=tr("Context trimmed")
    )
    context.bars.refresh()
    last = session.thread.messages.get(session.thread.head or "")
    is_too_long = last and last.error and last.error.kind == ErrorKind.CONTEXT_LENGTH
    if is_too_long and await context.window.spending.allows():
        context.conversations.regenerate(context.conversation)


async def compact(context: ActionContext) -> None:
    """Has a model summarize the thread, once the user has seen what that costs; then only the summary is sent.

    A prompt that has no answer, as the thread was too long, is sent again.
    """
    from chat_tui.domain.conversation.summary import compaction
    from chat_tui.domain.ports.backend import ChatRequest
    from chat_tui.session.compaction import compact as summarize
    from chat_tui.ui.dialogs.messages.compact import CompactDialog

    conversation, session = context.conversation, context.session
    model, planned = _compact_model(context), compaction(session.thread)
    if not is_idle(context):
        return
    if model is None or planned is None:
        context.notify(
            tr("No model chosen.") if model is None else tr("Nothing to summarize."), title=tr("Compact context")
        )
        return
    if not await context.window.spending.permits(ChatRequest(model, planned.request())):
        return
    settings = context.services.settings
    name = f"{cut(model.id, 40)} · {settings.provider_name(model.provider)}"
    provider = settings.providers.get(model.provider)
    is_free = provider is not None and provider.is_local
    run = partial(summarize, session, context.services.backend, model)
    if await context.ask(CompactDialog, planned, name, context.models.get(str(model)), run, is_free=is_free) is None:
        return
    context.notify(
        tr("/undo to restore them"), title=trn("{n} message summarized", "{n} messages summarized", planned.count)
    )
    if context.conversation is conversation:
        context.threads.show_branch()
    if planned.prompt is not None and await context.window.spending.allows():
        context.conversations.regenerate(conversation)


def _compact_model(context: ActionContext) -> ModelRef | None:
    """The model that writes summaries: the one of the settings, else the thread's."""
    named = context.services.settings.compact_model
    return ModelRef.parse(named) if named else context.session.model


async def send_everything(context: ActionContext) -> None:
    """Sends the whole thread again."""
    context.session.send_everything()
    context.bars.refresh()


async def tools(context: ActionContext) -> None:
    """Chooses the tools that the model may call in the thread."""
    from chat_tui.ui.dialogs.tools.picker import ToolPicker

    session = context.session
    selected = await context.ask(ToolPicker, context.services.tools.toolbox, session.thread.tools)
    if selected is not None and selected != session.thread.tools:
        session.set_tools(selected)
        context.bars.refresh()


async def decide_call(context: ActionContext) -> None:
    """Goes to the tool call that waits for approval, or from it to the prompt."""
    if not context.window.decide_call():
        context.notify(tr("No tool call waits for approval."))
