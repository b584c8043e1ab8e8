"""The chat screen: lays out sidebar, conversation, prompt and bars, connects their parts, forwards events."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.css.scalar import Scalar
from textual.dom import DOMNode
from textual.widget import Widget
from textual.widgets import TextArea

from chat_tui.i18n import tr
from chat_tui.session.conversations import Conversation, Conversations
from chat_tui.session.model_catalogue import ModelCatalogue
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.model import can_answer, prepare_to_answer
from chat_tui.ui.chat.approvals import CallApprovals
from chat_tui.ui.chat.bars.status_bars import StatusBars
from chat_tui.ui.chat.host import Host
from chat_tui.ui.chat.navigator import ThreadNavigator
from chat_tui.ui.chat.outline.dock import OutlineDock
from chat_tui.ui.chat.preferences import Preferences
from chat_tui.ui.chat.presenter import ConversationPresenter
from chat_tui.ui.chat.prompt.composer import PromptComposer
from chat_tui.ui.chat.prompt.prompt import Prompt
from chat_tui.ui.chat.sidebar.sidebar import Sidebar, SidebarPresenter
from chat_tui.ui.chat.start import empty_rows, has_start, run_start, warm_up, warm_up_code
from chat_tui.ui.chat.storage_watcher import StorageWatcher
from chat_tui.ui.chat.titles import ThreadTitles
from chat_tui.ui.chat.turns.drawing import TurnDrawing
from chat_tui.ui.commands.command import APPROVAL, COMPLETION, FIND_BAR, MESSAGES, PROMPT, SCREEN, SIDEBAR
from chat_tui.ui.commands.table import BY_ID, active, bindings
from chat_tui.ui.compat.first_frame import FirstFrame
from chat_tui.ui.services import Services, Start
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.view.conversation import ConversationView
from chat_tui.ui.widgets.bars import Bar, KeyBar, NoticeBar

if TYPE_CHECKING:
    from chat_tui.domain.conversation.thread import ThreadSummary
    from chat_tui.ui.chat.outline.panel import OutlinePanel
    from chat_tui.ui.chat.sidebar.thread_list import ThreadList
    from chat_tui.ui.chat.spending import Spending

NARROW = 100
"""Columns below which the thread list is a drawer."""
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


class ChatScreen(FirstFrame):
    """The main screen: the shown thread, the prompt, the bars and the sidebar."""

    BLANK = True  # covered, too
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(SCREEN)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-wide")]
    AUTO_FOCUS = "#prompt"

    def __init__(self, host: Host, services: Services, start: Start) -> None:
        """Creates all parts; nothing is read or shown before the screen is composed.

        Args:
            host: the application.
            services: the stores, the backend and the settings.
            start: how the program was asked to start.
        """
        super().__init__()
        self._host = host
        self._services = services
        self._start = start
        self._models = ModelCatalogue(services.backend)
        self.last_key = ""
        """The key that was pressed last."""
        self._lay_out()
        self._build()

    def _lay_out(self) -> None:
        """Creates the widgets."""
        key = self._host.bound.key
        self.title_bar = Bar(id="title")
        self.side = Sidebar(id="side")
        self.drawing = TurnDrawing(
            self._host,
            self._services,
            self._models,
            view=lambda: self.view,
            conversation=self._current,
            run_in_background=self._in_background,
            is_compact=lambda: self.app.has_class("-compact"),
        )
        self.view = ConversationView(
            self.drawing.context,
            empty=lambda: empty_rows(self.context),
            on_state=lambda state: self.bars.show_reply(state),
            id="conversation",
        )
        self.notice = NoticeBar(id="notice")
        self.prompt = Prompt(key, self.submit, id="prompt")
        self.prompt.sends_nothing = lambda: self.conversation.session.model is None
        self.status = Bar(id="status")
        self.key_bar = KeyBar(id="keys")

    def _build(self) -> None:
        """Creates the parts that work on the widgets, in the order of their dependencies."""
        host, services = self._host, self._services
        self.composer = PromptComposer(
            self.prompt,
            services,
            host,
            current=self._current,
            run_command=self.run_command,
            run_with_argument=self._run_with_argument,
            run_in_background=self._in_background("history"),
            on_toggle=self._keys_changed,
        )
        self.bars = StatusBars(
            title=self.title_bar,
            status=self.status,
            notice=self.notice,
            keys=self.key_bar,
            prompt=self.prompt,
            services=services,
            models=self._models,
            bound=host.bound,
            view=self.view,
            current=self._current,
            draft_size=lambda: self.composer.size,
            place=self._place,
        )
        self.approvals = CallApprovals(host, self.prompt, current=self._current, mount=self._mount_above_prompt)
        self.presenter = ConversationPresenter(
            self.view,
            self.bars,
            host,
            lambda: services.settings,
            current=self._current,
            restore=self.composer.restore,
            on_turn=self._turn_added,
            on_call=self.approvals.refresh,
            on_end=lambda conversation: self.titles.answered(conversation),
            refresh_threads=self._refresh_threads,
        )
        self.conversations = Conversations(
            services.store,
            services.undo,
            services.backend,
            self.presenter,
            services.measurements,
            services.tools,
            on_answer=lambda thread, answer: self.spending.record(thread, answer),
            settings=lambda: services.settings,
        )
        self.threads = ThreadNavigator(
            services,
            self.conversations,
            view=self.view,
            composer=self.composer,
            presenter=self.presenter,
            bars=self.bars,
            host=host,
            refresh_threads=self._refresh_threads,
        )
        self.titles = ThreadTitles(
            services,
            self.conversations,
            self._models,
            notify=host.notify,
            run=self._in_background("title"),
            spending=lambda: self.spending,
            refresh=self._titles_changed,
        )
        self._sidebar = SidebarPresenter(
            self.side,
            services.store,
            self.conversations,
            host,
            current=self._current,
            on_problem=self.bars.show_list_problem,
            on_listed=self.view.refresh_empty,
        )
        self.watcher = StorageWatcher(
            services.store,
            self.conversations,
            self.threads,
            self.presenter,
            bound=host.bound,
            notify=host.notify,
            run=self._in_background("look", exclusive=True),
        )
        self._outline = OutlineDock(self.view, services, lambda: self.query_one("#body"))
        self.preferences = Preferences(services, self.conversations.background, host.notify)
        self.context = ActionContext(
            services=services,
            conversations=self.conversations,
            threads=self.threads,
            preferences=self.preferences,
            bars=self.bars,
            view=self.view,
            composer=self.composer,
            models=self._models,
            sidebar=self._sidebar,
            titles=self.titles,
            host=host,
            window=self,
        )

    @cached_property
    def spending(self) -> Spending:
        """The budget and the ledger."""
        from chat_tui.ui.chat.spending import Spending

        return Spending(self._services, self._models, self._host, self.conversations.background, self._current)

    def _current(self) -> Conversation:
        return self.threads.conversation

    @property
    def conversation(self) -> Conversation:
        """The conversation on the screen; there once the screen is composed."""
        return self.threads.conversation

    def _in_background(
        self, group: str, *, exclusive: bool = False
    ) -> Callable[[Callable[[], Coroutine[Any, Any, None]]], object]:
        """Runs coroutine functions that no key waits for, until the screen is closed."""
        return partial(self.run_worker, group=group, exclusive=exclusive)

    def compose(self) -> ComposeResult:
        """Lays the screen out, for an empty thread."""
        self.threads.begin(self._start.model, is_temporary=self._start.temporary)
        self.add_class("-wide" if self.app.size.width >= NARROW else "-narrow")  # else all is styled twice at the start
        yield self.title_bar
        with _Row(id="body"):
            yield self.side
            with _Column(id="main"):
                yield self.view
                with Vertical(id="compose"):
                    yield self.notice
                    yield self.prompt
                    yield self.status
        yield self.key_bar

    def on_mount(self) -> None:
        """Shows the empty thread. See `after_first_frame` for all that follows."""
        self.set_class(not self._services.settings.sidebar, "-no-threads")
        self.threads.show_thread()
        if not has_start(self._start):
            self._host.input.open()
        self._limit_prompt(self.app.size.height)

    def on_resize(self, event: events.Resize) -> None:
        """Limits the prompt to a third of the rows; fits the outline."""
        self._limit_prompt(event.size.height)
        self._outline.resize(event.size.width)

    def _limit_prompt(self, rows: int) -> None:
        # A number: what holds the prompt would not shrink with a share of the height.
        if self.prompt.styles.max_height != (most := Scalar.from_number(max(3, rows // 3))):
            self.prompt.styles.max_height = most

    def after_first_frame(self) -> None:
        """Takes keys, if they are not taken yet; loads the threads and what a first turn needs."""
        gc.freeze()  # what is there now stays: the collector need not look at it again
        gc.enable()
        if has_start(self._start):
            self._host.input.run(run_start(self.context, self._start))
            self._host.input.open()
        self.set_timer(SOON, self._load_threads)
        self.set_timer(SOON, self._outline.start)
        self.set_timer(LATER, self._host.load_themes)
        for seconds, warm in ((LATER, partial(warm_up, self._services)), (LAST, warm_up_code)):
            self.set_timer(seconds, partial(self.run_worker, warm, thread=True, exit_on_error=False))

    @work(group="load")
    async def _load_threads(self) -> None:
        """Lists the threads, and looks for changes to them from now on."""
        await asyncio.to_thread(self._services.load)
        await self.watcher.start(self)
        self._refresh_threads()

    def _refresh_threads(self) -> None:
        self._in_background("threads", exclusive=True)(self._sidebar.refresh)

    # Turns

    def submit(self, *, is_prepared: bool = False) -> None:
        """Sends the prompt, once there is a model to answer it and a key, which is asked for unless it has been."""
        if self.composer.run_call():
            return
        if self.conversation.thread.read_only:
            self._host.notify(tr("This thread is read-only: it was written by a newer version."))
            return
        if not is_prepared and not can_answer(self.context):
            self._host.input.run(self._prepare_and_submit())
            return
        if (edit := self.composer.edit) is not None:
            from chat_tui.ui.chat.actions.message import send_edit

            send_edit(self.context, edit)
        elif self.composer.may_send():
            self.conversations.send(self.conversation, self.composer.take())
            self.bars.refresh()

    async def _run_with_argument(self, command_id: str, argument: str) -> str:
        from chat_tui.ui.chat.actions.arguments import run_with_argument

        return await run_with_argument(self.context, command_id, argument)

    async def _prepare_and_submit(self) -> None:
        if await prepare_to_answer(self.context) and self.prompt.text.strip():
            self.submit(is_prepared=True)

    def _turn_added(self, conversation: Conversation) -> None:
        """Saves the used model as recent, and fetches its facts."""
        if (model := conversation.session.model) is not None:
            self.preferences.remember_model(str(model))
            self._learn(model.provider)
        if conversation is self.conversation and conversation.several is not None and self.is_current:
            from chat_tui.ui.chat.actions.several import show_answers

            self._host.input.run(show_answers(self.context, conversation))

    def _titles_changed(self) -> None:
        self.bars.refresh()
        self._refresh_threads()

    @work(group="learn")
    async def _learn(self, provider: str) -> None:
        await self._models.learn(provider)
        self.bars.refresh()

    @property
    def recent(self) -> list[ThreadSummary]:
        """The threads that were used last, as they were listed last."""
        return self._sidebar.recent

    # Events

    def on_key(self, event: events.Key) -> None:
        """Keeps the key, for commands that several keys run."""
        self.last_key = event.key

    def on_prompt_pasted(self, event: Prompt.Pasted) -> None:
        """Attaches a file whose path was pasted."""
        self.composer.files.pasted(event.text, event.start, event.end)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keeps the draft, and completes what is typed."""
        if event.text_area is self.prompt:
            self.threads.note_draft()
            self.composer.changed()
            self.composer.completing.look()
            self.bars.refresh_usage()

    def on_descendant_focus(self) -> None:
        """Updates the key hints; closes the drawer once the focus has left it."""
        if not self.side.has_focus_within:
            self.remove_class("-drawer")
        self._keys_changed()

    def on_conversation_view_selection_changed(self) -> None:
        """Updates the key hints; focuses the prompt if no message is selected any more."""
        self._keys_changed()
        if self.view.selected is None:
            self.prompt.focus()

    def on_prompt_left_upwards(self) -> None:
        """Selects the last message."""
        self.view.action_select(-1)

    def on_thread_list_chosen(self, event: ThreadList.Chosen) -> None:
        """Opens a thread from the list at the left."""
        if self.has_class("-drawer"):
            self.prompt.focus()
        self._host.input.run(self.threads.switch_to(event.thread_id))

    def on_thread_list_search_wanted(self) -> None:
        """Finds a thread."""
        self.action_flow("open_thread")

    def on_thread_list_delete_wanted(self) -> None:
        """Deletes the highlighted thread of the list at the left, at the second press."""
        from chat_tui.ui.chat.actions.thread import delete_listed

        self._host.input.run(delete_listed(self.context))

    def on_outline_panel_chosen(self, event: OutlinePanel.Chosen) -> None:
        """Scrolls to an entry of the outline."""
        self.view.go_to_text(event.turn, event.offset)
        if self.view.selected is not None:
            self.view.mark(event.turn)

    def on_conversation_view_place_changed(self) -> None:
        """Shows in the prompt's border whether there are rows below the view."""
        more = T(tr("more below · {key}", key=self._host.bound.key("go_end")))
        self.prompt.border_subtitle = more if self.view.has_more else None

    def on_conversation_view_link_clicked(self, event: ConversationView.LinkClicked) -> None:
        """Asks before the link is opened."""
        from chat_tui.ui.chat.actions.view import open_link

        self._host.input.run(open_link(self.context, event.url))

    def on_conversation_view_text_selected(self, event: ConversationView.TextSelected) -> None:
        """Copies the selected text, as terminals do."""
        self._host.copy(event.text, tr("Selection"))

    def repaint(self) -> None:
        """Draws everything again, with another theme."""
        with suppress(NoMatches):
            self.view.repaint()
            self._refresh_threads()

    # Commands

    def action_flow(self, command: str) -> None:
        """Runs the action of a command; keys wait until it ends or asks."""
        from chat_tui.ui.chat.actions.table import ACTIONS  # the first frame does without them

        self._host.input.run(ACTIONS[command](self.context))

    async def run_command(self, command_id: str, active: Mapping[str, DOMNode] | None = None) -> None:
        """Runs a command as its key would.

        Args:
            command_id: its id.
            active: the commands whose keys work where the focus is, with what does each.
        """
        command = BY_ID[command_id]
        places: dict[str, DOMNode] = {PROMPT: self.prompt, MESSAGES: self.view}
        node = places.get(command.scope) or (active or {}).get(command_id, self)
        await self.app.run_action(command.action, node)

    def active_commands(self) -> Mapping[str, DOMNode]:
        """The commands whose keys work where the focus is, by id, with the node that runs each."""
        return active(self)

    def _keys_changed(self) -> None:
        self.bars.refresh_keys()

    def _place(self) -> str:
        """The scope of the focus: one of `commands.command.PLACES`."""
        if self.view.selected is not None:
            return MESSAGES
        if self.query("FindBar:focus-within"):
            return FIND_BAR
        if self.approvals.has_focus:
            return APPROVAL
        if self.side.has_focus_within:
            return SIDEBAR
        return COMPLETION if self.composer.completing.is_open else PROMPT

    def toggle_sidebar(self) -> bool | None:
        """Shows or hides the thread list; whether it is shown then, or None where it is a drawer."""
        if self.has_class("-narrow"):
            self.set_class(not self.has_class("-drawer"), "-drawer")
            if self.has_class("-drawer"):
                self.side.focus_list()
            else:
                self.prompt.focus()
            return None
        self.toggle_class("-no-threads")
        return not self.has_class("-no-threads")

    def close_drawer(self) -> bool:
        """Hides the thread list, if it is open as a drawer; whether it was."""
        is_open = self.has_class("-drawer")
        if is_open:
            self.prompt.focus()
        return is_open

    def refresh_outline(self) -> bool:
        """Shows or hides the outline, as the settings say; whether there is room for it."""
        self._outline.follow()
        return self._outline.has_room

    def open_find_bar(self) -> None:
        """Opens the find bar, or goes back to it."""
        from chat_tui.ui.chat.bars.find_bar import FindBar

        if bars := self.query(FindBar):
            bars.first().begin()
        else:
            self._mount_above_prompt(FindBar(self.view, self._host.bound.keys))

    def _mount_above_prompt(self, bar: Widget) -> None:
        self.query_one("#compose").mount(bar, before=0)

    def decide_call(self) -> bool:
        """Goes to the tool call that waits for approval, or from it to the prompt; whether one waits."""
        return self.approvals.toggle_focus()
