"""The interface of the application to dialogs, and how a dialog is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.screen import Screen

    from chat_tui.ui.commands.keymap import Bound
    from chat_tui.ui.terminal.input_queue import InputQueue

P = ParamSpec("P")
Answer = TypeVar("Answer")


class DialogHost(Protocol):
    """The application, as dialogs use it."""

    input: InputQueue
    bound: Bound
    """The keys of every command."""

    async def push_screen_wait(self, screen: Screen[Any]) -> Any:
        """Shows a dialog and returns its answer."""

    async def run_in_dialog(self, command: str, active: Mapping[str, DOMNode]) -> None:
        """Runs a command that works in dialogs, too: the command palette, or the help.

        Args:
            command: its id.
            active: the commands whose keys work in the dialog, by id, with what does each.
        """


async def ask(
    host: DialogHost,
    dialog: Callable[Concatenate[DialogHost, P], Screen[Answer | None]],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Answer | None:
    """Shows a dialog and returns its answer, None if the user went back; keys go to the dialog meanwhile.

    Args:
        host: shows the dialog.
        dialog: the dialog's class.
        args: of the dialog, behind its host.
        kwargs: of the dialog.
    """
    return cast("Answer | None", await host.push_screen_wait(dialog(host, *args, **kwargs)))
