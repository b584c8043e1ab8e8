"""What commands do about money: check the budget before a request, note its usage after it."""

from __future__ import annotations

from collections.abc import Sequence

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.errors import UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import sentences, tr
from chat_tui.session import ChatSession


async def check_budget(
    container: Container,
    session: ChatSession,
    prompt: Draft,
    out: Output,
    models: Sequence[ModelRef],
    *,
    may_exceed: bool,
) -> None:
    """Warns where a budget is nearly used up by requests of a prompt to one or more models.

    Raises:
        UsageError: the requests are over the budget, and `may_exceed` is not set.
    """
    budget, most = container.settings.budget, session.thread.request_budget
    if not budget and most is None:
        return
    from chat_tui.domain.usage.budget import budget_warnings, estimate, over_budget_of_all

    request, spent = session.request(prompt), await container.ledger.spent()
    known = [container.prices.model(str(each)) for each in models]
    tools = request.tools if len(models) == 1 else ()
    costs = [estimate(each, request.messages, request.parameters, tools) for each in known]
    if reason := over_budget_of_all(budget, spent, costs, most):
        if not may_exceed:
            raise UsageError(sentences(reason, tr("Nothing was sent. To send it anyway, add --over-budget.")))
        out.note(reason)
    elif spent is not None:
        for warning in budget_warnings(budget, spent):
            out.note(warning.text)


def note_usage(container: Container, answer: Message, thread: str = "") -> None:
    """Notes in the ledger what an answer used.

    Args:
        container: has the ledger.
        answer: it has ended, and is not saved yet.
        thread: its thread's id; empty where that is not saved.
    """
    from chat_tui.session.requests.usage import record_usage

    record_usage(container.ledger, answer, thread, container.prices.cost)
