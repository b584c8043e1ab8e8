"""What the chat screen does with dialogs: each asks, then acts. Dialogs are imported when they are first asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

from chat_tui.domain.conversation.unfinished import SYSTEM_PROMPT, unfinished
from chat_tui.domain.errors import ErrorKind, ProviderError, StorageError, UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.settings import COMFORTABLE, COMPACT, NOTIFY
from chat_tui.ui.chat.actions import copy, message, model, prompt, reading, thread, trash, tree
from chat_tui.ui.chat.actions.exchange import export_thread, import_threads
from chat_tui.ui.commands.command import MESSAGES, PROMPT
from chat_tui.ui.commands.table import BY_ID, CHAT_COMMANDS, active
from chat_tui.ui.services import Start
from chat_tui.ui.text.sanitizer import cut

if TYPE_CHECKING:
    from chat_tui.ui.chat.screen import ChatScreen


def empty_rows(screen: ChatScreen) -> list[list[Segment]]:
    """What an empty thread shows: the model, and three things to do."""
    palette = screen.chat_app.palette
    strong, text, muted = (
        Style(color=colour, bgcolor=palette.background, bold=bold)
        for colour, bold in ((palette.accent, True), (palette.text, False), (palette.muted, False))
    )
    model = screen.conversation.session.model
    rows = [
        [
            Segment(
                cut(model.id, max(20, min(60, screen.view.size.width - 4))) if model else "No model is chosen yet",
                strong,
            )
        ]
    ]
    rows.append([Segment(screen.provider_name(model.provider) if model else "", muted)])
    rows.append([])
    hints = (
        (screen.key("send"), "sends what you write"),
        (screen.key("model_picker"), "chooses a model, at any turn"),
        (screen.key("open_thread"), "opens a saved thread"),
    )
    return rows + [[Segment(f"{key:>6}  ", text), Segment(f"{about:<30}", muted)] for key, about in hints]


def has_beginning(screen: ChatScreen) -> bool:
    """Whether there is something that `begin` does before the first key counts."""
    start = screen.chat_app.start
    is_new = screen.conversation.session.model is None and not screen.services.settings.welcomed
    return is_new or start != Start(model=start.model, terminal_modes=start.terminal_modes)


def begin(screen: ChatScreen) -> None:
    """Does what the program was started with, after the first frame."""
    screen.chat_app.input.run(_begin(screen))


async def _begin(screen: ChatScreen) -> None:
    start, before = screen.chat_app.start, screen.conversation.session.model
    if start.resume is not None:
        await _resume(screen, start.resume)
    session = screen.conversation.session
    if start.prompt:
        template = next((each for each in screen.services.prompts.prompts() if each.name == start.prompt), None)
        if template is None:
            screen.app.notify(f"There is no prompt {start.prompt} in the library.", severity="warning")
        else:
            session.set_system_prompt(await prompt.filled(screen, template))
            session.set_parameters({**session.thread.parameters, **template.parameters})
            if template.model:
                with suppress(ValueError):
                    session.set_model(ModelRef.parse(template.model))
    if start.system is not None:
        session.set_system_prompt(start.system)
    if start.model:
        session.set_model(ModelRef.parse(start.model))
    screen.refresh_bars()
    if session.model != before:
        screen.view.refresh_empty()
    if session.model is None and not screen.services.settings.welcomed:
        await model.connect_provider(screen)


async def _resume(screen: ChatScreen, part: str) -> None:
    """Opens the thread that was asked for; keys wait for it."""
    try:
        thread_id = await screen.services.store.resolve(part)
    except StorageError as error:
        screen.app.notify(str(error), title="Not resumed", severity="warning")
        return
    await screen.switch_to(thread_id)


def edit_system_prompt(screen: ChatScreen) -> None:
    """Edits the thread's system prompt."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.prompts.system_prompt import SystemPromptEditor

        session = screen.conversation.session
        begun = unfinished(session.thread).get(SYSTEM_PROMPT)
        keep = partial(session.set_unfinished, SYSTEM_PROMPT)
        editor = SystemPromptEditor(screen.services.prompts, session.thread.system_prompt, begun, keep)
        text = await screen.app.push_screen_wait(editor)
        keep(None)
        if text is not None and text != session.thread.system_prompt:
            session.set_system_prompt(text)
            screen.refresh_bars()

    screen.chat_app.input.run(ask())


def rename_thread(screen: ChatScreen) -> None:
    """Gives the thread another title."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.question import AskText

        title = await screen.app.push_screen_wait(AskText("Rename thread", screen.conversation.thread.title))
        if title:
            screen.conversation.session.change("rename", title=title)
            with suppress(StorageError):
                screen.conversation.session.save_now()
            screen.refresh_bars()
            screen.refresh_threads()

    screen.chat_app.input.run(ask())


def delete_thread(screen: ChatScreen) -> None:
    """Moves the thread on the screen to the trash and begins an empty one."""

    async def act() -> None:
        conversation = screen.conversation
        if not conversation.thread.is_empty:
            try:
                await screen.chat_app.conversations.delete(conversation.thread.id)
            except StorageError as error:
                screen.app.notify(str(error), title="Not deleted", severity="error")
                return
            about = f"{conversation.thread.display_title} is in the trash; {screen.key('trash')} brings it back."
            screen.app.notify(about, title="Deleted")
        screen.forget_and_begin()

    screen.chat_app.input.run(act())


def choose_theme(screen: ChatScreen) -> None:
    """Chooses a theme, seen while the highlight moves."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.theme_and_help import ThemePicker

        app = screen.chat_app
        app.load_themes()
        name = await app.push_screen_wait(ThemePicker(app.themes.palettes, app.themes.wanted, app.show_theme))
        if name is not None:
            app.show_theme(name)
            screen.update_settings(theme=name)

    screen.chat_app.input.run(ask())


