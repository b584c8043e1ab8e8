"""Chooses one of several models' answers: the thread goes on below it."""

from __future__ import annotations

from chat_tui.domain.conversation.choice import ChosenAnswer
from chat_tui.domain.conversation.message import now
from chat_tui.session.several import ModelAnswer, SeveralAnswers


def letter(index: int) -> str:
    """The name of an answer whose model is hidden: A, B, C … Z, then numbers."""
    return chr(ord("A") + index) if index < 26 else str(index + 1)


def choose_answer(several: SeveralAnswers, answer: ModelAnswer) -> ChosenAnswer | None:
    """Shows the branch of an answer, and lets its model answer the next turn.

    Returns:
        What is to be remembered; None where no other model has answered.
    """
    session, message = several.session, answer.message
    session.thread.head = session.thread.leaf_below(message.id)
    session.set_model(answer.model)
    session.reply = message
    was_blind, several.is_blind = several.is_blind, False
    over = tuple(str(each.model) for each in several.answers if each is not answer and not each.message.is_blank)
    return ChosenAnswer(message.id, str(answer.model), over, now(), was_blind) if over else None
