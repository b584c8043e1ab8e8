"""Chooses one of several models' answers: the thread continues below it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.choice import ChosenAnswer
from chat_tui.domain.conversation.message import now
from chat_tui.domain.models.model import ModelRef
from chat_tui.session.several import ModelAnswer, SeveralAnswers

if TYPE_CHECKING:
    from chat_tui.domain.ports.backend import Backend
    from chat_tui.session.chat_session import ChatSession


def letter(index: int) -> str:
    """The name of an answer whose model is hidden: A, B, C … Z, then numbers."""
    return chr(ord("A") + index) if index < 26 else str(index + 1)


def versions_of_last_answer(session: ChatSession, backend: Backend) -> SeveralAnswers | None:
    """The versions of the last answer of the shown branch, by whatever models; None where there is one only."""
    last = next((each for each in reversed(session.thread.branch()) if each.is_answer), None)
    found = []
    for each in session.thread.siblings(last.id) if last is not None else ():
        with suppress(ValueError):
            found.append(ModelAnswer(ModelRef.parse(each.model or ""), each))
    if len(found) < 2:
        return None
    several = SeveralAnswers(session, backend, [each.model for each in found])
    several.answers = found
    return several


def choose_answer(several: SeveralAnswers, answer: ModelAnswer) -> ChosenAnswer | None:
    """Shows the branch of an answer, and lets its model answer the next turn.

    Returns:
        What is to be remembered; None where no other model has answered.
    """
    session, message = several.session, answer.message
    session.thread.head = session.thread.leaf_below(message.id)
    session.set_model(answer.model)
    session.reply = message
    several.chosen = answer
    was_blind, several.is_blind = several.is_blind, False
    over = tuple(str(each.model) for each in several.answers if each is not answer and not each.message.is_blank)
    return ChosenAnswer(message.id, str(answer.model), over, now(), was_blind) if over else None
