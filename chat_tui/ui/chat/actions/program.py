"""Actions on the program itself: commands, help, theme, density, notifications."""

from __future__ import annotations

from collections.abc import Sequence

from chat_tui.domain.conversation.message import Message, can_continue
from chat_tui.domain.models.response_format import asks_for_json
from chat_tui.domain.settings import COMFORTABLE, COMPACT, NOTIFY
from chat_tui.i18n import tr
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.commands.command import MESSAGES
from chat_tui.ui.commands.table import CHAT_COMMANDS

_ON_BRANCH = {each.id for each in CHAT_COMMANDS if each.scope == MESSAGES} - {"undo"} | {
    *("regenerate", "previous_answer", "next_answer", "copy_answer", "reasoning", "compact", "shorten"),
    "send_everything",
    *("jump", "select_messages", "find", "page_up", "page_down", "go_start", "go_end", "code_left", "code_right"),
    *("copy_thread", "export_thread", "clear_thread", "outline", "title", "aside"),
}
"""Commands that need a message on the shown branch."""
_SIGNS = (
    (("```", "~~~", "\n    ", "\n\t"), ("copy_code", "copy_block", "code_to_file", "code_to_editor")),
    (("mermaid", "Mermaid"), ("diagram_source",)),
    (("|",), ("copy_table_tsv",)),
    (("://", "mailto:", "www."), ("copy_link",)),
)
"""What a text has, at least, in which commands find something."""
MOST_SEARCHED = 1_000_000
"""Characters that are searched for those; in a longer thread there may be anything."""


async def command_palette(context: ActionContext) -> None:
    """Finds a command by its name, and runs it."""
    from chat_tui.ui.dialogs.commands import CommandPicker

    active = context.window.active_commands()
    command_ids = ({command.id for command in CHAT_COMMANDS} | active.keys()) - await _unavailable(context)
    if command_id := await context.ask(CommandPicker, command_ids, context.services.settings.recent_commands):
        context.preferences.remember_command(command_id)
        await context.window.run_command(command_id, active)


async def _unavailable(context: ActionContext) -> set[str]:
    """The commands that would do nothing now, as far as that is known without work."""
    thread, undo_log = context.thread, context.services.undo
    branch, is_busy = thread.branch(), context.conversation.is_busy
    found = _without_object(context, branch) if branch else set(_ON_BRANCH)
    if not thread.messages:
        found |= {"tree", "duplicate_thread"}
    if is_busy or not branch or branch[-1].error is None:
        found.add("try_instead")
    if is_busy:
        found |= {"edit_message", "delete_message", "clear_thread"}
    elif not context.conversation.queue and context.composer.edit is None:
        found.add("stop")
    last = context.view.selected or (branch[-1] if branch else None)
    if is_busy or last is None or last.id != thread.head or not can_continue(last):
        found.add("continue_answer")
    if not context.window.refresh_outline():
        found.add("outline")
    if not thread.is_temporary:
        found.add("save_thread")
    if await context.conversations.last_change(context.conversation) is None:
        found.add("undo")
    if await undo_log.last() is None:
        found.add("undo_in_lists")
    return found


def _without_object(context: ActionContext, branch: Sequence[Message]) -> set[str]:
    """The commands on something that no message has: code, a link, other versions."""
    selected = context.view.selected
    messages, calls = [selected] if selected else branch, context.session.calls
    texts, turns = [each.content for each in messages], context.view.viewport.turns
    if sum(map(len, texts)) > MOST_SEARCHED:
        return set()
    found = {each for signs, ids in _SIGNS for each in ids if not any(sign in text for text in texts for sign in signs)}
    if not any(asks_for_json(each.parameters.get("response_format")) for each in messages):
        found |= {"fold_json", "unfold_json", "ask_again"}
    if not any(each.reasoning for each in branch):
        found.add("reasoning")
    if not any(each.can_fold for each in turns if selected in (None, each.message)):
        found.add("unfold")
    if all(each.siblings[1] == 1 for each in turns):
        found |= {"previous_sibling", "next_sibling", "diff_versions", "previous_answer", "next_answer", "answers"}
    return found if calls is not None and calls.pending else {*found, "decide_call"}


async def show_help(context: ActionContext) -> None:
    """Shows the keys."""
    from chat_tui.ui.dialogs.help import Help

    await context.ask(Help)


async def keys_here(context: ActionContext) -> None:
    """Shows the keys of the place that has the focus."""
    from chat_tui.ui.dialogs.help import KeysHere

    await context.ask(KeysHere, context.window.active_commands())


async def themes(context: ActionContext) -> None:
    """Chooses a theme, with a preview while the highlight moves."""
    from chat_tui.ui.dialogs.themes import ThemePicker

    host = context.host
    host.load_themes()
    palettes, wanted = host.themes.palettes, host.themes.wanted
    name = await context.ask(ThemePicker, palettes, wanted, host.show_theme, lambda: host.painter)
    if name is not None:
        host.show_theme(name)
        context.preferences.update(theme=name)


async def density(context: ActionContext) -> None:
    """Changes between comfortable and compact rows."""
    other = COMFORTABLE if context.services.settings.density == COMPACT else COMPACT
    context.preferences.update(density=other)
    context.host.show_density(other)


async def notify(context: ActionContext) -> None:
    """Changes to the next way of notifying of a long answer's end."""
    ways = {"auto": tr("a message, or the bell"), "bell": tr("the bell"), "off": tr("off")}
    following = NOTIFY[(NOTIFY.index(context.services.settings.notify) + 1) % len(NOTIFY)]
    context.preferences.update(notify=following)
    way = ways[context.services.settings.notify]
    context.notify(way, title=tr("Notifications"))


async def usage(context: ActionContext) -> None:
    """Shows what requests used and cost."""
    from chat_tui.ui.dialogs.usage import UsageView

    await context.ask(UsageView, context.services.ledger, lambda: context.services.settings)
