"""The context of an action: the shown thread, its view and prompt, the stores, dialogs and notices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

from chat_tui.domain.conversation.thread import Thread, ThreadSummary
from chat_tui.session import ChatSession
from chat_tui.session.conversations import Conversation, Conversations
from chat_tui.session.model_catalogue import ModelCatalogue
from chat_tui.ui.chat.bars.status_bars import StatusBars
from chat_tui.ui.chat.host import Host
from chat_tui.ui.chat.navigator import ThreadNavigator
from chat_tui.ui.chat.preferences import Preferences
from chat_tui.ui.chat.prompt.composer import PromptComposer
from chat_tui.ui.chat.sidebar.sidebar import SidebarPresenter
from chat_tui.ui.chat.titles import ThreadTitles
from chat_tui.ui.dialogs.host import DialogHost, ask
from chat_tui.ui.services import Services
from chat_tui.ui.view.conversation import ConversationView

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.notifications import SeverityLevel
    from textual.screen import Screen

    from chat_tui.ui.chat.spending import Spending
    from chat_tui.ui.chat.turns.drawing import TurnDrawing


P = ParamSpec("P")
Answer = TypeVar("Answer")


class Window(Protocol):
    """The parts of the screen around the conversation."""

    @property
    def last_key(self) -> str:
        """The key that was pressed last, as Textual names it."""

    @property
    def recent(self) -> Sequence[ThreadSummary]:
        """The threads that were used last, as they were listed last."""

    @property
    def spending(self) -> Spending:
        """The budget and the ledger."""

    drawing: TurnDrawing
    """What turns are drawn with."""

    def toggle_sidebar(self) -> bool | None:
        """Shows or hides the list of threads; whether it is shown then, or None where it is a drawer."""

    def close_drawer(self) -> bool:
        """Hides the thread list, if it is open as a drawer; whether it was."""

    def refresh_outline(self) -> bool:
        """Shows or hides the outline, as the settings say; whether there is room for it."""

    def open_find_bar(self) -> None:
        """Opens the find bar, or goes back to it."""

    def decide_call(self) -> bool:
        """Goes to the tool call that waits for approval, or from it to the prompt; whether one waits."""

    def active_commands(self) -> Mapping[str, DOMNode]:
        """The commands whose keys work where the focus is, by id, with the node that runs each."""

    async def run_command(self, command_id: str, active: Mapping[str, DOMNode] | None = None) -> None:
        """Runs a command as its key would; `active` as it was before a dialog had the focus."""


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class ActionContext:
    """The context of an action. All actions share one object; its conversation may change while an action waits."""

    services: Services
    conversations: Conversations
    threads: ThreadNavigator
    preferences: Preferences
    bars: StatusBars
    view: ConversationView
    composer: PromptComposer
    models: ModelCatalogue
    sidebar: SidebarPresenter
    titles: ThreadTitles
    host: Host
    window: Window

    @property
    def conversation(self) -> Conversation:
        """The conversation on the screen; it may be another one after an `await`."""
        return self.threads.conversation

    @property
    def session(self) -> ChatSession:
        """The session of the conversation on the screen."""
        return self.conversation.session

    @property
    def thread(self) -> Thread:
        """The thread on the screen."""
        return self.conversation.thread

    def key_number(self, command: str) -> int:
        """Which of a command's keys was pressed, from 1; 0 for none of them."""
        keys = self.host.bound.keys[command].split(",")
        return keys.index(self.window.last_key) + 1 if self.window.last_key in keys else 0

    def key(self, command: str) -> str:
        """The first key of a command, as it is bound now."""
        return self.host.bound.key(command)

    def notify(
        self, message: str, *, title: str = "", severity: SeverityLevel = "information", timeout: float | None = None
    ) -> None:
        """Shows a notice for a few seconds."""
        self.host.notify(message, title=title, severity=severity, timeout=timeout)

    async def ask(
        self,
        dialog: Callable[Concatenate[DialogHost, P], Screen[Answer | None]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Answer | None:
        """Shows a dialog and returns its answer, None if the user went back; see `dialogs.host.ask`."""
        return await ask(self.host, dialog, *args, **kwargs)
