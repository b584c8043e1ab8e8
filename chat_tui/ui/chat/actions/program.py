"""Actions on the program itself: commands, help, theme, density, notifications."""

from __future__ import annotations

from chat_tui.domain.settings import COMFORTABLE, COMPACT, NOTIFY
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.commands.table import CHAT_COMMANDS


async def command_palette(context: ActionContext) -> None:
    """Finds a command by its name, and runs it."""
    from chat_tui.ui.dialogs.commands import CommandPicker

    active = context.window.active_commands()
    command_ids = {command.id for command in CHAT_COMMANDS} | active.keys()
    if command_id := await context.ask(CommandPicker, command_ids):
        await context.window.run_command(command_id, active)


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
    ways = {"auto": "a message, or the bell", "bell": "the bell", "off": "off"}
    following = NOTIFY[(NOTIFY.index(context.services.settings.notify) + 1) % len(NOTIFY)]
    context.preferences.update(notify=following)
    way = ways[context.services.settings.notify]
    context.notify(way, title="Notifications")
