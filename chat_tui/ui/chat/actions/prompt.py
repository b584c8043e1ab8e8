"""What is done with the prompt from anywhere: earlier prompts, files, folded pastes, the editor, variables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_tui.domain.settings import PromptTemplate

if TYPE_CHECKING:
    from chat_tui.ui.chat.screen import ChatScreen


def prompt_history(screen: ChatScreen) -> None:
    """Finds an earlier prompt and puts it below what is written."""

    async def ask() -> None:
        from chat_tui.ui.dialogs.prompts.history import HistoryPicker

        draft = await screen.app.push_screen_wait(HistoryPicker(await screen.writing.earlier()))
        if draft is not None:
            screen.writing.choose(draft)

    screen.chat_app.input.run(ask())


def attach(screen: ChatScreen) -> None:
    """Begins the name of a file in the prompt: the list of files opens."""
    prompt = screen.prompt
    row, column = prompt.cursor_location
    before = prompt.document[row][:column]
    prompt.insert(" @" if before.strip() and not before.endswith(" ") else "@")
    prompt.focus()


def unfold_paste(screen: ChatScreen) -> None:
    """Unfolds the paste at the cursor, else the last."""
    if not screen.prompt.unfold_paste():
        screen.app.notify("There is no folded paste in the prompt.")


def compose_in_editor(screen: ChatScreen) -> None:
    """Lets the user write the prompt in their editor; answers go on meanwhile."""

    async def compose() -> None:
        from chat_tui.ui.terminal.external import EditorError, child_environment, edit

        text, environment = screen.prompt.draft.stored, child_environment(screen.services.settings)
        try:
            with screen.chat_app.jobs.lend():
                edited = await asyncio.to_thread(edit, text, environment)
        except (EditorError, OSError) as error:
            screen.app.notify(str(error), title="Editor", severity="warning")
        else:
            screen.writing.edited(edited)

    screen.chat_app.input.run(compose())


async def filled(screen: ChatScreen, template: PromptTemplate) -> str:
    """The template's prompt, its variables asked for."""
    from chat_tui.domain.text.template import fill, variables

    wanted = variables(template.prompt)
    if not wanted:
        return template.prompt
    from chat_tui.ui.dialogs.prompts.variables import AskVariables

    values = await screen.app.push_screen_wait(AskVariables(template.name, wanted))
    return fill(template.prompt, values or {})


FLOWS: dict[str, Callable[[ChatScreen], None]] = {
    "previous_prompt": lambda screen: screen.writing.recall(1),
    "next_prompt": lambda screen: screen.writing.recall(-1),
    "prompt_history": prompt_history,
    "attach": attach,
    "unfold_paste": unfold_paste,
    "editor": compose_in_editor,
}
"""What does these commands, by id."""
