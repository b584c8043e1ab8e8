"""Composing a prompt: the draft and its size, earlier prompts, completion."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from chat_tui.domain.conversation.draft import Attachment, Draft, InputPiece, Paste, is_long
from chat_tui.domain.conversation.history_cursor import HistoryCursor
from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.tokens import estimate
from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.parameters import offered
from chat_tui.i18n import sentences, tr
from chat_tui.session.conversations import Conversation
from chat_tui.ui.chat.host import Host
from chat_tui.ui.chat.prompt.completion import PromptCompletion, called_with, commands_for, not_a_command
from chat_tui.ui.chat.prompt.files import PromptFiles
from chat_tui.ui.chat.prompt.prompt import Prompt
from chat_tui.ui.chat.prompt.server_texts import ServerTexts
from chat_tui.ui.services import Services
from chat_tui.ui.terminal.input_queue import TYPING
from chat_tui.ui.text.sanitizer import cut

SAMPLE = 5_000
"""Characters of a typed text by which its tokens are estimated."""
WORTH_TELLING = 100
"""Tokens from which the size of a draft is shown; with a chip it always is."""
_COMMAND = re.compile(r"/([\w-]*)")


def _is_command(text: str) -> bool:
    """Whether a text is a slash command, which is not saved as a draft."""
    command = _COMMAND.fullmatch(text.rstrip())
    return called_with(text) is not None or (command is not None and bool(commands_for(command[1])))


def _estimate(text: str) -> int:
    """Tokens of what is typed: a long text by its beginning, as this is asked at every key."""
    return estimate(text) if len(text) <= SAMPLE else estimate(text[:SAMPLE]) * len(text) // SAMPLE


@lru_cache(maxsize=64)
def _tokens(chip: Paste | Attachment) -> int:
    return estimate(chip.text if isinstance(chip, Paste) else chip.block)


@dataclass(frozen=True, slots=True)
class DraftSize:
    """The tokens that a draft adds to the next request, files included."""

    tokens: int = 0
    """About, to two digits: it does not change with every key."""
    images: int = 0


NO_DRAFT = DraftSize()


@dataclass(frozen=True, slots=True)
class PromptEdit:
    """An earlier prompt that is being edited in the prompt."""

    conversation: Conversation
    message_id: str
    original: Draft
    """The prompt as it was sent."""
    before: Draft
    """The draft that was in the prompt; it comes back when the edit ends."""

    def save(self, text: str | None) -> None:
        """Keeps the edited text in the thread; None once it is sent or dropped."""
        self.conversation.session.set_unfinished(self.message_id, text)


class PromptComposer:
    """Composes the prompt: the draft, attached files, earlier prompts, completion."""

    def __init__(
        self,
        prompt: Prompt,
        services: Services,
        host: Host,
        *,
        current: Callable[[], Conversation],
        run_command: Callable[[str], Coroutine[Any, Any, None]],
        run_with_argument: Callable[[str, str], Coroutine[Any, Any, str]],
        run_in_background: Callable[[Callable[[], Coroutine[Any, Any, None]]], object],
        on_toggle: Callable[[], None],
    ) -> None:
        """Starts with an empty prompt.

        Args:
            prompt: in which is written.
            services: read files, and keep the prompts that were sent.
            host: takes flows of input, dialogs and notices.
            current: the conversation on the screen.
            run_command: runs a command, by id.
            run_with_argument: runs a command, by id, with an argument; returns why it can't be done, or nothing.
            run_in_background: runs what no key waits for.
            on_toggle: called when the list that completes has been opened or closed, or an edit has begun or ended.
        """
        self.prompt = prompt
        self._services = services
        self._host = host
        self._current = current
        self._run_command = run_command
        self._run_with_argument = run_with_argument
        self._run_in_background = run_in_background
        self._on_toggle = on_toggle
        self._walk: HistoryCursor | None = None
        self.edit: PromptEdit | None = None
        """The earlier prompt that is being edited."""
        self._unknown = ""
        """The text that looks like a command, was not sent, and is sent the next time."""
        self.files = PromptFiles(prompt, services.attachments, host, self._search)
        self.server_texts = ServerTexts(
            prompt,
            host,
            toolbox=lambda: services.tools.toolbox,
            selected=lambda: current().thread.tools,
            run_in_background=run_in_background,
            put=self.files.put,
            on_listed=lambda: self.completing.look_again(),
        )
        self.completing = PromptCompletion(
            prompt,
            services.attachments,
            self.server_texts,
            bound=host.bound,
            run=self._run,
            attach=self.files.attach,
            arguments=self._arguments,
            start=self._search,
            on_toggle=on_toggle,
        )

    def _search(self, search: Coroutine[Any, Any, None]) -> None:
        self._host.input.run(search, passing=TYPING)

    def _run(self, command: str) -> None:
        self._host.input.run(self._run_command(command))

    # Slash commands with an argument

    def run_call(self) -> bool:
        """Runs the prompt, if it is a command with an argument, and clears it; whether it is one."""
        if self.edit is not None or (call := called_with(self.prompt.text)) is None:
            return False
        text = self.prompt.text
        self.completing.close()
        self.prompt.set_text("")
        self._host.input.run(self._call(text, *call))
        return True

    async def _call(self, text: str, command: str, argument: str) -> None:
        if problem := await self._run_with_argument(command, argument):
            self._host.notify(cut(problem, 200), title=tr("Command failed"), severity="warning")
            if not self.prompt.text:
                self.prompt.set_text(text)

    def _arguments(self, command: str) -> list[tuple[str, str]]:
        """What can be typed behind a command, each with a description."""
        settings = self._services.settings
        if command == "parameters":
            model = self._current().session.model
            provider = settings.providers.get(model.provider) if model else None
            specs = offered(provider.parameters if provider else ())
            return [(each.name, each.range_text() or each.hint()) for each in specs]
        if command == "model_picker":
            refs = [str(model.ref) for each in self._services.backend.known_models() for model in each.models]
            return [(each, "") for each in dict.fromkeys([*settings.favourites, *settings.recents, *refs])]
        return []

    # The draft

    @property
    def stored(self) -> str:
        """The text to save: the draft, also while an earlier prompt is shown in its place."""
        draft = self._unsent.stored
        return "" if not draft.strip() or _is_command(draft) else draft

    @property
    def _unsent(self) -> Draft:
        """The draft, also while an earlier prompt is shown or edited in its place."""
        if self.edit is not None:
            return self.edit.before
        draft, walk = self.prompt.draft, self._walk
        if walk is None or walk.at == 0:
            return draft
        return walk.set_aside() if draft.stored == walk.entries[walk.at].stored else draft.joined(walk.set_aside())

    @property
    def size(self) -> DraftSize:
        """The size of the draft; zero for a short one without chips."""
        draft = self.prompt.draft
        chips = [each for each in draft.pieces if not isinstance(each, str)]
        tokens = sum(_estimate(each) if isinstance(each, str) else _tokens(each) for each in draft.pieces)
        if not chips and tokens < WORTH_TELLING:
            return DraftSize()
        step = 10 ** max(0, len(str(tokens)) - 2)
        return DraftSize(-(-tokens // step) * step, sum(bool(each.url) for each in draft.attachments))

    def show(self, stored: str) -> None:
        """Puts a thread's draft into the prompt; its files are read again."""
        self._walk = self.edit = None
        self.prompt.show_mode("")
        self.prompt.set_text(stored)
        self.files.attach_again()

    # Editing an earlier prompt

    def begin_edit(self, message: Message, text: str | None) -> None:
        """Puts an earlier prompt into the prompt, to be sent as a new branch; its files and pastes are chips again.

        Args:
            message: the prompt.
            text: as it was edited before, if that edit was neither sent nor dropped.
        """
        self.end_edit()
        original, key = Draft.of_message(message), self._host.bound.key
        self.edit = PromptEdit(self._current(), message.id, original, self._unsent)
        self._walk = None
        self.prompt.show_mode(
            tr("editing · {send} send as new branch · {stop} cancel", send=key("send"), stop=key("stop"))
        )
        self.prompt.set_draft(original if text is None else original.refolded(text))
        if text is not None:
            self.files.attach_again()
        self._on_toggle()

    def end_edit(self, *, keep: bool = False) -> None:
        """Ends the edit, if there is one: the draft from before it comes back.

        Args:
            keep: what was changed stays in the prompt, too.
        """
        if (edit := self.edit) is None:
            return
        draft = self.prompt.draft
        self._drop_edit(edit)
        keep = keep and draft.stored != edit.original.stored
        self.prompt.set_draft(draft.joined(edit.before) if keep else edit.before)

    def _drop_edit(self, edit: PromptEdit) -> None:
        self.edit = self._walk = None
        edit.save(None)
        self.prompt.show_mode("")
        self._on_toggle()

    def restore(self, draft: Draft) -> None:
        """Restores a prompt that was not sent, before the text written since."""
        self.prompt.set_draft(draft.joined(self.prompt.draft))

    def quote(self, text: str) -> None:
        """Adds a text as a quotation to the draft, with the cursor below it."""
        quoted = "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
        piece: InputPiece = Paste(quoted) if is_long(quoted) else quoted
        self.prompt.set_draft(Draft((*self.prompt.draft.joined(Draft((piece,))).pieces, "\n\n")))

    def edited(self, text: str) -> None:
        """Takes the draft back from an editor: chips that are still in it stay what they were."""
        self.prompt.set_draft(self.prompt.draft.refolded(text))
        self.files.attach_again()

    def changed(self) -> None:
        """Forgets the name that is no command once it no longer is the prompt; saves an edit."""
        if self.prompt.text != self._unknown:
            self._unknown = ""
        if (edit := self.edit) is not None:
            text = self.prompt.draft.stored
            edit.save(None if text == edit.original.stored else text)

    def may_send(self) -> bool:
        """Whether the prompt can be sent; a name that could not be attached is sent as text at the second try."""
        text, problem = self.prompt.text, not_a_command(self.prompt.text)
        if problem and self._unknown != text:
            self._unknown = text
            if not self.completing.is_open:
                notice = sentences(problem, tr("{key} again to send it as text.", key=self._host.bound.key("send")))
                self._host.notify(cut(notice, 200), title=tr("Not sent"), severity="warning")
            return False
        refused, self.files.refused, self._unknown = self.files.refused, "", ""
        if not refused or refused not in text:
            return True
        again = self._host.bound.key("send")
        notice = tr("{refused} is not attached. {again} again to send its name as text.", refused=refused, again=again)
        self._host.notify(cut(notice, 200), title=tr("Not sent"), severity="warning")
        return False

    def take(self) -> Draft:
        """Returns the draft and clears the prompt."""
        draft, walk, edit = self.prompt.draft, self._walk, self.edit
        self._walk = None
        if edit is not None:
            self._drop_edit(edit)
            self.prompt.set_draft(edit.before)
        else:
            self.prompt.set_draft(walk.set_aside() if walk else Draft())
        self._run_in_background(partial(self._remember, self._current(), draft.stored))
        return draft

    async def _remember(self, conversation: Conversation, text: str) -> None:
        """Adds a prompt to the history once its turn is saved: both take the same lock."""
        from chat_tui.domain.ports.stores import SentPrompt

        await conversation.has_started.wait()
        if conversation.thread.is_temporary:
            return
        await self._services.history.add(SentPrompt(conversation.thread.id, text))

    # Earlier prompts

    async def recall(self, step: int) -> None:
        """Shows an older (1) or newer (-1) prompt."""
        if self._walk is None:
            if step < 0:
                return
            earlier = await self.earlier()
            self._walk = HistoryCursor([self.prompt.draft, *earlier])
        draft = self._walk.step(step, self.prompt.draft)
        if draft is not None:
            self.prompt.set_draft(draft)
            self.files.attach_again()

    async def earlier(self) -> list[Draft]:
        """The prompts of the open thread, then those of the others, the last first, none twice."""
        thread = self._current().thread
        own = [Draft.of_message(each) for each in reversed(thread.branch()) if each.role is Role.USER]
        sent = await self._services.history.recent()
        others = [Draft.of_stored(each.text) for each in sent if each.thread_id != thread.id]
        return list({draft.stored: draft for draft in reversed([*own, *others])}.values())[::-1]

    async def forget(self, draft: Draft) -> str:
        """Deletes an earlier prompt from the history; returns why it can't be deleted, or nothing."""
        own = {Draft.of_message(each).stored for each in self._current().thread.branch() if each.role is Role.USER}
        if draft.stored in own:
            return tr("This prompt is in the open thread: delete its message there.")
        try:
            await self._services.history.remove(draft.stored)
        except StorageError as error:
            return str(error)
        return ""

    def choose(self, draft: Draft) -> None:
        """Inserts an earlier prompt below the draft."""
        self.prompt.set_draft(self.prompt.draft.joined(draft))
        self.files.attach_again()
