"""What the turns of the conversation are drawn with: the theme, the models' colours, pictures and diagrams."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chat_tui.ui.chat.turns.model_colours import ModelColours
from chat_tui.ui.chat.turns.thread_calls import ThreadCalls

if TYPE_CHECKING:
    from chat_tui.domain.conversation.message import Message
    from chat_tui.session.conversations import Conversation
    from chat_tui.session.model_catalogue import ModelCatalogue
    from chat_tui.ui.chat.host import Host
    from chat_tui.ui.chat.turns.answer_checks import AnswerChecks
    from chat_tui.ui.services import Services
    from chat_tui.ui.transcript.turn import RenderContext
    from chat_tui.ui.view.conversation import ConversationView
    from chat_tui.ui.view.diagrams import DrawnDiagrams
    from chat_tui.ui.view.pictures import DrawnPictures

Run = Callable[[Callable[[], Coroutine[Any, Any, None]]], object]
"""Runs a coroutine function that no key waits for."""


class TurnDrawing:
    """Gives the context that turns are drawn with; creates what draws pictures and diagrams when one is needed."""

    def __init__(
        self,
        host: Host,
        services: Services,
        models: ModelCatalogue,
        *,
        view: Callable[[], ConversationView],
        conversation: Callable[[], Conversation],
        run_in_background: Callable[[str], Run],
        is_compact: Callable[[], bool],
    ) -> None:
        """Creates nothing yet.

        Args:
            host: the theme, the keys and the terminal.
            services: the settings, and what decodes pictures and lays out diagrams.
            models: prices.
            view: shows the turns.
            conversation: the one on the screen.
            run_in_background: by the name of a group, runs what no key waits for.
            is_compact: whether no blank rows set turns apart.
        """
        self._host = host
        self._services = services
        self._models = models
        self._view = view
        self._conversation = conversation
        self._run_in_background = run_in_background
        self._is_compact = is_compact
        self._colours = ModelColours()
        self.columns: list[ConversationView] = []
        """Views beside the conversation's own that are drawn with the same pictures and diagrams."""

    def context(self, width: int) -> RenderContext:
        """What turns are drawn with now, in a measure of some cells."""
        from chat_tui.ui.transcript.turn import RenderContext

        return RenderContext(
            self._host.painter,
            width,
            self._services.settings.provider_name,
            cost=self._models.cost,
            alternative=self._alternative,
            key=self._host.bound.key,
            model_colour=self._colours.of(self._conversation().thread),
            pictures=self.pictures,
            diagrams=self._diagrams,
            calls=ThreadCalls(self._conversation()),
            schema_problems=self._checks.problems,
            is_blind=self._is_blind,
            compact=self._is_compact(),
        )

    def _is_blind(self, message: Message) -> bool:
        several = self._conversation().several
        return several is not None and several.is_blind and any(each.message is message for each in several.answers)

    def _alternative(self, message: Message) -> str:
        from chat_tui.ui.chat.turns.alternatives import alternative_name

        return alternative_name(self._services, self._conversation().thread, message)

    @cached_property
    def pictures(self) -> DrawnPictures:
        """Draws the pictures of the conversation."""
        from chat_tui.ui.view.pictures import DrawnPictures

        return DrawnPictures(
            self._services.pictures,
            ask=self._host.ask_graphics,
            background=lambda: self._host.picture_ground,
            height=lambda: self._view().size.height,
            write=self._host.write_terminal,
            sixels=lambda: self._host.sixels,
            run=self._run_in_background("pictures"),
            on_drawn=self._refresh,
        )

    def _refresh(self) -> None:
        for each in self._views():
            each.refresh()

    def _views(self) -> list[ConversationView]:
        return [self._view(), *self.columns]

    @cached_property
    def _checks(self) -> AnswerChecks:
        from chat_tui.ui.chat.turns.answer_checks import AnswerChecks

        run = self._run_in_background("answers")
        return AnswerChecks(lambda: self._services.schemas, run, self._redraw)

    def _redraw(self, message: Message) -> None:
        for each in self._views():
            each.redraw_message(message)

    @cached_property
    def _diagrams(self) -> DrawnDiagrams:
        from chat_tui.ui.view.diagrams import DrawnDiagrams

        run = self._run_in_background("diagrams")
        return DrawnDiagrams(lambda: self._services.diagrams, run, self._update_diagrams)

    def _update_diagrams(self) -> None:
        for each in self._views():
            each.update_diagrams()
