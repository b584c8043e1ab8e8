"""Prints what happens in a conversation: the states of an answer in words, its text, what it used."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_tui.cli.plain.page import Page
from chat_tui.domain.conversation.draft import Draft, images_of
from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import facts, sentences, tr
from chat_tui.session.conversations import Conversation
from chat_tui.ui.text import wording

if TYPE_CHECKING:
    from chat_tui.domain.models.cost import Cost
    from chat_tui.session.several import ModelAnswer

FIRST_WORD, LAST_WORD = 10.0, 60.0
"""Seconds of silence after which the state is said: the first time, and at most."""
_STEP = 10
"""Percent of a download between two lines."""


class TurnPrinter:
    """Prints the turns of the open conversation (`ConversationListener`)."""

    def __init__(self, page: Page, cost: Callable[[Message], Cost | None], restore: Callable[[Draft], None]) -> None:
        """Prints nothing.

        Args:
            page: gets the lines.
            cost: what an answer cost.
            restore: takes a prompt that was not sent.
        """
        self._page = page
        self._cost = cost
        self._restore = restore
        self._reply: Message | None = None
        self._printed = 0
        """Characters of the answer that are printed."""
        self._said = set[object]()
        """States that were said of this turn."""

    # ConversationListener

    def starting(self, conversation: Conversation) -> None:
        """Forgets the turn before."""
        self._reply, self._printed = None, 0
        self._said.clear()

    def started(self, conversation: Conversation) -> None:
        """Says that the request is sent."""
        self._page.end_stream()
        self._said.clear()
        self._reply = conversation.session.reply
        self._printed = len(self._reply.content) if self._reply is not None else 0
        several = conversation.several
        self._page.say(tr("waiting for {n} answers", n=len(several.answers)) if several is not None else tr("waiting"))

    def changed(self, conversation: Conversation) -> None:
        """Prints what is new of the answer."""
        session, several = conversation.session, conversation.several
        if several is not None:
            self._print_ended(conversation)
            return
        progress, wait, reply = conversation.progress, session.retry_wait, session.reply
        if wait is not None:
            self._once(wait, sentences(wait.reason, tr("Retrying in {seconds:.0f} s.", seconds=wait.seconds)))
        elif reply is None or reply is not self._reply or session.started is None:
            if progress is not None:
                share = int(100 * progress.done / progress.total) // _STEP * _STEP if progress.total else 0
                self._once((progress.message, share), progress.message + (f", {share} %" if share else ""))
        else:
            self._print_text(reply)

    def called(self, conversation: Conversation, message: Message) -> None:
        """Nothing: whoever decides on calls says what became of them."""

    def finished(self, conversation: Conversation) -> None:
        """Prints the rest of the answer, and how it ended."""
        several, session = conversation.several, conversation.session
        if several is not None:
            self._print_ended(conversation)
        elif (reply := session.reply) is not None:
            self._print_text(reply)
            self._page.end_stream()
            self.print_end(reply)
        for notice in session.notices:
            self._page.say(notice)

    def rejected(self, conversation: Conversation, prompt: Draft, reason: str) -> None:
        """Says why a prompt was not sent, and gives it back."""
        self._page.problem(tr("Not sent"), reason)
        if not prompt.is_blank:
            self._restore(prompt)

    def storage_changed(self, problem: str) -> None:
        """Says that saving fails, or works again."""
        self._page.say(tr("Not saved: {problem}", problem=problem) if problem else tr("Saved again."))

    # Inside

    async def watch(self, conversation: Conversation) -> None:
        """Says what is waited for while nothing is printed, at longer and longer intervals."""
        pause = FIRST_WORD
        while True:
            silence = time.monotonic() - self._page.last_printed
            if silence < pause:
                await asyncio.sleep(pause - silence)
                continue
            state, _ = wording.state(conversation.session, conversation.progress, conversation.last_change, "ctrl+c")
            if several := conversation.several:
                state = wording.several_state(several, "ctrl+c")
            if state:
                self._page.say(in_words(state))
            pause = min(2 * pause, LAST_WORD)

    def print_end(self, message: Message) -> None:
        """Prints below an answer what it holds beside text, its error, and what it used."""
        for number, source in enumerate(message.cited(), 1):
            self._page.say(f"[{number}] {source.title} {source.url}".replace("  ", " "))
        for image in images_of(message):
            self._page.say(tr("image: {name}", name=image.name))
        if other := message.substitute():
            self._page.say(tr("answered by {model}", model=other))
        if (error := message.error) is not None:
            self._page.say(sentences(tr("failed: {problem}", problem=error.message), error.advice))
            if error.detail and error.detail not in error.message:
                self._page.say(error.detail)
        figures = in_words(wording.summary(message, self._cost(message)))
        if message.status is Status.COMPLETE:
            self._page.say(tr("done, {figures}", figures=figures) if figures else tr("done"))
        elif figures:
            self._page.say(figures)

    def _print_text(self, reply: Message) -> None:
        if reply.reasoning:
            self._once("thinking", tr("thinking"))
        if len(reply.content) < self._printed:  # what came as text was reasoning
            self._page.end_stream()
            self._page.say(tr("The text above was reasoning."))
            self._printed = 0
        if len(reply.content) > self._printed:
            self._once("text", tr("{name}:", name=name_of(reply)))
            self._page.stream(reply.content[self._printed :])
            self._printed = len(reply.content)

    def _print_ended(self, conversation: Conversation) -> None:
        """Prints those of several answers that have ended."""
        several = conversation.several
        for number, each in enumerate(several.answers if several is not None else (), 1):
            if not each.is_running and each.message.id not in self._said:
                self._said.add(each.message.id)
                self._page.say(f"{number}. " + tr("{name}:", name=self._several_name(conversation, each)))
                if each.message.content.strip():
                    self._page.say(each.message.content.strip("\n"))
                if several is None or not several.is_blind:  # the figures would name the model
                    self.print_end(each.message)

    def _several_name(self, conversation: Conversation, answer: ModelAnswer) -> str:
        from chat_tui.session.several_choice import letter

        several = conversation.several
        if several is not None and several.is_blind:
            return letter(several.answers.index(answer))
        return answer.model.id

    def _once(self, key: object, text: str) -> None:
        if key not in self._said:
            self._said.add(key)
            self._page.say(text)


def in_words(text: str) -> str:
    """A line of the app without its dots, which a screen reader would say."""
    return facts(text.split(" · "))


def name_of(message: Message) -> str:
    """Who speaks: `You`, the model's id, `Tool time:now`."""
    if message.role is Role.USER:
        return tr("You")
    if message.summarizes:
        return tr("Summary")
    if message.role is Role.TOOL:
        run = message.tool_run
        if run is None:
            return tr("Tool")
        name = f"{run.server}:{run.name}" if run.server else run.name
        return clean(tr("Tool {name}", name=name), multiline=False)
    name = (message.model or "").partition("/")[2] or str(message.role)
    return clean(name, multiline=False)
