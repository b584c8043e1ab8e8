"""The main screen: threads at the left, the conversation, the prompt; what is typed, pressed and clicked there."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.css.scalar import Scalar
from textual.widgets import TextArea

from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.message import Message, may_go_on
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.settings import RECENT_MODELS
from chat_tui.domain.text.fence import has_fence
from chat_tui.session.conversations import Conversation
from chat_tui.ui.chat import key_hints
from chat_tui.ui.chat.actions import model, table
from chat_tui.ui.chat.composer import PromptComposer
from chat_tui.ui.chat.model_catalogue import ModelCatalogue
from chat_tui.ui.chat.presenter import ConversationPresenter
from chat_tui.ui.chat.prompt import Prompt
from chat_tui.ui.chat.sidebar import Sidebar
from chat_tui.ui.chat.storage_watcher import StorageWatcher
from chat_tui.ui.chat.thread_screen import ThreadScreen
from chat_tui.ui.commands.command import SCREEN
from chat_tui.ui.commands.table import bindings, labelled
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.view.conversation import ConversationView
from chat_tui.ui.widgets.bars import Bar, KeyBar, NoticeBar

if TYPE_CHECKING:
    from chat_tui.ui.chat.thread_list import ThreadList

NARROW = 80
"""Columns below which the thread list hides."""
SOON = 0.03
"""Seconds after the first frame when the threads are listed: the first key is shown before that."""
LATER = 0.15
"""Seconds after the first frame when imports for the first turn begin: they would delay the first keys."""
LAST = 1.5
"""The same of what a first answer needs that is under way by then: it would delay the first request."""


class _Row(Horizontal):
    """Side by side. What is in it covers it, so nothing is drawn under that: each frame would pay for it."""

    BLANK = True


class _Column(Vertical):
    """One above the other; covered, as `_Row` is."""

    BLANK = True


class ChatScreen(ThreadScreen):
    """One thread, the prompt to go on with it, and a key for everything."""

    BLANK = True  # covered, too
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(SCREEN)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-wide")]
    AUTO_FOCUS = "#prompt"

    def __init__(self) -> None:
        super().__init__()
        self.presenter = ConversationPresenter(self)
        self._watch = StorageWatcher(self)
        self._learned: set[str] = set()
        """Providers whose lists have been asked for."""

    def compose(self) -> ComposeResult:
        """Lays the screen out, for an empty thread."""
        self.known = ModelCatalogue(self.services.backend)
        self.conversation = self.open_new()
        if (model := self.chat_app.start.model) is not None:
            self.conversation.session.set_model(ModelRef.parse(model))
        self.add_class("-wide" if self.app.size.width >= NARROW else "-narrow")  # else all is styled twice at the start
        yield Bar(id="title")
        with _Row(id="body"):
            yield Sidebar(id="side")
            with _Column(id="main"):
                yield ConversationView(
                    lambda: self.chat_app.painter,
                    provider_name=self.provider_name,
                    cost=lambda message: self.known.cost(message),
                    key=self.key,
                    empty=lambda: table.empty_rows(self),
                    compact=lambda: self.app.has_class("-compact"),
                    id="conversation",
                )
                with Vertical(id="compose"):
                    yield NoticeBar(id="notice")
                    yield Prompt(self.key, self.submit, id="prompt")
                    yield Bar(id="status")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Shows the empty thread; what the first frame does not need comes after it."""
        self.writing = PromptComposer(self)
        settings = self.services.settings
        self.set_class(not settings.sidebar, "-no-threads")
        self.show_thread()
        if not table.has_beginning(self):
            self.chat_app.input.open()

        self._limit_prompt(self.app.size.height)

    def on_resize(self, event: events.Resize) -> None:
        """Lets the prompt have a third of the rows."""
        self._limit_prompt(event.size.height)

    def _limit_prompt(self, rows: int) -> None:
        # A number: what holds the prompt would not shrink with a share of the height.
        if self.prompt.styles.max_height != (most := Scalar.from_number(max(3, rows // 3))):
            self.prompt.styles.max_height = most

    def after_first_frame(self) -> None:
        """Takes keys, if they are not taken yet; loads the threads and what a first turn needs."""
        gc.freeze()  # what is there now stays: the collector need not look at it again
        gc.enable()
        if table.has_beginning(self):
            table.begin(self)
            self.chat_app.input.open()
        self.set_timer(SOON, self._load_threads)
        self.set_timer(LATER, self.chat_app.load_themes)
        for seconds, warm in ((LATER, self._warm), (LAST, self._warm_code)):
            self.set_timer(seconds, partial(self.run_worker, warm, thread=True, exit_on_error=False))

    @work(group="load")
    async def _load_threads(self) -> None:
        """Lists the threads, and looks for changes to them from now on."""
        await asyncio.to_thread(self.services.load)
        self._watch.start()
        self.refresh_threads()

    def _warm(self) -> None:
        """Loads what the first turn needs."""
        import chat_tui.session.reply_builder
        import chat_tui.ui.transcript.turn  # noqa: F401

        self.services.warm()

    def _warm_code(self) -> None:
        """Loads what the first block of code needs."""
        from chat_tui.ui.transcript.code import warm

        warm()

    @work(exclusive=True, group="look")
    async def look(self) -> None:
        """Takes up what other programs wrote."""
        await self._watch.look()

    # Turns

    def submit(self, *, is_prepared: bool = False) -> None:
        """Sends the prompt, once there is a model to answer it and a key, which is asked for unless it has been."""
        if self.conversation.thread.read_only:
            self.app.notify("This thread was written by a newer version; it can be read, not continued.")
            return
        if not is_prepared and not model.can_answer(self):
            model.prepare_and_submit(self)
            return
        if self.writing.may_send():
            self.chat_app.conversations.send(self.conversation, self.writing.take())
            self.refresh_bars()

    def on_prompt_pasted(self, event: Prompt.Pasted) -> None:
        """Attaches a file whose path was pasted."""
        self.writing.pasted(event.text, event.start, event.end)

    def give_back(self, draft: Draft) -> None:
        """Puts what was not sent before what has been written since."""
        self.prompt.set_draft(draft.joined(self.prompt.draft))

    def remember(self, conversation: Conversation) -> None:
        """Keeps the models that were used last, for the picker and for new threads."""
        model, settings = str(conversation.session.model), self.services.settings
        if settings.recents[:1] != [model]:
            others = [each for each in settings.recents if each != model]
            self.update_settings(recents=[model, *others][:RECENT_MODELS])

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keeps the draft, and completes what is typed."""
        if event.text_area is self.prompt:
            self.note_draft()
            self.writing.completing.look()
            if self.writing.size != self.draft_size:
                self.refresh_usage()

    @work(group="learn")
    async def learn(self, provider: str) -> None:
        """Asks a provider for its models once, so that the window's share and the prices can be told."""
        if provider not in self._learned:
            self._learned.add(provider)
            await self.services.backend.models(provider)
            self.known.forget()
            self.refresh_bars()

    def refresh_bars(self) -> None:
        """Title, status and keys, as they are now."""
        super().refresh_bars()
        if self.has_parts:
            self.show_keys()

    def show_keys(self) -> None:
        """Names the keys that do something now, at the bottom edge."""
        bar = self.key_bar
        bar.keys, bar.more = labelled(self._hints(), self.chat_app.bound.keys), self.key("help")

    def _hints(self) -> Iterable[key_hints.Hint]:
        if (message := self.view.selected) is not None:
            return key_hints.hints_for(self._known_of(message))
        if self.query("FindBar:focus-within"):
            return key_hints.FINDING
        if self.side.has_focus_within:
            return key_hints.THREAD_LIST
        if self.writing.completing.is_open:
            return key_hints.COMPLETION
        conversation = self.conversation
        last = conversation.thread.messages.get(conversation.thread.head or "")
        return key_hints.hints_while_writing(
            is_busy=conversation.is_busy,
            queued=len(conversation.queue),
            has_failed=last is not None and last.error is not None,
            can_continue=last is not None and may_go_on(last),
        )

    def _known_of(self, message: Message) -> key_hints.SelectedMessage:
        thread = self.conversation.thread
        return key_hints.SelectedMessage(
            is_answer=message.is_answer,
            is_busy=self.conversation.is_busy or message.written_elsewhere,
            can_continue=message.id == thread.head and may_go_on(message),
            has_text=bool(message.content.strip()),
            has_code=message.is_answer and has_fence(message.content),
            can_unfold=self.view.can_unfold,
            versions=len(thread.siblings(message.id)),
        )

    def on_descendant_focus(self) -> None:
        """Other keys work where the focus is now."""
        self.show_keys()

    def on_conversation_view_selection_changed(self) -> None:
        """Shows the keys that work now; leaving the messages, goes back to the prompt."""
        self.show_keys()
        if self.view.selected is None:
            self.prompt.focus()

    def on_prompt_left_upwards(self) -> None:
        """Goes from the empty prompt to the messages."""
        self.action_select_messages()

    def repaint(self) -> None:
        """Takes up another theme."""
        with suppress(NoMatches):
            self.view.repaint()
            self.refresh_threads()

    def on_thread_list_chosen(self, event: ThreadList.Chosen) -> None:
        """Opens a thread from the list at the left."""
        self.chat_app.input.run(self.switch_to(event.thread_id))

    def on_thread_list_search_wanted(self) -> None:
        """Finds a thread."""
        self.action_flow("open_thread")

    def on_conversation_view_place_changed(self) -> None:
        """Says at the conversation's edge whether there is more below."""
        view = self.view
        words = ("more below", *(("still writing",) if view.is_live else ()), self.key("go_end"))
        self.prompt.border_title = T(" · ".join(words)) if view.has_more else None

    def on_conversation_view_link_clicked(self, event: ConversationView.LinkClicked) -> None:
        """Asks before anything is opened."""
        table.open_link(self, event.url)

    def on_conversation_view_text_selected(self, event: ConversationView.TextSelected) -> None:
        """Copies what was selected, as terminals do."""
        self.chat_app.copy(event.text, "Selection")

    # Actions

    def action_stop(self) -> None:
        """Gives a queued prompt back, else stops the answer."""
        conversation = self.conversation
        if conversation.queue:
            self.give_back(conversation.queue.pop())
            self.refresh_bars()
        elif conversation.is_busy:
            self.chat_app.input.run(self.chat_app.conversations.stop(conversation))
        else:
            self.prompt.focus()

    def action_regenerate(self) -> None:
        """Asks for the last answer once more."""
        if self.conversation.thread.messages:
            self.chat_app.conversations.regenerate(self.conversation)

    def action_previous_answer(self) -> None:
        """Shows the answer before the last one."""
        self._show_sibling(-1)

    def action_next_answer(self) -> None:
        """Shows the answer after the one shown."""
        self._show_sibling(1)

    def _show_sibling(self, step: int) -> None:
        if not self.conversation.is_busy and self.conversation.session.show_sibling(step):
            self.show_branch()

    def action_select_messages(self) -> None:
        """Selects the last message, or the one before the selected."""
        self.view.action_select(-1)

    def action_new_thread(self) -> None:
        """Begins an empty thread."""
        self.show(self.open_new())

    def action_toggle_threads(self) -> None:
        """Shows or hides the thread list."""
        self.toggle_class("-no-threads")
        self.update_settings(sidebar=not self.has_class("-no-threads"))

    def action_reasoning(self) -> None:
        """Unfolds or folds the last reasoning."""
        self.view.toggle_reasoning()

    def action_page_up(self) -> None:
        """Reads back by a page."""
        self.view.page(-1)

    def action_page_down(self) -> None:
        """Reads on by a page."""
        self.view.page(1)

    def action_go_start(self) -> None:
        """Goes to the thread's first turn."""
        self.view.go_to_start()

    def action_go_end(self) -> None:
        """Goes to the end and follows."""
        self.view.go_to_end()

    def action_flow(self, command: str) -> None:
        """Does what takes more than this screen: a dialog, most often."""
        table.FLOWS[command](self)
