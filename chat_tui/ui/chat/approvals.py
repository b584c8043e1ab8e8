"""Asks the user about calls of tools: shows the bar, gives it the focus where that is safe, passes decisions on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_tui.i18n import tr
from chat_tui.session.conversations import Conversation
from chat_tui.ui.chat.host import Host
from chat_tui.ui.chat.prompt.prompt import Prompt
from chat_tui.ui.dialogs.host import ask

if TYPE_CHECKING:
    from textual.widget import Widget

    from chat_tui.session.tool_calls import Decision, PendingCall
    from chat_tui.ui.chat.bars.approval_bar import ApprovalBar


class CallApprovals:
    """Keeps the bar in step with the calls that wait in the conversation on the screen."""

    def __init__(
        self, host: Host, prompt: Prompt, *, current: Callable[[], Conversation], mount: Callable[[Widget], object]
    ) -> None:
        """Shows nothing.

        Args:
            host: shows dialogs.
            prompt: has the focus otherwise.
            current: the conversation on the screen.
            mount: puts the bar above the prompt.
        """
        self._host = host
        self._prompt = prompt
        self._current = current
        self._mount = mount
        self._bar: ApprovalBar | None = None

    @property
    def has_focus(self) -> bool:
        """Whether keys go to the bar."""
        return self._bar is not None and self._bar.has_focus

    def refresh(self) -> None:
        """Shows the first call that waits; removes the bar where none does."""
        calls = self._current().session.calls
        pending = [each for each in calls.pending if not each.decision.done()] if calls else []
        if pending:
            self._show(pending[0], len(pending))
        elif self._bar is not None:
            bar, self._bar = self._bar, None
            if bar.has_focus:
                self._prompt.focus()
            bar.remove()

    def _show(self, call: PendingCall, count: int) -> None:
        is_new = self._bar is None
        if self._bar is None:
            from chat_tui.ui.chat.bars.approval_bar import ApprovalBar

            self._bar = ApprovalBar(self, self._host.bound)
            self._bar.show(call, count)
            self._mount(self._bar)
        self._bar.show(call, count)
        prompt = self._prompt
        if is_new and prompt.has_focus and not prompt.text and prompt.screen.is_current:
            self._bar.take_focus(has_come=True)

    def toggle_focus(self) -> bool:
        """Goes to the bar, or from it back to the prompt; whether there is a bar."""
        if self._bar is None:
            return False
        if self._bar.has_focus:
            self._prompt.focus()
        else:
            self._bar.take_focus(has_come=False)
        return True

    # What the user decides

    def decide(self, call: PendingCall, decision: Decision) -> None:
        """Answers the call, if it still waits."""
        calls = self._current().session.calls
        if calls is not None:
            calls.decide(call.message.id, decision)
        self.refresh()

    def refuse(self, call: PendingCall) -> None:
        """Asks for words for the model, then refuses the call."""
        self._host.input.run(self._refuse(call))

    async def _refuse(self, call: PendingCall) -> None:
        from chat_tui.session.tool_calls import Decision, Permission
        from chat_tui.ui.dialogs.question import AskText

        hint = tr("Sent to the model. Leave empty to give no reason.")
        reason = await ask(
            self._host, AskText, tr("Why not {name}?", name=call.tool.name), "", hint, verb=tr("refuse the call")
        )
        if reason is not None:
            self.decide(call, Decision(Permission.NO, reason=reason))

    def edit(self, call: PendingCall) -> None:
        """Lets the user edit the arguments, then runs the call."""
        self._host.input.run(self._edit(call))

    async def _edit(self, call: PendingCall) -> None:
        from chat_tui.session.tool_calls import Decision, Permission
        from chat_tui.ui.dialogs.tools.arguments import EditArguments

        arguments = await ask(self._host, EditArguments, call.tool.name, call.arguments)
        if arguments is not None:
            self.decide(call, Decision(Permission.ONCE, arguments))

    def type_instead(self, character: str) -> None:
        """Goes to the prompt and types a character there."""
        self._prompt.focus()
        self._prompt.insert(character)
