"""Actions that move through the conversation and change how it is drawn."""

from __future__ import annotations

from chat_tui.domain.errors import StorageError
from chat_tui.i18n import tr
from chat_tui.ui.chat.actions.context import ActionContext

SIDEWAYS = 16
"""Cells by which a key scrolls long lines of code."""


async def select_messages(context: ActionContext) -> None:
    """Selects the last message, or the one before the selected one."""
    context.view.action_select(-1)


async def page_up(context: ActionContext) -> None:
    """Scrolls up by a page."""
    context.view.page(-1)


async def page_down(context: ActionContext) -> None:
    """Scrolls down by a page."""
    context.view.page(1)


async def go_start(context: ActionContext) -> None:
    """Scrolls to the thread's first turn."""
    context.view.go_to_start()


async def go_end(context: ActionContext) -> None:
    """Scrolls to the end and follows the answer."""
    context.view.go_to_end()


async def reasoning(context: ActionContext) -> None:
    """Expands or collapses the last reasoning."""
    context.view.toggle_reasoning()


async def find(context: ActionContext) -> None:
    """Opens the find bar, or goes back to it."""
    context.window.open_find_bar()


async def next_heading(context: ActionContext) -> None:
    """Scrolls to the next heading."""
    _step_heading(context, 1)


async def previous_heading(context: ActionContext) -> None:
    """Scrolls to the heading before."""
    _step_heading(context, -1)


def _step_heading(context: ActionContext, step: int) -> None:
    index = context.view.step_heading(step)
    if index is not None and context.view.selected is not None:
        context.view.mark(index)


async def wrap_code(context: ActionContext) -> None:
    """Wraps long lines of code, or lets them be scrolled sideways."""
    if context.view.toggle_wrap():
        context.notify(tr("wrapped"), title=tr("Code"))
    else:
        keys = f"{context.key('code_left')} {context.key('code_right')}"
        context.notify(tr("not wrapped · {keys} scroll", keys=keys), title=tr("Code"))


async def diagram_source(context: ActionContext) -> None:
    """Shows the diagrams of a message as source, or drawn again."""
    from chat_tui.ui.chat.actions.message import chosen_message

    message = chosen_message(context, lambda message: "mermaid" in message.content)
    if message is not None and not context.view.toggle_diagrams(message):
        context.notify(tr("This message has no diagram that can be drawn."))


async def fold_json(context: ActionContext) -> None:
    """Shows one level less of an answer in JSON."""
    _fold_json(context, -1)


async def unfold_json(context: ActionContext) -> None:
    """Shows one level more of an answer in JSON."""
    _fold_json(context, 1)


def _fold_json(context: ActionContext, step: int) -> None:
    from chat_tui.domain.models.response_format import asks_for_json
    from chat_tui.ui.chat.actions.message import chosen_message

    message = chosen_message(context, lambda message: asks_for_json(message.parameters.get("response_format")))
    if message is not None and not context.view.fold_json(message, step):
        context.notify(tr("This message is not a requested JSON answer."))


async def code_left(context: ActionContext) -> None:
    """Scrolls long lines of code to the left."""
    context.view.shift_code(-SIDEWAYS)


async def code_right(context: ActionContext) -> None:
    """Scrolls long lines of code to the right."""
    context.view.shift_code(SIDEWAYS)


async def toggle_threads(context: ActionContext) -> None:
    """Shows or hides the list of threads."""
    if (is_shown := context.window.toggle_sidebar()) is not None:
        context.preferences.update(sidebar=is_shown)


async def outline(context: ActionContext) -> None:
    """Shows or hides the outline."""
    is_shown = not context.services.settings.outline
    context.preferences.update(outline=is_shown)
    if not context.window.refresh_outline() and is_shown:
        context.notify(tr("The outline needs a window of 160 columns or more."))


async def open_page(context: ActionContext) -> None:
    """Writes a message as a web page, asks, then opens it in the browser; without a browser, shows where it is."""
    from chat_tui.ui.chat.actions.message import chosen_message
    from chat_tui.ui.dialogs.question import AskLink
    from chat_tui.ui.terminal.external import child_environment, has_browser
    from chat_tui.ui.terminal.external import open_page as open_file

    message = chosen_message(context, lambda message: message.is_answer)
    if message is None:
        return
    try:
        path = await context.services.exchange.message_page(context.thread, message.id)
    except StorageError as error:
        context.notify(str(error), title=tr("Page not saved"), severity="warning")
        return
    environment = child_environment(context.services.settings)
    if not has_browser(environment):
        context.notify(tr("No browser found. Open {path}", path=path), title=tr("Page saved"), timeout=12)
        return
    answer = await context.ask(AskLink, path.as_uri(), tr("Open this message in the browser?"))
    if answer == "open":
        open_file(path, environment)
    elif answer == "copy":
        context.host.copy(str(path), tr("Path"))


async def open_link(context: ActionContext, url: str) -> None:
    """Asks, then opens or copies a link."""
    from chat_tui.ui.dialogs.question import AskLink
    from chat_tui.ui.terminal.external import child_environment, open_in_browser

    answer = await context.ask(AskLink, url)
    if answer == "open":
        open_in_browser(url, child_environment(context.services.settings))
    elif answer == "copy":
        context.host.copy(url, tr("Link"))