def change_density(screen: ChatScreen) -> None:
    """Changes between comfortable and compact rows."""
    density = COMFORTABLE if screen.services.settings.density == COMPACT else COMPACT
    screen.update_settings(density=density)
    screen.chat_app.show_density(density)


def see_request(screen: ChatScreen) -> None:
    """Shows what the next turn would send."""

    async def show() -> None:
        from chat_tui.ui.dialogs.messages.request import RequestView

        try:
            body, curl = screen.services.backend.preview(screen.conversation.session.request(screen.prompt.draft))
        except (ProviderError, UsageError) as error:
            screen.app.notify(str(error), title="No request", severity="warning")
            return
        if text := await screen.app.push_screen_wait(RequestView(body, curl)):
            screen.chat_app.copy(text, "Request")

    screen.chat_app.input.run(show())


def shorten(screen: ChatScreen) -> None:
    """Leaves the oldest turns out of what is sent; asks again where the thread was too long."""
    session = screen.conversation.session
    if screen.conversation.is_busy:
        return
    try:
        left = session.shorten()
    except UsageError as error:
        screen.app.notify(str(error), title="Send less")
        return
    screen.app.notify(f"From now on the last {left} prompts are sent. All of the thread is kept.", title="Send less")
    screen.refresh_bars()
    last = session.thread.messages.get(session.thread.head or "")
    if last and last.error and last.error.kind == ErrorKind.CONTEXT_LENGTH:
        screen.chat_app.conversations.regenerate(screen.conversation)


def send_everything(screen: ChatScreen) -> None:
    """Sends the whole thread again."""
    screen.conversation.session.send_everything()
    screen.refresh_bars()


def copy_answer(screen: ChatScreen) -> None:
    """Copies the last answer as it was written."""
    branch = screen.conversation.thread.branch()
    last = next((each for each in reversed(branch) if each.is_answer and each.content), None)
    if last is not None:
        screen.chat_app.copy(last.content.rstrip("\n"), "Answer")


def command_palette(screen: ChatScreen) -> None:
    """Finds a command by its name, and runs it."""
    here = active(screen)
    of_messages = {PROMPT: screen.prompt, MESSAGES: screen.view}

    async def ask() -> None:
        from chat_tui.ui.dialogs.theme_and_help import CommandPicker

        name = await screen.app.push_screen_wait(
            CommandPicker(screen.chat_app.bound.keys, {each.id for each in CHAT_COMMANDS} | here.keys())
        )
        if name:
            command = BY_ID[name]
            doer = of_messages.get(command.scope) or here.get(name, screen)
            await screen.app.run_action(command.action, doer)

    # Not in the dialogs' group: what it runs is a dialog of its own.
    screen.chat_app.input.run(ask())


def show_help(screen: ChatScreen) -> None:
    """Shows the keys."""
    from chat_tui.ui.dialogs.theme_and_help import Help

    screen.app.push_screen(Help(screen.chat_app.bound.keys))


def open_link(screen: ChatScreen, url: str) -> None:
    """Asks, then opens or copies a link."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.question import AskLink
        from chat_tui.ui.terminal.external import child_environment, open_in_browser

        match await screen.app.push_screen_wait(AskLink(url)):
            case "open":
                open_in_browser(url, child_environment(screen.services.settings))
            case "copy":
                screen.chat_app.copy(url, "Link")

    screen.chat_app.input.run(ask())


def change_notify(screen: ChatScreen) -> None:
    """Goes on to the next way of ringing."""
    chosen = NOTIFY[(NOTIFY.index(screen.services.settings.notify) + 1) % len(NOTIFY)]
    screen.update_settings(notify=chosen)
    how = {"auto": "a message, or the bell", "bell": "the bell", "off": "nothing"}[screen.services.settings.notify]
    screen.app.notify(f"When a long answer ends while you are elsewhere: {how}.", title="Ring")


FLOWS: dict[str, Callable[[ChatScreen], None]] = {
    "system_prompt": edit_system_prompt,
    "rename_thread": rename_thread,
    "delete_thread": delete_thread,
    "export_thread": export_thread,
    "import_threads": import_threads,
    "themes": choose_theme,
    "density": change_density,
    "request": see_request,
    "notify": change_notify,
    "copy_answer": copy_answer,
    "shorten": shorten,
    "send_everything": send_everything,
    "command_palette": command_palette,
    "help": show_help,
    **model.FLOWS,
    **message.FLOWS,
    **prompt.FLOWS,
    **copy.FLOWS,
    **trash.FLOWS,
    **tree.FLOWS,
    **reading.FLOWS,
    **thread.FLOWS,
}
"""What does the commands that the chat screen does not do itself (`commands.Command.flows`), by id."""
