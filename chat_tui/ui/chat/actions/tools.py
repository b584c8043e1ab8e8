"""Actions on tools: choose those that the thread offers, decide on a call."""

from __future__ import annotations

from chat_tui.i18n import tr
from chat_tui.ui.chat.actions.context import ActionContext


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
